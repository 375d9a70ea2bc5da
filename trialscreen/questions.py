"""What is still open: the elements whose answer can change what is not yet decided."""

from collections.abc import Iterator

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
