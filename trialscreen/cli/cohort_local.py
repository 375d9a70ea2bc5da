"""`cohort` on this machine: from the options to a run, its counts, and a first column map."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from trialscreen import __version__
from trialscreen.cli.cohort_report import report
from trialscreen.cli.options import NO_SITE, screening_day, site_settings, today
from trialscreen.cli.output import STDOUT, needing, say
from trialscreen.model.errors import Problem, collected, raise_any
from trialscreen.model.trial import SCREENING_DATE, Trial
from trialscreen.text.characters import count_of, nearest, printable, shown

if TYPE_CHECKING:
    from trialscreen.output.report.attrition_page import Cohort
    from trialscreen.tables.cohort.run import Done, Job, Progress


class CohortOptions(NamedTuple):
    """What the options ask for, as given; `on` names the day."""

    inputs: list[str]
    output: Path
    key: str
    on: str | None
    most_bad: float
    columns: Path | None
    sheet: str | None
    encoding: str | None
    problems: Path | None
    also: str | None
    attrition: str | None
    small_cells: int | None
    master: str | None
    site: str | None = None


def write_columns(trial: Trial, asked: CohortOptions, path: Path) -> None:
    """Writes the draft of a map into a new file, and tells how far it goes. Raises InputError."""
    with needing("cohort", "needs one more package", "cohort", "polars"):
        from trialscreen.tables.cohort.draft_map import draft_of, write_draft
        from trialscreen.tables.cohort.readers.inputs import find_files
    raise_any([*_unknown(asked.encoding)])
    files = find_files(asked.inputs)
    drafted = draft_of(trial, files, asked.key, asked.sheet, asked.encoding)
    write_draft(path, drafted.text)
    say(
        *drafted.notes,
        f"{drafted.matched:,} of {count_of(drafted.columns, 'column')} recognised:"
        f" {printable(str(path))}; correct it before you give it to --columns",
    )


def screen_here(trial: Trial, asked: CohortOptions) -> None:
    """Screens the files, writes what was asked for, and says what to know. Raises InputError."""
    with needing("cohort", "needs one more package", "cohort", "polars"):
        from trialscreen.tables.cohort.run import run
    from trialscreen.text.text_files import whole_file

    job = _job(trial, asked)
    with whole_file(job.beside[0]) if job.beside else nullcontext() as part:
        with _progress() as progress:
            done = run(trial, job, progress, with_attrition=asked.attrition is not None)
        if done.attrition is not None:
            _tell(_counted(trial, job, done, asked.small_cells), part, job.beside)
    report(trial, job, done)


def _job(trial: Trial, asked: CohortOptions) -> "Job":
    """Raises InputError with everything that is wrong with the options."""
    from trialscreen.tables.cohort.batches import Anchor
    from trialscreen.tables.cohort.column_map import NO_MAP
    from trialscreen.tables.cohort.readers.inputs import find_files
    from trialscreen.tables.cohort.run import Job

    problems = [*_wrong_attrition(asked), *_unknown(asked.encoding)]
    if asked.master is not None:
        problems.append(Problem("--master", "is for --engine spark"))
    day = screening_day(trial, asked.on, problems)
    also = _columns(asked.also, problems)
    files: tuple[Path, ...] = ()
    column_map, site = NO_MAP, NO_SITE
    with collected(problems):
        files = find_files(asked.inputs)
    with collected(problems):
        site = site_settings(trial, asked.site)
    if asked.columns is not None:
        from trialscreen.tables.cohort.column_map_file import read_targets

        with collected(problems):
            column_map = read_targets(trial, asked.columns)
    raise_any(problems)
    return Job(
        files,
        asked.output,
        asked.key,
        Anchor(day, today()),
        column_map,
        asked.sheet,
        asked.problems,
        asked.most_bad,
        also,
        () if asked.attrition in (None, STDOUT) else (Path(str(asked.attrition)),),
        asked.encoding,
        site,
    )


def _unknown(encoding: str | None) -> Iterator[Problem]:
    """That an encoding is not known."""
    from trialscreen.tables.cohort.readers.utf8_copies import is_encoding

    if encoding is not None and not is_encoding(encoding):
        message = f"{shown(encoding)} is not a known encoding; expected gb18030, windows-1252, …"
        yield Problem("--encoding", message)


def _columns(also: str | None, problems: list[Problem]) -> tuple[str, ...]:
    """The columns that --also names."""
    if also is None:
        return ()
    from trialscreen.tables.cohort.extra_columns import COLUMNS

    named = dict.fromkeys(map(str.strip, also.split(",")))
    names = tuple(name for name in named if name != "open")  # which is there in any case
    problems.extend(
        Problem("--also", f"{shown(name)}; expected {', '.join(COLUMNS)}.{nearest(name, COLUMNS)}")
        for name in names
        if name not in COLUMNS
    )
    return names


@contextmanager
def _progress() -> Iterator["Progress"]:
    """A bar on stderr, if that is a terminal: how far it is, or how many rows if that is open."""
    from trialscreen.tables.cohort.run import NO_PROGRESS, Progress

    if not sys.stderr.isatty():
        yield NO_PROGRESS
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    rows = TextColumn("{task.completed:,.0f} patients")
    columns = (BarColumn(), rows, TimeElapsedColumn())
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("", total=None)
        yield Progress(
            lambda count: bars.update(task, total=None if count is None else count()),
            lambda more: bars.advance(task, more),
        )


# Attrition.


def _wrong_attrition(asked: CohortOptions) -> Iterator[Problem]:
    place = asked.attrition
    if place is None:
        if asked.small_cells is not None:
            yield Problem("--small-cells", "is for --attrition")
        return
    from trialscreen.output.report.attrition_data import ENDINGS

    if place != STDOUT and Path(place).suffix.lower() not in ENDINGS:
        known = f"expected a name that ends in {', '.join(ENDINGS)}, or {STDOUT} for tables"
        yield Problem(f"--attrition {printable(place)}", known)


def _counted(trial: Trial, job: "Job", done: "Done", small_cells: int | None) -> "Cohort":
    from trialscreen.output.report.attrition_page import Cohort
    from trialscreen.tables.attrition.disclosure import disclosed

    assert done.attrition is not None
    found = done.attrition if small_cells is None else disclosed(done.attrition, small_cells)
    stated = done.quality.filled[SCREENING_DATE]
    on = None if stated == done.quality.rows else job.anchor.on
    return Cohort(trial, on, found, small_cells, own_days=stated > 0)


def _tell(cohort: "Cohort", part: Path | None, files: tuple[Path, ...]) -> None:
    """Renders the counts: into `part`, which becomes the file, or as tables on standard output."""
    if part is None:
        from trialscreen.output.report.attrition_page import attrition_page
        from trialscreen.output.report.render.terminal import show

        show(attrition_page(cohort))
        return
    from trialscreen.output.report.attrition_data import attrition_text
    from trialscreen.text.text_files import writing

    text = attrition_text(cohort, files[0].suffix.lower(), __version__)
    with writing(str(files[0])):
        part.write_text(text, encoding="utf-8", newline="\n")
