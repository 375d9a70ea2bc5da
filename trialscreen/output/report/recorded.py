"""What stands in a patient's record, on a page: what is used, and what a person has to look at."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from sys import maxsize
from typing import get_args

from trialscreen.answers.answer import By
from trialscreen.model.evidence import Evidence
from trialscreen.model.trial import Element
from trialscreen.output.report.render import blocks
from trialscreen.output.report.waiting import fitting
from trialscreen.screening.screen import Screening

SYSTEMS = {
    "loinc": "LOINC",
    "snomed": "SNOMED CT",
    "icd10": "ICD-10",
    "icd10cm": "ICD-10-CM",
    "rxnorm": "RxNorm",
    "atc": "ATC",
    "omop": "OMOP",
}
MOST, ROOM = 2, 250
"""On the short page: places that are named of one element, and characters for a list of others."""

Row = tuple[str | blocks.Cell, str]

UNTIL = "Unknown until somebody decides: by an answer, or by a no despite the places named."


def recorded_blocks(screening: Screening, *, full: bool = True) -> Iterator[blocks.Part]:
    """What the record gives; nothing if none was read. `full`: every place, with its code."""
    used = _by_element(screening, screening.recorded, full=full, coded=full)
    first: list[Row] = [(f"Used ({len(used)})", "\n".join(used))] if used else []
    if rows := [*first, *open_rows(screening, full=full)]:
        yield blocks.Heading("In the record")
        yield blocks.table(("", "What, and where it stands"), rows, (0, 1), compact=True)


def open_rows(screening: Screening, *, full: bool = True) -> Iterator[Row]:
    """What of the record is not used as it stands, a row for each reason."""
    conflicts = _by_element(screening, screening.conflicts, full=True)
    if conflicts:
        told = "\n".join((*conflicts, UNTIL))
        yield blocks.Cell(f"Conflict ({len(conflicts)})", "open"), told
    for title, evidence in (
        ("To review", screening.candidates),
        ("Not used", screening.overruled),
        ("Not mapped", screening.unmapped),
    ):
        if listed := _by_element(screening, evidence, full=full):
            yield f"{title} ({len(listed)})", "\n".join(listed)
    elements = screening.trial.elements
    if assumed := [elements[one.element].label for one in screening.assumed]:
        named = fitting(assumed, maxsize if full else ROOM)
        yield f"Assumed no ({len(assumed)})", f"{ASSUMED}: {named}"


ASSUMED = "nothing in the record codes these, and the site assumes a no"


def _by_element(
    screening: Screening, evidence: Iterable[Evidence], *, full: bool, coded: bool = True
) -> list[str]:
    """A line for each element: `TSH 3.1 µIU/mL, 2026-03-02, Observation/123; …`."""
    elements = screening.trial.elements
    found: dict[str, list[str]] = {}
    for one in evidence:
        found.setdefault(one.element, []).append(in_words(elements, one, coded=coded))
    return [
        f"{elements[name].label if name in elements else name} {_first(places, full=full)}"
        for name, places in found.items()
    ]


def _first(places: Sequence[str], *, full: bool) -> str:
    shown = places if full else places[:MOST]
    more = len(places) - len(shown)
    return "; ".join([*shown, *([f"{more:,} more"] if more else [])])


def in_words(elements: Mapping[str, Element], one: Evidence, *, coded: bool = True) -> str:
    """Value, day, place, code and note, as far as each is stated."""
    return ", ".join(
        filter(None, (value_in_words(elements, one), place_in_words(one, coded=coded)))
    )


def place_in_words(one: Evidence, *, coded: bool = True) -> str:
    """Day, place, code and note, as far as each is stated."""
    code = f"{SYSTEMS.get(one.system, one.system)} {one.code}".strip() if coded and one.code else ""
    source = f"as given ({one.source})" if one.source in get_args(By) else one.source
    return ", ".join(filter(None, (one.date, source, code, one.note)))


def value_in_words(elements: Mapping[str, Element], one: Evidence) -> str:
    """The value as recorded, with its unit as people print it: `3.1 µIU/mL`."""
    element = elements.get(one.element)
    if element is None:
        return f"{one.value} {one.unit}".strip()
    value = element.choices.get(one.value, one.value)
    unit = element.unit_named(one.unit).show if one.unit else ""
    return f"{value} {unit}".strip()
