"""`cohort`: screens a table of patients. Polars is imported when the command runs."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trialscreen.cli.attrition import (
    AttritionOption,
    SmallCellsOption,
    check,
    files_of,
    tell,
    written,
)
from trialscreen.cli.cohort_draft import DraftOption, write_columns
from trialscreen.cli.cohort_report import report
from trialscreen.cli.cohort_spark import OnSpark, screen_on_spark
from trialscreen.cli.options import day_option, output_option, screening_day, today
from trialscreen.cli.output import refuse
from trialscreen.cli.process import code_of
from trialscreen.criteria_file.load import load_trial
from trialscreen.model.errors import InputError, Problem
from trialscreen.model.trial import SCREENING_DATE, Trial
from trialscreen.tables.quality import MOST_BAD
from trialscreen.text.characters import nearest, shown

if TYPE_CHECKING:
    from trialscreen.output.report.attrition_page import Cohort
    from trialscreen.tables.cohort.column_map import ColumnMap
    from trialscreen.tables.cohort.run import Done, Job, Progress


ONLY_LOCAL = (
    *("--columns", "--sheet", "--encoding", "--problems", "--also"),
    *("--attrition", "--small-cells"),
)
"""Options for files on this machine."""


class Engine(StrEnum):
    """What screens a table."""

    POLARS = "polars"
    SPARK = "spark"


def cohort(
    context: typer.Context,
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT",
            help="CSV (also .csv.gz, .tsv), Parquet, NDJSON or Excel files, by their ending;"
            " patterns such as 'extract/*.parquet' are expanded; - is standard input, CSV or"
            " NDJSON.",
        ),
    ],
    output: Annotated[
        Path | None,
        output_option(
            "The .csv or .parquet file for the findings; an old one is replaced. - is"
            " standard output, as CSV.",
            "OUTPUT",
        ),
    ] = None,
    key: Annotated[
        str, typer.Option("--id", metavar="COLUMN", help="The column with each patient's id.")
    ] = "patient_id",
    on: Annotated[
        str | None, day_option(f" A column {SCREENING_DATE} may hold each patient's own.")
    ] = None,
    columns: Annotated[
        Path | None,
        typer.Option(
            "--columns",
            metavar="FILE",
            help="A YAML file that says which column holds which data element, and how its cells"
            " are written.",
        ),
    ] = None,
    sheet: Annotated[
        str | None, typer.Option("--sheet", metavar="NAME", help="The sheet of an Excel file.")
    ] = None,
    encoding: Annotated[
        str | None,
        typer.Option(
            "--encoding",
            metavar="NAME",
            help="The encoding of text files if it is not UTF-8, such as gb18030 (Chinese"
            " Windows) or windows-1252 (Western Windows).",
        ),
    ] = None,
    problems: Annotated[
        Path | None,
        typer.Option(
            "--problems",
            metavar="FILE",
            help="A CSV file for every value that could not be used, or is unusual: row, id,"
            " element, reason, kind.",
        ),
    ] = None,
    also: Annotated[
        str | None,
        typer.Option(
            "--also",
            metavar="COLUMNS",
            help="More columns, of missing,reasons,clears_on: the elements to ask for, why a"
            " patient fails, the day on which that clears. Slow: each row is screened by itself.",
        ),
    ] = None,
    most_bad: Annotated[
        float,
        typer.Option(
            "--max-bad",
            metavar="SHARE",
            min=0,
            max=1,
            help=f"The share of a column's values that may be unreadable; {MOST_BAD:g} by default.",
            show_default=False,
        ),
    ] = MOST_BAD,
    draft: DraftOption = None,
    attrition: AttritionOption = None,
    small_cells: SmallCellsOption = None,
    engine: Annotated[
        Engine,
        typer.Option(
            "--engine",
            help="What screens: polars, on this machine; spark, for one Parquet file or folder"
            " of typed columns into a new folder.",
        ),
    ] = Engine.POLARS,
    master: Annotated[
        str | None,
        typer.Option("--master", metavar="URL", help="Spark's master, such as local[4]."),
    ] = None,
) -> None:
    """Screen a table of patients, one row each: for each, the verdict and every criterion.

    Columns are data elements by name, typed or as text; a value may carry a bound, a unit
    or a date known in part. What cannot be read is unknown for that patient, and counted.

    Writes the ids, verdict, open, and whether each criterion is met (true, false or empty
    for unknown), in the order of the input. Exit code: 0, or 2 for bad input.
    """
    trial = load_trial(context.obj)
    try:
        if draft is not None:
            with _polars():
                _refuse_unknown(encoding)
                write_columns(trial, inputs, key, sheet, encoding, draft)
            return
        output = _given(output)
        if engine is Engine.SPARK:
            others = (columns, sheet, encoding, problems, also, attrition, small_cells)
            given = dict(zip(ONLY_LOCAL, others, strict=True))
            asked = OnSpark(inputs, str(output), key, on, master, most_bad)
            screen_on_spark(trial, asked, given)
            return
        with _polars():
            from trialscreen.tables.cohort.run import run  # noqa: PLC0415
        wrong = check(attrition, small_cells)
        wrong.extend(_unknown(encoding))
        if master is not None:
            wrong.append(Problem("--master", "is for --engine spark"))
        job = _job(trial, inputs, output, key, on, columns, sheet, problems, most_bad, also, wrong)
        job = job._replace(beside=files_of(attrition), encoding=encoding)
        with written(attrition) as part:
            with _progress() as progress:
                done = run(trial, job, progress, with_attrition=attrition is not None)
            if attrition is not None and done.attrition is not None:
                tell(_counted(trial, job, done, small_cells), attrition, part)
    except KeyboardInterrupt as end:
        # At once: threads of the engine may go on, and abort if the interpreter ends first.
        os._exit(code_of(end))
    report(trial, job, done)


def _given(output: Path | None) -> Path:
    if output is None:
        message = "is missing; it names the file for the findings, as -o findings.csv"
        refuse("--output", message)
    return output


def _counted(trial: Trial, job: "Job", done: "Done", small_cells: int | None) -> "Cohort":
    from trialscreen.output.report.attrition_page import Cohort  # noqa: PLC0415
    from trialscreen.tables.attrition.disclosure import disclosed  # noqa: PLC0415

    assert done.attrition is not None
    found = done.attrition
    found = found if small_cells is None else disclosed(found, small_cells)
    stated = done.ledger.filled[SCREENING_DATE]
    on = None if stated == done.ledger.rows else job.anchor.on
    return Cohort(trial, on, found, small_cells, own_days=stated > 0)


@contextmanager
def _polars() -> Iterator[None]:
    try:
        yield
    except ImportError:
        message = "needs one more package: pip install 'trialscreen[cohort]'"
        raise InputError([Problem("cohort", message)]) from None


def _job(
    trial: Trial,
    inputs: list[str],
    output: Path,
    key: str,
    on: str | None,
    columns: Path | None,
    sheet: str | None,
    listing: Path | None,
    most_bad: float,
    also: str | None,
    problems: list[Problem],
) -> "Job":
    """What the options ask for. Raises InputError with everything wrong, `problems` included."""
    from trialscreen.tables.cohort.batches import Anchor  # noqa: PLC0415
    from trialscreen.tables.cohort.column_map import NO_MAP  # noqa: PLC0415
    from trialscreen.tables.cohort.readers.inputs import find_files  # noqa: PLC0415
    from trialscreen.tables.cohort.run import Job  # noqa: PLC0415

    day = screening_day(trial, on, problems)
    files: tuple[Path, ...] = ()
    column_map: ColumnMap = NO_MAP
    more = _columns(also, problems)
    try:
        files = find_files(inputs)
    except InputError as error:
        problems.extend(error.problems)
    if columns is not None:
        from trialscreen.tables.cohort.column_map import read_targets  # noqa: PLC0415 - parses YAML

        try:
            column_map = read_targets(trial, columns)
        except InputError as error:
            problems.extend(error.problems)
    if problems:
        raise InputError(problems)
    anchor = Anchor(day, today())
    return Job(files, output, key, anchor, column_map, sheet, listing, most_bad, more)


def _unknown(encoding: str | None) -> Iterator[Problem]:
    """That there is no such encoding."""
    from trialscreen.tables.cohort.readers.utf8_copies import is_encoding  # noqa: PLC0415

    if encoding is not None and not is_encoding(encoding):
        message = f"{shown(encoding)} is no encoding known here; expected gb18030, windows-1252, …"
        yield Problem("--encoding", message)


def _refuse_unknown(encoding: str | None) -> None:
    if problems := [*_unknown(encoding)]:
        raise InputError(problems)


def _columns(also: str | None, problems: list[Problem]) -> tuple[str, ...]:
    """The columns that --also names."""
    if also is None:
        return ()
    from trialscreen.tables.cohort.extra_columns import COLUMNS  # noqa: PLC0415 - the whole reference

    names = tuple(dict.fromkeys(map(str.strip, also.split(","))))
    problems.extend(
        Problem("--also", f"{shown(name)}; expected {', '.join(COLUMNS)}.{nearest(name, COLUMNS)}")
        for name in names
        if name not in COLUMNS
    )
    return names


@contextmanager
def _progress() -> Iterator["Progress"]:
    """A bar on stderr, if that is a terminal: how far it is, or how many rows if that is open."""
    from trialscreen.tables.cohort.run import NO_PROGRESS, Progress  # noqa: PLC0415

    if not sys.stderr.isatty():
        yield NO_PROGRESS
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415
    from rich.progress import Progress as Bars  # noqa: PLC0415

    rows = TextColumn("{task.completed:,.0f} patients")
    columns = (BarColumn(), rows, TimeElapsedColumn())
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("", total=None)
        yield Progress(
            lambda count: bars.update(task, total=None if count is None else count()),
            lambda more: bars.advance(task, more),
        )
