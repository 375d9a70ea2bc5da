"""The data dictionary: a field per data element, in the 18 columns that REDCap uploads.

REDCap Help & FAQ, "Data Dictionary". Codes of choices are the words that trialscreen reads,
so that a raw export of the form is a cohort file.
"""

import html
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date

from trialscreen.answers.values import UNKNOWN_WORD
from trialscreen.model.errors import Problem, raise_any
from trialscreen.model.trial import SCREENING_DATE, Element, Trial
from trialscreen.model.wording import show_number
from trialscreen.output.export.redcap.logic import YES_NO, branching, calculation
from trialscreen.text.characters import shown

NAME = "Variable / Field Name"
CHOICES = "Choices, Calculations, OR Slider Labels"
BRANCHING = "Branching Logic (Show field only if...)"
COLUMNS = (
    NAME,
    "Form Name",
    "Section Header",
    "Field Type",
    "Field Label",
    CHOICES,
    "Field Note",
    "Text Validation Type OR Show Slider Number",
    "Text Validation Min",
    "Text Validation Max",
    "Identifier?",
    BRANCHING,
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

Field = dict[str, str]
"""A row of the dictionary by its columns, but for those that are empty."""


def data_dictionary(trial: Trial) -> list[tuple[str, ...]]:
    """The rows of the fields: the record id first, then the elements in the file's order.

    Behind an element that REDCap can compute stands a calculated field. Raises InputError
    with every name and code that REDCap does not take.
    """
    note = "Pseudonymous: no name, initials or birth date"
    record_id = {NAME: RECORD_ID, "Field Label": "Subject code", "Field Note": note}
    fields = [record_id, *_with_headers(trial)]
    raise_any([*_bad_names(trial, [one[NAME] for one in fields]), *_bad_codes(trial)])
    rows = ({"Form Name": FORM, "Field Type": "text", **field} for field in fields)
    return [tuple(row.get(column, "") for column in COLUMNS) for row in rows]


def _with_headers(trial: Trial) -> Iterator[Field]:
    """The fields of all elements; the first one of a section has the section's header."""
    computed = {
        element.name: _computed(element, equation)
        for element in trial.elements.values()
        if (equation := calculation(trial, element.name)) is not None
    }
    shown_if = branching(trial, {name: field[NAME] for name, field in computed.items()})
    titles = {one.id: one.title for one in trial.sections}
    section = ""
    for element in trial.elements.values():
        fields = [] if element.internal else [_entered(element, shown_if[element.name])]
        if element.name in computed:
            fields.append(computed[element.name])
        for field in fields:
            if element.section != section:
                section = element.section
                field["Section Header"] = as_html(titles.get(section, section))
            yield field


def _computed(element: Element, equation: str) -> Field:
    return {
        NAME: f"{element.name}_calc",
        "Field Type": "calc",
        "Field Label": as_html(f"{element.label}, computed"),
        CHOICES: equation,
        "Field Note": as_html(element.shown_unit),
    }


def _entered(element: Element, shown_if: str) -> Field:
    choices = dict(choices_of(element))
    least, most = map(_end, element.range or ("", ""))
    unit = f"Unit: {element.shown_unit}." if element.shown_unit else ""
    return {
        NAME: element.name,
        "Field Type": "radio" if choices else "text",
        "Field Label": as_html(element.ask),
        CHOICES: " | ".join(f"{code}, {as_html(label)}" for code, label in choices.items()),
        "Field Note": as_html(" ".join(filter(None, (unit, element.help)))),
        "Text Validation Type OR Show Slider Number": _VALIDATION.get(element.type, ""),
        "Text Validation Min": least,
        "Text Validation Max": most,
        # Every day in a person's life is an identifier: 45 CFR 164.514(b)(2)(i)(C).
        "Identifier?": "y" if element.type == "date" else "",
        BRANCHING: shown_if,
        "Required Field?": "y" if element.name == SCREENING_DATE else "",
        "Field Annotation": f"source: {', '.join(element.sources)}",
    }


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


def _bad_names(trial: Trial, names: Sequence[str]) -> Iterator[Problem]:
    where = trial.origin
    for name, count in Counter(names).items():
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
