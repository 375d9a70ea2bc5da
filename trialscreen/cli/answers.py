"""One patient's answers and screening date, from flags and a file, to a screening."""

from datetime import date
from typing import Annotated

import typer

from trialscreen.answers.answer import Answer, Answers, merge, readable_facts, screening_date
from trialscreen.answers.files import read_answers
from trialscreen.cli.element_flags import FROM, told_flag
from trialscreen.model.errors import InputError, Problem
from trialscreen.model.trial import SCREENING_DATE, Trial
from trialscreen.screening.screen import Screening
from trialscreen.screening.screen import screen as screen_patient

FromOption = Annotated[
    str | None,
    typer.Option(
        FROM,
        metavar="FILE",
        help="Answers from a YAML or JSON file, one key per element; - for standard input."
        " Flags win over the file. FILE alone means the same.",
    ),
]
DayOption = Annotated[
    list[str] | None,
    typer.Option(
        "--screening-date",
        metavar="YYYY-MM-DD",
        help="The day that every window is counted from; today if none is given.",
    ),
]


def stored_answers(file: str | None, problems: list[Problem]) -> dict[str, Answer]:
    """The answers in a file, or on standard input (`-`); none without one."""
    return read_answers(file, problems) if file is not None else {}


def screen_answers(
    trial: Trial, flags: dict[str, list[str]], stored: Answers, problems: list[Problem]
) -> tuple[dict[str, Answer], Screening]:
    """All answers together, flags first, and what they come to.

    Raises InputError with `problems` and all that is found here.
    """
    answers = merge(trial, _given_once(trial, flags, problems), stored, problems)
    today = date.today()  # noqa: DTZ011 - the user's own calendar
    on = screening_date(trial, answers, today, problems)
    facts = readable_facts(trial, answers, on or today, problems)
    try:
        screening = screen_patient(trial, facts, on or today)
    except InputError as error:
        # A contradiction counted from a day that was not given may be none.
        found = [_placed(answers, one) for one in error.problems] if on else []
        raise InputError([*problems, *found]) from None
    if problems:
        raise InputError(problems)
    return answers, screening


def need_answers(*, given: bool) -> None:
    """Raises InputError if no answers were given.

    Standard input is read where it is asked for and nowhere else: it may be a list that
    the caller's own loop reads. So what stands there cannot count as given.
    """
    if not given:
        raise InputError([Problem("", f"no answers given; {FROM} - reads standard input")])


def _placed(answers: Answers, problem: Problem) -> Problem:
    """A contradiction, with the places of the answers that it is between."""
    places = (answers[name].where if name in answers else name for name in problem.elements)
    return problem._replace(where=", ".join(places))


def _given_once(
    trial: Trial, flags: dict[str, list[str]], problems: list[Problem]
) -> dict[str, Answer]:
    answers = {}
    for name, texts in flags.items():
        where = told_flag(trial, name)
        if len(texts) == 1:
            answers[name] = Answer(texts[0], "flag", where)
        elif texts:
            problems.append(Problem(where, f"given {len(texts)} times; give it once"))
    return answers


FLAG = "--screening-date"


def screening_day(trial: Trial, text: str | None, today: date, problems: list[Problem]) -> date:
    """The day that `text` names; today without one, or if it is a problem."""
    given = {} if text is None else {SCREENING_DATE: Answer(text, "flag", FLAG)}
    return screening_date(trial, given, today, problems) or today
