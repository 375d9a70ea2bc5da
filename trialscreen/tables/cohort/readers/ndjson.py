"""NDJSON files: one JSON object a line, with a key per column.

They are read twice: first for the keys, and for what is wrong with any line. Most lines are decoded
by msgspec, which says nothing of a key that stands twice: so those are counted in the line as well.
Where the counts differ, or a colon has a blank before it, Python's json looks more closely.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial
from io import BufferedReader, RawIOBase
from math import isinf
from pathlib import Path
from typing import IO, Annotated, cast

import msgspec
import polars as pl

from trialscreen.answers.answer import as_text
from trialscreen.model.errors import InputError, Problem, refuse
from trialscreen.tables.cohort.readers import opened
from trialscreen.tables.cohort.readers.cells import TYPED
from trialscreen.tables.cohort.readers.csv_pieces import LONGEST_LINE
from trialscreen.tables.cohort.readers.opened import CellKind, NumberKind, Piece, Tables
from trialscreen.tables.cohort.readers.utf8_copies import ADVICE, CHUNK, in_utf8, open_bytes
from trialscreen.text.characters import has_spaced_colon, shown

MOST_KEYS = 10_000
AT_ONCE = 10_000
"""Rows."""
_MOST_DIGITS = 300
"""More of them make a number that no engine holds."""
_BLANK = b" \t\r\n"

_Integer = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_decode = msgspec.json.Decoder(dict[str, str | _Integer | float | bool | None]).decode


def open_table(path: Path, asked: opened.Asked) -> Tables:
    """The rows of an NDJSON file. Raises InputError."""
    path = in_utf8(path, asked)
    with _opened(path) as file:
        keys, count = looked_through(file, asked.origin)
    names = opened.named_columns(keys, asked.origin)
    written = [*map(asked.written.get, names)]

    def piece(cells: list[object], kinds: Mapping[str, CellKind]) -> Piece:
        columns = [
            _column(cells[place :: len(names)], kinds.get(name), marks=written[place] == "number")
            for place, name in enumerate(names)
        ]
        return Piece(opened.typed_where_plain(pl.DataFrame(columns, names), kinds))

    def pieces(kinds: Mapping[str, CellKind]) -> Iterator[Piece]:
        cells: list[object] = []
        with _opened(path) as file:
            for line in file:
                if line.strip(_BLANK):
                    entry = _decoded(line)
                    cells += entry.values() if [*entry] == keys else map(entry.get, keys)
                    if len(cells) == AT_ONCE * len(keys):
                        yield piece(cells, kinds)
                        cells.clear()
        if cells:
            yield piece(cells, kinds)

    return Tables(opened.text_schema(names), lambda: count, pieces)


def _column(values: Sequence[object], kind: CellKind | None, *, marks: bool) -> pl.Series:
    """Some values of a key: typed if all are as `kind` says, else as texts.

    It `marks` numbers by TYPED.
    """
    types = {*map(type, values)} - {type(None)}
    match kind:
        case "truth" if types <= {bool}:
            return pl.Series(values, dtype=pl.Boolean)
        case NumberKind() if types <= {int, float} and not marks:
            floats = values
            if int in types:  # some may be too large for the engine
                floats = [float(one) if isinstance(one, int) else one for one in values]
            numbers = pl.Series(floats, dtype=pl.Float64)
            if numbers.to_frame().select(kind.are_usable(pl.nth(0)).all()).item():
                return numbers
    texts = values if types <= {str} else [_text(one, marks=marks) for one in values]
    return pl.Series(texts, dtype=pl.String)


def _text(value: object, *, marks: bool) -> str | None:
    match value:
        case None | str():
            return value
        case float():  # an id of many digits has no exponent
            digits = format(Decimal(repr(value)), "f").removesuffix(".0")
            return f"{TYPED if marks else ''}{digits}"
        case int() if not isinstance(value, bool):
            return f"{TYPED if marks else ''}{as_text(value)}"
        case _:
            return json.dumps(value, ensure_ascii=False)


def with_all_keys(tables: Sequence[Tables]) -> list[Tables]:
    """Files of one table: a key that one of them never has is null there, as in any line."""
    schema = opened.text_schema(name for one in tables for name in one.schema)
    made = []
    for one in tables:
        lacking = dict.fromkeys(name for name in schema if name not in one.schema)
        made.append(opened.with_constants(one, lacking, pl.String())._replace(schema=schema))
    return made


# Lines.


def _opened(path: Path) -> BufferedReader:
    """Its lines come in two thirds of the time that those of a packed file take."""
    return BufferedReader(cast("RawIOBase", open_bytes(path)), CHUNK)


def looked_through(file: IO[bytes], origin: str) -> tuple[list[str], int]:
    """The keys of all lines, in the order of their first coming; how many objects there are.

    Raises InputError.
    """
    keys: dict[str, None] = {}
    rows = 0
    for number, line in enumerate(iter(partial(file.readline, LONGEST_LINE), b""), start=1):
        if number == 1 and line.startswith(b"\xef\xbb\xbf"):
            refuse(origin, "begins with a byte order mark; save it as UTF-8 without one")
        if not line.strip(_BLANK):
            continue
        rows += 1
        entry = _checked(line, f"{origin}:{number}")
        if entry.keys() != keys.keys():
            keys |= dict.fromkeys(entry)
            if len(keys) > MOST_KEYS:
                refuse(origin, f"more than {MOST_KEYS:,} different keys")
    return [*keys], rows


def _checked(line: bytes, where: str) -> Mapping[str, object]:
    """The keys of a line and their values. Raises InputError."""
    if len(line) >= LONGEST_LINE:
        refuse(where, f"a line of more than {LONGEST_LINE:,} bytes")
    try:
        entry = _decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _entry(_as_text(line, where), where)
    if has_spaced_colon(line) or line.count(b'":') != len(entry):
        return _entry(_as_text(line, where), where)
    return entry


def _decoded(line: bytes) -> Mapping[str, object]:
    """A line that was checked before."""
    try:
        return _decode(line)
    except msgspec.DecodeError:
        return _entry(line.decode(), "")


def _as_text(line: bytes, where: str) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        refuse(where, f"is not UTF-8 text (byte {error.start + 1} of the line): {ADVICE}")


def _entry(line: str, where: str) -> dict[str, object]:
    """The keys of an entry and their values; raises InputError for what is none."""

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        keys = Counter(key for key, _ in pairs)
        twice = [key for key in keys if keys[key] > 1]
        if twice:
            raise InputError(
                [Problem(where, f"the key {shown(key)} stands twice") for key in twice]
            )
        return dict(pairs)

    def number(digits: str) -> float:
        if len(digits) > _MOST_DIGITS or isinf(float(digits)):
            refuse(where, f"a number is too large ({len(digits):,} characters)")
        return float(digits) if {*digits} & {*".eE"} else int(digits)

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
        message = "expected one JSON object a line, with a key per data element"
        refuse(where, message)
    if "\\ud" in line.casefold():  # two such escapes are a character together only
        try:
            json.dumps(entry, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            refuse(where, "half of a character (an escape from \\ud800 to \\udfff)")
    return entry
