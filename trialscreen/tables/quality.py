"""Data-quality messages on a cohort's values, by element: the same wording on every engine."""

from datetime import date
from typing import Any

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


def codes_in(typical: tuple[Any, Any]) -> tuple[float, ...]:
    """The CODES within a typical range."""
    low, high = typical
    return () if isinstance(low, date) else tuple(one for one in CODES if low <= one <= high)


def of_median(element: Element, median: Any) -> str:
    """The message for a column whose median is unusual."""
    value = median.isoformat() if isinstance(median, date) else f"{median:.3g}"
    asked = f"is the {'format' if element.type == 'date' else 'unit'} right?"
    if median in _NINES:
        value = f"{median:.0f}"
        asked = f"is {value} a code for missing?"
    typical = show_typical(element)
    return f"the median of {element.name} is {value}, typical is {typical}: {asked}"
