"""Screens typed columns; rows with unusable values are screened again without those values.

Such rows are rare, and most of what identifies them is computed for the criteria anyway. So the
engine first screens all rows as they are and flags those to be looked at. Rows pass through Python
in batches, so that memory use does not grow.
"""

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from contextlib import contextmanager
from functools import cached_property, partial
from itertools import chain, groupby
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple, TypeVar, get_args

import polars as pl
from polars.io.plugins import register_io_source

from trialscreen.model.expr import Scalar
from trialscreen.model.trial import SCREENING_DATE, Open, Trial, Verdict
from trialscreen.screening.samples import day_column
from trialscreen.tables.cohort.batches import Batches, known, without_later
from trialscreen.tables.cohort.column_map import KEY, LATEST, ROW
from trialscreen.tables.cohort.data_quality import (
    NOTHING,
    BatchQuality,
    Unusual,
    is_usual,
    listed_where,
)
from trialscreen.tables.compile import compile_trial
from trialscreen.tables.expressions import AT_ONCE, Computing, table_of

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

_SETTINGS = {
    "POLARS_ROW_GROUP_PREFETCH_SIZE": "1",  # it is decoded while others are screened
    # A column at a time: else many are decoded at once, and their memory is not all used again.
    "POLARS_PARQUET_DECODE_TARGET_VALUES_PER_THREAD": "100000",
    "POLARS_CSV_CHUNK_PREFETCH_LIMIT": "1",
    "POLARS_DEFAULT_DISTRIBUTOR_BUFFER_SIZE": "1",
    "POLARS_DEFAULT_LINEARIZER_BUFFER_SIZE": "1",
    # Else a file cannot be opened at all for a column of such a type, used or not.
    "POLARS_IMPORT_INTERVAL_AS_STRUCT": "1",
    "POLARS_IGNORE_TIMEZONE_PARSE_ERROR": "1",
}


def settle() -> None:
    """Limits how far the engine reads ahead of what is written, unless set by the user.

    Also lets it open files that have columns of unsupported types. Call it before the first query
    of the process.
    """
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)
    pl.Config.reload_env_vars()


@contextmanager
def interruptible() -> Iterator[None]:
    """Raises a KeyboardInterrupt in the end also if it came where none can be raised.

    So it is while the engine closes a generator: Python would print it and forget it.
    """
    before = sys.unraisablehook
    lost: list[KeyboardInterrupt] = []

    def keep(unraisable: "UnraisableHookArgs") -> None:
        if isinstance(unraisable.exc_value, KeyboardInterrupt):
            lost.append(unraisable.exc_value)
        else:
            before(unraisable)

    sys.unraisablehook = keep
    try:
        yield
    finally:
        sys.unraisablehook = before
    if lost:
        raise lost[0]


Rows = TypeVar("Rows", bound=Sized)
Made = TypeVar("Made")


def each(rows: Iterable[Rows], step: Callable[[Rows], Made]) -> Iterator[Made]:
    """Applies `step` to each non-empty batch, while the engine works on the next ones."""
    for some in rows:
        if not len(some):
            continue
        try:
            made = step(some)
        except pl.exceptions.PolarsError as error:
            raise RuntimeError("reading a batch") from error  # a fault, and not of the input
        del some  # its memory is for the next ones
        yield made


def as_one(batches: Callable[[], Iterable[pl.DataFrame]], schema: pl.Schema) -> pl.LazyFrame:
    """All rows of the batches; each is as in `schema`."""

    def made(
        columns: list[str] | None, only: pl.Expr | None, most: int | None, _size: int | None
    ) -> Iterator[pl.DataFrame]:
        assert only is None, "no filter is asked of it"
        assert most is None, "all rows are asked of it"
        for batch in batches():
            yield batch if columns is None else batch[columns]

    return register_io_source(made, schema=schema)


def in_batches(frame: pl.LazyFrame) -> Iterator[pl.DataFrame]:
    """The rows of `frame`, in batches of a size chosen by the engine."""
    yield from frame.collect_batches(maintain_order=True)


_KINDS = {"verdict": pl.Enum(get_args(Verdict)), "open": pl.Enum(get_args(Open))}
_TOUCHED, _DOUBTFUL = "(contradictory)", "(unusual or unusable)"


