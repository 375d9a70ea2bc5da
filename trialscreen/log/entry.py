"""Entries of the screening log: who was screened and what came of it, and what people decided.

All stand in one chain of seals. Which of them count: those that no later one corrects. A screening
is made ready in full, or as the minimum until consent is recorded.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from operator import attrgetter
from typing import Literal, NamedTuple, TypeVar

from trialscreen.answers.answer import Answer, Answers, Key
from trialscreen.answers.values import UNKNOWN_WORD
from trialscreen.log.pseudonyms import check_remark
from trialscreen.model.errors import Problem, ValueProblem, collected, raise_any
from trialscreen.model.evidence import Evidence
from trialscreen.model.facts import Exactly
from trialscreen.model.trial import SCREENING_DATE, Kind, Open, Source, Trial, Verdict
from trialscreen.screening.samples import Awaited, StaleInWords, awaited_from
from trialscreen.screening.screen import Screening

Stage = Literal["full", "before consent"]
"""How much an entry holds; before consent is recorded, no more than the minimum."""

Choice = Literal["enrolled", "declined", "withdrawn", "screen-failure", "none"]
"""`none` only corrects a decision that was not taken."""

State = Literal["open", "suspended", "completed"]


class Criteria(NamedTuple):
    """The criteria file that was applied."""

    nct_id: str
    version: str
    sha256: str


class LoggedFinding(NamedTuple):
    """What was found of one criterion; as `Finding`, in words that outlast the program."""

    id: str
    kind: Kind
    label: str
    met: bool | None
    passes: bool | None
    reasons: tuple[str, ...]
    missing: tuple[str, ...]
    clears_on: date | None
    unconfirmed: tuple[str, ...] = ()


class Outcome(NamedTuple):
    """What one screening came to. `failed` are ids of criteria in protocol order.

    `clears_on`: the first day on which all of these have cleared; None if none is sure.
    `unconfirmed`: the readings that it rests on and that were not confirmed.
    """

    verdict: Verdict
    open: Open | None
    failed: tuple[str, ...]
    clears_on: date | None = None
    unconfirmed: tuple[str, ...] = ()


class Correction(NamedTuple):
    """The number of the entry that this one stands in for, and why."""

    of: int
    reason: str


class ScreeningEntry(NamedTuple):
    """One screening for the log.

    Before consent, `answers`, `findings`, `stale` and `evidence` are empty, and `awaited` names
    no element, but only each source that something is awaited from.

    What the log adds to every entry: `number`, `at` (UTC), `by` whom, with which version of the
    `tool`, and the `seal`, 64 hexadecimal digits. Until then the number is 0.
    """

    subject: str
    on: date
    criteria: Criteria
    outcome: Outcome
    stage: Stage
    note: str = ""
    corrects: Correction | None = None
    answers: Mapping[str, Answer] = {}
    findings: tuple[LoggedFinding, ...] = ()
    number: int = 0
    at: datetime = datetime.min.replace(tzinfo=UTC)
    by: str = ""
    tool: str = ""
    seal: str = ""
    awaited: tuple[Awaited, ...] = ()
    stale: tuple[StaleInWords, ...] = ()
    evidence: tuple[Evidence, ...] = ()


class Decision(NamedTuple):
    """What was decided of a subject; its day, of an enrolment, stands for that of the dose.

    `despite`: what spoke against it when it was entered. `screening`: the number of the
    newest screening by then. `not_dosed`: of a withdrawal, that no dose was given.
    """

    subject: str
    on: date
    criteria: Criteria
    decision: Choice
    dose_cohort: str | None = None
    reason: str = ""
    despite: tuple[str, ...] = ()
    screening: int | None = None
    not_dosed: bool = False
    corrects: Correction | None = None
    number: int = 0
    at: datetime = datetime.min.replace(tzinfo=UTC)
    by: str = ""
    tool: str = ""
    seal: str = ""


class CohortState(NamedTuple):
    """What the sponsor decided of a dose cohort; None leaves what was decided before.

    `places` are participants; `sentinel_days` lie between the doses of two of them,
    `observation_days` between the last dose and the first of the next cohort.
    """

    dose_cohort: str
    on: date
    criteria: Criteria
    state: State
    places: int | None = None
    sentinel_days: int | None = None
    observation_days: int | None = None
    reason: str = ""
    corrects: Correction | None = None
    number: int = 0
    at: datetime = datetime.min.replace(tzinfo=UTC)
    by: str = ""
    tool: str = ""
    seal: str = ""


Kept = ScreeningEntry | Decision | CohortState
"""Whatever is an entry of a log."""

KINDS: Mapping[type, str] = {
    ScreeningEntry: "screening",
    Decision: "decision",
    CohortState: "dose cohort state",
}

K = TypeVar("K", bound=Kept)
OfSubject = TypeVar("OfSubject", ScreeningEntry, Decision)


def corrected_by(entries: Iterable[Kept]) -> dict[int, int]:
    """The number of each entry that was corrected, and of the one that stands in for it."""
    return {one.corrects.of: one.number for one in entries if one.corrects is not None}


def current(entries: Iterable[K]) -> list[K]:
    """The entries that no later one corrects, in their order."""
    listed = list(entries)
    corrected = corrected_by(listed)
    return [one for one in listed if one.number not in corrected]


def as_of(entries: Iterable[Kept], on: date) -> list[Kept]:
    """What is of a day or earlier, by all corrections made since; with what these correct."""
    listed = list(entries)
    days, later = {one.number: one.on for one in listed}, corrected_by(listed)

    def day_of(number: int) -> date:
        while number in later:
            number = later[number]
        return days[number]

    return [one for one in listed if day_of(one.number) <= on]


def places(entries: Iterable[Kept]) -> dict[int, int]:
    """The number of each entry, and of the one in whose place it stands, by all corrections."""
    found: dict[int, int] = {}
    for one in entries:
        of = one.number if one.corrects is None else one.corrects.of
        found[one.number] = found.get(of, of)
    return found


def latest(entries: Iterable[OfSubject]) -> dict[str, OfSubject]:
    """The last current entry of each subject, by its day; subjects as they first appear."""
    found: dict[str, OfSubject] = {}
    for one in current(entries):
        before = found.get(one.subject)
        if before is None or before.on <= one.on:
            found[one.subject] = one
    return found


def standing(entries: Iterable[Kept]) -> list[Decision]:
    """The decisions that no later one corrects, or takes back, each in its first one's place."""
    decisions = [one for one in entries if isinstance(one, Decision)]
    place = places(decisions)
    found = [one for one in current(decisions) if one.decision != "none"]
    return sorted(found, key=lambda one: place[one.number])


