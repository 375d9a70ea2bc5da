"""The Typer application: global options, lazily imported commands, errors and exit codes.

A command is imported only when it is called, so that the program starts faster.
"""

import errno
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any, NamedTuple, NoReturn

import typer
from typer.core import TyperGroup

from trialscreen import __version__
from trialscreen.cli.commands import Command, ElementFlagsCommand, as_given
from trialscreen.cli.output import Exit, tell_problems
from trialscreen.cli.process import code_of, ending_in_order, open_streams
from trialscreen.model.errors import InputError, refuse
from trialscreen.text.characters import printable


class _Place(NamedTuple):
    """The location of a command's function: its module in `trialscreen.cli`, and its name."""

    module: str
    name: str
    short_help: str
    kind: type[Command] = Command


class _Group(NamedTuple):
    """A command with subcommands."""

    short_help: str
    help: str
    places: Mapping[str, _Place]


_EXTRACT = {
    "fhir": _Place("extract", "fhir", "From FHIR R4 resources."),
    "omop": _Place("extract", "omop", "From tables of the OMOP model."),
}
_LOG = {
    "list": _Place("log", "list_entries", "List the entries."),
    "show": _Place("log", "show", "Show one entry."),
    "verify": _Place("log", "verify", "Check that nothing was changed."),
    "rescreen": _Place("log", "rescreen", "Who would come out otherwise."),
    "due": _Place("log", "due", "Who is to be screened again, and when."),
    "decide": _Place("log", "decide", "Decide of a subject."),
    "cohort": _Place("log", "cohort", "State of a dose cohort."),
    "cohorts": _Place("log", "cohorts", "Places, and who may be next."),
    "todo": _Place("log", "todo", "Who waits for what."),
    "export": _Place("export", "screening_log", "The log as a table."),
}
_EXPORT = {
    "questionnaire": _Place("export", "questionnaire", "The questions, for FHIR."),
    "response": _Place("export", "response", "One patient's answers, for FHIR."),
    "redcap": _Place("export", "redcap", "The questions, for REDCap."),
    "sdtm-ti": _Place("export", "sdtm_ti", "The criteria, for SDTM (TI)."),
    "sdtm-ie": _Place("export", "sdtm_ie", "Who failed which, for SDTM (IE)."),
}
_ALL: Mapping[str, _Place | _Group] = {
    "screen": _Place("screen", "screen", "Screen one patient.", ElementFlagsCommand),
    "report": _Place("report", "report", "Write a page to sign.", ElementFlagsCommand),
    "trial": _Place("trial", "trial", "Show the trial and its dose cohorts."),
    "elements": _Place("trial", "elements", "List what can be given of a patient."),
    "criteria": _Place("trial", "criteria", "Show the criteria word for word."),
    "cohort": _Place("cohort", "cohort", "Screen a table of patients."),
    "extract": _Group(
        "Take facts from patients' records.",
        "What patients' records say, as a table for cohort.",
        _EXTRACT,
    ),
    "sql": _Place("sql", "sql", "Print the query that screens a table."),
    "check": _Place("trial", "check", "Check a criteria file."),
    "diff": _Place("trial", "diff", "Show what differs between criteria files."),
    "log": _Group(
        "The screening log.",
        "The screening log: entries, decisions, dose cohorts, who waits; check, export.\n\n"
        "A screening is entered by 'screen --log FILE --subject CODE --by INITIALS'.",
        _LOG,
    ),
    "demo": _Place("demo", "demo", "Screen the example patients, page by page."),
    "export": _Group(
        "Write the formats of other systems.",
        "A trial and its answers in the formats of other systems.",
        _EXPORT,
    ),
}

_OF_A_NAME = {errno.EACCES, errno.EPERM, errno.ENAMETOOLONG, errno.ELOOP}
"""Errors that a user mends by another path, or by permission for this one."""

_USAGE_ERROR: Any = typer.BadParameter.__base__
"""Typer's `UsageError`, whose module differs between versions."""


