"""A screening made ready for the log: in full, or the minimum until consent is recorded."""

import re
from collections.abc import Iterator
from datetime import date
from operator import attrgetter

from trialscreen.answers.answer import Answer, Answers, Key
from trialscreen.answers.values import UNKNOWN_WORD
from trialscreen.log.entry import (
    Correction,
    Criteria,
    LoggedFinding,
    Outcome,
    ScreeningEntry,
    Stage,
)
from trialscreen.log.pseudonyms import check_remark
from trialscreen.model.errors import Problem, ValueProblem, collected, raise_any
from trialscreen.model.evidence import Evidence
from trialscreen.model.facts import Exactly
from trialscreen.model.trial import SCREENING_DATE, Source, Trial
from trialscreen.screening.samples import Awaited, awaited_from
from trialscreen.screening.screen import Screening


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
