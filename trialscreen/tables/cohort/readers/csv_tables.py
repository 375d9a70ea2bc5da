"""CSV files, also with tabs: every cell as the text that Python's csv reads, or refused.

Most files are plain from beginning to end: the engine reads them. From the first piece on that is
not plain for certain, rows are read by Python's csv, which refuses what has two readings, is
cut, or has other cells than titles, each with its line.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, NamedTuple

import polars as pl

from trialscreen.model.errors import InputError, Problem, refuse
from trialscreen.tables.cohort.readers import csv_pieces
from trialscreen.tables.cohort.readers.opened import (
    Asked,
    CellKind,
    Piece,
    Tables,
    named_columns,
    text_schema,
    typed_where_plain,
)
from trialscreen.tables.cohort.readers.utf8_copies import ADVICE, CHUNK, in_utf8, open_bytes
from trialscreen.text.characters import BLANKS, count_of, shown, some
from trialscreen.text.text_files import MAX_BYTES

SEPARATORS = ",;\t|"
LOOKED_AT = 50
"""Records at the beginning that a separator must cut into as many cells each."""

LONGEST_CELL = 10_000_000
"""Characters; more are a quote without an end."""

AT_ONCE = 5_000
"""Rows."""

_EXCELS_OWN = re.compile(r'"?sep=(.)"?[\r\n]*', re.IGNORECASE | re.DOTALL)
_CONTROL = re.compile(f"[{re.escape(csv_pieces.CONTROLS.decode())}]")
_CELL = r'"(?>(?:[^"]|"")*)"?|[^{0}\r\n]*+'
_ADVICE = 'a cell with a quote (") in it stands in quotes, with that quote twice'
_MOST = 50
"""Rows of other lengths that are named."""


class _Layout(NamedTuple):
    """Of a CSV file: rows begin after `bytes` bytes, in line `line` (from 1)."""

    names: tuple[str, ...]
    separator: str
    bytes: int
    line: int


def open_table(path: Path, asked: Asked) -> Tables:
    """The rows of a CSV file; those that are blank are left out. Raises InputError."""
    path = in_utf8(path, asked)
    file = _File(path, _layout_of(path, asked.origin), asked.origin)
    return Tables(text_schema(file.layout.names), file.counted, file.pieces, notes=file.notes)


class _File:
    """The rows of a CSV file, in order; `notes`, as of `Tables`, come with them."""

    def __init__(self, path: Path, layout: _Layout, origin: str) -> None:
        self._path, self.layout, self._origin = path, layout, origin
        self.notes: list[str] = []
        self._rows: int | None = None

    def counted(self) -> int:
        """How many rows there are; before they are read, as many as there are lines."""
        if self._rows is not None:
            return self._rows
        with open_bytes(self._path) as file:
            file.seek(self.layout.bytes)
            lines, last = 0, b"\n"
            while data := file.read(CHUNK):
                lines, last = lines + data.count(b"\n"), data[-1:]
            return lines + (last != b"\n")

    def pieces(self, kinds: Mapping[str, CellKind]) -> Iterator[Piece]:
        """As `opened.Pieces`. Raises InputError."""
        self.notes.clear()
        reader = csv_pieces.PieceReader(self.layout.names, self.layout.separator, kinds)
        rows, blank, place = 0, 0, self.layout.bytes
        with (
            open_bytes(self._path) as file,
            io.TextIOWrapper(file, "utf-8", "surrogateescape", newline="") as text,
        ):
            for lines in csv_pieces.whole_lines(file, place):
                piece = reader.read_if_plain(lines)
                if piece is None:
                    break
                yield piece
                rows, blank = rows + len(piece.rows), blank + len(piece.blank)
                place += len(lines)
            file.seek(place)
            for others in self._others(text, rows, self.layout.line + rows + blank):
                yield others._replace(rows=typed_where_plain(others.rows, kinds))
                rows, blank = rows + len(others.rows), blank + len(others.blank)
        self._rows = rows
        if blank:
            self.notes.insert(0, f"{self._origin}: {count_of(blank, 'blank row')} left out")

    def _others(self, text: IO[str], above: int, line: int) -> Iterator[Piece]:
        """The rest of the rows, below so many others, from this line on, as texts.

        All have as many cells as there are titles, or all of them fewer. Raises InputError; for
        their numbers of cells, in the end.
        """
        titles = len(self.layout.names)
        records = _Records(text, self.layout.separator, self._origin, line)
        width, are_alike, ended = titles if above else 0, True, True
        problems: list[Problem] = []
        rows: list[list[str]] = []
        blank: list[int] = []
        for cells in records:
            if not any(cell.strip(BLANKS) for cell in cells):
                blank.append(len(rows) + len(blank))
                continue
            width = width or len(cells)
            are_alike &= len(cells) == width <= titles
            ended = records.lines[-1].endswith(("\n", "\r"))
            if len(cells) != titles and len(problems) < _MOST:
                cut = "" if ended else ", and no line end: is the file cut?"
                message = f"{count_of(len(cells), 'cell')}, and the header has {titles}{cut}"
                problems.append(Problem(f"{self._origin}:{records.first}", message))
            rows.append(cells)
            if len(rows) == AT_ONCE:
                if are_alike:
                    yield Piece(self._framed(rows), blank)
                above, rows, blank = above + len(rows), [], []
        is_cut = above + len(rows) == 1 and not ended
        if problems and (not are_alike or is_cut):
            raise InputError(problems)
        if rows or blank:
            yield Piece(self._framed(rows), blank)
        if width and (lacking := self.layout.names[width:]):
            listed = some([shown(name) for name in lacking])
            self.notes.append(f"{self._origin}: no row has a cell for {listed}")

    def _framed(self, rows: Sequence[Sequence[str]]) -> pl.DataFrame:
        cells = [[cell or None for cell in column] for column in zip(*rows, strict=True)]
        lacking = [[None] * len(rows)] * (len(self.layout.names) - len(cells))
        return pl.DataFrame([*cells, *lacking], text_schema(self.layout.names))


# Its layout.


def _layout_of(path: Path, origin: str) -> _Layout:
    """Reads the beginning of a CSV file. Raises InputError."""
    with open_bytes(path) as file:
        data = file.read(MAX_BYTES)
    is_cut = len(data) == MAX_BYTES
    # What is no UTF-8 counts in the header only, and is told there.
    text = data.decode("utf-8", "surrogateescape").removeprefix("\ufeff")
    start, separators = "", "\t" if ".tsv" in path.name.lower()[-7:] else SEPARATORS
    if (own := _EXCELS_OWN.match(text)) is not None and own[1] not in '"\r\n':
        start, separators = own[0], own[1]
        if not separators.isascii() or separators.isalnum():
            message = f"its first line names {shown(separators)} as the separator of its cells"
            refuse(f"{origin}:1", f"{message}; expected a sign such as , or ;")
    rest = text[len(start) :]
    separator = _separator(rest, separators)
    names, header = _header(rest, separator, origin, start.count("\n") + 1)
    if is_cut and len(header) == len(rest):
        refuse(origin, "is not a CSV file: its first line has no end")
    above = start + header
    line = len(above.splitlines()) + 1 if "\r" in above else above.count("\n") + 1
    size = len(data) - len(text[len(above) :].encode("utf-8", "surrogateescape"))
    return _Layout(tuple(named_columns(names, origin)), separator, size, line)


def _header(text: str, separator: str, origin: str, line: int) -> tuple[list[str], str]:
    """The titles in the first record of `text`, and that record. Raises InputError."""
    records = _Records(io.StringIO(text, newline=""), separator, origin, line, are_checked=False)
    names = next(iter(records), [])
    header = "".join(records.lines)
    if (bad := re.search("[\udc80-\udcff]", header)) is not None:
        line += header.count("\n", 0, bad.start())
        refuse(f"{origin}:{line}", f"is not UTF-8 text: {ADVICE}")
    return names, header


def _separator(text: str, separators: str) -> str:
    """The one that makes most columns, and of each record as many cells as there are titles."""
    found = {one: _widths(text, one) for one in separators}
    found = {one: widths for one, widths in found.items() if widths and widths[0] > 1}
    if not found:  # one column, or quotes that do not match
        return max(separators, key=text.partition("\n")[0].count)
    return max(found, key=lambda one: (len(set(found[one])) == 1, found[one][0]))


def _widths(text: str, separator: str) -> list[int]:
    """The cells of the first records; of none if already the titles cannot be read so."""
    widths: list[int] = []
    try:
        for cells in _read_by_csv(io.StringIO(text, newline=""), separator):
            if any(map(str.strip, cells)):
                widths.append(len(cells))
            if len(widths) == LOOKED_AT:
                break
    except csv.Error:
        pass  # told when the file is read
    return widths


# Its records, one by one.


class _Records:
    """The records of a text that begins in line `line`, each as its cells, one by one.

    `lines` are those of the last one, of which the first has the number `first`. Raises InputError
    for quotes that cannot be, and, if they `are_checked`, for a line that is not a text.
    """

    def __init__(
        self, text: IO[str], separator: str, origin: str, line: int, *, are_checked: bool = True
    ) -> None:
        self._text, self._separator, self.origin = text, separator, origin
        self._are_checked = are_checked
        self.first = line
        self.lines: list[str] = []

    def __iter__(self) -> Iterator[list[str]]:
        reader = _read_by_csv(self._more_lines(), self._separator)
        while True:
            self.first += len(self.lines)
            self.lines.clear()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:
                cells = None
            if cells is None or self._have_two_readings(len(cells)):
                text = "".join(self.lines)
                raise InputError([_fault(text, self._separator, self.origin, self.first)])
            yield cells

    def _more_lines(self) -> Iterator[str]:
        while line := self._text.readline(csv_pieces.LONGEST_LINE):
            self.lines.append(line)
            if self._are_checked:
                self._check(line)
            yield line

    def _check(self, line: str) -> None:
        where = f"{self.origin}:{self.first + len(self.lines) - 1}"
        if len(line) == csv_pieces.LONGEST_LINE:
            refuse(where, f"a line has more than {csv_pieces.LONGEST_LINE:,} characters")
        if (found := re.search("[\udc80-\udcff]", line)) is not None:
            byte = f"byte {ord(found[0]) - 0xDC00:02X} in column {found.start() + 1}"
            refuse(where, f"is not UTF-8 text ({byte}): {ADVICE}")
        if (found := _CONTROL.search(line)) is not None:
            message = f"control character U+{ord(found[0]):04X}; a text file is expected"
            refuse(f"{where}:{found.start() + 1}", message)

    def _have_two_readings(self, cells: int) -> bool:
        """Whether the lines of one record would be a record each if its quotes were text.

        So it is where a quote for inches begins a cell, and another ends one some lines below.
        """
        are_whole = (line.count(self._separator) == cells - 1 for line in self.lines)
        return len(self.lines) > 1 and all(are_whole)


def _read_by_csv(lines: Iterable[str], separator: str) -> Iterator[list[str]]:
    """What Python's csv reads of the lines; raises csv.Error."""
    csv.field_size_limit(LONGEST_CELL)
    return csv.reader(lines, delimiter=separator, strict=True)


def _fault(text: str, separator: str, origin: str, line: int) -> Problem:
    """What is wrong with the quotes of a record that begins `text`, which begins in `line`.

    It has text behind a closing quote, or else a quoted cell of several lines, or no end.
    """
    cell = re.compile(_CELL.format(re.escape(separator)))
    message = "the quote that opens this cell has no end, or is a part of its text"
    place = opened = 0
    while (found := cell.match(text, place)) is not None:
        place = found.end()
        if found[0].startswith('"'):
            if "\n" in found[0] or "\r" in found[0] or place == len(text):
                opened = found.start()
            elif text[place] not in f"{separator}\r\n":
                opened, message = place - 1, "there is text behind the quote that closes this cell"
        if text[place : place + 1] != separator:
            break
        place += 1
    before = text[:opened].replace("\r\n", "\n").replace("\r", "\n")
    line, column = line + before.count("\n"), len(before) - before.rfind("\n")
    return Problem(f"{origin}:{line}:{column}", f"{message}; {_ADVICE}")
