"""The rows of a CSV file, a piece at a time, each column as the engine reads it right and fast.

A column of yes and no, of days or of numbers is typed in the pieces in which all its cells are
plain. Other cells of elements come as codes of their texts, so that each distinct text is looked
at once.
"""

from codecs import BOM_UTF8
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from gzip import GzipFile
from typing import IO, NamedTuple

import polars as pl

from trialscreen.tables.cohort.readers.csv_bytes import (
    Counts,
    Told,
    counts_of,
    separators_outside,
    told,
)
from trialscreen.tables.cohort.readers.opened import (
    CellKind,
    Distinct,
    NumberKind,
    typed_where_plain,
)
from trialscreen.text.characters import BLANKS

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


class Piece(NamedTuple):
    """The rows of some lines, one each, but for the `blank` lines at these places."""

    rows: pl.DataFrame
    blank: Sequence[int] = ()


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

    def texts(self, data: bytes, only: Collection[str]) -> Piece:
        """Some columns of lines that are plain, and not blank."""
        frame = self._scanned(data, dict.fromkeys(self._kinds, pl.String()))
        return Piece(frame.select(pl.selectors.by_name(only)).collect())

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
        self._look_at_first(data)
        try:
            frame = self._read(data, typed=True)
        except pl.exceptions.PolarsError:
            return None
        return frame if self._is_right(frame, about) else None

    def _look_at_first(self, data: bytes) -> None:
        """Most columns with other cells are found in a few lines, for less than in a piece."""
        if not self._is_looked_at and 0 < (end := data.find(b"\n", _FIRST) + 1) < len(data):
            self._by_texts(data[:end])
        self._is_looked_at = True

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
        frame = self._scanned(data, schema).collect()
        # The engine could read codes at once, but takes longer for it.
        return frame.with_columns(self._coded(frame[name]) for name in self._codes)

    def _coded(self, texts: pl.Series) -> pl.Series:
        """The codes of some texts, of which none is new from now on."""
        codes = texts.cast(self._codes[texts.name].codes)
        new = self._codes[texts.name].learn(codes)
        if new > max(len(codes) / 4, 1000):
            self._of_no_use.add(texts.name)
        return codes

    def _scanned(self, data: bytes, schema: Mapping[str, pl.DataType]) -> pl.LazyFrame:
        mark = BOM_UTF8 if data.startswith(BOM_UTF8) else b""  # the engine leaves out one
        return pl.scan_csv(
            mark + data,
            has_header=False,
            separator=self._separator,
            quote_char='"' if b'"' in data else None,
            schema=schema,
        )

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
