"""One pass over a cohort: from its files to one row of findings for each patient."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from trialscreen.model.errors import InputError, Problem
from trialscreen.model.trial import SCREENING_DATE, Trial
from trialscreen.tables.attrition.counting import verdicts_of
from trialscreen.tables.cohort.batches import Anchor, Batches, plan_batches, prepared
from trialscreen.tables.cohort.column_map import KEY, NO_MAP, ROW, ColumnMap, Matched, match_columns
from trialscreen.tables.cohort.data_quality import Found, Ledger
from trialscreen.tables.cohort.ids import Ids
from trialscreen.tables.cohort.output import ENDINGS, STDOUT, is_known, name_of, whole_output, write
from trialscreen.tables.cohort.readers.inputs import name_of as input_name
from trialscreen.tables.cohort.readers.inputs import open_tables
from trialscreen.tables.cohort.readers.opened import Tables, place_of
from trialscreen.tables.cohort.readers.parquet import panics_told
from trialscreen.tables.cohort.screener import Screener
from trialscreen.tables.cohort.streaming import BATCH, by_batch, interruptible, settle
from trialscreen.tables.quality import DECLARE, MOST_BAD, Quality, of_median, too_many
from trialscreen.text.characters import printable, shown, some
from trialscreen.text.files import whole_file

if TYPE_CHECKING:
    from trialscreen.tables.attrition.counting import Counting
    from trialscreen.tables.attrition.counts import Attrition


class Job(NamedTuple):
    """What to screen, and where the findings go.

    `key`: the column of ids. `column_map`: what a site's file says of its columns. `problems`:
    a CSV file for the cells that could not be used. `most_bad`: the share of unreadable
    cells that a column may have. `also`: names of `also.COLUMNS`. `beside`: files that the
    caller writes. `encoding`: that of text files, if it is not UTF-8.
    """

    inputs: tuple[Path, ...]
    output: Path
    key: str
    anchor: Anchor
    column_map: ColumnMap = NO_MAP
    sheet: str | None = None
    problems: Path | None = None
    most_bad: float = MOST_BAD
    also: tuple[str, ...] = ()
    beside: tuple[Path, ...] = ()
    encoding: str | None = None


class Progress(NamedTuple):
    """Told what counts the rows (None: nothing does), and how many more are read."""

    start: Callable[[Callable[[], int] | None], object] = lambda _count: None
    advance: Callable[[int], object] = lambda _rows: None


class Done(NamedTuple):
    """What came of a run beside its output; `notes` are of its input."""

    matched: Matched
    ledger: Ledger
    attrition: "Attrition | None"
    notes: tuple[str, ...] = ()


NO_PROGRESS = Progress()


def run(
    trial: Trial, job: Job, progress: Progress = NO_PROGRESS, *, with_attrition: bool = False
) -> Done:
    """Screens every row of the inputs, in their order; also counts them if asked to.

    The output holds the ids, `verdict`, `open`, and whether each criterion is met. Raises
    InputError; then there is no output.
    """
    _check_files(trial, job)
    settle()
    with TemporaryDirectory(prefix="trialscreen.", ignore_cleanup_errors=True) as folder:
        return _run(trial, job, Path(folder), progress, with_attrition=with_attrition)


def _run(trial: Trial, job: Job, folder: Path, progress: Progress, *, with_attrition: bool) -> Done:
    tables = open_tables(job.inputs, folder, job.sheet, job.encoding, job.column_map.written)
    matched = match_columns(trial, tables.schema, job.key, job.column_map)
    used = {*(column.name for column in matched.columns), job.key, *job.column_map.names}
    if doubtful := [why for name, why in tables.doubtful.items() if name in used]:
        raise InputError(doubtful)
    batches = plan_batches(trial, matched, tables.schema, job.key, job.anchor)
    rows, ids = prepared(batches, tables.frame, job.key), Ids(job.key, tables.blank)
    screener = Screener(
        trial, batches, with_needed=with_attrition, with_list=job.problems is not None
    )
    counting = _counting(trial, screener) if with_attrition else None
    with whole_output(job.output, folder) as output, interruptible():
        listing = nullcontext() if job.problems is None else whole_file(job.problems)
        with listing as listed, _told(job), _ledger(job, listed, tables.blank) as ledger:
            progress.start(tables.counted)
            size = BATCH if tables.is_text else None  # of text, the engine reads little at a time
            typed = rows if batches.is_ready else _typed(rows, batches, ledger, size)
            listeners = _Listeners(ledger, ids, counting, progress)
            # `also` screens each row anew; else no typed column is looked at any more.
            kept = [*screener.results] if job.also else [KEY, *screener.findings]
            screened = _screened(typed, screener, listeners, kept)
            if job.also:
                from trialscreen.tables.cohort.extra_columns import Also  # noqa: PLC0415 - the whole reference

                also = Also(trial, screener, job.anchor.on, job.also)
                screened = by_batch(screened, also.add, also.schema)
            write(screened, (*screener.findings, *job.also), job.key, job.output, output)
            ledger.add_odd(screener.rest())
            for name, message in medians(trial, ledger):
                ledger.add_last(name, message)
            problems = [
                *_lost(tables, ledger),
                *_unusable(job, matched, ledger),
                *ids.problems(rows, KEY, ROW),
            ]
        if problems:
            raise InputError(problems)
    attrition = None if counting is None else counting.attrition()
    return Done(matched, ledger, attrition, tables.notes)


def medians(trial: Trial, ledger: Ledger) -> Iterator[tuple[str, str]]:
    """The elements with unusual medians, in the order of the file, and what is told of each."""
    for element in trial.answerable():
        if (odd := ledger.odd.get(element.name)) is not None:
            median = odd.median(element, ledger.known(element.name))
            if median is not None:
                yield element.name, of_median(trial, element, median)


def quality(trial: Trial, ledger: Ledger) -> Quality:
    """The sums that are told in the end."""
    return Quality(
        ledger.unreadable,
        ledger.contradictory,
        {name: odd.count for name, odd in ledger.odd.items()},
        [message for _, message in medians(trial, ledger)],
        {name: [f"{code:.0f}" for code in odd.codes] for name, odd in ledger.odd.items()},
        ledger.empty,
        ledger.like_missing.total(),
    )


@contextmanager
def _ledger(job: Job, path: Path | None, blank: Sequence[int]) -> Iterator[Ledger]:
    """With its list in `path`, which is to be `job.problems`."""
    if path is None:
        yield Ledger(None, blank)
    else:
        try:
            with path.open("w", encoding="utf-8", newline="") as out:
                yield (ledger := Ledger(out, blank))
                if ledger.failure is not None:
                    raise ledger.failure
        except OSError as error:
            if error.errno is None:  # it is from Polars, of another file
                raise
            name, message = printable(str(job.problems)), f"cannot be written: {error.strerror}"
            raise InputError([Problem(name, message)]) from None


def _counting(trial: Trial, screener: Screener) -> "Counting":
    from trialscreen.tables.attrition.counting import Counting  # noqa: PLC0415 - for those who count

    return Counting(trial, screener.program)


class _Listeners(NamedTuple):
    """Those who are told of every batch that has been screened."""

    ledger: Ledger
    ids: Ids
    counting: "Counting | None"
    progress: Progress

    def tell(self, results: pl.DataFrame, found: Found) -> None:
        self.ledger.add(results[ROW], found, verdicts_of(results))
        self.ids.add(results[KEY], results[ROW])
        if self.counting is not None:
            self.counting.add(results)
        self.progress.advance(len(results))


def _typed(rows: pl.LazyFrame, batches: Batches, ledger: Ledger, size: int | None) -> pl.LazyFrame:
    """The typed columns of all rows, read `size` rows at a time."""

    def read(cells: pl.DataFrame) -> pl.DataFrame:
        typed, found = batches.read(cells)
        ledger.read(found)
        return typed

    return by_batch(rows, read, batches.schema, size)


def _screened(
    typed: pl.LazyFrame, screener: Screener, listeners: _Listeners, kept: Sequence[str]
) -> pl.LazyFrame:
    """The columns `kept` of what the screener returns for all rows."""

    def settle(screened: pl.DataFrame) -> pl.DataFrame:
        results, found = screener.settled(screened)
        listeners.tell(results, found)
        return pl.DataFrame([results[name] for name in kept])

    schema = pl.Schema({name: screener.results[name] for name in kept})
    return by_batch(screener.screened(typed), settle, schema)


# What can be wrong.


def _check_files(trial: Trial, job: Job) -> None:
    """Before anything is read: where the output goes, and how its columns are called."""
    problems = []
    if not is_known(job.output):
        message = f"expected a name that ends in {' or '.join(ENDINGS)}, or - for standard output"
        problems.append(Problem(name_of(job.output), message))
    output = [] if job.output == STDOUT else [job.output]
    written = [*output, *([] if job.problems is None else [job.problems]), *job.beside]
    for path in written:
        if path.exists() and not path.is_file():
            problems.append(Problem(printable(str(path)), "is not a file, and is not written over"))
        elif any(_same(path, one) for one in job.inputs):
            problems.append(Problem(printable(str(path)), "is an input; it is not written over"))
    for one, other in combinations(written, 2):
        if _same(one, other):
            problems.append(Problem(printable(str(one)), "is given for two of the files to write"))
    if job.key in ("verdict", "open", *(one.id for one in trial.criteria), *job.also):
        message = f"the output has a column {shown(job.key)} of its own; rename that of the ids"
        problems.append(Problem("--id", message))
    if problems:
        raise InputError(problems)


def _same(one: Path, other: Path) -> bool:
    if one.exists() and other.exists():
        return one.samefile(other)
    try:
        return one.resolve() == other.resolve()
    except (OSError, RuntimeError):  # links that go in circles, which cannot be written
        return False


def _lost(tables: Tables, ledger: Ledger) -> Iterator[Problem]:
    """Rows that the files have and the engine has not read; there should never be any."""
    expected = None if tables.counted is None else tables.counted()
    if expected is not None and expected != ledger.rows:
        message = f"{ledger.rows:,} of {expected:,} rows were read; nothing is written"
        yield Problem("the table", message)


def _unusable(job: Job, matched: Matched, ledger: Ledger) -> Iterator[Problem]:
    """What makes the whole table unusable."""
    if ledger.rows == 0:
        yield Problem("the table", "there are no rows in it")
    if rows := [place_of(row, ledger.blank) for row in sorted(ledger.undated)]:
        yield Problem(
            SCREENING_DATE,
            f"expected one day (YYYY-MM-DD), not after {job.anchor.today}; that is not so in row"
            f" {some(list(map(str, rows)))}",
        )
    for column in matched.columns:
        name = column.element.name
        bad, filled = ledger.unreadable[name], ledger.filled[name]
        if (too_bad := too_many(name, bad, filled, job.most_bad)) is not None:
            codes = ""
            if like_missing := ledger.like_missing[name]:
                codes = f". {like_missing:,} look like codes for missing values: {DECLARE}"
            yield Problem(
                f"the column {printable(column.name)}",
                f"{too_bad}; see --columns for names and units, --problems for each value,"
                f" --max-bad for the share{codes}",
            )


@contextmanager
def _told(job: Job) -> Iterator[None]:
    """Turns what the engine says of a file into words without any of the file's content."""
    try:
        with panics_told(_inputs(job)):
            yield
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError([_problem(job, str(error))]) from None


def _inputs(job: Job) -> str:
    return ", ".join(input_name(path) for path in job.inputs)


def _problem(job: Job, message: str) -> Problem:
    inputs = _inputs(job)
    for sign, meaning in _WORDS.items():
        if re.search(sign, message):
            output = sign.startswith(r"os error")
            where = name_of(job.output) if output else inputs
            return Problem(where, meaning)
    return Problem(inputs, "cannot be read: it is damaged, or changed while it was read")


_WORDS = {
    r"os error (28|122)\b": "cannot be written: the disk is full",
    r"os error 27\b": "cannot be written: the file would be larger than is allowed",
    r"invalid utf-?8": "cannot be read: it is not UTF-8 text",
    r"more fields than defined": "cannot be read: a row has more cells than the header has names",
    r"could not parse `": "cannot be read: the quotes in a row do not match",
    r"error parsing line": "cannot be read: a line is no JSON object",
    r"NDJSON line expected": "cannot be read: a line is no JSON object",
}
