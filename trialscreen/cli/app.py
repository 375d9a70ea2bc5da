"""The application: the options before a command, the commands, the way out."""

import codecs
import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from trialscreen.cli.cohort import cohort
from trialscreen.cli.element_flags import ElementFlagsCommand
from trialscreen.cli.export import export
from trialscreen.cli.help import help_of
from trialscreen.cli.log import log_app
from trialscreen.cli.outcome import Exit, refuse_one
from trialscreen.cli.report import report
from trialscreen.cli.screen import screen
from trialscreen.cli.sql import sql
from trialscreen.cli.trial import check, criteria, trial
from trialscreen.text import PLAIN

CRITERIA_VARIABLE = "TRIALSCREEN_CRITERIA"

app = typer.Typer(
    name="trialscreen",
    help="Screens patients for a clinical trial. A screening aid for trained study staff.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["--help", "-h"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from trialscreen import __version__  # noqa: PLC0415 - the package imports this module

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


app.command(cls=ElementFlagsCommand, help=help_of(screen), short_help="Screen one patient.")(screen)
app.command(cls=ElementFlagsCommand, help=help_of(report), short_help="Write a page to sign.")(
    report
)
app.command(help=help_of(trial), short_help="Show the trial and its dose cohorts.")(trial)
app.command(help=help_of(criteria), short_help="Show the criteria word for word.")(criteria)
app.command(help=help_of(cohort), short_help="Screen a table of patients.")(cohort)
app.command(help=help_of(sql), short_help="Print the query that screens a table.")(sql)
app.add_typer(log_app, name="log", short_help="The screening log.")
app.command(help=help_of(check), short_help="Check a criteria file.")(check)
app.add_typer(
    export,
    name="export",
    help="A trial and its answers in the formats of other systems.",
    short_help="Write the formats of other systems.",
)


def run() -> NoReturn:
    """Runs the command line of this process; never returns."""
    _open_streams()
    try:
        try:
            app()
        finally:
            # Here, and not when the interpreter ends: a full disk must be told.
            sys.stdout.flush()
        sys.exit()
    except SystemExit:
        raise
    except KeyboardInterrupt:
        sys.exit(Exit.INTERRUPTED)
    except BrokenPipeError:
        _fail("")  # the reader has seen enough
    except OSError as error:
        _fail(f"error: cannot write the result: {error.strerror}\n")
    except BaseException as error:  # noqa: BLE001 - the last resort; values must not reach a traceback
        place = f"{type(error).__name__} in {_innermost(error)}"
        _fail(f"error: unexpected {place}. This is a fault of trialscreen.\n")


def _in_ascii(error: UnicodeError) -> tuple[str, int]:
    """What stands for characters that an encoding lacks: the same in ASCII, or "?"."""
    assert isinstance(error, UnicodeEncodeError)
    lacking = error.object[error.start : error.end]
    return "".join(PLAIN.get(char, "?") for char in lacking), error.end


def _open_streams() -> None:
    """Output that was closed goes nowhere; what its encoding lacks is put in ASCII."""
    codec_errors = "trialscreen"
    codecs.register_error(codec_errors, _in_ascii)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - for good
            setattr(sys, name, nowhere)
        getattr(sys, name).reconfigure(errors=codec_errors)


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
