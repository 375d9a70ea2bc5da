"""How what is known of two values compares: certain only if all that each may be agree."""

from collections.abc import Callable
from functools import cache
from typing import Any, assert_never

from trialscreen.model import truth
from trialscreen.model.facts import Exactly, Fact, Numbers
from trialscreen.model.rules import Operator
from trialscreen.model.truth import Truth

Comparing = Callable[[Fact, Fact], Truth]
_Interval = Any
"""Numbers or Dates; two that are compared are of one kind."""


def compare(operator: Operator, value: Fact, limit: Fact) -> Truth:
    """Whether one fact is above, at or below another."""
    return comparing(operator)(value, limit)


@cache
def comparing(operator: Operator) -> Comparing:
    """`compare` for one operator."""
    holds, fails = _ways(operator)

    def compared(value: Fact, limit: Fact) -> Truth:
        if type(value) is not type(limit) or isinstance(value, Exactly):
            kinds = f"{type(value).__name__} and {type(limit).__name__}"
            raise TypeError(f"{kinds} cannot be compared")
        if holds(value, limit):
            return truth.TRUE
        return truth.FALSE if fails(value, limit) else truth.UNKNOWN

    return compared


_Way = Callable[[_Interval, _Interval], bool]


def _ways(operator: Operator) -> tuple[_Way, _Way]:
    """When a comparison holds for all values, and when for none."""
    match operator:
        case Operator.AT_LEAST:
            return _not_below, lambda value, limit: _above(limit, value)
        case Operator.ABOVE:
            return _above, lambda value, limit: _not_below(limit, value)
        case Operator.AT_MOST:
            return lambda value, limit: _not_below(limit, value), _above
        case Operator.BELOW:
            return lambda value, limit: _above(limit, value), _not_below
        case _:
            assert_never(operator)


def _not_below(one: _Interval, other: _Interval) -> bool:
    """Whether no value of `one` is below any value of `other`."""
    result: bool = one.low >= other.high
    return result


def _above(one: _Interval, other: _Interval) -> bool:
    """Whether every value of `one` is above every value of `other`."""
    if one.low == other.high:
        return isinstance(one, Numbers) and (one.low_open or other.high_open)
    return bool(one.low > other.high)
