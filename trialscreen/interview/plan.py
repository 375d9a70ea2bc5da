"""Which question comes next (pure): from the rule trees, never from skip logic."""

from collections.abc import Set
from typing import NamedTuple

from trialscreen.evaluate import Trace
from trialscreen.interview.quick import most_decisive
from trialscreen.questions import askable
from trialscreen.screening import Screening
from trialscreen.trial import SOURCES, Element, Source


class Question(NamedTuple):
    """One element, or a card of yes/no elements that are asked together."""

    elements: tuple[Element, ...]
    card: str | None = None


class Progress(NamedTuple):
    """How far a screening is: criteria decided, of how many, and the questions still open."""

    decided: int
    criteria: int
    open: int


def open_elements(
    screening: Screening, closed: Set[str], sources: tuple[Source, ...] = SOURCES
) -> tuple[Element, ...]:
    """The elements whose answer can still change an undecided criterion, in the file's order.

    `closed` were asked already. Only elements of `sources` are named; the consent of a
    participant, the chart and so on can be asked for at different times. A derived one can
    be given by whoever can give what it is derived from.
    """
    names = {name for one in screening.findings for name in askable(one.trace, closed)}
    elements = screening.trial.elements

    def allowed(element: Element) -> bool:
        behind = screening.trial.sources_of(element.name) if element.source == "derived" else ()
        return any(one.source in sources for one in (element, *map(elements.__getitem__, behind)))

    return tuple(one for one in elements.values() if one.name in names and allowed(one))


def next_question(
    screening: Screening,
    closed: Set[str],
    sources: tuple[Source, ...] = SOURCES,
    *,
    quick: bool = False,
) -> Question | None:
    """The next question of the conversation; None when no answer can change anything.

    In the order of the file; if `quick`, the one most likely to exclude for its cost.
    """
    ahead = open_elements(screening, closed, sources)
    if not ahead:
        return None
    first = _most_decisive(screening, closed, ahead) if quick else ahead[0]
    if first.card is None:
        return Question((first,))
    together = tuple(one for one in ahead if one.card == first.card)
    return Question(together, first.card if len(together) > 1 else None)


def _most_decisive(screening: Screening, closed: Set[str], ahead: tuple[Element, ...]) -> Element:
    """Of the open elements, the one to begin with; the first if nothing can exclude any more."""
    trial = screening.trial
    order = {name: n for n, name in enumerate(trial.elements)}

    def ask(trace: Trace) -> tuple[Element, ...]:
        names = set(askable(trace, closed))
        for element in (one.element for one in trace.used):
            behind = names.intersection(trial.sources_of(element.name))
            if element.name in names and behind:  # one way is enough: what the file asks first
                names -= (
                    behind
                    if order[element.name] < min(order[name] for name in behind)
                    else {element.name}
                )
        elements = tuple(one for one in ahead if one.name in names)
        obtainable = len(elements) == len(names)
        return elements if obtainable and not any(one.no_is_not_yet for one in elements) else ()

    best = most_decisive(((one.criterion, one.trace) for one in screening.findings), ask)
    return next((one for one in ahead if best in (one.card, one.name)), ahead[0])


def progress(
    screening: Screening, closed: Set[str], sources: tuple[Source, ...] = SOURCES
) -> Progress:
    decided = sum(finding.met.known for finding in screening.findings)
    questions = {one.card or one.name for one in open_elements(screening, closed, sources)}
    return Progress(decided, len(screening.findings), len(questions))
