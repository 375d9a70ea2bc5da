"""Combines one patient's answers from flags, a file and a record, and screens them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from trialscreen.answers.answer import (
    SUBJECT,
    Answer,
    Answers,
    SiteSettings,
    merge,
    read_facts,
    screening_date,
)
from trialscreen.answers.answers_file import read_answers
from trialscreen.answers.sampled import read_samples, told_apart, with_days
from trialscreen.answers.values import is_unknown
from trialscreen.cli import options
from trialscreen.cli.commands import Flags, labelled_flag
from trialscreen.cli.output import say_note, tell_unusable
from trialscreen.cli.parameters import option
from trialscreen.model.errors import InputError, Problem, raise_any, refuse
from trialscreen.model.evidence import Evidence
from trialscreen.model.trial import SCREENING_DATE, Trial
from trialscreen.screening.screen import Screening, screen
from trialscreen.text.characters import count_of, flag

if TYPE_CHECKING:
    from trialscreen.answers.beside_record import FromRecord


class RecordOptions(NamedTuple):
    """The options about a patient's record, as given."""

    fhir: list[str] | None = option(
        "The patient's record: a FHIR R4 file or folder; can be repeated. What is given"
        " otherwise wins.",
        "PATH",
    )
    codes: list[str] | None = options.CODES
    assume_absent: list[str] | None = options.ASSUME_ABSENT

    def check(self) -> None:
        """Raises InputError for options that need a record, if there is none."""
        for name, values in (("--codes", self.codes), ("--assume-absent", self.assume_absent)):
            if values and not self.fhir:
                refuse(name, "is for a record; name one with --fhir")

    @property
    def words(self) -> tuple[str, ...]:
        """The options as given, to be repeated in a suggested command."""
        given = zip(map(flag, self._fields), self, strict=True)
        return tuple(word for name, values in given for one in values or () for word in (name, one))

    def beside(self, trial: Trial, given: Answers, on: date) -> "FromRecord":
        """Combines the given answers with the record's; reports on stderr what was not usable."""
        from trialscreen.answers.beside_record import unknown_places, with_record
        from trialscreen.answers.records.fhir import read_one

        with named_as_options():
            found = read_one(trial, self.fhir or (), on, self.codes or (), self.assume_absent or ())
        tell_unusable(found.problems, len(found.problems))
        if anew := sum(one.is_of_record for one in given.values()):
            kept = count_of(anew, "answer")
            say_note(f"{kept} kept from an earlier record: read anew from this one")
        for notice in unknown_places(given, found.evidence):
            say_note(notice)
        both = with_record(trial, given, found, on)
        if assumed := sum(one.kind == "assumed" for one in both.evidence):
            told = f"{count_of(assumed, 'answer')} {'is' if assumed == 1 else 'are'}"
            say_note(f"{told} assumed, as no: nothing in the record codes them")
        return both


NO_RECORD = RecordOptions(None, None, None)


@contextmanager
def named_as_options() -> Iterator[None]:
    """Reports problems with Python arguments under the names of their options."""
    names = {"paths": "--fhir", "assume_absent": "--assume-absent"}
    try:
        yield
    except InputError as error:
        told = [one._replace(where=names.get(one.where, one.where)) for one in error.problems]
        raise InputError(told) from None


Stored = tuple[dict[str, Answer], Answer | None]
"""The answers in a file, and the subject's code if it names one."""


def stored_answers(flags: Flags, file: str | None) -> Stored:
    """The answers in a file; a key without a value is no answer. Problems are added to `flags`."""
    if file is None:
        return {}, None
    blank: set[str] = set()
    read = read_answers(file, flags.problems, blank)
    for name in blank.intersection(flags.trial.elements):
        read.pop(name, None)
    subject = None if SUBJECT in flags.trial.elements else read.pop(SUBJECT, None)
    subject = None if SUBJECT in blank else subject
    answers = told_apart(flags.trial, read, flags.problems)
    return with_days(flags.trial, answers, flags.problems, whole=False), subject


