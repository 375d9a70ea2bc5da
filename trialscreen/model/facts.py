"""What is known of one data element: the set of values that it may still have.

A fact is an interval of numbers or dates, or one exact yes/no or choice. "Anything at
all" is not a fact: it is None wherever a `Fact | None` stands. An interval of numbers says of
each end whether the end itself is left out (`<20`); an interval of dates has all its days.
"""

import math
from datetime import date
from typing import NamedTuple


class Exactly(NamedTuple):
    """A yes/no (bool) or the name of a choice (str)."""

    value: bool | str


class Numbers(NamedTuple):
    """All numbers from `low` to `high`, in the element's unit.

    `low_open` and `high_open`: that end is left out (`<20` is everything below 20). `half` is
    half a unit of the last digit that was written, in the element's unit: 23.40 kg may have
    been anything from 23.395 to 23.405 kg. Without it, the digits that show the value count.
    """

    low: float
    high: float
    low_open: bool = False
    high_open: bool = False
    half: float | None = None

    @property
    def exact(self) -> bool:
        return self.low == self.high

    def written(self) -> "Numbers":
        """An exact number as the interval that its written digits allow; others as they are."""
        if not self.exact:
            return self
        half = half_of_shown(self.low) if self.half is None else self.half
        low = rounded(self.low - half)
        if self.low >= 0:  # nothing is not rounded up from less, and little not from nothing
            low = max(low, self.low / 2)
        return Numbers(low, rounded(self.high + half))


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


DIGITS_THAT_COUNT = 4
"""Decimals beyond these were computed, not measured, and say nothing of any rounding."""


def half_of(decimals: int) -> float:
    """Half a unit of the last digit of a number that is written with so many decimals."""
    return 0.5 * 10.0 ** -min(decimals, DIGITS_THAT_COUNT)


def half_of_shown(value: float) -> float:
    """`half_of` the fewest decimals that show `value`: 23.0 counts as 23."""
    some = range(DIGITS_THAT_COUNT)
    return half_of(next((n for n in some if rounded(value, n) == value), DIGITS_THAT_COUNT))


DECIMALS = 9
"""Derived numbers are rounded to so many, so that decimal inputs on a threshold stay on it."""

UNLIMITED = 1e300
"""More than any number that is entered, or follows from one."""

ALL_WHOLE = 2.0**52
"""From here on, every number of double precision is a whole one."""


def rounded(value: float, decimals: int = DECIMALS) -> float:
    """`value` to some decimals: plain arithmetic, which finds the same bits in every engine."""
    scale = 10.0**decimals
    if abs(value) * scale >= ALL_WHOLE:
        return value
    return math.floor(value * scale + 0.5) / scale


def closed(fact: Numbers) -> Numbers:
    """`fact` with both ends included, for a table: an open end is at the neighbouring number."""
    low = math.nextafter(fact.low, math.inf) if fact.low_open else fact.low
    high = math.nextafter(fact.high, -math.inf) if fact.high_open else fact.high
    return Numbers(low, high)


def of_columns(low: float, high: float, *as_written: bool | float | None) -> Numbers:
    """The fact in the columns of a table: as it was written, or with both ends included.

    Of the latter, an end is left out where its neighbour is the shorter number (20, and not
    19.999999999999996): nobody else writes such an end.
    """
    if as_written:
        return Numbers(low, high, *as_written)  # type: ignore[arg-type]
    if low == high:
        return Numbers(low, high)
    below, above = math.nextafter(low, -math.inf), math.nextafter(high, math.inf)
    low_open = len(repr(below)) < len(repr(low))
    high_open = len(repr(above)) < len(repr(high))
    return Numbers(below if low_open else low, above if high_open else high, low_open, high_open)


def same(one: Fact | None, other: Fact | None) -> bool:
    """Whether both are known and allow the same values, however many digits were written."""
    if isinstance(one, Numbers) and isinstance(other, Numbers):
        return one._replace(half=None) == other._replace(half=None)
    return one is not None and one == other


def meet(one: Fact, other: Fact) -> Fact | None:
    """The values that both allow; None if there are none."""
    if isinstance(one, Numbers) and isinstance(other, Numbers):
        low, low_open = max((one.low, one.low_open), (other.low, other.low_open))
        high, closed_above = min((one.high, not one.high_open), (other.high, not other.high_open))
        if low > high or (low == high and (low_open or not closed_above)):
            return None
        return Numbers(low, high, low_open, not closed_above)
    if isinstance(one, Dates) and isinstance(other, Dates):
        first, last = max(one.low, other.low), min(one.high, other.high)
        return Dates(first, last) if first <= last else None
    return one if one == other else None
