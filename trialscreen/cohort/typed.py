"""Columns whose type fits their element: checked in place, and else used as they are."""

from datetime import date, time

import polars as pl

from trialscreen.cohort.cells import LATEST, Parser, Quick, Read, Reader
from trialscreen.trial import Element, Trial

_WHOLE = (pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32)


class Fitting:
    """Reads a column of which each cell is `usable` or not, and then has a `value`.

    `usable` and `value` are over the column of the element's name; `usable` is null for an
    empty cell.
    """

    def __init__(
        self,
        trial: Trial,
        element: Element,
        prepared: pl.Expr,
        kind: pl.DataType,
        usable: pl.Expr,
        value: pl.Expr,
    ) -> None:
        self.element, self.prepared = element, prepared
        self.columns = {element.name: kind}
        self._parser, self._usable, self._value = Parser(trial, element), usable, value

    def quick(self) -> Quick:
        return Quick(pl.col(self.element.name), [self._value], self._usable.all())

    def read(self, cells: pl.Series, latest: pl.Series) -> Read:
        if cells.dtype.is_float():
            cells = cells.fill_nan(None)
        frame = pl.DataFrame([cells, latest.alias(LATEST)])
        columns = frame.select(self._value, is_bad=~self._usable.fill_null(value=True))
        *values, is_bad = columns.get_columns()
        return self._parser.without_bad(cells, latest, is_bad, values)


def _as_is(trial: Trial, element: Element, prepared: pl.Expr, kind: pl.DataType) -> Reader:
    """Yes/no, and choices by their names: nothing can be wrong with them."""
    return Fitting(trial, element, prepared, kind, pl.lit(value=True), pl.col(element.name))


def _numbers(trial: Trial, element: Element, prepared: pl.Expr, kind: pl.DataType) -> Reader:
    """Numbers in the element's own unit; NaN is unknown."""
    assert element.range is not None
    cell = pl.col(element.name)
    usable = cell.is_between(*element.range)
    if element.type == "integer" and kind.is_float():
        usable &= cell == cell.floor()
    return Fitting(trial, element, prepared.cast(kind), kind, usable, cell)


def _days(trial: Trial, element: Element, prepared: pl.Expr, kind: pl.DataType) -> Reader:
    """Dates, or times at midnight: the day that the clock on the wall shows, in any zone."""
    day, at_midnight = pl.col(element.name), pl.lit(value=True)
    if isinstance(kind, pl.Datetime):
        prepared = prepared.dt.replace_time_zone(None)
        at_midnight = day.dt.time() == time(0)
        day = day.dt.date()
    low, high = element.range or (date.min, date.max)
    usable = day.is_between(low, high) & (day <= pl.col(LATEST)) & at_midnight
    return Fitting(trial, element, prepared, pl.Date(), usable, day)


def named(name: str) -> pl.Expr:
    """The column of just this name, where `pl.col` has patterns: `*`, `^...$`."""
    return pl.selectors.by_name(name).as_expr()


def fitting(trial: Trial, element: Element, name: str, kind: pl.DataType) -> Reader | None:
    """The reader for a column of this name and type; None if its type does not fit."""
    column = named(name)
    match element.type:
        case "boolean" if isinstance(kind, pl.Boolean):
            return _as_is(trial, element, column, kind)
        case "choice" if isinstance(kind, pl.Enum) and set(kind.categories) <= set(element.choices):
            return _as_is(trial, element, column, kind)
        case "date" if isinstance(kind, pl.Date | pl.Datetime):
            return _days(trial, element, column, kind)
        case "integer" | "quantity" if isinstance(kind, _WHOLE):
            return _numbers(trial, element, column, pl.Int64())
        case "integer" | "quantity" if isinstance(kind, pl.Decimal | pl.Float64):
            return _numbers(trial, element, column, pl.Float64())
        case "integer" | "quantity" if isinstance(kind, pl.Float32):
            # By way of the text, so that 10.2 is 10.2 and not 10.199999809.
            return _numbers(trial, element, column.cast(pl.String), pl.Float64())
        case _:
            return None


def as_text(name: str, kind: pl.DataType) -> pl.Expr | None:
    """The column as text for the parser; None if its cells are no single values."""
    column = named(name)
    if isinstance(kind, pl.String | pl.Enum | pl.Categorical | pl.Boolean | pl.Date | pl.Null):
        return column.cast(pl.String)
    if isinstance(kind, pl.Datetime):
        return column.dt.to_string("%Y-%m-%d %H:%M:%S")
    if kind.is_float():
        return column.fill_nan(None).cast(pl.String).str.strip_suffix(".0")
    return column.cast(pl.String) if kind.is_numeric() else None
