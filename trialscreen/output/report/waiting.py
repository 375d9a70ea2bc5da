"""What is awaited, and which values are too old: rows beside what is needed."""

from collections import defaultdict
from collections.abc import Sequence
from sys import maxsize

from trialscreen.model.trial import SOURCES
from trialscreen.screening.screen import Screening
from trialscreen.text.characters import some

_WITH_ARTICLE = {*SOURCES} - {"imaging"}


def waiting_rows(screening: Screening, room: int = maxsize) -> list[tuple[str, str]]:
    """A row of what is awaited and can still decide, and one of what is too old, if there is any.

    `room` characters are for naming the elements that belong together.
    """
    elements = screening.trial.elements
    awaited, old = defaultdict[str, list[str]](list), defaultdict[str, list[str]](list)
    for one in screening.waited_for:
        source = f"the {one.source}" if one.source in _WITH_ARTICLE else one.source
        awaited[f"awaited since {one.since} from {source}"].append(elements[one.element].label)
    for value in screening.stale:
        dated = f"{elements[value.element].label} of {value.day}"
        old[f"older than {value.valid_for}"].append(dated)
    awaits = "; ".join(f"{fitting(labels, room)} {since}" for since, labels in awaited.items())
    too_old = "; ".join(f"{older}: {fitting(dated, room)}" for older, dated in old.items())
    rows = [
        (f"Awaited ({len(screening.waited_for)})", awaits),
        (f"Too old ({len(screening.stale)})", too_old),
    ]
    return [row for row in rows if row[1]]


def fitting(texts: Sequence[str], room: int) -> str:
    """As many of the texts as there is room for, one at least, and how many more there are."""
    count = len(texts)
    while count > 1 and len(", ".join(texts[:count])) > room:
        count -= 1
    return some(texts, count)
