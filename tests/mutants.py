"""Small wrong changes of a trial, one at a time: what a slip in its criteria file would be."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, NamedTuple

from trialscreen.dates import Period
from trialscreen.rule import (
    AllOf,
    AnyOf,
    AtLeastN,
    Clause,
    Compare,
    ElementRef,
    Is,
    LongerAgoThan,
    Not,
    OneOf,
    Operator,
    Rule,
    Within,
    parts_of,
)
from trialscreen.trial import Element, Formula, Trial

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
_DAYS = {"days": 1.0, "months": 365 / 12, "years": 365.0}


class RuleMutant(NamedTuple):
    """A rule with one change: its kind, where inside the rule, and what was changed."""

    kind: str
    path: str
    change: str
    rule: Rule


@dataclass(frozen=True)
class Mutant:
    """A trial with one change. It can only show in what reads one of `elements`."""

    kind: str
    path: str
    change: str
    trial: Trial
    elements: frozenset[str]
    criterion: str = ""

    def __str__(self) -> str:
        return f"{self.path}: {self.kind}: {self.change}"


def mutants(trial: Trial) -> Iterator[Mutant]:
    """Every mutant of the trial: of its criteria, its checks and its elements."""
    for place, criterion in enumerate(trial.criteria):
        for one in rule_mutants(criterion.rule, trial.elements):
            changed = _swapped(trial.criteria, place, criterion._replace(rule=one.rule))
            other = replace(trial, criteria=changed)
            path = f"{criterion.id}{one.path}"
            yield Mutant(one.kind, path, one.change, other, frozenset(), criterion.id)
    for place, check in enumerate(trial.checks):
        names = frozenset(trial.elements_behind(check.when))
        for one in rule_mutants(check.when, trial.elements):
            changed_checks = _swapped(trial.checks, place, check._replace(when=one.rule))
            other = replace(trial, checks=changed_checks)
            yield Mutant(one.kind, f"checks.{check.id}{one.path}", one.change, other, names)
    for element in trial.elements.values():
        for kind, path, change, changed_element in _element_mutants(element, trial):
            other = replace(trial, elements={**trial.elements, element.name: changed_element})
            yield Mutant(kind, f"{element.name}{path}", change, other, frozenset((element.name,)))


def _swapped(items: tuple[Any, ...], place: int, item: Any) -> tuple[Any, ...]:
    return (*items[:place], item, *items[place + 1 :])


# Rules.


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
        case AllOf() | AnyOf() | AtLeastN():
            return replace(rule, parts=_swapped(rule.parts, place, part))
        case Not() | Clause():
            return replace(rule, part=part)
        case _:
            raise TypeError("a test has no parts")


def _changed(rule: Rule, elements: Mapping[str, Element]) -> Iterator[tuple[str, str, Rule]]:
    match rule:
        case AllOf(parts):
            yield "all to any", "", AnyOf(parts)
            yield from _fewer(rule)
        case AnyOf(parts):
            yield "any to all", "", AllOf(parts)
            yield from _fewer(rule)
        case AtLeastN(count, parts):
            for other in {max(1, count - 1), min(len(parts), count + 1)} - {count}:
                yield "count moved", f"{count} to {other}", replace(rule, count=other)
            yield from _fewer(rule)
        case Not(part):
            yield "not dropped", "", part
        case Is(name, bool() as value):
            yield "yes/no negated", name, Is(name, not value)
        case Is(name, str() as value):
            for choice in elements[name].choices:
                if choice != value:
                    yield "choice changed", f"{name} {value} to {choice}", Is(name, choice)
        case OneOf():
            yield from _other_choices(rule, elements[rule.element])
        case Compare():
            yield from _other_comparisons(rule, elements)
        case Within(name, period):
            yield from _other_windows(rule)
            yield "window inverted", f"{name} {period}", LongerAgoThan(name, period)
        case LongerAgoThan(name, period):
            yield from _other_windows(rule)
            yield "window inverted", f"{name} {period}", Within(name, period)
        case _:
            pass


def _fewer(rule: AllOf | AnyOf | AtLeastN) -> Iterator[tuple[str, str, Rule]]:
    for place in range(len(rule.parts)):
        fewer = (*rule.parts[:place], *rule.parts[place + 1 :])
        yield "part dropped", f"part {place + 1}", replace(rule, parts=fewer)


def _other_choices(rule: OneOf, element: Element) -> Iterator[tuple[str, str, Rule]]:
    for place, value in enumerate(rule.values):
        fewer = (*rule.values[:place], *rule.values[place + 1 :])
        yield "choice dropped", value, replace(rule, values=fewer)
        for choice in element.choices:
            if choice not in rule.values:
                values = _swapped(rule.values, place, choice)
                yield "choice changed", f"{value} to {choice}", replace(rule, values=values)


def _other_comparisons(
    rule: Compare, elements: Mapping[str, Element]
) -> Iterator[tuple[str, str, Rule]]:
    bound = rule.bound.name if isinstance(rule.bound, ElementRef) else rule.bound
    text = f"{rule.element} {rule.operator.value} {bound}"
    for kind, table in (("comparator shifted", SHIFTED), ("comparator reversed", REVERSED)):
        operator = table[rule.operator]
        yield kind, f"{text} to {operator.value}", replace(rule, operator=operator)
    if isinstance(rule.bound, ElementRef):
        sibling = _sibling(rule.bound.name)
        if sibling in elements:
            yield "limit swapped", f"{text} to {sibling}", replace(rule, bound=ElementRef(sibling))
        return
    for other in _moved(rule.bound):
        yield "threshold moved", f"{text} to {other}", replace(rule, bound=other)


def _sibling(name: str) -> str:
    """The lower limit for an upper one, and the other way round; else no name."""
    stem, _, end = name.rpartition("_")
    return {"uln": f"{stem}_lln", "lln": f"{stem}_uln"}.get(end, "")


def _moved(number: float) -> tuple[float, float]:
    """A number moved down and up by one unit of its last written digit."""
    if isinstance(number, int):
        return number - 1, number + 1
    decimals = len(repr(number).partition(".")[2])
    step = 10.0**-decimals
    return round(number - step, decimals), round(number + step, decimals)


def _other_windows(rule: Within | LongerAgoThan) -> Iterator[tuple[str, str, Rule]]:
    period = rule.period
    in_days = Period(round(period.count * _DAYS[period.unit]), "days")
    counts = (replace(period, count=period.count + step) for step in (-1, 1))
    for other in (*counts, *(() if period.unit == "days" else (in_days,))):
        kind = "window counted in days" if other is in_days else "window moved"
        yield kind, f"{rule.element} {period} to {other}", replace(rule, period=other)


# Elements.


def _element_mutants(
    element: Element, trial: Trial
) -> Iterator[tuple[str, str, str, Element]]:
    if isinstance(element.derive, Formula):
        yield from _other_inputs(element, element.derive, trial)
    elif element.derive is not None:
        for one in rule_mutants(element.derive, trial.elements):
            path = f".derive{one.path}"
            yield one.kind, path, one.change, replace(element, derive=one.rule)
    if element.derive is not None:
        yield "derivation dropped", ".derive", "", replace(element, derive=None)
    if element.valid_if is not None:
        yield "validity dropped", ".valid_if", "", replace(element, valid_if=None)
        for one in rule_mutants(element.valid_if, trial.elements):
            path = f".valid_if{one.path}"
            yield one.kind, path, one.change, replace(element, valid_if=one.rule)
    yield from _other_ranges(element)
    for unit, factor in element.accepts.items():
        for other in (factor * 0.999, factor * 1.001):
            accepts = {**element.accepts, unit: other}
            change = f"{unit} {factor:.9g} to {other:.9g}"
            yield "factor moved", ".accepts", change, replace(element, accepts=accepts)


def _other_inputs(
    element: Element, formula: Formula, trial: Trial
) -> Iterator[tuple[str, str, str, Element]]:
    """An input exchanged for one that the same formula takes elsewhere."""
    for place, name in enumerate(formula.inputs):
        others = {
            other.derive.inputs[place]
            for other in trial.elements.values()
            if isinstance(other.derive, Formula) and other.derive.name == formula.name
        }
        for other in sorted(others - {name}):
            changed = formula._replace(inputs=_swapped(formula.inputs, place, other))
            change = f"{name} to {other}"
            yield "formula input swapped", ".derive", change, replace(element, derive=changed)


def _other_ranges(element: Element) -> Iterator[tuple[str, str, str, Element]]:
    if element.range is None:
        return
    for place, end in enumerate(element.range):
        for other in _moved_end(end):
            changed: Any = _swapped(element.range, place, other)
            yield "range moved", ".range", f"{end} to {other}", replace(element, range=changed)


def _moved_end(end: float | date) -> tuple[float | date, ...]:
    if isinstance(end, date):
        return end - timedelta(days=1), end + timedelta(days=1)
    return _moved(end)
