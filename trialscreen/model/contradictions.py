"""Lists the contradictions a trial can detect, for single patients and for tables alike."""

from typing import Literal, NamedTuple

from trialscreen.model.formulas import FORMULAS
from trialscreen.model.rules import Compare, ElementRef, Operator
from trialscreen.model.trial import Check, Element, Formula, Trial

Agreement = Literal["same", "years", "digits"]
"""How an entered value is reconciled with the one derived from other elements.

They must be the same; or share some completed year; or, allowing for the rounding of the digits
written in the entry and in the inputs, share some value. A bound (`<20`) is taken literally, not
as a rounded number.
"""


class Disagreement(NamedTuple):
    """An entered value disagrees with the one derived from other elements."""

    element: Element
    agreement: Agreement

    @property
    def id(self) -> str:
        return f"{self.element.name}_disagrees"


Contradiction = Disagreement | Check
"""A `Check` is a contradiction when its rule certainly holds."""


def contradictions(trial: Trial) -> tuple[Contradiction, ...]:
    """Every contradiction that a patient's data can contain."""
    disagreements = (
        Disagreement(element, agreement_of(element))
        for element in trial.elements.values()
        if element.derive is not None and not element.reported_wins
    )
    return (*disagreements, *(check for check in trial.checks if check.level == "error"))


def agreement_of(element: Element) -> Agreement:
    """How an element's entered and derived values are reconciled."""
    if not isinstance(element.derive, Formula):
        return "same"
    return "years" if FORMULAS[element.derive.name].whole else "digits"


def thresholds(trial: Trial, element: Element) -> dict[float, list[Operator]]:
    """The numbers that criteria compare an element with, each with its operators.

    An entered and a computed value on different sides of one lead to different decisions.
    """
    return trial.once(_all_thresholds).get(element.name, {})


def _all_thresholds(trial: Trial) -> dict[str, dict[float, list[Operator]]]:
    found: dict[str, dict[float, list[Operator]]] = {}
    for test in (one for criterion in trial.criteria for one in trial.reached(criterion.rule)):
        if isinstance(test, Compare) and not isinstance(test.bound, ElementRef):
            bounds = found.setdefault(test.element, {})
            bounds.setdefault(test.bound, []).append(test.operator)
    return found
