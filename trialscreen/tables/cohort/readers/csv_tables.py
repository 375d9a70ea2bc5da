"""CSV files, also with tabs: every cell as the text that Python's csv reads, or refused.

Most files are plain from beginning to end: the engine reads them. From the first piece on that is
not plain for certain, rows are read by Python's csv, which refuses what has two readings, is
cut, or has other cells than titles, each with its line.
"""

import gzip
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from io import TextIOWrapper
from pathlib import Path

import polars as pl
from polars.io.plugins import register_io_source

from trialscreen.tables.cohort.readers.csv_pieces import PieceReader, whole_lines
from trialscreen.tables.cohort.readers.csv_records import Layout, Records, layout_of
from trialscreen.tables.cohort.readers.opened import Asked, CellKind, Tables, typed_where_plain
from trialscreen.tables.cohort.readers.utf8_copies import CHUNK, in_utf8, open_bytes
from trialscreen.text.characters import count_of, shown, some


def open_table(path: Path, asked: Asked) -> Tables:
    """The rows of a CSV file; those that are blank are left out. Raises InputError."""
    path = in_utf8(path, asked)
    file = _File(path, layout_of(path, asked.origin), asked.origin)
    if asked.at_once:
        deque(file.pieces({}), maxlen=0)
    schema = pl.Schema(dict.fromkeys(file.layout.names, pl.String()))
    return Tables(
        *(file.frame(), schema, file.counted, True, file.notes),
        blank=file.blank,
        pieces=file.pieces,
    )


class _File:
    """The rows of a CSV file, in order; `notes` and `blank`, as of `Tables`, come with them."""

    def __init__(self, path: Path, layout: Layout, origin: str) -> None:
        self._path, self.layout, self._origin = path, layout, origin
        self.notes: list[str] = []
        self.blank: list[int] = []
        self._rows = 0
        self._is_read = False
        self._plain_until = 0
        """The byte before which all is known to be plain."""

    def counted(self) -> int:
        """How many rows there are; before they are read, as many as there are lines."""
        if self._is_read:
            return self._rows
        with open_bytes(self._path) as file:
            file.seek(self.layout.bytes)
            lines, last = 0, b"\n"
            while data := file.read(CHUNK):
                lines, last = lines + data.count(b"\n"), data[-1:]
            return lines + (last != b"\n")

    def pieces(
        self, kinds: Mapping[str, CellKind], only: Collection[str] | None = None
    ) -> Iterator[pl.DataFrame]:
        """As `opened.Pieces`; `only` some columns, as texts. May raise InputError."""
        reader = PieceReader(self.layout.names, self.layout.separator, kinds)
        rows, place, rest = 0, self.layout.bytes, False
        with open_bytes(self._path) as file:
            for data in whole_lines(file, place, is_packed=isinstance(file, gzip.GzipFile)):
                lines = data if data.endswith(b"\n") else data + b"\n"
                if only is not None and place < self._plain_until:
                    piece: pl.DataFrame | None = reader.texts(lines, only)
                else:
                    piece = reader.read_if_plain(lines)
                if rest := piece is None:
                    break
                rows, place = rows + len(piece), place + len(data)
                yield _chosen(piece, only)
        self._plain_until = place
        if rest:
            for piece in self._others(place, rows):
                rows += len(piece)
                yield typed_where_plain(_chosen(piece, only), kinds)
        self._rows, self._is_read = rows, True

    def _others(self, place: int, above: int) -> Iterator[pl.DataFrame]:
        """The rows from a byte on, below so many others, as texts."""
        names = self.layout.names
        lacking: Sequence[str] = ()
        blank = [] if self._is_read else self.blank
        with open_bytes(self._path) as file:
            file.seek(place)
            text = TextIOWrapper(file, "utf-8", "surrogateescape", newline="")
            records = Records(text, self.layout, above, self._origin, blank)
            for rows in records.some():
                lacking = names[records.cells :]
                cells = ([cell or None for cell in column] for column in zip(*rows, strict=True))
                piece = pl.DataFrame([*cells], dict.fromkeys(names[: records.cells], pl.String()))
                yield piece.with_columns(pl.lit(None, pl.String).alias(one) for one in lacking)
        if self._is_read:
            return
        if blank:
            self.notes.append(f"{self._origin}: {count_of(len(blank), 'blank row')} left out")
        if lacking:
            listed = some([shown(name) for name in lacking])
            self.notes.append(f"{self._origin}: no row has a cell for {listed}")

    def frame(self) -> pl.LazyFrame:
        """All cells as texts."""

        def texts(
            columns: list[str] | None, where: pl.Expr | None, most: int | None, _size: int | None
        ) -> Iterator[pl.DataFrame]:
            for piece in self.pieces({}, columns):
                rows = piece if where is None else piece.filter(where)
                if most is not None:
                    rows = rows.head(most)
                    most -= len(rows)
                yield rows

        return register_io_source(texts, schema=dict.fromkeys(self.layout.names, pl.String()))


def _chosen(piece: pl.DataFrame, only: Collection[str] | None) -> pl.DataFrame:
    return piece if only is None else piece.select(pl.selectors.by_name(only))
