"""Constructors of expression nodes that simplify as they build.

A missing column is null in every row, and a column without bounds is exact: most of a
trial's expression then folds away. Each maker equals its node for every row.
"""

import math
from collections.abc import Iterable
from datetime import date

from trialscreen.model import expr
from trialscreen.model.dates import Period
from trialscreen.model.facts import ALL_WHOLE, DECIMALS, rounded

_FLIPPED: dict[expr.ComparisonSign, expr.ComparisonSign] = {
    "==": "==",
    "<": ">",
    "<=": ">=",
    ">": "<",
    ">=": "<=",
}


def both(*parts: expr.Scalar) -> expr.Scalar:
    """Strong Kleene AND of the parts."""
    return _joined(expr.And, parts, absorbing=expr.FALSE, neutral=expr.TRUE)


def either(*parts: expr.Scalar) -> expr.Scalar:
    """Strong Kleene OR of the parts."""
    return _joined(expr.Or, parts, absorbing=expr.TRUE, neutral=expr.FALSE)


def _joined(
    kind: type[expr.And] | type[expr.Or],
    parts: Iterable[expr.Scalar],
    absorbing: expr.Scalar,
    neutral: expr.Scalar,
) -> expr.Scalar:
    flat: dict[expr.Scalar, None] = {}
    for part in parts:
        flat.update(dict.fromkeys(part.parts if isinstance(part, kind) else (part,)))
    flat.pop(neutral, None)
    if absorbing in flat or not flat:
        return absorbing if flat else neutral
    return next(iter(flat)) if len(flat) == 1 else kind(tuple(flat))


def negated(part: expr.Scalar) -> expr.Scalar:
    match part:
        case expr.Constant(bool() as value):
            return expr.Constant(not value)
        case expr.Constant():
            return expr.NULL
        case expr.Not(inner):
            return inner
        case _:
            return expr.Not(part)


def known(part: expr.Scalar) -> expr.Scalar:
    match part:
        case expr.Constant(value):
            return expr.Constant(value is not None)
        case expr.Not(inner) | expr.Rounded(inner, _) | expr.In(inner, _):
            return known(inner)
        case expr.Comparison(_, left, right) | expr.CompletedYears(left, right):
            return both(known(left), known(right))
        case _:
            return expr.Known(part)


def unknown(part: expr.Scalar) -> expr.Scalar:
    return negated(known(part))


def if_(condition: expr.Scalar, then: expr.Scalar, otherwise: expr.Scalar) -> expr.Scalar:
    if isinstance(condition, expr.Constant):
        return then if condition == expr.TRUE else otherwise
    return then if then == otherwise else expr.If(condition, then, otherwise)


def coalesce(first: expr.Scalar, second: expr.Scalar) -> expr.Scalar:
    if first == expr.NULL:
        return second
    if second == expr.NULL or isinstance(first, expr.Constant):
        return first
    return expr.Coalesce(first, second)


def at_least(count: int, parts: tuple[expr.Scalar, ...]) -> expr.Scalar:
    """Whether `count` of the parts are true: null while it can still go either way."""
    count -= parts.count(expr.TRUE)
    open_parts = tuple(part for part in parts if part not in (expr.TRUE, expr.FALSE))
    if count <= 0:
        return expr.TRUE
    if count >= len(open_parts):
        return both(*open_parts) if count == len(open_parts) else expr.FALSE
    if count == 1:
        return either(*open_parts)
    met = compare(">=", _count(open_parts), expr.Constant(count))
    spare = expr.Constant(len(open_parts) - count)
    missed = compare(">", _count(tuple(map(negated, open_parts))), spare)
    return if_(met, expr.TRUE, if_(missed, expr.FALSE, expr.NULL))


def _count(parts: tuple[expr.Scalar, ...]) -> expr.Scalar:
    some = tuple(part for part in parts if part != expr.NULL)
    return expr.Count(some) if some else expr.Constant(0)


def one_of(part: expr.Scalar, values: tuple[str, ...]) -> expr.Scalar:
    if len(values) == 1:
        return compare("==", part, expr.Constant(values[0]))
    return expr.NULL if part == expr.NULL else expr.In(part, values)


