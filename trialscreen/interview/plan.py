"""Which question comes next (pure): from the rule trees, never from skip logic."""

from collections.abc import Set
from typing import NamedTuple

from trialscreen.questions import askable
from trialscreen.screening import Screening
from trialscreen.trial import SOURCES, Element, Source


class Question(NamedTuple):
    """One element, or a card of yes/no elements that are asked together."""

    elements: tuple[Element, ...]
    card: str | None = None


class Progress(NamedTuple):
    """How far a screening is: criteria decided, of how many, and the elements still open."""

    decided: int
    criteria: int
    open: int


def open_elements(
    screening: Screening, closed: Set[str], sources: tuple[Source, ...] = SOURCES
) -> tuple[Element, ...]:
    """The elements whose answer can still change an undecided criterion, in the file's order.

    `closed` were asked already. Only elements of `sources` are named; the consent of a
    participant, the chart and so on can be asked for at different times.
    """
    names = {name for one in screening.findings for name in askable(one.trace, closed)}
    elements = screening.trial.elements.values()
    allowed = (*sources, "derived")
    return tuple(e for e in elements if e.name in names and e.source in allowed)


def next_question(
    screening: Screening, closed: Set[str], sources: tuple[Source, ...] = SOURCES
) -> Question | None:
    """The next question of the conversation; None when no answer can change anything."""
    ahead = open_elements(screening, closed, sources)
    if not ahead:
        return None
    first = ahead[0]
    if first.card is None:
        return Question((first,))
    together = tuple(one for one in ahead if one.card == first.card)
    return Question(together, first.card if len(together) > 1 else None)


def progress(
    screening: Screening, closed: Set[str], sources: tuple[Source, ...] = SOURCES
) -> Progress:
    decided = sum(finding.met.known for finding in screening.findings)
    ahead = len(open_elements(screening, closed, sources))
    return Progress(decided, len(screening.findings), ahead)
