"""Whether a test holds of facts, all of which are known, if only within bounds."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, assert_never

from trialscreen.model import rules, truth
from trialscreen.model.facts import Exactly, Fact, day, number
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
            limit, compared = number(bound), comparing(operator)
            return lambda facts, _: compared(facts[0], limit)
        case rules.Compare(_, operator, _):
            compared = comparing(operator)
            return lambda facts, _: compared(*facts)
        case rules.Within(_, period):
            compared = comparing(rules.Operator.AT_LEAST)
            start = lru_cache(maxsize=64)(lambda on: day(period.before(on)))
            return lambda facts, on: compared(facts[0], start(on))
        case _:
            assert_never(test)


def _value(fact: Fact) -> bool | str:
    if isinstance(fact, Exactly):
        return fact.value
    raise TypeError(f"expected a yes/no or a choice, not {type(fact).__name__}")
