"""Parses strict YAML into a tree of scalars, lists and mappings with line and column.

Nothing is interpreted here: a scalar stays text until a reader asks for a type, so YAML 1.1's
surprises (`no`, `1:30`, `012`) cannot happen. Anchors, aliases, tags, merge keys, duplicate keys,
second documents, deep nesting, and block scalars that may have been meant as a bound (`>2`) are
refused. The tree is built from the events of libyaml's parser.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

import yaml

from trialscreen.model.errors import InputError, Problem, refuse
from trialscreen.text.characters import first_control, short

MAX_DEPTH = 40

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_BLOCK = re.compile(r"[>|][+-]?(\s+#.*)?\s*")
"""The header of a block scalar, without an indentation digit: `>2` could be a bound."""

_WITHOUT_BLANK = re.compile(r"[ \t]*([A-Za-z_]\w*):(?=[^\s:/])")
"""A key whose value follows the colon without a blank, which YAML takes for one word."""

_COMMENT = re.compile(r"\s*(#|$)")
"""A line that is blank or a comment."""

_RESERVED = re.compile(r"(?!!!)(?:[>|&*!%@`]|-(?=\s|$))[^\n#,\]}]*")
"""A value that begins with a character that is special in YAML."""


@dataclass(slots=True, eq=False)
class Scalar:
    """A single value; `block`: written over several lines, after `>` or `|`.

    `comment` directly follows a plain scalar, and may have been meant as part or all of it.
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
    """Parses the one document in `text`.

    Raises InputError at once for what this reader or YAML forbids. Duplicate keys are added
    to `problems`, the first of each being kept; without that list they are raised together.
    """
    lines = text.split("\n")
    builder = _Builder(origin, lines, yaml.parse(text, Loader=_LOADER))
    try:
        root = builder.document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        _refuse_without_blank(lines[: mark.line + 1] if mark else lines, origin)
        if (told := _OF_BEGINNING.get(error.problem or "")) and (begins := error.context_mark):
            refuse(f"{origin}:{begins.line + 1}:{begins.column + 1}", f"not YAML: {told}")
        if advice := _quoting(lines, error.context_mark):
            mark = error.context_mark  # where the value begins
        advice = advice or _quoting(lines, mark)
        where = f"{origin}:{mark.line + 1}:{mark.column + 1}" if mark else origin
        refuse(where, f"not YAML{advice or f': {error.problem}'}")
    except yaml.YAMLError as error:
        refuse(origin, f"not YAML: {str(error).splitlines()[0]}")
    if root is None:
        refuse(origin, "the file is empty")
    if isinstance(root, Scalar):  # as one line is of which every key lacks its blank
        _refuse_without_blank(lines, origin)
    if builder.problems and problems is None:
        raise InputError(builder.problems)
    if problems is not None:
        problems.extend(builder.problems)
    return root


_OF_BEGINNING = {
    "could not find expected ':'": "a colon is missing; expected 'key: value'",
    "found unexpected end of stream": "a quote that opens here is not closed",
}
"""Parser errors reported at the end of a construct, reworded to fit where it begins."""


def _refuse_without_blank(lines: list[str], origin: str) -> None:
    """Raises InputError if a blank is missing after a colon in the last two lines with content.

    The parser takes both lines for one text, and notices at the second, if at all.
    """
    content = [number for number, line in enumerate(lines, 1) if not _COMMENT.match(line)]
    for number in reversed(content[-2:]):
        if found := _WITHOUT_BLANK.match(lines[number - 1]):
            where = f"{origin}:{number}:{found.end() + 1}"
            refuse(where, f"not YAML: a blank is missing behind '{found[1]}:'")


def _quoting(lines: list[str], mark: Any) -> str:
    """Advice to quote the value at `mark` if it begins with a special character; else empty."""
    line = lines[mark.line][mark.column :] if mark and mark.line < len(lines) else ""
    if (found := _RESERVED.match(line)) is None:
        return ""
    value = short(found[0].strip())
    return f'. If {value} is the value, write it in quotes: "{value}"'


