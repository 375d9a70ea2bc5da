"""A sheet of an Excel workbook as a table of text: what its cells show, not what they store.

openpyxl reads the parts of the file, `excel_cells` its cells, and `number_formats` says what a
number shows.
"""

import re
import warnings
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from contextlib import redirect_stdout
from io import StringIO
from itertools import islice, pairwise
from pathlib import Path
from traceback import walk_tb
from typing import Any
from zipfile import ZipFile, is_zipfile

import polars as pl
from openpyxl import Workbook, load_workbook
from openpyxl.utils import get_column_letter

from trialscreen.model.errors import InputError, refuse
from trialscreen.tables.cohort.readers.cells import NO_VALUE
from trialscreen.tables.cohort.readers.excel_cells import Cells, DamagedSheet, Range, Row
from trialscreen.tables.cohort.readers.opened import Asked, Tables, named_columns
from trialscreen.text.characters import count_of, shown, some

MAX_UNPACKED = 2**30
"""Bytes of a workbook's parts, which a small file can claim to hold many of."""

MAX_STRINGS = 2**28
"""Bytes of the part that holds all texts, which are in memory at once."""

MAX_CELLS = 20_000_000
CHUNK = 10_000
"""Rows that become a part of the table at once."""

_COMPUTES = re.compile(rb"""calcPr\b[^>]*\bfullCalcOnLoad=["'](1|true)""")
_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How a compound file begins: an .xls file, and an encrypted workbook."""


def open_table(path: Path, asked: Asked) -> Tables:
    """The rows of the sheet that is asked for, every cell as text. Raises InputError."""
    origin = asked.origin
    try:
        _refuse_other_files(path, origin)
        # openpyxl warns of what it would not write again, and prints of a style that is missing.
        with warnings.catch_warnings(), redirect_stdout(StringIO()):
            warnings.simplefilter("ignore")
            return _read(path, asked)
    except InputError:
        raise
    except DamagedSheet as error:
        message = f"cannot be read as an .xlsx file: {error}"
        refuse(origin, message)
    except Exception as error:  # a damaged part raises whatever its reader does
        if _is_a_fault(error):
            raise
        refuse(origin, f"cannot be read as an .xlsx file ({type(error).__name__})")


def _is_a_fault(error: Exception) -> bool:
    """Whether it comes from this package, or from its table, and not from the file."""
    *_, (last, _) = walk_tb(error.__traceback__)
    return last.f_globals.get("__name__", "").partition(".")[0] in ("trialscreen", "polars")


def _refuse_other_files(path: Path, origin: str) -> None:
    with path.open("rb") as file:
        begins = file.read(len(_OLD))
    if begins == _OLD:
        message = "is an .xls file, or locked by a password; save it as .xlsx without a password"
        refuse(origin, message)
    if not is_zipfile(path):
        refuse(origin, "cannot be read as an .xlsx file")
    with ZipFile(path) as package:
        parts = package.infolist()
    strings = sum(one.file_size for one in parts if "sharedstrings" in one.filename.lower())
    if strings > MAX_STRINGS or sum(one.file_size for one in parts) > MAX_UNPACKED:
        refuse(origin, _TOO_LARGE)


_TOO_LARGE = "is too large for an .xlsx file; save it as CSV or Parquet"


def _read(path: Path, asked: Asked) -> Tables:
    book = load_workbook(path, read_only=True, data_only=True, keep_links=False, rich_text=True)
    try:
        sheet, notes = _chosen(book, asked.sheet, asked.origin)
        cells = Cells(sheet, computes_later=_computes_later(path))
        table = _Table(cells, asked)
        table.read()
        notes = (*notes, *(f"{asked.origin}: {one}" for one in table.notes()))
        frame, blank = table.frame(), table.blank()
        return Tables(frame.lazy(), frame.schema, lambda: len(frame), notes=notes, blank=blank)
    finally:
        book.close()


def _computes_later(path: Path) -> bool:
    """Whether all formulas are computed when the file is opened, whatever their results.

    openpyxl says so of every file that does not say the opposite.
    """
    with ZipFile(path) as package:
        books = [name for name in package.namelist() if name.endswith("workbook.xml")]
        return any(_COMPUTES.search(package.read(name)) for name in books)


def _chosen(book: Workbook, name: str | None, origin: str) -> tuple[Any, tuple[str, ...]]:
    sheets: dict[str, Any] = {sheet.title: sheet for sheet in book.worksheets}
    if not sheets:
        message = (
            "has no sheet that can be read; save it as Excel Workbook, and not as a Strict one"
        )
        refuse(origin, message)
    if name is not None:
        if name not in sheets:
            message = f"has no sheet {shown(name)}; its sheets: {', '.join(map(shown, sheets))}"
            refuse(origin, message)
        return sheets[name], ()
    visible = [title for title, sheet in sheets.items() if sheet.sheet_state == "visible"]
    if not visible:
        refuse(origin, "has no sheet that is not hidden; name one with --sheet")
    others = [shown(title) for title in sheets if title != visible[0]]
    note = f"{origin}: the sheet {shown(visible[0])} is read; not read: {some(others)}"
    return sheets[visible[0]], (note,) if others else ()


# The table.


class _Table:
    """The rows below the titles, which are the first row that shows anything."""

    def __init__(self, cells: Cells, asked: Asked) -> None:
        self._cells, self._origin, self._written = cells, asked.origin, asked.written
        self._numbers: list[int] = []
        self._parts: list[pl.DataFrame] = []
        self._beside: list[str] = []
        self._title_row = self._looked_at = 0
        self._columns: list[int] = []
        self._names: list[str] = []
        self._marks: dict[int, dict[int, str]] = {}

    def read(self) -> None:
        """All rows of the sheet. Raises InputError."""
        rows = self._cells.rows()
        self._read_titles(next(rows, None))
        while chunk := list(islice(rows, CHUNK)):
            self._add(chunk)
        self._mark(self._cells.merged(), "is merged with others")
        self._mark(self._cells.reformatted(), "its number format depends on conditions")

    def _read_titles(self, row: Row | None) -> None:
        if row is None:
            refuse(self._origin, "the sheet is empty")
        self._title_row, titles = row
        self._columns = list(range(min(titles), max(titles) + 1))
        for title in titles.values():
            if title.startswith(NO_VALUE):
                refuse(self._origin, f"a title cannot be read: {title.removeprefix(NO_VALUE)}")
        self._names = named_columns([titles.get(one, "") for one in self._columns], self._origin)
        columns = zip(self._names, self._columns, strict=True)
        self._cells.written = {
            at: self._written[name] for name, at in columns if name in self._written
        }

    def _add(self, rows: Sequence[Row]) -> None:
        inside = set(self._columns)
        kept = []
        for number, row in rows:
            for column in row.keys() - inside:
                self._beside.append(f"{get_column_letter(column)}{number}")
            if not inside.isdisjoint(row):
                kept.append(row)
                self._numbers.append(number)
        if len(self._numbers) * len(self._columns) > MAX_CELLS:
            refuse(self._origin, _TOO_LARGE)
        columns = zip(self._names, self._columns, strict=True)
        series = [pl.Series(name, [row.get(at) for row in kept], pl.String) for name, at in columns]
        self._parts.append(pl.DataFrame(series))

    def _mark(self, ranges: Iterable[Range], reason: str) -> None:
        """The cells in these ranges do not tell what was meant."""
        for left, top, right, bottom in ranges:
            if top <= self._title_row <= bottom and reason.startswith("is merged"):
                where = f"{get_column_letter(left)}{top}:{get_column_letter(right)}{bottom}"
                refuse(self._origin, f"its titles, in row {self._title_row}, are merged: {where}")
            rows = bisect_left(self._numbers, top), bisect_right(self._numbers, bottom)
            self._looked_at += (rows[1] - rows[0]) * len(self._columns)
            if self._looked_at > MAX_CELLS:  # they cover the same cells again and again
                refuse(self._origin, _TOO_LARGE)
            for column in range(max(left, self._columns[0]), min(right, self._columns[-1]) + 1):
                letter = get_column_letter(column)
                for row in range(*rows):
                    where = f"the cell {letter}{self._numbers[row]}"
                    self._marks.setdefault(column, {})[row] = f"{NO_VALUE}{where}: {reason}"

    def frame(self) -> pl.DataFrame:
        """The table, with the names of its columns."""
        schema = pl.Schema(dict.fromkeys(self._names, pl.String()))
        table = pl.concat([pl.DataFrame(schema=schema), *self._parts])
        for column, marks in self._marks.items():
            name = self._names[column - self._columns[0]]
            marked = table[name].scatter(list(marks), list(marks.values()))
            table = table.with_columns(marked.alias(name))
        return table

    def blank(self) -> list[int]:
        """For each row that is left out, how many stand above it."""
        pairs = pairwise((self._title_row, *self._numbers))
        return [at for at, (one, next_one) in enumerate(pairs) for _ in range(one + 1, next_one)]

    def notes(self) -> Iterator[str]:
        """What a reader of the sheet would not see, or would see otherwise."""
        blank = self._numbers[-1] - self._title_row - len(self._numbers) if self._numbers else 0
        if blank:
            yield f"{count_of(blank, 'blank row')} left out"
        if hidden := self._hidden_rows():
            yield f"hidden rows of the sheet, which are read: {hidden:,}"
        if names := self._hidden_columns():
            yield f"hidden columns, which are read: {some(list(map(shown, names)))}"
        if self._beside:
            yield f"cells outside the columns with titles, not read: {some(self._beside)}"
        if rounded := self._cells.rounded:
            first = self._columns[0]
            names = [self._names[at - first] for at in sorted(rounded) if at in self._columns]
            counted = count_of(rounded.total(), "cell")
            listed = some(list(map(shown, names)))
            yield f"{counted} with more digits than shown, read as shown, in {listed}"

    def _hidden_rows(self) -> int:
        numbers = set(self._numbers)
        return sum(number in numbers for number in self._cells.hidden_rows())

    def _hidden_columns(self) -> list[str]:
        hidden = {at for one in self._cells.hidden_columns() for at in one if at in self._columns}
        return [self._names[at - self._columns[0]] for at in sorted(hidden)]
