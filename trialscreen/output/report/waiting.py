"""What is awaited, and which values are too old: rows beside what is needed."""

from collections.abc import Iterator, Mapping, Sequence
from sys import maxsize

from trialscreen.model.trial import SOURCES
from trialscreen.screening.screen import Screening
from trialscreen.text.characters import some

Row = tuple[str, str]

_THE: Mapping[str, str] = {
    **{source: f"the {source}" for source in SOURCES},
    "imaging": "imaging",
}


def waiting_rows(screening: Screening, room: int = maxsize) -> list[Row]:
    """A row of what is awaited and can still decide, and one of what is too old, if there is any.

    `room` characters are for naming the elements that belong together.
    """
    rows = [
        (f"Awaited ({len(screening.waited_for)})", "; ".join(_awaited(screening, room))),
        (f"Too old ({len(screening.stale)})", "; ".join(_too_old(screening, room))),
    ]
    return [row for row in rows if row[1]]


def _awaited(screening: Screening, room: int) -> Iterator[str]:
    elements = screening.trial.elements
    groups: dict[str, list[str]] = {}
    for one in screening.waited_for:
        since = f"awaited since {one.since} from {_THE.get(one.source, one.source)}"
        groups.setdefault(since, []).append(elements[one.element].label)
    for since, labels in groups.items():
        yield f"{fitting(labels, room)} {since}"


def _too_old(screening: Screening, room: int) -> Iterator[str]:
    elements = screening.trial.elements
    groups: dict[str, list[str]] = {}
    for one in screening.stale:
        told = f"{elements[one.element].label} of {one.day}"
        groups.setdefault(str(one.valid_for), []).append(told)
    for period, dated in groups.items():
        yield f"older than {period}: {fitting(dated, room)}"


def fitting(texts: Sequence[str], room: int) -> str:
    """As many of the texts as there is room for, one at least, and how many more there are."""
    count = len(texts)
    while count > 1 and len(", ".join(texts[:count])) > room:
        count -= 1
    return some(texts, count)
