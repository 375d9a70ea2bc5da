"""What a row tells of one element: the two ends of what its value may be, as expressions."""

from typing import NamedTuple, assert_never

from trialscreen.fact import DIGITS_THAT_COUNT, UNLIMITED, half_of
from trialscreen.lower.folding import (
    both,
    calculated,
    coalesce,
    compare,
    either,
    if_,
    known,
    negated,
    rounded_to,
)
from trialscreen.rule import Operator
from trialscreen.scalar import FALSE, NULL, TRUE, ComparisonSign, Constant, Scalar


class Bounds(NamedTuple):
    """An interval; both ends null for unknown. Equal ends: one value, or unknown.

    `low_open` and `high_open`: whether that end is left out; false or null if not. Of a
    yes/no or a choice, which has no order, both ends are the one value.
    """

    low: Scalar
    high: Scalar
    low_open: Scalar = FALSE
    high_open: Scalar = FALSE

    @property
    def is_one_value(self) -> bool:
        """Whether the two ends are one expression, so that no row can hold a wider interval."""
        return self.low == self.high


UNKNOWN = Bounds(NULL, NULL)


def one_value(value: Scalar) -> Bounds:
    return Bounds(value, value)


def is_exact(bounds: Bounds) -> Scalar:
    """Whether one value only is left; never null."""
    if bounds.is_one_value:
        return known(bounds.low)
    return both(known(bounds.low), compare("==", bounds.low, bounds.high))


def where(condition: Scalar, then: Bounds, otherwise: Bounds) -> Bounds:
    """`then` in the rows in which the condition is true, else `otherwise`."""
    if then.is_one_value and otherwise.is_one_value:
        return one_value(if_(condition, then.low, otherwise.low))
    ends = (if_(condition, *pair) for pair in zip(then, otherwise, strict=True))
    return Bounds(*ends)


def judge(operator: Operator, value: Bounds, bound: Bounds) -> Scalar:
    """A value against a bound, as `evaluate` compares them: certain only if all values agree."""
    if value.is_one_value and bound.is_one_value:
        return compare(operator.sign, value.low, bound.low)
    match operator:
        case Operator.AT_LEAST:
            holds, fails = compare(">=", value.low, bound.high), _above(bound, value)
        case Operator.ABOVE:
            holds, fails = _above(value, bound), compare("<=", value.high, bound.low)
        case Operator.AT_MOST:
            holds, fails = compare("<=", value.high, bound.low), _above(value, bound)
        case Operator.BELOW:
            holds, fails = _above(bound, value), compare(">=", value.low, bound.high)
        case _:
            assert_never(operator)
    return if_(holds, TRUE, if_(fails, FALSE, NULL))


def _above(one: Bounds, other: Bounds) -> Scalar:
    """Whether every value of `one` is above every value of `other`."""
    touching = either(one.low_open, other.high_open)
    return if_(touching, compare(">=", one.low, other.high), compare(">", one.low, other.high))


def overlap(one: Bounds, other: Bounds) -> Scalar:
    """Whether some value lies within both; null if one is unknown."""
    return both(_reaches(one, other), _reaches(other, one))


def _reaches(one: Bounds, other: Bounds) -> Scalar:
    """Whether some value of `other` is as high as some value of `one`."""
    touching = either(one.low_open, other.high_open)
    return if_(touching, compare("<", one.low, other.high), compare("<=", one.low, other.high))


def first_known(one: Bounds, other: Bounds) -> Bounds:
    if NULL in (one.low, other.low):
        return other if one.low == NULL else one
    low, high = coalesce(one.low, other.low), coalesce(one.high, other.high)
    is_one = known(one.low)
    return Bounds(
        low,
        high,
        if_(is_one, one.low_open, other.low_open),
        if_(is_one, one.high_open, other.high_open),
    )


def combined(entered: Bounds, wide: Bounds, derived: Bounds, half: Scalar) -> Bounds:
    """A number as `evaluate.combine` has it.

    `wide` is the entry without the ends of its range; `half` as of an entry that is exact.
    """
    as_written = written(entered, half)
    is_near = both(
        is_exact(entered), negated(overlap(entered, derived)), overlap(as_written, derived)
    )
    near = _cut(as_written, as_written, derived)
    cut = where(is_near, near, _cut(entered, wide, derived))
    return where(is_exact(derived), derived, cut)


def written(value: Bounds, half: Scalar) -> Bounds:
    """`Numbers.written` of an exact number."""
    low = rounded_to(calculated("-", value.low, half))
    halved = calculated("/", value.low, Constant(2.0))
    is_less = both(compare(">=", value.low, Constant(0.0)), compare("<", low, halved))
    return Bounds(if_(is_less, halved, low), rounded_to(calculated("+", value.high, half)))


def half_of_shown(value: Scalar) -> Scalar:
    """As `fact.half_of_shown`."""
    half: Scalar = Constant(half_of(DIGITS_THAT_COUNT))
    for decimals in reversed(range(DIGITS_THAT_COUNT)):
        shows_it = compare("==", rounded_to(value, decimals), value)
        half = if_(shows_it, Constant(half_of(decimals)), half)
    return half


def unlimited(entered: Bounds, limits: tuple[float, float], half: Scalar) -> Bounds:
    """As `evaluate.unlimited`; `limits` are the ends of the element's range.

    `half` is null where the table does not tell how numbers are written.
    """
    if entered.is_one_value:
        return entered
    is_bound = either(negated(is_exact(entered)), compare("==", half, Constant(0.0)))
    least, most = map(Constant, limits)
    from_range = both(is_bound, compare("==", entered.low, least), _is_closed(entered.low_open))
    to_range = both(is_bound, compare("==", entered.high, most), _is_closed(entered.high_open))
    return entered._replace(
        low=if_(from_range, Constant(-UNLIMITED), entered.low),
        high=if_(to_range, Constant(UNLIMITED), entered.high),
    )


def _is_closed(is_open: Scalar) -> Scalar:
    """Whether an end is not left out; never null."""
    return if_(is_open, FALSE, TRUE)


def _cut(entered: Bounds, wide: Bounds, derived: Bounds) -> Bounds:
    """Both together where they overlap; else the entered one, or the only one."""
    meet = overlap(wide, derived)
    first = first_known(entered, derived)
    from_low = both(meet, _is_sharper(">", derived.low, derived.low_open, wide.low))
    from_high = both(meet, _is_sharper("<", derived.high, derived.high_open, wide.high))
    return Bounds(
        if_(from_low, derived.low, first.low),
        if_(from_high, derived.high, first.high),
        if_(from_low, derived.low_open, first.low_open),
        if_(from_high, derived.high_open, first.high_open),
    )


def _is_sharper(sign: ComparisonSign, end: Scalar, is_open: Scalar, other: Scalar) -> Scalar:
    return either(compare(sign, end, other), both(is_open, compare("==", end, other)))
