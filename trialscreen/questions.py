"""What is still open: the elements whose answer can change what is not yet decided."""

from collections.abc import Iterator, Set

from trialscreen import truth
from trialscreen.evaluate import Resolved, Trace
from trialscreen.fact import is_exact


def needed(trace: Trace) -> tuple[str, ...]:
    """As `missing`, without what an element named could be derived from: one way is enough."""
    return tuple(dict.fromkeys(_missing(trace, behind=False)))


def missing(trace: Trace) -> tuple[str, ...]:
    """Names of the elements that can still decide an unknown `trace`; none for a decided one.

    An element that can be entered or derived is named with what it lacks for the
    derivation; one that is only ever derived is named by what it is derived from.
    """
    return tuple(dict.fromkeys(_missing(trace, behind=True)))


def _missing(trace: Trace, *, behind: bool) -> Iterator[str]:
    if trace.truth.known:
        return
    for part in trace.parts:
        yield from _missing(part, behind=behind)
    for one in trace.used:
        yield from _open(one, behind=behind)


def _open(one: Resolved, *, behind: bool) -> Iterator[str]:
    """What is open in one element: itself, its inputs, its rule, the validity of its value."""
    if is_exact(one.fact):
        return
    name = one.element.name
    if one.validity is not None and one.validity.truth is truth.FALSE:
        yield name  # the value at hand can never count: a new one is needed
        return
    if one.validity is not None:
        yield from _missing(one.validity, behind=behind)
        if is_exact(one.entered):
            return
    sources = [part for given in one.inputs for part in _open(given, behind=behind)]
    if one.basis is not None:
        sources.extend(_missing(one.basis, behind=behind))
    named = one.entered is not None or one.element.source != "derived" or not sources
    if named:
        yield name
    if behind or not named:
        yield from sources


def askable(trace: Trace, closed: Set[str]) -> tuple[str, ...]:
    """Names of the elements to ask, each of which can still change an unknown `trace`.

    `closed` were asked already, whatever the answer. What can only be used together with
    something that cannot be had is not asked; an element that is only ever derived is
    asked itself once it can no longer be derived.
    """
    return tuple(dict.fromkeys(_askable(trace, closed)))


def _askable(trace: Trace, closed: Set[str]) -> list[str]:
    if trace.truth.known:
        return []
    names = [name for part in trace.parts for name in _askable(part, closed)]
    used = [_obtainable(one, closed) for one in trace.used]
    if all(ways is not None for ways in used):
        names.extend(name for ways in used for name in ways or ())
    return names


def _obtainable(one: Resolved, closed: Set[str]) -> list[str] | None:
    """The elements to ask for one value; none if it is exact; None if it cannot be had."""
    if is_exact(one.fact):
        return []
    name = one.element.name
    itself = [] if name in closed or one.element.internal else [name]
    if one.validity is not None:
        valid = _askable(one.validity, closed)
        if one.validity.truth is not truth.TRUE and not valid:
            return None
        if is_exact(one.entered):
            return valid
        return [*itself, *valid] if itself else None
    behind = _behind(one, closed)
    if one.element.source == "derived":
        itself = [] if behind else itself
    return [*itself, *behind] or None


def _behind(one: Resolved, closed: Set[str]) -> list[str]:
    """The elements to ask that a value can be derived from."""
    if one.basis is not None:
        return _askable(one.basis, closed)
    inputs = [_input(given, closed) for given in one.inputs]
    if any(ways is None for ways in inputs):
        return []
    return [name for ways in inputs for name in ways or ()]


def _input(one: Resolved, closed: Set[str]) -> list[str] | None:
    """As `_obtainable`, for an input of a formula: known within bounds is good enough there."""
    if one.fact is not None and one.element.source == "derived":
        return _behind(one, closed)
    ways = _obtainable(one, closed)
    return [] if ways is None and one.fact is not None else ways
