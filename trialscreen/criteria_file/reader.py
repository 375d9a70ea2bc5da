"""Reads typed values from a YAML tree, collecting problems instead of raising them.

A placeholder is returned after a problem, so that one pass finds every problem; the caller calls
`Document.raise_any` before using the result. `read_record` reads a record class of `model`: its
fields give the keys and types.
"""

import math
import re
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from inspect import Parameter, signature
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, TypeVar, get_args, get_origin

from trialscreen.criteria_file import yaml_nodes
from trialscreen.criteria_file.yaml_nodes import Node, Scalar, Sequence
from trialscreen.model.errors import Problem, raise_any
from trialscreen.model.rules import Rule, Written
from trialscreen.model.trial import Element
from trialscreen.text.characters import nearest, shown
from trialscreen.text.text_files import decode, read_bytes

T = TypeVar("T")
R = TypeVar("R")
Word = TypeVar("Word", bound=str)

NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
YES_NO = {"yes": True, "no": False}
_KINDS = {Scalar: "a single value", Sequence: "a list", yaml_nodes.Mapping: "a mapping"}


@dataclass
class Document:
    """A document being read: its problems, and the elements that its rules may name.

    `clauses`: rules that may be referred to by name, while alternatives are read. `rules`: the
    rules read so far, by their text.
    """

    origin: str
    problems: list[Problem] = field(default_factory=list)
    elements: Mapping[str, Element] = field(default_factory=dict)
    clauses: Mapping[str, Rule] = field(default_factory=dict)
    rules: dict[str, Rule] = field(default_factory=dict)

    def raise_any(self) -> None:
        raise_any(self.problems)


