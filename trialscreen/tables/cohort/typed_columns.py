"""Columns whose type already fits their element: only their values are checked."""

from datetime import date
from math import isnan
from typing import Any

import polars as pl

from trialscreen.model import expr
from trialscreen.model.trial import Element, Trial
from trialscreen.tables.cohort.column_map import KEY, LATEST, ROW
from trialscreen.tables.cohort.data_quality import NOTHING, listed
from trialscreen.tables.cohort.readers.cells import Form, Parser
from trialscreen.tables.compile.program import beside_range
from trialscreen.tables.expressions import expression

READABLE = (
    "text, numbers (decimals of at most 38 digits), yes/no, days, or times with a zone such as"
    " Asia/Shanghai or none"
)
"""The types of column that can be used."""

MOST_DIGITS = 38
_NEVER = 10_000_000
"""A day that Python has not, as the engine counts days."""

_EPOCH = date(1970, 1, 1)
"""The day from which the engine counts them."""

_WHOLE = (pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32)


class TypedColumn:
    """A column whose cells are typed values as the scan leaves them.

    `prepared` is what the scan makes of it, under the element's name. `ends`: between which
    values lie that can be used. `besides`: what must not be false of them, over the column and
    LATEST. Empty cells can be used, NaN cannot. `says_why`: with those that cannot be used, the
    reasons are told, which takes long for many.
    """

    says_why = True

    def __init__(
        self, trial: Trial, element: Element, prepared: pl.Expr, kind: pl.DataType
    ) -> None:
        self.element, self.prepared = element, prepared
        self.columns = {element.name: kind}
        self.ends = element.range
        if element.type == "date" and element.range is None:
            self.ends = (date.min, date.max)
        # Also days, of which not all are days for Python, are compared as numbers.
        self._span: list[Any] | None = None if self.ends is None else [*map(_number, self.ends)]
        cell, latest = expr.Column(element.name), expr.Column(LATEST)
        self.besides: pl.Expr | None = None
        if element.type == "date" or (element.type == "integer" and kind.is_float()):
            self.besides = expression(beside_range(element, cell, latest))
        self._trial = trial

    def is_within(self, cells: pl.Series) -> bool:
        """Whether all cells lie between the ends. This is not a query, so it need not wait."""
        if self._span is None or cells.null_count() == len(cells):
            return True
        low, high = self._span
        numbers = cells.cast(pl.Float64)
        return low <= numbers.min() and numbers.max() <= high and not isnan(numbers.sum())

    def read(self, cells: pl.DataFrame) -> tuple[list[pl.Series], pl.DataFrame]:
        """The column of `cells`, which have LATEST, less what cannot be used; and that, listed."""
        column = cells[self.element.name]
        if self.ends is None:
            return [column], NOTHING
        column = column.fill_nan(None) if column.dtype.is_float() else column
        usable = pl.col(column.name).is_between(*self.ends)
        usable = usable if self.besides is None else usable & self.besides
        is_bad = pl.DataFrame([column, cells[LATEST]]).select(~usable.fill_null(value=True))
        parser = Parser(self._trial, self.element)
        reasons = None if self.says_why else pl.Series([""]).new_from_index(0, len(cells))
        return unreadable_apart(parser, cells, is_bad.to_series(), [column], reasons)


def _number(end: float | date) -> float:
    """As the engine casts it."""
    return float((end - _EPOCH).days if isinstance(end, date) else end)


def unreadable_apart(
    parser: Parser,
    cells: pl.DataFrame,
    is_bad: pl.Series,
    columns: list[pl.Series],
    reasons: pl.Series | None = None,
) -> tuple[list[pl.Series], pl.DataFrame]:
    """`columns` of the parser's element, null where its cells are bad; and these, listed.

    The reasons are given, of all rows, or come of reading the bad cells.
    """
    bad, name = is_bad.arg_true(), parser.element.name
    if bad.is_empty():
        return columns, NOTHING
    if reasons is None:
        texts, days = _texts(cells[name].gather(bad)), cells[LATEST].gather(bad)
        told = [parser.why_not(*one) for one in zip(texts, days, strict=True)]
    else:
        told = reasons.gather(bad).to_list()
    return [column.set(is_bad, None) for column in columns], listed(
        cells[bad, [ROW, KEY]], name, told
    )


