"""What a truth rests on: answers that are enough for it, and the fewest: none can be spared."""

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


def support_of(patient: Evaluation, trace: Trace) -> Support:
    """What is enough to decide `trace` as it is."""
    if not trace.truth.known:
        return Support()
    if isinstance(trace, KeptTrace):
        return trace.once(_support_of, patient)
    return _support_of(trace, patient)


def _support_of(trace: Trace, patient: Evaluation) -> Support:
    if trace.used:
        found = [support_of_resolved(patient, one) for one in trace.used]
        first = trace.used[0]
        is_behind = first.basis is not None and not isinstance(trace.rule, rules.Is)
        return _joined(found, [patient.trial.sources_of(first.element.name)] if is_behind else [])
    if not isinstance(trace.rule, rules.AtLeastN):
        return support_of(patient, trace.parts[0])
    behind, stand_ins = patient.trial.elements_behind, patient.once(_stand_ins)
    deciding, instead = [], []
    for part in trace.parts:
        if part.truth is trace.truth:
            deciding.append((support_of(patient, part), part.rule))
        elif stand_ins and not stand_ins.isdisjoint(names := behind(part.rule)):
            # Fewer answers give another truth only where an entry stood in for what follows.
            instead.append(names)
    count = enough(trace.rule, trace.truth)
    if count < len(deciding):
        deciding.sort(key=lambda one: len(one[0].names))
        instead += [behind(rule) for _, rule in deciding[count:]]
    return _joined([one for one, _ in deciding[:count]], instead)


def _joined(found: list[Support], instead: list[Names] | list[tuple[str, ...]]) -> Support:
    names = _NONE.union(*[one.names for one in found])
    return Support(names, _NONE.union(*[one.instead for one in found], *instead))


def support_of_resolved(patient: Evaluation, one: Resolved) -> Support:
    """What an element's value rests on."""
    given, element = one.entered is not None, one.element
    itself = Support(frozenset((element.name,)) if given else _NONE)
    if element.derive is None and one.validity is None:
        return itself
    traces = [] if one.validity is None else [one.validity]
    inputs: tuple[Resolved, ...] = ()
    if one.derived is not None and one.fact != one.entered:
        inputs = one.inputs
        traces += [] if one.basis is None else [one.basis]
    found = [itself, *(support_of_resolved(patient, each) for each in inputs)]
    found += [support_of(patient, trace) for trace in traces]
    is_twice = given and element.derive is not None
    return _joined(found, [patient.trial.sources_of(element.name)] if is_twice else [])


def _stand_ins(patient: Evaluation) -> Names:
    """The elements that were entered, and can follow from others."""
    elements = patient.elements
    return frozenset([one for one in patient.facts if elements[one].derive is not None])


def minimal_support(patient: Evaluation, trace: Trace) -> tuple[str, ...]:
    """`support_of(trace)` less every element that can be spared.

    The result is irreducible: without any one of its facts the truth is no longer forced.
    """
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


def in_use(trace: Trace) -> Names:
    """Names of the entered elements that have a part in a truth as it is, known or unknown.

    Without all the others it would be the same.
    """
    parts = deciding_parts(trace) if trace.truth.known else trace.parts
    return frozenset().union(*map(_in_use_of_resolved, trace.used), *map(in_use, parts))


def _in_use_of_resolved(one: Resolved) -> Names:
    """An element's own name if it is given, and the names behind what it follows from."""
    follows = one.entered is None or one.fact != one.entered
    given = one.entered is not None or one.not_yet
    names = frozenset((one.element.name,) if given else ())
    if follows:
        names = names.union(*map(_in_use_of_resolved, one.inputs))
    traces = (one.basis if follows else None, one.validity)
    return names.union(*(in_use(trace) for trace in traces if trace is not None))
