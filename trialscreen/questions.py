"""What is still open: the elements whose answer can change what is not yet decided."""

from collections.abc import Iterator

from trialscreen import truth
from trialscreen.evaluate import Resolved, Trace
from trialscreen.fact import is_exact


def missing(trace: Trace) -> tuple[str, ...]:
    """Names of the elements that can still decide an unknown `trace`; none for a decided one.

    An element that can be entered or derived is named with what it lacks for the
    derivation; one that is only ever derived is named by what it is derived from.
    """
    return tuple(dict.fromkeys(_missing(trace)))


def _missing(trace: Trace) -> Iterator[str]:
    if trace.truth.known:
        return
    for part in trace.parts:
        yield from _missing(part)
    for one in trace.used:
        yield from _open(one)


def _open(one: Resolved) -> Iterator[str]:
    """What is open in one element: itself, its inputs, its rule, the validity of its value."""
    if is_exact(one.fact):
        return
    name = one.element.name
    if one.validity is not None and one.validity.truth is truth.FALSE:
        yield name  # the value at hand can never count: a new one is needed
        return
    if one.validity is not None:
        yield from _missing(one.validity)
        if is_exact(one.entered):
            return
    behind = [part for given in one.inputs for part in _open(given)]
    if one.basis is not None:
        behind.extend(_missing(one.basis))
    if one.entered is not None or one.element.source != "derived" or not behind:
        yield name
    yield from behind
