"""What a row tells of one element: the two ends of what its value may be, as expressions."""

from typing import NamedTuple, assert_never

from trialscreen.lower.folding import (
    both,
    coalesce,
    compare,
    if_,
    known,
)
from trialscreen.rule import Operator
from trialscreen.scalar import FALSE, NULL, TRUE, Scalar


class Bounds(NamedTuple):
    """A closed interval; both ends null for unknown. Equal ends: one value, or unknown.

    Of a yes/no or a choice, which has no order, both ends are the one value.
    """

    low: Scalar
    high: Scalar

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


def judge(operator: Operator, value: Bounds, bound: Bounds) -> Scalar:
    """A value against a bound, as `evaluate` compares them: certain only if all values agree."""
    if value.is_one_value and bound.is_one_value:
        return compare(operator.sign, value.low, bound.low)
    (low, high), (least, most) = value, bound
    match operator:
        case Operator.AT_LEAST:
            holds, fails = compare(">=", low, most), compare("<", high, least)
        case Operator.ABOVE:
            holds, fails = compare(">", low, most), compare("<=", high, least)
        case Operator.AT_MOST:
            holds, fails = compare("<=", high, least), compare(">", low, most)
        case Operator.BELOW:
            holds, fails = compare("<", high, least), compare(">=", low, most)
        case _:
            assert_never(operator)
    return if_(holds, TRUE, if_(fails, FALSE, NULL))


def overlap(one: Bounds, other: Bounds) -> Scalar:
    """Whether some value lies within both; null if one is unknown."""
    return both(compare("<=", one.low, other.high), compare("<=", other.low, one.high))


def first_known(entered: Bounds, derived: Bounds) -> Bounds:
    return Bounds(coalesce(entered.low, derived.low), coalesce(entered.high, derived.high))


def narrowed(entered: Bounds, derived: Bounds) -> Bounds:
    """Both together where they overlap; else the entered one, or the only one."""
    if entered.is_one_value or NULL in (entered.low, derived.low):
        return first_known(entered, derived)
    meet = overlap(entered, derived)
    either_one = first_known(entered, derived)
    sharper_low = both(meet, compare(">", derived.low, entered.low))
    sharper_high = both(meet, compare("<", derived.high, entered.high))
    return Bounds(
        if_(sharper_low, derived.low, either_one.low),
        if_(sharper_high, derived.high, either_one.high),
    )
