"""What stands in a patient's record for an element: evidence, shown beside answers and findings."""

from collections.abc import Mapping
from datetime import date
from typing import Literal, NamedTuple

from trialscreen.model.dates import last_day
from trialscreen.model.trial import Element

EvidenceKind = Literal["fact", "candidate", "unmapped", "conflict", "assumed", "overruled"]

GIVEN = ("flag", "file", "interview", "site")
"""What stands for a place where a person gave the value."""

SYSTEMS = {
    "loinc": "LOINC",
    "snomed": "SNOMED CT",
    "icd10": "ICD-10",
    "icd10cm": "ICD-10-CM",
    "rxnorm": "RxNorm",
    "atc": "ATC",
    "omop": "OMOP",
}
"""Systems of codes, as people name them."""


class Evidence(NamedTuple):
    """One place in a record, and what it says.

    `element`: the data element it is about. `kind`: a `fact` is the element's value; a
    `candidate` is for a person to review; `unmapped` is data near an element that no code binds
    to it; of a `conflict` each side is one; `assumed` is a no that no data give; `overruled`
    would be a fact or a side, had a person not said otherwise. `value` and `unit`: as recorded
    (`<20`, `yes`; UCUM code or printed unit). `date`: as written, cut to the day; empty if none
    is. `code` and `system`: the code that bound it. `source`: `Observation/123`,
    `measurement/77`. `note`: what a reader should know beside it.
    """

    kind: EvidenceKind
    element: str
    value: str = ""
    unit: str = ""
    date: str = ""
    code: str = ""
    system: str = ""
    source: str = ""
    note: str = ""

    @property
    def is_given(self) -> bool:
        """Whether it is the side of a conflict that a person gave."""
        return self.source in GIVEN


def is_old(element: Element, day: str, on: date) -> bool:
    """Whether a value of a record is, on `on`, older than it may be without a warning."""
    if element.warn_after is None:
        return False
    measured = last_day(day)
    return measured is not None and measured < element.warn_after.before(on)


def in_words(elements: Mapping[str, Element], one: Evidence, *, coded: bool = True) -> str:
    """Value, day, place, code and note, as far as each is stated."""
    return ", ".join(
        filter(None, (value_in_words(elements, one), place_in_words(one, coded=coded)))
    )


def place_in_words(one: Evidence, *, coded: bool = True) -> str:
    """Day, place, code and note, as far as each is stated."""
    code = f"{SYSTEMS.get(one.system, one.system)} {one.code}".strip() if coded and one.code else ""
    source = f"as given ({one.source})" if one.is_given else one.source
    return ", ".join(filter(None, (one.date, source, code, one.note)))


def value_in_words(elements: Mapping[str, Element], one: Evidence) -> str:
    """The value as recorded, with its unit as people print it: `3.1 µIU/mL`."""
    element = elements.get(one.element)
    if element is None:
        return f"{one.value} {one.unit}".strip()
    value = element.choices.get(one.value, one.value)
    unit = element.unit_named(one.unit).show if one.unit else ""
    return f"{value} {unit}".strip()
