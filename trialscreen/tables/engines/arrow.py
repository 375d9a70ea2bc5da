"""Record batches of Arrow through a trial: what the workers of Spark run, on Polars.

In one row of all that a worker gets for a task stands, beside its findings, a note of what is to
be told of the task's values.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any, Literal, NamedTuple

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

What = Literal["stated", "unusable", "contradictory", "below", "above", "codes", "empty", "late"]
"""What can be so of a value."""


def told_of(what: What, element: str) -> str:
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
        whole, spans = cls(Counter(), Counter(), None), []
        for one in notes:
            whole.verdicts.update(one.verdicts)
            whole.told.update(one.told)
            spans.append(one.ids)
        return whole._replace(ids=_one_after_the_other(spans))

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
        self._told = [*_told(work, program)]

    def findings(self, batch: pa.RecordBatch) -> tuple[pa.RecordBatch, Note]:
        """Without a note, which is beside it."""
        batch.validate(full=True)  # Polars takes texts for UTF-8 as they come
        given = self._given(batch)
        found = self._found.of(given.lazy().with_columns(self._usable)).collect()
        told = found.with_columns(given.select(pl.all().name.prefix(_GIVEN))).select(self._told)
        results = found.select(_ROW, *self._results)
        flags = pl.any_horizontal(*self._flags, pl.lit(value=False)).fill_null(value=False)
        if (struck := found.select(flags.alias("struck")).to_series()).any():
            cleaned = self._cleaned.of(found.filter(struck).lazy())
            again = self._again.of(cleaned).collect().cast(results.schema)
            results = pl.concat([results.filter(~struck), again]).sort(_ROW)
        verdicts = results.group_by(RESULTS).len().iter_rows()
        counts = zip(told.columns, *told.rows(), strict=True)
        note = Note(
            Counter({(verdict, lacks): rows for verdict, lacks, rows in verdicts}),
            Counter({name: rows for name, rows in counts if rows}),
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
        trial, on = self._work.trial, self._work.on
        typed = [_typed(trial, one, frame[name]) for name, one in self._elements.items()]
        frame = frame.select(pl.int_range(batch.num_rows).alias(_ROW), *typed)
        if on is not None and SCREENING_DATE in self._elements:
            frame = frame.with_columns(pl.col(SCREENING_DATE).fill_null(on))
        return frame

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
    texts = pa.string()
    kinds = {pa.large_string(): texts, pa.large_list(pa.large_string()): pa.list_(texts)}
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


def _choice(trial: Trial, element: Element, text: str) -> str | None:
    """What a cell states, as `cohort` reads it; null if nothing is known, "" for no choice."""
    said = text.strip(BLANKS)
    if not said:
        return None
    try:
        fact = read_value(trial, element, said, date.max)
    except ValueProblem:
        return None if said_pending(trial, element, said) is not None else ""
    assert fact is None or isinstance(fact, Exactly)
    return None if fact is None else str(fact.value)


# What is told.


def _told(work: Work, program: Program) -> Iterator[pl.Expr]:
    """How many values something is so of, over the values, as given too, and the contradictions.

    Of what is so of one value, the first counts.
    """
    for name, columns in work.columns.items():
        stated = pl.any_horizontal(pl.col(f"{_GIVEN}{one}").is_not_null() for one in columns)
        yield stated.sum().alias(told_of("stated", name))
        is_first = pl.lit(value=True)
        for what, holds in _conditions(work, program, name).items():
            yield (is_first & holds).sum().alias(told_of(what, name))
            is_first &= ~holds.fill_null(value=False)


def _conditions(work: Work, program: Program, name: str) -> dict[What, pl.Expr]:
    element, columns = work.trial.elements[name], work.columns[name]
    found: dict[What, pl.Expr] = {}
    flags = [f"(contradiction {one.id})" for one in program.contradictions if name in one.elements]
    if flags:
        known = pl.any_horizontal(pl.col(columns).is_not_null())
        found["contradictory"] = pl.any_horizontal(flags) & known
    if element.type != "boolean":
        found["unusable"] = pl.any_horizontal(
            pl.col(f"{_GIVEN}{one}").is_not_null() & pl.col(one).is_null() for one in columns
        )
    low, high = _ends(columns)
    if name == SCREENING_DATE:
        found["empty"] = pl.col(f"{_GIVEN}{name}").is_null()
        found["late"] = low > work.today
    if element.typical is not None:
        least, most = element.typical
        found["below"], found["above"] = high < least, low > most
        if codes := codes_in(element.typical):
            found["codes"] = low.cast(pl.Float64).is_in(codes) & (low == high)
    return found


def _ends(columns: Sequence[str]) -> tuple[pl.Expr, pl.Expr]:
    """The bounds of a number or a day that stands in these columns."""
    first, *others = map(pl.col, columns)
    if len(others) < 2:
        return first, (others or [first])[0]
    return pl.coalesce(first, others[0]), pl.coalesce(first, others[1])


def _span(ids: pl.Series) -> tuple[Any, Any] | None:
    """The first and the last, if they ascend and none is empty."""
    if isinstance(ids.dtype, pl.String):
        ids = ids.str.strip_chars(BLANKS)
    first, last = ids[0], ids[-1]
    ascend = (ids.slice(1) > ids.slice(0, len(ids) - 1)).all(ignore_nulls=False)
    if first is None or first == "" or not ascend:  # these would have to come first
        return None
    return (first, last) if isinstance(first, str) else (int(first), int(last))


def _one_after_the_other(spans: Sequence[tuple[Any, Any] | None]) -> tuple[Any, Any] | None:
    """The first and the last of all, if none meets another."""
    known = sorted(one for one in spans if one is not None)
    if len(known) < len(spans) or not known:
        return None
    is_met = any(before[1] >= after[0] for before, after in pairwise(known))
    return None if is_met else (known[0][0], known[-1][1])
