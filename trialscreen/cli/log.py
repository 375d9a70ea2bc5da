"""`log …`: the screening log, read and checked. `screen --log` adds to it."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from trialscreen.cli import options
from trialscreen.cli.commands import argument, option
from trialscreen.cli.output import Exit, Format, print_result
from trialscreen.criteria_file.load import load_trial
from trialscreen.model.errors import InputError, ValueProblem, refuse

if TYPE_CHECKING:
    from trialscreen.log.decisions import Kept
    from trialscreen.log.entry import ScreeningEntry
    from trialscreen.log.follow_up import Again
    from trialscreen.log.store import Log


def list_entries(
    file: Path = options.LOG,
    subject: str | None = option("--subject", "Only this subject's.", "CODE"),
    form: Format = options.FORMAT,
) -> None:
    """List the entries of a log, each with its outcome; corrected ones too.

    Answers that an interview saved with the subject's code, here or beside the log, are found
    as well.
    """
    from trialscreen.log.saved import saved_answers
    from trialscreen.log.store import open_log
    from trialscreen.output.report.log_lists import entries_listing, entries_page

    with open_log(file) as log:
        every = list(log.every(details=False))
    folders = dict.fromkeys((file.absolute().parent, Path.cwd()))
    saved = saved_answers(log.nct_id, folders, every)
    listing = entries_listing(every, subject, saved)
    print_result(form, lambda: entries_page(every, subject, saved), listing.data, lambda: listing)


def show(
    file: Path = options.LOG,
    number: int = argument("ENTRY", "The entry's number."),
    form: Format = options.FORMAT,
) -> None:
    """Show one entry: every answer with its evidence, every finding, who, when, the seal."""
    from trialscreen.log.store import open_log
    from trialscreen.output.report.entry_page import entry_data, entry_page

    with open_log(file) as log:
        entry = log.entry(number)
    if entry is None:
        refuse("log show", f"there is no entry {number}")
    print_result(form, lambda: entry_page(entry), lambda: entry_data(entry))


def verify(
    file: Path = options.LOG,
    seals: list[str] | None = option(
        "--seal", "A seal noted elsewhere, as on a signed report; may be given again.", "ENTRY:SEAL"
    ),
    form: Format = options.FORMAT,
) -> None:
    """Check that every entry is there, in its order, as it was written.

    A log that was written anew as a whole, or an older copy of it, can only be told by a
    seal that was noted elsewhere: see --seal. Exit code: 0, or 5 if something is wrong.
    """
    from trialscreen.log.verify import read_noted
    from trialscreen.log.verify import verify as check
    from trialscreen.output.report.log_check import checked_data, checked_page

    try:
        noted = [read_noted(text) for text in seals or ()]
    except ValueProblem as problem:
        refuse("--seal", str(problem))
    checked = check(file, noted)
    print_result(form, lambda: checked_page(checked), lambda: checked_data(checked))
    if checked.faults:
        raise typer.Exit(Exit.NOT_VERIFIED)


def rescreen(
    context: typer.Context,
    file: Path = options.LOG,
    on: str | None = option("--screening-date", "The day; today if none.", "YYYY-MM-DD"),
    amended: str | None = option("--criteria", "The criteria file to screen by.", "NEW"),
    everyone: bool = option("--all", "List those whose verdict stays, too.", default=False),
    form: Format = options.FORMAT,
) -> None:
    """Screen every subject again, with the answers of the log, on another day or by new criteria.

    With --criteria, also which criteria changed, against the file in use, and which of the
    enrolled it touches. Nothing is added to the log.
    """
    from trialscreen.log.board import decided
    from trialscreen.log.entry import ScreeningEntry
    from trialscreen.log.follow_up import latest, rescreen_newest
    from trialscreen.log.store import open_log
    from trialscreen.output.report import amendment_page as report
    from trialscreen.output.report.log_lists import rescreen_listing, rescreen_page

    old, day = load_trial(context.obj), options.day_given("--screening-date", on)
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


def due(
    file: Path = options.LOG,
    until: str | None = option("--until", "Only who is due by this day.", "YYYY-MM-DD"),
    form: Format = options.FORMAT,
) -> None:
    """List who fails now and will not from some day on, if nothing else changes."""
    from trialscreen.log.follow_up import due as who_is_due
    from trialscreen.log.store import open_log
    from trialscreen.output.report.log_lists import due_listing

    last = None if until is None else options.day_given("--until", until)
    with open_log(file) as log:
        found = who_is_due(log.entries(details=False))
    wanted = [one for one in found if last is None or one.day <= last]
    listing = due_listing(wanted, options.today())
    print_result(form, lambda: listing.page("Nobody is due."), listing.data, lambda: listing)


class QueueFormat(StrEnum):
    """How the queue is printed: as every list, or for a calendar."""

    TABLE = Format.TABLE
    PLAIN = Format.PLAIN
    JSON = Format.JSON
    MARKDOWN = Format.MARKDOWN
    CSV = Format.CSV
    ICS = "ics"


def todo(
    context: typer.Context,
    file: Path = options.LOG,
    on: str | None = options.BOARD_DAY,
    form: QueueFormat = option(
        "--format", "How it is printed; ics is for calendars.", default=QueueFormat.TABLE
    ),
) -> None:
    """List every subject who waits and is not decided: for what, since when, until when.

    For consent, values that are awaited, a washout, the investigator's judgement, or new
    values for stale ones; not for what is merely unknown. `days` until the next date are
    negative where it is overdue.
    """
    from trialscreen.log.queue import queue
    from trialscreen.log.store import open_log
    from trialscreen.output.report.queue_list import queue_listing, queue_page

    trial, day = load_trial(context.obj), options.day_given("--on", on)
    with open_log(file) as log:
        log.check_trial(trial.registration.nct_id)

        def full(entry: "ScreeningEntry") -> "ScreeningEntry":
            found = log.entry(entry.number)
            assert isinstance(found, type(entry))
            return found

        found = queue(trial, log.every(details=False), day, full)
    if form is QueueFormat.ICS:
        from trialscreen.output.export.queue_calendar import queue_calendar

        sys.stdout.flush()
        sys.stdout.buffer.write(queue_calendar(found, trial.registration.nct_id, log.id))
        return
    listing = queue_listing(found, day)
    print_result(
        Format(form.value),
        lambda: queue_page(trial, found, day),
        listing.data,
        lambda: listing,
    )
