"""The application: the options before a command, the commands, the way out."""

import sys
from typing import Annotated, NoReturn

import typer

from trialscreen.cli.outcome import Exit
from trialscreen.cli.screen import ScreenCommand, screen
from trialscreen.cli.trial import check, criteria, trial

CRITERIA_VARIABLE = "TRIALSCREEN_CRITERIA"

app = typer.Typer(
    name="trialscreen",
    help="Screens patients for a clinical trial. A screening aid for trained study staff.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
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
    context.obj = criteria_file


app.command(cls=ScreenCommand)(screen)
app.command()(trial)
app.command()(criteria)
app.command()(check)


def run() -> NoReturn:
    """Runs the command line of this process; never returns."""
    for stream in (sys.stdout, sys.stderr):
        # A character that the terminal's encoding lacks is shown as "?", and is no crash.
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        app()
        sys.exit()
    except KeyboardInterrupt:
        sys.exit(Exit.INTERRUPTED)
    except Exception as error:  # noqa: BLE001 - the last resort; values must not reach a traceback
        place = f"{type(error).__name__} in {_innermost(error)}"
        sys.stderr.write(f"error: unexpected {place}. This is a fault of trialscreen.\n")
        sys.exit(Exit.UNEXPECTED)


def _innermost(error: Exception) -> str:
    """Where an error was raised, without any value."""
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    return f"{at.tb_frame.f_globals.get('__name__')}:{at.tb_lineno}" if at else "?"
