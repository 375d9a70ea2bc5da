"""When a question can no longer matter, as a form can say it: from the rule trees.

A question matters until its value can no longer change a criterion: until, at every place
where it is read, a rule around that place is decided without it (strong Kleene logic). The
conditions here are at most as strong as that. Only earlier questions decide about later
ones. So an answer that is given up because its question is hidden hides none of the
questions that hid it, and no criterion is found otherwise without it.
"""

from collections.abc import Iterator
from functools import partial
from typing import assert_never

from trialscreen.model import rules
from trialscreen.model.trial import Element, Formula, Section, Trial
from trialscreen.output.export.fhir.conditions import (
    MOST_TESTS,
    NEVER,
    Answered,
    Bounded,
    Chosen,
    Condition,
    every,
    restricted,
    some,
)


def questions_of(trial: Trial) -> tuple[Element, ...]:
    """The elements in the order of the form: by section, and as in the file."""
    return tuple(element for section in trial.sections for element in questions_in(trial, section))


def questions_in(trial: Trial, section: Section) -> Iterator[Element]:
    """The elements of one group of the form, as in the file."""
    return (element for element in trial.answerable() if element.section == section.id)


def irrelevant_when(trial: Trial) -> dict[str, Condition]:
    """When each question can no longer matter, said with the answers to earlier questions."""
    found = _Irrelevance(trial)
    earlier: set[str] = set()
    conditions = {}
    for element in questions_of(trial):
        conditions[element.name] = restricted(found.of(element.name), earlier)
        earlier.add(element.name)
    return conditions


class _Irrelevance:
    """Finds for each element when it can no longer matter; each once."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        self._found: dict[str, Condition] = {}
        self._places: dict[str, list[tuple[str | None, Condition]]] = {}
        for owner, rule, decided in _rules(trial):
            for name, there in _read_in(trial, rule, decided):
                self._places.setdefault(name, []).append((owner, there))
        for element in trial.elements.values():
            if isinstance(element.derive, Formula):
                for name in element.derive.inputs:
                    self._places.setdefault(name, []).append((element.name, NEVER))

    def of(self, name: str) -> Condition:
        """NEVER for an element that no criterion reads: people may want to see it."""
        if name not in self._found:
            self._found[name] = every(
                there if owner is None else some((there, self.of(owner)))
                for owner, there in self._places.get(name, ())
            )
        return self._found[name]


def _rules(trial: Trial) -> Iterator[tuple[str | None, rules.Rule, Condition]]:
    """Every rule that elements are read in: whose it is, and when that needs no rule."""
    for criterion in trial.criteria:
        yield None, criterion.rule, NEVER
    for element in trial.elements.values():
        if element.derive is not None and not isinstance(element.derive, Formula):
            yield element.name, element.derive, Answered(element.name)
        if element.valid_if is not None:
            yield element.name, element.valid_if, NEVER


def _read_in(trial: Trial, rule: rules.Rule, decided: Condition) -> Iterator[tuple[str, Condition]]:
    """Each place in `rule` where an element is read, and when the rule is decided without it."""
    if isinstance(rule, rules.Test):
        for name in rules.elements_of_test(rule):
            yield name, decided
        return
    parts = rules.parts_of(rule)
    deciding = _deciding(rule)
    if deciding is None or len(parts) > MOST_TESTS:
        without = [decided] * len(parts)
    else:
        ways = [decides(trial, part, deciding) for part in parts]
        without = [some((decided, *ways[:i], *ways[i + 1 :])) for i in range(len(parts))]
    for part, there in zip(parts, without, strict=True):
        yield from _read_in(trial, part, there)


def _deciding(rule: rules.Rule) -> bool | None:
    """The truth of one part that decides the whole; None where no single part does."""
    if isinstance(rule, rules.AtLeastN) and (rule.is_all or rule.is_any):
        return not rule.is_all
    return None


def decides(trial: Trial, rule: rules.Rule, truth: bool) -> Condition:
    """When answers make `rule` certainly true, or certainly false; `NEVER` if no form can say."""
    match rule:
        case rules.AtLeastN():
            deciding = _deciding(rule)
            if deciding is None:
                return NEVER
            combine = some if truth is deciding else every
            return combine(decides(trial, part, truth) for part in rules.parts_of(rule))
        case rules.Not(part):
            return decides(trial, part, not truth)
        case rules.Clause(_, _, part):
            return decides(trial, part, truth)
        case rules.Is() | rules.OneOf() | rules.Compare() | rules.Within() | rules.Given():
            element = trial.elements[rule.element]
            tested = _tested(element, rule, truth)
            if element.valid_if is None:
                return tested
            return every((tested, decides(trial, element.valid_if, truth=True)))
        case _:
            assert_never(rule)


def _tested(element: Element, test: rules.Test, truth: bool) -> Condition:
    """An answer that was given stands, unless a formula can compute another that decides."""
    if isinstance(element.derive, Formula) and not element.reported_wins:
        return NEVER
    chosen = partial(_chosen, element, truth=truth)
    match test:
        case rules.Is(_, value):
            return chosen((value,))
        case rules.OneOf(_, values):
            return chosen(values)
        case rules.Compare(name, operator, int() | float() as bound):
            unit = None if element.type == "integer" else element.unit
            return Bounded(name, operator if truth else operator.opposite, bound, unit)
        case rules.Compare() | rules.Within() | rules.Given():
            return NEVER  # a form knows no window, and compares no two answers; Given stands alone
        case _:
            assert_never(test)


def _chosen(element: Element, values: tuple[bool | str, ...], truth: bool) -> Condition:
    known: tuple[bool | str, ...] = values_of(element)
    wanted = tuple(one for one in known if (one in values) is truth)
    return Chosen(element.name, wanted) if wanted else NEVER  # type: ignore[arg-type]


def values_of(element: Element) -> tuple[bool, ...] | tuple[str, ...]:
    """All values of a yes/no element or a choice; none for other types."""
    return (True, False) if element.type == "boolean" else tuple(element.choices)
