"""`log decide`, `log cohort` and `log cohorts`: who takes part, and which dose cohort is open."""

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from trialscreen import __version__
from trialscreen.cli.completion import dose_cohorts
from trialscreen.cli.log_entry import code_problems
from trialscreen.cli.options import (
    FormatOption,
    LogFile,
    SiteOption,
    day_given,
    site_settings,
    today,
)
from trialscreen.cli.output import Format, print_result, say
from trialscreen.criteria_file.load import load_trial
from trialscreen.log.decisions import Choice, CohortState, Decision, State
from trialscreen.model.errors import Problem, raise_any, refuse
from trialscreen.model.trial import Trial
from trialscreen.text.characters import nearest, printable, shown, some

if TYPE_CHECKING:
    from trialscreen.log.entry import Correction

ON = "--on"
ByOption = Annotated[str, typer.Option("--by", metavar="CODE", help="Who enters it, as initials.")]
OnOption = Annotated[
    str | None, typer.Option(ON, metavar="YYYY-MM-DD", help="Its day; today if none.")
]
BoardDay = Annotated[
    str | None, typer.Option(ON, metavar="YYYY-MM-DD", help="As of this day; today if none.")
]
CorrectsOption = Annotated[
    int | None,
    typer.Option("--corrects", metavar="ENTRY", min=1, help="The entry that it replaces."),
]


def decide(
    context: typer.Context,
    file: LogFile,
    subject: Annotated[str, typer.Option("--subject", metavar="CODE", help="The subject's code.")],
    decision: Annotated[
        Choice, typer.Option("--decision", help="What was decided; none: with --corrects only.")
    ],
    by: ByOption,
    dose_cohort: Annotated[
        str | None,
        typer.Option(
            "--dose-cohort",
            metavar="NAME",
            help="With enrolled: into which.",
            autocompletion=dose_cohorts,
        ),
    ] = None,
    on: OnOption = None,
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="TEXT", help="Why; kept with the decision.")
    ] = None,
    not_dosed: Annotated[
        bool,
        typer.Option("--not-dosed", help="With withdrawn: before any dose; frees the place."),
    ] = False,
    corrects: CorrectsOption = None,
    site: SiteOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Enter what people decided of a subject: an entry like any other.

    The day of an enrolment stands for that of the dose. An enrolment is refused unless
    --reason says why, if the newest screening is not eligible on that day or has stale
    values, or the dose cohort is not open, not the next one, full, or within its intervals.
    """
    from trialscreen.log.deciding import checked  # noqa: PLC0415
    from trialscreen.log.recording import criteria_of  # noqa: PLC0415
    from trialscreen.log.store import open_or_begin  # noqa: PLC0415

    trial = load_trial(context.obj)
    problems: list[Problem] = []
    day = _past_day(on)
    cohort = _named(trial, dose_cohort, problems)
    problems += _misplaced(trial, decision, dose_cohort, not_dosed=not_dosed, corrects=corrects)
    correction = _correction(corrects, reason, problems)
    pattern = site_settings(trial, site).subject_pattern
    problems += code_problems(None, by, (None, reason), None)
    entry = Decision(
        *(subject, day, criteria_of(trial), decision, cohort, reason or ""),
        not_dosed=not_dosed,
        corrects=correction,
    )
    with open_or_begin(file, trial.registration.nct_id, __version__, begin=False) as log:
        if not any(subject == one.subject for one in log.entries(details=False)):
            problems += code_problems(subject, None, (None, None), pattern)
        raise_any(problems)
        entry = log.append(entry, by, __version__, lambda log, one: checked(trial, log, one))
    _tell(file.name, entry, form)


def cohort(
    context: typer.Context,
    file: LogFile,
    name: Annotated[
        str,
        typer.Argument(
            metavar="COHORT", help="A dose cohort, as registered.", autocompletion=dose_cohorts
        ),
    ],
    state: Annotated[State, typer.Option("--state", help="What the sponsor decided.")],
    by: ByOption,
    places: Annotated[
        int | None, typer.Option("--places", metavar="N", min=1, help="For how many participants.")
    ] = None,
    sentinel_days: Annotated[
        int | None,
        typer.Option("--sentinel-days", metavar="N", min=0, help="Days between two doses in it."),
    ] = None,
    observation_days: Annotated[
        int | None,
        typer.Option(
            "--observation-days",
            metavar="N",
            min=0,
            help="Days from its last dose to the first of the next cohort.",
        ),
    ] = None,
    on: OnOption = None,
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="TEXT", help="Why; kept with the entry.")
    ] = None,
    corrects: CorrectsOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Enter what the sponsor decided of a dose cohort: an entry like any other.

    Nothing of it is on the registry page. What is not given stays as it was decided before.
    """
    from trialscreen.log.recording import criteria_of  # noqa: PLC0415
    from trialscreen.log.store import open_or_begin  # noqa: PLC0415

    trial = load_trial(context.obj)
    problems: list[Problem] = []
    day = _past_day(on)
    registered = _named(trial, name, problems, "COHORT")
    correction = _correction(corrects, reason, problems)
    problems += code_problems(None, by, (None, reason), None)
    raise_any(problems)
    terms = (places, sentinel_days, observation_days, reason or "", correction)
    entry = CohortState(registered or "", day, criteria_of(trial), state, *terms)
    with open_or_begin(file, trial.registration.nct_id, __version__) as log:
        entry = log.append(entry, by, __version__)
    _tell(file.name, entry, form)


def cohorts(
    context: typer.Context,
    file: LogFile,
    on: BoardDay = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """The board of the dose cohorts: places, who holds them, whether the next may be dosed.

    It proposes no dose and assigns nobody.
    """
    from trialscreen.log.board import board  # noqa: PLC0415
    from trialscreen.log.store import open_log  # noqa: PLC0415
    from trialscreen.output.report.board_page import board_data, board_listing, board_page  # noqa: PLC0415

    trial, day = load_trial(context.obj), day_given(ON, on)
    with open_log(file) as log:
        log.check_trial(trial.registration.nct_id)
        found = board(trial, log.every(details=False), day)
    print_result(
        form, lambda: board_page(found), lambda: board_data(found), lambda: board_listing(found)
    )


def _past_day(text: str | None) -> date:
    """The day of what was decided. Raises InputError."""
    day = day_given(ON, text)
    if day > today():
        refuse(ON, f"{day} lies in the future; what was decided by today, {today()}, is entered")
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


def _correction(
    corrects: int | None, reason: str | None, problems: list[Problem]
) -> "Correction | None":
    from trialscreen.log.entry import Correction  # noqa: PLC0415

    if corrects is None:
        return None
    if not (reason or "").strip():
        message = "is needed with --corrects: why is the entry corrected?"
        problems.append(Problem("--reason", message))
    return Correction(corrects, reason or "")


def _tell(file: str, entry: Decision | CohortState, form: Format) -> None:
    """The entry as it was added."""
    from trialscreen.log.verify import noted_as  # noqa: PLC0415
    from trialscreen.output.report.entry_page import entry_data, entry_page  # noqa: PLC0415

    seal = noted_as(entry.number, entry.seal)
    say(f"log: entry {entry.number} added to {printable(file)}, seal {seal}.")
    print_result(form, lambda: entry_page(entry), lambda: entry_data(entry))
