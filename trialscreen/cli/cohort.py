"""`cohort`: screens a table of patients. Polars is imported when the command runs."""

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from trialscreen.cli.cohort_local import CohortOptions, screen_here, write_columns
from trialscreen.cli.cohort_spark import screen_on_spark
from trialscreen.cli.options import SiteOption, day_option, output_option
from trialscreen.cli.process import code_of, interrupted_once
from trialscreen.criteria_file.load import load_trial
from trialscreen.model.errors import refuse
from trialscreen.model.trial import SCREENING_DATE, Trial
from trialscreen.screening.samples import with_sample_days
from trialscreen.tables.quality import MOST_BAD


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
            " patient fails, the day on which that clears (slow: each row is screened by itself);"
            " and stale,awaited: the elements with values that are too old, and with pending ones.",
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
    draft: Annotated[
        Path | None,
        typer.Option(
            "--draft-columns",
            metavar="FILE",
            help="Screens nobody: writes a first file for --columns, made from the table's own"
            " titles, to be corrected.",
        ),
    ] = None,
    attrition: Annotated[
        str | None,
        typer.Option(
            "--attrition",
            metavar="FILE",
            help="How the cohort narrows, in counts: a .html, .json, .csv or .md file; - for"
            " tables on standard output.",
        ),
    ] = None,
    small_cells: Annotated[
        int | None,
        typer.Option(
            "--small-cells",
            metavar="N",
            min=2,
            help="Hide counts below N in --attrition, and those that would round to N; round all"
            " others to a multiple of N.",
        ),
    ] = None,
    site: SiteOption = None,
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
        typer.Option(
            "--master",
            metavar="URL",
            help="Spark's master, such as local[4], or a server of Spark Connect, sc://HOST:PORT.",
        ),
    ] = None,
) -> None:
    """Screen a table of patients, one row each: for each, the verdict and every criterion.

    Columns are data elements by name, typed or as text; a value may carry a bound, a unit
    or a date known in part. What cannot be read is unknown for that patient, and counted.

    Writes the ids, verdict, open, and whether each criterion is met (true, false or empty
    for unknown), in the order of the input. Exit code: 0, or 2 for bad input.
    """
    trial = with_sample_days(load_trial(context.obj))
    asked = CohortOptions(
        *(inputs, output or Path(), key, on, most_bad, columns, sheet, encoding, problems, also),
        *(attrition, small_cells, master, site),
    )
    if draft is None and output is None:
        refuse("--output", "is missing; it names the file for the findings, as -o findings.csv")
    try:
        with interrupted_once():
            _screen(trial, asked, engine, draft)
    except KeyboardInterrupt as end:
        # At once: threads of the engine may go on, and abort if the interpreter ends first.
        os._exit(code_of(end))


def _screen(trial: Trial, asked: CohortOptions, engine: Engine, draft: Path | None) -> None:
    if draft is not None:
        write_columns(trial, asked, draft)
    elif engine is Engine.SPARK:
        screen_on_spark(trial, asked)
    else:
        screen_here(trial, asked)
