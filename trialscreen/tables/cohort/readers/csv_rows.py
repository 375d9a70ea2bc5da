"""All rows of a CSV file, in order: by pieces that are plain for certain, and then the rest.

Most files are so from beginning to end, and are read once. From the first piece on that is not,
the file is looked at in full before it is read on: proved to be plain, written anew, or refused.
"""

import gzip
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl
from polars.io.plugins import register_io_source

from trialscreen.tables.cohort.readers.csv_pieces import PIECE, PieceReader, whole_lines
from trialscreen.tables.cohort.readers.csv_plain import Plain, records
from trialscreen.tables.cohort.readers.opened import CellKind
from trialscreen.tables.cohort.readers.utf8_copies import CHUNK, open_bytes


class Rest(NamedTuple):
    """What is known to be plain: the rows in `path` from byte `start` to the end."""

    path: Path
    start: int
    plain: Plain


class CsvRows:
    """The rows with columns of these `names` that begin at byte `start` of a file.

    `look` looks at the rest of the file, from a byte on, below so many rows; it may raise
    InputError.
    """

    def __init__(
        self,
        path: Path,
        start: int,
        names: Sequence[str],
        separator: str,
        look: Callable[[int, int], Rest],
    ) -> None:
        self._path, self._start = path, start
        self._names, self._separator = tuple(names), separator
        self._look = look
        self._rows = 0
        """Those before the rest, once it is known; 0 if all is the rest."""
        self._rest: Rest | None = None
        self._is_read = False

    def look(self) -> Plain:
        """Looks at all of the file, which is not to be read in any other way."""
        self._rest = self._look(self._start, 0)
        return self._rest.plain

    def counted(self) -> int:
        """How many rows there are; before they are read, as many as there are lines."""
        if self._rest is not None:
            return self._rows + self._rest.plain.rows
        return self._rows if self._is_read else self._lines()

    def _lines(self) -> int:
        with open_bytes(self._path) as file:
            file.seek(self._start)
            lines, last = 0, b"\n"
            while data := file.read(CHUNK):
                lines, last = lines + data.count(b"\n"), data[-1:]
            return lines + (last != b"\n")

    def pieces(
        self, kinds: Mapping[str, CellKind], only: Sequence[str] | None = None
    ) -> Iterator[pl.DataFrame]:
        """As `opened.Pieces`; `only` some columns."""
        if self._rest is None or self._rows:
            yield from self._plain_for_certain(kinds, only)
        if self._rest is not None:
            yield from self._of_rest(self._rest, kinds, only)

    def _plain_for_certain(
        self, kinds: Mapping[str, CellKind], only: Sequence[str] | None
    ) -> Iterator[pl.DataFrame]:
        """The rows before the rest; if these are not known yet, they become so."""
        is_known = self._is_read or self._rest is not None
        reader = PieceReader(self._names, self._separator, kinds)
        rows, place = 0, self._start
        with open_bytes(self._path) as file:
            for data in whole_lines(file, place, is_packed=isinstance(file, gzip.GzipFile)):
                if is_known and self._rest is not None and rows == self._rows:
                    return
                lines = data if data.endswith(b"\n") else data + b"\n"
                if is_known:
                    yield (frame := reader.read(lines, only))
                    rows += len(frame)
                    continue
                found = reader.read_if_plain(lines)
                if found is None:
                    self._rest = self._look(place, rows)
                    self._rows = rows
                    return
                rows, place = rows + len(found), place + len(data)
                yield found if only is None else found.select(pl.selectors.by_name(only))
        if not is_known:
            self._rows, self._is_read = rows, True

    def _of_rest(
        self, rest: Rest, kinds: Mapping[str, CellKind], only: Sequence[str] | None
    ) -> Iterator[pl.DataFrame]:
        if not rest.plain.rows:
            return
        there, lacking = self._names[: rest.plain.cells], self._names[rest.plain.cells :]
        reader = PieceReader(there, self._separator, kinds)
        nulls = [pl.lit(None, pl.String).alias(name) for name in lacking]
        wanted = None if only is None else [name for name in there if name in only] or there[:1]
        with open_bytes(rest.path) as file:
            file.seek(rest.start)
            for data in records(file, PIECE):
                assert data is not None, "it is plain"
                frame = reader.read(data, wanted).with_columns(nulls)
                yield frame if only is None else frame.select(pl.selectors.by_name(only))

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

        return register_io_source(texts, schema=dict.fromkeys(self._names, pl.String()))
