"""The smallest sets of open elements that can settle a rule, or a whole verdict.

Found test by test on the rule trees, as rules are judged: a set is named when some
answers to it decide every test that the result needs.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import combinations, product

from trialscreen import truth
from trialscreen.evaluate import Evaluation, Trace
from trialscreen.fact import Dates, Exactly, Fact, Numbers
from trialscreen.questions import missing
from trialscreen.rule import AllOf, AnyOf, AtLeastN, Clause, Given, Is, Not
from trialscreen.trial import Element
from trialscreen.truth import Truth

Ways = tuple[frozenset[str], ...]
"""Alternatives, smallest first; each is a set of element names. Empty: it cannot be done."""

MOST_WAYS = 60
"""Alternatives kept where several are needed together, so that products stay small."""

_DONE: Ways = (frozenset(),)
_EARLIEST = date(1900, 1, 1)


def ways_to(evaluation: Evaluation, trace: Trace, target: Truth) -> Ways:
    """The smallest sets of open elements that can give `trace` the truth `target`."""
    if trace.truth.known:
        return _DONE if trace.truth is target else ()
    match trace.rule:
        case AllOf() | AnyOf():
            ways = [ways_to(evaluation, part, target) for part in trace.parts]
            together = isinstance(trace.rule, AllOf) == (target is truth.TRUE)
            return every(ways) if together else either(ways)
        case AtLeastN(count, parts):
            needed = count if target is truth.TRUE else len(parts) - count + 1
            return some_of(needed, [ways_to(evaluation, part, target) for part in trace.parts])
        case Not():
            return ways_to(evaluation, trace.parts[0], truth.negation(target))
        case Clause():
            return ways_to(evaluation, trace.parts[0], target)
        case Given(name):
            return (frozenset((name,)),) if target is truth.TRUE else ()
        case Is(name, bool() as value) if (basis := trace.used[0].basis) is not None:
            answer = target if value else truth.negation(target)
            return either(((frozenset((name,)),), ways_to(evaluation, basis, answer)))
        case _:
            return _smallest(_answers_to(evaluation, trace, target))


def either(alternatives: Iterable[Ways]) -> Ways:
    """Any one of the alternatives does."""
    return _smallest(names for ways in alternatives for names in ways)


def every(needed: Iterable[Ways]) -> Ways:
    """All are needed together."""
    result = _DONE
    for ways in needed:
        result = _smallest(one | other for one in result for other in ways)[:MOST_WAYS]
    return result


def some_of(count: int, parts: list[Ways]) -> Ways:
    """`count` of the parts are needed."""
    by_count: list[Ways] = [_DONE, *[()] * count]
    for ways in parts:
        for done in range(count, 0, -1):
            with_this = every((by_count[done - 1], ways))
            by_count[done] = either((by_count[done], with_this))
    return by_count[count]


def _smallest(sets: Iterable[frozenset[str]]) -> Ways:
    """Without those that contain another; the smallest first, in a fixed order."""
    kept: list[frozenset[str]] = []
    for names in sorted(set(sets), key=lambda one: (len(one), sorted(one))):
        if not any(one <= names for one in kept):
            kept.append(names)
    return tuple(kept)


# One open test: answers are tried at the ends of what each element may still be. Formulas
# and comparisons are monotone, so a truth that any answers give, answers at the ends give.


def _answers_to(evaluation: Evaluation, trace: Trace, target: Truth) -> Iterator[frozenset[str]]:
    """Sets of the elements behind an open test of which some answers give it `target`."""
    names = missing(trace)
    found: list[frozenset[str]] = []
    for size in range(1, len(names) + 1):
        for some in map(frozenset, combinations(names, size)):
            if not any(one <= some for one in found) and _can(evaluation, trace, some, target):
                found.append(some)
    yield from found


def _can(evaluation: Evaluation, trace: Trace, names: frozenset[str], target: Truth) -> bool:
    elements, facts, on = evaluation.elements, evaluation.facts, evaluation.on
    candidates = [_ends(elements[name], facts.get(name), on) for name in names]
    return any(
        Evaluation(elements, {**facts, **dict(zip(names, values, strict=True))}, on).truth(
            trace.rule
        )
        is target
        for values in product(*candidates)
    )


def _ends(element: Element, known: Fact | None, on: date) -> tuple[Fact, ...]:
    """The exact facts at the ends of what an element may still be; each choice for a choice."""
    if element.type == "boolean":
        return Exactly(True), Exactly(False)
    if element.type == "choice":
        return tuple(map(Exactly, element.choices))
    low, high = element.range or (_EARLIEST, on)
    if isinstance(known, Numbers | Dates):
        low, high = known.low, known.high
    if isinstance(low, date):
        return Dates(low, low), Dates(min(high, on), min(high, on))  # type: ignore[arg-type]
    return Numbers(low, low), Numbers(high, high)  # type: ignore[arg-type]
