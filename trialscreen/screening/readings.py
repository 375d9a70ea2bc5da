"""Which readings of unclear texts a finding turns on: what would be found by the alternative."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from trialscreen.model import truth
from trialscreen.model.rules import Rule, elements_of
from trialscreen.model.trial import Alternative, ByRule, Criterion, Trial
from trialscreen.model.truth import Truth
from trialscreen.screening.evaluate import Evaluation, Judging, Trace
from trialscreen.screening.rests_on import stand_ins, support_of

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


def turns(patient: Evaluation, criterion: Criterion, trace: Trace) -> tuple[Turn, ...]:
    """All readings that a criterion, of which this is the trace, may turn on."""
    return tuple(
        [
            Turn(one.ref, one.confirmed is not None, _decides(patient, alternative, trace))
            for one, alternative in criterion.alternatives
        ]
    )


def _decides(patient: Evaluation, alternative: Alternative, trace: Trace) -> bool | None:
    """Whether an alternative would find something else."""
    found = trace.truth
    if _finds_else(patient, alternative, found):
        return True
    if alternative.is_encoded or _is_kept(alternative, found):
        return False
    if not alternative.answers:
        return None
    left_out = _with_sources(patient.trial, alternative.answers)
    if left_out.isdisjoint(patient.facts):
        return False
    # What is unknown stays so only for one who has given none of these answers.
    return False if found.known and _is_found_without(patient, trace, left_out) else None


def _finds_else(patient: Evaluation, alternative: Alternative, found: Truth) -> bool:
    """Whether one of its rules certainly does."""
    judging = patient.trial.once(_by_alternative)
    return any(judging(rule)(patient) is not found for rule in alternative.rules)


def _by_alternative(trial: Trial) -> ByRule[Judging]:
    """How a rule of one is judged: where it names a signature, a no is what was answered."""

    def judging(rule: Rule) -> Judging:
        named = {name: trial.elements[name] for name in elements_of(rule)}
        plain = {n: replace(one, no_text="no") for n, one in named.items() if one.no_is_not_yet}
        if not plain:
            return lambda patient: patient.truth(rule)
        signed = replace(trial, elements={**trial.elements, **plain})
        return lambda patient: Evaluation(signed, patient.facts, patient.on).truth(rule)

    return ByRule(judging)


def turned_on(patient: Evaluation, criterion: Criterion, found: Truth) -> tuple[str, ...]:
    """The unconfirmed readings whose alternatives would certainly find something else."""
    return tuple(
        [
            one.ref
            for one, alternative in criterion.alternatives
            if one.confirmed is None and _finds_else(patient, alternative, found)
        ]
    )


def turns_together(patient: Evaluation, criterion: Criterion, trace: Trace) -> tuple[str, ...]:
    """The unconfirmed readings that leave a finding open together, whatever each does alone."""
    several = {
        one.ref: alternative.answers
        for one, alternative in criterion.alternatives
        if one.confirmed is None and alternative.answers and not _is_kept(alternative, trace.truth)
    }
    answers = [name for names in several.values() for name in names]
    left_out = _with_sources(patient.trial, answers)
    return () if _is_found_without(patient, trace, left_out) else tuple(several)


_KEPT = {"wider": truth.TRUE, "narrower": truth.FALSE}


def _is_kept(alternative: Alternative, found: Truth) -> bool:
    """Whether the direction of the alternative tells that it finds the same."""
    return alternative.direction == "same" or _KEPT.get(alternative.direction or "") is found


def _with_sources(trial: Trial, answers: Sequence[str]) -> frozenset[str]:
    """These elements, and what they follow from."""
    return frozenset(answers).union(*map(trial.sources_of, answers))


def _is_found_without(patient: Evaluation, trace: Trace, left_out: frozenset[str]) -> bool:
    """Whether the other answers decide a trace as all do."""
    (names, instead), facts = support_of(patient, trace), patient.facts
    if names.isdisjoint(left_out) and patient.once(stand_ins).isdisjoint(left_out):
        return True
    if not names.isdisjoint(left_out) and instead.isdisjoint(facts):
        return False
    fewer = {name: facts[name] for name in facts.keys() - left_out}
    return Evaluation(patient.trial, fewer, patient.on).truth(trace.rule) is trace.truth
