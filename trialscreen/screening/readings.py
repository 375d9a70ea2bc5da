"""Which readings of unclear texts a finding turns on: what would be found by the alternative."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from trialscreen.model import rules, truth
from trialscreen.model.trial import Alternative, ByRule, Criterion, Trial
from trialscreen.model.truth import Truth
from trialscreen.screening.evaluate import Evaluation

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
    """The readings of a criterion of which `found` is the truth, for one patient."""

    trial: Trial
    criterion: Criterion
    found: Truth
    patient: Evaluation

    def turns(self) -> tuple[Turn, ...]:
        """All that the criterion may turn on."""
        return tuple(
            Turn(one.ref, one.confirmed is not None, self._decides(alternative))
            for one, alternative in self.criterion.alternatives
        )

    def together(self) -> tuple[str, ...]:
        """The unconfirmed readings that leave a finding open together, whatever each does alone."""
        several = {
            one.ref: alternative
            for one, alternative in self.criterion.alternatives
            if one.confirmed is None and alternative.answers and not self._is_kept(alternative)
        }
        fewer = self._without(*(name for one in several.values() for name in one.answers))
        return () if fewer.truth(self.criterion.rule) is self.found else tuple(several)

    def _decides(self, alternative: Alternative) -> bool | None:
        if any(self._by(rule) is not self.found for rule in alternative.rules):
            return True
        if alternative.is_encoded or self._is_kept(alternative):
            return False
        if not alternative.answers:
            return None
        fewer = self._without(*alternative.answers)
        if fewer is self.patient:
            return False
        # What is unknown stays so only for one who has given none of these answers.
        is_same = self.found.known and fewer.truth(self.criterion.rule) is self.found
        return False if is_same else None

    def _is_kept(self, alternative: Alternative) -> bool:
        """Whether the direction of the alternative tells that it finds the same."""
        kept = {"wider": truth.TRUE, "narrower": truth.FALSE, "same": self.found}
        return alternative.direction is not None and kept[alternative.direction] is self.found

    def _by(self, rule: rules.Rule) -> Truth:
        """By an alternative: where it names a signature, a no is what was answered."""
        signed = self.trial.once(_signed)(rule)
        if signed is self.trial:
            return self.patient.truth(rule)
        return Evaluation(signed, self.patient.facts, self.patient.on).truth(rule)

    def _without(self, *answers: str) -> Evaluation:
        """The patient as if none of these, nor what they follow from, had been answered."""
        left_out = {name for one in answers for name in (one, *self.trial.sources_of(one))}
        if left_out.isdisjoint(self.patient.facts):
            return self.patient
        facts = {name: one for name, one in self.patient.facts.items() if name not in left_out}
        return Evaluation(self.trial, facts, self.patient.on)


def _signed(trial: Trial) -> ByRule[Trial]:
    """The trial to which a no to each signature that a rule names is a plain no."""

    def signed(rule: rules.Rule) -> Trial:
        named = (trial.elements[name] for name in rules.elements_of(rule))
        plain = {one.name: replace(one, no_text="no") for one in named if one.no_is_not_yet}
        return replace(trial, elements={**trial.elements, **plain}) if plain else trial

    return ByRule(signed)
