"""The names of a table's columns, from the first bytes of a text file."""

import csv
import json
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Callable, Sequence

from trialscreen.errors import InputError, Problem
from trialscreen.text import BLANKS, first_control, shown

SEPARATORS = ",;\t"
LOOKED_AT = 1000
"""Lines of an NDJSON file that tell which keys there are."""


def csv_header(data: bytes, origin: str) -> tuple[list[str], str]:
    """The column names in the first line of a CSV file, and what separates them.

    Spaces around a name do not count. Raises InputError.
    """
    line, line_break, _ = data.partition(b"\n")
    if not line_break and len(line) > 100_000:
        raise InputError([Problem(origin, "is no CSV file: its first line has no end")])
    text = _decode(line.removesuffix(b"\r"), origin)
    separator = max(SEPARATORS, key=text.count)
    try:
        names = next(csv.reader([text], delimiter=separator, strict=True), [])
    except csv.Error:
        message = "is no CSV file that can be read: the quotes in its first line do not match"
        raise InputError([Problem(origin, message)]) from None
    return named_columns(names, origin), separator


def named_columns(names: Sequence[str], origin: str) -> list[str]:
    """`names`, one for each column: one without a name is called by its place.

    Raises InputError if a name stands twice, or if there is none.
    """
    names = [name.strip(BLANKS) or f"(column {place})" for place, name in enumerate(names, start=1)]
    twice = [name for name, times in Counter(names).items() if times > 1]
    problems = [Problem(origin, f"the column {shown(name)} stands twice") for name in twice]
    if (control := first_control("".join(names))) is not None:
        problems.append(Problem(origin, f"control character {control} in its header"))
    if not names:
        problems.append(Problem(origin, "its first line names no columns"))
    if problems:
        raise InputError(problems)
    return names


def ndjson_keys(data: bytes, origin: str) -> list[str]:
    """The keys in the first lines of an NDJSON file, in order. Raises InputError."""
    if data.startswith(BOM_UTF8):
        message = "begins with a byte order mark; save it as UTF-8 without one"
        raise InputError([Problem(origin, message)])
    lines = data.split(b"\n")
    if len(lines) > 1:
        del lines[-1]  # cut in the middle, or empty
    keys: dict[str, None] = {}
    for number, line in enumerate(lines[:LOOKED_AT], start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(_decode(line, origin), object_pairs_hook=_once(f"{origin}:{number}"))
        except (json.JSONDecodeError, RecursionError):
            entry = None
        if not isinstance(entry, dict):
            message = "expected one JSON object a line, with a key per data element"
            raise InputError([Problem(f"{origin}:{number}", message)])
        keys.update(dict.fromkeys(entry))
    return named_columns(list(keys), origin)


def _once(origin: str) -> Callable[[list[tuple[str, object]]], dict[str, object]]:
    """Makes an object of its keys and values; raises InputError if a key stands twice."""

    def made(pairs: list[tuple[str, object]]) -> dict[str, object]:
        keys = Counter(key for key, _ in pairs)
        twice = [
            Problem(origin, f"the key {shown(key)} stands twice") for key in keys if keys[key] > 1
        ]
        if twice:
            raise InputError(twice)
        return dict(pairs)

    return made


def _decode(line: bytes, origin: str) -> str:
    try:
        return line.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError([Problem(origin, "is not UTF-8 text")]) from None
