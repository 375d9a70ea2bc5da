"""Strict YAML: text to a tree of scalars, lists and mappings that know where they stand.

Nothing is interpreted here: a scalar stays text until its place says what it should be,
so YAML 1.1's surprises (`no`, `1:30`, `012`) cannot happen. Anchors, aliases, tags,
merge keys, duplicate keys, second documents and deep nesting are refused; libyaml's
parser is read event by event, without recursion.
"""

from dataclasses import dataclass
from typing import NoReturn

import yaml

from trialscreen.errors import InputError, Problem
from trialscreen.text import first_control

MAX_DEPTH = 40

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(slots=True, eq=False)
class Scalar:
    """`end` is where it stops in the source: line and column of what comes behind it."""

    text: str
    plain: bool
    line: int
    column: int
    end: tuple[int, int] = (0, 0)

    @property
    def is_null(self) -> bool:
        """An empty place, `~` or `null`, unquoted."""
        return self.plain and self.text in ("", "~", "null")


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
    builder = _Builder(origin)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"{origin}:{mark.line + 1}:{mark.column + 1}" if mark else origin
        raise _refused(where, f"not YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise _refused(origin, f"not YAML: {str(error).splitlines()[0]}") from None
    if builder.root is None:
        raise _refused(origin, "the file is empty")
    if builder.problems and problems is None:
        raise InputError(builder.problems)
    if problems is not None:
        problems.extend(builder.problems)
    return builder.root


def _refused(where: str, message: str) -> InputError:
    return InputError([Problem(where, message)])


class _Builder:
    """Puts parser events together; `open_` holds the collections not yet ended."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.root: Node | None = None
        self.problems: list[Problem] = []
        self._open: list[Sequence | Mapping] = []
        self._keys: list[Scalar | None] = []

    def take(self, event: yaml.Event) -> None:
        match event:
            case yaml.ScalarEvent():
                self._strict(event)
                if event.style == '"' and (control := first_control(event.value)) is not None:
                    self._refuse(event, f"control character {control}")
                plain = event.style is None or event.style == ""
                self._place(Scalar(event.value, plain, *_position(event), _end(event)))
            case yaml.SequenceStartEvent():
                self._start(event, Sequence([], *_position(event)))
            case yaml.MappingStartEvent():
                self._start(event, Mapping({}, {}, *_position(event)))
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                self._open.pop()
                self._keys.pop()
            case yaml.AliasEvent():
                self._refuse(event, "aliases (*) are not allowed; write the value out")
            case yaml.DocumentStartEvent() if self.root is not None:
                self._refuse(event, "a second document; one is expected")
            case _:
                pass

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
                where = f"{self.origin}:{node.line}:{node.column}"
                message = f"the key {node.text!r} stands twice; first on line {first.line}"
                self.problems.append(Problem(where, message))
        else:
            where = f"{self.origin}:{node.line}:{node.column}"
            raise _refused(where, "a key must be a plain text, not a list or mapping")

    def _strict(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        if event.anchor is not None:
            self._refuse(event, "anchors (&) are not allowed; write the value out")
        if event.tag is not None:
            self._refuse(event, f"tags are not allowed: {event.tag!r}")

    def _refuse(self, event: yaml.Event, message: str) -> NoReturn:
        line, column = _position(event)
        raise _refused(f"{self.origin}:{line}:{column}", message)


def _position(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _end(event: yaml.Event) -> tuple[int, int]:
    mark = event.end_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def comment_behind(scalar: Scalar, lines: list[str]) -> str:
    """The comment right behind a plain text in its source, which may have been meant as text.

    It begins on the text's own line, or on the next one where the text would go on.
    """
    line, column = scalar.end
    if not scalar.plain or not scalar.text or line > len(lines):
        return ""
    rest = lines[line - 1][column - 1 :].strip()
    if rest:
        return rest if rest.startswith("#") else ""
    following = next((one for one in lines[line:] if one.strip()), "")
    if not following.lstrip().startswith("#"):
        return ""
    first = lines[scalar.line - 1]
    indent = len(first) - len(first.lstrip(" -"))
    goes_on = len(following) - len(following.lstrip()) >= indent + (indent + 1 < scalar.column)
    return following.strip() if goes_on else ""
