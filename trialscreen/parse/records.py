"""Reads any frozen record of `registry` from a mapping: keys are its fields, types theirs."""

import dataclasses
import types
from datetime import date
from typing import Any, TypeVar, get_args, get_origin

from trialscreen.parse.cursor import Cursor

R = TypeVar("R")

_SCALARS = {str: Cursor.text, int: Cursor.whole, date: Cursor.day}


def read_record(at: Cursor, kind: type[R]) -> R:
    """A `kind` (a dataclass); a trailing underscore in a field's name is not in its key."""
    fields = {f.name.rstrip("_"): f for f in dataclasses.fields(kind)}  # type: ignore[arg-type]
    at.known_keys(tuple(fields))
    values: dict[str, Any] = {}
    for key, spec in fields.items():
        read = _reader(spec.type)
        if spec.default is dataclasses.MISSING:
            values[spec.name] = at.required(key, read, None)
        else:
            values[spec.name] = at.optional(key, read, spec.default)
    return kind(**values)


def _reader(annotation: Any) -> Any:
    """The function that reads one field of this type."""
    if get_origin(annotation) is types.UnionType:
        annotation = next(arg for arg in get_args(annotation) if arg is not type(None))
    if get_origin(annotation) is tuple:
        read_item = _reader(get_args(annotation)[0])
        return lambda at: tuple(read_item(item) for item in at.items())
    if annotation not in _SCALARS:
        return lambda at: read_record(at, annotation)
    return _SCALARS[annotation]
