"""Facts: what is known about one data element, as the set of values it may still have.

A fact is an interval of numbers or dates, or one exact yes/no or choice. An unknown value is not a
fact: it is the None in `Fact | None`. Each end of a numeric interval is open (`<20`) or closed;
date intervals are closed.
"""

import math
from datetime import date
from typing import NamedTuple


class Exactly(NamedTuple):
    """A yes/no (bool) or the name of a choice (str)."""

    value: bool | str


class Numbers(NamedTuple):
    """All numbers from `low` to `high`, in the element's unit.

    `low_open` and `high_open` exclude that end (`<20` is everything below 20). `half` is half a
    unit of the last digit written, in the element's unit: 23.40 kg may have been anything from
    23.395 to 23.405 kg. If None, it is taken from the shortest text of the value.
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
        """An exact number as the interval that rounds to its written digits; others unchanged."""
        if not self.exact:
            return self
        half = half_of_shown(self.low) if self.half is None else self.half
        low = rounded(self.low - half)
        if self.low >= 0:  # 0 is not rounded up from below 0, nor a small number from 0
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
    """Whether only one value is possible."""
    return isinstance(fact, Exactly) or (fact is not None and fact.exact)


def number(value: float) -> Numbers:
    return Numbers(value, value)


def day(value: date) -> Dates:
    return Dates(value, value)


DIGITS_THAT_COUNT = 4
"""Decimal places that are taken as measured; any further ones come from a computation."""


def half_of(decimals: int) -> float:
    """Half a unit of the last digit of a number written with this many decimals."""
    return 0.5 * 10.0 ** -min(decimals, DIGITS_THAT_COUNT)


def half_of_shown(value: float) -> float:
    """`half_of` the fewest decimals that represent `value`: 23.0 counts as 23."""
    some = range(DIGITS_THAT_COUNT)
    return half_of(next((n for n in some if rounded(value, n) == value), DIGITS_THAT_COUNT))


DECIMALS = 9
"""Decimals kept in derived numbers, so that decimal inputs on a threshold stay on it."""

UNLIMITED = 1e300
"""Larger than any number that is entered or derived."""

ALL_WHOLE = 2.0**52
"""From here on, every double is an integer."""


def rounded(value: float, decimals: int = DECIMALS) -> float:
    """`value` rounded half up, by plain arithmetic that gives the same bits in every engine."""
    scale = 10.0**decimals
    if abs(value) * scale >= ALL_WHOLE:
        return value
    return math.floor(value * scale + 0.5) / scale


def closed(fact: Numbers) -> Numbers:
    """`fact` with both ends closed, for tables: an open end moves to the neighbouring double."""
    low = math.nextafter(fact.low, math.inf) if fact.low_open else fact.low
    high = math.nextafter(fact.high, -math.inf) if fact.high_open else fact.high
    return Numbers(low, high)


def of_columns(low: float, high: float, *as_written: bool | float | None) -> Numbers:
    """The fact in a table's columns: `as_written` (the remaining fields), or else `closed`.

    In the latter case, an end whose neighbouring double has the shorter text was open: nobody
    writes 19.999999999999996 for 20.
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
    """Whether both are known and allow the same values, ignoring the digits written."""
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