def rescreened_answers(flags: Flags, on: str | None, file: str | None) -> Stored:
    """As `stored_answers`, carried forward to another day: --screening-date, or today.

    Answers that change with time are reported on stderr. Raises InputError if the day is before
    that of the file, or if the age of an answer that changes with time is not known.
    """
    from trialscreen.answers.later import carried
    from trialscreen.screening.by_day import is_counted

    trial = flags.trial
    wrong: list[Problem] = []
    stored, subject = stored_answers(flags, file)
    own = stored.pop(SCREENING_DATE, None)
    if own is None or is_unknown(trial, own.text):
        elements = trial.elements
        known = [elements[name] for name in stored if name in elements]
        counted = [one.name for one in known if is_counted(trial, one)]
        if counted:
            message = f"has no {SCREENING_DATE}, so nobody can tell which day these are for:"
            refuse(
                "--rescreen",
                f"{file} {message} {', '.join(counted)}; add one, or use --from",
            )
        return stored, subject
    now = options.screening_day(trial, on, wrong)
    then = screening_date(trial, {SCREENING_DATE: own}, options.today(), wrong)
    if then is not None and now < then:
        wrong.append(Problem("--screening-date", f"{now} is before {then}, the day of {own.where}"))
    if wrong or then is None:
        raise InputError([*flags.problems, *wrong])
    found = carried(trial, stored, then, now)
    replaced = flags.texts.keys()
    for name, change in found.changes.items():
        if name not in replaced:
            say_note(change)
    return found.answers, subject


def screen_stored(
    flags: Flags,
    on: str | None,
    stored: Answers,
    site: SiteSettings = SiteSettings(),
    record: RecordOptions = NO_RECORD,
) -> tuple[Answers, Screening]:
    """Combines the answers from flags, `stored` ones and a record, and screens them.

    Raises InputError.
    """
    trial, problems = flags.trial, flags.problems
    of_flags = told_apart(trial, _of_flags(flags, on), problems)
    answers: Answers = with_days(trial, merge(trial, of_flags, stored, problems), problems)
    given = screening_date(trial, answers, options.today(), problems)
    day = given or options.today()
    evidence: tuple[Evidence, ...] = ()
    if record.fhir and not problems:
        answers, evidence, *_ = record.beside(trial, answers, day)
    if site.limits:
        from trialscreen.answers.site_file import with_limits

        answers, notes = with_limits(trial, answers, site)
        for one in notes:
            say_note(one)
    facts = read_facts(trial, answers, day, problems)
    samples = read_samples(trial, answers, day, problems)
    try:
        screening = screen(trial, facts, day, samples, evidence)
    except InputError as error:
        # A contradiction may be due to the screening date, if that was not given.
        for wrong in error.problems if given else ():
            places = (answers[n].where if n in answers else n for n in wrong.elements)
            problems.append(wrong._replace(where=", ".join(places)))
        raise InputError(problems) from None
    raise_any(problems)
    return answers, screening


def need_answers(answers: Answers, *, given: bool, asking: bool = False) -> None:
    """Raises InputError if nothing was given; warns if what was given answers no question.

    A patient about whom nothing is known can be screened, but a form may have been forgotten.
    """
    # Standard input does not count: it may be a list that the caller's loop is reading.
    if not (given or asking):
        refuse("", "no answers given; --from - reads standard input")
    if not asking and all(
        one.by == "site" or name == SCREENING_DATE for name, one in answers.items()
    ):
        say_note("no question has an answer; every value is treated as unknown")


def _of_flags(flags: Flags, on: str | None) -> dict[str, Answer]:
    """The answers in flags, each given at most once."""
    answers = {}
    day = {} if on is None else {SCREENING_DATE: [on]}
    for name, texts in {**flags.texts, **day}.items():
        where = labelled_flag(flags.trial, name)
        if len(texts) == 1:
            answers[name] = Answer(texts[0], "flag", where)
        elif texts:
            flags.problems.append(Problem(where, f"given {len(texts)} times; give it once"))
    return answers
