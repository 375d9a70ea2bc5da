"""When a criterion that fails today stops failing by itself: washouts, birthdays, anniversaries.

Facts are held as they are and the screening date is moved. A date known in part counts
at both ends, so that the day named is right whichever day it was. What was entered for today
instead of a date tells the date in part: at 44, she was born 44 years ago, or up to a year before.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import product
from math import floor

from trialscreen.model import rules, truth
from trialscreen.model.dates import Period, add_months
from trialscreen.model.facts import Dates, Exactly, Fact, Numbers, closed
from trialscreen.model.facts import day as fact_of_day
from trialscreen.model.trial import Criterion, Element, Trial
from trialscreen.screening.by_day import may_be_not_yet, turning, years_since
from trialscreen.screening.evaluate import Evaluation

MOST_PARTIAL_DATES = 8
"""In one criterion; with more, no day is named."""


def first_clear_day(patient: Evaluation, criteria: Sequence[Criterion]) -> date | None:
    """The first later day on which none of these failing criteria fails; None if none is sure."""
    elements, behind = patient.trial.elements, patient.trial.elements_behind
    for criterion in criteria:
        of_days = (elements[name] for name in behind(criterion.rule))
        if all(one.type != "date" and one.window is None for one in of_days):
            return None  # it fails on any day
    later = patient.once(_clearing)
    days = {day for criterion in criteria for day in later.turning_days(criterion)}
    for day in sorted(days):
        if not any(later.fails(criterion, day) for criterion in criteria):
            return day
    return None


def fails_on(patient: Evaluation, criteria: Sequence[Criterion], day: date) -> Iterator[str]:
    """The ids of those criteria that will certainly fail on a later day."""
    later = patient.once(_lasting)
    return (criterion.id for criterion in criteria if later.fails(criterion, day))


class _Later:
    """A patient on later days, by these facts."""

    def __init__(self, patient: Evaluation, facts: Mapping[str, Fact]) -> None:
        self.trial, self.on, self.facts = patient.trial, patient.on, facts
        self.ends = _ends_of_windows(patient)

    def fails(self, criterion: Criterion, day: date) -> bool:
        """Whether it certainly fails then, whichever day a date known in part turns out to be."""
        failing = truth.FALSE if criterion.kind == "inclusion" else truth.TRUE
        dates = {
            name: fact
            for name in self.trial.elements_behind(criterion.rule)
            if isinstance(fact := self.facts.get(name), Dates) and not fact.exact
        }
        if len(dates) > MOST_PARTIAL_DATES:
            return True
        for days in product(*((fact.low, fact.high) for fact in dates.values())):
            facts = {**self.facts, **dict(zip(dates, map(fact_of_day, days), strict=True))}
            for name, end in self.ends.items():
                if end <= day:
                    facts.pop(name, None)
            if Evaluation(self.trial, facts, day).truth(criterion.rule) is failing:
                return True
        return False

    def turning_days(self, criterion: Criterion) -> Iterator[date]:
        """The later days on which some test of the criterion can change."""
        for name, days_from in self.trial.once(turning)(criterion.rule):
            if isinstance(fact := self.facts.get(name), Dates):
                for known in {fact.low, fact.high}:
                    yield from (day for day in days_from(known) if day > self.on)
        behind = self.trial.elements_behind(criterion.rule)
        yield from (self.ends[name] for name in behind if name in self.ends)


def _lasting(patient: Evaluation) -> _Later:
    """By what is given: what could follow from a date, and was entered, is not said to change."""
    return _Later(patient, _lasting_facts(patient))


def _clearing(patient: Evaluation) -> _Later:
    """By dates where there can be some: what was entered for today passes."""
    facts = _lasting_facts(patient)
    for name in [name for name in facts if name in patient.trial.once(_moving)]:
        told = _told_of_a_date(patient.elements[name], facts[name], patient.on)
        if told is not None:
            since, days = told
            del facts[name]
            facts[since] = days
    return _Later(patient, facts)


def _lasting_facts(patient: Evaluation) -> dict[str, Fact]:
    """The facts less those entered for today that follow from dates: they will follow anew."""
    facts, moving = patient.facts, patient.trial.once(_moving)
    return {
        name: fact
        for name, fact in facts.items()
        if name not in moving
        or (
            patient.resolve(name).derived is None
            and not _follows_from_dates(patient.elements[name], facts)
        )
    }


def _told_of_a_date(element: Element, fact: Fact, on: date) -> tuple[str, Dates] | None:
    """The date that an element follows from, and the days that its value of today allows."""
    derive, since = element.derive, years_since(element)
    if since is not None and isinstance(fact, Numbers) and not may_be_not_yet(fact):
        ends = closed(fact)
        first = add_months(on, -12 * (floor(ends.high) + 1))
        days = Dates(first + timedelta(days=1), add_months(on, -12 * floor(ends.low)))
        return since, days
    if isinstance(derive, rules.Within) and fact == Exactly(value=True):
        return derive.element, Dates(derive.period.before(on), on)
    return None


def _ends_of_windows(patient: Evaluation) -> dict[str, date]:
    """Of each yes that is of some time before today, the first day on which that time is over."""
    return {
        name: end
        for name, window in patient.trial.once(_with_windows).items()
        if patient.facts.get(name) == Exactly(value=True)
        and (end := window.leaves(patient.on)) is not None
    }


def _with_windows(trial: Trial) -> dict[str, Period]:
    elements = trial.elements.items()
    return {name: one.window for name, one in elements if one.window is not None}


def _moving(trial: Trial) -> frozenset[str]:
    """The elements that can follow from dates, so that what is entered of them is of one day."""
    return frozenset(
        name
        for name, element in trial.elements.items()
        if not element.reported_wins
        and any(trial.elements[one].type == "date" for one in trial.sources_of(name))
    )


def _follows_from_dates(element: Element, facts: Mapping[str, Fact]) -> bool:
    """Whether the element is nothing but a window on dates that are known, if only in part."""
    return isinstance(element.derive, rules.Rule) and all(
        isinstance(one, rules.Within) and one.element in facts
        for one in rules.tests_of(element.derive)
    )
