"""The fewest answers that a finding rests on: none of them can be spared."""

from collections.abc import Set

from trialscreen.model import rules
from trialscreen.model.trial import Formula, Trial
from trialscreen.screening.evaluate import Evaluation, KeptTrace, Resolved, Trace
from trialscreen.screening.explain import Others, enough, support_of

Names = frozenset[str]
_NONE: Names = frozenset()


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
