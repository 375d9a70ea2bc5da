"""`screen`: one patient, from flags, a file or standard input."""

import sys
from datetime import date
from typing import Annotated

import typer

from trialscreen.cli.element_flags import TRIAL_KEY, ElementFlagsCommand, flag
from trialscreen.cli.formats import Format, FormatOption, print_json, print_page
from trialscreen.cli.outcome import OF_VERDICT, refuse
from trialscreen.errors import InputError, Problem
from trialscreen.screening import Screening
from trialscreen.screening import screen as screen_patient
from trialscreen.sources import Answer, merge, read_answers, read_facts, screening_date
from trialscreen.trial import SCREENING_DATE, Trial

ScreenCommand = ElementFlagsCommand


def screen(
    context: typer.Context,
    answers: dict[str, list[str]],
    answers_file: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="FILE",
            help="Answers from a YAML or JSON file, one key per element; - for standard input."
            " Flags win over the file.",
        ),
    ] = None,
    on: Annotated[
        list[str] | None,
        typer.Option(
            "--screening-date",
            metavar="YYYY-MM-DD",
            help="The day that every window is counted from; today if none is given.",
        ),
    ] = None,
    form: FormatOption = Format.TABLE,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show the clauses inside each criterion.")
    ] = False,
    verbatim: Annotated[
        bool, typer.Option("--verbatim", help="Show each criterion word for word.")
    ] = False,
    exit_zero: Annotated[
        bool, typer.Option("--exit-zero", help="Exit with 0 whatever the verdict is.")
    ] = False,
) -> None:
    """Screen one patient, from flags (one per data element), a file, or both.

    Every value may be unknown. A number may carry a unit ("121 lb") or a bound ("<20"), a
    date may be known in part (2026-03). Exit code: 0 eligible, 3 ineligible, 4
    undetermined, 2 bad input.
    """
    trial: Trial = context.meta[TRIAL_KEY]
    if on:
        answers = {**answers, SCREENING_DATE: on}
    try:
        screening = _screen(trial, answers, answers_file)
    except InputError as error:
        refuse(error)
    _print(screening, form, explain=explain, verbatim=verbatim)
    if not exit_zero:
        raise typer.Exit(OF_VERDICT[screening.verdict])


def _screen(trial: Trial, flags: dict[str, list[str]], file: str | None) -> Screening:
    repeated = [
        Problem(flag(name), f"given {len(texts)} times; give it once")
        for name, texts in flags.items()
        if len(texts) > 1
    ]
    if repeated:
        raise InputError(repeated)
    given = {name: Answer(texts[0], flag(name)) for name, texts in flags.items()}
    answers = merge(given, read_answers(file) if file is not None else {})
    on = screening_date(answers, date.today())  # noqa: DTZ011 - the user's own calendar
    return screen_patient(trial, read_facts(trial, answers, on), on)


def _print(screening: Screening, form: Format, *, explain: bool, verbatim: bool) -> None:
    from trialscreen import __version__  # noqa: PLC0415 - the package imports this module

    match form:
        case Format.JSON:
            from trialscreen.report.result import result  # noqa: PLC0415

            print_json(result(screening, __version__))
        case Format.CSV:
            from trialscreen.report import csvtext  # noqa: PLC0415
            from trialscreen.report.screening_rows import rows  # noqa: PLC0415

            sys.stdout.write(csvtext.render(*rows(screening)))
        case _:
            from trialscreen.report.screening_page import screening_page  # noqa: PLC0415

            print_page(screening_page(screening, explain=explain, verbatim=verbatim), form)
