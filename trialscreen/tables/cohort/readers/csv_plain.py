"""Proves that a CSV file is plain: cut at its separators and line ends, it is what it should be.

Then every reader reads it alike, the engine too. Files that are not are written anew by
`csv_tables`. This looks at each byte of files of any size, so it asks no
more of them than what a few passes over a piece of a file can tell.
"""

from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import chain, compress
from operator import methodcaller, not_
from typing import IO, NamedTuple

import polars as pl

from trialscreen.tables.cohort.readers.utf8_copies import CHUNK
from trialscreen.text.characters import BLANKS

CONTROLS = bytes({*range(0x20), 0x7F} - {*b"\t\n\r"})
_QUOTED, _TWICE = b'"', b"\0"
"""What stands for a cell in quotes, and for a blank one or a quote in one."""
_EMPTY = _QUOTED * 2
_NEXT = b"\1"
"""Stands for the end of a quoted cell and the beginning of the next."""
_BLANK = bytes({*BLANKS.encode()})
"""Bytes of blanks; what has no others is looked at elsewhere."""
_BEGINS = bytes({blank.encode()[0] for blank in BLANKS if blank not in "\r\n"})
_AS_SPACE = bytes.maketrans(_BEGINS, b" " * len(_BEGINS))
"""Makes one of all bytes that a blank cell begins with."""


class Plain(NamedTuple):
    """How many rows there are, and cells in each."""

    rows: int
    cells: int


def plain_rows(file: IO[bytes], separator: str, titles: int) -> Plain | None:
    """Of a file that stands at its first row; None if it is not plain. May raise OSError."""
    between = separator.encode()
    widths: Counter[int] = Counter()
    for data in records(file):
        found = None if data is None else _widths(data, between)
        if found is None:
            return None
        widths += found
        if len(widths) > 1:
            return None
    return Plain(widths.total(), *widths or [titles])


def records(file: IO[bytes], size: int = CHUNK) -> Iterator[bytes | None]:
    """Whole records, some at a time; None if a quote does not end."""
    rest = b""
    while data := file.read(size):
        data, rest = _cut(rest + data)
        if data:
            yield data
        elif len(rest) > 8 * CHUNK:
            yield None
    if rest:
        yield None if rest.count(_QUOTED) % 2 else rest + b"\n"


def _cut(data: bytes) -> tuple[bytes, bytes]:
    """Whole records, and the rest."""
    end = data.rfind(b"\n") + 1
    while end and data.count(_QUOTED, 0, end) % 2:
        # Within quotes: these were opened behind the end before, or in the record before it.
        end = data.rfind(b"\n", 0, data.rfind(_QUOTED, 0, end)) + 1
    return data[:end], data[end:]


def _widths(data: bytes, separator: bytes) -> Counter[int] | None:
    """How many records have how many cells; None if `data` is not plain."""
    if not is_utf8(data):
        return None
    lines = data.split(b"\n")[:-1]
    bones = data.translate(None, _text_of(separator)).split(b"\n")[:-1]
    usual, others = lines, []
    if bones.count(bones[0]) < len(bones):
        is_usual = [bone == bones[0] for bone in bones]
        usual, others = list(compress(lines, is_usual)), list(compress(lines, map(not_, is_usual)))
        if any(line.count(_QUOTED) % 2 for line in others):  # which go on in the line behind
            return _closely(data, separator)
    if (cells := _alike(usual, bones[0], separator)) is None:
        return _closely(data, separator)
    found = _closely(b"\n".join([*others, b""]), separator) if others else Counter()
    return None if found is None else found + Counter({cells: len(usual)})


def is_utf8(data: bytes) -> bool:
    """Whether it is, from its first byte to its last."""
    if data.isascii():
        return True
    try:  # faster than to make a text of it
        pl.Series([data]).cast(pl.String)
    except pl.exceptions.PolarsError:
        return False
    return True


@cache
def _text_of(separator: bytes) -> bytes:
    """All bytes that can stand in a cell and mean nothing else."""
    return bytes({*range(0x100)} - {*CONTROLS, *separator, *b'"\r\n'})


