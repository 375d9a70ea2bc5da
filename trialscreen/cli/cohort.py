"""`cohort`: screens a table of patients. Polars and Spark are only imported when it runs."""

import os
from collections.abc import Iterator
from contextlib import nullcontext
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from trialscreen import __version__
from trialscreen.answers.answer import SiteSettings
from trialscreen.cli import options
from trialscreen.cli.cohort_report import of_values, report, tell_columns, tell_screened
from trialscreen.cli.output import STDOUT, needing, progress, say
from trialscreen.cli.parameters import argument, option
from trialscreen.cli.process import code_of, interrupted_once
from trialscreen.model.errors import Problem, collected, raise_any, refuse
from trialscreen.model.trial import SCREENING_DATE, Trial
from trialscreen.screening.samples import with_sample_days
from trialscreen.tables.quality import MOST_BAD
from trialscreen.text.characters import count_of, flag, nearest, printable, shown

if TYPE_CHECKING:
    from trialscreen.tables.cohort.run import Done, Job


class Engine(StrEnum):
    """What screens a table."""

    POLARS = "polars"
    SPARK = "spark"


class CohortOptions(NamedTuple):
    """The command's options, as given."""

    inputs: list[str] = argument(
        "INPUT",
        "CSV (also .csv.gz, .tsv), Parquet, NDJSON or Excel files, by their ending;"
        " patterns such as 'extract/*.parquet' are expanded; - is standard input, CSV or"
        " NDJSON.",
    )
    output: Path | None = options.output_option(
        "The .csv or .parquet file for the findings; an old one is replaced. - is"
        " standard output, as CSV.",
        "OUTPUT",
    )
    id: str = option("The column with each patient's id.", "COLUMN", default="patient_id")
    on: str | None = options.day_option(f" A column {SCREENING_DATE} may hold each patient's own.")
    columns: Path | None = option(
        "A YAML file that says which column holds which data element, and how its cells"
        " are written.",
        "FILE",
    )
    sheet: str | None = option("The sheet of an Excel file.", "NAME")
    encoding: str | None = option(
        "The encoding of text files if it is not UTF-8, such as gb18030 (Chinese"
        " Windows) or windows-1252 (Western Windows).",
        "NAME",
    )
    problems: Path | None = option(
        "A CSV file for every value that could not be used, or is unusual: row, id,"
        " element, reason, kind.",
        "FILE",
    )
    also: str | None = option(
        "More columns, of missing,reasons,clears_on: the elements to ask for, why a"
        " patient fails, the day on which that clears (slow: each row is screened by itself);"
        " and stale,awaited: the elements with values that are too old, and with pending ones.",
        "COLUMNS",
    )
    max_bad: float = option(
        f"The share of a column's values that may be unreadable; {MOST_BAD:g} by default.",
        "SHARE",
        default=MOST_BAD,
        min=0,
        max=1,
        show_default=False,
    )
    draft_columns: Path | None = option(
        "Screens nobody: writes a first file for --columns, made from the table's own"
        " titles, to be corrected.",
        "FILE",
    )
    attrition: str | None = option(
        "How the cohort narrows, in counts: a .html, .json, .csv or .md file; - for"
        " tables on standard output.",
        "FILE",
    )
    small_cells: int | None = option(
        "Hide counts below N in --attrition, and those that would round to N; round all"
        " others to a multiple of N.",
        "N",
        min=2,
    )
    site: str | None = options.SITE
    engine: Engine = option(
        "What screens: polars, on this machine; spark, for one Parquet file or folder"
        " of typed columns into a new folder.",
        default=Engine.POLARS,
    )
    master: str | None = option(
        "Spark's master, such as local[4], or a server of Spark Connect, sc://HOST:PORT.", "URL"
    )


