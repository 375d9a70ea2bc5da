"""What cannot be right together, stated once: for one patient, and for a table of them."""

from typing import Literal, NamedTuple

from trialscreen.model.formulas import FORMULAS
from trialscreen.model.rules import Compare, ElementRef, Operator
from trialscreen.model.trial import Check, Element, Formula, Trial

Agreement = Literal["same", "years", "digits"]
"""When an entered value and the one that follows from other elements can both be right.

They are the same; or the completed years overlap; or some value is allowed by the digits of
the entry and by those of the entries that it follows from. A bound is no rounded number: it is
taken as it stands.
"""


class Disagreement(NamedTuple):
    """An entered value is not in agreement with the one that follows from other elements."""

    element: Element
    agreement: Agreement

    @property
    def id(self) -> str:
        return f"{self.element.name}_disagrees"


Contradiction = Disagreement | Check
"""The latter where its rule certainly holds."""


def contradictions(trial: Trial) -> tuple[Contradiction, ...]:
    """All that there can be among the data of a patient."""
    disagreements = (
        Disagreement(element, agreement_of(element))
        for element in trial.elements.values()
        if element.derive is not None and not element.reported_wins
    )
    return (*disagreements, *(check for check in trial.checks if check.level == "error"))


def agreement_of(element: Element) -> Agreement:
    """How the entered and the derived value of an element are compared."""
    if not isinstance(element.derive, Formula):
        return "same"
    return "years" if FORMULAS[element.derive.name].whole else "digits"


def thresholds(trial: Trial, element: Element) -> dict[float, list[Operator]]:
    """The numbers that criteria can compare an element with, and how.

    On either side of one, an entered value and a computed one decide differently.
    """
    return trial.once(_all_thresholds).get(element.name, {})


def _all_thresholds(trial: Trial) -> dict[str, dict[float, list[Operator]]]:
    found: dict[str, dict[float, list[Operator]]] = {}
    for test in (one for criterion in trial.criteria for one in trial.reached(criterion.rule)):
        if isinstance(test, Compare) and not isinstance(test.bound, ElementRef):
            bounds = found.setdefault(test.element, {})
            bounds.setdefault(test.bound, []).append(test.operator)
    return found
