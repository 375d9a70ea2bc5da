"""The objects of an NDJSON file, before the engine reads them: their keys, and kinds of values."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import islice
from math import isinf
from typing import IO, Literal

import polars as pl

from trialscreen.model.errors import InputError, Problem, refuse
from trialscreen.tables.cohort.readers.cells import PLAIN_DAY
from trialscreen.tables.cohort.readers.csv_pieces import LONGEST_LINE
from trialscreen.tables.cohort.readers.utf8_copies import ADVICE, CHUNK
from trialscreen.text.characters import shown

MOST_KEYS = 10_000
LOOKED_AT = 2000
"""Keys that lines are usual with."""
_MOST_DIGITS = 300
"""More of them make a number that no engine holds."""

Kind = Literal[
    "null", "truth", "number", "day", "number in quotes", "truth in quotes", "text", "any"
]
"""What all values of a key are, but for null."""

# What stands in (?>...) is atomic: until 3.11.4, Python misreads (?:...)?+ of a group in which
# there is something to try again.
_FRACTION = r"(?>(?:\.[0-9]{1,20}+)?)"
_NUMBER = rf"-?+(?:[1-9][0-9]{{0,14}}+|0(?!\.0000)){_FRACTION}"
"""Plain numbers, but for tiny ones, which the engine writes in more than one way."""
_QUOTED: Mapping[Kind, str] = {
    "day": PLAIN_DAY.strip("^$"),
    "number in quotes": rf"-?+(?:[1-9][0-9]{{0,14}}+|0){_FRACTION}",  # as PLAIN_NUMBER, and faster
    "truth in quotes": "true|false",
    "text": r'[^"\\\x00-\x1f]*+',
}
_VALUES: Mapping[Kind, str] = {
    "null": "null",
    "truth": "true|false|null",
    "number": f"{_NUMBER}|null",
    **{kind: f'"(?:{text})"|null' for kind, text in _QUOTED.items()},
    "any": r'null|true|false|"[^"\\\x00-\x1f]*+"|-?(?:[1-9][0-9]{0,17}|0)(?>(?:\.[0-9]{1,20})?)',
}
"""How simple values of a kind are written."""
_IS_NUMBER = re.compile(_NUMBER)
_IS_QUOTED = {kind: re.compile(text) for kind, text in _QUOTED.items()}
_WITH_BLANKS = re.compile(rb"[ \t][:,}\"]|[:,{][ \t]")


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
    """Whether it is, from its first byte to its last."""
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
            kinds = (kind for kind, texts in _IS_QUOTED.items() if texts.fullmatch(value))
            return next(kinds, "text")
        case _:
            return "any"


def _both(one: Kind, other: Kind) -> Kind:
    """The kind of values of two kinds."""
    if other in (one, "null"):
        return one
    if one == "null":
        return other
    return "text" if {one, other} <= _QUOTED.keys() else "any"


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
