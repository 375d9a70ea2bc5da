"""Screens typed columns, and screens rows with a contradiction again, without what contradicts.

Contradictions are rare, and most of what tells them is computed for the criteria anyway.
"""

from collections.abc import Mapping
from typing import NamedTuple

import polars as pl

from trialscreen.cohort.batches import Batches, listed
from trialscreen.cohort.ledger import SCHEMA
from trialscreen.columns import computed, table_of
from trialscreen.lower import Program, lower
from trialscreen.scalar import Scalar
from trialscreen.trial import Trial


class Screener(NamedTuple):
    """A trial over the typed columns of `schema`; `columns` names those of each element."""

    program: Program
    schema: pl.Schema
    columns: Mapping[str, tuple[str, ...]]

    @property
    def results(self) -> pl.Schema:
        """What `settled` returns: the typed columns, and what is found for each row."""
        texts = {"verdict": pl.String(), "open": pl.String()}
        found = texts | dict.fromkeys(self.program.criteria, pl.Boolean())
        return pl.Schema({**self.schema, **found})

    def screened(self, typed: pl.LazyFrame) -> pl.LazyFrame:
        """The columns of `results`, contradictory values and all, and where they contradict."""
        return self._computed(typed, {**self.program.results, **self._flags})

    def _computed(self, typed: pl.LazyFrame, outputs: Mapping[str, Scalar]) -> pl.LazyFrame:
        frame = computed(typed, self.program, outputs, *self.schema)
        return frame.cast(self.results)  # what no column can decide has no type of its own

    def settled(self, screened: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """A batch of `screened` with contradictory values unknown, and a list of these."""
        results = screened.select(self.results.names())
        flags = pl.any_horizontal(*self._flags, pl.lit(value=False)).fill_null(value=False)
        touched = screened.select(touched=flags).to_series()
        if not touched.any():
            return results, pl.DataFrame(schema=SCHEMA)
        rows = screened.filter(touched)
        holds = rows.select(pl.col(self._flags).fill_null(value=False))
        typed, found = self._without(rows.select(self.schema.names()), holds)
        again = self._computed(typed.lazy(), self.program.results).collect()
        return _put_back(results, touched, rows, again), found

    @property
    def _flags(self) -> dict[str, Scalar]:
        return {f"(contradiction {one.id})": one.holds for one in self.program.contradictions}

    def _without(
        self, typed: pl.DataFrame, flags: pl.DataFrame
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """`typed` less the values that contradict, and the list of these."""
        unknown: dict[str, pl.Series] = {}
        found = [pl.DataFrame(schema=SCHEMA)]
        held = zip(flags, self.program.contradictions, strict=True)
        for flag, one in ((flag, one) for flag, one in held if flag.any()):
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


def make_screener(trial: Trial, batches: Batches) -> Screener:
    """Screens what `batches` reads."""
    program = lower(trial, table_of(batches.schema, batches.anchor.on))
    columns = {reader.element.name: tuple(reader.columns) for reader in batches.readers}
    return Screener(program, batches.schema, columns)
