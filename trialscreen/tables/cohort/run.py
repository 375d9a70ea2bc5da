"""Runs one pass over a cohort: reads its files, screens them, writes a row for each patient."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain, combinations
from pathlib import Path
from typing import NamedTuple, TextIO

import polars as pl

from trialscreen.answers.answer import SiteSettings
from trialscreen.model.errors import InputError, Problem, raise_any, refuse
from trialscreen.model.trial import SCREENING_DATE, Trial
from trialscreen.screening.samples import with_sample_days
from trialscreen.tables.attrition.counting import Counting
from trialscreen.tables.attrition.counts import Attrition
from trialscreen.tables.cohort import findings_file
from trialscreen.tables.cohort.batches import Anchor, Batches, plan_batches, prepared
from trialscreen.tables.cohort.column_map import (
    KEY,
    NO_MAP,
    ROW,
    ColumnMap,
    ElementColumn,
    Matched,
    match_columns,
    taken,
)
from trialscreen.tables.cohort.data_quality import BatchQuality, DataQuality
from trialscreen.tables.cohort.ids import Ids
from trialscreen.tables.cohort.readers.inputs import name_of as input_name
from trialscreen.tables.cohort.readers.inputs import open_tables
from trialscreen.tables.cohort.readers.opened import CellKind, Tables, with_constants
from trialscreen.tables.cohort.readers.parquet import panics_told
from trialscreen.tables.cohort.screener import (
    Screener,
    as_one,
    each,
    in_batches,
    interruptible,
    screened,
    settle,
)
from trialscreen.tables.quality import MOST_BAD
from trialscreen.text.characters import printable, some
from trialscreen.text.text_files import temporary_folder, whole_file


class Job(NamedTuple):
    """What to screen, and where the findings go.

    `key`: the column of ids. `column_map`: what a site's file says of its columns. `problems`:
    a CSV file for the cells that could not be used. `most_bad`: the share of unreadable cells
    that a column may have. `extra`: names of `extra_columns.COLUMNS`. `beside`: files that
    the caller writes. `encoding`: that of text files, if it is not UTF-8. `site`: its limits
    hold for each row.
    """

    inputs: tuple[Path, ...]
    output: Path
    key: str
    anchor: Anchor
    column_map: ColumnMap = NO_MAP
    sheet: str | None = None
    problems: Path | None = None
    most_bad: float = MOST_BAD
    extra: tuple[str, ...] = ()
    beside: tuple[Path, ...] = ()
    encoding: str | None = None
    site: SiteSettings = SiteSettings()


class Progress(NamedTuple):
    """Told what counts the rows (None: nothing does), and how many more are read."""

    start: Callable[[Callable[[], int] | None], object] = lambda _count: None
    advance: Callable[[int], object] = lambda _rows: None


class Done(NamedTuple):
    """What came of a run beside its output; `notes` are of its input."""

    matched: Matched
    quality: DataQuality
    attrition: Attrition | None
    notes: tuple[str, ...] = ()


NO_PROGRESS = Progress()

_CHANGES = 5
"""So many times, other columns than before may come as single values."""


def run(
    trial: Trial, job: Job, progress: Progress = NO_PROGRESS, *, with_attrition: bool = False
) -> Done:
    """Screens every row of the inputs, in their order; also counts them if asked to.

    The output holds the ids, `verdict`, `open`, and whether each criterion is met. Raises
    InputError; then there is no output.
    """
    _check_files(trial, job)
    trial = with_sample_days(trial)
    settle()
    with temporary_folder(ignore_cleanup_errors=True) as folder:
        return _run(trial, job, folder, progress, with_attrition=with_attrition)


def _run(trial: Trial, job: Job, folder: Path, progress: Progress, *, with_attrition: bool) -> Done:
    tables = open_tables(job.inputs, folder, job.sheet, job.encoding, job.column_map.written)
    matched = match_columns(trial, tables.schema, job.key, job.column_map)
    used = {*(column.name for column in matched.columns), job.key, *job.column_map.names}
    raise_any([why for name, why in tables.doubtful.items() if name in used])
    if job.site.limits:
        matched, tables = _with_limits(trial, job.site, matched, tables)
    batches = plan_batches(
        *(trial, matched, tables.schema, job.key, job.anchor), with_awaited="awaited" in job.extra
    )
    rows = None if tables.frame is None else prepared(batches, tables.frame, job.key)
    only_ids = None if rows is None else rows.select(ROW, KEY)
    ids = Ids(job.key, remembers=rows is None)
    screener = Screener(trial, batches, with_needed=with_attrition)
    counting = Counting(trial, screener.program) if with_attrition else None
    extra, columns = None, {KEY: screener.results[KEY], **screener.findings}
    if job.extra:
        from trialscreen.tables.cohort.extra_columns import COLUMNS, ExtraColumns  # noqa: PLC0415 - the whole reference

        extra = ExtraColumns(trial, screener, job.anchor.on, job.extra)
        columns |= {name: COLUMNS[name] for name in job.extra}

    def tell(one: tuple[pl.DataFrame, BatchQuality]) -> pl.DataFrame:
        results, found = one
        quality.add(results, found)
        ids.add(results[KEY], results[ROW])
        if counting is not None:
            counting.add(results)
        progress.advance(len(results))
        return (results if extra is None else extra.add(results))[[*columns]]

    with findings_file.whole_output(job.output, folder) as output, interruptible():
        with _told(job), _problem_list(job.problems) as out:
            quality = DataQuality(trial, out)
            progress.start(tables.counted)
            # For extra columns each row is screened anew; else no typed column is needed any more.
            wanted = None if job.extra or with_attrition else [ROW, *columns]
            if rows is not None and not batches.texts and batches.days is None:
                found = screener.screened(rows, wanted)
            else:
                kinds = batches.kinds(batches.schema if job.extra else screener.reads)
                cells = _cells(tables, rows, batches, job.key, kinds)
                typed = _typed(cells, batches, quality, as_values=wanted is not None)
                found = screened(trial, batches, screener, typed, wanted)
            results = as_one(lambda: each(found, tell), pl.Schema(columns))
            findings_file.write(results, job.key, job.output, output)
            quality.finish()
            if quality.failure is not None:
                raise quality.failure
            problems = [
                *_lost(tables, quality),
                *_unusable(job, matched, quality),
                *ids.problems(lambda: _cells(tables, only_ids, batches, job.key, {})),
            ]
        raise_any(problems)
    attrition = None if counting is None else counting.attrition()
    return Done(matched, quality, attrition, tuple(tables.notes))


@contextmanager
def _problem_list(path: Path | None) -> Iterator[TextIO | None]:
    """The file for the list of problems, which appears whole or not at all."""
    if path is None:
        yield None
        return
    with whole_file(path) as part:
        try:
            with part.open("w", encoding="utf-8", newline="") as out:
                yield out
        except OSError as error:
            if error.errno is None:  # it is from Polars, of another file
                raise
            refuse(printable(str(path)), f"cannot be written: {error.strerror}")


def _cells(
    tables: Tables,
    rows: pl.LazyFrame | None,
    batches: Batches,
    key: str,
    kinds: Mapping[str, CellKind],
) -> Iterator[pl.DataFrame]:
    """The rows, some at a time: those of a frame, or else of the tables as they are read."""
    if rows is not None:
        yield from in_batches(rows)
        return
    first = 1
    for piece in tables.pieces(kinds):
        yield prepared(batches, piece.rows, key, piece.numbers(first))
        first += len(piece.rows) + len(piece.blank)


def _typed(
    cells: Iterator[pl.DataFrame], batches: Batches, quality: DataQuality, *, as_values: bool
) -> Iterator[pl.DataFrame]:
    """The typed columns of all rows, as in `Batches.read`.

    `as_values` as long as the columns stay the same, mostly: for others there is another program.
    """
    seen: list[str] = []
    changes = 0

    def read(rows: pl.DataFrame) -> tuple[pl.DataFrame, BatchQuality]:
        return batches.read(rows, as_values=as_values and changes <= _CHANGES)

    for typed, found in each(cells, read):
        quality.read(found)
        changes += typed.columns != seen
        seen = typed.columns
        yield typed


def _with_limits(
    trial: Trial, site: SiteSettings, matched: Matched, tables: Tables
) -> tuple[Matched, Tables]:
    """Also the limits of the site's laboratory, each of them a column with one value.

    What is not used stands in the notes.
    """
    from trialscreen.answers.site_file import limits_for_table  # noqa: PLC0415 - few runs have a site

    given = {column.element.name for column in matched.columns}
    limits, notes = limits_for_table(trial, given, site)
    columns = (ElementColumn(name, trial.elements[name]) for name in limits)
    tables = with_constants(tables, limits, pl.Float64())
    return matched._replace(columns=(*matched.columns, *columns)), tables._replace(
        notes=chain(tables.notes, notes)  # of which there may be more in the end
    )


# What can be wrong.


def _check_files(trial: Trial, job: Job) -> None:
    """Before anything is read: where the output goes, and how its columns are called."""
    problems = []
    output = [] if job.output == findings_file.STDOUT else [job.output]
    if any(one.suffix.lower() not in findings_file.ENDINGS for one in output):
        endings = " or ".join(findings_file.ENDINGS)
        message = f"expected a name that ends in {endings}, or - for standard output"
        problems.append(Problem(findings_file.name_of(job.output), message))
    written = [*output, *([] if job.problems is None else [job.problems]), *job.beside]
    for path in written:
        if path.exists() and not path.is_file():
            problems.append(Problem(printable(str(path)), "is not a file, and is not written over"))
        elif any(_same(path, one) for one in job.inputs):
            problems.append(Problem(printable(str(path)), "is an input; it is not written over"))
    for one, other in combinations(written, 2):
        if _same(one, other):
            problems.append(Problem(printable(str(one)), "is given for two of the files to write"))
    problems += taken(trial, job.key, job.extra)
    raise_any(problems)


def _same(one: Path, other: Path) -> bool:
    if one.exists() and other.exists():
        return one.samefile(other)
    try:
        return one.resolve() == other.resolve()
    except (OSError, RuntimeError):  # links that go in circles, which cannot be written
        return False


def _lost(tables: Tables, quality: DataQuality) -> Iterator[Problem]:
    """Rows that the files have and the engine has not read; there should never be any."""
    if (expected := tables.counted()) != quality.rows:
        message = f"{quality.rows:,} of {expected:,} rows were read; nothing is written"
        yield Problem("the table", message)


def _unusable(job: Job, matched: Matched, quality: DataQuality) -> Iterator[Problem]:
    if quality.rows == 0:
        yield Problem("the table", "there are no rows in it")
    if rows := list(map(str, sorted(quality.undated))):
        yield Problem(
            SCREENING_DATE,
            f"expected one day (YYYY-MM-DD), not after {job.anchor.today}; that is not so in row"
            f" {some(rows)}",
        )
    called = {column.element.name: column.name for column in matched.columns}
    see = "--columns for names and units, --problems for each value, --max-bad for the share"
    yield from quality.too_bad(called, job.most_bad, see)


@contextmanager
def _told(job: Job) -> Iterator[None]:
    """Turns what the engine says of a file into words without any of the file's content."""
    inputs = ", ".join(map(input_name, job.inputs))
    try:
        with panics_told(inputs):
            yield
    except (OSError, pl.exceptions.PolarsError) as error:
        known = ((sign, why) for sign, why in _WORDS.items() if re.search(sign, str(error)))
        sign, why = next(known, ("", "cannot be read: it is damaged, or changed while it was read"))
        is_output = sign.startswith("os error")
        where = findings_file.name_of(job.output) if is_output else inputs
        raise InputError([Problem(where, why)]) from None


_WORDS = {
    r"os error (28|122)\b": "cannot be written: the disk is full",
    r"os error 27\b": "cannot be written: the file would be larger than is allowed",
    r"invalid utf-?8": "cannot be read: it is not UTF-8 text",
}
