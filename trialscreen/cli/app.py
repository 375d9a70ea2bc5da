"""The application: the options before a command, its commands, the way out.

A command is imported when it is asked for: a run needs one of them, and starts sooner.
"""

import inspect
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Annotated, Any, NamedTuple, NoReturn

import typer

from trialscreen import __version__
from trialscreen.cli.element_flags import ElementFlagsCommand
from trialscreen.cli.examples import ExamplesFirst
from trialscreen.cli.output import Exit, tell_problems
from trialscreen.cli.parameters import GroupAsGiven
from trialscreen.cli.process import code_of, ending_in_order, is_interrupt, open_streams
from trialscreen.model.errors import InputError, refuse


def help_of(command: Callable[..., None]) -> str:
    """A command's docstring; of its line breaks, those between paragraphs only."""
    return re.sub(r"(?<!\n)\n(?!\n)", " ", inspect.cleandoc(command.__doc__ or ""))


class _Place(NamedTuple):
    """A function or a Typer, by its module in `trialscreen.cli` and its name there."""

    module: str
    name: str
    short_help: str
    kind: type[ExamplesFirst] = ExamplesFirst


_PLACES = {
    "screen": _Place("screen", "screen", "Screen one patient.", ElementFlagsCommand),
    "report": _Place("report", "report", "Write a page to sign.", ElementFlagsCommand),
    "trial": _Place("trial", "trial", "Show the trial and its dose cohorts."),
    "elements": _Place("elements", "elements", "List what can be given of a patient."),
    "criteria": _Place("trial", "criteria", "Show the criteria word for word."),
    "cohort": _Place("cohort", "cohort", "Screen a table of patients."),
    "extract": _Place("extract", "extract", "Take facts from patients' records."),
    "sql": _Place("sql", "sql", "Print the query that screens a table."),
    "check": _Place("trial", "check", "Check a criteria file."),
    "diff": _Place("trial", "diff", "Show what differs between criteria files."),
    "log": _Place("log", "log_app", "The screening log."),
    "demo": _Place("demo", "demo", "Screen the example patients, page by page."),
    "export": _Place("export", "export", "Write the formats of other systems."),
}


_USAGE_ERROR: Any = typer.BadParameter.__base__
"""Typer's `UsageError`, which each of its versions keeps in another module."""


@contextmanager
def _usage_told_alike() -> Iterator[None]:
    try:
        yield
    except _USAGE_ERROR as error:
        from trialscreen.cli.usage import refuse_usage  # noqa: PLC0415 - for wrong usage only

        refuse_usage(error)


class Commands(GroupAsGiven):
    """The group of all commands, by name."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = _OnDemand()  # type: ignore[assignment]  # nothing is added to it

    def main(self, *args: Any, **settings: Any) -> Any:
        """Runs a command; bad input, wherever it was found, is told here and nowhere else."""
        try:
            return super().main(*args, **settings)
        except InputError as error:
            tell_problems(error)
            sys.exit(Exit.BAD_INPUT)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The list of commands in help, of which none is imported for it."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, place.short_help) for name, place in _PLACES.items()])

    def make_context(self, *args: Any, **settings: Any) -> Any:
        with _usage_told_alike():
            return super().make_context(*args, **settings)

    def invoke(self, ctx: Any) -> Any:
        with _usage_told_alike():
            return super().invoke(ctx)


class _OnDemand(Mapping[str, Any]):
    """The commands by name, in the order of help; made anew each time."""

    def __getitem__(self, name: str) -> Any:
        return _made(_PLACES[name], name)

    def __iter__(self) -> Iterator[str]:
        return iter(_PLACES)

    def __len__(self) -> int:
        return len(_PLACES)


def _made(place: _Place, name: str) -> Any:
    found = getattr(import_module(f"trialscreen.cli.{place.module}"), place.name)
    maker = typer.Typer(rich_markup_mode=None)
    if isinstance(found, typer.Typer):
        for one in found.registered_commands:
            one.cls = place.kind
        maker.add_typer(found, name=name, cls=GroupAsGiven, short_help=place.short_help)
    else:
        command = maker.command(
            name, cls=place.kind, help=help_of(found), short_help=place.short_help
        )
        command(found)
    return typer.main.get_group(maker).commands[name]


CRITERIA_VARIABLE = "TRIALSCREEN_CRITERIA"

app = typer.Typer(
    name="trialscreen",
    cls=Commands,
    help="Screens patients for a clinical trial. A screening aid for trained study staff.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["--help", "-h"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"trialscreen {__version__}\n")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    criteria_file: Annotated[
        str | None,
        typer.Option(
            "--criteria",
            metavar="FILE",
            envvar=CRITERIA_VARIABLE,
            help="The criteria file; the packaged NCT06949137 if none is named.",
        ),
    ] = None,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Before every command."""
    del version
    if criteria_file == "":
        refuse("--criteria", "'' names no file; leave it out for the packaged trial")
    context.obj = criteria_file


def run() -> NoReturn:
    """Runs the command line of this process; never returns."""
    open_streams()
    try:
        try:
            with ending_in_order():
                app()
        finally:
            # Here, and not when the interpreter ends: a full disk must be told.
            sys.stdout.flush()
        sys.exit()
    except SystemExit as end:
        if end.code == Exit.INTERRUPTED:  # Typer's, for whatever interrupted it
            sys.exit(code_of(end))
        raise
    except KeyboardInterrupt as end:
        sys.exit(code_of(end))
    except OSError as error:
        _fail(f"error: cannot write the result: {error.strerror}\n")
    except BaseException as error:  # noqa: BLE001 - the last resort; values must not reach a traceback
        if is_interrupt(error):
            sys.exit(code_of(error))
        place = f"{type(error).__name__} in {_innermost(error)}"
        _fail(f"error: unexpected {place}. This is a fault of trialscreen.\n")


def _fail(message: str) -> NoReturn:
    sys.stderr.write(message)
    # What is still to be written would fail again when the interpreter ends.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(Exit.UNEXPECTED)


def _innermost(error: BaseException) -> str:
    """Where an error was raised, without any value."""
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    return f"{at.tb_frame.f_globals.get('__name__')}:{at.tb_lineno}" if at else "?"
