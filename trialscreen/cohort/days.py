"""Each row's own screening date, where the table has a column of them."""

from datetime import date
from typing import NamedTuple

import polars as pl

from trialscreen.cohort.cells import Reader
from trialscreen.trial import SCREENING_DATE


class Days(NamedTuple):
    """A screening date for each row, null where what is stated cannot be used."""

    days: pl.Series
    stated: pl.Series


def read_days(reader: Reader, cells: pl.Series, on: date, today: date) -> Days:
    """The stated dates, `on` for an empty one; each has to be one day, and none after `today`."""
    latest = pl.Series([today]).new_from_index(0, len(cells))
    columns, bad, _ = reader.read(cells, latest)
    low, high = columns[0], columns[-1]
    stated = low.is_not_null().scatter(bad, values=True)
    days = low.set((low != high).fill_null(value=False), None)
    return Days(days.zip_with(stated, pl.Series([on])).alias(SCREENING_DATE), stated)
