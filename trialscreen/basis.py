"""What a status rests on: the entered facts that force it, and those that have a part in it."""

from collections.abc import Iterable, Mapping
from datetime import date

from trialscreen import truth
from trialscreen.evaluate import Evaluation, Resolved, Trace
from trialscreen.fact import Fact
from trialscreen.rule import AllOf, AnyOf, AtLeastN, Rule
from trialscreen.trial import Element


def deciding_parts(trace: Trace) -> tuple[Trace, ...]:
    """The parts of a decided trace that share in deciding it.

    A true `any` and a false `all` are decided by each part of the same truth alone; else
    all parts are needed.
    """
    match trace.rule:
        case AnyOf() if trace.truth is truth.TRUE:
            return tuple(part for part in trace.parts if part.truth is truth.TRUE)
        case AllOf() if trace.truth is truth.FALSE:
            return tuple(part for part in trace.parts if part.truth is truth.FALSE)
        case AtLeastN():
            return tuple(part for part in trace.parts if part.truth is trace.truth)
        case _:
            return trace.parts


def support_of(trace: Trace) -> frozenset[str]:
    """Names of entered elements that are enough to decide `trace` as it is; empty if unknown."""
    if not trace.truth.known:
        return frozenset()
    if trace.used:
        return frozenset().union(*map(support_of_resolved, trace.used))
    parts = sorted(map(support_of, deciding_parts(trace)), key=len)
    match trace.rule:
        case AnyOf() if trace.truth is truth.TRUE:
            parts = parts[:1]
        case AllOf() if trace.truth is truth.FALSE:
            parts = parts[:1]
        case AtLeastN(count, every):
            needed = count if trace.truth is truth.TRUE else len(every) - count + 1
            parts = parts[:needed]
        case _:
            pass
    return frozenset().union(*parts)


def support_of_resolved(one: Resolved) -> frozenset[str]:
    """Names of the entered elements that an element's value rests on."""
    names: frozenset[str] = frozenset()
    if one.entered is not None:
        names |= {one.element.name}
    if one.derived is not None and one.fact != one.entered:
        names = names.union(*map(support_of_resolved, one.inputs))
        if one.basis is not None:
            names |= support_of(one.basis)
    if one.validity is not None:
        names |= support_of(one.validity)
    return names


def in_use(trace: Trace) -> frozenset[str]:
    """Names of the entered elements that have a part in a truth as it is, known or unknown.

    Without all the others it would be the same.
    """
    parts = deciding_parts(trace) if trace.truth.known else trace.parts
    return frozenset().union(*map(_in_use_of_resolved, trace.used), *map(in_use, parts))


def _in_use_of_resolved(one: Resolved) -> frozenset[str]:
    names: frozenset[str] = frozenset()
    if one.entered is not None:
        names |= {one.element.name}
    if one.entered is None or one.fact != one.entered:
        names = names.union(*map(_in_use_of_resolved, one.inputs))
        if one.basis is not None:
            names |= in_use(one.basis)
    if one.validity is not None:
        names |= in_use(one.validity)
    return names


def minimal_support(
    elements: Mapping[str, Element], facts: Mapping[str, Fact], on: date, trace: Trace
) -> tuple[str, ...]:
    """`support_of(trace)` less every element that can be spared.

    The result is irreducible: without any one of its facts the truth is no longer forced.
    """
    needed = support_of(trace)
    for name in sorted(needed):
        fewer = needed - {name}
        if _truth(elements, facts, on, trace.rule, fewer) is trace.truth:
            needed = fewer
    return tuple(name for name in elements if name in needed)


def _truth(
    elements: Mapping[str, Element],
    facts: Mapping[str, Fact],
    on: date,
    rule: Rule,
    names: Iterable[str],
) -> truth.Truth:
    return Evaluation(elements, {name: facts[name] for name in names}, on).truth(rule)
