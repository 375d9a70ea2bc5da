"""Small wrong changes of a trial, one at a time: what a slip in its criteria file would be."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from tests.tools.rule_mutants import moved, rule_mutants, swapped
from trialscreen.model.trial import Element, Formula, Trial


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
            changed = swapped(trial.criteria, place, criterion._replace(rule=one.rule))
            other = replace(trial, criteria=changed)
            path = f"{criterion.id}{one.path}"
            yield Mutant(one.kind, path, one.change, other, frozenset(), criterion.id)
    for place, check in enumerate(trial.checks):
        names = frozenset(trial.elements_behind(check.when))
        for one in rule_mutants(check.when, trial.elements):
            changed_checks = swapped(trial.checks, place, check._replace(when=one.rule))
            other = replace(trial, checks=changed_checks)
            yield Mutant(one.kind, f"checks.{check.id}{one.path}", one.change, other, names)
    for element in trial.elements.values():
        for kind, path, change, changed_element in _element_mutants(element, trial):
            other = replace(trial, elements={**trial.elements, element.name: changed_element})
            yield Mutant(kind, f"{element.name}{path}", change, other, frozenset((element.name,)))


def _element_mutants(element: Element, trial: Trial) -> Iterator[tuple[str, str, str, Element]]:
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
    yield from _other_readings(element)
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
            changed = formula._replace(inputs=swapped(formula.inputs, place, other))
            change = f"{name} to {other}"
            yield "formula input swapped", ".derive", change, replace(element, derive=changed)


def _other_readings(element: Element) -> Iterator[tuple[str, str, str, Element]]:
    """A spelling, the reason of a refused unit, or a word on reported values left out."""
    if element.reported_wins:
        yield "report overruled", ".reported_wins", "", replace(element, reported_wins=False)
    if element.reported_to is not None:
        yield "rounding forgotten", ".reported_to", "", replace(element, reported_to=None)
    for word in element.spellings:
        fewer = {key: meant for key, meant in element.spellings.items() if key != word}
        yield "spelling dropped", ".spellings", word, replace(element, spellings=fewer)
    for unit in element.refuses:
        fewer = {key: reason for key, reason in element.refuses.items() if key != unit}
        yield "refusal dropped", ".refuses", unit, replace(element, refuses=fewer)


def _other_ranges(element: Element) -> Iterator[tuple[str, str, str, Element]]:
    """An end moved; a typical range stays inside the accepted one."""
    for ends in _ends(element.range):
        change = f"{element.range} to {ends}"
        yield "range moved", ".range", change, replace(element, range=ends)
    for ends in _ends(element.typical):
        if element.range is None or (element.range[0] <= ends[0] and ends[1] <= element.range[1]):
            change = f"{element.typical} to {ends}"
            yield "typical range moved", ".typical", change, replace(element, typical=ends)


def _ends(both: tuple[Any, Any] | None) -> Iterator[tuple[Any, Any]]:
    """Two ends, with one of them moved down or up by a small step."""
    for place, end in enumerate(both or ()):
        for other in _moved_end(end):
            yield swapped(both, place, other)  # type: ignore[arg-type]


def _moved_end(end: float | date) -> tuple[float | date, ...]:
    if isinstance(end, date):
        return end - timedelta(days=1), end + timedelta(days=1)
    return moved(end)
