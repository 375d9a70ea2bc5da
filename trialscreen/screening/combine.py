"""What was entered for an element, and what follows from others, as one fact."""

from trialscreen.model.facts import UNLIMITED, Fact, Numbers, meet
from trialscreen.model.trial import Element


def combine(element: Element, entered: Fact | None, derived: Fact | None) -> Fact | None:
    """One fact from what was entered and what follows, for two that do not contradict.

    An entered value stands in for a derivation that is unknown. Else a number that follows
    from exact entries decides, for the entered one was rounded; of one that is known within
    bounds, the fact is what both allow. Where the element says that a reported value wins,
    the two are different measurements.
    """
    if entered is None or derived is None:
        return derived if entered is None else entered
    if element.reported_wins or not isinstance(entered, Numbers):
        return entered
    assert isinstance(derived, Numbers)
    if derived.exact:
        return derived
    wide = unlimited(element, entered)
    both = meet(wide, derived)
    if wide.exact:
        return entered if both is not None else meet(entered.written(), derived) or entered
    return both or entered


def unlimited(element: Element, entered: Numbers) -> Numbers:
    """A bound without the end that the range has given it: a range binds no derived number.

    An end that is left out was written: the ends of a range are included. Of a bound at such an
    end (`half` is 0), the range has left one number.
    """
    if element.range is None or (entered.exact and entered.half != 0):
        return entered
    least, most = element.range
    low = -UNLIMITED if entered.low == least and not entered.low_open else entered.low
    high = UNLIMITED if entered.high == most and not entered.high_open else entered.high
    return entered._replace(low=low, high=high)
