"""Who is dead on the screening date, and who died after it."""

from datetime import date

from trialscreen.answers.records.entries import Person
from trialscreen.answers.records.moments import when
from trialscreen.model.errors import Problem, ValueProblem


def may_be_dead(person: Person, on: date) -> bool:
    """Whether somebody may be dead on a day; `yes`, and what is no date, may be any day."""
    try:
        died = when(person.deceased)
    except ValueProblem:
        return True
    return died is not None and died.first <= on


def later_death(person: Person) -> Problem:
    """That a death is not used, because it is after the screening date."""
    return Problem(person.where, f"died ({person.deceased}) after the screening date")
