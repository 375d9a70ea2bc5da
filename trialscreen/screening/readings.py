"""Which readings of unclear texts a finding turns on: what would be found by the alternative."""

from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import replace
from typing import NamedTuple

from trialscreen.model import rules, truth
from trialscreen.model.kept import kept
from trialscreen.model.trial import Alternative, Criterion, Reading, Trial
from trialscreen.model.truth import Truth
from trialscreen.screening.evaluate import Evaluation, KeptTrace, Trace, judging_some

UNCONFIRMED = "on an unconfirmed reading"
"""Of a verdict that is not certain while the sponsor may read an unclear text otherwise."""


def on_readings(names: Sequence[str], *, short: bool = False) -> Iterator[str]:
    """The unconfirmed readings that a finding turns on, in words; nothing if there are none."""
    if names:
        said = f"on {'reading' if len(names) == 1 else 'readings'} {', '.join(names)}"
        yield said if short else f"{said} (not confirmed by the sponsor)"


class Turn(NamedTuple):
    """A reading that a criterion may turn on.

    `decides`: whether the alternative would find something else; None if that cannot be computed.
    """

    id: str
    confirmed: bool
    decides: bool | None


class Readings(NamedTuple):
    """The readings of a criterion, of which `trace` is what was found for one patient."""

    criterion: Criterion
    trace: Trace
    patient: Evaluation

    def turns(self) -> tuple[Turn, ...]:
        """All that the criterion may turn on."""
        alternatives = self.patient.trial.once(_Ready).alternatives(self.criterion)
        if isinstance(self.trace, KeptTrace) and alternatives.are_of_its_answers:
            return self.trace.once(alternatives.turns, self.patient)
        return alternatives.turns(self.trace, self.patient)

    def together(self) -> tuple[str, ...]:
        """The unconfirmed readings that leave a finding open together, whatever each does alone."""
        several = {
            one.ref: alternative
            for one, alternative in self.criterion.alternatives
            if one.confirmed is None
            and alternative.answers
            and not _is_kept(alternative, self.trace.truth)
        }
        trial, facts = self.patient.trial, self.patient.facts
        left_out = _with_sources(trial, [name for one in several.values() for name in one.answers])
        others = frozenset(trial.elements_behind(self.criterion.rule)) - left_out
        fewer = {name: facts[name] for name in others if name in facts}
        found = Evaluation(trial, fewer, self.patient.on).truth(self.criterion.rule)
        return () if found is self.trace.truth else tuple(several)


_KEPT = {"wider": truth.TRUE, "narrower": truth.FALSE}


def _is_kept(alternative: Alternative, found: Truth) -> bool:
    """Whether the direction of the alternative tells that it finds the same."""
    return alternative.direction == "same" or _KEPT.get(alternative.direction or "") is found


def _with_sources(trial: Trial, answers: Iterable[str]) -> frozenset[str]:
    """These elements, and what they follow from."""
    return frozenset(name for one in answers for name in (one, *trial.sources_of(one)))


# An alternative differs from its criterion in a part: the truth of all else is in the trace.


class _Found(NamedTuple):
    """A criterion's trace, and a patient of whom the rest is asked."""

    trace: Trace
    patient: Evaluation


Judging = Callable[[_Found], Truth]


class _Alternative:
    """An alternative of a criterion, made ready as far as patients ask for it.

    `left_out` are the answers that it is about; of the `others` that the criterion has,
    `without` finds it.
    """

    def __init__(self, beside: "_Beside", reading: Reading, alternative: Alternative) -> None:
        self._beside = beside
        self.reading, self.alternative = reading, alternative
        self.judging = tuple(map(beside.alternatively, alternative.rules))
        self.left_out = _with_sources(beside.trial, alternative.answers)

    @kept
    def others(self) -> tuple[str, ...]:
        behind = self._beside.trial.elements_behind(self._beside.own)
        return tuple(name for name in behind if name not in self.left_out)

    @kept
    def without(self) -> Judging:
        return self._beside.judging(self._beside.own, self.left_out)

    def decides(self, found: _Found) -> bool | None:
        """Whether it would find something else."""
        (trace, patient), known = found, found.trace.truth
        for judge in self.judging:
            if judge(found) is not known:
                return True
        if self.alternative.is_encoded or _is_kept(self.alternative, known):
            return False
        if not self.alternative.answers:
            return None
        if self.left_out.isdisjoint(patient.facts):
            return False
        # What is unknown stays so only for one who has given none of these answers.
        if not known.known:
            return None
        fewer = {name: patient.facts[name] for name in self.others if name in patient.facts}
        without = _Found(trace, Evaluation(patient.trial, fewer, patient.on))
        return False if self.without(without) is known else None


