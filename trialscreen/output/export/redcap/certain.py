"""When a rule is certainly true, and when certainly false, as conditions on a form's fields.

The conditions never say too much: where REDCap cannot tell as trialscreen does (windows of
calendar months, dates against each other, "at least 2 of"), they hold never.
"""

from dataclasses import dataclass
from typing import assert_never

from trialscreen.model import rules
from trialscreen.model.trial import Element, Formula, Trial
from trialscreen.model.wording import show_number
from trialscreen.output.export.redcap.calc import calc_name, calculation
from trialscreen.output.export.redcap.logic import (
    ALWAYS,
    NEVER,
    Comparison,
    Logic,
    blank,
    equal,
    every,
    filled,
    negation,
    some,
)

YES_NO = {True: "yes", False: "no"}
"""The codes of a yes/no field: the words that trialscreen reads."""


@dataclass(frozen=True)
class Form:
    """The form as it stands while `asking` is not answered: its value counts as unknown."""

    trial: Trial
    asking: str

    def holds(self, rule: rules.Rule) -> Logic:
        """When `rule` is certainly true."""
        return self._truth(rule, wanted=True)

    def fails(self, rule: rules.Rule) -> Logic:
        """When `rule` is certainly false."""
        return self._truth(rule, wanted=False)

    def _truth(self, rule: rules.Rule, *, wanted: bool) -> Logic:
        if isinstance(rule, rules.Test):
            return self._test(rule, wanted)
        match rule:
            case rules.AtLeastN(_, parts):
                if not (rule.is_all or rule.is_any):
                    return NEVER
                combine = every if rule.is_all is wanted else some
                return combine(self._truth(part, wanted=wanted) for part in parts)
            case rules.Not(part):
                return self._truth(part, wanted=not wanted)
            case rules.Clause(_, _, part):
                return self._truth(part, wanted=wanted)
            case _:
                assert_never(rule)

    def entered(self, name: str) -> Logic:
        """When a value is entered for an element, other than "unknown"."""
        element = self.trial.elements[name]
        if element.internal or name == self.asking:
            return NEVER
        codes = codes_of(element)
        return some(equal(name, code) for code in codes) if codes else filled(name)

    def _test(self, test: rules.Test, wanted: bool) -> Logic:
        valid = [self._valid(name) for name in rules.elements_of_test(test)]
        return every([*valid, self._found(test, wanted)])

    def _valid(self, name: str) -> Logic:
        rule = self.trial.elements[name].valid_if
        return ALWAYS if rule is None else self.holds(rule)

    def _found(self, test: rules.Test, wanted: bool) -> Logic:
        match test:
            case rules.Given(name):
                return self._known(name) if wanted else NEVER
            case rules.Is(name, bool() as value):
                return self._yes_no(name, value is wanted)
            case rules.Is(name, value):
                return self._one_of(name, (str(value),), wanted)
            case rules.OneOf(name, values):
                return self._one_of(name, values, wanted)
            case rules.Compare(name, operator, bound):
                return self._compared(name, operator.sign, bound, wanted)
            case rules.Within():
                return NEVER
            case _:
                assert_never(test)

    def _yes_no(self, name: str, value: bool) -> Logic:
        """When a yes/no element is certainly `value`: entered, or by the rule behind it."""
        rule = self.trial.elements[name].derive
        if name == self.asking:
            return NEVER
        derived = (
            NEVER if rule is None or isinstance(rule, Formula) else self._truth(rule, wanted=value)
        )
        if self.trial.elements[name].internal:
            return derived
        unanswered = (negation(equal(name, code)) for code in YES_NO.values())
        return some([equal(name, YES_NO[value]), every([*unanswered, derived])])

    def _one_of(self, name: str, values: tuple[str, ...], wanted: bool) -> Logic:
        if name == self.asking or self.trial.elements[name].internal:
            return NEVER
        choices = self.trial.elements[name].choices
        return some(equal(name, one) for one in choices if (one in values) is wanted)

    def _compared(
        self, name: str, sign: str, bound: int | float | rules.ElementRef, wanted: bool
    ) -> Logic:
        if self.trial.elements[name].type == "date":
            return NEVER
        bounds = (
            self._values(bound.name)
            if isinstance(bound, rules.ElementRef)
            else [(ALWAYS, show_number(bound))]
        )
        ways = []
        for known, field in self._values(name):
            for given, other in bounds:
                held = Comparison(field, sign, other)
                ways.append(every([known, given, held if wanted else negation(held)]))
        return some(ways)

    def _values(self, name: str) -> list[tuple[Logic, str]]:
        """Where the value of a number may stand, and when it stands there."""
        element = self.trial.elements[name]
        if name == self.asking:
            return []
        places: list[tuple[Logic, str]] = []
        field, is_computed = calc_name(name), self._computed_without_asking(element)
        computed, entered = [filled(field)], [filled(name)]
        if element.reported_wins:
            computed.append(blank(name))
        elif is_computed:  # what is computed decides
            entered.append(blank(field))
        if not element.internal:
            places.append((every(entered), f"[{name}]"))
        if is_computed:
            places.append((every(computed), f"[{field}]"))
        return places

    def _computed_without_asking(self, element: Element) -> bool:
        sources = self.trial.sources_of(element.name)
        return self.asking not in sources and calculation(self.trial, element.name) is not None

    def _known(self, name: str) -> Logic:
        """When anything is known of an element."""
        element = self.trial.elements[name]
        ways = [self.entered(name), *(known for known, _ in self._values(name))]
        if element.derive is not None and not isinstance(element.derive, Formula):
            ways += [self._yes_no(name, value) for value in YES_NO]
        return some(ways)


def codes_of(element: Element) -> tuple[str, ...]:
    """The codes of a field with choices, but for "unknown"; none for a number or date."""
    if element.type == "boolean":
        return tuple(YES_NO.values())
    return tuple(element.choices)
