"""Evidence: entries in a patient's record that support, or conflict with, an element's value."""

from collections.abc import Mapping
from datetime import date
from typing import Literal, NamedTuple

from trialscreen.model.dates import last_day
from trialscreen.model.trial import Element

EvidenceKind = Literal["fact", "candidate", "unmapped", "conflict", "assumed", "overruled"]

GIVEN = ("flag", "file", "interview", "site")
"""Values of `Evidence.source` for a value that a person entered."""

SYSTEMS = {
    "loinc": "LOINC",
    "snomed": "SNOMED CT",
    "icd10": "ICD-10",
    "icd10cm": "ICD-10-CM",
    "rxnorm": "RxNorm",
    "atc": "ATC",
    "omop": "OMOP",
}
"""Display names of the code systems."""


class Evidence(NamedTuple):
    """One entry in a record, and what it says about an element.

    `element`: the data element concerned. `kind`: a `fact` is the element's value; a `candidate`
    is for a person to review; `unmapped` is data related to an element but bound to it by no
    code; `conflict` is one side of a conflict; `assumed` is a no assumed in the absence of data;
    `overruled` would have been a fact, or one side of a conflict, had a person not entered
    another value. `value` and `unit`: as recorded (`<20`, `yes`; UCUM code or printed unit).
    `date`: as recorded, without the time of day; empty if there is none. `code` and `system`: the
    code that mapped the entry to the element. `source`: `Observation/123`, `measurement/77`.
    `note`: a remark for the reader.
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
        """Whether this is the value a person entered, as one side of a conflict."""
        return self.source in GIVEN


def is_old(element: Element, day: str, on: date) -> bool:
    """Whether a value recorded on `day` is old enough on `on` to warrant a warning."""
    if element.warn_after is None:
        return False
    measured = last_day(day)
    return measured is not None and measured < element.warn_after.before(on)


def in_words(elements: Mapping[str, Element], one: Evidence, *, coded: bool = True) -> str:
    """Value, date, source, code and note, omitting what is not recorded."""
    return ", ".join(
        filter(None, (value_in_words(elements, one), place_in_words(one, coded=coded)))
    )


def place_in_words(one: Evidence, *, coded: bool = True) -> str:
    """Date, source, code and note, omitting what is not recorded."""
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
