"""The rows of a CSV file, a piece at a time, each column as the engine reads it right and fast.

A column of yes and no, of days or of numbers is typed in the pieces in which all its cells are
plain. Other cells of elements come as codes of their texts, so that each distinct text is looked
at once.
"""

from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import IO, NamedTuple

import polars as pl

from trialscreen.tables.cohort.readers import text_codes
from trialscreen.tables.cohort.readers.cells import PLAIN_DAY, PLAIN_NUMBER
from trialscreen.tables.cohort.readers.csv_bytes import Counts, Told, counts_of, told
from trialscreen.tables.cohort.readers.csv_plain import CONTROLS
from trialscreen.tables.cohort.readers.opened import CellKind, NumberKind
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

_CONTROL = "[" + "".join(map(r"\x{:02x}".format, CONTROLS)) + "]"
_TRUTHS = ("true", "false")
_TYPED = (pl.Boolean, pl.Date, pl.Float64)
_FOUR_DIGITS = (date(1000, 1, 1), date(9999, 12, 31))
"""The first day with a year of four digits, and the last."""


def whole_lines(file: IO[bytes], start: int, *, is_packed: bool) -> Iterator[bytes]:
    """Some lines at a time from a byte on; the last may lack its end."""
    file.seek(start)
    while data := file.read(PIECE) if is_packed else _whole(file, start):
        if is_packed and not data.endswith(b"\n"):
            data += file.readline(LONGEST_LINE)
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
        self._schema: dict[str, pl.DataType] = dict.fromkeys(names, pl.String())
        self._codes: dict[str, _Codes] = {}
        self._numbers: dict[str, NumberKind] = {}
        self._is_typed_at_once = True
        self._is_looked_at = False
        self._has_quotes = False
        for name in self._schema:
            match kinds.get(name):
                case "truth":
                    self._schema[name] = pl.Boolean()
                case "day":
                    self._schema[name] = pl.Date()
                case "words":
                    self._begin(name)
                case NumberKind() as kind:
                    self._schema[name], self._numbers[name] = pl.Float64(), kind

    def read(self, data: bytes, only: Sequence[str] | None = None) -> pl.DataFrame:
        """Records of a file that is plain; `only` some columns, as texts."""
        self._has_quotes = b'"' in data
        if only is not None:
            texts = dict.fromkeys(self._schema, pl.String())
            return self._scanned(data, texts).select(pl.selectors.by_name(only)).collect()
        self._forget()
        is_simple = not self._has_quotes and b"\r" not in data
        return self._read(data, told(data, self._separator) if is_simple else None).frame

    def read_if_plain(self, data: bytes) -> pl.DataFrame | None:
        """Lines of which nothing is known; None if they are not plain for certain.

        They are if no byte is a quote, and there are as many lines as rows, and as many separators
        as rows with a cell for each title have. (For more cells the engine raises an error, as for
        bytes that are no UTF-8.)
        """
        if len(data) > PIECE + LONGEST_LINE or b"\r" in data[:_FIRST] or b'"' in data:
            return None
        self._forget()
        self._has_quotes = False
        about = told(data, self._separator)
        try:
            found = self._read(data, about)
        except pl.exceptions.PolarsError:
            return None
        frame, rows = found.frame, len(found.frame)
        lines = rows if found.is_right else data.count(b"\n")
        if lines != rows or about.separators != rows * (frame.width - 1) or _has_blank_row(frame):
            return None
        ends = rows + (about.separators if self._separator == "\t" else 0)
        if about.controls == ends:
            return frame
        return None if b"\r" in data or _has_controls(frame, found.new) else frame

    def _read(self, data: bytes, about: Told | None) -> "_Read":
        """Typed as far as that is right, by what is told `about` the data if that is known."""
        new: list[pl.Series] = []
        if about is not None and self._is_typed_at_once:
            self._look_at_first(data)
            try:
                frame = self._cells(data, self._schema)
            except pl.exceptions.PolarsError:
                pass
            else:
                new = self._learned(frame)
                if self._is_right(frame, about):
                    return _Read(frame, new, is_right=True)
        typed = self._typed()
        frame = self._by_texts(data)
        # What stands in columns of texts has misled us, and may do so again.
        self._is_typed_at_once &= self._typed() != typed
        return _Read(frame, [*new, *self._learned(frame)], is_right=False)

    def _look_at_first(self, data: bytes) -> None:
        """Most columns with other cells are found in a few lines, for less than in a piece."""
        if not self._is_looked_at and 0 < (end := data.find(b"\n", _FIRST) + 1) < len(data):
            self._by_texts(data[:end])
        self._is_looked_at = True

    def _cells(self, data: bytes, schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
        return self._scanned(data, schema).collect()

    def _scanned(self, data: bytes, schema: Mapping[str, pl.DataType]) -> pl.LazyFrame:
        mark = BOM_UTF8 if data.startswith(BOM_UTF8) else b""  # the engine leaves out one
        return pl.scan_csv(
            mark + data,
            has_header=False,
            separator=self._separator,
            quote_char='"' if self._has_quotes else None,
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
            elif column.dtype == pl.Float64:
                usable.append(self._numbers[column.name].are_usable(pl.nth(place)).all())
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
            for place, count in enumerate(codes.counts):
                if count.sum():
                    found[place] += int(count.gather(code).sum())
        return Counts(*found)

    def _typed(self) -> Mapping[str, pl.DataType]:
        return {name: kind for name, kind in self._schema.items() if kind in _TYPED}

    def _by_texts(self, data: bytes) -> pl.DataFrame:
        """Columns are typed in which all cells are plain; others are not typed from now on."""
        typed = self._typed()
        frame = self._cells(data, {**self._schema, **dict.fromkeys(typed, pl.String())})
        cells = (
            self._plain(name, kind, pl.nth(frame.get_column_index(name)))
            for name, kind in typed.items()
        )
        found = frame.select(cells).get_columns()
        plain = [one for one in found if one.null_count() == frame[one.name].null_count()]
        for name in typed.keys() - {one.name for one in plain}:
            if self._numbers.pop(name, None) is not None:
                self._begin(name)
            else:
                self._schema[name] = pl.String()
        return frame.with_columns(plain)

    def _plain(self, name: str, kind: pl.DataType, text: pl.Expr) -> pl.Expr:
        """The values of plain cells."""
        if kind == pl.Boolean:
            lower = text.str.to_lowercase()
            return pl.when(lower.is_in(_TRUTHS)).then(lower == "true")
        if kind == pl.Date:
            day = text.str.to_date("%Y-%m-%d", strict=False, cache=False)
            return pl.when(text.str.contains(PLAIN_DAY)).then(day)
        number = text.cast(pl.Float64, strict=False)
        is_plain = text.str.contains(PLAIN_NUMBER) & self._numbers[name].are_usable(number)
        return pl.when(is_plain).then(number)

    # Codes of texts.

    def _begin(self, name: str) -> None:
        codes = self._codes[name] = _Codes()
        self._schema[name] = codes.kind

    def _learned(self, frame: pl.DataFrame) -> list[pl.Series]:
        """The texts of a piece that are new."""
        coded = [one for one in frame.get_columns() if one.name in self._codes]
        known = (one for one in coded if isinstance(one.dtype, pl.Categorical))
        return [new for one in known for new in self._codes[one.name].learned(one)]

    def _forget(self) -> None:
        """Before a piece: columns with many texts begin anew; those with too many have no codes."""
        for name, codes in [*self._codes.items()]:
            if codes.are_of_no_use:
                del self._codes[name]
                self._schema[name] = pl.String()
            elif len(codes.counts) > MOST_CODES:
                self._begin(name)


class _Read(NamedTuple):
    """A piece, and the texts of codes that were new; `is_right`: it was typed at once, rightly."""

    frame: pl.DataFrame
    new: Sequence[pl.Series]
    is_right: bool


class _Codes:
    """The texts of a column by their codes; `counts` are theirs."""

    def __init__(self) -> None:
        self._alive = text_codes.begun()
        self.kind = self._alive.dtype
        self.counts = pl.DataFrame(schema=dict.fromkeys(Counts._fields, pl.UInt32()))
        self.are_of_no_use = False

    def learned(self, column: pl.Series) -> Iterator[pl.Series]:
        """The texts that are new in a column, if any."""
        if (new := text_codes.new_texts(column, len(self.counts))) is not None:
            counts = new.to_frame().select(counts_of(pl.nth(0)))
            self.counts = pl.concat([self.counts, counts], rechunk=True)
            self.are_of_no_use = len(new) > max(len(column) / 4, 1000)
            yield new


def _has_controls(frame: pl.DataFrame, others: Sequence[pl.Series]) -> bool:
    texts = pl.selectors.string().str.contains(_CONTROL)
    new = bool(others) and pl.concat(others).str.contains(_CONTROL).any()
    return bool(new) or any(one.any() for one in frame.select(texts.any()).get_columns())


def _has_blank_row(frame: pl.DataFrame) -> bool:
    """Whether there is a row in which all cells are blank."""
    columns = frame.get_columns()
    fullest = min(range(len(columns)), key=lambda place: columns[place].null_count())
    if _begin_visibly(columns[fullest]):
        return False
    is_suspect = frame.select(_is_blank(frame, fullest)).to_series()
    if not is_suspect.any():
        return False
    suspects = frame.filter(is_suspect)
    blank = (_is_blank(suspects, place) for place in range(len(columns)))
    return bool(suspects.select(pl.all_horizontal(blank).any()).item())


def _begin_visibly(column: pl.Series) -> bool:
    """Whether all cells are texts that begin with a visible character of ASCII."""
    if not isinstance(column.dtype, pl.String) or column.null_count():
        return False
    least, most = column.min(), column.max()
    return isinstance(least, str) and isinstance(most, str) and "!" <= least <= most <= "~"


def _is_blank(frame: pl.DataFrame, place: int) -> pl.Expr:
    cell = pl.nth(place)
    if not isinstance(frame.to_series(place).dtype, pl.String | pl.Categorical):
        return cell.is_null()
    return (cell.cast(pl.String).str.strip_chars(BLANKS) == "").fill_null(value=True)
