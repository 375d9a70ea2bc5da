"""One patient's answers and screening date, from flags and a file, to a screening."""

from trialscreen.answers.answer import (
    SUBJECT,
    Answer,
    Answers,
    SiteSettings,
    merge,
    readable_facts,
    screening_date,
)
from trialscreen.answers.answers_file import read_answers
from trialscreen.answers.sampled import read_samples, told_apart, with_days
from trialscreen.answers.values import is_unknown
from trialscreen.cli.element_flags import Flags, told_flag
from trialscreen.cli.options import DAY, FROM, NO_SITE, RESCREEN, screening_day, today
from trialscreen.cli.output import say_note
from trialscreen.cli.record_options import NO_RECORDS, RecordOptions
from trialscreen.model.errors import InputError, Problem, raise_any, refuse
from trialscreen.model.evidence import Evidence
from trialscreen.model.trial import SCREENING_DATE, Trial
from trialscreen.screening.screen import Screening, screen


def screen_answers(
    flags: Flags, on: str | None, file: str | None, site: SiteSettings = NO_SITE
) -> tuple[Answers, Screening]:
    """The answers of the flags and in a file (`-`: standard input), and what they come to.

    Raises InputError with the problems of `flags` and all that is found here.
    """
    stored = stored_answers(flags, file)
    taken_subject(flags.trial, stored)
    found = screen_stored(flags, on, stored, site)
    need_answers(given=bool(flags.texts or file))
    return found


def stored_answers(flags: Flags, file: str | None) -> dict[str, Answer]:
    """The answers in a file; none without one. What cannot be read is noted in `flags`.

    A key without a value is not answered yet, as in a file to fill: an interview asks for it.
    """
    if file is None:
        return {}
    blank: set[str] = set()
    read = read_answers(file, flags.problems, blank)
    for name in blank.intersection(flags.trial.elements):
        read.pop(name, None)
    answers = told_apart(flags.trial, read, flags.problems)
    return with_days(flags.trial, answers, flags.problems, whole=False)


def taken_subject(trial: Trial, stored: dict[str, Answer]) -> Answer | None:
    """The subject's code, taken out of the answers in a file; None if it names none."""
    return None if SUBJECT in trial.elements else stored.pop(SUBJECT, None)


def rescreened_answers(flags: Flags, on: str | None, file: str | None) -> dict[str, Answer]:
    """The answers in a file as they hold on another day: --screening-date, or today.

    Its own day yields; what changes with the days since then is said on stderr. Raises InputError
    if the day is earlier, or if nothing tells how old an answer is that changes with the days.
    """
    from trialscreen.answers.later import carried, is_counted

    trial = flags.trial
    wrong: list[Problem] = []
    stored = stored_answers(flags, file)
    own = stored.pop(SCREENING_DATE, None)
    if own is None or is_unknown(trial, own.text):
        elements = trial.elements
        counted = [n for n, one in stored.items() if n in elements and is_counted(elements[n])]
        if counted:
            message = f"names no {SCREENING_DATE}, so that nobody knows of which day these are:"
            refuse(RESCREEN, f"{file} {message} {', '.join(counted)}; add one, or use {FROM}")
        return stored
    now = screening_day(trial, on, wrong)
    then = screening_date(trial, {SCREENING_DATE: own}, today(), wrong)
    if then is not None and now < then:
        wrong.append(Problem(DAY, f"{now} is before {then}, the day of {own.where}"))
    if wrong or then is None:
        raise InputError([*flags.problems, *wrong])
    found = carried(trial, stored, then, now)
    replaced = flags.texts.keys()
    for name, change in found.changes.items():
        if name not in replaced:
            say_note(change)
    return found.answers


def screen_stored(
    flags: Flags,
    on: str | None,
    stored: Answers,
    site: SiteSettings = NO_SITE,
    record: RecordOptions = NO_RECORDS,
) -> tuple[Answers, Screening]:
    """As `screen_answers`, with answers that are read already, and a record beside them.

    Says on stderr which limits of the site are not used, and what of the record.
    """
    trial, problems = flags.trial, flags.problems
    of_flags = told_apart(trial, _of_flags(flags, on), problems)
    own = with_days(trial, merge(trial, of_flags, stored, problems), problems)
    day = screening_date(trial, own, today(), problems)
    both: Answers = own
    evidence: tuple[Evidence, ...] = ()
    if record.fhir and not problems:
        both, evidence, *_ = record.beside(trial, own, day or today())
    answers = _with_limits(trial, both, site) if site.limits else both
    facts = readable_facts(trial, answers, day or today(), problems)
    samples = read_samples(trial, answers, day or today(), problems)
    try:
        screening = screen(trial, facts, day or today(), samples, evidence)
    except InputError as error:
        # A contradiction counted from a day that was not given may be none.
        found = [_placed(answers, one) for one in error.problems] if day else []
        raise InputError([*problems, *found]) from None
    raise_any(problems)
    return answers, screening


def _with_limits(trial: Trial, own: Answers, site: SiteSettings) -> dict[str, Answer]:
    from trialscreen.answers.site_file import with_limits

    answers, notes = with_limits(trial, own, site)
    for one in notes:
        say_note(one)
    return answers


def need_answers(*, given: bool) -> None:
    """Raises InputError if no answers were given.

    Standard input is read where it is asked for and nowhere else: it may be a list that
    the caller's own loop reads. So what stands there cannot count as given.
    """
    if not given:
        refuse("", f"no answers given; {FROM} - reads standard input")


def _placed(answers: Answers, problem: Problem) -> Problem:
    """A contradiction, with the places of the answers that it is between."""
    places = (answers[name].where if name in answers else name for name in problem.elements)
    return problem._replace(where=", ".join(places))


def _of_flags(flags: Flags, on: str | None) -> dict[str, Answer]:
    """The answers in flags, each of which is given once."""
    answers = {}
    day = {} if on is None else {SCREENING_DATE: [on]}
    for name, texts in {**flags.texts, **day}.items():
        where = told_flag(flags.trial, name)
        if len(texts) == 1:
            answers[name] = Answer(texts[0], "flag", where)
        elif texts:
            flags.problems.append(Problem(where, f"given {len(texts)} times; give it once"))
    return answers