def cohort(loaded: Trial, asked: CohortOptions = CohortOptions()) -> None:
    """Screen a table of patients, one row each: for each, the verdict and every criterion.

    Columns are data elements by name, typed or as text; a value may carry a bound, a unit
    or a date known in part. What cannot be read is unknown for that patient, and counted.

    Writes the ids, verdict, open, and whether each criterion is met (true, false or empty
    for unknown), in the order of the input. Exit code: 0, or 2 for bad input.
    """
    trial = with_sample_days(loaded)
    try:
        with interrupted_once():
            if asked.draft_columns is not None:
                _write_columns(trial, asked, asked.draft_columns)
            elif asked.output is None:
                refuse(
                    "--output", "is missing; it names the file for the findings, as -o findings.csv"
                )
            elif asked.engine is Engine.SPARK:
                _screen_on_spark(trial, asked, asked.output)
            else:
                _screen_here(trial, asked, asked.output)
    except KeyboardInterrupt as end:
        # Exit immediately: the engine's threads may still run, and abort during shutdown.
        os._exit(code_of(end))


def _write_columns(trial: Trial, asked: CohortOptions, path: Path) -> None:
    """Writes a draft column map to a new file, and reports its coverage. Raises InputError."""
    with needing("cohort", "needs one more package", "cohort", "polars"):
        from trialscreen.tables.cohort.column_map_file import draft_of, write_draft
        from trialscreen.tables.cohort.readers.inputs import find_files
    raise_any([*_unknown(asked.encoding)])
    files = find_files(asked.inputs)
    drafted = draft_of(trial, files, asked.id, asked.sheet, asked.encoding)
    write_draft(path, drafted.text)
    say(
        *drafted.notes,
        f"{drafted.matched:,} of {count_of(drafted.columns, 'column')} recognised:"
        f" {printable(str(path))}; correct it before you give it to --columns",
    )


def _screen_here(trial: Trial, asked: CohortOptions, output: Path) -> None:
    """Screens the files, writes the requested outputs, and prints a report. Raises InputError."""
    with needing("cohort", "needs one more package", "cohort", "polars"):
        from trialscreen.tables.cohort.run import Progress, run
    from trialscreen.text.text_files import whole_file

    job = _job(trial, asked, output)
    with whole_file(job.beside[0]) if job.beside else nullcontext() as part:
        with progress("patients") as bar:
            done = run(trial, job, Progress(*bar), with_attrition=asked.attrition is not None)
        if done.attrition is not None:
            _tell_counts(trial, job, done, asked.small_cells, part)
    report(trial, job, done)


def _job(trial: Trial, asked: CohortOptions, output: Path) -> "Job":
    """The job that the options describe. Raises InputError with everything wrong with them."""
    from trialscreen.tables.cohort.batches import Anchor
    from trialscreen.tables.cohort.column_map import NO_MAP
    from trialscreen.tables.cohort.readers.inputs import find_files
    from trialscreen.tables.cohort.run import Job

    problems = [*_wrong_attrition(asked), *_unknown(asked.encoding)]
    if asked.master is not None:
        problems.append(Problem("--master", "is for --engine spark"))
    day = options.screening_day(trial, asked.on, problems)
    also = _columns(asked.also, problems)
    files: tuple[Path, ...] = ()
    column_map, site = NO_MAP, SiteSettings()
    with collected(problems):
        files = find_files(asked.inputs)
    with collected(problems):
        site = options.site_settings(trial, asked.site)
    if asked.columns is not None:
        from trialscreen.tables.cohort.column_map_file import read_targets

        with collected(problems):
            column_map = read_targets(trial, asked.columns)
    raise_any(problems)
    return Job(
        files,
        output,
        asked.id,
        Anchor(day, options.today()),
        column_map,
        asked.sheet,
        asked.problems,
        asked.max_bad,
        also,
        () if asked.attrition in (None, STDOUT) else (Path(str(asked.attrition)),),
        asked.encoding,
        site,
    )


def _unknown(encoding: str | None) -> Iterator[Problem]:
    from trialscreen.tables.cohort.readers.utf8_copies import is_encoding

    if encoding is not None and not is_encoding(encoding):
        message = f"{shown(encoding)} is not a known encoding; expected gb18030, windows-1252, …"
        yield Problem("--encoding", message)


def _columns(also: str | None, problems: list[Problem]) -> tuple[str, ...]:
    if also is None:
        return ()
    from trialscreen.tables.cohort.extra_columns import COLUMNS

    named = dict.fromkeys(map(str.strip, also.split(",")))
    names = tuple(name for name in named if name != "open")  # always included
    problems.extend(
        Problem("--also", f"{shown(name)}; expected {', '.join(COLUMNS)}.{nearest(name, COLUMNS)}")
        for name in names
        if name not in COLUMNS
    )
    return names


