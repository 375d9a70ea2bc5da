"""What is known of an element of one patient, in words."""

from collections.abc import Iterator
from datetime import date

from trialscreen.derive import derive
from trialscreen.evaluate import Resolved
from trialscreen.fact import Dates, Fact, Numbers, day, number
from trialscreen.trial import Formula, Trial
from trialscreen.words import show_end, show_fact, with_unit


def told(trial: Trial, one: Resolved, fact: Fact | None, on: date) -> str:
    """`show_fact` of what is known of `one`, without an end that nobody stated.

    ALT above 80 of 40 is a ratio above 2: that it is at most 250 says only that ALT up to
    10,000 is accepted.
    """
    if isinstance(fact, Numbers) and isinstance(one.derived, Numbers) and not fact.exact:
        no_low, no_high = _from_ranges(one, one.derived, on)
        no_low &= fact.low == one.derived.low
        no_high &= fact.high == one.derived.high
        if no_low != no_high:
            end = show_end(one.element, fact, "high" if no_low else "low")
            return with_unit(trial, one.element, end)
    return show_fact(trial, one.element, fact)


def _from_ranges(one: Resolved, derived: Numbers, on: date) -> tuple[bool, bool]:
    """Whether the lower, and the upper end that a formula gives follow from an input's range."""
    formula = one.element.derive
    assert isinstance(formula, Formula)
    low = high = False
    facts = tuple(each.fact for each in one.inputs)
    for place, each in enumerate(one.inputs):
        for other in _stated_ends(each):
            narrowed = derive(formula, (*facts[:place], other, *facts[place + 1 :]), on)
            if narrowed is not None:
                low |= narrowed.low != derived.low
                high |= narrowed.high != derived.high
    return low, high


def _stated_ends(one: Resolved) -> Iterator[Fact]:
    """The other end of an interval that reaches an end of its element's range."""
    fact, limits = one.fact, one.element.range
    if limits is None or not isinstance(fact, Numbers | Dates) or fact.exact:
        return
    least, most = limits
    exactly = day if isinstance(fact, Dates) else number
    if fact.low <= least:  # type: ignore[operator]
        yield exactly(fact.high)  # type: ignore[arg-type]
    if fact.high >= most:  # type: ignore[operator]
        yield exactly(fact.low)  # type: ignore[arg-type]
