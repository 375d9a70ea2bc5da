"""One Parquet file, with columns of any type: those of no use are not looked at."""

import re
from pathlib import Path

import polars as pl

from trialscreen.cohort.panics import panics_told
from trialscreen.errors import InputError, Problem
from trialscreen.text import shown

_TWICE = re.compile(r"column with name '(.*)' has more than one occurrence", re.DOTALL)


def open_parquet(path: Path, origin: str) -> tuple[pl.LazyFrame, pl.Schema]:
    """The rows of a file, called `origin` in messages, and its columns. Raises InputError."""
    frame = pl.scan_parquet(path, glob=False, hive_partitioning=False)
    try:
        with panics_told(origin):
            return frame, frame.collect_schema()
    except pl.exceptions.DuplicateError as error:
        found = _TWICE.search(str(error))
        column = f"the column {shown(found[1])}" if found else "a column"
        raise InputError([Problem(origin, f"{column} stands twice")]) from None
    except pl.exceptions.ComputeError as error:
        if "LogicalType" not in str(error):
            raise
        message = "has a column of a type that Polars does not know; write it without that"
        raise InputError([Problem(origin, message)]) from None
