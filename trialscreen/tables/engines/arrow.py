"""Record batches of Arrow through a trial: what the workers of Spark run, as `cohort` does.

In one row of all that a worker gets for a task stands, beside its findings, a note of what is to
be told of the task's values.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Any, NamedTuple

import polars as pl
import pyarrow as pa

from trialscreen.model.trial import SCREENING_DATE, Element, Trial
from trialscreen.tables.cohort.batches import Anchor, plan_batches, prepared
from trialscreen.tables.cohort.column_map import KEY, ROW, ElementColumn, Matched
from trialscreen.tables.cohort.data_quality import NOTHING, BatchQuality, DataQuality, listed
from trialscreen.tables.cohort.ids import Ids
from trialscreen.tables.cohort.screener import Screener
from trialscreen.tables.cohort.typed_columns import TypedColumn, typed_column
from trialscreen.tables.compile import Table
from trialscreen.tables.compile.program import usable
from trialscreen.tables.expressions import expression

NOTE, STALE = "(note)", "stale"
"""Columns beside the ids and those of criteria: what is told, and what is too old."""

_COUNTED = ("filled", "unreadable", "contradictory", "beside")
_MOST_UNUSUAL = 1_000
"""Values of a column in a note."""


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


class Note(NamedTuple):
    """What is told of the rows of a task.

    `quality`: how their values are; of screening dates, `unreadable` are those that cannot be
    used. `ids`: the first and the last, if they ascend and none is empty.
    """

    quality: DataQuality
    ids: tuple[Any, Any] | None

    @classmethod
    def of_all(cls, trial: Trial, texts: Iterable[str]) -> "Note":
        """Those of all tasks, in any order."""
        quality, spans = DataQuality(trial, None), []
        for text in texts:
            verdicts, unusual, counted, ids = json.loads(text)
            quality.verdicts.update({(one, lacks): rows for one, lacks, rows in verdicts})
            for name, values in unusual.items():
                quality.unusual[name].add({_value(one): times for one, times in values})
            for what, counts in zip(_COUNTED, counted, strict=True):
                getattr(quality, what).update(counts)
            spans.append(ids)
        return cls(quality, _one_after_the_other(spans))

    def as_text(self) -> str:
        verdicts = [(*one, rows) for one, rows in self.quality.verdicts.items() if rows]
        unusual = {}
        for name, one in self.quality.unusual.items():
            one.keep(_MOST_UNUSUAL)
            unusual[name] = [*one.values.items()]
        counted = [getattr(self.quality, what) for what in _COUNTED]
        return json.dumps([verdicts, unusual, counted, self.ids], default=str)


def _value(noted: float | str) -> float | date:
    return date.fromisoformat(noted) if isinstance(noted, str) else noted


def _one_after_the_other(spans: Sequence[tuple[Any, Any] | None]) -> tuple[Any, Any] | None:
    """The first and the last of all, if none meets another."""
    known = sorted(one for one in spans if one is not None)
    if len(known) < len(spans) or not known:
        return None
    is_met = any(before[1] >= after[0] for before, after in pairwise(known))
    return None if is_met else (known[0][0], known[-1][1])


def screened(work: Work, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Findings for each row, in its order; NOTE is null but in one row of them all.

    Raises ValueError for text that is no UTF-8.
    """
    rows, waiting = None, None
    for batch in batches:
        if batch.num_rows:
            if waiting is not None:
                yield _noted(waiting, None)
            batch.validate(full=True)  # Polars takes texts for UTF-8 as they come
            rows = rows or _Rows(work, _cells(batch).schema)
            waiting = rows.findings(batch)
    if rows is not None and waiting is not None:
        yield _noted(waiting, rows.note().as_text())


def _cells(batch: pa.RecordBatch) -> pl.DataFrame:
    """Spark has no larger whole numbers than some that it calls decimals."""
    large = pl.selectors.by_name(KEY) & pl.selectors.decimal()
    return pl.DataFrame(batch).with_columns(large.cast(pl.Int128))


def _noted(findings: pa.RecordBatch, text: str | None) -> pa.RecordBatch:
    notes = [text, *[None] * (findings.num_rows - 1)]
    return findings.append_column(NOTE, pa.array(notes, pa.string()))


