"""Hides small counts of a table, and as many others as would give them away.

Some counts of a table add up to others. A reader who knows that can narrow down a hidden
count; it is safe while more than one value fits everything that is shown.
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Mark = Literal["small", "hidden"]
"""A count from 1 up to a threshold; or any count, kept back to protect another."""


class Identity(NamedTuple):
    """The parts, by their names, add up to the total."""

    total: str
    parts: tuple[str, ...]

    @property
    def cells(self) -> tuple[str, ...]:
        return (self.total, *self.parts)


class Range(NamedTuple):
    """The least and the greatest that a count can be."""

    low: int
    high: int

    @property
    def is_one_value(self) -> bool:
        return self.low == self.high


_ANY = Range(0, sys.maxsize)


@dataclass
class Table:
    """Counts by name, of which those from 1 to `below` - 1 are to be hidden.

    `never_shown` are counts that only stand in identities; small ones must not follow either
    (0: it is no matter). Those in `last` are hidden only if nothing else helps. `marks`: how
    each hidden count is shown.
    """

    counts: Mapping[str, int]
    never_shown: Mapping[str, int]
    identities: Sequence[Identity]
    below: int
    last: frozenset[str] = frozenset()
    marks: dict[str, Mark] = field(default_factory=dict)

    def hide(self) -> None:
        """Marks counts until no hidden one can be computed."""
        self.marks = {name: "small" for name, n in self.counts.items() if 0 < n < self.below}
        while (found := self._given_away()) is not None:
            self.marks[self._to_hide(found)] = "hidden"

    def _given_away(self) -> str | None:
        """A hidden count for which only one value fits what is shown."""
        ranges = narrowed(self.shown(), self.identities)
        secret = (name for name, n in self.never_shown.items() if 0 < n < self.below)
        return next((name for name in (*self.marks, *secret) if ranges[name].is_one_value), None)

    def shown(self) -> dict[str, Range]:
        """What the table itself says of each count."""
        told: dict[Mark, Range] = {"small": Range(1, self.below - 1), "hidden": _ANY}
        exact = {name: Range(count, count) for name, count in self.counts.items()}
        marked = {name: told[mark] for name, mark in self.marks.items()}
        return {**exact, **marked, **dict.fromkeys(self.never_shown, _ANY)}

    def _to_hide(self, name: str) -> str:
        """The count to keep back next, or to tell less of, so that `name` is safer."""
        beside = [
            one for identity in self.identities if name in identity.cells for one in identity.cells
        ]
        small = [one for one in beside if self.marks.get(one) == "small"]
        choices = self._unmarked(beside) or small or self._unmarked(self.counts) or [*self.last]
        return min(choices, key=lambda one: (self.counts[one] == 0, self.counts[one]))

    def _unmarked(self, names: Iterable[str]) -> list[str]:
        """Those that are shown, and may be hidden before the last."""
        return [
            one
            for one in names
            if one in self.counts and one not in self.marks and one not in self.last
        ]


def narrowed(ranges: Mapping[str, Range], identities: Sequence[Identity]) -> dict[str, Range]:
    """What follows for each count from the ranges of the others."""
    found = dict(ranges)
    changed = True
    while changed:
        changed = False
        for identity in identities:
            for name, known in _within(identity, found):
                if known != found[name]:
                    found[name] = known
                    changed = True
    return found


def _within(identity: Identity, ranges: Mapping[str, Range]) -> list[tuple[str, Range]]:
    """The ranges of one identity's counts, as far as each limits the others."""
    total, parts = ranges[identity.total], [ranges[name] for name in identity.parts]
    low, high = sum(part.low for part in parts), sum(part.high for part in parts)
    narrower = [
        Range(
            max(part.low, total.low - (high - part.high)),
            min(part.high, total.high - (low - part.low)),
        )
        for part in parts
    ]
    whole = Range(max(total.low, low), min(total.high, high))
    return [(identity.total, whole), *zip(identity.parts, narrower, strict=True)]
