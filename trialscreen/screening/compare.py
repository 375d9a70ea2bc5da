"""Evaluates a single test on facts: true or false only if all possible values agree."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cache, lru_cache
from typing import Any, assert_never

from trialscreen.model import rules, truth
from trialscreen.model.expr import BY_SIGN
from trialscreen.model.facts import Fact, Numbers, day, number
from trialscreen.model.rules import Operator
from trialscreen.model.truth import Truth

Holding = Callable[[Sequence[Any], date], Truth]
"""From the facts of the test's elements, all known at least in part, and the screening date."""


def holding(test: rules.Test) -> Holding:
    """Compiles a test to a function, so that it is interpreted only once."""
    match test:
        case rules.Given():
            return lambda *_: truth.TRUE
        case rules.Is(_, value):
            return lambda facts, _: truth.of(facts[0].value == value)
        case rules.OneOf(_, values):
            return lambda facts, _: truth.of(facts[0].value in values)
        case rules.Compare(_, operator, int() | float() as bound):
            return _holding_number(operator, bound)
        case rules.Compare(_, operator, _):
            compared = comparing(operator)
            return lambda facts, _: compared(*facts)
        case rules.Within(_, period):
            compared = comparing(Operator.AT_LEAST)
            start = lru_cache(maxsize=64)(lambda on: day(period.before(on)))
            return lambda facts, on: compared(facts[0], start(on))
        case _:
            assert_never(test)


def _holding_number(operator: Operator, bound: float) -> Holding:
    """With a fast path for exact numbers, which most facts are."""
    limit, compared, holds = number(bound), comparing(operator), BY_SIGN[operator.sign]

    def held(facts: Sequence[Any], _: date) -> Truth:
        fact = facts[0]
        if type(fact) is Numbers:
            low, high, low_open, high_open, _half = fact
            if low == high and not low_open and not high_open:
                return truth.TRUE if holds(low, bound) else truth.FALSE
        return compared(fact, limit)

    return held


@cache
def comparing(operator: Operator) -> Callable[[Fact, Fact], Truth]:
    """A comparison of two intervals of one kind; unknown where they overlap."""
    holds, fails = _OF_INTERVALS[operator], _OF_INTERVALS[operator.opposite]

    def compared(value: Fact, limit: Fact) -> Truth:
        if holds(value, limit):
            return truth.TRUE
        return truth.FALSE if fails(value, limit) else truth.UNKNOWN

    return compared


def _not_below(one: Any, other: Any) -> bool:
    """Whether no value of `one` is below any value of `other`."""
    result: bool = one.low >= other.high
    return result


def _above(one: Any, other: Any) -> bool:
    """Whether every value of `one` is above every value of `other`."""
    if one.low == other.high:
        return isinstance(one, Numbers) and (one.low_open or other.high_open)
    return bool(one.low > other.high)


_OF_INTERVALS: Mapping[Operator, Callable[[Any, Any], bool]] = {
    Operator.AT_LEAST: _not_below,
    Operator.ABOVE: _above,
    Operator.AT_MOST: lambda value, limit: _not_below(limit, value),
    Operator.BELOW: lambda value, limit: _above(limit, value),
}
"""Whether a comparison holds for all values; if its opposite does, it holds for none."""
