"""`cohort`: screens a table of patients. Polars is imported when the command runs."""

import os
from enum import StrEnum
from pathlib import Path

import typer

from trialscreen.cli.cohort_local import CohortOptions, screen_here, write_columns
from trialscreen.cli.cohort_spark import screen_on_spark
from trialscreen.cli.options import SITE_OPTION, argument, day_option, option, output_option
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
    inputs: list[str] = argument(
        "INPUT",
        "CSV (also .csv.gz, .tsv), Parquet, NDJSON or Excel files, by their ending;"
        " patterns such as 'extract/*.parquet' are expanded; - is standard input, CSV or"
        " NDJSON.",
    ),
    output: Path | None = output_option(
        "The .csv or .parquet file for the findings; an old one is replaced. - is"
        " standard output, as CSV.",
        "OUTPUT",
    ),
    key: str = option("--id", "The column with each patient's id.", "COLUMN", default="patient_id"),
    on: str | None = day_option(f" A column {SCREENING_DATE} may hold each patient's own."),
    columns: Path | None = option(
        "--columns",
        "A YAML file that says which column holds which data element, and how its cells"
        " are written.",
        "FILE",
    ),
    sheet: str | None = option("--sheet", "The sheet of an Excel file.", "NAME"),
    encoding: str | None = option(
        "--encoding",
        "The encoding of text files if it is not UTF-8, such as gb18030 (Chinese"
        " Windows) or windows-1252 (Western Windows).",
        "NAME",
    ),
    problems: Path | None = option(
        "--problems",
        "A CSV file for every value that could not be used, or is unusual: row, id,"
        " element, reason, kind.",
        "FILE",
    ),
    also: str | None = option(
        "--also",
        "More columns, of missing,reasons,clears_on: the elements to ask for, why a"
        " patient fails, the day on which that clears (slow: each row is screened by itself);"
        " and stale,awaited: the elements with values that are too old, and with pending ones.",
        "COLUMNS",
    ),
    most_bad: float = option(
        "--max-bad",
        f"The share of a column's values that may be unreadable; {MOST_BAD:g} by default.",
        "SHARE",
        default=MOST_BAD,
        min=0,
        max=1,
        show_default=False,
    ),
    draft: Path | None = option(
        "--draft-columns",
        "Screens nobody: writes a first file for --columns, made from the table's own"
        " titles, to be corrected.",
        "FILE",
    ),
    attrition: str | None = option(
        "--attrition",
        "How the cohort narrows, in counts: a .html, .json, .csv or .md file; - for"
        " tables on standard output.",
        "FILE",
    ),
    small_cells: int | None = option(
        "--small-cells",
        "Hide counts below N in --attrition, and those that would round to N; round all"
        " others to a multiple of N.",
        "N",
        min=2,
    ),
    site: str | None = SITE_OPTION,
    engine: Engine = option(
        "--engine",
        "What screens: polars, on this machine; spark, for one Parquet file or folder"
        " of typed columns into a new folder.",
        default=Engine.POLARS,
    ),
    master: str | None = option(
        "--master",
        "Spark's master, such as local[4], or a server of Spark Connect, sc://HOST:PORT.",
        "URL",
    ),
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
