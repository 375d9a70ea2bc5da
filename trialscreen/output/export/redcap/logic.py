"""Conditions on the fields of a REDCap form, and how REDCap writes them.

REDCap Help & FAQ, "Branching Logic": comparisons of [field] with a value, and, or,
brackets; values in quotes, but for numbers beside < and >. There is no "not": a condition
is turned round part by part. A blank field is compared with ''; how < treats one is not
documented, so whoever compares a number asks first whether there is one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import assert_never

_OPPOSITE = {"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


@dataclass(frozen=True)
class Comparison:
    """`left operator right`, as it is written: `[age] >= 45`, `[sex] = 'female'`."""

    left: str
    operator: str
    right: str


@dataclass(frozen=True)
class Every:
    """All parts hold; without parts, always."""

    parts: tuple["Logic", ...]


@dataclass(frozen=True)
class Some:
    """One part holds, or more; without parts, never."""

    parts: tuple["Logic", ...]


Logic = Comparison | Every | Some
ALWAYS, NEVER = Every(()), Some(())


def every(parts: Iterable[Logic]) -> Logic:
    """All of `parts`, each once; what follows from another part is left out."""
    flat: dict[Logic, None] = {}
    for part in parts:
        if part == NEVER:
            return NEVER
        flat.update(dict.fromkeys(part.parts if isinstance(part, Every) else (part,)))
    whole = [one for one in flat if not (isinstance(one, Some) and flat.keys() & one.parts)]
    return whole[0] if len(whole) == 1 else Every(tuple(whole))


def some(parts: Iterable[Logic]) -> Logic:
    """Any of `parts`, each once; what implies another part is left out."""
    flat: dict[Logic, None] = {}
    for part in parts:
        if part == ALWAYS:
            return ALWAYS
        flat.update(dict.fromkeys(part.parts if isinstance(part, Some) else (part,)))
    whole = [one for one in flat if not _implies_another(one, flat)]
    return whole[0] if len(whole) == 1 else Some(tuple(whole))


def _implies_another(one: Logic, others: Iterable[Logic]) -> bool:
    """Whether `one` says all that another part says, and more."""
    said = set(_parts(one))
    return any(other != one and said.issuperset(_parts(other)) for other in others)


def _parts(logic: Logic) -> tuple[Logic, ...]:
    return logic.parts if isinstance(logic, Every) else (logic,)


def negation(logic: Logic) -> Logic:
    """What holds when `logic` does not."""
    match logic:
        case Comparison(left, operator, right):
            return Comparison(left, _OPPOSITE[operator], right)
        case Every(parts):
            return some(map(negation, parts))
        case Some(parts):
            return every(map(negation, parts))
        case _:
            assert_never(logic)


def equal(field: str, value: str) -> Comparison:
    return Comparison(f"[{field}]", "=", f"'{value}'")


def filled(field: str) -> Comparison:
    """Something is entered."""
    return Comparison(f"[{field}]", "<>", "''")


def blank(field: str) -> Comparison:
    return equal(field, "")


def text(logic: Logic) -> str:
    """As REDCap reads it; `logic` is neither ALWAYS nor NEVER."""
    match logic:
        case Comparison(left, operator, right):
            return f"{left} {operator} {right}"
        case Every(parts):
            return " and ".join(map(_inner, parts))
        case Some(parts):
            return " or ".join(map(_inner, parts))
        case _:
            assert_never(logic)


def _inner(logic: Logic) -> str:
    return text(logic) if isinstance(logic, Comparison) else f"({text(logic)})"
