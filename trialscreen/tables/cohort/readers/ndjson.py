"""NDJSON files: one JSON object a line, whose keys are counted before the engine reads it."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from math import isinf
from pathlib import Path
from typing import IO, Literal

import polars as pl

from trialscreen.answers.answer import as_text
from trialscreen.model.errors import InputError, Problem, refuse
from trialscreen.tables.cohort.readers import opened
from trialscreen.tables.cohort.readers.cells import TYPED
from trialscreen.tables.cohort.readers.csv_pieces import LONGEST_LINE, whole_lines
from trialscreen.tables.cohort.readers.opened import CellKind, NumberKind, Piece, Tables
from trialscreen.tables.cohort.readers.utf8_copies import (
    ADVICE,
    CHUNK,
    in_utf8,
    new_copy,
    open_bytes,
)
from trialscreen.text.characters import shown

MOST_KEYS = 10_000
LOOKED_AT = 2000
"""Keys that lines are usual with."""
_MOST_DIGITS = 300
"""More of them make a number that no engine holds."""

Kind = Literal["null", "truth", "number", "text", "any"]
"""What all values of a key are, but for null."""

# What stands in (?>...) is atomic: until 3.11.4, Python misreads (?:...)?+ of a group in which
# there is something to try again.
_NUMBER = r"-?+(?:[1-9][0-9]{0,14}+|0(?!\.0000))(?>(?:\.[0-9]{1,20}+)?)"
"""Plain numbers, but for tiny ones, which the engine writes in more than one way."""
_TEXT = r'"[^"\\\x00-\x1f]*+"'
_VALUES: Mapping[Kind, str] = {
    "null": "null",
    "truth": "true|false|null",
    "number": f"{_NUMBER}|null",
    "text": f"{_TEXT}|null",
    "any": rf"null|true|false|{_TEXT}|-?(?:[1-9][0-9]{{0,17}}|0)(?>(?:\.[0-9]{{1,20}})?)",
}
"""How simple values of a kind are written."""
_IS_NUMBER = re.compile(_NUMBER)
_WITH_BLANKS = re.compile(rb"[ \t][:,}\"]|[:,{][ \t]")


def open_table(path: Path, asked: opened.Asked) -> Tables:
    """The rows of an NDJSON file, every cell as text. Raises InputError."""
    path = in_utf8(path, asked)
    with open_bytes(path) as file:
        entries = entries_of(file, asked.origin)
    keys = list(entries.kinds)
    names = opened.named_columns(keys, asked.origin)
    called = dict(zip(keys, names, strict=True))
    if numbers := {key for key in keys if asked.written.get(called[key]) == "number"}:
        with open_bytes(path) as file, new_copy(asked, ".ndjson") as copy:
            copy.writelines(_told_apart(line, numbers) for line in file if line.strip(b" \t\r\n"))
        path = Path(copy.name)
        entries.kinds.update(dict.fromkeys(numbers, "any"))

    def pieces(kinds: Mapping[str, CellKind]) -> Iterator[Piece]:
        wanted = {key: kinds.get(name) for key, name in called.items()}
        return (Piece(rows.rename(called)) for rows in _pieces(path, entries.kinds, wanted))

    return Tables(opened.text_schema(names), lambda: entries.rows, pieces)


def _pieces(
    path: Path, kinds: Mapping[str, Kind], wanted: Mapping[str, CellKind | None]
) -> Iterator[pl.DataFrame]:
    """All rows, some at a time; columns are typed where that is `wanted`, and all values fit."""
    schema: dict[str, pl.DataType] = dict.fromkeys(kinds, pl.String())
    numbers: dict[int, NumberKind] = {}
    for place, (key, kind) in enumerate(kinds.items()):
        match kind, wanted[key]:
            case "truth", "truth":
                schema[key] = pl.Boolean()
            case "number", NumberKind() as number:
                schema[key], numbers[place] = pl.Float64(), number
    usable = [one.are_usable(pl.nth(place)).all() for place, one in numbers.items()]
    with open_bytes(path) as file:
        for data in whole_lines(file, 0):
            piece = pl.scan_ndjson(data, schema=schema).collect()
            fine = piece.select(pl.lit(value=True), *usable).row(0)[1:]
            # The text of a number is that which the engine reads, too.
            texts = (
                pl.nth(place).cast(pl.String).str.strip_suffix(".0")
                for place, is_fine in zip(numbers, fine, strict=True)
                if not is_fine
            )
            yield opened.typed_where_plain(piece.with_columns(texts), wanted)


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
    schema = opened.text_schema(name for one in tables for name in one.schema)
    made = []
    for one in tables:
        lacking = dict.fromkeys(name for name in schema if name not in one.schema)
        made.append(opened.with_constants(one, lacking, pl.String())._replace(schema=schema))
    return made


# What the lines hold, before the engine reads them.


def entries_of(file: IO[bytes], origin: str) -> "Entries":
    """What the lines of a file hold. Raises InputError."""
    if file.read(3) == b"\xef\xbb\xbf":
        refuse(origin, "begins with a byte order mark; save it as UTF-8 without one")
    file.seek(0)
    entries = Entries(origin)
    while lines := file.read(4 * CHUNK):
        if not lines.endswith(b"\n"):
            lines += file.readline(LONGEST_LINE)
        entries.add(lines)
    return entries


class Entries:
    """Counts the objects, and collects their keys in the order of their first coming.

    Most lines have the keys of those before in the same order, with simple values of the same
    kinds: of many such that is seen in one go. Others are read as JSON.
    """

    def __init__(self, origin: str) -> None:
        self.rows = 0
        self.kinds: dict[str, Kind] = {}
        self._origin = origin
        self._lines = 0
        self._usual = re.compile(b"(?!)")
        self._unusual = 0
        self._with_blanks = False

    def add(self, lines: bytes) -> None:
        """Whole lines, behind those before."""
        is_text, start = _is_utf8(lines), 0
        while start < len(lines):
            usual = self._usual.match(lines, start) if is_text else None
            if usual is not None and usual.end() > start:
                count = lines.count(b"\n", start, usual.end())
                self.rows += count
                self._lines += count
                start = usual.end()
                continue
            end = lines.find(b"\n", start) + 1 or len(lines)
            self._lines += 1
            self._add_line(lines[start:end], f"{self._origin}:{self._lines}")
            start = end

    def _add_line(self, line: bytes, where: str) -> None:
        if len(line) >= LONGEST_LINE:
            refuse(where, f"a line of more than {LONGEST_LINE:,} bytes")
        try:
            text = line.decode()
        except UnicodeDecodeError as error:
            refuse(where, f"is not UTF-8 text (byte {error.start + 1} of the line): {ADVICE}")
        if not text.strip(" \t\r\n"):
            return
        self.rows += 1
        for key, value in _entry(text, where).items():
            self.kinds[key] = _both(self.kinds.get(key, "null"), _kind(value))
        if len(self.kinds) > MOST_KEYS:
            refuse(self._origin, f"more than {MOST_KEYS:,} different keys")
        self._with_blanks = self._with_blanks or _WITH_BLANKS.search(line) is not None
        self._unusual += 1
        if self._unusual.bit_count() == 1:  # seldom, as it takes a while
            looked_at = islice(self.kinds.items(), LOOKED_AT)
            self._usual = _usual(looked_at, with_blanks=self._with_blanks)


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    try:  # faster than to make a text of it
        pl.Series([data]).cast(pl.String)
    except pl.exceptions.PolarsError:
        return False
    return True


def _usual(kinds: Iterable[tuple[str, Kind]], *, with_blanks: bool) -> re.Pattern[bytes]:
    """Lines with some of these keys each, in this order, at most once."""
    blank = r"[ \t]*+" if with_blanks else ""  # to look for them takes a third of the time
    # The brace stands at the end of the line, and nothing else does.
    pairs = (
        f"(?:{blank}{re.escape(json.dumps(key, ensure_ascii=False))}{blank}:{blank}"
        rf"(?:{_VALUES[kind]}){blank}(?:,|\}}(?=[ \t\r]*+\n)))?"
        for key, kind in kinds
    )
    end = r"(?<=\})[ \t\r]*+\n"
    return re.compile(rf"(?>(?>{blank}\{{{''.join(pairs)}{end})*)".encode())


class _Digits(str):
    """A number, as it is written."""

    __slots__ = ()


def _kind(value: object) -> Kind:
    match value:
        case None:
            return "null"
        case bool():
            return "truth"
        case _Digits():
            return "number" if _IS_NUMBER.fullmatch(value) else "any"
        case str():
            return "text"
        case _:
            return "any"


def _both(one: Kind, other: Kind) -> Kind:
    """The kind of values of two kinds."""
    if other in (one, "null"):
        return one
    return other if one == "null" else "any"


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

    def number(digits: str) -> _Digits:
        if len(digits) > _MOST_DIGITS or isinf(float(digits)):
            refuse(where, f"a number is too large ({len(digits):,} characters)")
        return _Digits(digits)

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