class _Builder:
    """Builds the tree from the parser's events."""

    def __init__(self, origin: str, lines: list[str], events: Iterator[yaml.Event]) -> None:
        self.origin, self._lines, self._events = origin, lines, events
        self.problems: list[Problem] = []
        self._anchored: dict[str, str] = {}
        self._before_comments = _before_comments(lines)

    def document(self) -> Node | None:
        """The root of the one document; None if there is none."""
        root = None
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent) and root is not None:
                self._refuse(event, "a second document; one is expected")
            if isinstance(event, yaml.NodeEvent):
                root = self._node(event, 0)
        return root

    def _node(self, event: yaml.Event, depth: int) -> Node:
        """The node that begins with this event, `depth` levels below the root."""
        line, column = _position(event)
        if isinstance(event, yaml.AliasEvent):
            return Scalar(self._alias(event), False, line, column)
        assert isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent)
        self._strict(event)
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        if depth >= MAX_DEPTH:
            self._refuse(event, f"nested deeper than {MAX_DEPTH} levels")
        if isinstance(event, yaml.SequenceStartEvent):
            items = [self._node(one, depth + 1) for one in self._until(yaml.SequenceEndEvent)]
            return Sequence(items, line, column)
        found = Mapping({}, {}, line, column)
        for one in self._until(yaml.MappingEndEvent):
            if isinstance(one, yaml.CollectionStartEvent):
                self._strict(one)
                self._refuse(one, "a key must be a plain text, not a list or mapping")
            key = self._node(one, depth + 1)
            assert isinstance(key, Scalar)
            if first := found.keys.get(key.text):
                self._note(one, f"the key {key.text!r} stands twice; first on line {first.line}")
            value = self._node(next(self._events), depth + 1)
            if first is None:
                found.keys[key.text], found.items[key.text] = key, value
        return found

    def _until(self, end: type[yaml.Event]) -> Iterator[yaml.Event]:
        while not isinstance(event := next(self._events), end):
            yield event

    def _scalar(self, event: yaml.ScalarEvent) -> Scalar:
        line, column = _position(event)
        if event.style == '"' and (control := first_control(event.value)) is not None:
            self._refuse(event, f"control character {control}")
        block = event.style in (">", "|")
        if block and not _BLOCK.fullmatch(self._lines[line - 1][column - 1 :]):
            advice = _quoting(self._lines, event.start_mark)
            self._refuse(event, f"a text over several lines begins with > or | alone{advice}")
        comment = "" if event.style else self._comment_behind(event)
        return Scalar(event.value, not event.style, line, column, comment, block)

    def _comment_behind(self, event: yaml.ScalarEvent) -> str:
        """The comment on a text's last line, or on the next line if indented to continue it."""
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

    def _alias(self, event: yaml.AliasEvent) -> str:
        name = event.anchor or ""
        if name not in self._anchored:
            advice = _quoting(self._lines, event.start_mark)
            self._refuse(event, f"aliases (*) are not allowed; write the value out{advice}")
        value = self._anchored[name]
        self._note(event, f"aliases (*) are not allowed; write {short(value)} for *{short(name)}")
        return value

    def _strict(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        """Notes a scalar's anchor as a problem, for its aliases; refuses other anchors and tags."""
        if (name := event.anchor) is not None:
            told = "anchors (&) are not allowed; write the value out"
            if not isinstance(event, yaml.ScalarEvent):
                self._refuse(event, told)
            if not event.value:
                self._refuse(event, f"{told}{_quoting(self._lines, event.start_mark)}")
            self._anchored[name] = event.value
            self._note(event, f"{told}: {short(event.value)} without &{short(name)}")
        if event.tag is not None:
            advice = _quoting(self._lines, event.start_mark)
            self._refuse(event, f"tags are not allowed: {event.tag!r}{advice}")

    def _problem(self, event: yaml.Event, message: str) -> Problem:
        line, column = _position(event)
        return Problem(f"{self.origin}:{line}:{column}", message)

    def _note(self, event: yaml.Event, message: str) -> None:
        self.problems.append(self._problem(event, message))

    def _refuse(self, event: yaml.Event, message: str) -> NoReturn:
        raise InputError([self._problem(event, message)])


def _before_comments(lines: list[str]) -> dict[int, int]:
    """Maps each line followed by a comment line (after blank ones, if any) to that line."""
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
