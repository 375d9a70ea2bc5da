"""Builds FHIR R4 data types (codings, quantities, answers), and checks names for use as codes.

https://hl7.org/fhir/R4/datatypes.html
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from typing import Any, assert_never

from trialscreen.answers.values import read_value
from trialscreen.model.errors import Problem, ValueProblem, raise_any
from trialscreen.model.facts import ALL_WHOLE, Dates, Exactly, Fact, Numbers
from trialscreen.model.trial import Element, Trial
from trialscreen.model.wording import one_sided
from trialscreen.text.characters import shown

UCUM = "http://unitsofmeasure.org"
LARGEST_INTEGER = 2**31 - 1

Json = dict[str, Any]

Answer = Mapping[str, Any]
"""One FHIR answer, such as `{"valueBoolean": True}`."""

_CODE = re.compile(r"\S+( \S+)*")
_COMPARATORS: Mapping[str, str] = {"<": "<", "≤": "<=", ">": ">", "≥": ">="}


def check_codes(trial: Trial) -> None:
    """Raises InputError listing each choice and unit whose name is not a valid FHIR code."""
    wrong = "cannot be a code in FHIR; expected words with one space between them"
    problems = [
        Problem(f"{trial.origin} elements.{element.name}", f"{shown(text)} {wrong}")
        for element in trial.answerable()
        for text in (*element.choices, *(() if element.unit is None else (element.unit,)))
        if not _CODE.fullmatch(text)
    ]
    raise_any(problems)


def choice_coding(element: Element, choice: str, base: str) -> Json:
    """The coding of a choice, in its element's own code system."""
    return {"system": f"{base}/CodeSystem/{element.name.replace('_', '-')}", "code": choice}


def unit_coding(element: Element) -> Json:
    """The coding of a number's unit, without `display` if the unit is not displayed."""
    assert element.unit is not None
    coding = {"system": UCUM, "code": element.unit}
    display = element.shown_unit
    return {**coding, "display": display} if display else coding


def quantity(element: Element, value: float, comparator: str = "") -> Json:
    """A number in the element's unit; `comparator` is <, <=, >, >= or none.

    Integers have no decimals: in FHIR, 23.0 would mean that a tenth was measured.
    """
    unit = unit_coding(element)
    return {
        "value": int(value) if value == int(value) and abs(value) < ALL_WHOLE else value,
        **({"comparator": comparator} if comparator else {}),
        **({"unit": unit["display"]} if "display" in unit else {}),
        "system": unit["system"],
        "code": unit["code"],
    }


def answer_of(trial: Trial, element: Element, fact: Fact, on: date, base: str) -> Answer | None:
    """A fact as an equivalent FHIR answer; None if FHIR cannot express it.

    Dates may be known to the month or year only; a number in a unit may have a comparator; an
    integer must be exact.
    """
    match fact:
        case Exactly(bool() as value):
            return {"valueBoolean": value}
        case Exactly(value):
            coding = choice_coding(element, str(value), base)
            return {"valueCoding": {**coding, "display": element.choices[str(value)]}}
        case Dates():
            text = _date_text(trial, element, fact, on)
            return None if text is None else {"valueDate": text}
        case Numbers(low, _) if element.type == "integer":
            fits = fact.exact and low == int(low) and abs(low) <= LARGEST_INTEGER
            return {"valueInteger": int(low)} if fits else None
        case Numbers(low, _) if fact.exact:
            return {"valueQuantity": quantity(element, low)}
        case Numbers():
            end = one_sided(element, fact)
            if end is None:
                return None
            return {"valueQuantity": quantity(element, end[1], _COMPARATORS[end[0]])}
        case _:
            assert_never(fact)


def _date_text(trial: Trial, element: Element, fact: Dates, on: date) -> str | None:
    """The day, month or year that means exactly this fact; None for any other span."""
    day = fact.low.isoformat()
    for text in (day, day[:7], day[:4]):
        with suppress(ValueProblem):
            if read_value(trial, element, text, on) == fact:
                return text
    return None
