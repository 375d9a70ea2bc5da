"""What stands in a patient's record, on a page: what is used, and what a person has to look at."""

import re
from collections.abc import Iterable, Iterator, Sequence
from sys import maxsize

from trialscreen.model.evidence import Evidence, in_words
from trialscreen.output.report.render import blocks
from trialscreen.output.report.waiting import fitting
from trialscreen.screening.screen import Screening

MOST, ROOM = 2, 250
"""On the short page: places that are named of one element, and characters for a list of others."""

Row = tuple[str | blocks.Cell, str]

UNTIL = "Unknown until somebody decides, by an answer"
NO_DESPITE = "; a no must name what says yes: no despite Condition/12"
ASSUMED = "nothing in the record codes these, and the site assumes a no"


def recorded_blocks(screening: Screening, *, full: bool = True) -> Iterator[blocks.Part]:
    """What the record gives; nothing if none was read. `full`: every place, with its code."""
    used = _by_element(screening, screening.recorded, full=full, coded=full)
    first: list[Row] = [(f"Used ({len(used)})", "\n".join(used))] if used else []
    if rows := [*first, *open_rows(screening, full=full)]:
        yield blocks.Heading("In the record")
        yield blocks.table(("", "What, and where it stands"), rows, (0, 1), compact=True)


def open_rows(screening: Screening, *, full: bool = True) -> Iterator[Row]:
    """What of the record is not used as it stands, a row for each reason."""
    if conflicts := _by_element(screening, screening.conflicts, full=True):
        denied = any(one.is_given for one in screening.conflicts)
        told = "\n".join((*conflicts, UNTIL + (NO_DESPITE if denied else "")))
        yield blocks.Cell(f"Conflict ({len(conflicts)})", "open"), told
    for title, before, evidence in (
        ("To review", "", screening.candidates),
        ("Not used", "", screening.overruled),
        ("Not mapped", "near ", screening.unmapped),
    ):
        if listed := _by_element(screening, evidence, full=full):
            yield f"{title} ({len(listed)})", "\n".join(before + one for one in listed)
    elements = screening.trial.elements
    if assumed := [elements[one.element].label for one in screening.assumed]:
        named = fitting(assumed, maxsize if full else ROOM)
        yield f"Assumed no ({len(assumed)})", f"{ASSUMED}: {named}"


def _by_element(
    screening: Screening, evidence: Iterable[Evidence], *, full: bool, coded: bool = True
) -> list[str]:
    """A line for each element: `TSH 3.1 µIU/mL, 2026-03-02, Observation/123; …`."""
    elements = screening.trial.elements
    found: dict[str, list[str]] = {}
    for one in evidence:
        shown = one if full else one._replace(value=_LONG.sub(r"\1…", one.value))
        found.setdefault(one.element, []).append(in_words(elements, shown, coded=coded))
    return [
        f"{elements[name].label if name in elements else name} {_first(places, full=full)}"
        for name, places in found.items()
    ]


_LONG = re.compile(r"(\.[0-9]{4})[0-9]{2,}")
"""More decimals than anybody measured: programs write them."""


def _first(places: Sequence[str], *, full: bool) -> str:
    shown = places if full else places[:MOST]
    more = len(places) - len(shown)
    return "; ".join([*shown, *([f"{more:,} more"] if more else [])])
