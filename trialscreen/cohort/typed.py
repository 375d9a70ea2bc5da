"""Columns whose type fits their element: checked in place, and else used as they are."""

from datetime import date, time

import polars as pl

from trialscreen.cohort.cells import Latest, Read, Reader, latest_at, why_not
from trialscreen.trial import Element, Trial

_WHOLE = (pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32)


class AsIs:
    """Yes/no, and choices by their names: nothing can be wrong with them."""

    def __init__(self, element: Element, prepared: pl.Expr, kind: pl.DataType) -> None:
        self.element, self.prepared = element, prepared
        self.columns = {element.name: kind}

    def read(self, cells: pl.Series, latest: Latest) -> Read:
        del latest
        return Read([cells])


class Numbers:
    """Numbers in the element's own unit; NaN is unknown."""

    def __init__(
        self, trial: Trial, element: Element, prepared: pl.Expr, kind: pl.DataType
    ) -> None:
        self.trial, self.element, self.prepared = trial, element, prepared.cast(kind)
        self.columns = {element.name: kind}
        assert element.range is not None
        self.low, self.high = (float(end) for end in element.range)  # type: ignore[arg-type]

    def read(self, cells: pl.Series, latest: Latest) -> Read:
        usable = cells.is_between(self.low, self.high)
        if self.element.type == "integer" and cells.dtype.is_float():
            usable &= cells == cells.floor()
        if usable.all():
            return Read([cells])
        if cells.dtype.is_float():
            usable |= cells.is_nan()
            cells = cells.fill_nan(None)
        return _without(self.trial, self.element, cells, usable, latest)


class Days:
    """Dates, or times at midnight: the day that the clock on the wall shows, in any zone."""

    def __init__(
        self, trial: Trial, element: Element, prepared: pl.Expr, kind: pl.DataType
    ) -> None:
        timed = isinstance(kind, pl.Datetime)
        self.trial, self.element = trial, element
        self.prepared = prepared.dt.replace_time_zone(None) if timed else prepared
        self.columns: dict[str, pl.DataType] = {element.name: pl.Date()}
        low, high = element.range or (date.min, date.max)
        assert isinstance(low, date) and isinstance(high, date)
        self.low, self.high = low, high

    def read(self, cells: pl.Series, latest: Latest) -> Read:
        days, usable = cells, None
        if isinstance(cells.dtype, pl.Datetime):
            days, usable = cells.dt.date(), cells.dt.time() == time(0)
        in_range = days.is_between(self.low, self.high) & (days <= latest)
        usable = in_range if usable is None else usable & in_range
        if usable.all():
            return Read([days])
        found = _without(self.trial, self.element, cells, usable, latest)
        return Read([column.cast(pl.Date) for column in found.columns], *found[1:])


def _without(
    trial: Trial, element: Element, cells: pl.Series, usable: pl.Series, latest: Latest
) -> Read:
    """`cells` less those that are not usable, and why."""
    bad = (~usable).arg_true()
    texts = cells.gather(bad).cast(pl.String)
    reasons = tuple(
        why_not(trial, element, None, text, latest_at(latest, place))
        for place, text in zip(bad, texts, strict=True)
    )
    return Read([cells.set(~usable.fill_null(value=True), None)], bad, reasons)


def fitting(trial: Trial, element: Element, name: str, kind: pl.DataType) -> Reader | None:
    """The reader for a column of this name and type; None if its type does not fit."""
    column = pl.col(name)
    match element.type:
        case "boolean" if isinstance(kind, pl.Boolean):
            return AsIs(element, column, kind)
        case "choice" if isinstance(kind, pl.Enum) and set(kind.categories) <= set(element.choices):
            return AsIs(element, column, kind)
        case "date" if isinstance(kind, pl.Date | pl.Datetime):
            return Days(trial, element, column, kind)
        case "integer" | "quantity" if isinstance(kind, _WHOLE):
            return Numbers(trial, element, column, pl.Int64())
        case "integer" | "quantity" if isinstance(kind, pl.Decimal | pl.Float64):
            return Numbers(trial, element, column, pl.Float64())
        case "integer" | "quantity" if isinstance(kind, pl.Float32):
            # By way of the text, so that 10.2 is 10.2 and not 10.199999809.
            return Numbers(trial, element, column.cast(pl.String), pl.Float64())
        case _:
            return None


def as_text(name: str, kind: pl.DataType) -> pl.Expr | None:
    """The column as text for the parser; None if its cells are no single values."""
    column = pl.col(name)
    if isinstance(kind, pl.String | pl.Enum | pl.Categorical | pl.Boolean | pl.Date | pl.Null):
        return column.cast(pl.String)
    if isinstance(kind, pl.Datetime):
        return column.dt.to_string("%Y-%m-%d %H:%M:%S")
    if kind.is_float():
        return column.fill_nan(None).cast(pl.String).str.strip_suffix(".0")
    return column.cast(pl.String) if kind.is_numeric() else None
