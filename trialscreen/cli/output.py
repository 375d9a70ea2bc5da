"""What a command gives back: an exit code, problems on stderr, a result on stdout or in a file."""

import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from trialscreen.model.errors import MOST_TOLD, InputError, Problem, refuse
from trialscreen.text.characters import error_columns, printable, wrapped

if TYPE_CHECKING:
    from trialscreen.output.report.listing import Listing
    from trialscreen.output.report.render.blocks import Page

MOST_PROBLEMS = 50
Start = Callable[[Callable[[], int] | None], None]  # takes what counts all that is to be read
Advance = Callable[[int], None]  # takes how many more are read


class Exit(IntEnum):
    """What the process returns; for a verdict, by its name."""

    ELIGIBLE = 0
    UNEXPECTED = 1
    BAD_INPUT = 2
    INELIGIBLE = 3
    UNDETERMINED = 4
    NOT_VERIFIED = 5
    INTERRUPTED = 130


@contextmanager
def needing(where: str, what: str, extra: str, *packages: str) -> Iterator[None]:
    """For imports: refuses with `what` is needed if one of the packages of an extra is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name not in packages:
            raise
        refuse(where, f"{what}: pip install 'trialscreen[{extra}]'")


def tell_problems(error: InputError) -> None:
    """Every problem on stderr, a line each; in a terminal, no word is broken at its edge."""
    for problem in error.problems[:MOST_PROBLEMS]:
        sys.stderr.write(f"{_at_words(f'error: {printable(str(problem))}')}\n")
    if (more := len(error.problems) - MOST_PROBLEMS) > 0:
        sys.stderr.write(f"error: … and {more} more\n")


def _at_words(line: str) -> str:
    return wrapped(line, error_columns()) if sys.stderr.isatty() else line


def say(*lines: str, whole: str = "") -> None:
    """What to know beside the result, on stderr; in a terminal, no word is broken at its edge.

    `whole` is a last line with a command, which is copied, and so never broken.
    """
    sys.stderr.writelines(f"{_at_words(line)}\n" for line in lines)
    if whole:
        sys.stderr.write(f"{whole}\n")


def say_note(message: str) -> None:
    """What to know, with texts from outside in it."""
    say(f"note: {printable(message)}")


def tell_unusable(first: Sequence[Problem], count: int, listed_in: str = "") -> None:
    """How much of a record could not be used, the first of it a line each."""
    for one in first[:MOST_TOLD]:
        say(f"not used: {printable(str(one))}")
    if (more := count - min(len(first), MOST_TOLD)) > 0:
        say(f"not used: … and {more:,} more{listed_in and f': all are in {printable(listed_in)}'}")


@contextmanager
def progress(unit: str) -> Iterator[tuple[Start, Advance]]:
    """A bar on stderr, if that is a terminal: how many of all are read, if those are counted."""
    if not sys.stderr.isatty():
        yield (lambda _count: None), (lambda _more: None)
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

    read = DownloadColumn() if unit == "bytes" else TextColumn("{task.completed:,.0f} " + unit)
    columns = (BarColumn(), read, TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("", total=None)
        yield (
            lambda count: bars.update(task, total=None if count is None else count()),
            lambda more: bars.advance(task, more),
        )


# Standard output.


class Format(StrEnum):
    """How a result is printed."""

    TABLE = "table"
    PLAIN = "plain"
    JSON = "json"
    MARKDOWN = "markdown"
    CSV = "csv"


def print_result(
    form: Format,
    page: "Callable[[], Page]",
    data: Callable[[], object],
    listing: "Callable[[], Listing] | None" = None,
) -> None:
    """A result as its page, its data or its rows; only what is wanted is made, and imported."""
    match form:
        case Format.JSON:
            write_json(STDOUT, data())
        case Format.CSV:
            if listing is None:
                refuse("--format", "csv is for lists; expected table, plain, markdown or json")
            sys.stdout.write(listing().csv())
        case Format.MARKDOWN:
            from trialscreen.output.report.render import markdown

            sys.stdout.write(markdown.render(page()))
        case Format.PLAIN:
            from trialscreen.output.report.render import plain

            text = plain.render(page())
            if sys.stdout.isatty():
                text = wrapped(text, shutil.get_terminal_size().columns)
            sys.stdout.write(text)
        case Format.TABLE:
            from trialscreen.output.report.render import terminal

            terminal.show(page())


# Files.

STDOUT = "-"


def write_text(place: str, text: str) -> None:
    """A file that appears whole or not at all, or `-`. Raises InputError."""
    if place == STDOUT:
        sys.stdout.write(text)
        return
    from trialscreen.text.text_files import write_whole

    write_whole(Path(place), text)


def write_json(place: str, value: object) -> None:
    """As `write_text`; on a standard output that is not UTF-8, in ASCII."""
    import json

    is_plain = place == STDOUT and sys.stdout.encoding.lower().replace("-", "") != "utf8"
    write_text(place, json.dumps(value, ensure_ascii=is_plain, indent=2) + "\n")


def write_csv(place: str, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """As `write_text`."""
    from trialscreen.text import csvtext

    write_text(place, csvtext.render(columns, rows))
