"""Screens one patient: a finding for each criterion, the verdict, and a summary of what is open."""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from trialscreen.model import truth
from trialscreen.model.errors import InputError, Problem
from trialscreen.model.evidence import Evidence, EvidenceKind
from trialscreen.model.facts import Fact
from trialscreen.model.kept import kept
from trialscreen.model.registration import DoseCohort
from trialscreen.model.trial import SOURCES, Kind, Open, Source, Trial, Verdict
from trialscreen.model.truth import Truth
from trialscreen.screening.clearing import fails_on, first_clear_day
from trialscreen.screening.edit_checks import Notice, all_contradicted, review
from trialscreen.screening.evaluate import Evaluation
from trialscreen.screening.finding import UNCONFIRMED, Finding, on_readings
from trialscreen.screening.missing import Ways, either, every, ways_to
from trialscreen.screening.samples import NO_SAMPLES, Awaited, Samples, Stale, old_values, stale
from trialscreen.text.characters import count_of

MOST_SETS = 10
"""How many alternatives `settles` lists."""


@dataclass(frozen=True, repr=False)
class Screening:
    """The result of screening one patient on one day.

    `findings`: one for each criterion, in protocol order. `evidence`: what the patient's record
    says, if one was read.
    """

    patient: Evaluation
    findings: tuple[Finding, ...]
    samples: Samples = NO_SAMPLES
    evidence: tuple[Evidence, ...] = ()

    def __repr__(self) -> str:
        """The trial and day only: nothing about the patient may reach tracebacks and logs."""
        return f"<Screening for {self.trial.registration.nct_id} on {self.on}>"

    @property
    def trial(self) -> Trial:
        """The trial that the patient was screened for."""
        return self.patient.trial

    @property
    def facts(self) -> Mapping[str, Fact]:
        """The answers as understood, by element."""
        return self.patient.facts

    @property
    def on(self) -> date:
        return self.patient.on

    @property
    def screening_date(self) -> date:
        """The day from which every window is counted back."""
        return self.on

    @kept
    def notices(self) -> tuple[Notice, ...]:
        """Warnings and notes on the answers."""
        return review(self.patient, self.samples.days, self.recorded)

    @property
    def awaited(self) -> tuple[Awaited, ...]:
        """The awaited values; to rules they are unknown."""
        return self.samples.awaited

    @property
    def waited_for(self) -> tuple[Awaited, ...]:
        """The awaited values that can still decide a criterion.

        For a value such as age or BMI, `missing` lists its inputs instead; it counts as well.
        """
        names = {name for finding in self.findings for name in finding.missing}

        def matters(name: str) -> bool:
            is_derived = self.trial.elements[name].source == "derived"
            behind = self.trial.sources_of(name) if is_derived else ()
            return name in names or not names.isdisjoint(behind)

        return tuple(one for one in self.awaited if matters(one.element))

    @kept
    def stale(self) -> tuple[Stale, ...]:
        """The values that are older than their validity period; they are used all the same."""
        days = {name: day for name, day in self.samples.days.items() if name in self.facts}
        return stale(self.trial.elements, days, self.on)

    @property
    def undated(self) -> tuple[str, ...]:
        """The values with a validity period but no sample date, which may be stale."""
        elements, days = self.trial.elements, self.samples.days
        return tuple(
            name for name in self.facts if elements[name].valid_for is not None and name not in days
        )

    @property
    def recorded(self) -> tuple[Evidence, ...]:
        """The entries in the record whose values are used."""
        return self._evidence("fact")

    @property
    def candidates(self) -> tuple[Evidence, ...]:
        """Entries in the record for a person to review."""
        return self._evidence("candidate")

    @property
    def unmapped(self) -> tuple[Evidence, ...]:
        """Entries related to an element that no code maps to one."""
        return self._evidence("unmapped")

    @property
    def conflicts(self) -> tuple[Evidence, ...]:
        """Each side of a conflict between sources; the value is unknown until somebody decides."""
        return self._evidence("conflict")

    @property
    def assumed(self) -> tuple[Evidence, ...]:
        """Elements taken as no because nothing in the record codes them."""
        return self._evidence("assumed")

    @property
    def overruled(self) -> tuple[Evidence, ...]:
        """Entries that are not used because a person gave another answer."""
        return self._evidence("overruled")

    def _evidence(self, kind: EvidenceKind) -> tuple[Evidence, ...]:
        return tuple(one for one in self.evidence if one.kind == kind)

    @kept
    def verdict(self) -> Verdict:
        """Ineligible once one criterion certainly fails; eligible only when all pass."""
        open_ = False
        for finding in self.findings:
            if (passes := finding.passes) is False:
                return "ineligible"
            open_ |= passes is None
        return "undetermined" if open_ else "eligible"

    @kept
    def summary(self) -> str:
        """The verdict in a sentence or two."""
        said, old, assumed = [_meaning(self)], old_values(self.stale), len(self.assumed)
        if old:
            said.append(f"{'Old values count too' if self.verdict == 'eligible' else old}.")
        if assumed:
            said.append(f"{count_of(assumed, 'answer is', 'answers are')} assumed, as no.")
        return " ".join(said)

    @kept
    def unconfirmed(self) -> tuple[str, ...]:
        """The unconfirmed readings on which the verdict depends.

        An ineligible patient has some if every failing criterion depends on one; an eligible
        patient, if some criterion would certainly not pass under the alternative.
        """
        if self.verdict == "undetermined":
            return ()
        failing = self.failing
        found: dict[str, None] = {}
        for one in failing or self.findings:
            found.update(dict.fromkeys(one.unconfirmed))
            if failing and not one.unconfirmed:
                return ()
        return tuple(found)

    @kept
    def failing(self) -> tuple[Finding, ...]:
        """The findings of the criteria that certainly fail."""
        return tuple([one for one in self.findings if one.passes is False])

    @kept
    def clears_on(self) -> date | None:
        """The first later day on which no criterion failing today fails; None if not certain."""
        if not (failing := self.failing):
            return None
        return first_clear_day(self.patient, [one.criterion for one in failing])

    @kept
    def fails_by_then(self) -> tuple[str, ...]:
        """The criteria that do not fail today but will on `clears_on`, going by the known dates."""
        if self.clears_on is None:
            return ()
        others = [one.criterion for one in self.findings if one.passes is not False]
        return tuple(fails_on(self.patient, others, self.clears_on))

    @kept
    def missing(self) -> dict[Source, tuple[str, ...]]:
        """The elements missing for any criterion, grouped by who can provide them."""
        return self._by_source({name for finding in self.findings for name in finding.missing})

    @kept
    def needed(self) -> dict[Source, tuple[str, ...]]:
        """Those of `missing` to ask for, without what they could be derived from."""
        return self._by_source({name for finding in self.findings for name in finding.needed})

    def _by_source(self, names: Set[str]) -> dict[Source, tuple[str, ...]]:
        elements, place = self.trial.elements, self.trial.once(_places)
        ordered = sorted(names, key=place.__getitem__)  # those of one source stand together
        groups = groupby(ordered, lambda name: elements[name].source)
        return {source: tuple(group) for source, group in groups}

    @property
    def open(self) -> Open | None:
        """What an undetermined verdict lacks: data, else consent, else only judgement."""
        if self.verdict != "undetermined":
            return None
        missing = [self.trial.elements[name] for group in self.missing.values() for name in group]
        if any(not one.is_judgement for one in missing):
            return "data"
        return "consent" if any(one.consent for one in missing) else "judgement"

    @kept
    def settles(self) -> dict[Verdict, tuple[tuple[str, ...], ...]] | None:
        """The smallest sets of missing elements, up to ten, that can settle each verdict.

        None unless the verdict is undetermined. A set settles a verdict whatever else is answered.
        """
        if self.verdict != "undetermined":
            return None
        place = list(self.trial.elements).index
        found: dict[Verdict, tuple[tuple[str, ...], ...]] = {}
        for verdict in ("ineligible", "eligible"):
            ways = self.ways_to(verdict)[:MOST_SETS]
            found[verdict] = tuple(tuple(sorted(names, key=place)) for names in ways)
        return found

    @property
    def dose_cohorts(self) -> tuple[DoseCohort, ...]:
        """The trial's dose cohorts, as registered; screening assigns nobody to one."""
        return self.trial.registration.dose_cohorts

    @property
    def dose_note(self) -> str | None:
        """A note on the doses as registered."""
        return self.trial.registration.dose_note

    @property
    def dose_assignment(self) -> str | None:
        """Who assigns patients to dose cohorts."""
        return self.trial.registration.dose_assignment

    @property
    def is_prescreening(self) -> bool:
        """Whether the patient may still be eligible, and has not consented yet."""
        names = (name for group in self.missing.values() for name in group)
        unsigned = any(self.trial.elements[name].no_is_not_yet for name in names)
        return unsigned and self.verdict == "undetermined"

    def ways_to(self, verdict: Verdict) -> Ways:
        """The smallest sets of missing elements that can settle the verdict as `verdict`."""
        if verdict == "ineligible":
            return either(self._ways(one, truth.FALSE) for one in self.findings)
        return every(self._ways(one, truth.TRUE) for one in self.findings)

    def _ways(self, finding: Finding, passes: Truth) -> Ways:
        wanted = passes if finding.criterion.kind == "inclusion" else truth.negation(passes)
        return ways_to(finding.patient, finding.trace, wanted)


