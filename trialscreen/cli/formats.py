"""The output formats that the commands share, and writing to standard output."""

import json
import sys
from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trialscreen.cli.outcome import refuse, refuse_one
from trialscreen.criteria_file.load import load_trial
from trialscreen.model.errors import InputError
from trialscreen.model.trial import Trial
from trialscreen.text.characters import wrapped

if TYPE_CHECKING:
    from trialscreen.output.report.listing import Listing
    from trialscreen.output.report.render.blocks import Page


class Format(StrEnum):
    """How a result is printed."""

    TABLE = "table"
    PLAIN = "plain"
    JSON = "json"
    MARKDOWN = "markdown"
    CSV = "csv"


FormatOption = Annotated[Format, typer.Option("--format", help="How the result is printed.")]


def load(context: typer.Context) -> Trial:
    """The trial that the options before the command name; exits with 2 if it is not in order."""
    try:
        return load_trial(context.obj)
    except InputError as error:
        refuse(error)


def print_result(
    form: Format,
    page: "Callable[[], Page]",
    data: Callable[[], object],
    listing: "Callable[[], Listing] | None" = None,
) -> None:
    """A result on standard output: its page, its data or its rows, made when it is wanted."""
    if form is Format.JSON:
        print_json(data())
    elif form is not Format.CSV:
        print_page(page(), form)
    elif listing is not None:
        sys.stdout.write(listing().csv())
    else:
        refuse_one("--format", "csv is for lists; expected table, plain, markdown or json")


def print_page(page: "Page", form: Format) -> None:
    """A page in one of the forms for people; what is not used is not imported."""
    if form is Format.MARKDOWN:
        from trialscreen.output.report.render import markdown  # noqa: PLC0415

        sys.stdout.write(markdown.render(page))
    elif form is Format.PLAIN:
        from trialscreen.output.report.render import plain  # noqa: PLC0415

        text = plain.render(page)
        sys.stdout.write(_wrapped(text) if sys.stdout.isatty() else text)
    else:
        from trialscreen.output.report.render import terminal  # noqa: PLC0415

        terminal.show(page)


def _wrapped(text: str) -> str:
    """For the width of the terminal."""
    import shutil  # noqa: PLC0415

    return wrapped(text, shutil.get_terminal_size().columns)


def print_json(value: Any) -> None:
    utf_8 = sys.stdout.encoding.lower().replace("-", "") == "utf8"
    sys.stdout.write(json.dumps(value, ensure_ascii=not utf_8, indent=2) + "\n")