class _Alternatives:
    """Those of a criterion. `are_of_its_answers`: they ask for no other elements."""

    def __init__(self, trial: Trial, criterion: Criterion) -> None:
        self._beside = beside = _Beside(trial, criterion.rule)
        self._made = [_Alternative(beside, *one) for one in criterion.alternatives]

    @kept
    def are_of_its_answers(self) -> bool:
        behind = frozenset(self._beside.trial.elements_behind(self._beside.own))
        rules_ = [rule for one in self._made for rule in one.alternative.rules]
        return behind.issuperset(
            name for rule in rules_ for name in self._beside.trial.elements_behind(rule)
        ) and all(behind >= one.left_out for one in self._made)

    def turns(self, trace: Trace, patient: Evaluation) -> tuple[Turn, ...]:
        found = _Found(trace, patient)
        return tuple(
            [
                Turn(one.reading.ref, one.reading.confirmed is not None, one.decides(found))
                for one in self._made
            ]
        )


class _Ready:
    """The alternatives of a trial's criteria, each made ready when it is first asked for."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        self._made: dict[int, tuple[Criterion, _Alternatives]] = {}

    def alternatives(self, criterion: Criterion) -> _Alternatives:
        if (made := self._made.get(id(criterion))) is None:
            made = self._made[id(criterion)] = (criterion, _Alternatives(self._trial, criterion))
        return made[1]


class _Beside:
    """How rules are judged that share parts with a criterion's `own`."""

    def __init__(self, trial: Trial, own: rules.Rule) -> None:
        self.trial, self.own = trial, own
        self._places: dict[int, tuple[int, ...]] = {}
        ahead: list[tuple[rules.Rule, tuple[int, ...]]] = [(own, ())]
        for rule, place in ahead:
            self._places[id(rule)] = place
            ahead += [(part, (*place, n)) for n, part in enumerate(rules.parts_of(rule))]

    def judging(self, rule: rules.Rule, changed: Set[str]) -> Judging:
        """Of a patient of whom these elements are not what they were for the trace."""
        place = self._places.get(id(rule))
        if place is not None and self._is_apart(rule, changed):
            return _reading(place)
        match rule:
            case rules.AtLeastN(least, parts):
                return judging_some(least, tuple(self.judging(part, changed) for part in parts))
            case rules.Not(part):
                judged = self.judging(part, changed)
                return lambda found: truth.negation(judged(found))
            case rules.Clause(_, _, part):
                return self.judging(part, changed)
            case _:
                return lambda found: found.patient.truth(rule)

    def _is_apart(self, rule: rules.Rule, changed: Set[str]) -> bool:
        return not changed or changed.isdisjoint(self.trial.elements_behind(rule))

    def alternatively(self, rule: rules.Rule) -> Judging:
        """By an alternative: where it names a signature, a no is what was answered."""
        elements = self.trial.elements
        signed = {name for name in rules.elements_of(rule) if elements[name].no_is_not_yet}
        judge = self.judging(rule, signed)
        if not signed:
            return judge
        plain = {name: replace(elements[name], no_text="no") for name in signed}
        trial = replace(self.trial, elements={**elements, **plain})

        def judge_signed(found: _Found) -> Truth:
            patient = found.patient
            return judge(_Found(found.trace, Evaluation(trial, patient.facts, patient.on)))

        return judge_signed


def _reading(place: tuple[int, ...]) -> Judging:
    """Of the part at this place in the criterion."""

    def read(found: _Found) -> Truth:
        trace = found.trace
        for part in place:
            trace = trace.parts[part]
        return trace.truth

    return read
