"""Strict YAML: text to a tree of scalars, lists and mappings that know where they stand.

Nothing is interpreted here: a scalar stays text until its place says what it should be,
so YAML 1.1's surprises (`no`, `1:30`, `012`) cannot happen. Anchors, aliases, tags,
merge keys, duplicate keys, second documents, deep nesting, and block texts whose sign may
have been meant as a bound (`>2`) are refused; libyaml's parser is read event by event,
without recursion.
"""

import re
from dataclasses import dataclass
from typing import Any, NoReturn

import yaml

from trialscreen.model.errors import InputError, Problem, refuse
from trialscreen.text.characters import first_control, short

MAX_DEPTH = 40

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


_BLOCK = re.compile(r"[>|][+-]?(\s+#.*)?\s*")
"""How a text over several lines begins. With a digit it could be a bound: `>2`."""

_RESERVED = re.compile(r"(?!!!)(?:[>|&*!%@`]|-(?=\s|$))[^\n#,\]}]*")
"""A value that begins with a sign that YAML reads as its own."""


@dataclass(slots=True, eq=False)
class Scalar:
    """A single value; `block` is a text over several lines, after `>` or `|`.

    `comment` stands right behind a plain one, and may have been meant as a part of it, or as
    all of it.
    """

    text: str
    plain: bool
    line: int
    column: int
    comment: str = ""
    block: bool = False

    @property
    def is_null(self) -> bool:
        """An empty place, `~` or `null`, unquoted."""
        return self.plain and self.text in ("", "~", "null", "Null", "NULL")

    @property
    def value(self) -> str | None:
        """The text; None for an empty place."""
        return None if self.is_null else self.text


@dataclass(slots=True, eq=False)
class Sequence:
    items: list["Node"]
    line: int
    column: int


@dataclass(slots=True, eq=False)
class Mapping:
    items: dict[str, "Node"]
    keys: dict[str, Scalar]
    line: int
    column: int


Node = Scalar | Sequence | Mapping


def parse_yaml(text: str, origin: str, problems: list[Problem] | None = None) -> Node:
    """The one document in `text`.

    Raises InputError at once for what this reader or YAML forbids. Duplicate keys are added
    to `problems`, the first of each being kept; without that list they are raised together.
    """
    lines = text.split("\n")
    builder = _Builder(origin, lines)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        if advice := _quoting(lines, error.context_mark):
            mark = error.context_mark  # where the value begins
        advice = advice or _quoting(lines, mark)
        where = f"{origin}:{mark.line + 1}:{mark.column + 1}" if mark else origin
        refuse(where, f"not YAML{advice or f': {error.problem}'}")
    except yaml.YAMLError as error:
        refuse(origin, f"not YAML: {str(error).splitlines()[0]}")
    if builder.root is None:
        refuse(origin, "the file is empty")
    if builder.problems and problems is None:
        raise InputError(builder.problems)
    if problems is not None:
        problems.extend(builder.problems)
    return builder.root


def _quoting(lines: list[str], mark: Any) -> str:
    """The advice to quote a value at `mark`, if it begins with a sign of YAML's own; else empty."""
    line = lines[mark.line][mark.column :] if mark and mark.line < len(lines) else ""
    if (found := _RESERVED.match(line)) is None:
        return ""
    value = short(found[0].strip())
    return f'. If {value} is the value, write it in quotes: "{value}"'


