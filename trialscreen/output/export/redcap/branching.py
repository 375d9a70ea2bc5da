"""Branching logic: when REDCap shows the field of an element.

REDCap Help & FAQ, "Branching Logic": comparisons of [field] with a value, and, or,
brackets; values in quotes, but for numbers beside < and >. There is no "not": a condition
is turned round part by part. A blank field is compared with ''; how < treats one is not
documented, so a number is compared only beside a test for blank.
"""

from collections.abc import Iterable
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
        if irrelevant == NEVER:
            return ""
        word, texts = self._unless(irrelevant)
        return f" {word} ".join(texts)

    def _unless(self, condition: Condition) -> tuple[str, list[str]]:
        """Texts that, joined with the word before them, hold where `condition` does not."""
        match condition:
            case Some(parts):
                return "and", self._all_unless(parts, "and")
            case Every(parts):
                return "or", self._all_unless(parts, "or")
            case Chosen(field, values):
                return "and", [_compared(field, "<>", _code(value)) for value in values]
            case Answered(field):
                codes = self._codes(field)
                unequal = [_compared(field, "<>", code) for code in codes]
                return "and", unequal or [_compared(field, "=", "")]
            case Unanswered(field):
                equal = [_compared(field, "=", code) for code in self._codes(field)]
                return "or", equal or [_compared(field, "<>", "")]
            case Bounded(field, operator, bound):
                otherwise = f"[{field}] {operator.opposite.sign} {show_number(bound)}"
                return "or", [_compared(field, "=", ""), otherwise]
            case Compared(field, operator, other):
                otherwise = f"[{field}] {operator.opposite.sign} [{other}]"
                return "or", [_compared(field, "=", ""), _compared(other, "=", ""), otherwise]
            case _:
                assert_never(condition)

    def _all_unless(self, parts: Iterable[Condition], word: str) -> list[str]:
        texts: dict[str, None] = {}
        for part in parts:
            own, inner = self._unless(part)
            if own != word and len(inner) > 1:
                inner = [f"({f' {own} '.join(inner)})"]
            texts.update(dict.fromkeys(inner))
        return list(texts)

    def _codes(self, field: str) -> tuple[str, ...]:
        """The codes of a field with choices, but for "unknown"; none for a number or date."""
        element = self._trial.elements.get(field)
        return () if element is None else tuple(map(_code, values_of(element)))


def _code(value: bool | str) -> str:
    return YES_NO[value] if isinstance(value, bool) else value


def _compared(field: str, operator: str, value: str) -> str:
    return f"[{field}] {operator} '{value}'"
