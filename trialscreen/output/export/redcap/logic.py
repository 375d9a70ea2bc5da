"""Logic as REDCap writes it, in calculations and in branching.

REDCap Help & FAQ, "Branching Logic": comparisons of [field] with a value, and, or,
brackets; values in quotes, but for numbers beside < and >. There is no "not". A blank field
is compared with ''; how < treats one is not documented, so a number is compared only beside
a test for blank.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, assert_never


@dataclass(frozen=True)
class Comparison:
    """`left operator right`, as it is written: `[age] >= 45`, `[sex] = 'female'`."""

    left: str
    operator: str
    right: str


@dataclass(frozen=True)
class Joined:
    """Parts with `word` between them; with "or", no parts hold never."""

    word: Literal["and", "or"]
    parts: tuple["Logic", ...]


Logic = Comparison | Joined
NEVER = Joined("or", ())


def every(parts: Iterable[Logic]) -> Logic:
    """All of `parts`, each once; an alternative to one of them is left out."""
    flat = _flat("and", parts)
    if NEVER in flat:
        return NEVER
    kept = [one for one in flat if not (isinstance(one, Joined) and flat.keys() & one.parts)]
    return kept[0] if len(kept) == 1 else Joined("and", tuple(kept))


def some(parts: Iterable[Logic]) -> Logic:
    """Any of `parts`, each once."""
    flat = tuple(_flat("or", parts))
    return flat[0] if len(flat) == 1 else Joined("or", flat)


def _flat(word: str, parts: Iterable[Logic]) -> dict[Logic, None]:
    flat: dict[Logic, None] = {}
    for part in parts:
        inside = part.parts if isinstance(part, Joined) and part.word == word else (part,)
        flat.update(dict.fromkeys(inside))
    return flat


def equal(field: str, value: str) -> Comparison:
    return Comparison(f"[{field}]", "=", f"'{value}'")


def unequal(field: str, value: str) -> Comparison:
    return Comparison(f"[{field}]", "<>", f"'{value}'")


def filled(field: str) -> Comparison:
    """Something is entered."""
    return unequal(field, "")


def text(logic: Logic) -> str:
    """As REDCap reads it; `logic` is not NEVER."""
    match logic:
        case Comparison(left, operator, right):
            return f"{left} {operator} {right}"
        case Joined(word, parts):
            inner = (
                text(one) if isinstance(one, Comparison) else f"({text(one)})" for one in parts
            )
            return f" {word} ".join(inner)
        case _:
            assert_never(logic)
