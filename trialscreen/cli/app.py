"""The application: the options before a command, the commands, the way out."""

import os
import sys
from typing import Annotated, NoReturn

import typer

from trialscreen import __version__
from trialscreen.cli.commands import Commands
from trialscreen.cli.outcome import Exit, refuse_one
from trialscreen.cli.signals import code_of, ending_in_order
from trialscreen.cli.streams import open_streams

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
        refuse_one("--criteria", "'' names no file; leave it out for the packaged trial")
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