def _places(trial: Trial) -> dict[str, int]:
    """The rank of each element, ordered by who can provide it."""
    elements = sorted(trial.elements.values(), key=lambda one: SOURCES.index(one.source))
    return {one.name: place for place, one in enumerate(elements)}


def screen(
    trial: Trial,
    facts: Mapping[str, Fact],
    on: date,
    samples: Samples = NO_SAMPLES,
    evidence: tuple[Evidence, ...] = (),
) -> Screening:
    """Screens one patient on one date; `samples` and `evidence` affect no finding.

    Raises InputError if the facts contradict each other.
    """
    patient = Evaluation(trial, facts, on)
    if wrong := patient.once(all_contradicted):
        raise InputError(
            [Problem(", ".join(one.elements), one.message, one.elements) for one in wrong]
        )
    return screening_of(patient, samples, evidence)


def screening_of(
    patient: Evaluation,
    samples: Samples = NO_SAMPLES,
    evidence: tuple[Evidence, ...] = (),
) -> Screening:
    """As `screen`, for facts that were checked for contradictions, or need not be."""
    findings = tuple([Finding(one, patient) for one in patient.trial.criteria])
    return Screening(patient, findings, samples, evidence)


_FAILS: dict[Kind, str] = {"inclusion": "fails", "exclusion": "excluded by"}


