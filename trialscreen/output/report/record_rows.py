"""What stands in a patient's record, on a page: what is used, and what a person has to look at."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from sys import maxsize

from trialscreen.model.evidence import Evidence, in_words
from trialscreen.output.report.render import blocks
from trialscreen.output.report.waiting import fitting
from trialscreen.screening.screen import Screening

MOST, ROOM = 2, 250
"""On the short page: places that are named of one element, and characters for a list of others."""

Row = tuple[str | blocks.Cell, str]

UNTIL = "What is in conflict is unknown until somebody decides, by an answer"
NO_DESPITE = "; a no must name what says yes: no despite Condition/12"
ASSUMED = "nothing in the record codes these, and the site assumes a no"


def recorded_blocks(
    screening: Screening, *, full: bool = True, to_sign: bool = False
) -> Iterator[blocks.Part]:
    """What the record gives; nothing if none was read. `full`: every place, with its code.

    `to_sign`: only what is not used as it stands.
    """
    used = [] if to_sign else _by_element(screening, screening.recorded, full=full, coded=full)
    rows: list[Row] = [*(("Used", one) for one in used), *_open_rows(screening, full=full)]
    if not rows:
        return
    counts = Counter(blocks.cell(title).text.casefold() for title, _ in rows)
    told = ", ".join(f"{count} {title}" for title, count in counts.items())
    yield blocks.Heading(f"In the record: {told}")
    shares = (1, 7) if to_sign else (0, 1)
    yield blocks.table(("As", "What, and where it stands"), rows, shares, compact=not to_sign)
    if screening.conflicts:
        denied = any(one.is_given for one in screening.conflicts)
        yield blocks.Paragraph(f"{UNTIL}{NO_DESPITE if denied else ''}.", "open")


def _open_rows(screening: Screening, *, full: bool) -> Iterator[Row]:
    """A row for each element, by why the record is not used as it stands."""
    for one in _by_element(screening, screening.conflicts, full=True):
        yield blocks.Cell("In conflict", "open"), one
    for title, before, evidence in (
        ("To review", "", screening.candidates),
        ("Not used", "", screening.overruled),
        ("Not mapped", "near ", screening.unmapped),
    ):
        for one in _by_element(screening, evidence, full=full):
            yield title, before + one
    elements = screening.trial.elements
    if assumed := [elements[one.element].label for one in screening.assumed]:
        named = fitting(assumed, maxsize if full else ROOM)
        yield "Assumed no", f"{ASSUMED} ({len(assumed)}): {named}"


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
