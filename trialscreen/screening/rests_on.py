"""What a truth rests on: answers that are enough for it, and the fewest: none can be spared."""

from collections.abc import Iterator
from typing import NamedTuple

from trialscreen.model import rules, truth
from trialscreen.model.trial import Trial
from trialscreen.screening.evaluate import Evaluation, KeptTrace, Resolved, Trace

Names = frozenset[str]
_NONE: Names = frozenset()


def deciding_parts(trace: Trace) -> tuple[Trace, ...]:
    """The parts of a decided trace that share in deciding it: of several, those as true as it."""
    if isinstance(trace.rule, rules.AtLeastN):
        known = trace.truth
        return tuple([part for part in trace.parts if part.truth is known])
    return trace.parts


def enough(rule: rules.AtLeastN, wanted: truth.Truth) -> int:
    """How many parts that are true make it true; how many that are false, false."""
    return rule.least if wanted is truth.TRUE else len(rule.parts) - rule.least + 1


class Support(NamedTuple):
    """The entered elements that are enough for a truth; none if it is unknown.

    Of these, none can be spared if none is among those that may do `instead`: they are behind what
    was not needed.
    """

    names: Names = _NONE
    instead: Names = _NONE


def support_of(patient: Evaluation, what: Trace | Resolved) -> Support:
    """What is enough to decide a trace as it is, or for what is known of an element."""
    if isinstance(what, KeptTrace):
        return what.once(_support_of, patient)
    if isinstance(what, Resolved):
        return _support_of(what, patient)
    supports, key = patient.once(_supports), id(what.rule)
    if key not in supports:
        supports[key] = _support_of(what, patient)
    return supports[key]


def _supports(_: Evaluation) -> dict[int, Support]:
    """Those found of a patient, by the identity of the rule, which lives as long as its trial."""
    return {}


def _support_of(what: Trace | Resolved, patient: Evaluation) -> Support:
    names, instead = set[str](), set[str]()
    ahead = [what]
    while ahead:
        one = ahead.pop()
        if isinstance(one, Resolved):
            if one.entered is not None:
                names.add(one.element.name)
                if one.element.derive is not None:
                    instead |= patient.trial.sources_of(one.element.name)
            ahead += _behind(one)
        elif one.truth is truth.UNKNOWN:
            continue
        elif one is not what and isinstance(one, KeptTrace):
            more = one.once(_support_of, patient)
            names |= more.names
            instead |= more.instead
        elif one.used:
            ahead += one.used
            if one.used[0].basis is not None and not isinstance(one.rule, rules.Is):
                instead |= patient.trial.sources_of(one.used[0].element.name)
        elif isinstance(one.rule, rules.AtLeastN):
            ahead += _enough_parts(one, one.rule, patient, instead)
        else:
            ahead += one.parts
    return Support(frozenset(names), frozenset(instead))


def _behind(one: Resolved) -> Iterator[Trace | Resolved]:
    """What a value follows from, and its validity."""
    if one.entered is None or one.fact != one.entered:
        yield from one.inputs
        if one.basis is not None:
            yield one.basis
    if one.validity is not None:
        yield one.validity


def _enough_parts(
    trace: Trace, rule: rules.AtLeastN, patient: Evaluation, instead: set[str]
) -> tuple[Trace, ...]:
    """The parts that decide it with the fewest answers."""
    behind, stands_in = patient.trial.elements_behind, patient.once(stand_ins)
    parts = deciding_parts(trace)
    if stands_in and len(parts) < len(trace.parts):
        # Fewer answers give another truth only where an entry stood in for what follows.
        unlike = [behind(part.rule) for part in trace.parts if part.truth is not trace.truth]
        instead.update(*[names for names in unlike if not stands_in.isdisjoint(names)])
    if (count := enough(rule, trace.truth)) < len(parts):
        parts = tuple(sorted(parts, key=lambda part: len(support_of(patient, part).names)))
        instead.update(*[behind(part.rule) for part in parts[count:]])
    return parts[:count]


def stand_ins(patient: Evaluation) -> Names:
    """The elements that were entered, and can follow from others."""
    elements = patient.elements
    return frozenset([one for one in patient.facts if elements[one].derive is not None])


def minimal_support(patient: Evaluation, trace: Trace) -> tuple[str, ...]:
    """The elements of which none can be spared: without any one the truth is no longer forced."""
    if isinstance(trace, KeptTrace):
        return trace.once(_minimal_support, patient)
    return _minimal_support(trace, patient)


def _minimal_support(trace: Trace, patient: Evaluation) -> tuple[str, ...]:
    needed, instead = support_of(patient, trace)
    for name in () if needed.isdisjoint(instead) else sorted(needed):
        fewer = {one: patient.facts[one] for one in needed if one != name}
        if Evaluation(patient.trial, fewer, patient.on).truth(trace.rule) is trace.truth:
            needed = frozenset(fewer)
    return tuple(sorted(needed, key=patient.trial.once(_places).__getitem__))


def _places(trial: Trial) -> dict[str, int]:
    return {name: place for place, name in enumerate(trial.elements)}


def in_use(what: Trace | Resolved) -> Names:
    """Names of the entered elements without all others of which it would be the same."""
    if isinstance(what, Resolved):
        is_given = what.entered is not None or what.not_yet
        names = frozenset((what.element.name,) if is_given else ())
        return names.union(*map(in_use, _behind(what)))
    parts = deciding_parts(what) if what.truth.known else what.parts
    return _NONE.union(*map(in_use, what.used), *map(in_use, parts))
