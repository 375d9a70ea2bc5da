"""Reads what is expected at a place in a YAML tree, or notes what is wrong and goes on.

A stand-in is returned after a problem, so that one pass finds every problem; the caller asks
`Problems.raise_any` before it uses what was read. `record` reads any record of
`model.registration`: its keys are the fields, their types those of the fields.
"""

import math
import re
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple, TypeVar, get_args, get_origin

from trialscreen.criteria_file.yaml_nodes import Mapping, Node, Scalar, Sequence
from trialscreen.model.errors import InputError, Problem
from trialscreen.model.rules import Written
from trialscreen.text.characters import nearest, shown

T = TypeVar("T")
Word = TypeVar("Word", bound=str)

NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
YES_NO = {"yes": True, "no": False}


@dataclass
class Problems:
    """All problems of one document."""

    origin: str
    found: list[Problem] = field(default_factory=list)

    def raise_any(self) -> None:
        if self.found:
            raise InputError(self.found)


@dataclass(frozen=True, slots=True)
class Cursor:
    """A node, its path in the document, and where problems go."""

    node: Node
    path: str
    problems: Problems

    def down(self, *keys: str) -> "Cursor":
        """The place under these keys; as near to it as the document goes."""
        at = self
        for key in keys:
            at = at.optional(key, lambda place: place, at)
        return at

    def problem(self, message: str) -> None:
        where = f"{self.problems.origin}:{self.node.line}:{self.node.column}"
        self.problems.found.append(Problem(f"{where} {self.path}".rstrip(), message))

    def _expected(self, what: str) -> None:
        got = {Scalar: "a single value", Sequence: "a list", Mapping: "a mapping"}[type(self.node)]
        if isinstance(self.node, Scalar):
            got = "nothing" if self.node.is_null else shown(self.node.text)
        self.problem(f"{got}; expected {what}")

    # Single values.

    def text(self) -> str:
        if isinstance(self.node, Scalar) and not self.node.is_null and self.node.text.strip():
            return self.node.text.strip()
        self._expected("a text")
        return ""

    def verbatim(self) -> str:
        """A text that is shown as it stands: a comment right behind it may have been part of it."""
        if isinstance(self.node, Scalar) and self.node.comment:
            self.problem(
                f"the text stops before {shown(self.node.comment)}, which YAML takes for a comment;"
                " put the whole text in quotes, or the comment on a line above"
            )
        return self.text()

    def word(self, known: tuple[Word, ...]) -> Word:
        """One of `known`."""
        if isinstance(self.node, Scalar):
            for word in known:
                if self.node.text == word:
                    return word
        self._expected("one of " + ", ".join(known))
        return known[0]

    def yes_no(self) -> bool:
        if isinstance(self.node, Scalar) and self.node.plain and self.node.text in YES_NO:
            return YES_NO[self.node.text]
        self._expected("yes or no")
        return False

    def number(self) -> int | float:
        """A number as JSON writes it; whole numbers written without a point stay int.

        One that would be shown otherwise than it is written keeps its text.
        """
        if isinstance(self.node, Scalar) and self.node.plain and NUMBER.fullmatch(self.node.text):
            text = self.node.text
            if len(text) < 20 and text.lstrip("-").isdigit():
                return int(text)
            value = float(text)
            if math.isfinite(value):
                return value if str(value) == text else Written(text)
        self._expected("a number such as 12 or 0.5")
        return 1

    def whole(self) -> int:
        value = self.number()
        if isinstance(value, int):
            return value
        self._expected("a whole number")
        return 1

    def day(self) -> date:
        if isinstance(self.node, Scalar) and _DAY.fullmatch(self.node.text):
            try:
                return date.fromisoformat(self.node.text)
            except ValueError:
                self.problem(f"{shown(self.node.text)} is not a day of the calendar")
                return date.min
        self._expected("a date YYYY-MM-DD")
        return date.min

    # Collections.

    def items(self) -> list["Cursor"]:
        if isinstance(self.node, Sequence):
            return [
                Cursor(node, f"{self.path}[{i}]", self.problems)
                for i, node in enumerate(self.node.items)
            ]
        self._expected("a list")
        return []

    def entries(self) -> Iterator[tuple[str, "Cursor"]]:
        """Key and value of a mapping."""
        if not isinstance(self.node, Mapping):
            self._expected("a mapping")
            return
        for key, node in self.node.items.items():
            yield key, Cursor(node, f"{self.path}.{key}".lstrip("."), self.problems)

    def known_keys(self, known: tuple[str, ...]) -> None:
        """Notes every key of this mapping that is not in `known`."""
        if isinstance(self.node, Mapping):
            for key, place in self.node.keys.items():
                if key not in known:
                    hint = nearest(key, known) or f" Known here: {', '.join(known)}."
                    Cursor(place, self.path, self.problems).problem(
                        f"unknown key {shown(key)}.{hint}"
                    )

    def optional(self, key: str, read: Callable[["Cursor"], T], default: T) -> T:
        """What `read` makes of the value under `key`; `default` where the key is absent."""
        if isinstance(self.node, Mapping) and (node := self.node.items.get(key)) is not None:
            return read(Cursor(node, f"{self.path}.{key}".lstrip("."), self.problems))
        return default

    def required(self, key: str, read: Callable[["Cursor"], T], stand_in: T) -> T:
        """As `optional`, but an absent key is a problem."""
        if isinstance(self.node, Mapping) and key not in self.node.items:
            self.problem(f"the key {key!r} is missing")
        elif not isinstance(self.node, Mapping):
            self._expected("a mapping")
        return self.optional(key, read, stand_in)


R = TypeVar("R", bound=NamedTuple)

_SCALARS: dict[Any, Callable[[Cursor], Any]] = {
    str: Cursor.verbatim,
    int: Cursor.whole,
    date: Cursor.day,
}


def read_record(at: Cursor, kind: type[R]) -> R:
    """A `kind` (a named tuple); a trailing underscore in a field's name is not in its key."""
    keys = {name.rstrip("_"): name for name in kind._fields}
    at.known_keys(tuple(keys))
    values: dict[str, Any] = {}
    for key, name in keys.items():
        read = _reader(kind.__annotations__[name])
        if name in kind._field_defaults:
            values[name] = at.optional(key, read, kind._field_defaults[name])
        else:
            values[name] = at.required(key, read, None)
    return kind(**values)  # type: ignore[call-overload, no-any-return]


def _reader(annotation: Any) -> Callable[[Cursor], Any]:
    """The function that reads one field of this type."""
    if get_origin(annotation) is types.UnionType:
        annotation = next(arg for arg in get_args(annotation) if arg is not type(None))
    if get_origin(annotation) is tuple:
        read_item = _reader(get_args(annotation)[0])
        return lambda at: tuple(read_item(item) for item in at.items())
    if annotation not in _SCALARS:
        return lambda at: read_record(at, annotation)
    return _SCALARS[annotation]
