"""Translates a compiled trial to Polars expressions, to screen a whole table in one pass.

Polars' `&` and `|` are strong Kleene logic, and `when` takes a null for false.
"""

import operator
from collections.abc import Mapping
from datetime import MAXYEAR, date
from functools import reduce
from types import MappingProxyType
from typing import Final, assert_never

import polars as pl

from trialscreen.model import expr
from trialscreen.model.trial import SCREENING_DATE
from trialscreen.tables.compile import Program, Table
from trialscreen.tables.compile.simplify import spelled_out

_UNITS = {"days": "d", "weeks": "w", "months": "mo", "years": "y"}


def expression(scalar: expr.Scalar) -> pl.Expr:
    """`scalar` as an expression over the columns that it names."""
    match scalar:
        case expr.Column(name):
            return pl.col(name)
        case expr.Constant(value):
            return pl.lit(value)
        case expr.If(condition, then, otherwise):
            chosen = pl.when(expression(condition)).then(expression(then))
            return chosen.otherwise(expression(otherwise))
        case expr.Coalesce(first, second):
            return pl.coalesce(expression(first), expression(second))
        case expr.And() | expr.Or() | expr.Not() | expr.Known() | expr.Comparison() | expr.In():
            return _truth(scalar)
        case _:
            return _quantity(scalar)


def of_few(scalar: expr.Scalar, kind: pl.Enum) -> pl.Expr:
    """`scalar`, one of few texts or null, as `kind`; texts themselves take ten times as long."""
    if isinstance(scalar, expr.Constant):
        return pl.lit(scalar.value, kind)
    if isinstance(scalar, expr.If):
        chosen = pl.when(expression(scalar.condition)).then(of_few(scalar.then, kind))
        return chosen.otherwise(of_few(scalar.otherwise, kind))
    return expression(scalar).cast(kind)


def _truth(scalar: expr.Boolean) -> pl.Expr:
    match scalar:
        case expr.And(parts):
            return reduce(operator.and_, map(_boolean, parts))
        case expr.Or(parts):
            return reduce(operator.or_, map(_boolean, parts))
        case expr.Not(expr.Known(part)):
            return expression(part).is_null()
        case expr.Not(part):
            return expression(part).not_()
        case expr.Known(part):
            return expression(part).is_not_null()
        case expr.Comparison(sign, left, right):
            return _by_sign(sign, left, right)
        case expr.In(part, values):
            return expression(part).is_in(list(values))
        case _:
            assert_never(scalar)


def _by_sign(
    sign: expr.ComparisonSign | expr.ArithmeticSign, left: expr.Scalar, right: expr.Scalar
) -> pl.Expr:
    made: pl.Expr = expr.BY_SIGN[sign](expression(left), expression(right))
    return made


def _boolean(scalar: expr.Scalar) -> pl.Expr:
    return pl.lit(None, dtype=pl.Boolean) if scalar == expr.NULL else expression(scalar)


def _quantity(scalar: expr.Quantity) -> pl.Expr:
    match scalar:
        case expr.Count(parts):
            ones = (expression(one).fill_null(value=False).cast(pl.Int32) for one in parts)
            return reduce(operator.add, ones)
        case expr.Arithmetic("/", left, expr.Constant(value)):
            dividend = expression(left)
            return dividend / _in_every_row(value, dividend)
        case expr.Arithmetic("**", expr.Constant(base), expr.Column(is_years=True) as years):
            # There are few ages, and a power takes long.
            return _powers(base).gather(expression(years), null_on_oob=True)
        case expr.Arithmetic(sign, left, right):
            return _by_sign(sign, left, right)
        case expr.Floor(part):
            return expression(part).floor()
        case expr.Rounded():
            return expression(spelled_out(scalar))
        case expr.Before(day, period):
            # Polars clamps to the end of a month as we do, and its calendar has no first day.
            return expression(day).dt.offset_by(f"-{period.count}{_UNITS[period.unit]}")
        case expr.CompletedYears(since, on):
            return (_years_from_march(on) - _years_from_march(since)) // 1000
        case _:
            assert_never(scalar)


def _in_every_row(value: object, beside: pl.Expr) -> pl.Expr:
    """`value`, but not the same for all rows as far as Polars knows.

    By one number for all rows it does not divide: it multiplies by the reciprocal, which
    can differ in the last bit.
    """
    return pl.lit(value) + beside * 0


def _powers(base: object) -> pl.Expr:
    """`base` to the power of each count of years that dates can be apart; at -1 that of -1."""
    years = pl.int_range(MAXYEAR, dtype=pl.Int32).append(pl.int_range(-MAXYEAR, 0, dtype=pl.Int32))
    return pl.lit(pl.select(pl.lit(base) ** years).to_series())


def _years_from_march(day: expr.Scalar) -> pl.Expr:
    numbered = _from_march(expression(day))
    if isinstance(day, expr.Constant):
        # Beside what is computed of constants alone, Polars computes all repeated parts anew.
        return pl.lit(pl.select(numbered).item())
    return numbered


def _from_march(day: pl.Expr) -> pl.Expr:
    """A day as a number, so that the completed years of a difference are its thousands.

    Its thousands are the year that begins in March, the rest is the day in it: 29 February
    comes last, and moves no other. (As Neri and Schneider 2022, doi:10.1002/spe.3172, by way
    of the Julian calendar; to ask Polars for year, month and day walks the calendar thrice.)
    """
    since = day.cast(pl.Int32) + 719_468  # 1 March of the year 0
    century = (since * 4 + 3) // 146_097
    julian = since + (century * 3 + 3) // 4
    year = (julian * 4 + 3) // 1461
    # The thousands less the days before the year, which are a quarter of 1461 for each.
    return julian + (year * (4 * 1000 - 1461) + 3) // 4


def table_of(schema: pl.Schema, on: date | None) -> Table:
    """What there is in a frame; with a column `screening_date`, `on` is not used."""
    halves = (name.removesuffix("_half") for name in schema if name.endswith("_half"))
    as_written = frozenset(name for name in halves if f"{name}_low_open" in schema)
    own_dates = SCREENING_DATE in schema
    return Table(frozenset(schema), as_written, None if own_dates else on)


AT_ONCE: Final = "in-memory"
"""The engine for one batch: the other one finishes other batches first, and more and more wait."""

NO_KINDS: Mapping[str, pl.Enum] = MappingProxyType({})


class Computing:
    """Some outputs of a program, to be computed for many frames with the same columns.

    To make the expressions takes longer than to compute them for some thousand rows.
    """

    def __init__(
        self,
        program: Program,
        outputs: Mapping[str, expr.Scalar],
        *keep: str,
        kinds: Mapping[str, pl.Enum] = NO_KINDS,
    ) -> None:
        """`keep`: columns of the frames to be kept; `kinds`: those of outputs of few texts."""
        self._stages = [
            [expression(step.value).alias(step.name) for step in stage]
            for stage in program.stages(outputs.values())
        ]
        self._outputs = [
            (of_few(value, kinds[name]) if name in kinds else expression(value)).alias(name)
            for name, value in outputs.items()
        ]
        self._keep = keep

    def of(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        """The columns of `frame` to keep, and the outputs under their names."""
        for stage in self._stages:
            frame = frame.with_columns(stage)
        return frame.select(*self._keep, *self._outputs)


def computed(
    frame: pl.LazyFrame, program: Program, outputs: Mapping[str, expr.Scalar], *keep: str
) -> pl.LazyFrame:
    """The columns of `frame` to keep, and some outputs of its program under their names."""
    return Computing(program, outputs, *keep).of(frame)
