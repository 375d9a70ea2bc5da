"""Columns whose type fits their element: checked, and else used as they are."""

from datetime import date
from math import inf, isnan
from typing import Any

import polars as pl

from trialscreen.model.trial import Element, Trial
from trialscreen.tables.cohort.readers.cell_forms import Form
from trialscreen.tables.cohort.readers.cells import LATEST, Parser, Quick, Read

READABLE = (
    "text, numbers (decimals of at most 38 digits), yes/no, days, or times with a zone such as"
    " Asia/Shanghai or none"
)
"""The types of column that can be used."""

MOST_DIGITS = 38
_ALL_DAYS = (date.min, date.max)
_WHOLE = (pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32)


class Fitting:
    """A column whose cells are typed values as the scan leaves them.

    Which can be used: those between `ends` for which `besides` is true or null. The latter is
    over the column of the element's name and LATEST. Empty cells can be used, NaN cannot.
    """

    def __init__(
        self,
        trial: Trial,
        element: Element,
        prepared: pl.Expr,
        kind: pl.DataType,
        ends: tuple[Any, Any] | None = None,
    ) -> None:
        self.element, self.prepared, self.ends = element, prepared, ends
        self.columns = {element.name: kind}
        self._cell = pl.col(element.name)
        self._parser = Parser(trial, element)
        self._span = (-inf, inf) if ends is None else tuple(pl.Series(ends).cast(pl.Float64))

    @property
    def besides(self) -> pl.Expr | None:
        if self.element.type == "date":
            return self._cell <= pl.col(LATEST)
        if self.element.type == "integer" and self.columns[self.element.name].is_float():
            return self._cell == self._cell.floor()
        return None

    def is_within(self, cells: pl.Series) -> bool:
        """Whether all cells lie between the ends. This is no query, so it need not wait."""
        if self.ends is None or cells.null_count() == len(cells):
            return True
        low, high = self._span
        numbers = cells.cast(pl.Float64)  # also days, of which not all are days for Python
        least, most = numbers.min(), numbers.max()
        return low <= least and most <= high and not isnan(numbers.sum())

    def read(self, cells: pl.Series, latest: pl.Series) -> Read:
        usable = pl.lit(value=True) if self.ends is None else self._cell.is_between(*self.ends)
        usable = usable if self.besides is None else usable & self.besides
        return _checked(self._parser, cells, latest, usable, self._cell)


class Moments:
    """A column of times: the day that a clock in the column's time zone shows."""

    def __init__(self, trial: Trial, element: Element, column: pl.Expr) -> None:
        self.element, self.prepared = element, column.dt.replace_time_zone(None)
        self.columns: dict[str, pl.DataType] = {element.name: pl.Date()}
        self._parser = Parser(trial, element)
        cell = pl.col(element.name)
        self._day = cell.dt.date()
        # A time outside the years 1 to 9999 has no day.
        self._usable = pl.when(cell.is_not_null()).then(
            _is_possible(element, self._day).fill_null(value=False)
        )

    def quick(self) -> Quick:
        cell = pl.col(self.element.name)
        return Quick([], [], cell.is_null(), [self._day], self._usable.all())

    def taught(self, way: Quick, cells: pl.Series, _coded: pl.DataFrame) -> tuple[Quick, pl.Series]:
        return way, cells

    def read(self, cells: pl.Series, latest: pl.Series) -> Read:
        return _checked(self._parser, cells, latest, self._usable, self._day)

    def checked(
        self, _way: Quick, cells: pl.Series, coded: pl.DataFrame, _columns: list[pl.Series]
    ) -> Read:
        return self.read(cells, coded[LATEST])


def _checked(
    parser: Parser, cells: pl.Series, latest: pl.Series, usable: pl.Expr, value: pl.Expr
) -> Read:
    """The value of each cell that is usable; NaN is unknown."""
    if cells.dtype.is_float():
        cells = cells.fill_nan(None)
    frame = pl.DataFrame([cells, latest.alias(LATEST)])
    columns = frame.select(value, is_bad=~usable.fill_null(value=True))
    *values, is_bad = columns.get_columns()
    return parser.without_bad(cells, latest, is_bad, values)


