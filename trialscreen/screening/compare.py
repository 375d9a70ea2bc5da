"""How what is known of two values compares: certain only if all that each may be agree."""

from typing import TypeVar, assert_never

from trialscreen.model import truth
from trialscreen.model.facts import Dates, Fact, Numbers
from trialscreen.model.rules import Operator
from trialscreen.model.truth import Truth


def compare(operator: Operator, value: Fact, limit: Fact) -> Truth:
    """Whether one fact is above, at or below another."""
    if isinstance(value, Numbers) and isinstance(limit, Numbers):
        return _compare_intervals(operator, value, limit)
    if isinstance(value, Dates) and isinstance(limit, Dates):
        return _compare_intervals(operator, value, limit)
    raise TypeError(f"{type(value).__name__} and {type(limit).__name__} cannot be compared")


Interval = TypeVar("Interval", Numbers, Dates)


def _compare_intervals(operator: Operator, value: Interval, limit: Interval) -> Truth:
    match operator:
        case Operator.AT_LEAST:
            holds, fails = value.low >= limit.high, _above(limit, value)
        case Operator.ABOVE:
            holds, fails = _above(value, limit), value.high <= limit.low
        case Operator.AT_MOST:
            holds, fails = value.high <= limit.low, _above(value, limit)
        case Operator.BELOW:
            holds, fails = _above(limit, value), value.low >= limit.high
        case _:
            assert_never(operator)
    return truth.TRUE if holds else truth.FALSE if fails else truth.UNKNOWN


def _above(one: Interval, other: Interval) -> bool:
    """Whether every value of `one` is above every value of `other`."""
    if isinstance(one, Numbers) and isinstance(other, Numbers) and one.low == other.high:
        return one.low_open or other.high_open
    return one.low > other.high
