"""What a truth rests on: answers that are enough for it, and the fewest: none can be spared."""

from collections.abc import Sequence, Set
from typing import NamedTuple

from trialscreen.model import rules, truth
from trialscreen.model.trial import Formula, Trial
from trialscreen.screening.evaluate import Evaluation, KeptTrace, Resolved, Trace

Names = frozenset[str]
_NONE: Names = frozenset()


def deciding_parts(trace: Trace) -> tuple[Trace, ...]:
    """The parts of a decided trace that share in deciding it: of several, those as true as it."""
    if isinstance(trace.rule, rules.AtLeastN):
        known = trace.truth
        return tuple([part for part in trace.parts if part.truth is known])
    return trace.parts


class Others(NamedTuple):
    """What was not needed: parts as true as the whole, and those of another truth.

    `values` are those that are known in another way as well.
    """

    alike: list[Trace]
    unlike: list[Trace]
    values: list[Resolved]

    def add(self, more: "Others") -> None:
        self.alike.extend(more.alike)
        self.unlike.extend(more.unlike)
        self.values.extend(more.values)


def support_of(trace: Trace, others: Others | None = None) -> Names:
    """Names of entered elements that are enough to decide `trace` as it is; empty if unknown.

    Of these, none can be spared if none has a part in the `others`, to which is added.
    """
    if not trace.truth.known:
        return _NONE
    return _support_of(trace, others or Others([], [], []))


def _support_of_answers(trace: Trace) -> tuple[Names, Others | None]:
    others = Others([], [], [])
    names = _support_of(trace, others)
    return names, others if any(others) else None


def _support_of(trace: Trace, others: Others) -> Names:
    names: set[str] = set()
    ahead = [trace]
    while ahead:
        one = ahead.pop()
        if one is not trace and isinstance(one, KeptTrace):
            its, more = one.once(_support_of_answers)
            names |= its
            if more is not None:
                others.add(more)
        elif one.used:
            names |= _support_of_test(one, others)
        elif isinstance(one.rule, rules.AtLeastN):
            parts = deciding_parts(one)
            if len(parts) < len(one.parts):
                others.unlike.extend([part for part in one.parts if part.truth is not one.truth])
            count = enough(one.rule, one.truth)
            if count == len(parts):
                ahead += parts
            else:
                names |= _smallest_support(parts, count, others)
        else:
            ahead += one.parts
    return frozenset(names)


def _smallest_support(parts: Sequence[Trace], count: int, others: Others) -> Names:
    """Of so many of the parts, each of which does as well."""
    found = [support_of(part, others) for part in parts]
    places = sorted(range(len(parts)), key=lambda place: len(found[place]))
    others.alike.extend([parts[place] for place in places[count:]])
    return _NONE.union(*[found[place] for place in places[:count]])


def _support_of_test(trace: Trace, others: Others) -> Names:
    first = trace.used[0]
    if first.basis is not None and not isinstance(trace.rule, rules.Is):
        others.values.append(first)
    if len(trace.used) == 1:
        return support_of_resolved(first, others)
    return _NONE.union(*[support_of_resolved(one, others) for one in trace.used])


def support_of_resolved(one: Resolved, others: Others | None = None) -> Names:
    """Names of the entered elements that an element's value rests on; `others` as above."""
    given, element = one.entered is not None, one.element
    names = frozenset((element.name,)) if given else _NONE
    if element.derive is None and one.validity is None:
        return names
    others = others or Others([], [], [])
    if given and element.derive is not None:
        others.values.append(one)
    traces = [] if one.validity is None else [one.validity]
    if one.derived is not None and one.fact != one.entered:
        names = names.union(*[_support_of_input(each, others) for each in one.inputs])
        traces += [] if one.basis is None else [one.basis]
    return names.union(*[support_of(trace, others) for trace in traces])


def _support_of_input(one: Resolved, others: Others) -> Names:
    if one.basis is not None:
        others.values.append(one)
    return support_of_resolved(one, others)


def enough(rule: rules.AtLeastN, wanted: truth.Truth) -> int:
    """How many parts that are true make it true; how many that are false, false."""
    return rule.least if wanted is truth.TRUE else len(rule.parts) - rule.least + 1


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


# The fewest.


