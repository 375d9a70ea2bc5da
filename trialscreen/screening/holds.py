"""Whether a test holds of facts, all of which are known, if only within bounds."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from operator import ge, gt, le, lt
from typing import Any, assert_never

from trialscreen.model import rules, truth
from trialscreen.model.facts import Exactly, Fact, Numbers, day, number
from trialscreen.model.truth import Truth
from trialscreen.screening.compare import comparing

Holding = Callable[[Sequence[Any], date], Truth]
"""Of the facts of the test's elements, on a screening date."""


def holding(test: rules.Test) -> Holding:
    """Whether a test holds, as a function that is made once."""
    match test:
        case rules.Given():
            return lambda *_: truth.TRUE
        case rules.Is(_, value):
            return lambda facts, _: truth.of(_value(facts[0]) == value)
        case rules.OneOf(_, values):
            return lambda facts, _: truth.of(_value(facts[0]) in values)
        case rules.Compare(_, operator, int() | float() as bound):
            return _holding_number(operator, bound)
        case rules.Compare(_, operator, _):
            compared = comparing(operator)
            return lambda facts, _: compared(*facts)
        case rules.Within(_, period):
            compared = comparing(rules.Operator.AT_LEAST)
            start = lru_cache(maxsize=64)(lambda on: day(period.before(on)))
            return lambda facts, on: compared(facts[0], start(on))
        case _:
            assert_never(test)


_HOLDS: Mapping[rules.Operator, Callable[[float, float], bool]] = {
    rules.Operator.AT_LEAST: ge,
    rules.Operator.ABOVE: gt,
    rules.Operator.AT_MOST: le,
    rules.Operator.BELOW: lt,
}


def _holding_number(operator: rules.Operator, bound: float) -> Holding:
    """Most facts are one number, which is compared as numbers are."""
    limit, compared, holds = number(bound), comparing(operator), _HOLDS[operator]

    def held(facts: Sequence[Any], _: date) -> Truth:
        fact = facts[0]
        if type(fact) is Numbers:
            low, high, low_open, high_open, _half = fact
            if low == high and not low_open and not high_open:
                return truth.TRUE if holds(low, bound) else truth.FALSE
        return compared(fact, limit)

    return held


def _value(fact: Fact) -> bool | str:
    if isinstance(fact, Exactly):
        return fact.value
    raise TypeError(f"expected a yes/no or a choice, not {type(fact).__name__}")
