"""The rows of a CSV file, a piece at a time, each column as the engine reads it right and fast.

A column of yes and no, of days or of numbers is typed in the pieces in which all its cells are
plain. Other cells of elements come as codes of their texts, so that each distinct text is looked
at once.

The engine reads more as numbers and days than the parser does: `007`, `1e5`, ` 7.1`, `2026-3-1`.
Whether a cell is one of these is counted in the bytes of the file, for no more than a glance at
each, and again in the cells that were read as texts: if the counts agree, it is none of the others.
"""

from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from gzip import GzipFile
from typing import IO, NamedTuple

import polars as pl

from trialscreen.tables.cohort.readers.opened import (
    CellKind,
    Distinct,
    NumberKind,
    Piece,
    typed_where_plain,
)
from trialscreen.text.characters import BLANKS

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


PIECE = 30 << 20
"""Bytes of a file at a time: enough for the fixed cost of a batch, small in memory.

Below 32 MB: more than that, glibc asks of the kernel each time, which costs as much as reading it.
"""
_FIRST = 1 << 18
"""Bytes of the first piece that are looked at before it."""
LONGEST_LINE = 10_000_000
MOST_CODES = 30_000
"""Distinct texts of a column known by their codes; with more than these it begins anew."""

CONTROLS = bytes({*range(0x20), 0x7F} - {*b"\t\n\r"})
_FOUR_DIGITS = (date(1000, 1, 1), date(9999, 12, 31))
"""The first day with a year of four digits, and the last."""


def whole_lines(file: IO[bytes], start: int) -> Iterator[bytes]:
    """Some lines at a time from a byte on. The last of the file gets an end, if it has none.

    Only a line that is too long to be read in a piece is without one.
    """
    file.seek(start)
    is_packed = isinstance(file, GzipFile)
    while data := file.read(PIECE) if is_packed else _whole(file, start):
        if not data.endswith(b"\n"):
            rest = file.readline(LONGEST_LINE)
            is_last = not rest.endswith(b"\n") and len(rest) < LONGEST_LINE
            data += rest + b"\n" if is_last else rest
        yield data
        start += len(data)


def _whole(file: IO[bytes], start: int) -> bytes:
    """The lines of a piece, in one go, which saves copying them."""
    file.seek(start + PIECE)
    end = start + PIECE + len(file.readline(LONGEST_LINE))
    file.seek(start)
    return file.read(end - start)


