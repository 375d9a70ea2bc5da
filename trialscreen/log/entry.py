"""Entries of the screening log: screenings with their outcome, and decisions made by people.

All entries form one chain of seals; those that no later entry corrects are current. A screening is
recorded in full or, until consent is recorded, as a minimum.
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
"""How much an entry holds: everything, or only the minimum allowed before consent."""

Choice = Literal["enrolled", "declined", "withdrawn", "screen-failure", "none"]
"""`none` only corrects a decision that was not taken."""

State = Literal["open", "suspended", "completed"]


class Criteria(NamedTuple):
    """The criteria file that was applied."""

    nct_id: str
    version: str
    sha256: str


class LoggedFinding(NamedTuple):
    """The result of one criterion: a `Finding` as text, for the log."""

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
    """The outcome of one screening. `failed` are ids of criteria in protocol order.

    `clears_on`: the first day on which all of these have cleared; None if not certain.
    `unconfirmed`: the unconfirmed readings that the outcome depends on.
    """

    verdict: Verdict
    open: Open | None
    failed: tuple[str, ...]
    clears_on: date | None = None
    unconfirmed: tuple[str, ...] = ()


class Correction(NamedTuple):
    """The number of the entry that this one replaces, and why."""

    of: int
    reason: str


class ScreeningEntry(NamedTuple):
    """One screening for the log.

    Before consent, `answers`, `findings`, `stale` and `evidence` are empty, and `awaited` names
    only sources, no elements.

    The log adds to every entry: `number` (0 until then), `at` (UTC), `by` (initials or staff
    code), the version of the `tool`, and the `seal`, 64 hexadecimal digits.
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
    """A decision about a subject; the date of an enrolment is taken as that of the dose.

    `despite`: what spoke against it when it was entered. `screening`: the number of the latest
    screening at that time. `not_dosed`: the subject withdrew without having been dosed.
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
    """The sponsor's decision on a dose cohort; None leaves an earlier value unchanged.

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
"""Any entry of a log."""

KINDS: Mapping[type, str] = {
    ScreeningEntry: "screening",
    Decision: "decision",
    CohortState: "dose cohort state",
}

K = TypeVar("K", bound=Kept)
OfSubject = TypeVar("OfSubject", ScreeningEntry, Decision)


def corrected_by(entries: Iterable[Kept]) -> dict[int, int]:
    """Maps the number of each corrected entry to that of its correction."""
    return {one.corrects.of: one.number for one in entries if one.corrects is not None}


def current(entries: Iterable[K]) -> list[K]:
    """The entries that no later one corrects, in order."""
    listed = list(entries)
    corrected = corrected_by(listed)
    return [one for one in listed if one.number not in corrected]


def as_of(entries: Iterable[Kept], on: date) -> list[Kept]:
    """The entries dated `on` or earlier, judged by their last correction, with all corrections."""
    listed = list(entries)
    days, later = {one.number: one.on for one in listed}, corrected_by(listed)

    def day_of(number: int) -> date:
        while number in later:
            number = later[number]
        return days[number]

    return [one for one in listed if day_of(one.number) <= on]


def places(entries: Iterable[Kept]) -> dict[int, int]:
    """Maps the number of each entry to that of the original entry that it corrects, or its own."""
    found: dict[int, int] = {}
    for one in entries:
        of = one.number if one.corrects is None else one.corrects.of
        found[one.number] = found.get(of, of)
    return found


def latest(entries: Iterable[OfSubject]) -> dict[str, OfSubject]:
    """The latest current entry of each subject, by date; subjects in order of appearance."""
    found: dict[str, OfSubject] = {}
    for one in current(entries):
        before = found.get(one.subject)
        if before is None or before.on <= one.on:
            found[one.subject] = one
    return found


def standing(entries: Iterable[Kept]) -> list[Decision]:
    """The decisions not corrected or revoked, each in the place of the one it corrects."""
    decisions = [one for one in entries if isinstance(one, Decision)]
    place = places(decisions)
    found = [one for one in current(decisions) if one.decision != "none"]
    return sorted(found, key=lambda one: place[one.number])


def undecided(entries: Iterable[Kept]) -> list[ScreeningEntry]:
    """The latest screening of each subject about whom nothing has been decided since.

    A subject who was turned away and is screened again, on the day of that decision or later,
    needs a new decision; a participant does not.
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
    """The log entry for a screening of `subject`, a checked code.

    Before consent, only the code, the date, the outcome, the failed criteria and the day they
    clear, and the awaited sources are kept: no values, and therefore no note or reason for a
    correction. Raises InputError if a note beside an answer could identify a person.
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
"""Replaces the reason for a correction."""
_AS_FOUND = attrgetter(*LoggedFinding._fields)
"""The fields of a finding that are kept."""
_OF_PERSON = re.compile(r"\b(Patient|person)/[A-Za-z0-9.\-]+")
_PLACE = re.compile(r"\b[A-Za-z_]+/[A-Za-z0-9.\-]{1,64}")
_OF_PLACES = (Key.RECORD, Key.DESPITE)
"""Notes that contain places in a record."""


def _kept(answer: Answer) -> Answer:
    """An answer without its place in a file or the patient's number in a record."""
    notes = {
        key: _OF_PERSON.sub(r"\1", text) if key in _OF_PLACES else text
        for key, text in answer.notes.items()
    }
    return answer._replace(where="", notes=notes)


def _kept_evidence(one: Evidence) -> Evidence:
    """Evidence without the patient's number, or text that could identify a person."""
    try:
        check_remark(one.value)
    except ValueProblem:
        one = one._replace(value="")
    return one._replace(source=_OF_PERSON.sub(r"\1", one.source))


def _sources_awaited(screening: Screening) -> Iterator[Awaited]:
    """The sources that values are awaited from, and since when, without naming the values.

    Awaited signatures are omitted: that consent is pending is recorded anyway.
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
    """The outcome of a screening, without `clears_on`."""
    failed = tuple(one.id for one in screening.failing)
    open_, unconfirmed = screening.open, screening.unconfirmed
    return Outcome(screening.verdict, open_, failed, unconfirmed=unconfirmed)


def consent_is_recorded(screening: Screening) -> bool:
    """Whether every signature that the trial requires is known to be given."""
    elements = screening.trial.elements.values()
    signatures = [one.name for one in elements if one.consent and one.no_is_not_yet]
    given = (screening.facts.get(name) == Exactly(value=True) for name in signatures)
    return bool(signatures) and all(given)


def criteria_of(trial: Trial) -> Criteria:
    return Criteria(trial.registration.nct_id, trial.version, trial.sha256)


def _check_notes(answers: Answers) -> None:
    problems: list[Problem] = []
    for name, one in answers.items():
        # These need no check: a version, dates, and the value of an answer set aside.
        checked = {Key.CRITERIA, Key.SAMPLED, Key.AWAITED_SINCE}
        checked |= {Key.SET_ASIDE} if one.text == UNKNOWN_WORD else set()
        for key in sorted(one.notes.keys() - checked):
            told = one.notes[key]
            with collected(problems, f"{name} {key}"):
                check_remark(_PLACE.sub("", told) if key in _OF_PLACES else told)
    raise_any(problems)
