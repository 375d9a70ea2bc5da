"""Finds which elements are the limits of normal of which measured value, from the rules."""

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
"""By operator and whether the comparison excludes; a value at a limit of normal is normal."""


def limits_by_value(trial: Trial) -> Mapping[str, Mapping[str, Role]]:
    """By measured value, the elements that are its limits, with their roles.

    A role is `unclear` where the comparison fits either limit: an inclusion criterion "below its
    limit", for instance, may mean the lower or the upper limit of the range.
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
