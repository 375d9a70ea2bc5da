"""Which elements are limits of which measured value, as the rules and formulas use them."""

from collections.abc import Iterator, Mapping
from typing import Literal

from trialscreen.model.rules import Compare, ElementRef, Is, Not, Operator, Rule, parts_of
from trialscreen.model.trial import Formula, Trial

Role = Literal["lower", "upper", "unclear"]

_ROLES: dict[tuple[Operator, bool], Role] = {
    (Operator.ABOVE, True): "upper",
    (Operator.AT_MOST, False): "upper",
    (Operator.BELOW, True): "lower",
    (Operator.AT_LEAST, False): "lower",
}
"""By the comparison and whether it excludes: a value at a limit of normal is still normal."""


def limits_by_value(trial: Trial) -> Mapping[str, Mapping[str, Role]]:
    """The limits of each value that has any, with what they are.

    One is `unclear` where a comparison can be meant in two ways: "below its limit" is
    wanted of a patient, say, be that the lower limit of a range or the upper one.
    """
    return trial.once(_limits_by_value)


def _limits_by_value(trial: Trial) -> dict[str, dict[str, Role]]:
    found: dict[str, dict[str, Role]] = {}
    for value, limit, role in _uses(trial):
        roles = found.setdefault(value, {})
        roles[limit] = role if roles.setdefault(limit, role) == role else "unclear"
    return found


def _uses(trial: Trial) -> Iterator[tuple[str, str, Role]]:
    for element in trial.elements.values():
        if isinstance(element.derive, Formula) and element.derive.name == "ratio":
            value, limit = element.derive.inputs
            yield value, limit, "upper"
    for criterion in trial.criteria:
        yield from _compared(trial, criterion.rule, excludes=criterion.kind == "exclusion")


def _compared(trial: Trial, rule: Rule, *, excludes: bool) -> Iterator[tuple[str, str, Role]]:
    if isinstance(rule, Compare):
        if isinstance(rule.bound, ElementRef) and trial.elements[rule.element].type != "date":
            role = _ROLES.get((rule.operator, excludes), "unclear")
            yield rule.element, rule.bound.name, role
    elif isinstance(rule, Is) and isinstance(rule.value, bool):
        derive = trial.elements[rule.element].derive
        if derive is not None and not isinstance(derive, Formula):
            yield from _compared(trial, derive, excludes=excludes is rule.value)
    else:
        for part in parts_of(rule):
            yield from _compared(trial, part, excludes=excludes is not isinstance(rule, Not))
