"""Output of commands: exit codes, problems on stderr, results on stdout or in files."""

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
Start = Callable[[Callable[[], int] | None], None]  # takes a function that returns the total
Advance = Callable[[int], None]  # takes the number read since the last call


class Exit(IntEnum):
    """The exit codes of the process; those for verdicts have their names."""

    ELIGIBLE = 0
    UNEXPECTED = 1
    BAD_INPUT = 2
    INELIGIBLE = 3
    UNDETERMINED = 4
    NOT_VERIFIED = 5
    INTERRUPTED = 130


@contextmanager
def needing(where: str, what: str, extra: str, *packages: str) -> Iterator[None]:
    """For imports: raises InputError saying `what` is needed if an extra is not installed."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name not in packages:
            raise
        refuse(where, f"{what}: pip install 'trialscreen[{extra}]'")


def tell_problems(error: InputError) -> None:
    """Prints every problem on stderr, one per line, wrapped at words in a terminal."""
    for problem in error.problems[:MOST_PROBLEMS]:
        sys.stderr.write(f"{_at_words(f'error: {printable(str(problem))}')}\n")
    if (more := len(error.problems) - MOST_PROBLEMS) > 0:
        sys.stderr.write(f"error: … and {more} more\n")


def _at_words(line: str) -> str:
    return wrapped(line, error_columns()) if sys.stderr.isatty() else line


def say(*lines: str, whole: str = "") -> None:
    """Prints messages on stderr, wrapped at words in a terminal.

    `whole` is a last line with a command to be copied, which is never wrapped.
    """
    sys.stderr.writelines(f"{_at_words(line)}\n" for line in lines)
    if whole:
        sys.stderr.write(f"{whole}\n")


def say_note(message: str) -> None:
    """Prints a message that contains external text on stderr."""
    say(f"note: {printable(message)}")


def tell_unusable(first: Sequence[Problem], count: int, listed_in: str = "") -> None:
    """Reports how many data of a record could not be used, and the first of them."""
    for one in first[:MOST_TOLD]:
        say(f"not used: {printable(str(one))}")
    if (more := count - min(len(first), MOST_TOLD)) > 0:
        say(f"not used: … and {more:,} more{listed_in and f': all are in {printable(listed_in)}'}")


@contextmanager
def progress(unit: str) -> Iterator[tuple[Start, Advance]]:
    """A progress bar on stderr, if that is a terminal; with a percentage if a total is given."""
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
    """Output formats of a result."""

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
    """Prints a result in the given format; only the function for that format is called."""
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
    """Writes a file atomically, or standard output if `place` is `-`. Raises InputError."""
    if place == STDOUT:
        sys.stdout.write(text)
        return
    from trialscreen.text.text_files import write_whole

    write_whole(Path(place), text)


def write_json(place: str, value: object) -> None:
    """As `write_text`, for JSON; in ASCII if standard output is not UTF-8."""
    import json

    is_plain = place == STDOUT and sys.stdout.encoding.lower().replace("-", "") != "utf8"
    write_text(place, json.dumps(value, ensure_ascii=is_plain, indent=2) + "\n")


def write_csv(place: str, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """As `write_text`."""
    from trialscreen.text import csvtext

    write_text(place, csvtext.render(columns, rows))
