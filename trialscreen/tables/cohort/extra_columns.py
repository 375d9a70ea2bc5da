"""What more can be told of each patient: what is missing, why not, when it clears, what is stale.

Most of this comes from the single-patient reference, row by row, in the words of `screen`. What
is stale or awaited is told by the engine.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

import polars as pl

from trialscreen.model.trial import SCREENING_DATE, Trial
from trialscreen.screening.evaluate import Evaluation
from trialscreen.screening.screen import Screening, screening_of
from trialscreen.tables.cohort.screener import Screener
from trialscreen.tables.cohort.text_columns import awaited_column
from trialscreen.tables.cohort.unusual import fact_of
from trialscreen.tables.engines.polars import Computing

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


class ExtraColumns(NamedTuple):
    """Adds some of COLUMNS to the screened rows."""

    trial: Trial
    screener: Screener
    on: date
    columns: tuple[str, ...]

    @property
    def schema(self) -> pl.Schema:
        added = {name: COLUMNS[name] for name in self.columns}
        return pl.Schema({**self.screener.results, **added})

    def add(self, results: pl.DataFrame) -> pl.DataFrame:
        """A batch of `Screener.results` with these columns; the typed ones must still be there."""
        added: dict[str, pl.Series] = {}
        if by_row := [name for name in self.columns if name in BY_ROW]:
            rows = [self._told(row) for row in results.iter_rows(named=True)]
            added = {
                name: pl.Series([row[name] for row in rows], dtype=BY_ROW[name]) for name in by_row
            }
        if "stale" in self.columns:
            added["stale"] = self._stale(results)
        if "awaited" in self.columns:
            awaited = {name: awaited_column(name) for name in self.trial.elements}
            there = {name: one for name, one in awaited.items() if one in results.columns}
            added["awaited"] = _names_where(results, there, len(results))
        return results.with_columns(**{name: added[name] for name in self.columns})

    def _stale(self, results: pl.DataFrame) -> pl.Series:
        program = self.screener.program
        flags = Computing(program, program.stale).of(results.lazy()).collect()
        return _names_where(flags, {name: name for name in program.stale}, len(results))

    def _told(self, row: Mapping[str, Any]) -> dict[str, Any]:
        if row["verdict"] == "eligible":
            return {"missing": [], "reasons": [], "clears_on": None}
        facts = {}
        for name, columns in self.screener.columns.items():
            if (fact := fact_of([row[column] for column in columns])) is not None:
                facts[name] = fact
        on = row.get(SCREENING_DATE, self.on)
        # Not reviewed: what contradicts is struck out already.
        screening = screening_of(Evaluation(self.trial, facts, on))
        return {
            "missing": [name for group in screening.missing.values() for name in group],
            "reasons": _reasons(screening) if "reasons" in self.columns else [],
            "clears_on": screening.clears_on if "clears_on" in self.columns else None,
        }


def _reasons(screening: Screening) -> list[str]:
    """Why the patient fails, criterion by criterion."""
    return [
        f"{finding.criterion.id}: {reason}"
        for finding in screening.failing
        for reason in finding.reasons
    ]


def _names_where(flags: pl.DataFrame, columns: Mapping[str, str], rows: int) -> pl.Series:
    """For each row the names whose column is true."""
    names = [pl.when(column).then(pl.lit(name)) for name, column in columns.items()]
    if not names:
        return pl.Series([[]], dtype=pl.List(pl.String())).new_from_index(0, rows)
    return flags.select(pl.concat_list(names).list.drop_nulls()).to_series()
