"""Branching logic: REDCap shows the field of an element while its answer is needed."""

from typing import assert_never

from trialscreen.model.trial import Trial
from trialscreen.model.wording import show_number
from trialscreen.output.export.conditions import (
    NEVER,
    Answered,
    Bounded,
    Chosen,
    Compared,
    Condition,
    Every,
    Some,
    Unanswered,
    while_blank,
)
from trialscreen.output.export.redcap.calc import calc_name, calculation
from trialscreen.output.export.redcap.logic import (
    Comparison,
    Logic,
    equal,
    every,
    filled,
    some,
    text,
    unequal,
)
from trialscreen.output.export.relevance import Relevance, values_of

YES_NO = {True: "yes", False: "no"}
"""The codes of a yes/no field: the words that trialscreen reads."""


class Branching:
    """The branching logic of a trial's fields: each is shown while its answer is needed.

    What holds while the field itself is blank decides, so that no answer hides its own field.
    """

    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        calculated = {n: calc_name(n) for n in trial.elements if calculation(trial, n) is not None}
        self._relevance = Relevance(trial, calculated, as_it_stands=True)
        self._computed_from = {
            field: {name, *trial.sources_of(name)} for name, field in calculated.items()
        }

    def shown_if(self, name: str) -> str:
        """When the field of element `name` is shown; empty for always."""
        blank = {field for field, names in self._computed_from.items() if name in names}
        blank.add(name)
        irrelevant = while_blank(self._relevance.irrelevant(name), blank)
        return "" if irrelevant == NEVER else text(self._unless(irrelevant))

    def _unless(self, condition: Condition) -> Logic:
        """What holds where `condition` does not, turned round part by part."""
        match condition:
            case Some(parts):
                return every(map(self._unless, parts))
            case Every(parts):
                return some(map(self._unless, parts))
            case Chosen(field, values):
                return every(unequal(field, _code(value)) for value in values)
            case Answered(field):
                unchosen = [unequal(field, code) for code in self._codes(field)]
                return every(unchosen or [equal(field, "")])
            case Unanswered(field):
                chosen = [equal(field, code) for code in self._codes(field)]
                return some(chosen or [filled(field)])
            case Bounded(field, operator, bound):
                beyond = Comparison(f"[{field}]", operator.opposite.sign, show_number(bound))
                return some((equal(field, ""), beyond))
            case Compared(field, operator, other):
                beyond = Comparison(f"[{field}]", operator.opposite.sign, f"[{other}]")
                return some((equal(field, ""), equal(other, ""), beyond))
            case _:
                assert_never(condition)

    def _codes(self, field: str) -> tuple[str, ...]:
        """The codes of a field with choices, but for "unknown"; none for a number or date."""
        element = self._trial.elements.get(field)
        return () if element is None else tuple(map(_code, values_of(element)))


def _code(value: bool | str) -> str:
    return YES_NO[value] if isinstance(value, bool) else value