class Screener:
    """A trial over the typed columns that `batches` makes; `columns` names those of each element.

    Those that were typed in the table may still hold values that cannot be used. `with_needed`, the
    program also tells what `Counting` counts. `schema` is that of batches in which more elements
    are single values.
    """

    def __init__(
        self,
        trial: Trial,
        batches: Batches,
        schema: pl.Schema | None = None,
        *,
        with_needed: bool = False,
    ) -> None:
        self.schema = batches.schema if schema is None else schema
        table = table_of(self.schema, batches.anchor.on)
        self.program = compile_trial(trial, table, with_needed=with_needed)
        self.columns = {
            one.element.name: (name,)
            if (name := one.element.name) in self.schema
            else (*one.columns,)
            for one in batches.columns
        }
        self._typed = batches.typed
        there = {one.element.name for one in batches.typed}
        self._sampled = [
            one
            for one in batches.columns
            if one.element.valid_for is not None and day_column(one.element.name) in there
        ]
        own_days = SCREENING_DATE in self.schema
        self._latest = pl.col(SCREENING_DATE) if own_days else pl.lit(batches.anchor.on)
        days = {SCREENING_DATE: (SCREENING_DATE,)} if own_days else {}
        self._unusual = Unusual(trial, self.program, {**days, **self.columns})
        self._spanned = [one for one in self._typed if one.ends is not None]
        spanned = (one.element.name for one in self._spanned)
        self._doubted = [*dict.fromkeys((ROW, KEY, *self._unusual.columns, *spanned))]
        contradictions = self.program.contradictions
        self._flags = {f"(contradiction {one.id})": one.holds for one in contradictions}
        self._warnings = {f"(warning {one.id})": one.holds for one in self.program.warnings}

    # Most tables have no row to look at again.

    @cached_property
    def _again(self) -> Computing:
        return self._computing(self.program.results)

    @cached_property
    def _contradicting(self) -> Computing:
        return self._computing(self._flags)

    def _computing(self, outputs: Mapping[str, Scalar]) -> Computing:
        return Computing(self.program, outputs, *self.schema, kinds=_KINDS)

    @property
    def reads(self) -> tuple[str, ...]:
        """The typed columns that the findings depend on."""
        program = self.program
        told = (self._flags, self._warnings)
        outputs = (program.results, *told, program.cleaned, program.needed, program.stale)
        return program.inputs(value for one in outputs for value in one.values())

    @property
    def findings(self) -> dict[str, pl.DataType]:
        """The columns of the findings, with their types."""
        return {**_KINDS, **dict.fromkeys(self.program.criteria, pl.Boolean())}

    @cached_property
    def results(self) -> pl.Schema:
        """The schema that `screened` returns: the typed columns, and the findings of each row."""
        return pl.Schema({**self.schema, **self.findings})

    def with_findings(self, typed: pl.LazyFrame) -> pl.LazyFrame:
        """`results`, unusable values and all, and in which rows those are."""
        outputs = {**self.program.results, **self._flags, **self._warnings}
        frame = self._computing(outputs).of(typed)
        frame = frame.cast(self.results)  # what no column can decide has no type of its own
        besides = (~one.besides for one in self._typed if one.besides is not None)
        touched = _any([*besides, *self._flags]).alias(_TOUCHED)
        doubtful = _any([*self._doubts(), *self._warnings]).alias(_DOUBTFUL)
        return frame.with_columns(self._latest.alias(LATEST)).select(
            *self.results, touched, doubtful
        )

    def _doubts(self) -> Iterator[pl.Expr]:
        """Where a value is unusual, or not between the ends of a typed column."""
        for one in self._spanned:
            assert one.ends is not None
            yield ~is_usual(one.element, pl.col(one.element.name), one.ends)
        yield from self._unusual.flags(*(one.element.name for one in self._spanned))

    def screened(
        self, typed: pl.LazyFrame, kept: Sequence[str] | None = None
    ) -> Iterator[tuple[pl.DataFrame, BatchQuality]]:
        """What is found in all rows, some at a time, without the values that cannot be used.

        Those are told of beside, with the first rows of some. `kept` names the columns of
        `results` that are wanted; if not all are, some batches wait to be looked at together.
        """
        look = partial(self._looked_at, kept=kept)
        looked_at = each(in_batches(self.with_findings(typed)), look)
        groups = _together(looked_at, 0 if kept is None else _MOST_WAITING)
        return chain.from_iterable(each(groups, self._settled))

    def screened_at_once(self, typed: pl.DataFrame) -> tuple[pl.DataFrame, BatchQuality]:
        """As `screened`, of one batch."""
        batch = self.with_findings(typed.lazy()).collect(engine=AT_ONCE)
        (found,) = self._settled([self._looked_at(batch, None)])
        return found

    def _looked_at(self, batch: pl.DataFrame, kept: Sequence[str] | None) -> "_LookedAt":
        """A batch of `with_findings`, and its rows with values to be looked at."""
        results = batch.clone()
        touched = results.drop_in_place(_TOUCHED)
        doubtful = results.drop_in_place(_DOUBTFUL).arg_true()
        doubted = results[doubtful, self._doubted]
        if not all(one.is_within(doubted[one.element.name]) for one in self._spanned):
            touched = touched.scatter(doubtful, values=True)
        return _LookedAt(
            results if kept is None else results[list(kept)],
            touched.arg_true(),
            results.filter(touched) if touched.any() else results.clear(),
            doubted,
            known(results, self._typed),
        )

    def _settled(self, batches: Sequence["_LookedAt"]) -> list[tuple[pl.DataFrame, BatchQuality]]:
        """The batches less the values that cannot be used, which are told of with the first."""
        # A query waits for the engine, which has other rows: none where nothing is to be looked at.
        touched = [one.touched for one in batches if len(one.touched)]
        again, found = batches[0].touched, BatchQuality({})
        if touched:
            again, found = self._screened_again(pl.concat(touched))
        settled = []
        for one in batches:
            mine, again = again.head(len(one.touched)), again.slice(len(one.touched))
            filled, doubted = Counter(one.filled), one.with_doubted(mine)
            filled.update(found.filled)
            told = found._replace(filled=filled, doubted=doubted, unusual=self._unusual)
            settled.append((one.with_results(mine), told))
            found = BatchQuality({})
        return settled

    def _screened_again(self, rows: pl.DataFrame) -> tuple[pl.DataFrame, BatchQuality]:
        """Rows without the values that cannot be used, and these; `filled` is what they change."""
        dated = rows.select(*self.schema, self._latest.alias(LATEST))
        read = [column.read(dated) for column in self._typed]
        typed = dated.drop(LATEST).with_columns(one for columns, _ in read for one in columns)
        found = [NOTHING, *(found for _, found in read)]
        for one in self._sampled:
            is_later = dated[day_column(one.element.name)] > dated[LATEST]
            typed, struck = without_later(typed, one, is_later)
            found.append(struck)
        unreadable = pl.concat(found)
        read_again = dict.fromkeys((*self._typed, *self._sampled))
        filled = known(typed, read_again)
        filled.subtract(known(rows, read_again))
        filled.update(unreadable["element"])
        typed, contradictory = self._agreeing(typed)
        again = self._again.of(typed.lazy()).cast(self.results).collect(engine=AT_ONCE)
        return again, BatchQuality(filled, unreadable, contradictory)

    def _agreeing(self, typed: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """`typed` less the values that contradict each other, and the list of these."""
        computed = self._contradicting.of(typed.lazy()).select(*self._flags)
        flags = computed.collect(engine=AT_ONCE)
        unknown: dict[str, pl.Series] = {}
        found = [NOTHING]
        for flag, one in zip(flags, self.program.contradictions, strict=True):
            holds = flag.fill_null(value=False)
            for name in one.elements if holds.any() else ():
                found.append(listed_where(typed, name, self.columns[name], holds, one.reason))
                unknown[name] = holds | unknown[name] if name in unknown else holds
        nulls = [
            typed[column].set(rows, None).alias(column)
            for name, rows in unknown.items()
            for column in self.columns[name]
        ]
        return typed.with_columns(nulls), pl.concat(found)


def screened(
    trial: Trial,
    batches: Batches,
    usual: Screener,
    typed: Iterable[pl.DataFrame],
    kept: Sequence[str] | None = None,
) -> Iterator[tuple[pl.DataFrame, BatchQuality]]:
    """As `Screener.screened`, of batches of which not all have the same columns.

    `usual` is for those as in the schema of `batches`. In others, some elements are single values:
    there is no end of a bound to look at, so a screener of their own screens them for less.
    Batches with the same columns in a row go on in one query.
    """
    screeners = {tuple(usual.schema): usual}
    for schema, alike in groupby(typed, attrgetter("schema")):
        if (names := tuple(schema)) not in screeners:
            screeners[names] = Screener(trial, batches, schema)
        yield from screeners[names].screened(as_one(partial(iter, alike), schema), kept)


class _LookedAt(NamedTuple):
    """A batch: some of its `results`, at which `places` there are values that cannot be used.

    `touched` are those rows, `doubted` those that are unusual or unusable, with fewer columns.
    `filled` counts the cells of typed columns.
    """

    results: pl.DataFrame
    places: pl.Series
    touched: pl.DataFrame
    doubted: pl.DataFrame
    filled: Counter[str]

    def with_results(self, again: pl.DataFrame) -> pl.DataFrame:
        """The results with the rows that are touched as they are `again`.

        Few columns differ: to move them all would take longer than all else that is done here.
        """
        if again.is_empty():
            return self.results
        return self.results.with_columns(
            column.clone().scatter(self.places, again[column.name])
            for column in self.results
            if not again[column.name].equals(self.touched[column.name])
        )

    def with_doubted(self, again: pl.DataFrame) -> pl.DataFrame:
        """The rows that are doubted; of those that are touched, as they are `again`."""
        if again.is_empty() or self.doubted.is_empty():
            return self.doubted
        is_touched = self.doubted[ROW].is_in(again[ROW].implode())
        is_doubted = again[ROW].is_in(self.doubted[ROW].implode())
        others = again.filter(is_doubted)[self.doubted.columns]
        return pl.concat([self.doubted.filter(~is_touched), others]).sort(ROW)


_MOST_WAITING = 250_000
"""Rows: a few MB of what was found."""


def _together(batches: Iterable[_LookedAt], most: int) -> Iterator[list[_LookedAt]]:
    """From one with rows that are touched on, up to so many rows at a time; others alone."""
    waiting: list[_LookedAt] = []
    for one in batches:
        waiting.append(one)
        rows = sum(len(each.results) for each in waiting)
        if waiting[0].places.is_empty() or rows >= most:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def _any(flags: Iterable[pl.Expr | str]) -> pl.Expr:
    """In which rows one of them is true."""
    return pl.any_horizontal(*flags, pl.lit(value=False)).fill_null(value=False)