def _wrong_attrition(asked: CohortOptions) -> Iterator[Problem]:
    place = asked.attrition
    if place is None:
        if asked.small_cells is not None:
            yield Problem("--small-cells", "is for --attrition")
        return
    from trialscreen.output.report.attrition_page import ENDINGS

    if place != STDOUT and Path(place).suffix.lower() not in ENDINGS:
        known = f"expected a name that ends in {', '.join(ENDINGS)}, or {STDOUT} for tables"
        yield Problem(f"--attrition {printable(place)}", known)


def _tell_counts(trial: Trial, job: "Job", done: "Done", n: int | None, part: Path | None) -> None:
    """Renders the counts into `part`, the unfinished file, or as tables on standard output."""
    from trialscreen.output.report.attrition_page import Cohort, attrition_page
    from trialscreen.tables.attrition.disclosure import disclosed

    assert done.attrition is not None
    found = done.attrition if n is None else disclosed(done.attrition, n)
    stated = done.quality.filled[SCREENING_DATE]
    on = None if stated == done.quality.rows else job.anchor.on
    cohort = Cohort(trial, on, found, n, own_days=stated > 0)
    if part is None:
        from trialscreen.output.report.render.terminal import show

        show(attrition_page(cohort))
        return
    from trialscreen.output.report.attrition_page import attrition_text
    from trialscreen.text.text_files import writing

    (file,) = job.beside
    with writing(str(file)):
        text = attrition_text(cohort, file.suffix.lower(), __version__)
        part.write_text(text, encoding="utf-8", newline="\n")


_ONLY_LOCAL = ("columns", "sheet", "encoding", "problems", "attrition", "small_cells")
_STALE = "stale"  # the only additional column that Spark supports
_OTHER_FORMS = (".csv", ".tsv", ".xlsx", ".ndjson", ".json")


def _screen_on_spark(trial: Trial, asked: CohortOptions, output: Path) -> None:
    """Screens one Parquet file or folder into a new folder. Raises InputError."""
    message = "is not for --engine spark; leave it out, or use files on this machine"
    given = (name for name in _ONLY_LOCAL if getattr(asked, name) is not None)
    problems = [Problem(flag(name), message) for name in given]
    also = () if asked.also is None else tuple(map(str.strip, asked.also.split(",")))
    if others := [name for name in also if name != _STALE]:
        names = f"{', '.join(map(shown, others))}: with --engine spark there is only {_STALE}"
        problems.append(Problem("--also", names))
    if len(asked.inputs) > 1:
        problems.append(Problem("--engine spark", "give one Parquet file or folder"))
    if output.suffix.lower() in _OTHER_FORMS or str(output) == "-":
        written = f"{shown(str(output))}: --engine spark writes a folder of Parquet files"
        problems.append(Problem("--output", f"{written}, such as findings.parquet"))
    day = options.screening_day(trial, asked.on, problems)
    if asked.site is not None and options.site_settings(trial, asked.site).limits:
        problems.append(Problem("--site", f"holds limits, and {message}"))
    raise_any(problems)
    packages = ("pyspark", "py4j", "pyarrow", "polars", "pandas")
    with needing("--engine spark", "needs more packages, and Java", "spark", *packages):
        import_module("pandas")  # required by PySpark for handing over rows
        from trialscreen.tables.engines.spark import Limits, screen_parquet, session
    limits, spark = Limits(asked.max_bad, options.today()), session(asked.master)
    source, into, key = asked.inputs[0], str(output), asked.id
    done = screen_parquet(trial, source, into, key, day, spark, limits, also_stale=bool(also))
    own = f"on the day in {SCREENING_DATE}, or on {day} where it is empty"
    when = own if done.own_days else f"on {day}"
    tell_screened(trial, done.rows, when, day, into, done.verdicts)
    tell_columns(list(map(shown, done.unused)), done.alike)
    say(*of_values(trial, done.quality, can_declare=False))
