"""Conditions on the fields of a form, kept simple.

FHIR calls such a field an item or question, REDCap a field. A condition is about answers as
a form holds them; a field without an answer fulfils no test but `Unanswered`. A condition is
never stronger than what it stands for: where a form cannot say something, it is `NEVER`.
"""

from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass

from trialscreen.model.rules import Operator
from trialscreen.screening.compare import OF_NUMBERS

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


@dataclass(frozen=True)
class Some:
    """At least one part holds; of no parts, never."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class Every:
    """All parts hold; of no parts, always."""

    parts: tuple["Condition", ...]


Test = Answered | Unanswered | Chosen | Bounded | Compared
Condition = Test | Some | Every

NEVER, ALWAYS = Some(()), Every(())


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
    found: dict[Condition, None] = {}
    for part in parts:
        found.update(dict.fromkeys(part.parts if isinstance(part, Every) else (part,)))
    if NEVER in found or _too_long(found):
        return NEVER
    kept = _irredundant(found, lambda one, other: implies(other, one))
    if len(kept) < 2:
        return kept[0] if kept else ALWAYS
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
        case ((Chosen(field) | Bounded(field)), Answered(same)):
            return field == same
        case Compared(left, _, right), Answered(same):
            return same in (left, right)
        case Chosen(field, values), Chosen(same, more):
            return field == same and set(values) <= set(more)
        case Bounded(field, narrow, bound), Bounded(same, wide, limit):
            inside = OF_NUMBERS[wide](bound, limit) or (narrow is wide and bound == limit)
            return field == same and narrow.sign[0] == wide.sign[0] and inside
        case _:
            return False


def tests_of(condition: Condition) -> Iterator[Test]:
    """Every test in `condition`, from left to right."""
    if isinstance(condition, Some | Every):
        for part in condition.parts:
            yield from tests_of(part)
    else:
        yield condition


def substituted(condition: Condition, by: Callable[[Test], Condition]) -> Condition:
    """`condition` with `by(test)` in place of each test, simplified again."""
    if isinstance(condition, Some | Every):
        combine = some if isinstance(condition, Some) else every
        return combine(substituted(part, by) for part in condition.parts)
    return by(condition)


def while_blank(condition: Condition, fields: Set[str]) -> Condition:
    """What `condition` says as long as these fields have no answer."""

    def known(test: Test) -> Condition:
        if test.field not in fields and not (isinstance(test, Compared) and test.other in fields):
            return test
        return ALWAYS if isinstance(test, Unanswered) else NEVER

    return substituted(condition, known)
