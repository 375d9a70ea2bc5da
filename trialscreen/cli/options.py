"""The options that commands share, and the days that they name."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

import typer

from trialscreen.answers.answer import Answer, SiteSettings, screening_date
from trialscreen.cli.output import Format
from trialscreen.model.errors import Problem, ValueProblem, refuse
from trialscreen.model.trial import SCREENING_DATE, Trial

if TYPE_CHECKING:
    from trialscreen.log.entry import Correction

FROM = "--from"
"""The option that names a file of answers; a file alone means the same."""

DAY = "--screening-date"

RESCREEN = "--rescreen"
"""The option that names a file of answers, to be used on another day than its own."""


def option(
    name: str, help: str, metavar: str | None = None, default: Any = None, **more: Any
) -> Any:
    """An option of a command, as the default of its parameter; `...` if it must be given."""
    return typer.Option(default, name, help=help, metavar=metavar, **more)


def argument(metavar: str, help: str, default: Any = ..., **more: Any) -> Any:
    """An argument of a command, as the default of its parameter."""
    return typer.Argument(default, metavar=metavar, help=help, **more)


def day_option(more: str = "", metavar: str = "YYYY-MM-DD") -> Any:
    return option(DAY, f"The day that windows are counted from, or today.{more}", metavar)


def output_option(help: str, metavar: str = "FILE", default: Any = None) -> Any:
    return typer.Option(default, "-o", "--output", metavar=metavar, help=help)


_ANSWERS = "Answers in a YAML or JSON file; - for standard input."
ANSWERS_OPTION = option(FROM, _ANSWERS, "FILE")
FROM_OPTION = option(FROM, f"{_ANSWERS} Flags win. FILE alone is the same.", "FILE")
DAY_OPTION = day_option()
FORMAT_OPTION = option(
    "--format", "table, plain, json, markdown or csv.", "FORMAT", default=Format.TABLE
)
OUTPUT_OPTION = output_option("The file to write; - for stdout.", default=...)
ON = "--on"
ON_OPTION = option(ON, "Its day; today if none.", "YYYY-MM-DD")
BOARD_DAY_OPTION = option(ON, "As of this day; today if none.", "YYYY-MM-DD")
LOG_ARGUMENT = argument("LOG", "The screening log.")


SITE = "--site"
SITE_VARIABLE = "TRIALSCREEN_SITE"
SITE_OPTION = option(
    SITE,
    "What holds for every patient of a site: the limits of its laboratory, the pattern"
    " of its subject codes.",
    "FILE",
    envvar=SITE_VARIABLE,
)


NO_SITE = SiteSettings()


def site_settings(trial: Trial, file: str | None) -> SiteSettings:
    """What a site's own file says; nothing without one. Raises InputError."""
    if file is None:
        return NO_SITE
    from trialscreen.answers.site_file import read_site

    return read_site(trial, file)


def today() -> date:
    return date.today()  # noqa: DTZ011 - the user's own calendar


def screening_day(trial: Trial, text: str | None, problems: list[Problem]) -> date:
    """The day that `text` names; today without one, or if it is a problem."""
    given = {} if text is None else {SCREENING_DATE: Answer(text, "flag", DAY)}
    return screening_date(trial, given, today(), problems) or today()


def day_given(where: str, text: str | None) -> date:
    """Any day, also one to come; today if none is given. Raises InputError."""
    from trialscreen.answers.values import read_day

    try:
        return today() if text is None else read_day(text)
    except ValueProblem as problem:
        refuse(where, str(problem))


def code_problems(
    given: Mapping[str, str | None], subject_pattern: re.Pattern[str] | None = None
) -> Iterator[Problem]:
    """What of codes and remarks, by their options, could lead to a person."""
    from trialscreen.log.pseudonyms import check_remark, check_staff, check_subject

    checks: Mapping[str, Callable[[str], str]] = {
        "--subject": partial(check_subject, pattern=subject_pattern),
        "--by": check_staff,
        "--note": check_remark,
        "--reason": check_remark,
    }
    for option_name, text in given.items():
        try:
            if text is not None:
                checks[option_name](text)
        except ValueProblem as problem:
            yield Problem(option_name, str(problem))


def correction(
    corrects: int | None, reason: str | None, problems: list[Problem]
) -> "Correction | None":
    """What --corrects and --reason say; that the reason is missing is a problem."""
    from trialscreen.log.entry import Correction

    if corrects is None:
        return None
    if not (reason or "").strip():
        message = "is needed with --corrects: why is the entry corrected?"
        problems.append(Problem("--reason", message))
    return Correction(corrects, reason or "")
