"""`Finding`: the result of one criterion for one patient, with its reasons, computed on demand.

Also which readings of unclear texts it depends on: whether the alternative would differ.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, NamedTuple

from trialscreen.model import truth
from trialscreen.model.kept import kept
from trialscreen.model.rules import Rule, elements_of
from trialscreen.model.trial import Alternative, ByRule, Criterion, Kind, Trial
from trialscreen.model.truth import Truth
from trialscreen.screening import explain
from trialscreen.screening.clearing import first_clear_day
from trialscreen.screening.evaluate import Evaluation, Judging, Trace
from trialscreen.screening.missing import missing, needed

UNCONFIRMED = "on an unconfirmed reading"
"""Qualifies a verdict that the sponsor's reading of an unclear text could still change."""


def on_readings(names: Sequence[str], *, short: bool = False) -> Iterator[str]:
    """The unconfirmed readings that a finding depends on, as text; nothing if there are none."""
    if names:
        text = f"on {'reading' if len(names) == 1 else 'readings'} {', '.join(names)}"
        yield text if short else f"{text} (not confirmed by the sponsor)"


class Turn(NamedTuple):
    """A reading that a criterion's result may depend on.

    `decides`: whether the alternative gives another result; None if that cannot be computed.
    """

    id: str
    confirmed: bool
    decides: bool | None


def _decides(patient: Evaluation, alternative: Alternative, trace: Trace) -> bool | None:
    """Whether an alternative gives another result; None if that cannot be computed."""
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
    # An unknown result is certain to stay unknown only if none of these answers was given.
    return False if found.known and _is_found_without(patient, trace, left_out) else None


def _finds_else(patient: Evaluation, alternative: Alternative, found: Truth) -> bool:
    """Whether one of its rules certainly gives another result."""
    judging = patient.trial.once(_by_alternative)
    return any(judging(rule)(patient) is not found for rule in alternative.rules)


def _by_alternative(trial: Trial) -> ByRule[Judging]:
    """Evaluates an alternative's rules; a no to a signature counts as no, not as "not yet"."""

    def judging(rule: Rule) -> Judging:
        named = {name: trial.elements[name] for name in elements_of(rule)}
        plain = {n: replace(one, no_text="no") for n, one in named.items() if one.no_is_not_yet}
        if not plain:
            return lambda patient: patient.truth(rule)
        signed = replace(trial, elements={**trial.elements, **plain})
        return lambda patient: Evaluation(signed, patient.facts, patient.on).truth(rule)

    return ByRule(judging)


def turns_together(patient: Evaluation, criterion: Criterion, trace: Trace) -> tuple[str, ...]:
    """The unconfirmed readings that together leave a finding open, whatever each does alone."""
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
    """Whether the alternative's direction implies the same result."""
    return alternative.direction == "same" or _KEPT.get(alternative.direction or "") is found


def _with_sources(trial: Trial, answers: Sequence[str]) -> frozenset[str]:
    """These elements, and those that they can be derived from."""
    return frozenset(answers).union(*map(trial.sources_of, answers))


def _is_found_without(patient: Evaluation, trace: Trace, left_out: frozenset[str]) -> bool:
    """Whether a trace has the same truth without the answers in `left_out`."""
    (names, instead), facts = explain.support_of(patient, trace), patient.facts
    if names.isdisjoint(left_out) and patient.once(explain.stand_ins).isdisjoint(left_out):
        return True
    if not names.isdisjoint(left_out) and instead.isdisjoint(facts):
        return False
    fewer = {name: facts[name] for name in facts.keys() - left_out}
    return Evaluation(patient.trial, fewer, patient.on).truth(trace.rule) is trace.truth


Status = Literal["met", "not met", "excludes", "clear", "open"]

STATUSES: dict[tuple[Kind, bool | None], Status] = {
    ("inclusion", True): "met",
    ("inclusion", False): "not met",
    ("inclusion", None): "open",
    ("exclusion", True): "excludes",
    ("exclusion", False): "clear",
    ("exclusion", None): "open",
}
"""The status by the criterion's kind and whether its statement is true."""


