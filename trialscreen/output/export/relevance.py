"""When an element can no longer matter, as a form can say it: from the rule trees.

An element matters until its value can no longer change a criterion: until, at every place
where it is read, a rule around that place is decided without it (strong Kleene logic). The
conditions here are at most as strong as that. Windows of time, dates beside each other and
"at least 2 of 3" are beyond a form: they decide nothing.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from typing import assert_never

from trialscreen.model import rules
from trialscreen.model.trial import Element, Formula, Trial
from trialscreen.output.export.conditions import (
    ALWAYS,
    MOST_TESTS,
    NEVER,
    Answered,
    Bounded,
    Chosen,
    Compared,
    Condition,
    Unanswered,
    every,
    some,
    while_blank,
)


class Relevance:
    """The conditions for the elements of one trial, on a form with a field for each.

    `calculated` names the field that computes an element's value, where the form has one.
    `as_it_stands`: what is not needed with the present answers does not matter: what an
    entered value could be computed from, and what is behind elements that no criterion reads.
    Without it, an answer that does not matter can be dropped, and nothing is found otherwise.
    """

    def __init__(self, trial: Trial, calculated: Mapping[str, str], *, as_it_stands: bool) -> None:
        self._trial = trial
        self._as_it_stands = as_it_stands
        self._calculated = calculated
        self._places: defaultdict[str, list[tuple[str | None, Condition]]] = defaultdict(list)
        self.irrelevant, self._by_rule = cache(self._irrelevant), cache(self._follows)
        needed: set[str] = set()
        for criterion in trial.criteria:
            self._read(None, criterion.rule, NEVER)
            needed.update(trial.elements_behind(criterion.rule))
        for element in trial.elements.values():
            if element.name in needed or not as_it_stands:
                self._read_for(element)

    def _irrelevant(self, name: str) -> Condition:
        """When element `name` can no longer matter.

        NEVER for an element that no criterion reads: people may want to see it.
        """
        ways = [self._settled(owner, there) for owner, there in self._places[name]]
        return every(ways) if ways else NEVER

    def _settled(self, owner: str | None, there: Condition) -> Condition:
        """When a place needs no more: `there`, or once its owner can no longer matter."""
        if owner is None:
            return there
        irrelevant = self.irrelevant(owner)
        if there == Answered(owner):
            irrelevant = while_blank(irrelevant, {owner})
        return some((there, irrelevant))

    def _read_for(self, element: Element) -> None:
        """Notes what the value of `element` rests on."""
        if isinstance(element.derive, Formula):
            there = _entered(element) if self._as_it_stands else NEVER
            for name in element.derive.inputs:
                self._places[name].append((element.name, there))
        elif element.derive is not None:
            self._read(element.name, element.derive, _entered(element))
        if element.valid_if is not None:
            self._read(element.name, element.valid_if, NEVER)

    def _read(self, owner: str | None, rule: rules.Rule, decided: Condition) -> None:
        """Notes each place in `rule` where an element is read, and when it is decided without."""
        if isinstance(rule, rules.Test):
            for name in rules.elements_of_test(rule):
                self._places[name].append((owner, decided))
            return
        parts = rules.parts_of(rule)
        without = [decided] * len(parts)
        if isinstance(rule, rules.AtLeastN) and len(parts) <= MOST_TESTS and _one_decides(rule):
            ways = [self._decides(part, not rule.is_all) for part in parts]
            without = [some((decided, *ways[:i], *ways[i + 1 :])) for i in range(len(parts))]
        for part, there in zip(parts, without, strict=True):
            self._read(owner, part, there)

    def _decides(self, rule: rules.Rule, truth: bool) -> Condition:
        """When answers make `rule` certainly true, or certainly false."""
        if isinstance(rule, rules.Test):
            read = (self._trial.elements[name] for name in rules.elements_of_test(rule))
            valid = (one.valid_if for one in read if one.valid_if is not None)
            counts = (self._decides(one, truth=True) for one in valid)
            return every((self._tested(rule, truth), *counts))
        match rule:
            case rules.AtLeastN(_, parts):
                if not _one_decides(rule):
                    return NEVER
                combine = every if rule.is_all is truth else some
                return combine(self._decides(part, truth) for part in parts)
            case rules.Not(part):
                return self._decides(part, not truth)
            case rules.Clause(_, _, part):
                return self._decides(part, truth)
            case _:
                assert_never(rule)

    def _tested(self, test: rules.Test, truth: bool) -> Condition:
        match test:
            case rules.Is(name, value):
                return self._chosen(self._trial.elements[name], (value,), truth)
            case rules.OneOf(name, values):
                return self._chosen(self._trial.elements[name], values, truth)
            case rules.Compare(_, operator, _):
                return some(self._compared(test, operator if truth else operator.opposite))
            case rules.Given(name):
                return self._known(self._trial.elements[name]) if truth else NEVER
            case rules.Within():
                return NEVER
            case _:
                assert_never(test)

    def _chosen(self, element: Element, values: tuple[bool | str, ...], truth: bool) -> Condition:
        """When one of `values` is certain, or certainly not: entered, or by a rule."""
        known: tuple[bool | str, ...] = known_by(element)
        wanted = tuple(value for value in known if (value in values) is truth)
        ways: list[Condition] = []
        if wanted and not element.internal:
            ways.append(Chosen(element.name, wanted))  # type: ignore[arg-type]
        ways.extend(self._by_rule(element.name, value) for value in wanted)
        return some(ways)

    def _follows(self, name: str, value: bool | str) -> Condition:
        """When the rule behind a yes/no element that is not entered gives it this value."""
        element = self._trial.elements[name]
        rule = element.derive
        if rule is None or isinstance(rule, Formula) or not isinstance(value, bool):
            return NEVER
        blank = ALWAYS if element.internal else Unanswered(element.name)
        return every((blank, self._decides(rule, value)))

    def _compared(self, test: rules.Compare, operator: rules.Operator) -> Iterator[Condition]:
        element, bound = self._trial.elements[test.element], test.bound
        if element.type == "date":
            return
        unit = None if element.type == "integer" else element.unit
        for there, field in self._numbers(element):
            if not isinstance(bound, rules.ElementRef):
                yield every((there, Bounded(field, operator, bound, unit)))
                continue
            for also, other in self._numbers(self._trial.elements[bound.name]):
                yield every((there, also, Compared(field, operator, other)))

    def _numbers(self, element: Element) -> Iterator[tuple[Condition, str]]:
        """The fields that may hold a number's value, and when each does, once answered."""
        name, computed = element.name, self._calculated.get(element.name)
        wins = element.reported_wins or not isinstance(element.derive, Formula)
        if not element.internal and wins:
            yield ALWAYS, name
        elif not element.internal and computed is not None:
            yield Unanswered(computed), name
        if computed is not None:
            yield Unanswered(name) if wins and not element.internal else ALWAYS, computed

    def _known(self, element: Element) -> Condition:
        """When anything is known of an element."""
        computed = self._calculated.get(element.name)
        return some(
            (
                _entered(element),
                NEVER if computed is None else Answered(computed),
                *(self._by_rule(element.name, value) for value in known_by(element)),
            )
        )


def _entered(element: Element) -> Condition:
    """When a value is entered that rules see."""
    if element.internal:
        return NEVER
    return Chosen(element.name, (True,)) if element.no_is_not_yet else Answered(element.name)


def _one_decides(rule: rules.AtLeastN) -> bool:
    """Whether one part decides the whole: a false one of all, or a true one of any."""
    return rule.is_all or rule.is_any


def known_by(element: Element) -> tuple[bool, ...] | tuple[str, ...]:
    """Those of the values that rules can see: not a no that may still become a yes."""
    return (True,) if element.no_is_not_yet else values_of(element)


def values_of(element: Element) -> tuple[bool, ...] | tuple[str, ...]:
    """All values of a yes/no element or a choice; none for other types."""
    return (True, False) if element.type == "boolean" else tuple(element.choices)
