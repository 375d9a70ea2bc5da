"""One patient against one trial: a finding per criterion, and the verdict."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Literal

from trialscreen.model import truth
from trialscreen.model.errors import InputError, Problem
from trialscreen.model.facts import Fact
from trialscreen.model.trial import SOURCES, Criterion, Source, Trial
from trialscreen.model.truth import Truth
from trialscreen.screening.edit_checks import Notice, review
from trialscreen.screening.evaluate import Evaluation, Trace
from trialscreen.screening.explain import minimal_support, reasons_or_doubts
from trialscreen.screening.missing import Ways, either, every, missing, needed, ways_to
from trialscreen.screening.readings import Readings, Turn
from trialscreen.screening.samples import NO_SAMPLES, Awaited, Samples, Stale, stale

Verdict = Literal["eligible", "ineligible", "undetermined"]
Open = Literal["data", "consent", "judgement"]


@dataclass(frozen=True)
class Finding:
    """What is found of one criterion.

    `met`: its own statement is true of the patient (an exclusion that is met excludes).
    `passes`: what that means for eligibility. `trace` holds the grounds, `patient` what is
    known on which day.
    """

    criterion: Criterion
    trace: Trace
    trial: Trial = field(compare=False, repr=False)
    patient: Evaluation = field(compare=False, repr=False)

    @classmethod
    def of(cls, criterion: Criterion, trial: Trial, patient: Evaluation) -> "Finding":
        return cls(criterion, patient.trace(criterion.rule), trial, patient)

    @property
    def met(self) -> Truth:
        return self.trace.truth

    @property
    def passes(self) -> Truth:
        return self.met if self.criterion.kind == "inclusion" else truth.negation(self.met)

    @cached_property
    def missing(self) -> tuple[str, ...]:
        """The elements that can still decide this criterion."""
        return missing(self.trace)

    @cached_property
    def needed(self) -> tuple[str, ...]:
        """Of these, the ones to ask for: what another could be derived from is left out."""
        return needed(self.trace)

    @cached_property
    def reasons(self) -> tuple[str, ...]:
        """What decided it, a text each; while it is open, what is known of it."""
        return reasons_or_doubts(self.trace, self.patient.on)

    @cached_property
    def readings(self) -> tuple[Turn, ...]:
        """The readings of unclear texts that it may turn on, and whether it does."""
        return self._readings.turns()

    @cached_property
    def unconfirmed(self) -> tuple[str, ...]:
        """The unconfirmed readings that it turns on: if it fails, also what cannot be computed."""
        if not self.passes.known:
            return ()
        fails = self.passes is truth.FALSE
        for_sure = (True, None) if fails else (True,)
        alone = [one for one in self.readings if not one.confirmed and one.decides in for_sure]
        named = tuple(one.id for one in alone)
        return named or (self._readings.together() if fails else ())

    @property
    def _readings(self) -> Readings:
        return Readings(self.trial, self.criterion, self.met, self.patient)

    @cached_property
    def rests_on(self) -> tuple[str, ...]:
        """The fewest elements that decide it as it is; none while it is open."""
        return minimal_support(self.patient, self.trace)


@dataclass(frozen=True, repr=False)
class Screening:
    """The result: findings in protocol order, the verdict, and what was noticed on the way."""

    trial: Trial
    facts: Mapping[str, Fact]
    on: date
    findings: tuple[Finding, ...]
    notices: tuple[Notice, ...]
    samples: Samples = NO_SAMPLES

    @property
    def awaited(self) -> tuple[Awaited, ...]:
        """The values that somebody waits for; to the rules they are unknown."""
        return self.samples.awaited

    @property
    def waited_for(self) -> tuple[Awaited, ...]:
        """Of what is awaited, what can still decide a criterion."""
        names = {name for finding in self.findings for name in finding.missing}
        return tuple(one for one in self.awaited if one.element in names)

    @cached_property
    def stale(self) -> tuple[Stale, ...]:
        """The values that are older than they are valid for; they count all the same."""
        days = {name: day for name, day in self.samples.days.items() if name in self.facts}
        return stale(self.trial.elements, days, self.on)

    @property
    def undated(self) -> tuple[str, ...]:
        """The values that become old and carry no day, so that nobody knows whether they have."""
        elements, days = self.trial.elements, self.samples.days
        return tuple(
            name for name in self.facts if elements[name].valid_for is not None and name not in days
        )

    @cached_property
    def verdict(self) -> Verdict:
        """Ineligible once one criterion certainly fails; eligible only when all pass."""
        passes = truth.conjunction(finding.passes for finding in self.findings)
        verdicts: dict[Truth, Verdict] = {truth.TRUE: "eligible", truth.FALSE: "ineligible"}
        return verdicts.get(passes, "undetermined")

    @cached_property
    def unconfirmed(self) -> tuple[str, ...]:
        """The unconfirmed readings without which the verdict might be another.

        Of an ineligible patient: every criterion that fails turns on one. Of an eligible one:
        some criterion would certainly not pass by the alternative.
        """
        if self.verdict == "undetermined":
            return ()
        turning = [one.unconfirmed for one in self.failing or self.findings]
        if self.failing and not all(turning):
            return ()
        return tuple(dict.fromkeys(name for names in turning for name in names))

    @property
    def failing(self) -> tuple[Finding, ...]:
        return tuple(one for one in self.findings if one.passes is truth.FALSE)

    @cached_property
    def missing(self) -> dict[Source, tuple[str, ...]]:
        """The elements that are open in any criterion, by who can give them."""
        return self._by_source({name for finding in self.findings for name in finding.missing})

    @cached_property
    def needed(self) -> dict[Source, tuple[str, ...]]:
        """Of these, the ones to ask for: what another could be derived from is left out."""
        return self._by_source({name for finding in self.findings for name in finding.needed})

    def _by_source(self, names: Set[str]) -> dict[Source, tuple[str, ...]]:
        groups: dict[Source, tuple[str, ...]] = {}
        for source in SOURCES:
            elements = self.trial.elements.values()
            group = tuple(e.name for e in elements if e.name in names and e.source == source)
            if group:
                groups[source] = group
        return groups

    @property
    def open(self) -> Open | None:
        """What an undetermined patient lacks: data; else consent; else only judgement."""
        if self.verdict != "undetermined":
            return None
        missing = [self.trial.elements[name] for group in self.missing.values() for name in group]
        if any(not one.is_judgement for one in missing):
            return "data"
        return "consent" if any(one.consent for one in missing) else "judgement"

    @property
    def is_prescreening(self) -> bool:
        """Whether the patient may still be eligible, and has not consented yet."""
        names = (name for group in self.missing.values() for name in group)
        unsigned = any(self.trial.elements[name].no_is_not_yet for name in names)
        return unsigned and self.verdict == "undetermined"

    def ways_to(self, verdict: Verdict) -> Ways:
        """The smallest sets of open elements that can settle the verdict as given."""
        if verdict == "ineligible":
            return either(self._ways(one, truth.FALSE) for one in self.findings)
        return every(self._ways(one, truth.TRUE) for one in self.findings)

    def _ways(self, finding: Finding, passes: Truth) -> Ways:
        wanted = passes if finding.criterion.kind == "inclusion" else truth.negation(passes)
        return ways_to(finding.patient, finding.trace, wanted)


def screen(
    trial: Trial, facts: Mapping[str, Fact], on: date, samples: Samples = NO_SAMPLES
) -> Screening:
    """Screens one patient on one date; `samples` change no finding.

    Raises InputError if the facts contradict each other.
    """
    evaluation = Evaluation(trial.elements, facts, on)
    notices = review(trial, evaluation)
    problems = [
        Problem(", ".join(one.elements), one.message, one.elements)
        for one in notices
        if one.level == "error"
    ]
    if problems:
        raise InputError(problems)
    return screening_of(trial, evaluation, notices, samples)


def screening_of(
    trial: Trial,
    evaluation: Evaluation,
    notices: tuple[Notice, ...] = (),
    samples: Samples = NO_SAMPLES,
) -> Screening:
    """What is found of one patient, for who has reviewed the facts, or need not."""
    findings = tuple(Finding.of(one, trial, evaluation) for one in trial.criteria)
    return Screening(trial, evaluation.facts, evaluation.on, findings, notices, samples)
