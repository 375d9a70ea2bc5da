"""Which values and rules change merely because the date does: completed years, time windows."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from functools import partial
from math import floor
from typing import assert_never

from trialscreen.model import rules
from trialscreen.model.dates import add_months, completed_years
from trialscreen.model.facts import Fact, Numbers
from trialscreen.model.formulas import AGE
from trialscreen.model.trial import ByRule, Element, Formula, Trial


def years_since(element: Element) -> str | None:
    """The date element from which an element counts completed years; None if it does not."""
    if isinstance(element.derive, Formula) and element.derive.name == AGE:
        return element.derive.inputs[0]
    return None


def may_be_not_yet(years: Fact | None) -> bool:
    """Whether a number of years may mean "not yet", as for the years since a cancer was cured.

    So may 0, and an interval from 0 on; not a bound (`<2`, `>0`), which says it has happened.
    """
    is_bound = isinstance(years, Numbers) and (years.low_open or years.high_open)
    return isinstance(years, Numbers) and years.low == 0 and not is_bound


def is_counted(trial: Trial, element: Element) -> bool:
    """Whether an entered value refers to the time up to the screening date."""
    if isinstance(element.derive, rules.Rule):
        return bool(trial.once(turning)(element.derive))
    return element.window is not None or years_since(element) is not None


def outlasts(element: Element, *, answer: bool) -> bool:
    """Whether a counted yes/no still holds on later days, provided nothing new happens.

    A no does if a yes means "within some period" and the rule tests nothing else.
    """
    window_only = rules.Within | rules.AtLeastN | rules.Clause
    rule = element.derive
    parts = rules.rules_in(rule) if isinstance(rule, rules.Rule) else ()
    return not answer and all(isinstance(one, window_only) for one in parts)


Turning = tuple[str, Callable[[date], Iterable[date]]]
"""A date element, and a function from its value to the later days when some test can change."""


def turning(trial: Trial) -> ByRule[tuple[Turning, ...]]:
    """The dates whose distance from the screening date can change a rule, directly or derived."""
    return ByRule(
        lambda rule: tuple(one for test in trial.reached(rule) for one in _turnings(trial, test))
    )


def _turnings(trial: Trial, test: rules.Test) -> Iterator[Turning]:
    match test:
        case rules.Within(name, period):
            yield name, lambda day: [end] if (end := period.leaves(day)) is not None else []
        case rules.Compare(name, _, int() | float() as bound):
            if since := years_since(trial.elements[name]):
                yield since, partial(_anniversaries, years=floor(bound))
        case rules.Is() | rules.OneOf() | rules.Compare() | rules.Given():
            pass
        case _:
            assert_never(test)


def _anniversaries(day: date, years: int) -> Iterator[date]:
    """The days on which `years` years, and one more year, are completed."""
    for count in (years, years + 1):
        moved = add_months(day, 12 * count)
        if completed_years(day, moved) < count:
            moved += timedelta(days=1)  # 29 February counts on 1 March
        yield moved
