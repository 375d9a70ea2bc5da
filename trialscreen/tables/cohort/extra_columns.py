"""What more can be told of each patient: what is missing, why not, when it clears.

This comes from the single-patient reference, row by row, in the words of `screen`.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

import polars as pl

from trialscreen.model.trial import SCREENING_DATE, Trial
from trialscreen.screening.clearing import all_clear_on
from trialscreen.screening.evaluate import Evaluation
from trialscreen.screening.screen import Screening, screening_of
from trialscreen.tables.cohort.screener import Screener
from trialscreen.tables.cohort.unusual import fact_of

COLUMNS: Mapping[str, pl.DataType] = {
    "missing": pl.List(pl.String()),
    "reasons": pl.List(pl.String()),
    "clears_on": pl.Date(),
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
        rows = [self._told(row) for row in results.iter_rows(named=True)]
        added = {
            name: pl.Series(name, [row[name] for row in rows], COLUMNS[name])
            for name in self.columns
        }
        return results.with_columns(**added)

    def _told(self, row: Mapping[str, Any]) -> dict[str, Any]:
        if row["verdict"] == "eligible":
            return {"missing": [], "reasons": [], "clears_on": None}
        facts = {}
        for name, columns in self.screener.columns.items():
            if (fact := fact_of([row[column] for column in columns])) is not None:
                facts[name] = fact
        on = row.get(SCREENING_DATE, self.on)
        # Not reviewed: what contradicts is struck out already.
        screening = screening_of(self.trial, Evaluation(self.trial.elements, facts, on))
        return {
            "missing": [name for group in screening.missing.values() for name in group],
            "reasons": _reasons(screening) if "reasons" in self.columns else [],
            "clears_on": all_clear_on(screening) if "clears_on" in self.columns else None,
        }


def _reasons(screening: Screening) -> list[str]:
    """Why the patient fails, criterion by criterion."""
    return [
        f"{finding.criterion.id}: {reason}"
        for finding in screening.failing
        for reason in finding.reasons
    ]
