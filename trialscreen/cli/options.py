"""The options that commands share, and the days that they name."""

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from trialscreen.answers.answer import Answer, SiteSettings, screening_date
from trialscreen.cli.output import Format
from trialscreen.model.errors import Problem, ValueProblem, refuse
from trialscreen.model.trial import SCREENING_DATE, Trial

FROM = "--from"
"""The option that names a file of answers; a file alone means the same."""

DAY = "--screening-date"

RESCREEN = "--rescreen"
"""The option that names a file of answers, to be used on another day than its own."""


def from_option(more: str = "") -> Any:
    what = "Answers in a YAML or JSON file; - for standard input."
    return typer.Option(FROM, metavar="FILE", help=what + more)


def day_option(more: str = "", metavar: str = "YYYY-MM-DD") -> Any:
    what = "The day that windows are counted from, or today."
    return typer.Option(DAY, metavar=metavar, help=what + more)


def output_option(help: str, metavar: str = "FILE") -> Any:
    return typer.Option("-o", "--output", metavar=metavar, help=help)


FromOption = Annotated[str | None, from_option(" Flags win. FILE alone is the same.")]
DayOption = Annotated[str | None, day_option()]
FormatOption = Annotated[
    Format, typer.Option("--format", metavar="FORMAT", help="table, plain, json, markdown or csv.")
]
OutputOption = Annotated[str, output_option("The file to write; - for stdout.")]
LogFile = Annotated[Path, typer.Argument(metavar="LOG", help="The screening log.")]


SITE = "--site"
SITE_VARIABLE = "TRIALSCREEN_SITE"
SiteOption = Annotated[
    str | None,
    typer.Option(
        SITE,
        metavar="FILE",
        envvar=SITE_VARIABLE,
        help="What holds for every patient of a site: the limits of its laboratory, the pattern"
        " of its subject codes.",
    ),
]


NO_SITE = SiteSettings()


def site_settings(trial: Trial, file: str | None) -> SiteSettings:
    """What a site's own file says; nothing without one. Raises InputError."""
    if file is None:
        return NO_SITE
    from trialscreen.answers.site_file import read_site  # noqa: PLC0415 - few runs have a site

    return read_site(trial, file)


def today() -> date:
    return date.today()  # noqa: DTZ011 - the user's own calendar


def screening_day(trial: Trial, text: str | None, problems: list[Problem]) -> date:
    """The day that `text` names; today without one, or if it is a problem."""
    given = {} if text is None else {SCREENING_DATE: Answer(text, "flag", DAY)}
    return screening_date(trial, given, today(), problems) or today()


def day_given(where: str, text: str | None) -> date:
    """Any day, also one to come; today if none is given. Raises InputError."""
    from trialscreen.answers.values import read_day  # noqa: PLC0415 - few commands need it

    try:
        return today() if text is None else read_day(text)
    except ValueProblem as problem:
        refuse(where, str(problem))
