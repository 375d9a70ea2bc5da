"""`log …`: lists, verifies and re-screens the screening log, and records decisions in it."""

import sys
from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from trialscreen import __version__
from trialscreen.cli import options
from trialscreen.cli.completion import dose_cohorts
from trialscreen.cli.output import Exit, Format, print_result, say, say_note
from trialscreen.cli.parameters import argument, option
from trialscreen.criteria_file.load import load_trial
from trialscreen.log import verify as checking
from trialscreen.log.entry import Choice, CohortState, Decision, ScreeningEntry, State
from trialscreen.log.store import open_log, open_or_begin
from trialscreen.model.errors import InputError, Problem, ValueProblem, raise_any, refuse
from trialscreen.model.trial import Trial
from trialscreen.text.characters import count_of, nearest, printable, shown, some

if TYPE_CHECKING:
    from trialscreen.log.follow_up import Again


def list_entries(
    file: Path = options.LOG,
    subject: str | None = option("Only this subject's.", "CODE"),
    form: Format = options.FORMAT,
) -> None:
    """List the entries of a log, each with its outcome; corrected ones too.

    Answers that an interview saved with the subject's code, here or beside the log, are found
    as well.
    """
    from trialscreen.log.saved import saved_answers
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
    form: Format = options.PAGE_FORMAT,
) -> None:
    """Show one entry: every answer with its evidence, every finding, who, when, the seal."""
    from trialscreen.output.report.entry_page import entry_data, entry_page

    with open_log(file) as log:
        entry = log.entry(number)
    if entry is None:
        refuse("log show", f"there is no entry {number}")
    print_result(form, lambda: entry_page(entry), lambda: entry_data(entry))


def verify(
    file: Path = options.LOG,
    seal: list[str] | None = option(
        "A seal noted elsewhere, as on a signed report; can be repeated.", "ENTRY:SEAL"
    ),
    form: Format = options.PAGE_FORMAT,
) -> None:
    """Check that every entry is there, in its order, as it was written.

    A log that was written anew as a whole, or an older copy of it, can only be detected by a
    seal that was noted elsewhere: see --seal. Exit code: 0, or 5 if something is wrong.
    """
    from trialscreen.output.report.log_lists import checked_data, checked_page

    try:
        noted = [checking.read_noted(text) for text in seal or ()]
    except ValueProblem as problem:
        refuse("--seal", str(problem))
    checked = checking.verify(file, noted)
    print_result(form, lambda: checked_page(checked), lambda: checked_data(checked))
    if checked.faults:
        raise typer.Exit(Exit.NOT_VERIFIED)


def rescreen(
    old: Trial,
    file: Path = options.LOG,
    screening_date: str | None = option("The day; today if none.", "YYYY-MM-DD"),
    criteria: str | None = option("The criteria file to screen by.", "NEW"),
    everyone: bool = option("List those whose verdict stays, too.", None, "--all"),
    form: Format = options.FORMAT,
) -> None:
    """Screen every subject again, with the answers of the log, on another day or by new criteria.

    With --criteria, also which criteria changed, against the file in use, and which of the
    enrolled it touches. Nothing is added to the log.
    """
    from trialscreen.log.entry import latest, standing
    from trialscreen.log.follow_up import rescreen as screen_again
    from trialscreen.output.report import log_lists as report

    day = options.day_given("--screening-date", screening_date)
    new = old if criteria is None else load_trial(criteria)
    with open_log(file) as log:
        log.check_trial(new.registration.nct_id)
        try:
            entries = list(log.every(details=False))
        except InputError:
            for _ in log.every():  # raises for an earlier entry, if its details are damaged
                pass
            raise
        enrolled = {
            name: one.dose_cohort or "enrolled"
            for name, one in latest(standing(entries)).items()
            if one.decision == "enrolled"
        }

        def is_told(one: "Again") -> bool:
            is_listed = everyone or one.to_be_told or one.is_outdated
            return is_listed or one.entry.subject in enrolled

        newest = latest(one for one in entries if isinstance(one, ScreeningEntry))
        found = screen_again(new, newest, log.entries(), day, is_told)
    if criteria is not None:
        amendment = report.Amendment(old, new, found, enrolled, everyone)
        page = partial(report.amendment_page, amendment)
        data = partial(report.amendment_data, amendment)
        print_result(form, page, data, lambda: amendment.listing)
        return
    told = [one for one in found if everyone or one.to_be_told or one.is_outdated]
    listing = report.rescreen_listing(told, enrolled)
    empty = f"{count_of(len(found), 'subject')} on {day}: every verdict stays."
    print_result(
        form, lambda: report.rescreen_page(told, enrolled, empty), listing.data, lambda: listing
    )


