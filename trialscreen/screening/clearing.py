"""Finds the day when a failing criterion clears by itself: washouts, birthdays, anniversaries.

The facts are kept fixed and the screening date is moved. A partial date is tried at both ends, so
that the result is right whichever day it was. A value entered for today instead of a date implies
a partial date: someone who is 44 was born 44 to 45 years ago.
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
"""Limit per criterion; with more, no day is given, as 2**n combinations would be tried."""


def first_clear_day(patient: Evaluation, criteria: Sequence[Criterion]) -> date | None:
    """The first later day on which none of these failing criteria fails; None if not certain."""
    elements, behind = patient.trial.elements, patient.trial.elements_behind
    for criterion in criteria:
        of_days = (elements[name] for name in behind(criterion.rule))
        if all(one.type != "date" and one.window is None for one in of_days):
            return None  # no date is involved: it fails on every day
    later = patient.once(_clearing)
    days = {day for criterion in criteria for day in later.turning_days(criterion)}
    for day in sorted(days):
        if not any(later.fails(criterion, day) for criterion in criteria):
            return day
    return None


def fails_on(patient: Evaluation, criteria: Sequence[Criterion], day: date) -> Iterator[str]:
    """The ids of the criteria that fail on a later day for some value of their partial dates."""
    later = patient.once(_lasting)
    return (criterion.id for criterion in criteria if later.fails(criterion, day))


class _Later:
    """A patient with these facts, judged on later days."""

    def __init__(self, patient: Evaluation, facts: Mapping[str, Fact]) -> None:
        self.trial, self.on, self.facts = patient.trial, patient.on, facts
        self.ends = _ends_of_windows(patient)

    def fails(self, criterion: Criterion, day: date) -> bool:
        """Whether it fails on `day` for some possible value of its partial dates, or if many."""
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
    """For `fails_on`: an entered value that could follow from an unknown date does not change."""
    return _Later(patient, _lasting_facts(patient))


def _clearing(patient: Evaluation) -> _Later:
    """For `first_clear_day`: values entered for today are replaced by the dates they imply."""
    facts = _lasting_facts(patient)
    for name in [name for name in facts if name in patient.trial.once(_moving)]:
        implied = _implied_date(patient.elements[name], facts[name], patient.on)
        if implied is not None:
            since, days = implied
            del facts[name]
            facts[since] = days
    return _Later(patient, facts)


def _lasting_facts(patient: Evaluation) -> dict[str, Fact]:
    """The facts without entered values that can be derived from known dates on any day."""
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


def _implied_date(element: Element, fact: Fact, on: date) -> tuple[str, Dates] | None:
    """The date element that a value derives from, with the days that today's value allows."""
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
    """For each yes with a window, the first day on which its window has passed."""
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
    """The elements that can be derived from dates, so that an entered value holds for one day."""
    return frozenset(
        name
        for name, element in trial.elements.items()
        if not element.reported_wins
        and any(trial.elements[one].type == "date" for one in trial.sources_of(name))
    )


def _follows_from_dates(element: Element, facts: Mapping[str, Fact]) -> bool:
    """Whether the element's rule consists of windows on known (perhaps partial) dates only."""
    return isinstance(element.derive, rules.Rule) and all(
        isinstance(one, rules.Within) and one.element in facts
        for one in rules.tests_of(element.derive)
    )
