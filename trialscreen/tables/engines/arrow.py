"""Record batches of Arrow through a trial: what the workers of Spark run, on Polars.

In one row of all that a worker gets for a task stands, beside its findings, a note of what is to
be told of the task's values.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import reduce
from itertools import pairwise
from operator import or_
from typing import Any, NamedTuple

import polars as pl
import pyarrow as pa

from trialscreen.answers.sampled import said_pending
from trialscreen.answers.values import read_value
from trialscreen.model.errors import ValueProblem
from trialscreen.model.facts import Exactly
from trialscreen.model.trial import SCREENING_DATE, Element, Trial
from trialscreen.tables.compile import Program, Table, compile_trial
from trialscreen.tables.compile.table import usable
from trialscreen.tables.engines.polars import Computing, expression
from trialscreen.tables.quality import codes_in
from trialscreen.text.characters import BLANKS

KEY, NOTE, STALE = "(patient id)", "(note)", "stale"
"""Columns beside those of elements and criteria: the ids, what is told, and what is too old."""

RESULTS = ("verdict", "open")
"""The columns of what is found beside the criteria."""

_ROW, _GIVEN = "(row number)", "(given) "

STATED, UNUSABLE, CONTRADICTORY = "stated", "unusable", "contradictory"
BELOW, ABOVE, CODES, EMPTY, LATE = "below", "above", "codes", "empty", "late"


def told_of(what: str, element: str) -> str:
    """The name of a number: of the values of which `what` is so."""
    return f"{what} {element}"


class Work(NamedTuple):
    """How the rows of a table are screened.

    `columns`: of each element, in what order it is looked for: by itself, then its two bounds.
    `on`: the screening date of rows without one of their own. `today`: the last that there is.
    """

    trial: Trial
    columns: Mapping[str, Sequence[str]]
    on: date | None
    today: date
    also_stale: bool = False

    @property
    def table(self) -> Table:
        names = frozenset(name for some in self.columns.values() for name in some)
        return Table(names, on=None if SCREENING_DATE in names else self.on)


class Note(NamedTuple):
    """What is told of the rows of a task.

    `told`: of how many values something is so, by `told_of`. `ids`: the first and the last, if
    they ascend and none is empty.
    """

    verdicts: Counter[tuple[str, str | None]]
    told: Counter[str]
    ids: tuple[Any, Any] | None

    @classmethod
    def of_all(cls, notes: Iterable["Note"]) -> "Note":
        """Those of all tasks, in any order."""
        verdicts: Counter[tuple[str, str | None]] = Counter()
        told: Counter[str] = Counter()
        spans = []
        for one in notes:
            verdicts.update(one.verdicts)
            told.update(one.told)
            spans.append(one.ids)
        return cls(verdicts, told, _one_after_the_other(spans))

    def as_text(self) -> str:
        verdicts = [(*verdict, rows) for verdict, rows in self.verdicts.items()]
        return json.dumps([verdicts, self.told, self.ids])

    @classmethod
    def from_text(cls, text: str) -> "Note":
        verdicts, told, ids = json.loads(text)
        counted = Counter({(verdict, lacks): rows for verdict, lacks, rows in verdicts})
        return cls(counted, Counter(told), None if ids is None else tuple(ids))


def screened(work: Work, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Findings for each row, in its order; NOTE is null but in one row of them all.

    Raises ValueError for text that is no UTF-8.
    """
    rows = _Rows(work)
    waiting, notes = None, []
    for batch in batches:
        if batch.num_rows:
            if waiting is not None:
                yield _noted(waiting, None)
            waiting, note = rows.findings(batch)
            notes.append(note)
    if waiting is not None:
        yield _noted(waiting, Note.of_all(notes).as_text())