def _meaning(screening: Screening) -> str:
    """The verdict's meaning in a sentence."""
    failing = screening.failing
    match screening.verdict, screening.open:
        case ("eligible" | "ineligible") as verdict, _ if screening.unconfirmed:
            turning = "; ".join(
                f"{one.id}: {one.status}, {words}"
                for one in failing or screening.findings
                for words in on_readings(one.unconfirmed)
            )
            return f"{turning}: {verdict} {UNCONFIRMED}.{_re_screen(screening)}"
        case "eligible", _:
            return "Every criterion passes on the answers given."
        case "ineligible", _:
            kinds = {kind: [one for one in failing if one.kind == kind] for kind in _FAILS}
            said = [f"{_FAILS[kind]} {_ids(some)}" for kind, some in kinds.items() if some]
            return f"Certain, whatever is still open: {', '.join(said)}.{_re_screen(screening)}"
        case _, "consent" if not screening.is_prescreening:
            return "No data are missing; only consent is pending."
        case _, "judgement" if not screening.is_prescreening:
            return "No data are missing; only the investigator's judgement is open."
        case _:
            return _undetermined(screening)


def _undetermined(screening: Screening) -> str:
    """For how many criteria data are missing, and how many wait for consent or judgement only."""
    elements = screening.trial.elements
    still_open = [one for one in screening.findings if one.passes is None]
    judged = sum(all(elements[name].is_judgement for name in one.missing) for one in still_open)
    lacking = len(still_open) - judged
    if screening.is_prescreening:
        count = count_of(len(still_open), "criterion", "criteria")
        data = f" Data are missing for {lacking}." if lacking else ""
        return f"Prescreen: nothing excludes so far; consent pending; {count} open.{data}"
    count = count_of(lacking, "criterion", "criteria")
    waits = "waits" if judged == 1 else "wait"
    waiting = f"; {judged} more {waits} only for consent or judgement" if judged else ""
    return f"Nothing excludes so far. Data are missing for {count}{waiting}."


def _re_screen(screening: Screening) -> str:
    """When to screen again, if the failing criteria clear by then; empty if not certain."""
    failing, day = _ids(screening.failing), screening.clears_on
    if day is None:
        return ""
    if late := screening.fails_by_then:
        return f" {failing} would clear on {day}, but {', '.join(late)} fails by then."
    return f" Re-screen on {day} or later."


def _ids(findings: Iterable[Finding]) -> str:
    return ", ".join(finding.id for finding in findings)
