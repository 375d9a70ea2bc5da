"""Additional result columns (`--also`): missing data, reasons, clearing day, stale values.

Most come from the single-patient reference, row by row, in the words of `screen`; stale and
awaited values come from the engine.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import compress
from typing import Any, NamedTuple

import polars as pl

from trialscreen.model.facts import Fact
from trialscreen.model.trial import SCREENING_DATE, Criterion, Element, Trial
from trialscreen.screening.evaluate import Evaluation
from trialscreen.screening.finding import Finding
from trialscreen.screening.screen import Screening
from trialscreen.tables.cohort.data_quality import fact_of
from trialscreen.tables.cohort.screener import Screener
from trialscreen.tables.cohort.text_columns import awaited_column
from trialscreen.tables.expressions import AT_ONCE, Computing

BY_ROW: Mapping[str, pl.DataType] = {
    "missing": pl.List(pl.String()),
    "reasons": pl.List(pl.String()),
    "clears_on": pl.Date(),
}
COLUMNS: Mapping[str, pl.DataType] = {
    **BY_ROW,
    "stale": pl.List(pl.String()),
    "awaited": pl.List(pl.String()),
}

_AT_ONCE = 1000
"""Rows of which the facts are there at once."""


class ExtraColumns(NamedTuple):
    """Adds some of COLUMNS to the screened rows."""

    trial: Trial
    screener: Screener
    on: date
    columns: tuple[str, ...]

    def add(self, results: pl.DataFrame) -> pl.DataFrame:
        """A batch of `Screener.results` with these columns; the typed ones must still be there."""
        added: dict[str, pl.Series] = {}
        if by_row := [name for name in self.columns if name in BY_ROW]:
            told = [one for rows in results.iter_slices(_AT_ONCE) for one in self._told(rows)]
            added = {name: _column([row[name] for row in told], BY_ROW[name]) for name in by_row}
        if "stale" in self.columns:
            added["stale"] = self._stale(results)
        if "awaited" in self.columns:
            awaited = {name: awaited_column(name) for name in self.trial.elements}
            there = {name: one for name, one in awaited.items() if one in results.columns}
            added["awaited"] = _names_where(results, there, len(results))
        return results.with_columns(**{name: added[name] for name in self.columns})

    def _stale(self, results: pl.DataFrame) -> pl.Series:
        program = self.screener.program
        flags = Computing(program, program.stale).of(results.lazy()).collect(engine=AT_ONCE)
        return _names_where(flags, {name: name for name in program.stale}, len(results))

    def _told(self, results: pl.DataFrame) -> Iterator[dict[str, Any]]:
        """What is told of each row: by the reference, of the criteria that do not pass."""
        criteria = self.trial.criteria
        told = results.select(
            pl.col(one.id).ne_missing(one.kind == "inclusion") for one in criteria
        )
        behind = {one.id: self._behind(one) for one in criteria}
        needed = frozenset().union(*behind.values())
        facts = {
            name: _facts(results[list(columns)], self.trial.elements[name])
            for name, columns in self.screener.columns.items()
            if name in needed
        }
        dated = SCREENING_DATE in results.columns
        days = results[SCREENING_DATE].to_list() if dated else [self.on] * len(results)
        for row, (on, is_told) in enumerate(zip(days, told.iter_rows(), strict=True)):
            some = tuple(compress(criteria, is_told))
            given = {
                name: fact
                for name in frozenset().union(*(behind[one.id] for one in some))
                if (fact := facts[name][row]) is not None
            }
            # Not reviewed: what contradicts is struck out already.
            patient = Evaluation(self.trial, given, on)
            screening = Screening(patient, tuple(Finding(one, patient) for one in some))
            failing = screening.failing if "reasons" in self.columns else ()
            yield {
                "missing": [name for group in screening.missing.values() for name in group],
                "reasons": [f"{one.id}: {why}" for one in failing for why in one.reasons],
                "clears_on": screening.clears_on if "clears_on" in self.columns else None,
            }

    def _behind(self, criterion: Criterion) -> frozenset[str]:
        """The elements with a column that a criterion can depend on."""
        return frozenset(self.trial.elements_behind(criterion.rule)) & self.screener.columns.keys()


def _column(values: Sequence[Any], kind: pl.DataType) -> pl.Series:
    """A column of what each row has; lists by their items, or each would become a column first."""
    if not isinstance(kind, pl.List):
        return pl.Series(values, dtype=kind)
    rows = [row for row, items in enumerate(values) for _ in items]
    items = pl.Series([one for items in values for one in items], dtype=kind.inner)
    lists = pl.DataFrame({"row": rows, "items": items}, schema_overrides={"row": pl.UInt32})
    lists = lists.group_by("row", maintain_order=True).agg("items")
    every = pl.DataFrame({"row": pl.arange(len(values), dtype=pl.UInt32, eager=True)})
    joined = every.join(lists, on="row", how="left", maintain_order="left")
    return joined["items"].fill_null([])


def _facts(columns: pl.DataFrame, element: Element) -> list[Fact | None]:
    """What each row says of an element. Of a few values, each is made a fact of once."""
    cells = columns.rows()
    if element.type in ("quantity", "integer"):
        return list(map(fact_of, cells))
    known = {one: fact_of(one) for one in set(cells)}
    return list(map(known.__getitem__, cells))


def _names_where(flags: pl.DataFrame, columns: Mapping[str, str], rows: int) -> pl.Series:
    """For each row the names whose column is true."""
    names = [pl.when(column).then(pl.lit(name)) for name, column in columns.items()]
    if not names:
        return pl.Series([[]], dtype=pl.List(pl.String())).new_from_index(0, rows)
    return flags.select(pl.concat_list(names).list.drop_nulls()).to_series()
