"""What changes with the day alone: completed years, and what is of some time before the day."""

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
    """The date from which an element counts completed years, if it does."""
    if isinstance(element.derive, Formula) and element.derive.name == AGE:
        return element.derive.inputs[0]
    return None


def may_be_not_yet(years: Fact | None) -> bool:
    """Whether years can stand for what has not happened yet, as the cure of a cancer.

    No years can, and those from none on; not a bound (`<2`, `>0`), which is of what has happened.
    """
    is_bound = isinstance(years, Numbers) and (years.low_open or years.high_open)
    return isinstance(years, Numbers) and years.low == 0 and not is_bound


def is_counted(trial: Trial, element: Element) -> bool:
    """Whether a value that is entered is counted up to the day of the screening."""
    if isinstance(element.derive, rules.Rule):
        return bool(trial.once(turning)(element.derive))
    return element.window is not None or years_since(element) is not None


def outlasts(element: Element, *, answer: bool) -> bool:
    """Whether a yes/no that is counted holds on later days too, while nothing happens.

    A no does where a yes is of some time before the day, and the rule says nothing else.
    """
    of_a_time = rules.Within | rules.AtLeastN | rules.Clause
    rule = element.derive
    parts = rules.rules_in(rule) if isinstance(rule, rules.Rule) else ()
    return not answer and all(isinstance(one, of_a_time) for one in parts)


Turning = tuple[str, Callable[[date], Iterable[date]]]
"""A date, and on which days after it some test can change."""


def turning(trial: Trial) -> ByRule[tuple[Turning, ...]]:
    """What can change with the day alone in a rule, or behind it."""
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
    """The days on which `years` years, and one more, are completed."""
    for count in (years, years + 1):
        moved = add_months(day, 12 * count)
        if completed_years(day, moved) < count:
            moved += timedelta(days=1)  # 29 February counts on 1 March
        yield moved
