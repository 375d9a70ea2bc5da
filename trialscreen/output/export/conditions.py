"""Conditions on the fields of a form, kept simple.

FHIR calls such a field an item or question, REDCap a field. A condition is about answers as
a form holds them; a field without an answer fulfils no test but `Unanswered`. A condition is
never stronger than what it stands for: where a form cannot say something, it is `NEVER`.
"""

from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from trialscreen.model.expr import BY_SIGN
from trialscreen.model.rules import Operator

MOST_TESTS = 150
"""A condition of more tests would be longer than anyone reads; it becomes `NEVER`."""


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
    """The answer to a yes/no field or a choice is one of these."""

    field: str
    values: tuple[bool, ...] | tuple[str, ...]


@dataclass(frozen=True)
class Bounded:
    """The number answered, in `unit`, or every number that its comparator allows."""

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
    """Parts with `word` between them. Of no parts, "and" holds always, "or" never."""

    word: Word
    parts: tuple["Part | Joined[Part]", ...]


Test = Answered | Unanswered | Chosen | Bounded | Compared
Condition = Test | Joined[Test]
Tree = TypeVar("Tree", Condition, str | Joined[str])

NEVER, ALWAYS = Joined[Test]("or", ()), Joined[Test]("and", ())


def some(parts: Iterable[Condition]) -> Condition:
    """At least one of `parts`, without those that another part says already."""
    found = flat("or", parts)
    if _too_long(found):
        return NEVER
    kept = _irredundant(found, implies)
    return kept[0] if len(kept) == 1 else Joined("or", tuple(kept))


def every(parts: Iterable[Condition]) -> Condition:
    """All of `parts`, each once; what is an alternative in all of them is written once."""
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
    """All of `parts`, each once; in place of parts that `word` joins, what it joins there."""
    found: dict[Tree, None] = {}
    for part in parts:
        inside = part.parts if isinstance(part, Joined) and part.word == word else (part,)
        found.update(dict.fromkeys(inside))
    return found


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
    """`implies`, of two tests."""
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
    """What `condition` says as long as these fields have no answer."""

    def known(test: Test) -> Condition:
        if test.field not in fields and not (isinstance(test, Compared) and test.other in fields):
            return test
        return ALWAYS if isinstance(test, Unanswered) else NEVER

    return substituted(condition, known)