@dataclass(frozen=True, init=False, repr=False)
class Finding:
    """The result of one criterion for one patient.

    While it is open, `met` and `passes` are None: test `finding.passes is False`, since
    `not finding.passes` is also true of open findings.

    `criterion`: the criterion as in the criteria file.
    """

    criterion: Criterion
    patient: Evaluation

    def __init__(self, criterion: Criterion, patient: Evaluation) -> None:
        own = self.__dict__  # three times as fast as the assignments of a frozen class
        own["criterion"], own["patient"] = criterion, patient

    def __repr__(self) -> str:
        """The criterion only: nothing about the patient may reach tracebacks and logs."""
        return f"<Finding of {self.id}>"

    @property
    def trial(self) -> Trial:
        """The trial that the criterion belongs to."""
        return self.patient.trial

    @property
    def id(self) -> str:
        """The criterion's number in the protocol: `I1`, `E17`."""
        return self.criterion.id

    @property
    def kind(self) -> Kind:
        """`inclusion` or `exclusion`."""
        return self.criterion.kind

    @property
    def label(self) -> str:
        """The criterion in a few words."""
        return self.criterion.label

    @property
    def text(self) -> str:
        """The criterion, word for word as registered."""
        return self.criterion.text

    @property
    def status(self) -> Status:
        """`met` or `not met`, `excludes` or `clear`; `open` while nothing is certain."""
        return STATUSES[self.kind, self.met]

    @property
    def met(self) -> bool | None:
        """Whether its statement is true of the patient; an exclusion that is met excludes."""
        return self.truth.to_optional()

    @kept
    def truth(self) -> Truth:
        return self.patient.truth(self.criterion.rule)

    @kept
    def trace(self) -> Trace:
        return self.patient.trace(self.criterion.rule)

    @property
    def passes(self) -> bool | None:
        """Whether the patient passes: an inclusion is met, or an exclusion is not; None if open."""
        if (known := self.truth) is truth.UNKNOWN:
            return None
        return (known is truth.TRUE) is (self.criterion.kind == "inclusion")

    @kept
    def reasons(self) -> tuple[str, ...]:
        """What decided it, one text each; while it is open, what is known but not sufficient."""
        return explain.reasons(self.trace, self.patient.on)

    @kept
    def missing(self) -> tuple[str, ...]:
        """The elements that can still decide it."""
        return missing(self.trace)

    @kept
    def needed(self) -> tuple[str, ...]:
        """Those of `missing` to ask for, without what they could be derived from."""
        return needed(self.trace)

    @kept
    def clears_on(self) -> date | None:
        """The first later day on which it no longer fails; None if not failing or not certain."""
        if self.passes is not False:
            return None
        return first_clear_day(self.patient, (self.criterion,))

    @kept
    def readings(self) -> tuple[Turn, ...]:
        """The readings of unclear texts that it may depend on, and whether it does."""
        return tuple(
            [
                Turn(one.ref, one.confirmed is not None, _decides(self.patient, other, self.trace))
                for one, other in self.criterion.alternatives
            ]
        )

    @kept
    def unconfirmed(self) -> tuple[str, ...]:
        """The unconfirmed readings it depends on; if it fails, also those it may depend on."""
        if self.passes is None:
            return ()
        if self.passes:
            readings = self.criterion.alternatives
            others = [(one.ref, other) for one, other in readings if one.confirmed is None]
            found = [ref for ref, one in others if _finds_else(self.patient, one, self.truth)]
            return tuple(found)  # with these alternatives it would certainly not pass
        open_ = [one.id for one in self.readings if not one.confirmed and one.decides is not False]
        return tuple(open_) or turns_together(self.patient, self.criterion, self.trace)

    @kept
    def rests_on(self) -> tuple[str, ...]:
        """A minimal set of elements that decide it; empty while it is open."""
        return explain.minimal_support(self.patient, self.trace)

    @kept
    def distances(self) -> tuple[str, ...]:
        """How far each deciding value is from its threshold; empty unless it fails."""
        if self.passes is not False:
            return ()
        on = self.patient.on
        texts = [explain.distance(one.test, on) for one in explain.grounds(self.trace, on)]
        return tuple(text for text in texts if text is not None)
