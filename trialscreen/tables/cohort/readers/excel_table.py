"""The table in an Excel sheet: titles, and rows of what the cells below them show.

A cell that does not tell what was meant begins with NO_VALUE, followed by its place and why.

What a cell says, but for its place, comes again and again: it gets a code, and is looked at once.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import compress

import polars as pl
from openpyxl.utils import get_column_letter

from trialscreen.model.errors import refuse
from trialscreen.tables.cohort.readers import opened
from trialscreen.tables.cohort.readers.cells import NO_VALUE, TYPED
from trialscreen.tables.cohort.readers.excel_cells import Cells, Range, Row, column_of
from trialscreen.tables.cohort.readers.number_formats import Shown
from trialscreen.tables.cohort.readers.opened import CellKind
from trialscreen.text.characters import BLANKS, count_of, shown, some

MAX_CELLS = 20_000_000
AT_ONCE = 10_000
"""Rows."""

TOO_LARGE = "is too large for an .xlsx file; save it as CSV or Parquet"

_NONE = 0
"""The code of a cell that shows nothing, or that is not there."""
_ANY_NUMBER = opened.NumberKind(lambda _: pl.lit(value=True))


class SheetTable:
    """The rows below the titles, which are the first row that shows anything."""

    def __init__(self, cells: Cells, asked: opened.Asked) -> None:
        self._cells, self._origin, self._written = cells, asked.origin, asked.written
        self._known: dict[str | None, int] = {None: _NONE}
        self._shown = [Shown("")]
        """What cells show, by their codes."""
        self._numbers: list[int] = []
        self._codes: list[int] = []
        """Of the cells, row by row."""
        self._beside: list[str] = []
        self._hidden = self._title_row = self._looked_at = 0
        self._columns = range(0)
        self._letters: list[str] = []
        """Of these columns."""
        self.names: list[str] = []
        self._marks: dict[int, dict[int, str]] = {}
        """By the place of the column and that of the row, cells that do not tell their value."""

    def read(self, rows: Iterable[Row]) -> None:
        """All rows of the sheet. Raises InputError, and Unusual."""
        for row in rows:
            if self.names:
                self._add(row)
            else:
                self._read_titles(row)
        if not self.names:
            refuse(self._origin, "the sheet is empty")
        for place, is_problem in self._where("is_problem"):
            for at in is_problem.arg_true():
                code = self._codes[at * len(self._columns) + place]
                self._mark_cell(place, at, self._shown[code].text)
        self._mark(self._cells.merged(), "is merged with others")
        self._mark(self._cells.reformatted(), "its number format depends on conditions")

    def _learned(self, said: Sequence[str | None]) -> list[int]:
        """The codes of what cells say, which are known from now on."""
        known = map(self._known.get, said)
        both = zip(said, known, strict=True)
        return [self._learn(one) if code is None else code for one, code in both]

    def _learn(self, said: str | None) -> int:
        assert said is not None
        found = self._cells.shown(said)
        code = self._known[said] = len(self._shown) if found.text.strip(BLANKS) else _NONE
        if code:
            self._shown.append(found)
        return code

    def _add(self, row: Row) -> None:
        said = [*map(row.cells.get, self._letters)]
        inside = self._learned(said)
        if len(row.cells) > len(said) - said.count(None):
            others = [one for one in row.cells if column_of(one) not in self._columns]
            codes = self._learned([row.cells[one] for one in others])
            self._beside += [f"{one}{row.number}" for one in compress(others, codes)]
        if any(inside):
            self._numbers.append(row.number)
            self._hidden += row.is_hidden
            self._codes += inside
            if len(self._codes) > MAX_CELLS:
                refuse(self._origin, TOO_LARGE)

    def _read_titles(self, row: Row) -> None:
        """Where a row shows anything, it is the titles."""
        codes = self._learned([*row.cells.values()])
        shows = zip(map(column_of, row.cells), codes, strict=True)
        titles = {column: self._shown[code] for column, code in shows if code}
        if not titles:
            return
        self._title_row = row.number
        for column, title in titles.items():
            if title.is_problem:
                where = f"the cell {get_column_letter(column)}{row.number}: {title.text}"
                refuse(self._origin, f"a title cannot be read: {where}")
        self._columns = range(min(titles), max(titles) + 1)
        self._letters = [*map(get_column_letter, self._columns)]
        names = [titles[one].text if one in titles else "" for one in self._columns]
        self.names = opened.named_columns(names, self._origin)

    @cached_property
    def _meanings(self) -> pl.DataFrame:
        """What is shown, by its code, with the value of each if that is plain."""
        text, truth = pl.String(), pl.Boolean()
        schema = dict(zip(Shown._fields, (text, truth, text, truth), strict=True))
        kinds: dict[str, CellKind] = {"truth": "truth", "day": "day", "number": _ANY_NUMBER}
        values = (opened.plain(kind, pl.col("text")).alias(name) for name, kind in kinds.items())
        found = pl.DataFrame(self._shown, schema, orient="row")
        return found.with_columns(text=pl.when(pl.col("text") != "").then("text")).with_columns(
            values
        )

    def _codes_of(self, place: int, first: int = 0, most: int | None = None) -> pl.Series:
        """Of the cells of a column, from this row on."""
        width = len(self._columns)
        end = None if most is None else (first + most) * width
        return pl.Series(self._codes[first * width + place : end : width], dtype=pl.UInt32)

    def _where(self, about: str) -> Iterator[tuple[int, pl.Series]]:
        """The places of columns with cells of which this is true, each with which these are."""
        is_so = self._meanings[about]
        for place in range(len(self.names) if is_so.any() else 0):
            found = is_so.gather(self._codes_of(place))
            if found.any():
                yield place, found

    def _mark(self, ranges: Iterable[Range], reason: str) -> None:
        """The cells in these ranges do not tell what was meant."""
        for left, top, right, bottom in ranges:
            if top <= self._title_row <= bottom and reason.startswith("is merged"):
                where = f"{get_column_letter(left)}{top}:{get_column_letter(right)}{bottom}"
                message = f"its titles, in row {self._title_row}, are merged: {where}"
                refuse(self._origin, message)
            rows = bisect_left(self._numbers, top), bisect_right(self._numbers, bottom)
            self._looked_at += (rows[1] - rows[0]) * len(self._columns)
            if self._looked_at > MAX_CELLS:  # they cover the same cells again and again
                refuse(self._origin, TOO_LARGE)
            first = self._columns[0]
            for column in range(max(left, first), min(right, self._columns[-1]) + 1):
                for row in range(*rows):
                    self._mark_cell(column - first, row, reason)

    def _mark_cell(self, place: int, row: int, reason: str) -> None:
        where = f"the cell {get_column_letter(self._columns[place])}{self._numbers[row]}"
        self._marks.setdefault(place, {})[row] = f"{NO_VALUE}{where}: {reason}"

    @property
    def rows(self) -> int:
        """How many there are."""
        return len(self._numbers)

    def pieces(self, kinds: Mapping[str, CellKind]) -> Iterator[opened.Piece]:
        """The table, some rows at a time: see `opened.Pieces`."""
        last = self._title_row
        for first in range(0, len(self._numbers), AT_ONCE):
            numbers = self._numbers[first : first + AT_ONCE]
            columns = [
                self._column(place, first, kinds.get(name)).alias(name)
                for place, name in enumerate(self.names)
            ]
            there, before = {*numbers}, last + 1
            last = numbers[-1]
            blank = [number - before for number in range(before, last) if number not in there]
            yield opened.Piece(pl.DataFrame(columns), blank)

    def _column(self, place: int, first: int, kind: CellKind | None) -> pl.Series:
        codes = self._codes_of(place, first, AT_ONCE)
        marks = {
            row - first: text
            for row, text in self._marks.get(place, {}).items()
            if 0 <= row - first < len(codes)
        }
        if not marks and (values := self._typed(codes, kind)) is not None:
            return values
        said = pl.col("text")
        if (written := self._written.get(self.names[place])) is not None:
            of_kind = ["number", "day"] if written == "number" else ["day"]
            said = pl.when(pl.col("kind").is_in(of_kind)).then(TYPED + said).otherwise(said)
        texts = self._meanings.select(said).to_series().gather(codes)
        return texts.scatter(list(marks), list(marks.values())) if marks else texts

    def _typed(self, codes: pl.Series, kind: CellKind | None) -> pl.Series | None:
        """The values of cells that are all plain, and if they are numbers, usable."""
        if kind is None or kind == "words":
            return None
        name = "number" if isinstance(kind, opened.NumberKind) else kind
        values = self._meanings[name].gather(codes)
        if values.null_count() > (codes == _NONE).sum():
            return None
        if isinstance(kind, opened.NumberKind):
            are_usable = values.to_frame().select(kind.are_usable(pl.nth(0)).all())
            return values if are_usable.item() else None
        return values

    def notes(self) -> Iterator[str]:
        """What a reader of the sheet would not see, or would see otherwise."""
        blank = self._numbers[-1] - self._title_row - len(self._numbers) if self._numbers else 0
        if blank:
            yield f"{count_of(blank, 'blank row')} left out"
        if self._hidden:
            yield f"hidden rows of the sheet, which are read: {self._hidden:,}"
        columns = {at for one in self._cells.hidden_columns() for at in one if at in self._columns}
        if columns:
            names = [self.names[at - self._columns[0]] for at in sorted(columns)]
            yield f"hidden columns, which are read: {some(list(map(shown, names)))}"
        if self._beside:
            yield f"cells outside the columns with titles, not read: {some(self._beside)}"
        rounded = {place: int(found.sum()) for place, found in self._where("is_rounded")}
        if rounded:
            names = [shown(self.names[place]) for place in rounded]
            counted = count_of(sum(rounded.values()), "cell")
            yield f"{counted} with more digits than shown, read as shown, in {some(names)}"