@dataclass(frozen=True, slots=True)
class Cursor:
    """A node, and its path in the document."""

    node: Node
    path: str
    document: Document

    def down(self, *keys: str) -> "Cursor":
        """The place under these keys, or the nearest one that exists."""
        at = self
        for key in keys:
            at = at.optional(key, lambda place: place, at)
        return at

    @property
    def where(self) -> str:
        """The place, for messages."""
        return f"{self.document.origin}:{self.node.line}:{self.node.column} {self.path}".rstrip()

    @property
    def written(self) -> str:
        """A scalar as written, without quotes; empty for anything else."""
        return self.node.text if isinstance(self.node, Scalar) else ""

    def problem(self, message: str) -> None:
        problem = Problem(self.where, message)
        if problem not in self.document.problems:  # several keys may lack the same mapping
            self.document.problems.append(problem)

    def element(self, name: str, *other_words: str) -> Element | None:
        """The element of that name; None, with a problem noted, if there is none."""
        known = self.document.elements
        if name not in known:
            hint = nearest(name, (*known, *other_words))
            self.problem(f"no data element is named {shown(name)}.{hint}")
        return known.get(name)

    def element_name(self) -> str:
        """The name of an element; a problem is noted if there is none."""
        self.element(name := self.text())
        return name

    def _expected(self, what: str) -> None:
        got = _KINDS[type(self.node)]
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
        """A text that is displayed verbatim; refuses a comment after it, which may belong to it."""
        if isinstance(self.node, Scalar) and self.node.comment:
            self.problem(
                f"the text stops before {shown(self.node.comment)}, which YAML takes for a comment;"
                " put the whole text in quotes, or the comment on a line above"
            )
        return self.text()

    def word(self, known: tuple[Word, ...]) -> Word:
        """One of `known`."""
        for word in known:
            if self.written == word:
                return word
        self._expected("one of " + ", ".join(known))
        return known[0]

    def yes_no(self) -> bool:
        if isinstance(self.node, Scalar) and self.node.plain and self.node.text in YES_NO:
            return YES_NO[self.node.text]
        self._expected("yes or no")
        return False

    def number(self) -> int | float:
        """A number in JSON notation; an int if written without a decimal point.

        If `str` would give another text than the file, it is a `Written`, which keeps its text.
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
        try:
            if _DAY.fullmatch(self.written):
                return date.fromisoformat(self.written)
            self._expected("a date YYYY-MM-DD")
        except ValueError:
            self.problem(f"{shown(self.written)} is not a day of the calendar")
        return date.min

    # Collections.

    def items(self) -> list["Cursor"]:
        if isinstance(self.node, Sequence):
            return [
                Cursor(node, f"{self.path}[{i}]", self.document)
                for i, node in enumerate(self.node.items)
            ]
        self._expected("a list")
        return []

    def entries(self) -> Iterator[tuple[str, "Cursor"]]:
        """Key and value of a mapping."""
        if not isinstance(self.node, yaml_nodes.Mapping):
            self._expected("a mapping")
            return
        for key, node in self.node.items.items():
            yield key, Cursor(node, f"{self.path}.{key}".lstrip("."), self.document)

    def known_keys(self, known: tuple[str, ...]) -> None:
        """Notes every key of this mapping that is not in `known`."""
        if isinstance(self.node, yaml_nodes.Mapping):
            for key, place in self.node.keys.items():
                if key not in known:
                    hint = nearest(key, known) or f" Known here: {', '.join(known)}."
                    at = Cursor(place, self.path, self.document)
                    at.problem(f"unknown key {shown(key)}.{hint}")

    def optional(self, key: str, read: Callable[["Cursor"], T], default: T) -> T:
        """The value under `key`, read by `read`; `default` if the key is absent."""
        items = self.node.items if isinstance(self.node, yaml_nodes.Mapping) else {}
        if key not in items:
            return default
        return read(Cursor(items[key], f"{self.path}.{key}".lstrip("."), self.document))

    def items_of(self, key: str) -> list["Cursor"]:
        """The items of the list under `key`; empty if the key is absent."""
        return self.optional(key, Cursor.items, list[Cursor]())

    def entries_of(self, key: str) -> list[tuple[str, "Cursor"]]:
        """Keys and values of the mapping under `key`; empty if the key is absent."""
        return self.optional(key, lambda at: list(at.entries()), list[tuple[str, Cursor]]())

    def required(self, key: str, read: Callable[["Cursor"], T], stand_in: T) -> T:
        """As `optional`, but notes a problem if the key is absent."""
        if isinstance(self.node, yaml_nodes.Mapping) and key not in self.node.items:
            self.problem(f"the key {key!r} is missing")
        elif not isinstance(self.node, yaml_nodes.Mapping):
            self._expected("a mapping")
        return self.optional(key, read, stand_in)


def read_document(
    path: Path, origin: str, elements: Mapping[str, Element] = MappingProxyType({})
) -> Cursor:
    """The root of a YAML file; problems are collected in its document."""
    document = Document(origin, elements=elements)
    text = decode(read_bytes(path, origin), origin)
    return Cursor(yaml_nodes.parse_yaml(text, origin, document.problems), "", document)


Reader = Callable[[Cursor], Any]

_SCALARS: Mapping[Any, Reader] = {
    str: Cursor.verbatim,
    bool: Cursor.yes_no,
    int: Cursor.whole,
    float: Cursor.number,
    date: Cursor.day,
}
_NO_READERS: Mapping[str, Reader] = {}


def read_record(
    at: Cursor,
    kind: Callable[..., R],
    /,
    readers: Mapping[str, Reader] = _NO_READERS,
    keys: tuple[str, ...] = (),
    **given: Any,
) -> R:
    """Reads a `kind`, a named tuple or dataclass, whose fields give the keys and their types.

    `readers` replace the reader implied by a field's type; `given` are fields that have no key;
    `keys` are further keys that are allowed here.
    """
    fields = fields_of(kind, *given)
    at.known_keys((*fields, *keys))
    there = at.node.items if isinstance(at.node, yaml_nodes.Mapping) else {}
    for key, one in fields.items():
        if key in there:
            read = readers.get(one.name) or reader_of(one.annotation)
            given[one.name] = at.optional(key, read, None)
        elif one.default is Parameter.empty:
            given[one.name] = at.required(key, Cursor.text, _stand_in(one.annotation))
    return kind(**given)


@cache
def fields_of(kind: Callable[..., Any], *without: str) -> dict[str, Parameter]:
    """The fields of a record by key: their name without a trailing underscore."""
    fields = signature(kind).parameters.items()
    return {name.rstrip("_"): one for name, one in fields if name not in without}


@cache
def reader_of(annotation: Any) -> Reader:
    """The reader for a type: text, number, yes/no, date, literal, list or record."""
    if get_origin(annotation) is types.UnionType:
        annotation = next(arg for arg in get_args(annotation) if arg is not type(None))
    of = get_args(annotation)
    match get_origin(annotation):
        case origin if origin is tuple:
            read_item = reader_of(of[0])
            return lambda at: tuple(read_item(item) for item in at.items())
        case origin if origin is Mapping:
            read_item = reader_of(of[1])
            return lambda at: {key: read_item(place) for key, place in at.entries()}
        case origin if origin is Literal:
            return lambda at: at.word(of)
        case _ if annotation in _SCALARS:
            return _SCALARS[annotation]
        case _:
            return lambda at: read_record(at, annotation)


def _stand_in(annotation: Any) -> Any:
    """A placeholder for a missing required value, until the problem is raised."""
    if get_origin(annotation) is Literal:
        return get_args(annotation)[0]
    return "" if annotation is str else None
