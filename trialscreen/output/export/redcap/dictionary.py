"""The data dictionary: a field per data element, in the 18 columns that REDCap uploads.

REDCap Help & FAQ, "Data Dictionary". Codes of choices are the words that trialscreen reads,
so that a raw export of the form is a cohort file.
"""

import html
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from trialscreen.answers.values import UNKNOWN_WORD
from trialscreen.model.errors import Problem, raise_any
from trialscreen.model.trial import SCREENING_DATE, Element, Trial
from trialscreen.model.wording import show_number
from trialscreen.output.export.redcap.calc import calculation
from trialscreen.output.export.redcap.logic import YES_NO, branching
from trialscreen.text.characters import shown

COLUMNS = (
    "Variable / Field Name",
    "Form Name",
    "Section Header",
    "Field Type",
    "Field Label",
    "Choices, Calculations, OR Slider Labels",
    "Field Note",
    "Text Validation Type OR Show Slider Number",
    "Text Validation Min",
    "Text Validation Max",
    "Identifier?",
    "Branching Logic (Show field only if...)",
    "Required Field?",
    "Custom Alignment",
    "Question Number (surveys only)",
    "Matrix Group Name",
    "Matrix Ranking?",
    "Field Annotation",
)

RECORD_ID, FORM = "record_id", "eligibility_screening"
LONGEST_NAME = 100
RESERVED = frozenset(
    (
        *("new", "return", "continue", "case", "class", "enum", "catch", "throw", "submit"),
        *("redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance"),
        *("redcap_data_access_group", "redcap_survey_identifier", f"{FORM}_complete"),
    )
)
_NAME = re.compile(r"[a-z](_?[a-z0-9])*")
_CODE = re.compile(r"[A-Za-z0-9_]+")
_VALIDATION = {"integer": "integer", "quantity": "number", "date": "date_ymd"}


class Field(NamedTuple):
    """One row of the dictionary, column by column."""

    name: str
    form: str = FORM
    header: str = ""
    type: str = "text"
    label: str = ""
    choices: str = ""
    note: str = ""
    validation: str = ""
    least: str = ""
    most: str = ""
    identifier: str = ""
    branching: str = ""
    required: str = ""
    alignment: str = ""
    number: str = ""
    matrix: str = ""
    ranking: str = ""
    annotation: str = ""


def data_dictionary(trial: Trial) -> tuple[Field, ...]:
    """The fields: the record id first, then the elements in the file's order.

    Behind an element that REDCap can compute stands a calculated field. Raises InputError
    with every name and code that REDCap does not take.
    """
    fields = (
        Field(
            RECORD_ID, label="Subject code", note="Pseudonymous: no name, initials or birth date"
        ),
        *_with_headers(trial),
    )
    raise_any([*_bad_names(trial, fields), *_bad_codes(trial)])
    return fields


def _with_headers(trial: Trial) -> Iterator[Field]:
    """The fields of all elements; the first one of a section has the section's header."""
    computed = {
        element.name: _computed(element, equation)
        for element in trial.elements.values()
        if (equation := calculation(trial, element.name)) is not None
    }
    shown_if = branching(trial, {name: field.name for name, field in computed.items()})
    titles = {one.id: one.title for one in trial.sections}
    section = ""
    for element in trial.elements.values():
        fields = [] if element.internal else [_entered(element, shown_if[element.name])]
        if element.name in computed:
            fields.append(computed[element.name])
        for field in fields:
            if element.section == section:
                yield field
            else:
                section = element.section
                yield field._replace(header=as_html(titles.get(section, section)))


def _computed(element: Element, equation: str) -> Field:
    label, note = as_html(f"{element.label}, computed"), as_html(element.shown_unit)
    return Field(f"{element.name}_calc", type="calc", label=label, choices=equation, note=note)


def _entered(element: Element, shown_if: str) -> Field:
    choices = dict(choices_of(element))
    least, most = map(_end, element.range or ("", ""))
    unit = f"Unit: {element.shown_unit}." if element.shown_unit else ""
    return Field(
        element.name,
        type="radio" if choices else "text",
        label=as_html(element.ask),
        choices=" | ".join(f"{code}, {as_html(label)}" for code, label in choices.items()),
        note=as_html(" ".join(filter(None, (unit, element.help)))),
        validation=_VALIDATION.get(element.type, ""),
        least=least,
        most=most,
        # Every day in a person's life is an identifier: 45 CFR 164.514(b)(2)(i)(C).
        identifier="y" if element.type == "date" else "",
        branching=shown_if,
        required="y" if element.name == SCREENING_DATE else "",
        annotation=f"source: {', '.join(element.sources)}",
    )


def choices_of(element: Element) -> Iterator[tuple[str, str]]:
    """Code and label of each choice of a field, "unknown" last; none for a number or date."""
    if element.type == "boolean":
        yield YES_NO[True], "Yes"
        yield YES_NO[False], element.no_text.capitalize()
    yield from element.choices.items()
    if element.type in ("boolean", "choice") and UNKNOWN_WORD not in element.choices:
        yield UNKNOWN_WORD, UNKNOWN_WORD.capitalize()


def _end(value: float | date | str) -> str:
    return show_number(value) if isinstance(value, int | float) else str(value)


def as_html(words: str) -> str:
    """`words` to be shown as they are: no markup, piping, embedded field or new choice."""
    escaped = html.escape(" ".join(words.split()), quote=False)
    return escaped.translate({ord(char): f"&#{ord(char)};" for char in "[]{}|"})


def _bad_names(trial: Trial, fields: tuple[Field, ...]) -> Iterator[Problem]:
    where = trial.origin
    for name, count in Counter(one.name for one in fields).items():
        if count > 1:
            yield Problem(where, f"{shown(name)}: an element takes the name of another field")
        if not _NAME.fullmatch(name) or len(name) > LONGEST_NAME or name in RESERVED:
            expected = f"at most {LONGEST_NAME} of a-z, 0-9 and single _, and no reserved word"
            yield Problem(where, f"{shown(name)} cannot name a field; expected {expected}")


def _bad_codes(trial: Trial) -> Iterator[Problem]:
    for element in trial.answerable():
        for code, _ in choices_of(element):
            if not _CODE.fullmatch(code):
                message = f"{shown(code)} cannot be a code; expected letters, digits and _"
                yield Problem(f"{trial.origin} {element.name}", message)
