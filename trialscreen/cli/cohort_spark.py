"""`cohort --engine spark`: tables in Parquet that one machine does not hold."""

from collections.abc import Mapping
from typing import NamedTuple

from trialscreen.cli.cohort_report import of_values, unusual_day, verdicts_line
from trialscreen.cli.options import screening_day, today
from trialscreen.cli.output import say
from trialscreen.model.errors import InputError, Problem
from trialscreen.model.trial import SCREENING_DATE, Trial
from trialscreen.text.characters import count_of, printable, shown, some


class OnSpark(NamedTuple):
    """What the options ask for; `on` is as it was written."""

    inputs: list[str]
    output: str
    key: str
    on: str | None
    master: str | None
    most_bad: float


def screen_on_spark(trial: Trial, asked: OnSpark, others: Mapping[str, object]) -> None:
    """Screens one Parquet file or folder into a new folder; `others` are the other options.

    Raises InputError for what cannot be used, and for an option that only the files of one
    machine have.
    """
    problems = [
        Problem(option, "is not for --engine spark; leave it out, or use files on this machine")
        for option, value in others.items()
        if value is not None
    ]
    if len(asked.inputs) > 1:
        problems.append(Problem("--engine spark", "give one Parquet file or folder"))
    day = screening_day(trial, asked.on, problems)
    if problems:
        raise InputError(problems)
    try:
        from trialscreen.tables.engines.spark import Limits, screen_parquet, session  # noqa: PLC0415
    except ImportError:
        message = "needs more packages, and Java: pip install 'trialscreen[spark]'"
        raise InputError([Problem("--engine spark", message)]) from None
    limits, spark = Limits(asked.most_bad, today()), session(asked.master)
    done = screen_parquet(trial, asked.inputs[0], asked.output, asked.key, day, spark, limits)
    when = f"on {day}"
    if done.own_days:
        when = f"on the day in {SCREENING_DATE}, or {when} where it is empty"
    say(f"{count_of(done.rows, 'patient')} screened {when}: {printable(asked.output)}")
    say(*unusual_day(trial, day), verdicts_line(done.verdicts))
    if done.alike:
        names = some([f"{shown(name)} as {known}" for name, known in done.alike.items()])
        say(f"named like an element but for capitals and punctuation, and used: {names}")
    if done.unused:
        names = some([printable(name) for name in done.unused])
        say(f"columns that are no data element, and are not used: {names}")
    say(*of_values(trial, done.quality))