def _texts(cells: pl.Series) -> pl.Series:
    """Cells as text; null for a day that has none, which the engine cannot write."""
    cell = pl.col(cells.name)
    if cells.dtype.is_temporal():
        cell = pl.when(cell.is_between(date.min, date.max)).then(cell)
    return cells.to_frame().select(cell.cast(pl.String)).to_series()


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


def typed_column(
    trial: Trial, element: Element, column: pl.Expr, kind: pl.DataType
) -> TypedColumn | None:
    """For a column of this type; None if it does not fit."""
    match element.type:
        case "boolean" if isinstance(kind, pl.Boolean):
            return TypedColumn(trial, element, column, kind)
        case "choice" if isinstance(kind, pl.Enum) and set(kind.categories) <= set(element.choices):
            return TypedColumn(trial, element, column, kind)
        case "date" if isinstance(kind, pl.Date):
            return TypedColumn(trial, element, column, kind)
        case "date" if isinstance(kind, pl.Datetime):
            return TypedColumn(trial, element, _day_shown(column), pl.Date())
        case "integer" | "quantity" if isinstance(kind, _WHOLE):
            return TypedColumn(trial, element, column.cast(pl.Int64), pl.Int64())
        case "integer" | "quantity" if isinstance(kind, pl.Decimal | pl.Float64):
            return TypedColumn(trial, element, column.cast(pl.Float64), pl.Float64())
        case "integer" | "quantity" if isinstance(kind, pl.Float32):
            # By way of the text, so that 10.2 is 10.2 and not 10.199999809.
            number = column.cast(pl.String).cast(pl.Float64)
            return TypedColumn(trial, element, number, pl.Float64())
        case _:
            return None


def _day_shown(column: pl.Expr) -> pl.Expr:
    """The days that a clock in the column's time zone shows; one that has none is impossible."""
    day = column.dt.replace_time_zone(None).dt.date()
    return pl.when(column.is_not_null()).then(day.fill_null(pl.lit(_NEVER, pl.Int32).cast(pl.Date)))


def _moment_as_text(column: pl.Expr) -> pl.Expr:
    """Times as text; one that has none, which makes the engine panic, as a text that none reads."""
    wall = column.dt.cast_time_unit("ms").dt.replace_time_zone(None)
    with_text = pl.when(wall.dt.date().is_between(date.min, date.max)).then(wall)
    text = with_text.dt.to_string("%Y-%m-%d %H:%M:%S")
    return pl.when(column.is_not_null()).then(text.fill_null("no time of the years 1 to 9999"))


def as_text(column: pl.Expr, kind: pl.DataType) -> pl.Expr | None:
    """The column as text for the parser; None if its cells are not single values."""
    if isinstance(kind, pl.String):
        return column  # of a text file, it may come typed, or as codes
    if isinstance(kind, pl.Enum | pl.Categorical | pl.Boolean | pl.Date | pl.Null):
        return column.cast(pl.String)
    if isinstance(kind, pl.Datetime):
        return _moment_as_text(column)
    if kind.is_float():
        return column.fill_nan(None).cast(pl.String).str.strip_suffix(".0")
    return column.cast(pl.String) if kind.is_numeric() else None


def is_supported(kind: pl.DataType) -> bool:
    """Whether the engine can do more with such a column than to pass it over."""
    if isinstance(kind, pl.Decimal):
        return kind.precision <= MOST_DIGITS
    if isinstance(kind, pl.Datetime) and kind.time_zone is not None:
        try:
            pl.Series([0], dtype=pl.Datetime("us")).dt.replace_time_zone(kind.time_zone)
        except pl.exceptions.PolarsError:
            return False
    return True
