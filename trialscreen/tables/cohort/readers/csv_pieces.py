"""The rows of a CSV file, a piece at a time, each column as the engine reads it right and fast.

A column of yes and no, or of days, is typed in the pieces in which all its cells are plain. Other
cells of elements come as codes of their texts, so that each distinct text is looked at once.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import IO

import polars as pl

from trialscreen.tables.cohort.readers.cells import PLAIN_DAY, PLAIN_NUMBER
from trialscreen.tables.cohort.readers.csv_plain import CONTROLS, is_utf8
from trialscreen.tables.cohort.readers.opened import CellKind, values_of
from trialscreen.text.characters import BLANKS

PIECE = 16 << 20
"""Bytes of a file at a time: enough for the fixed cost of a batch, small in memory."""
LONGEST_LINE = 10_000_000
MOST_CODES = 30_000
"""Distinct texts of a column known by their codes; with more than these it begins anew."""

_CONTROL = "[" + "".join(map(r"\x{:02x}".format, CONTROLS)) + "]"


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
        self._truths = [name for name in self._schema if kinds.get(name) == "truth"]
        self._days = [name for name in self._schema if kinds.get(name) == "day"]
        self._numbers = [name for name in self._schema if kinds.get(name) == "number"]
        self._schema |= dict.fromkeys(self._truths, pl.Boolean())
        self._codes: dict[str, _Codes] = {}
        for name in self._schema:
            if kinds.get(name) == "words":
                self._begin(name)

    def read(self, data: bytes, only: Sequence[str] | None = None) -> pl.DataFrame:
        """Records of a file that is plain; `only` some columns, as texts."""
        if only is not None:
            texts = dict.fromkeys(self._schema, pl.String())
            return self._scanned(data, texts).select(pl.selectors.by_name(only)).collect()
        self._forget()
        frame = self._parsed(data)
        self._learned(frame)
        return self._typed(frame)[0]

    def read_if_plain(self, data: bytes) -> pl.DataFrame | None:
        """Lines of which nothing is known; None if they are not plain for certain.

        They are if no byte is a quote, and all bytes are those of the cells and of what stands
        between as many cells as there are titles. (For more cells the engine raises an error.)
        """
        if len(data) > PIECE + LONGEST_LINE or b'"' in data or b"\r" in data or not is_utf8(data):
            return None
        self._forget()
        try:
            frame = self._parsed(data)
        except pl.exceptions.PolarsError:
            return None
        new = self._learned(frame)
        size = len(frame) * frame.width + self._bytes_in_cells(frame)
        if size != len(data) or _has_blank_row(frame):
            return None
        frame, unknown = self._typed(frame)
        return None if _has_controls(frame, unknown, new) else frame

    def _parsed(self, data: bytes) -> pl.DataFrame:
        try:
            return self._cells(data, self._schema)
        except pl.exceptions.PolarsError:
            if not self._truths:
                raise
        texts = dict.fromkeys(self._truths, pl.String())
        frame = self._cells(data, {**self._schema, **texts})
        for name in texts:
            if not frame[name].str.to_lowercase().is_in(["true", "false"]).all():
                self._truths.remove(name)
                self._schema[name] = pl.String()
        return frame

    def _cells(self, data: bytes, schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
        return self._scanned(data, schema).collect()

    def _scanned(self, data: bytes, schema: Mapping[str, pl.DataType]) -> pl.LazyFrame:
        return pl.scan_csv(
            data,
            has_header=False,
            separator=self._separator,
            quote_char='"' if b'"' in data else None,
            schema=schema,
        )

    def _typed(self, frame: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
        """With columns of days and numbers where all cells are plain; and what is text still."""
        patterns = dict.fromkeys(self._days, PLAIN_DAY) | dict.fromkeys(self._numbers, PLAIN_NUMBER)
        texts = {name: pl.nth(frame.get_column_index(name)) for name in patterns}
        fits = (text.str.contains(patterns[name]).all() for name, text in texts.items())
        plain = {one.name for one in frame.select(fits).get_columns() if one.all()}
        for name in self._numbers:
            if name not in plain:  # from now on
                self._begin(name)
        self._numbers = [name for name in self._numbers if name in plain]
        days = (texts[name] for name in self._days if name in plain)
        real = [
            day
            for day in frame.select(_as_days(days)).get_columns()
            if day.null_count() == frame[day.name].null_count()
        ]
        self._days = [day.name for day in real]
        numbers = [texts[name].cast(pl.Float64).alias(values_of(name)) for name in self._numbers]
        kinds = frame.schema.items()
        others = [name for name, kind in kinds if kind == pl.String and name not in plain]
        return frame.with_columns(*real, *numbers), others

    # Codes of texts.

    def _begin(self, name: str) -> None:
        kind = pl.Categorical(pl.Categories.random())
        self._schema[name], self._codes[name] = kind, _Codes(kind)

    def _learned(self, frame: pl.DataFrame) -> list[pl.Series]:
        """The texts of a piece that are new."""
        return [new for name, codes in self._codes.items() for new in codes.learned(frame[name])]

    def _bytes_in_cells(self, frame: pl.DataFrame) -> int:
        lengths = []
        total = 0
        for place, column in enumerate(frame.get_columns()):
            if column.dtype == pl.Boolean:
                total += 5 * (len(column) - column.null_count()) - int(column.sum())
                continue
            cell = pl.nth(place)
            if column.name in self._codes:
                known = pl.lit(self._codes[column.name].lengths)
                length = known.gather(cell.to_physical())
            else:
                length = cell.str.len_bytes()
            lengths.append(length.sum().alias(str(place)))
        return total + int(sum(frame.select(lengths).row(0)))

    def _forget(self) -> None:
        """Before a piece: columns with many texts begin anew; those with too many have no codes."""
        for name, codes in [*self._codes.items()]:
            if codes.are_of_no_use:
                del self._codes[name]
                self._schema[name] = pl.String()
            elif len(codes.lengths) > MOST_CODES:
                self._begin(name)


class _Codes:
    """The texts of a column by their codes; `lengths` are theirs in bytes."""

    def __init__(self, kind: pl.Categorical) -> None:
        # Codes mean the same as long as there is some column of them.
        self._alive = pl.Series([], dtype=kind)
        self.lengths = pl.Series([], dtype=pl.UInt32)
        self.are_of_no_use = False

    def learned(self, column: pl.Series) -> Iterator[pl.Series]:
        """The texts that are new in a column, if any."""
        known, last = len(self.lengths), column.to_physical().max()
        if isinstance(last, int) and last >= known:
            codes = pl.int_range(known, last + 1, dtype=pl.UInt32, eager=True)
            new = codes.cat.to(column.dtype).cast(pl.String)
            self.lengths = pl.concat([self.lengths, new.str.len_bytes()], rechunk=True)
            self.are_of_no_use = len(new) > max(len(column) / 4, 1000)
            yield new


def _as_days(texts: Iterable[pl.Expr]) -> Iterator[pl.Expr]:
    return (text.str.to_date("%Y-%m-%d", strict=False, cache=False) for text in texts)


def _has_controls(frame: pl.DataFrame, names: Sequence[str], others: Sequence[pl.Series]) -> bool:
    texts = pl.selectors.by_name(names).str.contains(_CONTROL)
    new = bool(others) and pl.concat(others).str.contains(_CONTROL).any()
    return bool(new) or any(one.any() for one in frame.select(texts.any()).get_columns())


def _has_blank_row(frame: pl.DataFrame) -> bool:
    """Whether there is a row in which all cells are blank."""
    columns = frame.get_columns()
    fullest = min(range(len(columns)), key=lambda place: columns[place].null_count())
    is_suspect = frame.select(_is_blank(frame, fullest)).to_series()
    if not is_suspect.any():
        return False
    suspects = frame.filter(is_suspect)
    blank = (_is_blank(suspects, place) for place in range(len(columns)))
    return bool(suspects.select(pl.all_horizontal(blank).any()).item())


def _is_blank(frame: pl.DataFrame, place: int) -> pl.Expr:
    cell = pl.nth(place)
    if not isinstance(frame.to_series(place).dtype, pl.String | pl.Categorical):
        return cell.is_null()
    return (cell.cast(pl.String).str.strip_chars(BLANKS) == "").fill_null(value=True)
