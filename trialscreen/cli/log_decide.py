"""`log decide`, `log cohort` and `log cohorts`: who takes part, and which dose cohort is open."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import typer

from trialscreen import __version__
from trialscreen.cli import options
from trialscreen.cli.commands import argument, option
from trialscreen.cli.completion import dose_cohorts
from trialscreen.cli.output import Format, print_result, say
from trialscreen.criteria_file.load import load_trial
from trialscreen.log.decisions import Choice, CohortState, Decision, State
from trialscreen.model.errors import Problem, raise_any, refuse
from trialscreen.model.trial import Trial
from trialscreen.text.characters import nearest, printable, shown, some

BY_OPTION = option("--by", "Who enters it, as initials.", "CODE", default=...)
CORRECTS_OPTION = option("--corrects", "The entry that it replaces.", "ENTRY", min=1)


def decide(
    context: typer.Context,
    file: Path = options.LOG,
    subject: str = option("--subject", "The subject's code.", "CODE", default=...),
    decision: Choice = option(
        "--decision", "What was decided; none: with --corrects only.", default=...
    ),
    by: str = BY_OPTION,
    dose_cohort: str | None = option(
        "--dose-cohort", "With enrolled: into which.", "NAME", autocompletion=dose_cohorts
    ),
    on: str | None = options.ON,
    reason: str | None = option("--reason", "Why; kept with the decision.", "TEXT"),
    not_dosed: bool = option(
        "--not-dosed", "With withdrawn: before any dose; frees the place.", default=False
    ),
    corrects: int | None = CORRECTS_OPTION,
    site: str | None = options.SITE,
    form: Format = options.FORMAT,
) -> None:
    """Enter what people decided of a subject: an entry like any other.

    The day of an enrolment stands for that of the dose. An enrolment is refused unless
    --reason says why, if the newest screening is not eligible on that day or has stale
    values, or the dose cohort is not open, not the next one, full, or within its intervals.
    """
    from trialscreen.log.deciding import checked
    from trialscreen.log.recording import criteria_of
    from trialscreen.log.store import open_or_begin

    trial = load_trial(context.obj)
    problems: list[Problem] = []
    day = _past_day(on)
    cohort = _named(trial, dose_cohort, problems)
    problems += _misplaced(trial, decision, dose_cohort, not_dosed=not_dosed, corrects=corrects)
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
        entry = log.append(entry, by, __version__, lambda log, one: checked(trial, log, one))
    _tell(file.name, entry, form)


def cohort(
    context: typer.Context,
    file: Path = options.LOG,
    name: str = argument("COHORT", "A dose cohort, as registered.", autocompletion=dose_cohorts),
    state: State = option("--state", "What the sponsor decided.", default=...),
    by: str = BY_OPTION,
    places: int | None = option("--places", "For how many participants.", "N", min=1),
    sentinel_days: int | None = option(
        "--sentinel-days", "Days between two doses in it.", "N", min=0
    ),
    observation_days: int | None = option(
        "--observation-days", "Days from its last dose to the first of the next cohort.", "N", min=0
    ),
    on: str | None = options.ON,
    reason: str | None = option("--reason", "Why; kept with the entry.", "TEXT"),
    corrects: int | None = CORRECTS_OPTION,
    form: Format = options.FORMAT,
) -> None:
    """Enter what the sponsor decided of a dose cohort: an entry like any other.

    Nothing of it is on the registry page. What is not given stays as it was decided before.
    """
    from trialscreen.log.recording import criteria_of
    from trialscreen.log.store import open_or_begin

    trial = load_trial(context.obj)
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
    context: typer.Context,
    file: Path = options.LOG,
    on: str | None = options.BOARD_DAY,
    form: Format = options.FORMAT,
) -> None:
    """The board of the dose cohorts: places, who holds them, whether the next may be dosed.

    It proposes no dose and assigns nobody.
    """
    from trialscreen.log.board import board
    from trialscreen.log.store import open_log
    from trialscreen.output.report.board_page import board_data, board_listing, board_page

    trial, day = load_trial(context.obj), options.day_given("--on", on)
    with open_log(file) as log:
        log.check_trial(trial.registration.nct_id)
        found = board(trial, log.every(details=False), day)
    print_result(
        form, lambda: board_page(found), lambda: board_data(found), lambda: board_listing(found)
    )


def _past_day(text: str | None) -> date:
    """The day of what was decided. Raises InputError."""
    day = options.day_given("--on", text)
    if day > options.today():
        refuse(
            "--on",
            f"{day} lies in the future; what was decided by today, {options.today()}, is entered",
        )
    return day


def _named(
    trial: Trial, name: str | None, problems: list[Problem], where: str = "--dose-cohort"
) -> str | None:
    """A dose cohort as it is registered; capitals do not count."""
    known = {one.name.casefold(): one.name for one in trial.registration.dose_cohorts}
    if name is None or name.strip().casefold() in known:
        return None if name is None else known[name.strip().casefold()]
    names = some(list(known.values())) or "none, for the trial has no dose cohort"
    problems.append(
        Problem(where, f"{shown(name)}; expected {names}.{nearest(name, known.values())}")
    )
    return None


def _misplaced(
    trial: Trial,
    decision: Choice,
    dose_cohort: str | None,
    *,
    not_dosed: bool,
    corrects: int | None,
) -> Iterator[Problem]:
    """Options that do not go with the decision."""
    if decision == "enrolled" and dose_cohort is None and trial.registration.dose_cohorts:
        names = some([one.name for one in trial.registration.dose_cohorts])
        yield Problem("--dose-cohort", f"is needed with enrolled; expected {names}")
    if decision != "enrolled" and dose_cohort is not None:
        yield Problem("--dose-cohort", "is for enrolled only")
    if decision != "withdrawn" and not_dosed:
        yield Problem("--not-dosed", "is for withdrawn only")
    if decision == "none" and corrects is None:
        yield Problem("--decision", "none takes back an entry; name it with --corrects")


def _tell(file: str, entry: Decision | CohortState, form: Format) -> None:
    """The entry as it was added."""
    from trialscreen.log.verify import noted_as
    from trialscreen.output.report.entry_page import entry_data, entry_page

    seal = noted_as(entry.number, entry.seal)
    say(f"log: entry {entry.number} added to {printable(file)}, seal {seal}.")
    print_result(form, lambda: entry_page(entry), lambda: entry_data(entry))
