"""What is known of one data element: the set of values that it may still have.

A fact is an interval of numbers or dates, or one exact yes/no or choice. "Anything at
all" is no fact: it is None wherever a `Fact | None` stands. Intervals are closed; an
open bound such as `<20` ends at the neighbouring number.
"""

import math
from datetime import date
from typing import NamedTuple


class Exactly(NamedTuple):
    """A yes/no (bool) or the name of a choice (str)."""

    value: bool | str


class Numbers(NamedTuple):
    """All numbers from `low` to `high`, both included.

    A whole number written without a point is an int: it may have been rounded to the unit.
    """

    low: float
    high: float

    @property
    def exact(self) -> bool:
        return self.low == self.high


class Dates(NamedTuple):
    """All days from `low` to `high`, both included."""

    low: date
    high: date

    @property
    def exact(self) -> bool:
        return self.low == self.high


Fact = Exactly | Numbers | Dates


def is_exact(fact: Fact | None) -> bool:
    """Whether one value only is left."""
    return isinstance(fact, Exactly) or (fact is not None and fact.exact)


def number(value: float) -> Numbers:
    return Numbers(value, value)


def day(value: date) -> Dates:
    return Dates(value, value)


def just_below(value: float) -> float:
    """The upper end of `< value`."""
    return math.nextafter(value, -math.inf)


def just_above(value: float) -> float:
    """The lower end of `> value`."""
    return math.nextafter(value, math.inf)


def meet(one: Fact, other: Fact) -> Fact | None:
    """The values that both allow; None if there are none."""
    if isinstance(one, Numbers) and isinstance(other, Numbers):
        low, high = max(one.low, other.low), min(one.high, other.high)
        return Numbers(low, high) if low <= high else None
    if isinstance(one, Dates) and isinstance(other, Dates):
        first, last = max(one.low, other.low), min(one.high, other.high)
        return Dates(first, last) if first <= last else None
    return one if one == other else None