def _alike(lines: list[bytes], bones: bytes, separator: bytes) -> int | None:
    """How many cells each of `lines` has, of which `bones` are left without the text in cells.

    None if they are not plain as far as that tells: a cell is in quotes in all of them or in
    none, and has none in it.
    """
    if bones.endswith(b"\r") and not all(map(methodcaller("endswith", b"\r"), lines)):
        return None  # it ends another line, within this one
    cells = bones.removesuffix(b"\r").split(separator)
    quoted = cells.count(_EMPTY)
    if quoted + cells.count(b"") < len(cells):
        return None
    if not all(map(methodcaller("strip", _BLANK + separator + b'"\r'), lines)):
        return None
    if quoted and not _quotes_are_outside(lines, separator, quoted, len(cells)):
        return None
    return len(cells)


def _quotes_are_outside(lines: list[bytes], separator: bytes, quoted: int, cells: int) -> bool:
    """Whether all cells with two quotes begin and end with one; `quoted` of `cells` have two."""
    data = b"\n".join(lines)
    begin: int = sum(map(methodcaller("startswith", _QUOTED), lines))
    end: int = sum(map(methodcaller("endswith", (_QUOTED, _QUOTED + b"\r")), lines))
    if quoted == cells:  # faster
        between = data.count(_QUOTED + separator + _QUOTED)
        return begin == end == len(lines) and between == (cells - 1) * len(lines)
    begin += data.count(separator + _QUOTED)
    end += data.count(_QUOTED + separator)
    return begin == end == quoted * len(lines)


def _closely(data: bytes, separator: bytes) -> Counter[int] | None:
    """As `_widths`, where records differ in more than their text."""
    if len(data.translate(None, CONTROLS)) < len(data) or data.count(b"\r") != data.count(b"\r\n"):
        return None
    if _QUOTED in data:
        found = _unquoted(data, separator)
        if found is None:
            return None
        data = found
    lines = data.split(b"\n")
    lines.pop()
    if not all(map(methodcaller("strip", _BLANK + separator + b"\r\0"), lines)):
        return None
    return Counter(line.count(separator) + 1 for line in lines)


def _unquoted(data: bytes, separator: bytes) -> bytes | None:
    """With each quoted cell cut to one quote; None if a quote is not at either end of a cell."""
    data = data.replace(_EMPTY, _TWICE)
    if _QUOTED + b" " in data.translate(_AS_SPACE):
        outside = _without_cells(data)
    else:
        outside = _without_runs(data, separator)
    if outside is None:
        return None
    around = b"\n" + outside
    for mark in (_QUOTED, _TWICE):
        opened = around.count(separator + mark) + around.count(b"\n" + mark)
        closed = sum(outside.count(mark + end) for end in (separator, b"\n", b"\r\n"))
        if not opened == closed == outside.count(mark):
            return None
    return outside


def _without_cells(data: bytes) -> bytes | None:
    """One mark for each quoted cell, another if it is blank."""
    parts = data.split(_QUOTED)
    inside, between = parts[1::2], parts[::2]
    marks = [_QUOTED if part.strip(_BLANK) else _TWICE for part in inside]
    return _joined(inside, between, marks)


def _without_runs(data: bytes, separator: bytes) -> bytes | None:
    """The same where no quoted cell is blank, with quoted cells side by side in one go."""
    parts = data.replace(_QUOTED + separator + _QUOTED, _NEXT).split(_QUOTED)
    inside, between = parts[1::2], parts[::2]
    if _NEXT in b"".join(between):  # it was no end and beginning, but a separator in quotes
        return None
    next_one = separator + _QUOTED
    marks = [_QUOTED + next_one * part.count(_NEXT) for part in inside]
    return _joined(inside, between, marks)


def _joined(inside: list[bytes], between: list[bytes], marks: list[bytes]) -> bytes | None:
    if b"\n" in b"".join(inside):
        return None  # a quote at the start of a cell may stand for inches
    return b"".join(chain.from_iterable(zip(between, [*marks, b""], strict=True)))
