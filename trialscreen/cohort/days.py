"""Each row's own screening date, where the table has a column of them."""

from datetime import date

import polars as pl

from trialscreen.cohort.cells import Reader
from trialscreen.trial import SCREENING_DATE


def read_days(reader: Reader, cells: pl.Series, fallback: date | None, today: date) -> pl.Series:
    """A screening date for each cell, `fallback` for an empty one; null where there is none.

    It has to be one day, and none after `today`.
    """
    latest = pl.Series([today]).new_from_index(0, len(cells))
    columns, bad, _ = reader.read(cells, latest)
    low, high = columns[0], columns[-1]
    days = low.set((low != high).fill_null(value=False), None).alias(SCREENING_DATE)
    if fallback is None:
        return days
    stated = low.is_not_null().scatter(bad, values=True)
    return days.zip_with(stated, pl.Series([fallback]))
