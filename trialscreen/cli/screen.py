"""`screen`: one patient, from flags, a file or standard input."""

import sys
from typing import Annotated

import typer

from trialscreen import __version__
from trialscreen.answers.answer import Answers, differing, of_another_version
from trialscreen.cli.answers import (
    DayOption,
    FromOption,
    need_answers,
    screen_answers,
    stored_answers,
)
from trialscreen.cli.element_flags import FLAGS_KEY, TRIAL_KEY, Taken
from trialscreen.cli.formats import Format, FormatOption, print_result
from trialscreen.cli.interview import Wishes, answers_file, interview
from trialscreen.cli.log_entry import (
    ByOption,
    CorrectsOption,
    LogOption,
    LogWishes,
    NoteOption,
    ReasonOption,
    SubjectOption,
)
from trialscreen.cli.outcome import OF_VERDICT, refuse
from trialscreen.model.errors import InputError
from trialscreen.model.trial import SCREENING_DATE, Trial
from trialscreen.screening.screen import Screening
from trialscreen.text.characters import printable, shown


def screen(
    context: typer.Context,
    given_file: FromOption = None,
    on: DayOption = None,
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
    interactive: Annotated[
        bool, typer.Option("--interactive", help="Ask for what flags and file left open.")
    ] = False,
    save: Annotated[
        str | None,
        typer.Option("--save", metavar="FILE", help="Keep the answers of the interview in FILE."),
    ] = None,
    resume: Annotated[
        str | None,
        typer.Option(
            "--resume", metavar="FILE", help="Go on with the interview whose answers are in FILE."
        ),
    ] = None,
    ask: Annotated[
        str | None,
        typer.Option(
            "--ask",
            metavar="SOURCES",
            help="Ask only for these, such as participant,chart; on the phone, --quick --ask"
            " participant.",
        ),
    ] = None,
    quick: Annotated[
        bool,
        typer.Option(
            "--quick", help="Ask first what is most likely to exclude, the cheapest first."
        ),
    ] = False,
    plain: Annotated[
        bool,
        typer.Option(
            "--plain",
            help="For screen readers: one plain line after another, in the interview and the"
            " result; --format plain is the result alone.",
        ),
    ] = False,
    log: LogOption = None,
    subject: SubjectOption = None,
    by: ByOption = None,
    note: NoteOption = None,
    corrects: CorrectsOption = None,
    reason: ReasonOption = None,
) -> None:
    """Screen one patient, from flags (one per data element), a file, or an interview.

    In a terminal with nothing given, the interview asks for what still matters.

    Every value may be unknown. A number may carry a unit ("121 lb") or a bound ("<20"), a
    date may be known in part (2026-03). Exit code: 0 eligible, 3 ineligible, 4
    undetermined, 2 bad input.
    """
    trial: Trial = context.meta[TRIAL_KEY]
    flags: Taken = context.meta[FLAGS_KEY]
    texts = {**flags.texts, SCREENING_DATE: on} if on else flags.texts
    wishes = Wishes(interactive, save, resume, ask, quick, plain)
    logging = LogWishes(log, subject, by, note, corrects, reason)
    closing, unlogged = "", None
    try:
        with answers_file(wishes) as keeper:
            stored = stored_answers(wishes.file(given_file), flags.problems)
            answers, screening = screen_answers(trial, texts, stored, flags.problems)
            given = bool(flags.texts or given_file)
            asking = wishes.wanted(given=given)
            need_answers(given=given or asking)
            logging.check()
            _say_before(trial, answers, stored if resume else {}, asking=asking)
            if asking:
                logging.reach(trial)
                held = interview(screening, answers, wishes, keeper, context.obj, logging.words)
                screening, answers, closing = held
        try:
            logging.add(screening, answers)
        except InputError as error:
            if not closing:
                raise
            unlogged = error  # an interview is not held in vain: its result is shown first
    except InputError as error:
        refuse(error)
    if plain and form is Format.TABLE:
        form = Format.PLAIN
    _print(screening, form, explain=explain, verbatim=verbatim)
    _say_after_the_result(closing)
    if unlogged is not None:
        refuse(unlogged)
    if not exit_zero:
        raise typer.Exit(OF_VERDICT[screening.verdict])


def _say_before(trial: Trial, answers: Answers, resumed: Answers, *, asking: bool) -> None:
    """Which answers of the file that is resumed were replaced; which are of another version.

    The interview tells the latter itself.
    """
    for name in differing(answers, resumed) if resumed else ():
        if name in resumed:
            new, old = shown(answers[name].text), shown(resumed[name].text)
            _note(f"{answers[name].where} {new} replaces {old} in {resumed[name].where}")
    others = [name for name, one in answers.items() if of_another_version(trial, one.notes)]
    if others and not asking:
        was = "1 answer was" if len(others) == 1 else f"{len(others)} answers were"
        listed = ", ".join(others)
        _note(
            f"{was} taken under another version of the criteria file, and used as given: {listed}"
        )


def _note(message: str) -> None:
    sys.stderr.write(f"note: {printable(message)}\n")


def _say_after_the_result(closing: str) -> None:
    if closing:
        sys.stdout.flush()
        sys.stderr.write(closing)


def _print(screening: Screening, form: Format, *, explain: bool, verbatim: bool) -> None:
    from trialscreen.output.report.screening_data import findings_listing, result  # noqa: PLC0415
    from trialscreen.output.report.screening_page import screening_page  # noqa: PLC0415

    print_result(
        form,
        lambda: screening_page(screening, explain=explain, verbatim=verbatim),
        lambda: result(screening, __version__),
        lambda: findings_listing(screening),
    )