def undecided(entries: Iterable[Kept]) -> list[ScreeningEntry]:
    """The newest screening of each subject of whom nothing was decided since.

    Who was turned away and is screened again, on the day of the decision or later, is to be
    decided anew; a participant is not.
    """
    kept = list(entries)
    decisions = standing(kept)
    last = latest(decisions)
    place = places(kept)
    participants = {one.subject for one in decisions if one.decision == "enrolled"}

    def is_undecided(one: ScreeningEntry) -> bool:
        if (decision := last.get(one.subject)) is None:
            return True
        is_anew = decision.on <= one.on and place[decision.number] < one.number
        return is_anew and one.subject not in participants

    newest = latest(one for one in kept if isinstance(one, ScreeningEntry))
    return list(filter(is_undecided, newest.values()))


def recorded(
    screening: Screening,
    answers: Answers,
    subject: str,
    note: str = "",
    corrects: Correction | None = None,
) -> ScreeningEntry:
    """What the log keeps of a screening of `subject`, a checked code.

    Before consent that is the code, the date, the outcome, the failed criteria and the day on
    which these clear, and the sources awaited: no value, and so neither the note nor why it
    corrects another. Raises InputError if a note beside an answer could lead to a person.
    """
    stage: Stage = "full" if consent_is_recorded(screening) else "before consent"
    clear_day = None if screening.fails_by_then else screening.clears_on
    outcome = outcome_of(screening)._replace(clears_on=clear_day)
    criteria = criteria_of(screening.trial)
    if stage == "before consent":
        note, corrects = "", corrects and corrects._replace(reason=NOT_KEPT)
    least = ScreeningEntry(subject, screening.on, criteria, outcome, stage, note, corrects)
    if stage == "before consent":
        return least._replace(awaited=tuple(_sources_awaited(screening)))
    _check_notes(answers)
    return least._replace(
        answers={n: _kept(one) for n, one in answers.items() if n != SCREENING_DATE},
        findings=tuple(LoggedFinding._make(_AS_FOUND(one)) for one in screening.findings),
        awaited=screening.waited_for,
        stale=tuple(one.in_words for one in screening.stale),
        evidence=tuple(_kept_evidence(one) for one in screening.evidence),
    )