def _is_possible(element: Element, day: pl.Expr) -> pl.Expr:
    low, high = element.range or _ALL_DAYS
    return day.is_between(low, high) & (day <= pl.col(LATEST))


def _numbers(trial: Trial, element: Element, column: pl.Expr, kind: pl.DataType) -> Fitting:
    """Numbers in the element's own unit."""
    assert element.range is not None
    return Fitting(trial, element, column.cast(kind), kind, element.range)


def named(name: str) -> pl.Expr:
    """The column of just this name, where `pl.col` has patterns: `*`, `^...$`."""
    return pl.selectors.by_name(name).as_expr()


def undeclared(column: pl.Expr, kind: pl.DataType, form: Form) -> pl.Expr:
    """A typed column without the numbers and days that are codes for missing."""
    if kind.is_numeric() and form.numbers:
        is_code = column.cast(pl.Float64).is_in(form.numbers)
    elif isinstance(kind, pl.Date | pl.Datetime) and form.days:
        # Not by a cast, which gives the day in UTC.
        is_code = column.dt.date().is_in(form.days)
    else:
        return column
    return pl.when(~is_code).then(column)


def fitting(
    trial: Trial, element: Element, column: pl.Expr, kind: pl.DataType
) -> Fitting | Moments | None:
    """The reader for a column of this type; None if its type does not fit."""
    match element.type:
        case "boolean" if isinstance(kind, pl.Boolean):
            return Fitting(trial, element, column, kind)
        case "choice" if isinstance(kind, pl.Enum) and set(kind.categories) <= set(element.choices):
            return Fitting(trial, element, column, kind)
        case "date" if isinstance(kind, pl.Date):
            return Fitting(trial, element, column, kind, element.range or _ALL_DAYS)
        case "date" if isinstance(kind, pl.Datetime):
            return Moments(trial, element, column)
        case "integer" | "quantity" if isinstance(kind, _WHOLE):
            return _numbers(trial, element, column, pl.Int64())
        case "integer" | "quantity" if isinstance(kind, pl.Decimal | pl.Float64):
            return _numbers(trial, element, column, pl.Float64())
        case "integer" | "quantity" if isinstance(kind, pl.Float32):
            # By way of the text, so that 10.2 is 10.2 and not 10.199999809.
            return _numbers(trial, element, column.cast(pl.String), pl.Float64())
        case _:
            return None


def _moment_as_text(column: pl.Expr) -> pl.Expr:
    """Times as text; one that has none, which makes the engine panic, as a text that none reads."""
    wall = column.dt.cast_time_unit("ms").dt.replace_time_zone(None)
    with_text = pl.when(wall.dt.date().is_between(date.min, date.max)).then(wall)
    text = with_text.dt.to_string("%Y-%m-%d %H:%M:%S")
    return pl.when(column.is_not_null()).then(text.fill_null("no time of the years 1 to 9999"))


def as_text(column: pl.Expr, kind: pl.DataType) -> pl.Expr | None:
    """The column as text for the parser; None if its cells are no single values."""
    if isinstance(kind, pl.String | pl.Enum | pl.Categorical | pl.Boolean | pl.Date | pl.Null):
        return column.cast(pl.String)
    if isinstance(kind, pl.Datetime):
        return _moment_as_text(column)
    if kind.is_float():
        return column.fill_nan(None).cast(pl.String).str.strip_suffix(".0")
    return column.cast(pl.String) if kind.is_numeric() else None


def is_known(kind: pl.DataType) -> bool:
    """Whether the engine can do more with such a column than to pass it over."""
    if isinstance(kind, pl.Decimal):
        return kind.precision <= MOST_DIGITS
    if isinstance(kind, pl.Datetime) and kind.time_zone is not None:
        try:
            pl.Series([0], dtype=pl.Datetime("us")).dt.replace_time_zone(kind.time_zone)
        except pl.exceptions.PolarsError:
            return False
    return True
