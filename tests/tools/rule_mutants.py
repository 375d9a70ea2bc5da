"""Small wrong changes of one rule, one at a time."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple, assert_never

from trialscreen.model.dates import Period
from trialscreen.model.rules import (
    AtLeastN,
    Clause,
    Compare,
    ElementRef,
    Given,
    Is,
    Not,
    OneOf,
    Operator,
    Rule,
    Test,
    Within,
    all_of,
    any_of,
    parts_of,
)
from trialscreen.model.trial import SCREENING_DATE, Element

SHIFTED = {
    Operator.AT_LEAST: Operator.ABOVE,
    Operator.ABOVE: Operator.AT_LEAST,
    Operator.AT_MOST: Operator.BELOW,
    Operator.BELOW: Operator.AT_MOST,
}
REVERSED = {
    Operator.AT_LEAST: Operator.AT_MOST,
    Operator.AT_MOST: Operator.AT_LEAST,
    Operator.ABOVE: Operator.BELOW,
    Operator.BELOW: Operator.ABOVE,
}
_DAYS = {"days": 1.0, "weeks": 7.0, "months": 365 / 12, "years": 365.0}


class RuleMutant(NamedTuple):
    """A rule with one change: its kind, where inside the rule, and what was changed."""

    kind: str
    path: str
    change: str
    rule: Rule


def swapped(items: tuple[Any, ...], place: int, item: Any) -> tuple[Any, ...]:
    """`items` with another item at one place."""
    return (*items[:place], item, *items[place + 1 :])


def rule_mutants(rule: Rule, elements: Mapping[str, Element]) -> Iterator[RuleMutant]:
    """The mutants of a rule and of every rule inside it."""
    for kind, change, mutant in _changed(rule, elements):
        yield RuleMutant(kind, "", change, mutant)
    for place, part in enumerate(parts_of(rule)):
        step = f"/{part.id}" if isinstance(part, Clause) else f"/{place + 1}"
        for kind, path, change, mutant in rule_mutants(part, elements):
            yield RuleMutant(kind, step + path, change, _with_part(rule, place, mutant))


def _with_part(rule: Rule, place: int, part: Rule) -> Rule:
    match rule:
        case AtLeastN():
            return rule._replace(parts=swapped(rule.parts, place, part))
        case Not() | Clause():
            return rule._replace(part=part)
        case _:
            raise TypeError("a test has no parts")


def _changed(rule: Rule, elements: Mapping[str, Element]) -> Iterator[tuple[str, str, Rule]]:
    match rule:
        case AtLeastN(_, parts):
            if rule.is_all:
                yield "all to any", "", any_of(parts)
            elif rule.is_any:
                yield "any to all", "", all_of(parts)
            yield from _fewer(rule)
        case Not(part):
            yield "not dropped", "", part
        case Clause():
            pass
        case _:
            yield from _other_test(rule, elements)


def _other_test(rule: Test, elements: Mapping[str, Element]) -> Iterator[tuple[str, str, Rule]]:
    match rule:
        case Is():
            yield from _other_answers(rule, elements[rule.element])
        case OneOf():
            yield from _other_choices(rule, elements[rule.element])
        case Compare():
            yield from _other_comparisons(rule, elements)
        case Within():
            yield from _other_windows(rule)
        case Given():
            return  # dropped with the derivation that it is
        case _:
            assert_never(rule)
    yield from _other_elements(rule, elements)


def _other_answers(rule: Is, element: Element) -> Iterator[tuple[str, str, Rule]]:
    if isinstance(rule.value, bool):
        yield "yes/no negated", rule.element, rule._replace(value=not rule.value)
    for choice in element.choices:
        if choice != rule.value:
            change = f"{rule.element} {rule.value} to {choice}"
            yield "choice changed", change, rule._replace(value=choice)


def _fewer(rule: AtLeastN) -> Iterator[tuple[str, str, Rule]]:
    for place in range(len(rule.parts)):
        fewer = (*rule.parts[:place], *rule.parts[place + 1 :])
        least = len(fewer) if rule.is_all else rule.least
        yield "part dropped", f"part {place + 1}", AtLeastN(least, fewer)


def _other_choices(rule: OneOf, element: Element) -> Iterator[tuple[str, str, Rule]]:
    for place, value in enumerate(rule.values):
        fewer = (*rule.values[:place], *rule.values[place + 1 :])
        yield "choice dropped", value, rule._replace(values=fewer)
        for choice in element.choices:
            if choice not in rule.values:
                values = swapped(rule.values, place, choice)
                yield "choice changed", f"{value} to {choice}", rule._replace(values=values)


def _other_comparisons(
    rule: Compare, elements: Mapping[str, Element]
) -> Iterator[tuple[str, str, Rule]]:
    bound = rule.bound.name if isinstance(rule.bound, ElementRef) else rule.bound
    text = f"{rule.element} {rule.operator.value} {bound}"
    for kind, table in (("comparator shifted", SHIFTED), ("comparator reversed", REVERSED)):
        operator = table[rule.operator]
        yield kind, f"{text} to {operator.value}", rule._replace(operator=operator)
    if isinstance(rule.bound, ElementRef):
        sibling = _sibling(rule.bound.name)
        if sibling in elements:
            yield "limit swapped", f"{text} to {sibling}", rule._replace(bound=ElementRef(sibling))
        return
    for other in moved(rule.bound):
        yield "threshold moved", f"{text} to {other}", rule._replace(bound=other)


def _sibling(name: str) -> str:
    """The lower limit for an upper one, and the other way round; else no name."""
    stem, _, end = name.rpartition("_")
    return {"uln": f"{stem}_lln", "lln": f"{stem}_uln"}.get(end, "")


def moved(number: float) -> tuple[float, float]:
    """A number moved down and up by one unit of its last written digit."""
    if isinstance(number, int):
        return number - 1, number + 1
    decimals = len(repr(number).partition(".")[2])
    step = 10.0**-decimals
    return round(number - step, decimals), round(number + step, decimals)


def _other_windows(rule: Within) -> Iterator[tuple[str, str, Rule]]:
    period = rule.period
    in_days = Period(round(period.count * _DAYS[period.unit]), "days")
    counts = (replace(period, count=period.count + step) for step in (-1, 1))
    for other in counts:
        change = f"{rule.element} {period} to {other}"
        yield "window moved", change, rule._replace(period=other)
    if period.unit in ("months", "years"):
        change = f"{rule.element} {period} to {in_days}"
        yield "window counted in days", change, rule._replace(period=in_days)
    yield "window inverted", f"{rule.element} {period}", Not(rule)


def _other_elements(
    rule: Is | OneOf | Compare | Within, elements: Mapping[str, Element]
) -> Iterator[tuple[str, str, Rule]]:
    """The test on the elements that stand nearest in the file and could be mistaken for its own."""
    own = elements[rule.element]
    alike = [one.name for one in elements.values() if _alike(one, own)]
    place = alike.index(own.name)
    for name in (*alike[max(0, place - 1) : place], *alike[place + 1 : place + 2]):
        if not (isinstance(rule, Compare) and rule.bound == ElementRef(name)):
            yield "element exchanged", f"{own.name} for {name}", rule._replace(element=name)


def _alike(one: Element, other: Element) -> bool:
    if one.name == SCREENING_DATE or one.type != other.type:
        return False
    return one.unit == other.unit and one.choices.keys() == other.choices.keys()
