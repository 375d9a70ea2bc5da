"""Makers of scalar nodes that simplify as they build.

A missing column is null in every row, and a column without bounds is exact: most of a
trial's expression then folds away, and what is left costs little. Nothing here changes a
value: each maker equals its node for every row.
"""

import math
import operator
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from trialscreen.dates import Period
from trialscreen.fact import ALL_WHOLE, DECIMALS, rounded
from trialscreen.scalar import (
    FALSE,
    NULL,
    TRUE,
    And,
    Arithmetic,
    ArithmeticSign,
    Before,
    Coalesce,
    Comparison,
    ComparisonSign,
    CompletedYears,
    Constant,
    Count,
    Floor,
    If,
    In,
    Known,
    Not,
    Or,
    Rounded,
    Scalar,
)

_COMPARE: dict[ComparisonSign, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_FLIPPED: dict[ComparisonSign, ComparisonSign] = {
    "==": "==",
    "<": ">",
    "<=": ">=",
    ">": "<",
    ">=": "<=",
}


def constant(value: bool | float | str | date) -> Scalar:
    return Constant(value)


def both(*parts: Scalar) -> Scalar:
    """Strong Kleene AND of the parts."""
    return _joined(And, parts, absorbing=FALSE, neutral=TRUE)


def either(*parts: Scalar) -> Scalar:
    """Strong Kleene OR of the parts."""
    return _joined(Or, parts, absorbing=TRUE, neutral=FALSE)


def _joined(
    kind: type[And] | type[Or], parts: Iterable[Scalar], absorbing: Scalar, neutral: Scalar
) -> Scalar:
    flat: dict[Scalar, None] = {}
    for part in parts:
        flat.update(dict.fromkeys(part.parts if isinstance(part, kind) else (part,)))
    flat.pop(neutral, None)
    if absorbing in flat or not flat:
        return absorbing if flat else neutral
    return next(iter(flat)) if len(flat) == 1 else kind(tuple(flat))


def negated(part: Scalar) -> Scalar:
    match part:
        case Constant(bool() as value):
            return Constant(not value)
        case Constant():
            return NULL
        case Not(inner):
            return inner
        case _:
            return Not(part)


def known(part: Scalar) -> Scalar:
    match part:
        case Constant(value):
            return Constant(value is not None)
        case Not(inner):
            return known(inner)
        case _:
            return Known(part)


def unknown(part: Scalar) -> Scalar:
    return negated(known(part))


def if_(condition: Scalar, then: Scalar, otherwise: Scalar) -> Scalar:
    if isinstance(condition, Constant):
        return then if condition == TRUE else otherwise
    return then if then == otherwise else If(condition, then, otherwise)


def coalesce(first: Scalar, second: Scalar) -> Scalar:
    if first == NULL:
        return second
    if second == NULL or isinstance(first, Constant):
        return first
    return Coalesce(first, second)


def at_least(count: int, parts: tuple[Scalar, ...]) -> Scalar:
    """Whether `count` of the parts are true: null while it can still go either way."""
    count -= parts.count(TRUE)
    open_parts = tuple(part for part in parts if part not in (TRUE, FALSE))
    if count <= 0:
        return TRUE
    if count >= len(open_parts):
        return both(*open_parts) if count == len(open_parts) else FALSE
    if count == 1:
        return either(*open_parts)
    met = compare(">=", _count(open_parts), Constant(count))
    spare = Constant(len(open_parts) - count)
    missed = compare(">", _count(tuple(map(negated, open_parts))), spare)
    return if_(met, TRUE, if_(missed, FALSE, NULL))


def _count(parts: tuple[Scalar, ...]) -> Scalar:
    some = tuple(part for part in parts if part != NULL)
    return Count(some) if some else Constant(0)


def one_of(part: Scalar, values: tuple[str, ...]) -> Scalar:
    if part == NULL:
        return NULL
    return compare("==", part, Constant(values[0])) if len(values) == 1 else In(part, values)


def before(day: Scalar, period: Period) -> Scalar:
    """The day that lies `period` before `day`; found now if the day is the same for everyone.

    Weeks become days, so that no engine has to know them.
    """
    if isinstance(day, Constant) and isinstance(day.value, date):
        return Constant(period.before(day.value))
    if period.before(date.max) == date.min:
        return Constant(date.min)
    return Before(day, period.without_weeks)


def completed_years(since: Scalar, on: Scalar) -> Scalar:
    return NULL if NULL in (since, on) else CompletedYears(since, on)


def calculated(sign: ArithmeticSign, left: Scalar, right: Scalar) -> Scalar:
    return NULL if NULL in (left, right) else Arithmetic(sign, left, right)


def floor(part: Scalar) -> Scalar:
    return NULL if part == NULL else Floor(part)


def rounded_to(part: Scalar, decimals: int = DECIMALS) -> Scalar:
    return NULL if part == NULL else Rounded(part, decimals)


def spelled_out(node: Rounded) -> Scalar:
    """`derive.rounded` step by step, for a printer: its part is read more than once."""
    scale, limit = Constant(10.0**node.decimals), ALL_WHOLE / 10.0**node.decimals
    half_up = Arithmetic("+", Arithmetic("*", node.part, scale), Constant(0.5))
    has_decimals = And(
        (
            Comparison("<", node.part, Constant(limit)),
            Comparison(">", node.part, Constant(-limit)),
        )
    )
    return If(has_decimals, Arithmetic("/", Floor(half_up), scale), node.part)


# Comparisons. Against a constant, a rounding or a count of years is turned round: the
# bound is moved once, instead of the value in every row.


def compare(sign: ComparisonSign, left: Scalar, right: Scalar) -> Scalar:
    """A comparison, with a constant on the right if there is one."""
    if NULL in (left, right):
        return NULL
    if isinstance(left, Constant):
        if isinstance(right, Constant):
            return Constant(_COMPARE[sign](left.value, right.value))
        return compare(_FLIPPED[sign], right, left)
    if isinstance(right, Constant) and isinstance(right.value, float | int):
        return _against(sign, left, right.value)
    return Comparison(sign, left, right)


def _against(sign: ComparisonSign, left: Scalar, bound: float) -> Scalar:
    match left:
        case Coalesce(first, second) if _has_moved_bound(second):
            return Coalesce(_against(sign, first, bound), _against(sign, second, bound))
        case Rounded(part, decimals) if sign != "==":
            return _rounded_against(sign, part, decimals, float(bound))
        case CompletedYears(since, Constant(date() as on)) if sign != "==":
            return _years_against(sign, since, on, bound)
        case _:
            return Comparison(sign, left, Constant(bound))


def _has_moved_bound(part: Scalar) -> bool:
    return isinstance(part, Rounded | CompletedYears)


def _rounded_against(sign: ComparisonSign, part: Scalar, decimals: int, bound: float) -> Scalar:
    least = bound if sign in (">=", "<") else math.nextafter(bound, math.inf)
    moved = least_rounded_to(least, decimals)
    return Comparison(">=" if sign in (">=", ">") else "<", part, Constant(moved))


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


def _years_against(sign: ComparisonSign, since: Scalar, on: date, bound: float) -> Scalar:
    least = math.ceil(bound) if sign in (">=", "<") else math.floor(bound) + 1
    reached = sign in (">=", ">")
    if on.year - least < date.min.year:  # no day lies so long ago
        return Comparison("<" if reached else ">=", since, Constant(date.min))
    latest = Constant(Period(least, "years").before(on))
    return Comparison("<=" if reached else ">", since, latest)