def before(day: expr.Scalar, period: Period) -> expr.Scalar:
    """The day that lies `period` before `day`; no engine has to know weeks."""
    if isinstance(day, expr.Constant) and isinstance(day.value, date):
        return expr.Constant(period.before(day.value))
    if period.before(date.max) == date.min:
        return expr.Constant(date.min)
    return expr.Before(day, period.without_weeks)


def completed_years(since: expr.Scalar, on: expr.Scalar) -> expr.Scalar:
    return expr.NULL if expr.NULL in (since, on) else expr.CompletedYears(since, on)


def calculated(sign: expr.ArithmeticSign, left: expr.Scalar, right: expr.Scalar) -> expr.Scalar:
    return expr.NULL if expr.NULL in (left, right) else expr.Arithmetic(sign, left, right)


def floor(part: expr.Scalar) -> expr.Scalar:
    return expr.NULL if part == expr.NULL else expr.Floor(part)


def rounded_to(part: expr.Scalar, decimals: int = DECIMALS) -> expr.Scalar:
    return expr.NULL if part == expr.NULL else expr.Rounded(part, decimals)


def spelled_out(node: expr.Rounded) -> expr.Scalar:
    """`facts.rounded` step by step, for a printer: its part is read more than once."""
    scale, limit = expr.Constant(10.0**node.decimals), ALL_WHOLE / 10.0**node.decimals
    half_up = expr.Arithmetic("+", expr.Arithmetic("*", node.part, scale), expr.Constant(0.5))
    is_below = expr.Comparison("<", node.part, expr.Constant(limit))
    has_decimals = expr.And((is_below, expr.Comparison(">", node.part, expr.Constant(-limit))))
    return expr.If(has_decimals, expr.Arithmetic("/", expr.Floor(half_up), scale), node.part)


# Comparisons. Against a constant, a rounding or a count of years is turned round: the
# bound is moved once, instead of the value in every row.


def compare(sign: expr.ComparisonSign, left: expr.Scalar, right: expr.Scalar) -> expr.Scalar:
    """A comparison, with a constant on the right if there is one."""
    if expr.NULL in (left, right):
        return expr.NULL
    if isinstance(left, expr.Constant):
        if isinstance(right, expr.Constant):
            return expr.Constant(expr.BY_SIGN[sign](left.value, right.value))
        return compare(_FLIPPED[sign], right, left)
    if isinstance(right, expr.Constant) and isinstance(right.value, float | int):
        return _against(sign, left, right.value)
    return expr.Comparison(sign, left, right)


def _against(sign: expr.ComparisonSign, left: expr.Scalar, bound: float) -> expr.Scalar:
    match left:
        case expr.Coalesce(first, (expr.Rounded() | expr.CompletedYears()) as second):
            return expr.Coalesce(_against(sign, first, bound), _against(sign, second, bound))
        case expr.Rounded(part, decimals) if sign != "==":
            return _rounded_against(sign, part, decimals, float(bound))
        case expr.CompletedYears(since, expr.Constant(date() as on)) if sign != "==":
            return _years_against(sign, since, on, bound)
        case _:
            return expr.Comparison(sign, left, expr.Constant(bound))


def _rounded_against(
    sign: expr.ComparisonSign, part: expr.Scalar, decimals: int, bound: float
) -> expr.Scalar:
    least = bound if sign in (">=", "<") else math.nextafter(bound, math.inf)
    moved = least_rounded_to(least, decimals)
    return expr.Comparison(">=" if sign in (">=", ">") else "<", part, expr.Constant(moved))


def least_rounded_to(bound: float, decimals: int = DECIMALS) -> float:
    """The least number that, once rounded, is `bound` or more. Found by halving."""
    margin = max(10.0**-decimals, 4 * math.ulp(bound))
    below, enough = bound - margin, bound + margin
    while below < (middle := below + (enough - below) / 2) < enough:
        if rounded(middle, decimals) >= bound:
            enough = middle
        else:
            below = middle
    return enough


def _years_against(
    sign: expr.ComparisonSign, since: expr.Scalar, on: date, bound: float
) -> expr.Scalar:
    least = math.ceil(bound) if sign in (">=", "<") else math.floor(bound) + 1
    reached = sign in (">=", ">")
    if on.year - least < date.min.year:  # no day lies so long ago
        return expr.Comparison("<" if reached else ">=", since, expr.Constant(date.min))
    latest = expr.Constant(Period(least, "years").before(on))
    return expr.Comparison("<=" if reached else ">", since, latest)