def due(
    file: Path = options.LOG,
    until: str | None = option("Only who is due by this day.", "YYYY-MM-DD"),
    form: Format = options.FORMAT,
) -> None:
    """List who fails now and will not from some day on, if nothing else changes.

    Not who has declined, withdrawn or been enrolled since. 'in days' is negative where that
    day is past.
    """
    from trialscreen.log.follow_up import due as who_is_due
    from trialscreen.output.report.log_lists import due_listing

    last = None if until is None else options.day_given("--until", until)
    with open_log(file) as log:
        found = who_is_due(log.every(details=False))
    wanted = [one for one in found if last is None or one.day <= last]
    listing = due_listing(wanted, options.today())
    print_result(form, lambda: listing.page("Nobody is due."), listing.data, lambda: listing)


class QueueFormat(StrEnum):
    """The output formats of the queue: those of every list, and iCalendar."""

    TABLE = Format.TABLE
    PLAIN = Format.PLAIN
    JSON = Format.JSON
    MARKDOWN = Format.MARKDOWN
    CSV = Format.CSV
    ICS = "ics"


def todo(
    trial: Trial,
    file: Path = options.LOG,
    on: str | None = options.BOARD_DAY,
    form: QueueFormat = option(
        "How it is printed; ics is for calendars.", None, "--format", default=QueueFormat.TABLE
    ),
) -> None:
    """List every subject who waits and is not decided: for what, since when, until when.

    For consent, values that are awaited, a washout, the investigator's judgement, or new
    values for stale ones; not for what is merely unknown. `days` until the next date are
    negative where it is overdue.
    """
    from trialscreen.log.follow_up import queue
    from trialscreen.output.report.log_lists import queue_listing, queue_page

    day = options.day_given("--on", on)
    with open_log(file) as log:
        log.check_trial(trial.registration.nct_id)

        def full(entry: ScreeningEntry) -> ScreeningEntry:
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
    page = partial(queue_page, trial, found, day)
    print_result(Format(form.value), page, listing.data, lambda: listing)


# Decisions and dose cohorts.

_BY = option("Who enters it, as initials.", "CODE")
_CORRECTS = option("The entry that it replaces.", "ENTRY", min=1)


def decide(
    trial: Trial,
    file: Path = options.LOG,
    subject: str = option("The subject's code.", "CODE"),
    decision: Choice = option("What was decided; none: with --corrects only."),
    by: str = _BY,
    dose_cohort: str | None = option(
        "With enrolled: into which.", "NAME", autocompletion=dose_cohorts
    ),
    on: str | None = options.ON,
    reason: str | None = option("Why; kept with the decision.", "TEXT"),
    not_dosed: bool = option("With withdrawn: before any dose; frees the place."),
    corrects: int | None = _CORRECTS,
    site: str | None = options.SITE,
    form: Format = options.PAGE_FORMAT,
) -> None:
    """Enter what people decided of a subject: an entry like any other.

    The day of an enrolment stands for that of the dose. An enrolment is refused unless
    --reason says why, if the newest screening is not eligible on that day or has stale
    values, or the dose cohort is not open, not the next one, full, or within its intervals.
    """
    from trialscreen.log.board import checked
    from trialscreen.log.entry import criteria_of

    problems: list[Problem] = []
    day = _past_day(on)
    cohort = _named(trial, dose_cohort, problems)
    problems += _misplaced(trial, decision, dose_cohort, corrects, not_dosed=not_dosed)
    corrected = options.correction(corrects, reason, problems)
    pattern = options.site_settings(trial, site).subject_pattern
    problems += options.code_problems({"--by": by, "--reason": reason})
    entry = Decision(
        *(subject, day, criteria_of(trial), decision, cohort, reason or ""),
        not_dosed=not_dosed,
        corrects=corrected,
    )
    with open_or_begin(file, trial.registration.nct_id, __version__, begin=False) as log:
        if not any(subject == one.subject for one in log.entries(details=False)):
            problems += options.code_problems({"--subject": subject}, pattern)
        raise_any(problems)
        log.check_spelling(subject)
        entry = log.append(entry, by, __version__, lambda log, one: checked(trial, log, one))
        newest = None if entry.screening is None else log.entry(entry.screening)
    _tell(file.name, entry, form)
    if reason and isinstance(newest, ScreeningEntry) and newest.stage == "before consent":
        say_note(
            "the reason is kept as it was written; before consent, do not write answers into it"
        )


