"""`log …`: the screening log, read and checked. `screen --log` adds to it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trialscreen.cli.app import help_of
from trialscreen.cli.export import screening_log
from trialscreen.cli.log_decide import cohort, cohorts, decide
from trialscreen.cli.log_todo import todo
from trialscreen.cli.options import DAY, FormatOption, LogFile, day_given, today
from trialscreen.cli.output import Exit, Format, print_result
from trialscreen.criteria_file.load import load_trial
from trialscreen.model.errors import InputError, ValueProblem, refuse

if TYPE_CHECKING:
    from trialscreen.log.decisions import Kept
    from trialscreen.log.follow_up import Again
    from trialscreen.log.store import Log

log_app = typer.Typer(
    help="The screening log: entries, decisions, dose cohorts, who waits; check, export.\n\n"
    "A screening is entered by 'screen --log FILE --subject CODE --by INITIALS'.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@log_app.command("list", short_help="List the entries.")
def list_entries(
    file: LogFile,
    subject: Annotated[
        str | None, typer.Option("--subject", metavar="CODE", help="Only this subject's.")
    ] = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """List the entries of a log, each with its outcome; corrected ones too.

    Answers that an interview saved with the subject's code, here or beside the log, are found
    as well.
    """
    from trialscreen.log.saved import saved_answers  # noqa: PLC0415
    from trialscreen.log.store import open_log  # noqa: PLC0415
    from trialscreen.output.report.log_lists import entries_listing, entries_page  # noqa: PLC0415

    with open_log(file) as log:
        every = list(log.every(details=False))
    folders = dict.fromkeys((file.absolute().parent, Path.cwd()))
    saved = saved_answers(log.nct_id, folders, every)
    listing = entries_listing(every, subject, saved)
    print_result(form, lambda: entries_page(every, subject, saved), listing.data, lambda: listing)


@log_app.command(short_help="Show one entry.")
def show(
    file: LogFile,
    number: Annotated[int, typer.Argument(metavar="ENTRY", help="The entry's number.")],
    form: FormatOption = Format.TABLE,
) -> None:
    """Show one entry: every answer with its evidence, every finding, who, when, the seal."""
    from trialscreen.log.store import open_log  # noqa: PLC0415
    from trialscreen.output.report.entry_page import entry_data, entry_page  # noqa: PLC0415

    with open_log(file) as log:
        entry = log.entry(number)
    if entry is None:
        refuse("log show", f"there is no entry {number}")
    print_result(form, lambda: entry_page(entry), lambda: entry_data(entry))


@log_app.command(short_help="Check that nothing was changed.")
def verify(
    file: LogFile,
    seals: Annotated[
        list[str] | None,
        typer.Option(
            "--seal",
            metavar="ENTRY:SEAL",
            help="A seal noted elsewhere, as on a signed report; may be given again.",
        ),
    ] = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Check that every entry is there, in its order, as it was written.

    A log that was written anew as a whole, or an older copy of it, can only be told by a
    seal that was noted elsewhere: see --seal. Exit code: 0, or 5 if something is wrong.
    """
    from trialscreen.log.verify import read_noted  # noqa: PLC0415
    from trialscreen.log.verify import verify as check  # noqa: PLC0415
    from trialscreen.output.report.log_check import checked_data, checked_page  # noqa: PLC0415

    try:
        noted = [read_noted(text) for text in seals or ()]
    except ValueProblem as problem:
        refuse("--seal", str(problem))
    checked = check(file, noted)
    print_result(form, lambda: checked_page(checked), lambda: checked_data(checked))
    if checked.faults:
        raise typer.Exit(Exit.NOT_VERIFIED)


@log_app.command(short_help="Who would come out otherwise.")
def rescreen(
    context: typer.Context,
    file: LogFile,
    on: Annotated[
        str | None,
        typer.Option(DAY, metavar="YYYY-MM-DD", help="The day; today if none."),
    ] = None,
    amended: Annotated[
        str | None,
        typer.Option("--criteria", metavar="NEW", help="The criteria file to screen by."),
    ] = None,
    everyone: Annotated[
        bool, typer.Option("--all", help="List those whose verdict stays, too.")
    ] = False,
    form: FormatOption = Format.TABLE,
) -> None:
    """Screen every subject again, with the answers of the log, on another day or by new criteria.

    With --criteria, also which criteria changed, against the file in use, and which of the
    enrolled it touches. Nothing is added to the log.
    """
    from trialscreen.log.board import decided  # noqa: PLC0415
    from trialscreen.log.entry import ScreeningEntry  # noqa: PLC0415
    from trialscreen.log.follow_up import latest, rescreen_newest  # noqa: PLC0415
    from trialscreen.log.store import open_log  # noqa: PLC0415
    from trialscreen.output.report import amendment_page as report  # noqa: PLC0415
    from trialscreen.output.report.log_lists import rescreen_listing, rescreen_page  # noqa: PLC0415

    old, day = load_trial(context.obj), day_given(DAY, on)
    new = old if amended is None else load_trial(amended)
    with open_log(file) as log:
        log.check_trial(new.registration.nct_id)
        entries = _without_details(log)
        enrolled = {
            name: one.dose_cohort or "enrolled"
            for name, one in decided(entries).items()
            if one.decision == "enrolled"
        }

        def is_told(one: "Again") -> bool:
            is_listed = everyone or one.to_be_told or one.is_outdated
            return is_listed or one.entry.subject in enrolled

        newest = latest(one for one in entries if isinstance(one, ScreeningEntry))
        found = rescreen_newest(new, newest, log.entries(), day, is_told)
    if amended is not None:
        amendment = report.Amendment(old, new, found, enrolled, everyone)
        page, data = report.amendment_page, report.amendment_data
        print_result(
            form, lambda: page(amendment), lambda: data(amendment), lambda: amendment.listing
        )
        return
    told = [one for one in found if everyone or one.to_be_told or one.is_outdated]
    listing = rescreen_listing(told, enrolled)
    empty = f"{len(found)} subjects on {day}: every verdict stays."
    print_result(form, lambda: rescreen_page(told, enrolled, empty), listing.data, lambda: listing)


def _without_details(log: "Log") -> "list[Kept]":
    """All entries. Raises InputError for the first that is damaged, if only in its details."""
    try:
        return list(log.every(details=False))
    except InputError:
        for _ in log.every():  # of which one may be damaged before that one
            pass
        raise


@log_app.command(short_help="Who is to be screened again, and when.")
def due(
    file: LogFile,
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="YYYY-MM-DD", help="Only who is due by this day."),
    ] = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """List who fails now and will not from some day on, if nothing else changes."""
    from trialscreen.log.follow_up import due as who_is_due  # noqa: PLC0415
    from trialscreen.log.store import open_log  # noqa: PLC0415
    from trialscreen.output.report.log_lists import due_listing  # noqa: PLC0415

    last = None if until is None else day_given("--until", until)
    with open_log(file) as log:
        found = who_is_due(log.entries(details=False))
    wanted = [one for one in found if last is None or one.day <= last]
    listing = due_listing(wanted, today())
    print_result(form, lambda: listing.page("Nobody is due."), listing.data, lambda: listing)


log_app.command(help=help_of(decide), short_help="Decide of a subject.")(decide)
log_app.command(help=help_of(cohort), short_help="State of a dose cohort.")(cohort)
log_app.command(help=help_of(cohorts), short_help="Places, and who may be next.")(cohorts)
log_app.command(help=help_of(todo), short_help="Who waits for what.")(todo)
log_app.command("export", help=help_of(screening_log), short_help="The log as a table.")(
    screening_log
)