class _Builder:
    """Puts parser events together; `open_` holds the collections not yet ended."""

    def __init__(self, origin: str, lines: list[str]) -> None:
        self.origin, self._lines = origin, lines
        self.root: Node | None = None
        self.problems: list[Problem] = []
        self._open: list[Sequence | Mapping] = []
        self._keys: list[Scalar | None] = []
        self._anchored: dict[str, str] = {}
        self._before_comments = _before_comments(lines)

    def take(self, event: yaml.Event) -> None:
        match event:
            case yaml.ScalarEvent():
                self._strict(event)
                if event.style == '"' and (control := first_control(event.value)) is not None:
                    self._refuse(event, f"control character {control}")
                block = event.style in (">", "|")
                if block:
                    self._begins_alone(event)
                comment = "" if event.style else self._comment_behind(event)
                line, column = _position(event)
                self._place(Scalar(event.value, not event.style, line, column, comment, block))
            case yaml.SequenceStartEvent():
                self._start(event, Sequence([], *_position(event)))
            case yaml.MappingStartEvent():
                self._start(event, Mapping({}, {}, *_position(event)))
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                self._open.pop()
                self._keys.pop()
            case yaml.AliasEvent():
                self._alias(event)
            case yaml.DocumentStartEvent() if self.root is not None:
                self._refuse(event, "a second document; one is expected")
            case _:
                pass

    def _begins_alone(self, event: yaml.ScalarEvent) -> None:
        line, column = _position(event)
        if not _BLOCK.fullmatch(self._lines[line - 1][column - 1 :]):
            advice = _quoting(self._lines, event.start_mark)
            self._refuse(event, f"a text over several lines begins with > or | alone{advice}")

    def _comment_behind(self, event: yaml.ScalarEvent) -> str:
        """It begins on the text's own last line, or on the next one where the text would go on."""
        end = event.end_mark
        if end is None or end.line not in self._before_comments:
            return ""
        if rest := self._lines[end.line][end.column :].strip():
            return rest if rest.startswith("#") else ""
        following = self._lines[self._before_comments[end.line]]
        if not event.value or not following.lstrip().startswith("#"):
            return ""  # a # within the text: no comment
        line, column = _position(event)
        first = self._lines[line - 1]
        indent = len(first) - len(first.lstrip(" -"))
        goes_on = len(following) - len(following.lstrip()) >= indent + (indent + 1 < column)
        return following.strip() if goes_on else ""

    def _alias(self, event: yaml.AliasEvent) -> None:
        name = event.anchor or ""
        if name not in self._anchored:
            advice = _quoting(self._lines, event.start_mark)
            self._refuse(event, f"aliases (*) are not allowed; write the value out{advice}")
        value = self._anchored[name]
        self._note(event, f"aliases (*) are not allowed; write {short(value)} for *{short(name)}")
        self._place(Scalar(value, False, *_position(event)))

    def _start(self, event: yaml.CollectionStartEvent, node: Sequence | Mapping) -> None:
        self._strict(event)
        self._place(node)
        self._open.append(node)
        self._keys.append(None)
        if len(self._open) > MAX_DEPTH:
            self._refuse(event, f"nested deeper than {MAX_DEPTH} levels")

    def _place(self, node: Node) -> None:
        if not self._open:
            self.root = node
            return
        parent, key = self._open[-1], self._keys[-1]
        if isinstance(parent, Sequence):
            parent.items.append(node)
        elif key is not None:
            self._keys[-1] = None
            if key.text not in parent.items:
                parent.items[key.text] = node
                parent.keys[key.text] = key
        elif isinstance(node, Scalar):
            self._keys[-1] = node
            if first := parent.keys.get(node.text):
                message = f"the key {node.text!r} stands twice; first on line {first.line}"
                self.problems.append(self._problem(node.line, node.column, message))
        else:
            message = "a key must be a plain text, not a list or mapping"
            raise InputError([self._problem(node.line, node.column, message)])

    def _strict(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        if event.anchor is not None:
            self._anchor(event)
        if event.tag is not None:
            advice = _quoting(self._lines, event.start_mark)
            self._refuse(event, f"tags are not allowed: {event.tag!r}{advice}")

    def _anchor(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        """An anchor on a value is told with what to write, and then known to its aliases."""
        told = "anchors (&) are not allowed; write the value out"
        if not isinstance(event, yaml.ScalarEvent):
            self._refuse(event, told)
        if not event.value:
            self._refuse(event, f"{told}{_quoting(self._lines, event.start_mark)}")
        name = event.anchor or ""
        self._anchored[name] = event.value
        self._note(event, f"{told}: {short(event.value)} without &{short(name)}")

    def _problem(self, line: int, column: int, message: str) -> Problem:
        return Problem(f"{self.origin}:{line}:{column}", message)

    def _note(self, event: yaml.Event, message: str) -> None:
        self.problems.append(self._problem(*_position(event), message))

    def _refuse(self, event: yaml.Event, message: str) -> NoReturn:
        raise InputError([self._problem(*_position(event), message)])


def _before_comments(lines: list[str]) -> dict[int, int]:
    """The lines behind which a comment can stand, to the next line that is one, blanks between."""
    found: dict[int, int] = {}
    for comment, line in enumerate(lines):
        if "#" not in line:
            continue
        found.setdefault(comment, comment)
        if line.lstrip().startswith("#"):
            before = comment - 1
            while before > 0 and not lines[before].strip():
                before -= 1
            found[before] = comment
    return found


def _position(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)