def values(
    work: Work, names: Sequence[str], batches: Iterable[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """The values of some elements (their lower bounds) as they are used, for each row."""
    rows = _Rows(work)
    for batch in batches:
        yield rows.values(batch, names)


def _noted(findings: pa.RecordBatch, text: str | None) -> pa.RecordBatch:
    notes = [text, *[None] * (findings.num_rows - 1)]
    return findings.append_column(NOTE, pa.array(notes, pa.string()))


class _Rows:
    """The work, compiled once for many batches."""

    def __init__(self, work: Work) -> None:
        self._work = work
        trial, table = work.trial, work.table
        self._program = program = compile_trial(trial, table)
        names = [name for some in work.columns.values() for name in some]
        self._elements = {
            name: trial.elements[element] for element, some in work.columns.items() for name in some
        }
        self._usable = [expression(usable(trial, table, name)).alias(name) for name in names]
        flags = {f"(contradiction {one.id})": one.holds for one in program.contradictions}
        self._flags = [*flags]
        self._stale = {f"(stale {name})": name for name in program.stale if work.also_stale}
        stale = {flag: program.stale[name] for flag, name in self._stale.items()}
        self._results = {**program.results, **stale}
        self._found = Computing(program, {**self._results, **flags}, _ROW, *names)
        self._again = Computing(program, self._results, _ROW)
        kept = [name for name in names if name not in program.cleaned]
        self._cleaned = Computing(program, program.cleaned, _ROW, *kept)
        self._told = [one.alias(name) for name, one in _told(work, program).items()]

    def findings(self, batch: pa.RecordBatch) -> tuple[pa.RecordBatch, Note]:
        """Without a note, which is beside it."""
        batch.validate(full=True)  # Polars takes texts for UTF-8 as they come
        given = self._given(batch)
        found = self._found.of(given.lazy().with_columns(self._usable)).collect()
        told = found.with_columns(given.select(pl.all().name.prefix(_GIVEN))).select(self._told)
        results = found.select(_ROW, *self._results)
        if (struck := self._struck(found)).any():
            cleaned = self._cleaned.of(found.filter(struck).lazy())
            again = self._again.of(cleaned).collect().cast(results.schema)
            results = pl.concat([results.filter(~struck), again]).sort(_ROW)
        verdicts = results.group_by(RESULTS).len()
        note = Note(
            Counter({(verdict, lacks): rows for verdict, lacks, rows in verdicts.iter_rows()}),
            Counter(
                {name: rows for name, rows in zip(told.columns, *told.rows(), strict=True) if rows}
            ),
            _span(pl.Series(batch.column(KEY))),
        )
        return self._written(batch, results), note

    def values(self, batch: pa.RecordBatch, names: Sequence[str]) -> pa.RecordBatch:
        found = self._found.of(self._given(batch).lazy().with_columns(self._usable))
        lows = [_ends(self._work.columns[name])[0].alias(name) for name in names]
        return _as_batch(self._cleaned.of(found).select(lows).collect())

    def _given(self, batch: pa.RecordBatch) -> pl.DataFrame:
        """The columns of elements, with null for what tells no value."""
        frame = pl.DataFrame(batch.select([*self._elements]))
        schema = frame.schema
        frame = frame.select(
            pl.int_range(batch.num_rows).alias(_ROW),
            *(
                _typed(self._work.trial, element, frame[name])
                for name, element in self._elements.items()
            ),
        )
        if self._work.on is not None and SCREENING_DATE in schema:
            frame = frame.with_columns(pl.col(SCREENING_DATE).fill_null(self._work.on))
        return frame

    def _struck(self, found: pl.DataFrame) -> pl.Series:
        flags = pl.any_horizontal(*self._flags, pl.lit(value=False))
        return found.select(flags.fill_null(value=False).alias("struck")).to_series()

    def _written(self, batch: pa.RecordBatch, results: pl.DataFrame) -> pa.RecordBatch:
        columns = results.select(
            pl.col("verdict"),
            pl.col("open").cast(pl.String),
            *(pl.col(name).cast(pl.Boolean) for name in self._program.criteria),
        )
        if self._work.also_stale:
            names = [pl.when(flag).then(pl.lit(name)) for flag, name in self._stale.items()]
            none = pl.lit([], dtype=pl.List(pl.String))
            stale = pl.concat_list(names).list.drop_nulls() if names else none
            columns = columns.with_columns(results.select(stale.alias(STALE)))
        found = _as_batch(columns)
        ids = batch.column(KEY)
        return pa.RecordBatch.from_arrays([ids, *found.columns], [KEY, *found.schema.names])


def _as_batch(frame: pl.DataFrame) -> pa.RecordBatch:
    """With the types that Spark asks for."""
    table = frame.to_arrow(compat_level=pl.CompatLevel.oldest()).combine_chunks()
    kinds = {
        pa.large_string(): pa.string(),
        pa.large_list(pa.large_string()): pa.list_(pa.string()),
    }
    schema = pa.schema([(one.name, kinds.get(one.type, one.type)) for one in table.schema])
    (batch,) = table.cast(schema).to_batches()
    return batch


def _typed(trial: Trial, element: Element, given: pl.Series) -> pl.Expr:
    """Numbers in double precision, choices by their names; null for what tells no value."""
    cells = pl.col(given.name)
    if isinstance(given.dtype, pl.Float32):
        cells = cells.cast(pl.String)  # so that 10.2 is 10.2 and not 10.199999809
    if element.type in ("integer", "quantity"):
        return cells.cast(pl.Float64).fill_nan(None)
    if element.type == "choice":
        texts = given.unique().drop_nulls().to_list()
        meant = {text: _choice(trial, element, text) for text in texts}
        others = {text: choice for text, choice in meant.items() if text != choice}
        if others:
            return cells.replace([*others], pl.Series([*others.values()], dtype=pl.String))
    return cells


_UNREADABLE = ""
"""Instead of a text that states no choice; it is none."""


def _choice(trial: Trial, element: Element, text: str) -> str | None:
    """What a cell states, as `cohort` reads it; null if nothing is known."""
    said = text.strip(BLANKS)
    if not said:
        return None
    try:
        fact = read_value(trial, element, said, date.max)
    except ValueProblem:
        return None if said_pending(trial, element, said) is not None else _UNREADABLE
    assert fact is None or isinstance(fact, Exactly)
    return None if fact is None else str(fact.value)


# What is told.


def _told(work: Work, program: Program) -> dict[str, pl.Expr]:
    """How many values something is so of, over the values, as given too, and the contradictions.

    Of what is so of one value, the first counts.
    """
    told: dict[str, pl.Expr] = {}
    for name, columns in work.columns.items():
        given = [pl.col(f"{_GIVEN}{one}").is_not_null() for one in columns]
        told[told_of(STATED, name)] = _any(given).sum()
        before: list[pl.Expr] = []
        for what, holds in _conditions(work, program, name).items():
            only = reduce(lambda one, other: one & ~other, before, holds)
            told[told_of(what, name)] = only.sum()
            before.append(holds.fill_null(value=False))
    return told


def _conditions(work: Work, program: Program, name: str) -> dict[str, pl.Expr]:
    element, columns = work.trial.elements[name], work.columns[name]
    found: dict[str, pl.Expr] = {}
    flags = [f"(contradiction {one.id})" for one in program.contradictions if name in one.elements]
    if flags:
        known = _any([pl.col(one).is_not_null() for one in columns])
        found[CONTRADICTORY] = _any([pl.col(one) for one in flags]) & known
    if element.type != "boolean":
        lost = [pl.col(f"{_GIVEN}{one}").is_not_null() & pl.col(one).is_null() for one in columns]
        found[UNUSABLE] = _any(lost)
    low, high = _ends(columns)
    if name == SCREENING_DATE:
        found[EMPTY] = pl.col(f"{_GIVEN}{name}").is_null()
        found[LATE] = low > work.today
    if element.typical is not None:
        least, most = element.typical
        found[BELOW], found[ABOVE] = high < least, low > most
        if codes := codes_in(element.typical):
            found[CODES] = low.cast(pl.Float64).is_in(codes) & (low == high)
    return found


def _any(flags: Sequence[pl.Expr]) -> pl.Expr:
    return reduce(or_, flags)


def _ends(columns: Sequence[str]) -> tuple[pl.Expr, pl.Expr]:
    """The bounds of a number or a day that stands in these columns."""
    exact, *bounds = map(pl.col, columns)
    if len(bounds) < 2:
        return exact, (bounds or [exact])[0]
    low, high = bounds
    return pl.coalesce(exact, low), pl.coalesce(exact, high)


def _span(ids: pl.Series) -> tuple[Any, Any] | None:
    """The first and the last, if they ascend and none is empty."""
    if isinstance(ids.dtype, pl.String):
        ids = ids.str.strip_chars(BLANKS)
    first, last = ids[0], ids[-1]
    # A null or an empty text would have to come first.
    if (
        first is None
        or first == ""
        or not (ids.slice(1) > ids.slice(0, len(ids) - 1)).all(ignore_nulls=False)
    ):
        return None
    return (first, last) if isinstance(first, str) else (int(first), int(last))


def _one_after_the_other(spans: Sequence[tuple[Any, Any] | None]) -> tuple[Any, Any] | None:
    """The first and the last of all, if none meets another."""
    known = sorted(one for one in spans if one is not None)
    if len(known) < len(spans) or not known:
        return None
    if any(before[1] >= after[0] for before, after in pairwise(known)):
        return None
    return known[0][0], known[-1][1]
