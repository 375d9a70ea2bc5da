"""Screens typed columns; rows with a value that cannot be used are screened again, without it.

Such rows are rare, and most of what tells them is computed for the criteria anyway. So the
engine screens all rows as they are, and says in which there is something to look at.
"""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

import polars as pl

from trialscreen.cohort.batches import Batches, known, listed
from trialscreen.cohort.cells import LATEST
from trialscreen.cohort.ledger import NOTHING, Found
from trialscreen.cohort.typed import Fitting
from trialscreen.columns import computed, table_of
from trialscreen.lower import Program, lower
from trialscreen.scalar import Scalar
from trialscreen.trial import SCREENING_DATE, Trial

_TOUCHED = "(to be looked at)"


class Screener(NamedTuple):
    """A trial over the typed columns of `schema`; `columns` names those of each element.

    The columns that are `fitting` may still hold values that cannot be used; `on` is the
    screening date of rows without their own.
    """

    program: Program
    schema: pl.Schema
    columns: Mapping[str, tuple[str, ...]]
    fitting: tuple[Fitting, ...]
    on: date

    @property
    def results(self) -> pl.Schema:
        """What `settled` returns: the typed columns, and what is found for each row."""
        texts = {"verdict": pl.String(), "open": pl.String()}
        found = texts | dict.fromkeys(self.program.criteria, pl.Boolean())
        return pl.Schema({**self.schema, **found})

    def screened(self, typed: pl.LazyFrame) -> pl.LazyFrame:
        """What `settled` takes: `results`, unusable values and all, and in which rows those are."""
        frame = self._computed(typed, {**self.program.results, **self._flags})
        wrong = [~one.usable for one in self.fitting if one.usable is not None]
        touched = pl.any_horizontal(*wrong, *self._flags, pl.lit(value=False))
        return frame.with_columns(self._latest.alias(LATEST)).select(
            *self.results, touched.fill_null(value=False).alias(_TOUCHED)
        )

    def settled(self, screened: pl.DataFrame) -> tuple[pl.DataFrame, Found]:
        """A batch of `screened` without the values that cannot be used, and what they were."""
        results = screened.select(self.results.names())
        filled, touched = known(results, self.fitting), screened[_TOUCHED]
        if not touched.any():
            return results, Found(filled)
        rows = results.filter(touched)
        typed, unreadable = self._readable(rows.select(self.schema.names()))
        filled.subtract(known(rows, self.fitting))
        filled.update(known(typed, self.fitting))
        filled.update(unreadable["element"])
        typed, contradictory = self._agreeing(typed)
        again = self._computed(typed.lazy(), self.program.results).collect()
        return _put_back(results, touched, rows, again), Found(filled, unreadable, contradictory)

    @property
    def _flags(self) -> dict[str, Scalar]:
        return {f"(contradiction {one.id})": one.holds for one in self.program.contradictions}

    @property
    def _latest(self) -> pl.Expr:
        return pl.col(SCREENING_DATE) if SCREENING_DATE in self.schema else pl.lit(self.on)

    def _computed(self, typed: pl.LazyFrame, outputs: Mapping[str, Scalar]) -> pl.LazyFrame:
        frame = computed(typed, self.program, outputs, *self.schema)
        return frame.cast(  # what no column can decide has no type of its own
            {name: kind for name, kind in self.results.items() if name in outputs}
        )

    def _readable(self, typed: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """`typed` less the cells that cannot be read, and the list of these."""
        latest = typed.select(self._latest.alias(LATEST)).to_series()
        latest = latest.new_from_index(0, len(typed)) if len(latest) < len(typed) else latest
        columns: list[pl.Series] = []
        found = [NOTHING]
        for reader in self.fitting:
            name = reader.element.name
            read = reader.read(typed[name], latest)
            columns += read.columns
            if read.reasons:
                found.append(listed(typed, read.bad, name, read.reasons))
        return typed.with_columns(columns), pl.concat(found)

    def _agreeing(self, typed: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """`typed` less the values that contradict each other, and the list of these."""
        flags = self._computed(typed.lazy(), self._flags).select(*self._flags).collect()
        unknown: dict[str, pl.Series] = {}
        found = [NOTHING]
        held = zip(flags, self.program.contradictions, strict=True)
        for flag, one in ((flag.fill_null(value=False), one) for flag, one in held if flag.any()):
            for name in one.elements:
                places = (flag & self._is_known(typed, name)).arg_true()
                found.append(listed(typed, places, name, (one.reason,) * len(places)))
                unknown[name] = flag | unknown[name] if name in unknown else flag
        nulls = [
            typed[column].set(rows, None).alias(column)
            for name, rows in unknown.items()
            for column in self.columns[name]
        ]
        return typed.with_columns(nulls), pl.concat(found)

    def _is_known(self, typed: pl.DataFrame, name: str) -> pl.Series:
        known = pl.any_horizontal(pl.col(self.columns[name]).is_not_null())
        return typed.select(known.alias(name)).to_series()


def _put_back(
    results: pl.DataFrame, touched: pl.Series, rows: pl.DataFrame, again: pl.DataFrame
) -> pl.DataFrame:
    """`results` with the rows that are `touched`, which were `rows`, as they are in `again`.

    Few columns differ: to move them all would take longer than all else that is done here.
    """
    places = touched.arg_true()
    differ = [column for column in again if not column.equals(rows[column.name])]
    return results.with_columns(
        results[column.name].clone().scatter(places, column) for column in differ
    )


def make_screener(trial: Trial, batches: Batches, *, with_needed: bool = False) -> Screener:
    """Screens what `batches` reads; `with_needed`, its program also tells what to count."""
    table = table_of(batches.schema, batches.anchor.on)
    program = lower(trial, table, with_needed=with_needed)
    columns = {reader.element.name: tuple(reader.columns) for reader in batches.readers}
    return Screener(program, batches.schema, columns, batches.fitting, batches.anchor.on)
