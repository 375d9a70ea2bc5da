"""How the values of a cohort are, by element: the same counts and sentences on every engine."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from trialscreen.model.trial import Element
from trialscreen.model.wording import show_typical

CODES = tuple(float("9" * digits) for digits in range(3, 13))
"""999 and its like are what many sites write for no value: unusual even where typical."""

_NINES = (99.0, *CODES)

ENOUGH = 3
"""Known values of a column whose median says something of all of them."""

DECLARE = "declare them in the file of --columns, such as `missing: [NA, UNK]`"

MOST_BAD = 0.5
"""The share of a column's values that may be unreadable, unless somebody says otherwise."""


class Quality(NamedTuple):
    """Of each element, how many values are not used, or are used and unusual.

    `medians`: what is told of columns whose median is unusual. `codes`: those of the `unusual`
    that may be codes for a missing value, as written. `empty`: cells that tell no value.
    `like_missing`: how many of the `unreadable` look like codes for a missing value.
    """

    unreadable: Mapping[str, int]
    contradictory: Mapping[str, int]
    unusual: Mapping[str, int]
    medians: Sequence[str]
    codes: Mapping[str, Sequence[str]] = {}
    empty: Mapping[str, int] = {}
    like_missing: int = 0


def codes_in(typical: tuple[Any, Any]) -> tuple[float, ...]:
    """Those of CODES that lie in a span of what is typical."""
    low, high = typical
    return () if isinstance(low, date) else tuple(one for one in CODES if low <= one <= high)


def too_many(element: str, bad: int, stated: int, most: float) -> str | None:
    """That more than `most` of the values of a column cannot be read; None if that is not so."""
    # The only value of a column says little of it, unless none may be bad.
    if bad <= most * stated or (stated == 1 and most > 0):
        return None
    return f"{bad:,} of {stated:,} values cannot be read as {element}, more than {most:.0%}"


def of_median(element: Element, median: Any) -> str:
    """What is told of a column whose median is unusual."""
    value = median.isoformat() if isinstance(median, date) else f"{median:.3g}"
    asked = f"is the {'format' if element.type == 'date' else 'unit'} right?"
    if median in _NINES:
        value = f"{median:.0f}"
        asked = f"is {value} a code for missing?"
    typical = show_typical(element)
    return f"the median of {element.name} is {value}, typical is {typical}: {asked}"
