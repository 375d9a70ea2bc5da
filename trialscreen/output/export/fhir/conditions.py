"""What earlier answers to a form can say of themselves: small conditions, kept simple.

A condition is about answers as a form holds them; a question without an answer fulfils
none. It is never stronger than what it stands for: where a form cannot say something, the
condition is `NEVER`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any, assert_never

from trialscreen.model.rules import Operator

Answer = Mapping[str, Any]
"""One FHIR answer, such as `{"valueBoolean": True}`."""

MOST_TESTS = 150
"""A condition of more tests would be longer than anyone reads; it becomes `NEVER`."""


@dataclass(frozen=True)
class Answered:
    """The question has an answer."""

    question: str


@dataclass(frozen=True)
class Chosen:
    """The answer to a yes/no question or a choice is one of these."""

    question: str
    values: tuple[bool, ...] | tuple[str, ...]


@dataclass(frozen=True)
class Bounded:
    """The number answered, in `unit`, or every number that its comparator allows."""

    question: str
    operator: Operator
    bound: int | float
    unit: str | None
    """None for a whole number, which a form asks without unit and comparator."""


@dataclass(frozen=True)
class Some:
    """At least one part holds; none of none."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class Every:
    """All parts hold."""

    parts: tuple["Condition", ...]


Test = Answered | Chosen | Bounded
Condition = Test | Some | Every

NEVER = Some(())


def some(parts: Iterable[Condition]) -> Condition:
    """At least one of `parts`, without those that another part says already."""
    found: dict[Condition, None] = {}
    for part in parts:
        found.update(dict.fromkeys(part.parts if isinstance(part, Some) else (part,)))
    if _too_long(found):
        return NEVER
    kept = _irredundant(found, implies)
    return kept[0] if len(kept) == 1 else Some(tuple(kept))


def every(parts: Iterable[Condition]) -> Condition:
    """All of `parts`, each once; what is an alternative in all of them is written once."""
    found = dict.fromkeys(parts)
    if NEVER in found or not found or _too_long(found):
        return NEVER
    kept = _irredundant(found, lambda one, other: implies(other, one))
    if len(kept) == 1:
        return kept[0]
    ways = [part.parts if isinstance(part, Some) else (part,) for part in kept]
    shared = tuple(way for way in ways[0] if all(way in other for other in ways[1:]))
    if not shared:
        return Every(tuple(kept))
    rest = every(some(way for way in one if way not in shared) for one in ways)
    return some((*shared, rest))


def _irredundant(
    parts: Iterable[Condition], redundant: Callable[[Condition, Condition], bool]
) -> list[Condition]:
    """`parts` without those that are redundant beside another; of two alike, the first."""
    kept: list[Condition] = []
    for part in parts:
        if not any(redundant(part, other) for other in kept):
            kept = [other for other in kept if not redundant(other, part)]
            kept.append(part)
    return kept


def _too_long(parts: Iterable[Condition]) -> bool:
    return sum(1 for part in parts for _ in tests_of(part)) > MOST_TESTS


def implies(one: Condition, other: Condition) -> bool:
    """Whether it can be seen that `other` holds wherever `one` does."""
    match one, other:
        case _ if one == other:
            return True
        case Some(parts), _:
            return all(implies(part, other) for part in parts)
        case _, Every(parts):
            return all(implies(one, part) for part in parts)
        case _, Some(parts) if any(implies(one, part) for part in parts):
            return True
        case Every(parts), _:
            return any(implies(part, other) for part in parts)
        case _:
            return _narrows(one, other)


def _narrows(one: Condition, other: Condition) -> bool:
    """`implies`, of two tests."""
    match one, other:
        case ((Chosen(question) | Bounded(question)), Answered(same)):
            return question == same
        case Chosen(question, values), Chosen(same, more):
            return question == same and set(values) <= set(more)
        case Bounded(question, operator, bound), Bounded(same, wider, limit):
            inside = _COMPARED[wider](bound, limit) or (operator is wider and bound == limit)
            return question == same and side(operator) == side(wider) and inside
        case _:
            return False


def tests_of(condition: Condition) -> Iterator[Test]:
    """Every test in `condition`, from left to right."""
    if isinstance(condition, Some | Every):
        for part in condition.parts:
            yield from tests_of(part)
    else:
        yield condition


def restricted(condition: Condition, questions: Set[str]) -> Condition:
    """As much of `condition` as can be said with `questions` alone."""
    match condition:
        case Some(parts):
            return some(restricted(part, questions) for part in parts)
        case Every(parts):
            return every(restricted(part, questions) for part in parts)
        case _:
            return condition if condition.question in questions else NEVER


def holds(condition: Condition, answers: Mapping[str, Answer]) -> bool:
    """Whether `condition` holds for these answers, by question."""
    match condition:
        case Some(parts):
            return any(holds(part, answers) for part in parts)
        case Every(parts):
            return all(holds(part, answers) for part in parts)
        case Answered(question):
            return question in answers
        case Chosen(question, values):
            return question in answers and _choice(answers[question]) in values
        case Bounded(question):
            return question in answers and _within(condition, answers[question])
        case _:
            assert_never(condition)


def _choice(answer: Answer) -> object:
    return answer["valueCoding"]["code"] if "valueCoding" in answer else answer["valueBoolean"]


_COMPARED: Mapping[Operator, Callable[[float, float], bool]] = {
    Operator.AT_LEAST: lambda value, bound: value >= bound,
    Operator.ABOVE: lambda value, bound: value > bound,
    Operator.AT_MOST: lambda value, bound: value <= bound,
    Operator.BELOW: lambda value, bound: value < bound,
}


def side(operator: Operator) -> str:
    """The comparators that keep a number on the operator's side all begin with this."""
    return ">" if operator in (Operator.AT_LEAST, Operator.ABOVE) else "<"


STRICT = (Operator.ABOVE, Operator.BELOW)


def _within(test: Bounded, answer: Answer) -> bool:
    if test.unit is None:
        return _COMPARED[test.operator](answer["valueInteger"], test.bound)
    quantity, inside = answer["valueQuantity"], side(test.operator)
    comparator, value = quantity.get("comparator", ""), quantity["value"]
    if quantity["code"] != test.unit or not (comparator or inside).startswith(inside):
        return False
    beside = test.operator in STRICT and comparator == inside and value == test.bound
    return beside or _COMPARED[test.operator](value, test.bound)
