"""What the bytes of some lines tell of all their cells at once, for no more than a glance at each.

The engine reads more as numbers and days than the parser does: `007`, `1e5`, ` 7.1`, `2026-3-1`.
Whether a cell is one of these is counted in the bytes of the file, and again in the cells that
were read as texts: if the counts agree, it is none of the others.
"""

from typing import NamedTuple

import polars as pl

_AT_ONCE = 1 << 21
"""Bytes; what is computed of them stays near the processor."""
_BEHIND = 7
"""Bytes behind one that are looked at with it."""
_LONG = 32
"""So many digits, from a place that is a multiple of it, are told."""
_INSIDE = r"[,-9]"
"""All of numbers and days: digits and , - . / which come one after the other in ASCII."""
_ZERO = r"(?:^|[\x00-+])-?0[^\x00-/]"
_TWO = r"(?:[0-\x7f]{2}|[\u0080-\u07ff])"
"""Two bytes from `0` up."""
_DAY = rf"-{_TWO}-{_TWO}(?:[\x00-+]|$)"


class Counts(NamedTuple):
    """Of some cells: bytes that are in no plain number or day; numbers like 007; ends of days.

    (Such an end is -MM-DD. A blank may end the day, or begin the number. Letters count as digits:
    where there are any, they are told as bytes.)
    """

    others: int
    zeros: int
    days: int


def counts_of(text: pl.Expr) -> list[pl.Expr]:
    """The Counts of one cell each, under their names."""
    others = text.str.len_bytes() - text.str.count_matches(_INSIDE)
    values = (others, text.str.count_matches(_ZERO), text.str.count_matches(_DAY))
    return [value.alias(name) for name, value in zip(Counts._fields, values, strict=True)]


class Told(NamedTuple):
    """The counts of all cells of some lines and their line ends; how many separators there are.

    `controls` counts bytes that are control characters, line ends and tabs among them.
    `are_short`: no number has more than 130 bytes.
    """

    counts: Counts
    separators: int
    controls: int
    are_short: bool


def told(data: bytes, separator: str) -> Told:
    """Of lines without quotes and carriage returns, of which each ends in a line feed."""
    between = ord(separator)
    parts = (_told(data, start, between) for start in range(0, len(data), _AT_ONCE))
    separators, ends, others, controls, deleted, zeros, days, long = map(
        sum, zip(*parts, strict=True)
    )
    others += ends - separators * (2 if between > ord("9") else 1)
    return Told(Counts(others, zeros, days), separators, controls + deleted, not long)


def _told(data: bytes, start: int, between: int) -> tuple[int, ...]:
    """Separators, bytes that may end a number, above 9, below a blank, DEL; zeros, days, runs."""
    size = min(_AT_ONCE, len(data) - start)
    # With the byte before, and with what is behind; so many line ends are no cells in there.
    before = data[start - 1 : start] or b"\n"
    behind = data[start : start + size + _BEHIND].ljust(size + _BEHIND, b"\n")
    part = pl.Series([before, behind]).cast(pl.List(pl.UInt8)).explode()

    def at(place: int, of: pl.Series) -> pl.Series:
        return of.slice(place, size)

    is_separator, is_high = part == between, part > ord("9")
    is_end = part <= between if between == ord(",") else (part < ord(",")) | is_separator
    # To tell letters from digits would take longer than the comparisons do.
    is_digit, is_minus = part >= ord("0"), part == ord("-")
    if between > ord("9"):
        is_digit &= ~is_separator
    goes_on = _both(part == ord("0"), is_digit, 1)
    is_zero = at(0, is_end) & (at(1, goes_on) | (at(1, is_minus) & at(2, goes_on)))
    half = _both(is_minus, _both(is_digit, is_digit, 1), 1)
    is_day = at(1, half) & at(4, half) & at(7, is_end)
    single = (is_separator, is_end, is_high, part < ord(" "), part == 0x7F)
    found = (*(at(1, one) for one in single), is_zero, is_day)
    return (*(int(one.sum()) for one in found), _long(at(1, part)))


def separators_outside(lines: bytes, separator: str) -> int | None:
    """How many separators of whole lines are not in quotes.

    None if a quote is not at either end of a cell, or a quoted cell goes on in the next line.
    (A quote within a cell, which stands there twice, ends it and begins it again.)
    """
    found = start = 0
    while start < len(lines):
        end = lines.rfind(b"\n", start, start + _AT_ONCE) + 1 or lines.index(b"\n", start) + 1
        outside = _outside(lines[start:end], ord(separator))
        if outside is None:
            return None
        found, start = found + outside, end
    return found


def _outside(lines: bytes, between: int) -> int | None:
    part = pl.Series([b"\n", lines]).cast(pl.List(pl.UInt8)).explode()
    separators, quotes, ends = part == between, part == ord('"'), part == ord("\n")
    edges, size = separators | quotes | ends, len(lines) - 1
    here = quotes.slice(1, size)
    # A quote opens a cell or closes it, in turn.
    before, behind = edges.slice(0, size).filter(here), edges.slice(2).filter(here)
    if len(before) % 2 or not (before.gather_every(2) & behind.gather_every(2, 1)).all():
        return None

    def inside(signs: pl.Series) -> int:
        places = quotes.filter(quotes | signs).arg_true()
        return int((places.gather_every(2, 1) - places.gather_every(2) - 1).sum())

    return None if inside(ends) else int(separators.sum()) - inside(separators)


def _long(part: pl.Series) -> int:
    """How many times there are so many digits in a row."""
    rows = part.head(len(part) // _LONG * _LONG).reshape((-1, _LONG))
    has_no_end = rows.arr.min() >= ord("0")
    if not has_no_end.any():
        return 0
    return int((rows.filter(has_no_end).arr.max() <= ord("9")).sum())


def _both(here: pl.Series, there: pl.Series, far: int) -> pl.Series:
    """Where the one is, and the other so `far` behind."""
    size = min(len(here), len(there) - far)
    return here.slice(0, size) & there.slice(far, size)
