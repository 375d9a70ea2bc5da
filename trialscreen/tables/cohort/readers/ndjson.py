"""NDJSON files: one JSON object a line, whose keys are counted before the engine reads it."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from math import isinf
from pathlib import Path
from typing import IO

import polars as pl

from trialscreen.answers.answer import as_text
from trialscreen.model.errors import InputError, Problem, refuse
from trialscreen.tables.cohort.readers.cells import TYPED
from trialscreen.tables.cohort.readers.opened import Asked, Tables, named_columns
from trialscreen.tables.cohort.readers.utf8_copies import (
    ADVICE,
    CHUNK,
    in_utf8,
    new_copy,
    open_bytes,
)
from trialscreen.text.characters import shown

MOST_KEYS = 10_000
LONGEST_LINE = 16 * CHUNK
LOOKED_AT = 2000
"""Keys that lines are usual with."""
_MOST_DIGITS = 300
"""More of them make a number that no engine holds."""

_SIMPLE = r'null|true|false|"[^"\\\x00-\x1f]*+"|-?(?:[1-9][0-9]{0,17}|0)(?:\.[0-9]{1,20})?+'
_WITH_BLANKS = re.compile(rb"[ \t][:,}\"]|[:,{][ \t]")


def open_table(path: Path, asked: Asked) -> Tables:
    """The rows of an NDJSON file, every cell as text. Raises InputError."""
    path = in_utf8(path, asked)
    entries = _Entries(asked.origin)
    with open_bytes(path) as file:
        for number, line in _lines(file, asked.origin):
            entries.add(number, line)
    keys = list(entries.keys)
    names = named_columns(keys, asked.origin)
    called = dict(zip(keys, names, strict=True))
    if numbers := {key for key in keys if asked.written.get(called[key]) == "number"}:
        with open_bytes(path) as file, new_copy(asked, ".ndjson") as copy:
            copy.writelines(_told_apart(line, numbers) for _, line in _lines(file, asked.origin))
        path = Path(copy.name)
    frame = pl.scan_ndjson(path, schema=dict.fromkeys(keys, pl.String()))
    if names != keys:
        frame = frame.rename(called)
    schema = pl.Schema(dict.fromkeys(names, pl.String()))
    return Tables(frame, schema, lambda: entries.rows, is_text=True)


def _told_apart(line: bytes, keys: Iterable[str]) -> bytes:
    """A line whose numbers under these keys are texts that begin with TYPED."""
    entry = json.loads(line)
    for key in keys:
        value = entry.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool):
            entry[key] = f"{TYPED}{as_text(value)}"
    return f"{json.dumps(entry, ensure_ascii=False)}\n".encode()


def with_all_keys(tables: Sequence[Tables]) -> list[Tables]:
    """Files of one table: a key that one of them never has is null there, as in any line."""
    schema = pl.Schema(dict.fromkeys((name for one in tables for name in one.schema), pl.String()))
    made = []
    for one in tables:
        lacking = [name for name in schema if name not in one.schema]
        nulls = (pl.lit(None, pl.String).alias(name) for name in lacking)
        made.append(one._replace(frame=one.frame.with_columns(nulls), schema=schema))
    return made


def _lines(file: IO[bytes], origin: str) -> Iterator[tuple[int, bytes]]:
    """The lines that are not blank, with their numbers."""
    if file.read(3) == b"\xef\xbb\xbf":
        message = "begins with a byte order mark; save it as UTF-8 without one"
        refuse(origin, message)
    file.seek(0)
    for number, line in enumerate(iter(lambda: file.readline(LONGEST_LINE), b""), start=1):
        if len(line) == LONGEST_LINE:
            refuse(f"{origin}:{number}", f"a line of more than {len(line):,} bytes")
        if not line.isascii():
            try:
                line.decode()
            except UnicodeDecodeError as error:
                message = f"is not UTF-8 text (byte {error.start + 1} of the line): {ADVICE}"
                refuse(f"{origin}:{number}", message)
        if not line.isspace() or line.strip(b" \t\r\n"):
            yield number, line


class _Entries:
    """Counts the objects, and collects their keys in the order of their first coming.

    Most lines have the keys of those before in the same order, with simple values: that is
    seen in one go. Others are read as JSON.
    """

    def __init__(self, origin: str) -> None:
        self.rows = 0
        self.keys: dict[str, None] = {}
        self._origin = origin
        self._usual = re.compile(b"(?!)")
        self._unusual = 0
        self._with_blanks = False

    def add(self, number: int, line: bytes) -> None:
        self.rows += 1
        if self._usual.fullmatch(line) is not None:
            return
        self.keys.update(_keys(line.decode(), f"{self._origin}:{number}"))
        if len(self.keys) > MOST_KEYS:
            refuse(self._origin, f"more than {MOST_KEYS:,} different keys")
        self._with_blanks = self._with_blanks or _WITH_BLANKS.search(line) is not None
        self._unusual += 1
        if self._unusual.bit_count() == 1:  # seldom, as it takes a while
            keys = list(self.keys)[:LOOKED_AT]
            self._usual = _usual(keys, with_blanks=self._with_blanks)


def _usual(keys: Iterable[str], *, with_blanks: bool) -> re.Pattern[bytes]:
    """Lines with some of these keys, in this order, each at most once."""
    names = (re.escape(json.dumps(key, ensure_ascii=False)) for key in keys)
    blank = r"[ \t]*+" if with_blanks else ""  # to look for them takes a third of the time
    pairs = (f"(?:{blank}{name}{blank}:{blank}(?:{_SIMPLE}){blank}[,}}])?+" for name in names)
    return re.compile(rf"{blank}\{{{''.join(pairs)}[ \t\r\n]*+".encode())


def _keys(line: str, where: str) -> dict[str, None]:
    """The keys of an entry; raises InputError for what is none."""

    def once(pairs: list[tuple[str, object]]) -> dict[str, None]:
        keys = Counter(key for key, _ in pairs)
        twice = [key for key in keys if keys[key] > 1]
        if twice:
            raise InputError(
                [Problem(where, f"the key {shown(key)} stands twice") for key in twice]
            )
        return dict.fromkeys(keys)

    def number(digits: str) -> None:
        if len(digits) > _MOST_DIGITS or isinf(float(digits)):
            refuse(where, f"a number is too large ({len(digits):,} characters)")

    def no_json(constant: str) -> None:
        raise json.JSONDecodeError(constant, line, 0)

    try:
        entry = json.loads(
            line,
            object_pairs_hook=once,
            parse_int=number,
            parse_float=number,
            parse_constant=no_json,
        )
    except (json.JSONDecodeError, RecursionError):
        entry = None
    if not isinstance(entry, dict):
        refuse(where, "expected one JSON object a line, with a key per data element")
    if "\\ud" in line.casefold() and _has_half_a_character(line):
        refuse(where, "half of a character (an escape from \\ud800 to \\udfff)")
    return entry


def _has_half_a_character(line: str) -> bool:
    """Whether it has one of two escapes that are a character together only."""
    entry = json.loads(line, parse_int=str, parse_float=str)
    try:
        json.dumps(entry, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False
