"""Options shared by several commands, and the parsing of dates in options."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

from trialscreen.answers.answer import Answer, SiteSettings, screening_date
from trialscreen.cli.output import Format
from trialscreen.cli.parameters import argument, option
from trialscreen.model.errors import Problem, ValueProblem, refuse
from trialscreen.model.trial import SCREENING_DATE, Trial

if TYPE_CHECKING:
    from trialscreen.log.entry import Correction


def day_option(more: str = "", metavar: str = "YYYY-MM-DD") -> Any:
    what = f"The day that windows are counted from, or today.{more}"
    return option(what, metavar, "--screening-date")


def output_option(help: str, metavar: str = "FILE") -> Any:
    return option(help, metavar, "-o", "--output")


_ANSWERS = "Answers in a YAML or JSON file; - for standard input."
ANSWERS = option(_ANSWERS, "FILE", "--from")
FROM = option(f"{_ANSWERS} Flags win. FILE alone is the same.", "FILE", "--from")
DAY = day_option()
FORMAT = option("table, plain, json, markdown or csv.", "FORMAT", "--format", default=Format.TABLE)
PAGE_FORMAT = option("table, plain, json or markdown.", "FORMAT", "--format", default=Format.TABLE)
OUTPUT = output_option("The file to write; - for stdout.")
ON = option("Its day; today if none.", "YYYY-MM-DD")
BOARD_DAY = option("As of this day; today if none.", "YYYY-MM-DD")
LOG = argument("LOG", "The screening log.")
SITE_VARIABLE = "TRIALSCREEN_SITE"
SITE = option(
    "What holds for every patient of a site: the limits of its laboratory, the pattern"
    " of its subject codes.",
    "FILE",
    envvar=SITE_VARIABLE,
)
CODES = option(
    "A site's codes for records, on top of those of the package; can be repeated.", "FILE"
)
ASSUME_ABSENT = option(
    "Treat elements of this section without a code as no, marked as assumed; can be repeated.",
    "SECTION",
)


def site_settings(trial: Trial, file: str | None) -> SiteSettings:
    """The settings in a site's file; the defaults without one. Raises InputError."""
    if file is None:
        return SiteSettings()
    from trialscreen.answers.site_file import read_site

    return read_site(trial, file)


def today() -> date:
    return date.today()  # noqa: DTZ011 - the user's own calendar


def screening_day(trial: Trial, text: str | None, problems: list[Problem]) -> date:
    """The screening date in `text`; today if there is none, or if it is invalid (a problem)."""
    given = {} if text is None else {SCREENING_DATE: Answer(text, "flag", "--screening-date")}
    return screening_date(trial, given, today(), problems) or today()


def day_given(where: str, text: str | None) -> date:
    """Any date, past or future; today if none is given. Raises InputError."""
    from trialscreen.answers.values import read_day

    try:
        return today() if text is None else read_day(text)
    except ValueProblem as problem:
        refuse(where, str(problem))


def code_problems(
    given: Mapping[str, str | None], subject_pattern: re.Pattern[str] | None = None
) -> Iterator[Problem]:
    """Problems with codes and remarks, by option, that could identify a person."""
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
    """The correction in --corrects and --reason; a missing reason is a problem."""
    from trialscreen.log.entry import Correction

    if corrects is None:
        return None
    if not (reason or "").strip():
        message = "is needed with --corrects: why is the entry corrected?"
        problems.append(Problem("--reason", message))
    return Correction(corrects, reason or "")
