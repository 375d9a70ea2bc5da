"""One patient's answers, from flags and a file, to a screening."""

from datetime import date
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from trialscreen.cli.element_flags import flag
from trialscreen.errors import InputError, Problem
from trialscreen.screening import Screening
from trialscreen.screening import screen as screen_patient
from trialscreen.sources import (
    Answer,
    Answers,
    merge,
    read_answers,
    readable_facts,
    screening_date,
)
from trialscreen.trial import Trial

if TYPE_CHECKING:
    from trialscreen.log.entry import Given

FromOption = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="FILE",
        help="Answers from a YAML or JSON file, one key per element; - for standard input."
        " Flags win over the file.",
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

INTERVIEW = "the interview"
"""Where an answer was given that stood neither in a flag nor in a file."""


def stored_answers(file: str | None, problems: list[Problem]) -> dict[str, Answer]:
    """The answers in a file, or on standard input (`-`); none without one."""
    return read_answers(file, problems) if file is not None else {}


def screen_answers(
    trial: Trial, flags: dict[str, list[str]], stored: Answers, problems: list[Problem]
) -> tuple[dict[str, Answer], Screening]:
    """All answers together, flags first, and what they come to.

    Raises InputError with `problems` and all that is found here.
    """
    answers = merge(_given_once(flags, problems), stored, problems)
    today = date.today()  # noqa: DTZ011 - the user's own calendar
    on = screening_date(answers, today, problems)
    facts = readable_facts(trial, answers, on or today, problems)
    try:
        screening = screen_patient(trial, facts, on or today)
    except InputError as error:
        # A contradiction counted from a day that was not given may be none.
        raise InputError([*problems, *(error.problems if on else ())]) from None
    if problems:
        raise InputError(problems)
    return answers, screening


def _given_once(flags: dict[str, list[str]], problems: list[Problem]) -> dict[str, Answer]:
    for name, texts in flags.items():
        if len(texts) > 1:
            problems.append(Problem(flag(name), f"given {len(texts)} times; give it once"))
    return {name: Answer(texts[0], flag(name)) for name, texts in flags.items() if len(texts) == 1}


def given(answers: Answers) -> dict[str, "Given"]:
    """The answers as records keep them: how each was given, and not the name of a file."""
    from trialscreen.log.entry import Given  # noqa: PLC0415 - for records only

    return {
        name: Given(one.text, _how(name, one.where), dict(one.notes))
        for name, one in answers.items()
    }


def _how(name: str, where: str) -> Literal["flag", "file", "interview"]:
    if where == INTERVIEW:
        return "interview"
    return "flag" if where == flag(name) else "file"
