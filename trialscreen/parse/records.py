"""Reads any record of `registry` from a mapping: keys are its fields, types theirs."""

import types
from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple, TypeVar, get_args, get_origin

from trialscreen.parse.cursor import Cursor

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
