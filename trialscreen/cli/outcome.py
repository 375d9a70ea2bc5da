"""Exit codes, and how problems are told."""

import sys
from collections.abc import Mapping
from enum import IntEnum
from typing import TYPE_CHECKING, NoReturn

import typer

from trialscreen.model.errors import InputError, Problem
from trialscreen.text.characters import printable

if TYPE_CHECKING:
    from trialscreen.screening.screen import Verdict

MOST_PROBLEMS = 50


class Exit(IntEnum):
    """What the process returns."""

    ELIGIBLE = 0
    UNEXPECTED = 1
    BAD_INPUT = 2
    INELIGIBLE = 3
    UNDETERMINED = 4
    NOT_VERIFIED = 5
    INTERRUPTED = 130


OF_VERDICT: Mapping["Verdict", Exit] = {
    "eligible": Exit.ELIGIBLE,
    "ineligible": Exit.INELIGIBLE,
    "undetermined": Exit.UNDETERMINED,
}


def refuse(error: InputError) -> NoReturn:
    """Tells every problem on stderr, a line each, and exits with 2."""
    for problem in error.problems[:MOST_PROBLEMS]:
        sys.stderr.write(f"error: {printable(str(problem))}\n")
    if (more := len(error.problems) - MOST_PROBLEMS) > 0:
        sys.stderr.write(f"error: … and {more} more\n")
    raise typer.Exit(Exit.BAD_INPUT)


def refuse_one(where: str, message: str) -> NoReturn:
    refuse(InputError([Problem(where, message)]))