@contextmanager
def _usage_errors_as_problems() -> Iterator[None]:
    try:
        yield
    except _USAGE_ERROR as error:
        from trialscreen.cli.usage import refuse_usage

        refuse_usage(error)


class Commands(TyperGroup):
    """A group whose commands are imported and created only when they are called."""

    def __init__(self, places: Mapping[str, _Place | _Group] = _ALL, **settings: Any) -> None:
        super().__init__(**settings)
        self.places = places
        self.commands = dict.fromkeys(places)  # type: ignore[assignment]  # for their names alone
        as_given(self)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Creates a command; None if there is none of this name."""
        del ctx
        place = self.places.get(cmd_name)
        return None if place is None else _made(place, cmd_name)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Lists the commands in help, without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, place.short_help) for name, place in self.places.items()])

    def main(self, *args: Any, **settings: Any) -> Any:
        """Runs a command; the one place where bad input is reported."""
        try:
            return super().main(*args, **settings)
        except InputError as error:
            tell_problems(error)
            sys.exit(Exit.BAD_INPUT)

    def make_context(self, *args: Any, **settings: Any) -> Any:
        with _usage_errors_as_problems():
            return super().make_context(*args, **settings)

    def invoke(self, ctx: Any) -> Any:
        with _usage_errors_as_problems():
            return super().invoke(ctx)


def _made(place: _Place | _Group, name: str) -> Any:
    if isinstance(place, _Group):
        settings = {"no_args_is_help": True, "rich_markup_mode": None}
        short, text, inside = place
        return Commands(inside, name=name, short_help=short, help=text, **settings)
    from trialscreen.cli.parameters import command_of

    found = getattr(import_module(f"trialscreen.cli.{place.module}"), place.name)
    return as_given(command_of(found, name=name, cls=place.kind, short_help=place.short_help))


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
    criteria: str | None = typer.Option(
        None,
        metavar="FILE",
        help="The criteria file; the packaged NCT06949137 if none is named.",
        envvar=CRITERIA_VARIABLE,
    ),
    version: bool = typer.Option(
        False, "--version", help="Show the version and exit.", callback=_show_version, is_eager=True
    ),
) -> None:
    """Before every command."""
    del version
    if criteria == "":
        refuse("--criteria", "'' names no file; leave it out for the packaged trial")
    context.obj = criteria


def run() -> NoReturn:
    """Runs the command line of this process; never returns."""
    open_streams()
    try:
        try:
            with ending_in_order():
                app()
        finally:
            # Not left to the interpreter's exit: a full disk must be reported.
            sys.stdout.flush()
        sys.exit()
    except SystemExit as end:
        if end.code == Exit.INTERRUPTED:  # set by Typer, whatever the signal
            sys.exit(code_of(end))
        raise
    except KeyboardInterrupt as end:
        sys.exit(code_of(end))
    except OSError as error:
        if isinstance(error.filename, str | bytes) and error.errno in _OF_A_NAME:
            name = printable(os.fsdecode(error.filename))
            _fail(f"error: {name}: cannot be used: {error.strerror}\n", Exit.BAD_INPUT)
        _fail(f"error: cannot write the result: {error.strerror}\n")
    except BaseException as error:  # noqa: BLE001 - the last resort; values must not reach a traceback
        # Python turns an interrupt in the body of a class into a RuntimeError.
        if isinstance(error.__cause__, KeyboardInterrupt):
            sys.exit(code_of(error))
        place = f"{type(error).__name__} in {_innermost(error)}"
        _fail(f"error: unexpected {place}. This is a fault of trialscreen.\n")


def _fail(message: str, code: Exit = Exit.UNEXPECTED) -> NoReturn:
    sys.stderr.write(message)
    # Flushing the rest of the output would fail again at the interpreter's exit.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def _innermost(error: BaseException) -> str:
    """The place where an error was raised, without any values."""
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    return f"{at.tb_frame.f_globals.get('__name__')}:{at.tb_lineno}" if at else "?"
