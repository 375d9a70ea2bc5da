"""Columns of texts by their codes, so that each distinct text is looked at once."""

import polars as pl


def begun() -> pl.Series:
    """An empty column with codes of its own, which mean the same as long as there is one of it."""
    return pl.Series([], dtype=pl.Categorical(pl.Categories.random()))


def new_texts(column: pl.Series, known: int) -> pl.Series | None:
    """The texts of a column of codes, in the order of these, but for the first `known`."""
    last = column.to_physical().max()
    if not isinstance(last, int) or last < known:
        return None
    new = pl.int_range(known, last + 1, dtype=pl.UInt32, eager=True)
    return new.cat.to(column.dtype).cast(pl.String)