NOT_KEPT = "not kept before consent"
"""Stands for the reason of a correction."""
_AS_FOUND = attrgetter(*LoggedFinding._fields)
"""What is kept of a finding, which has attributes of these names."""
_OF_PERSON = re.compile(r"\b(Patient|person)/[A-Za-z0-9.\-]+")
_PLACE = re.compile(r"\b[A-Za-z_]+/[A-Za-z0-9.\-]{1,64}")
_OF_PLACES = (Key.RECORD, Key.DESPITE)
"""Notes in which places in a record stand."""


def _kept(answer: Answer) -> Answer:
    """An answer without its place in a file, and without the number of the patient in a record."""
    notes = {
        key: _OF_PERSON.sub(r"\1", text) if key in _OF_PLACES else text
        for key, text in answer.notes.items()
    }
    return answer._replace(where="", notes=notes)


def _kept_evidence(one: Evidence) -> Evidence:
    """Evidence without the number of the patient, and without words that could lead to one."""
    try:
        check_remark(one.value)
    except ValueProblem:
        one = one._replace(value="")
    return one._replace(source=_OF_PERSON.sub(r"\1", one.source))


def _sources_awaited(screening: Screening) -> Iterator[Awaited]:
    """From which sources something is awaited, and since when, without what it is.

    That a signature is, is told already.
    """
    elements = screening.trial.elements
    first: dict[Source, date] = {}
    for one in screening.waited_for:
        if elements[one.element].no_is_not_yet:
            continue
        source = awaited_from(elements, elements[one.element])
        first[source] = min(one.since, first.get(source, one.since))
    return (Awaited("", since, source) for source, since in first.items())


def outcome_of(screening: Screening) -> Outcome:
    """What a screening came to, without the day on which that clears."""
    failed = tuple(one.id for one in screening.failing)
    open_, unconfirmed = screening.open, screening.unconfirmed
    return Outcome(screening.verdict, open_, failed, unconfirmed=unconfirmed)


def consent_is_recorded(screening: Screening) -> bool:
    """Whether every signature that the trial asks for is known to be given."""
    elements = screening.trial.elements.values()
    signatures = [one.name for one in elements if one.consent and one.no_is_not_yet]
    given = (screening.facts.get(name) == Exactly(value=True) for name in signatures)
    return bool(signatures) and all(given)


def criteria_of(trial: Trial) -> Criteria:
    return Criteria(trial.registration.nct_id, trial.version, trial.sha256)


def _check_notes(answers: Answers) -> None:
    problems: list[Problem] = []
    for name, one in answers.items():
        # What these hold is checked: a version, days, and of an answer set aside, its value.
        checked = {Key.CRITERIA, Key.SAMPLED, Key.AWAITED_SINCE}
        checked |= {Key.SET_ASIDE} if one.text == UNKNOWN_WORD else set()
        for key in sorted(one.notes.keys() - checked):
            told = one.notes[key]
            with collected(problems, f"{name} {key}"):
                check_remark(_PLACE.sub("", told) if key in _OF_PLACES else told)
    raise_any(problems)