class _Rows:
    """The work, compiled once for batches of this schema, and what is told of these."""

    def __init__(self, work: Work, schema: pl.Schema) -> None:
        trial = work.trial
        alone = [name for name, some in work.columns.items() if len(some) == 1]
        matched = Matched(tuple(ElementColumn(name, trial.elements[name]) for name in alone), ())
        anchor = Anchor(work.on or work.today, work.today)
        batches = plan_batches(trial, matched, schema, KEY, anchor)
        for one in (batches.days, *batches.typed):
            if isinstance(one, TypedColumn):
                one.says_why = False
        self._batches = batches
        own_days = SCREENING_DATE in batches.schema
        table = Table(frozenset(), on=None if own_days else work.on)
        self._bounds = [
            _Bounds(trial, trial.elements[name], some, schema, table)
            for name, some in work.columns.items()
            if len(some) > 1
        ]
        self._fill = [pl.col(SCREENING_DATE).fill_null(work.on)] if own_days and work.on else []
        ends = {name: kind for one in self._bounds for name, kind in one.columns.items()}
        with_bounds = replace(
            batches,
            typed=(*batches.typed, *self._bounds),
            schema=pl.Schema({**batches.schema, **ends}),
        )
        self._screener = Screener(trial, with_bounds)
        self._more = None
        if work.also_stale:
            from trialscreen.tables.cohort.extra_columns import ExtraColumns  # noqa: PLC0415 - the whole reference

            self._more = ExtraColumns(trial, self._screener, anchor.on, (STALE,))
        self._quality, self._ids = DataQuality(trial, None), Ids(KEY)

    def findings(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Without a note."""
        cells = _cells(batch).with_columns(self._fill)
        typed, read = self._batches.read(prepared(self._batches, cells, KEY))
        self._quality.read(read)
        typed = typed.hstack(cells.select(column for one in self._bounds for column in one.given))
        typed = typed.with_columns(column for one in self._bounds for column in one.used)
        results, found = self._screener.screened_at_once(typed)
        for one in self._bounds:
            found = one.told(typed, found)
        self._quality.add(results, found)
        self._ids.add(results[KEY], results[ROW])
        return self._written(batch, results)

    def note(self) -> Note:
        """Of all rows so far."""
        self._quality.finish()
        if self._quality.undated:
            self._quality.unreadable[SCREENING_DATE] = len(self._quality.undated)
        return Note(self._quality, self._ids.span)

    def _written(self, batch: pa.RecordBatch, results: pl.DataFrame) -> pa.RecordBatch:
        columns = [*self._screener.findings]
        if self._more is not None:
            results = self._more.add(results)
            columns.append(STALE)
        found = _as_batch(results.select(columns).cast({pl.Enum: pl.String}))
        ids = batch.column(KEY)
        return pa.RecordBatch.from_arrays([ids, *found.columns], [KEY, *found.schema.names])


class _Bounds(TypedColumn):
    """An element that stands in two columns of bounds, beside which may be one of exact values.

    `given` are these columns, typed. `used` are those that are screened, less what cannot be used
    (an exact value counts where there is one), and in which rows there is such, or any value.
    """

    def __init__(
        self, trial: Trial, element: Element, names: Sequence[str], schema: pl.Schema, table: Table
    ) -> None:
        self.element, self.ends, self.besides, self._span = element, None, None, None
        kind = pl.Date() if element.type == "date" else pl.Float64()
        self.columns = dict.fromkeys((f"{element.name}_low", f"{element.name}_high"), kind)
        typed = (typed_column(trial, element, pl.col(name), schema[name]) for name in names)
        given = [one.prepared.cast(kind) for one in typed if one is not None]
        self.given = given if element.type == "date" else [one.fill_nan(None) for one in given]
        kept = {name: expression(usable(trial, table, name)) for name in names}
        *exact, low, high = kept.values()
        self._unusable, self._stated = f"{element.name} (unusable)", f"{element.name} (stated)"
        is_given = [pl.col(name).is_not_null() for name in names]
        is_lost = [pl.col(name).is_not_null() & one.is_null() for name, one in kept.items()]
        self.used = [
            *(
                pl.coalesce(*exact, end).alias(name)
                for name, end in zip(self.columns, (low, high), strict=True)
            ),
            pl.any_horizontal(is_lost).alias(self._unusable),
            pl.any_horizontal(is_given).alias(self._stated),
        ]

    def read(self, cells: pl.DataFrame) -> tuple[list[pl.Series], pl.DataFrame]:
        return [cells[column] for column in self.columns], NOTHING

    def told(self, typed: pl.DataFrame, found: BatchQuality) -> BatchQuality:
        """With its values, each told of once."""
        name, is_unusable = self.element.name, typed[self._unusable]
        rows = typed.filter(is_unusable)
        unusable = listed(rows, name, ("",) * len(rows))
        others = unusable.join(found.contradictory, on=("row", "element"), how="anti")
        doubted = [column for column in self.columns if column in found.doubted.columns]
        used = pl.when(~pl.col(ROW).is_in(rows[ROW].implode())).then(pl.col(doubted)).name.keep()
        return found._replace(
            filled={**found.filled, name: int(typed[self._stated].sum())},
            unreadable=pl.concat([found.unreadable, others]),
            doubted=found.doubted.with_columns(used),
        )


def _as_batch(frame: pl.DataFrame) -> pa.RecordBatch:
    """With the types that Spark asks for."""
    table = frame.to_arrow(compat_level=pl.CompatLevel.oldest()).combine_chunks()
    texts = pa.string()
    kinds = {pa.large_string(): texts, pa.large_list(pa.large_string()): pa.list_(texts)}
    schema = pa.schema([(one.name, kinds.get(one.type, one.type)) for one in table.schema])
    (batch,) = table.cast(schema).to_batches()
    return batch
