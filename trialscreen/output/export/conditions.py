"""Conditions on form fields, for skip logic: derives when an element can no longer matter.

FHIR calls such a field an item or question, REDCap a field. A field without an answer satisfies no
test except `Unanswered`. A condition is conservative: it may hold less often than what it stands
for, never more often, and is `NEVER` if a form cannot express it.

An element matters until its value can no longer change a criterion: until, at every place where it
is read, some enclosing rule is decided without it (strong Kleene logic). Time windows, comparisons
of dates and "at least 2 of 3" cannot be expressed in a form, and are taken to decide nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from functools import cache
from typing import Generic, Literal, TypeVar, assert_never

from trialscreen.model import rules
from trialscreen.model.expr import BY_SIGN
from trialscreen.model.rules import Operator
from trialscreen.model.trial import Element, Formula, Trial

MOST_TESTS = 150
"""A condition with more tests would be too long to review; it becomes `NEVER`."""


@dataclass(frozen=True)
class Answered:
    """The field has an answer, other than "unknown"."""

    field: str


@dataclass(frozen=True)
class Unanswered:
    """The field is empty, or "unknown"."""

    field: str


@dataclass(frozen=True)
class Chosen:
    """The answer to a yes/no or choice field is one of these."""

    field: str
    values: tuple[bool, ...] | tuple[str, ...]


@dataclass(frozen=True)
class Bounded:
    """The number entered, in `unit`, or every number allowed by its comparator, meets the bound."""

    field: str
    operator: Operator
    bound: int | float
    unit: str | None
    """None for a whole number, which a form asks without unit and comparator."""


@dataclass(frozen=True)
class Compared:
    """The numbers in two fields, both answered."""

    field: str
    operator: Operator
    other: str


Word = Literal["and", "or"]
Part = TypeVar("Part")


@dataclass(frozen=True)
class Joined(Generic[Part]):
    """Parts joined by `word`. Without parts, "and" always holds, "or" never."""

    word: Word
    parts: tuple["Part | Joined[Part]", ...]


Test = Answered | Unanswered | Chosen | Bounded | Compared
Condition = Test | Joined[Test]
Tree = TypeVar("Tree", Condition, str | Joined[str])

NEVER, ALWAYS = Joined[Test]("or", ()), Joined[Test]("and", ())


def some(parts: Iterable[Condition]) -> Condition:
    """At least one of `parts`, without those implied by another."""
    found = flat("or", parts)
    if _too_long(found):
        return NEVER
    kept = _irredundant(found, implies)
    return kept[0] if len(kept) == 1 else Joined("or", tuple(kept))


def every(parts: Iterable[Condition]) -> Condition:
    """All of `parts`, each once; an alternative common to all is factored out."""
    found = flat("and", parts)
    if NEVER in found or _too_long(found):
        return NEVER
    kept = _irredundant(found, lambda one, other: implies(other, one))
    if len(kept) < 2:
        return kept[0] if kept else ALWAYS
    ways = [tuple(flat("or", (part,))) for part in kept]
    shared = tuple(way for way in ways[0] if all(way in other for other in ways[1:]))
    if not shared:
        return Joined("and", tuple(kept))
    rest = every(some(way for way in one if way not in shared) for one in ways)
    return some((*shared, rest))


def flat(word: Word, parts: Iterable[Tree]) -> dict[Tree, None]:
    """All of `parts`, each once, with nested uses of the same `word` flattened."""
    found: dict[Tree, None] = {}
    for part in parts:
        inside = part.parts if isinstance(part, Joined) and part.word == word else (part,)
        found.update(dict.fromkeys(inside))
    return found


def _irredundant(
    parts: Iterable[Condition], redundant: Callable[[Condition, Condition], bool]
) -> list[Condition]:
    """`parts` without those made redundant by another; of two equal ones, the first is kept."""
    kept: list[Condition] = []
    for part in parts:
        if not any(redundant(part, other) for other in kept):
            kept = [other for other in kept if not redundant(other, part)]
            kept.append(part)
    return kept


def _too_long(parts: Iterable[Condition]) -> bool:
    return sum(1 for part in parts for _ in tests_of(part)) > MOST_TESTS


def implies(one: Condition, other: Condition) -> bool:
    """Whether `one` provably implies `other`; false if that cannot be shown."""
    match one, other:
        case _ if one == other:
            return True
        case Joined("or", parts), _:
            return all(implies(part, other) for part in parts)
        case _, Joined("and", parts):
            return all(implies(one, part) for part in parts)
        case _, Joined("or", parts) if any(implies(one, part) for part in parts):
            return True
        case Joined("and", parts), _:
            return any(implies(part, other) for part in parts)
        case _:
            return _narrows(one, other)


def _narrows(one: Condition, other: Condition) -> bool:
    """`implies`, for two tests."""
    match one, other:
        case ((Chosen(field) | Bounded(field)), Answered(same)):
            return field == same
        case Compared(left, _, right), Answered(same):
            return same in (left, right)
        case Chosen(field, values), Chosen(same, more):
            return field == same and set(values) <= set(more)
        case Bounded(field, narrow, bound), Bounded(same, wide, limit):
            inside = BY_SIGN[wide.sign](bound, limit) or (narrow is wide and bound == limit)
            return field == same and narrow.sign[0] == wide.sign[0] and inside
        case _:
            return False


def tests_of(condition: Condition) -> Iterator[Test]:
    """Every test in `condition`, from left to right."""
    if isinstance(condition, Joined):
        for part in condition.parts:
            yield from tests_of(part)
    else:
        yield condition


def substituted(condition: Condition, by: Callable[[Test], Condition]) -> Condition:
    """`condition` with `by(test)` in place of each test, simplified again."""
    if isinstance(condition, Joined):
        combine = some if condition.word == "or" else every
        return combine(substituted(part, by) for part in condition.parts)
    return by(condition)


def while_blank(condition: Condition, fields: Set[str]) -> Condition:
    """`condition` simplified for the case that these fields have no answer."""

    def known(test: Test) -> Condition:
        if test.field not in fields and not (isinstance(test, Compared) and test.other in fields):
            return test
        return ALWAYS if isinstance(test, Unanswered) else NEVER

    return substituted(condition, known)


class Relevance:
    """The conditions for a trial's elements, on a form with a field for each.

    `calculated` names the field that computes an element's value, if the form has one.
    `as_it_stands`: elements not needed given the present answers do not matter either, such as the
    inputs of a value that was entered. Without it, dropping the answer of an element that does not
    matter changes no finding.
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
        """When a place needs no value: if `there` holds, or its owner no longer matters."""
        if owner is None:
            return there
        irrelevant = self.irrelevant(owner)
        if there == Answered(owner):
            irrelevant = while_blank(irrelevant, {owner})
        return some((there, irrelevant))

    def _read_for(self, element: Element) -> None:
        """Records the places where the value of `element` reads others."""
        if isinstance(element.derive, Formula):
            there = _entered(element) if self._as_it_stands else NEVER
            for name in element.derive.inputs:
                self._places[name].append((element.name, there))
        elif element.derive is not None:
            self._read(element.name, element.derive, _entered(element))
        if element.valid_if is not None:
            self._read(element.name, element.valid_if, NEVER)

    def _read(self, owner: str | None, rule: rules.Rule, decided: Condition) -> None:
        """Records each place in `rule` where an element is read, and when it is not needed."""
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
        """When the rule of a yes/no element that is not entered gives it this value."""
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
        computed = self._calculated.get(element.name)
        return some(
            (
                _entered(element),
                NEVER if computed is None else Answered(computed),
                *(self._by_rule(element.name, value) for value in known_by(element)),
            )
        )


def _entered(element: Element) -> Condition:
    """When a value visible to rules has been entered."""
    if element.internal:
        return NEVER
    return Chosen(element.name, (True,)) if element.no_is_not_yet else Answered(element.name)


def _one_decides(rule: rules.AtLeastN) -> bool:
    """Whether a single part can decide the rule: a false one in AND, a true one in OR."""
    return rule.is_all or rule.is_any


def known_by(element: Element) -> tuple[bool, ...] | tuple[str, ...]:
    """The values that rules can see: all but a no that means "not yet"."""
    return (True,) if element.no_is_not_yet else values_of(element)


def values_of(element: Element) -> tuple[bool, ...] | tuple[str, ...]:
    """All values of a yes/no element or a choice; none for other types."""
    return (True, False) if element.type == "boolean" else tuple(element.choices)
