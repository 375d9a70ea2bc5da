"""The smallest sets of open elements that can settle a rule, or a whole verdict.

Found test by test on the rule trees, as rules are judged: a set is named when some
answers to it decide every test that the result needs.
"""

from collections.abc import Callable, Iterable

from trialscreen import truth
from trialscreen.evaluate import Resolved, Trace
from trialscreen.fact import is_exact
from trialscreen.rule import AllOf, AnyOf, AtLeastN, Clause, Given, Is, Not
from trialscreen.truth import Truth

Ways = tuple[frozenset[str], ...]
"""Alternatives, smallest first; each is a set of element names. None: it cannot be done."""

MOST_WAYS = 60
"""Alternatives kept at each step: more are never shown, and products stay small."""

_DONE: Ways = (frozenset(),)


def ways_to(trace: Trace, target: Truth) -> Ways:
    """The smallest sets of open elements that can give `trace` the truth `target`."""
    if trace.truth.known:
        return _DONE if trace.truth is target else ()
    match trace.rule:
        case AllOf():
            together = target is truth.TRUE
        case AnyOf():
            together = target is truth.FALSE
        case AtLeastN(count, parts):
            needed = count if target is truth.TRUE else len(parts) - count + 1
            return _some_of(needed, [ways_to(part, target) for part in trace.parts])
        case Not():
            return ways_to(trace.parts[0], truth.negation(target))
        case Clause():
            return ways_to(trace.parts[0], target)
        case Given():
            return _known(trace.used[0]) if target is truth.TRUE else ()
        case Is(_, bool() as value):
            return _answered(trace.used[0], target if value else truth.negation(target))
        case _:
            return every(map(_known, trace.used))
    parts_ways = [ways_to(part, target) for part in trace.parts]
    return every(parts_ways) if together else either(parts_ways)


def either(alternatives: Iterable[Ways]) -> Ways:
    """Any one of the alternatives does."""
    return _smallest(names for ways in alternatives for names in ways)


def every(needed: Iterable[Ways]) -> Ways:
    """All are needed together."""
    result = _DONE
    for ways in needed:
        result = _smallest(one | other for one in result for other in ways)
    return result


def _some_of(count: int, parts: list[Ways]) -> Ways:
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
    order: Callable[[frozenset[str]], tuple[int, list[str]]] = lambda s: (len(s), sorted(s))  # noqa: E731
    for names in sorted(set(sets), key=order):
        if not any(one <= names for one in kept):
            kept.append(names)
            if len(kept) == MOST_WAYS:
                break
    return tuple(kept)


def _known(one: Resolved) -> Ways:
    """The ways to an exact value of an element."""
    if is_exact(one.fact):
        return _DONE
    itself: Ways = (frozenset((one.element.name,)),)
    if one.validity is not None:
        valid = ways_to(one.validity, truth.TRUE)
        return valid if is_exact(one.entered) else every((itself, valid))
    if one.basis is not None:
        behind = either((ways_to(one.basis, truth.TRUE), ways_to(one.basis, truth.FALSE)))
        return either((itself, behind))
    return _entered_or_from(one, itself)


def _answered(one: Resolved, target: Truth) -> Ways:
    """The ways to a yes (TRUE) or no (FALSE) of a yes/no element."""
    itself: Ways = (frozenset((one.element.name,)),)
    if one.basis is None:
        return itself
    return either((itself, ways_to(one.basis, target)))


def _entered_or_from(one: Resolved, itself: Ways) -> Ways:
    """Directly, or through a formula; an element that is only ever derived prefers the latter."""
    if not one.inputs:
        return itself
    behind = every(map(_known, one.inputs))
    if one.element.source == "derived" and behind not in ((), _DONE):
        return behind
    return either((itself, behind if behind != _DONE else ()))