def cohort(
    trial: Trial,
    file: Path = options.LOG,
    name: str = argument("COHORT", "A dose cohort, as registered.", autocompletion=dose_cohorts),
    state: State = option("What the sponsor decided."),
    by: str = _BY,
    places: int | None = option("For how many participants.", "N", min=1),
    sentinel_days: int | None = option("Days between two doses in it.", "N", min=0),
    observation_days: int | None = option(
        "Days from its last dose to the first of the next cohort.", "N", min=0
    ),
    on: str | None = options.ON,
    reason: str | None = option("Why; kept with the entry.", "TEXT"),
    corrects: int | None = _CORRECTS,
    form: Format = options.PAGE_FORMAT,
) -> None:
    """Enter what the sponsor decided of a dose cohort: an entry like any other.

    Nothing of it is on the registry page. What is not given stays as it was decided before.
    """
    from trialscreen.log.entry import criteria_of

    problems: list[Problem] = []
    day = _past_day(on)
    registered = _named(trial, name, problems, "COHORT")
    corrected = options.correction(corrects, reason, problems)
    problems += options.code_problems({"--by": by, "--reason": reason})
    raise_any(problems)
    terms = (places, sentinel_days, observation_days, reason or "", corrected)
    entry = CohortState(registered or "", day, criteria_of(trial), state, *terms)
    with open_or_begin(file, trial.registration.nct_id, __version__) as log:
        entry = log.append(entry, by, __version__)
    _tell(file.name, entry, form)


def cohorts(
    trial: Trial,
    file: Path = options.LOG,
    on: str | None = options.BOARD_DAY,
    form: Format = options.FORMAT,
) -> None:
    """The board of the dose cohorts: places, who holds them, whether the next may be dosed.

    It proposes no dose and assigns nobody.
    """
    from trialscreen.log.board import board
    from trialscreen.output.report.log_page import board_data, board_listing, board_page

    day = options.day_given("--on", on)
    with open_log(file) as log:
        log.check_trial(trial.registration.nct_id)
        found = board(trial, log.every(details=False), day)
    page, data = partial(board_page, found), partial(board_data, found)
    print_result(form, page, data, partial(board_listing, found))


def _past_day(text: str | None) -> date:
    """The date of a decision. Raises InputError if it is invalid or in the future."""
    day, today = options.day_given("--on", text), options.today()
    if day > today:
        refuse("--on", f"{day} lies in the future; what was decided by today, {today}, is entered")
    return day


def _named(
    trial: Trial, name: str | None, problems: list[Problem], where: str = "--dose-cohort"
) -> str | None:
    """A dose cohort's registered name, matched regardless of case."""
    known = {one.name.casefold(): one.name for one in trial.registration.dose_cohorts}
    found = None if name is None else known.get(name.strip().casefold())
    if name is not None and found is None:
        names = some(list(known.values())) or "none, for the trial has no dose cohort"
        message = f"{shown(name)}; expected {names}.{nearest(name, known.values())}"
        problems.append(Problem(where, message))
    return found


def _misplaced(
    trial: Trial, decision: Choice, cohort: str | None, corrects: int | None, *, not_dosed: bool
) -> Iterator[Problem]:
    if decision == "enrolled" and cohort is None and trial.registration.dose_cohorts:
        names = some([one.name for one in trial.registration.dose_cohorts])
        yield Problem("--dose-cohort", f"is needed with enrolled; expected {names}")
    if decision != "enrolled" and cohort is not None:
        yield Problem("--dose-cohort", "is for enrolled only")
    if decision != "withdrawn" and not_dosed:
        yield Problem("--not-dosed", "is for withdrawn only")
    if decision == "none" and corrects is None:
        yield Problem("--decision", "none takes back an entry; name it with --corrects")


def _tell(file: str, entry: Decision | CohortState, form: Format) -> None:
    from trialscreen.output.report.entry_page import entry_data, entry_page

    seal = checking.noted_as(entry.number, entry.seal)
    say(f"log: entry {entry.number} added to {printable(file)}, seal {seal}.")
    print_result(form, lambda: entry_page(entry), lambda: entry_data(entry))