def minimal_support(patient: Evaluation, trace: Trace) -> tuple[str, ...]:
    """`support_of(trace)` less every element that can be spared.

    The result is irreducible: without any one of its facts the truth is no longer forced.
    """
    if isinstance(trace, KeptTrace):
        return trace.once(_minimal_support, patient)
    return _minimal_support(trace, patient)


def _minimal_support(trace: Trace, patient: Evaluation) -> tuple[str, ...]:
    others = Others([], [], [])
    needed = support_of(trace, others)
    if _may_do_instead(patient, others, needed):
        needed = _without_spare(trace, needed, patient)
    return tuple(sorted(needed, key=patient.trial.once(_places).__getitem__))


def _places(trial: Trial) -> dict[str, int]:
    return {name: place for place, name in enumerate(trial.elements)}


def _may_do_instead(patient: Evaluation, others: Others, names: Names) -> bool:
    """Whether some of these answers may give the truth in another way as well.

    Fewer answers never give a part another truth that is known, but where what was entered stands
    in for what follows.
    """
    trial = patient.trial
    behind = [trial.elements_behind(one.rule) for one in others.alike]
    if others.unlike and (stand_ins := patient.once(_stand_ins)):
        unlike = [trial.elements_behind(one.rule) for one in others.unlike]
        behind += [one for one in unlike if not stand_ins.isdisjoint(one)]
    return any(not one or not names.isdisjoint(one) for one in behind) or any(
        not names.isdisjoint(trial.sources_of(one.element.name)) for one in others.values
    )


def _stand_ins(patient: Evaluation) -> Names:
    elements = patient.elements
    return frozenset([one for one in patient.facts if elements[one].derive is not None])


def _without_spare(trace: Trace, needed: Names, patient: Evaluation) -> Names:
    doubtful = needed - _Answers(patient, needed).no_less(trace)
    for name in sorted(doubtful):
        fewer = {one: patient.facts[one] for one in needed - {name}}
        if Evaluation(patient.trial, fewer, patient.on).truth(trace.rule) is trace.truth:
            needed = frozenset(fewer)
    return needed


class _Answers:
    """Some of a patient's answers, and what they cannot do without.

    Most elements are found so without trying: a test of what nobody knows is unknown.
    """

    def __init__(self, patient: Evaluation, names: Set[str]) -> None:
        self._names = names
        self._behind, self._sources_of = patient.trial.elements_behind, patient.trial.sources_of
        self._stand_in = patient.once(_stand_ins)

    def no_less(self, trace: Trace) -> Names:
        """Those without any one of which the others leave a decided `trace` another truth."""
        if not trace.used:
            return self._no_less_of_parts(trace)
        names = _NONE.union(*map(self._no_less_known, trace.used))
        one = trace.used[0]
        if isinstance(trace.rule, rules.Is) and one.basis is not None and one.entered is None:
            names |= self.no_less(one.basis)
        return names

    def _no_less_of_parts(self, trace: Trace) -> Names:
        if not isinstance(trace.rule, rules.AtLeastN):
            return self.no_less(trace.parts[0])
        able = [part for part in trace.parts if self._can_be(part, trace)]
        without: dict[str, int] = {}
        for part in able:
            for name in self.no_less(part) if part.truth is trace.truth else ():
                without[name] = without.get(name, 0) + 1
        spare = len(able) - enough(trace.rule, trace.truth)
        return frozenset([name for name, parts in without.items() if parts > spare])

    def _can_be(self, part: Trace, whole: Trace) -> bool:
        """Whether some of the answers may give a part the truth of the whole."""
        behind = self._behind(part.rule)
        if part.truth is not whole.truth and self._stand_in.isdisjoint(behind):
            return False
        return not behind or not self._names.isdisjoint(behind)

    def _no_less_known(self, one: Resolved) -> Names:
        """Those without any one of which nothing is known of an element."""
        name, derive, names = one.element.name, one.element.derive, _NONE
        if derive is None or self._names.isdisjoint(self._sources_of(name)):
            names = frozenset((name,))
        elif isinstance(derive, Formula) and one.entered is None:
            names = names.union(*map(self._no_less_known, one.inputs))
        return names if one.validity is None else names | self.no_less(one.validity)