class PieceReader:
    """Reads pieces of a file with these columns, and remembers what it has met in each.

    `kinds` says of columns what their cells are; the others are read as texts.
    """

    def __init__(self, names: Iterable[str], separator: str, kinds: Mapping[str, CellKind]) -> None:
        self._separator = separator
        self._kinds = {name: kinds.get(name) for name in names}
        words = (name for name, kind in self._kinds.items() if kind == "words")
        self._codes = {name: Distinct(_counted) for name in words}
        self._of_no_use: set[str] = set()
        self._is_typed_at_once = True
        self._is_looked_at = False

    def read_if_plain(self, data: bytes) -> Piece | None:
        """Lines of which nothing is known; None if they are not plain for certain.

        They are if no quote has two readings, and there are as many lines as rows, and as many
        separators as rows with a cell for each title have, but for blank ones. (For more cells
        the engine raises an error, as for bytes that are no UTF-8.)
        """
        data = data.replace(b"\r\n", b"\n") if b"\r" in data else data
        is_cut = len(data) >= PIECE + LONGEST_LINE or not data.endswith(b"\n")
        if is_cut or b"\r" in data:
            return None
        about = None if b'"' in data else told(data, self._separator)
        separators = about.separators if about else separators_outside(data, self._separator)
        if separators is None:
            return None
        self._forget()
        try:
            frame = None
            if about is not None and self._is_typed_at_once:
                frame = self._typed_at_once(data, about)
            lines = data.count(b"\n") if frame is None else len(frame)
            if frame is None:
                kinds = [*self._kinds.values()]
                frame = self._by_texts(data)
                # What stands in columns of texts has misled us, and may do so again.
                self._is_typed_at_once &= about is None or kinds != [*self._kinds.values()]
        except pl.exceptions.PolarsError:
            return None
        if lines != len(frame):
            return None
        ends = lines + (separators if self._separator == "\t" else 0)
        has_controls = about is None or about.controls != ends
        if has_controls and len(data.translate(None, CONTROLS)) < len(data):
            return None
        blank = _blank_rows(frame)
        if blank:
            texts, separator = data.split(b"\n"), self._separator.encode()
            separators -= sum(texts[row].count(separator) for row in blank)
            frame = frame.filter(~pl.int_range(pl.len()).is_in(blank))
        return Piece(frame, blank) if separators == len(frame) * (frame.width - 1) else None

    def _typed_at_once(self, data: bytes, about: Told) -> pl.DataFrame | None:
        """The cells as the engine types them, if that is right by what is told `about` the data."""
        # Most columns with other cells are found in a few lines, for less than in a piece.
        if not self._is_looked_at and 0 < (end := data.find(b"\n", _FIRST) + 1) < len(data):
            self._by_texts(data[:end])
        self._is_looked_at = True
        try:
            frame = self._read(data, typed=True)
        except pl.exceptions.PolarsError:
            return None
        return frame if self._is_right(frame, about) else None

    def _by_texts(self, data: bytes) -> pl.DataFrame:
        """Columns are typed in which all cells are plain; others are not typed from now on."""
        frame = typed_where_plain(self._read(data, typed=False), self._kinds)
        for name, is_text in frame.schema.items():
            kind = self._kinds[name]
            if is_text == pl.String and kind is not None:
                self._kinds[name] = None
                if isinstance(kind, NumberKind):
                    self._kinds[name], self._codes[name] = "words", Distinct(_counted)
        return frame

    def _read(self, data: bytes, *, typed: bool) -> pl.DataFrame:
        """All cells: typed, texts, and codes of texts."""
        schema: dict[str, pl.DataType] = dict.fromkeys(self._kinds, pl.String())
        for name, kind in self._kinds.items() if typed else ():
            match kind:
                case "truth":
                    schema[name] = pl.Boolean()
                case "day":
                    schema[name] = pl.Date()
                case NumberKind():
                    schema[name] = pl.Float64()
        mark = BOM_UTF8 if data.startswith(BOM_UTF8) else b""  # the engine leaves out one
        frame = pl.scan_csv(
            mark + data,
            has_header=False,
            separator=self._separator,
            quote_char='"' if b'"' in data else None,
            schema=schema,
        ).collect()
        # The engine could read codes at once, but takes longer for it.
        return frame.with_columns(self._coded(frame[name]) for name in self._codes)

    def _coded(self, texts: pl.Series) -> pl.Series:
        """The codes of some texts, of which none is new from now on."""
        codes = texts.cast(self._codes[texts.name].codes)
        new = self._codes[texts.name].learn(codes)
        if new > max(len(codes) / 4, 1000):
            self._of_no_use.add(texts.name)
        return codes

    # Typed cells.

    def _is_right(self, frame: pl.DataFrame, about: Told) -> bool:
        """Whether what the engine has typed is plain, and every line is a row."""
        others, zeros, days = self._counts_of_texts(frame)
        usable: list[pl.Expr] = []
        for place, column in enumerate(frame.get_columns()):
            if column.dtype == pl.Boolean:
                others += column.count() * len("false") - int(column.sum())
            elif column.dtype == pl.Date:
                days += column.count()
                usable.append(pl.nth(place).is_between(*_FOUR_DIGITS).all())
            elif isinstance(kind := self._kinds[column.name], NumberKind):
                usable.append(kind.are_usable(pl.nth(place)).all())
        is_plain = about.are_short and about.counts == (others + len(frame), zeros, days)
        return is_plain and all(frame.select(pl.lit(value=True), *usable).row(0))

    def _counts_of_texts(self, frame: pl.DataFrame) -> Counts:
        texts = [column for column in frame.get_columns() if column.dtype == pl.String]
        lines = "".join(
            f"{cells}\n" for text in texts for cells in text.drop_nulls().str.join("\n")
        )
        counts = told(lines.encode(), self._separator).counts
        found = [counts.others - lines.count("\n"), counts.zeros, counts.days]
        for name, codes in self._codes.items():
            code = frame[name].to_physical()
            for place, count in enumerate(codes.known):
                if count.sum():
                    found[place] += int(count.gather(code).sum())
        return Counts(*found)

    def _forget(self) -> None:
        """Before a piece: columns with many texts begin anew; those with too many have no codes."""
        for name, codes in [*self._codes.items()]:
            if name in self._of_no_use:
                del self._codes[name]
                self._kinds[name] = None
            elif len(codes.known) > MOST_CODES:
                self._codes[name] = Distinct(_counted)


def _counted(texts: pl.Series) -> pl.DataFrame:
    """The counts of each."""
    return texts.to_frame().select(counts_of(pl.nth(0)))


def _blank_rows(frame: pl.DataFrame) -> list[int]:
    """The places of rows in which all cells are blank."""
    fullest = min(frame.get_columns(), key=pl.Series.null_count)
    suspects = _is_blank(fullest.to_frame()).arg_true()
    if suspects.is_empty():
        return []  # to look at all columns of no rows takes a while as well
    return suspects.filter(_is_blank(frame[suspects])).to_list()


def _is_blank(frame: pl.DataFrame) -> pl.Series:
    """In which rows all cells are blank."""
    texts = pl.selectors.string() | pl.selectors.categorical()
    is_blank = texts.cast(pl.String).str.strip_chars(BLANKS).fill_null("") == ""
    return frame.select(pl.all_horizontal(is_blank, (~texts).is_null())).to_series()
