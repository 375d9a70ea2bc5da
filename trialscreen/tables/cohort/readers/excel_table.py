"""The table in an Excel sheet: titles, and rows of what the cells below them show.

A cell that does not tell what was meant begins with NO_VALUE, followed by its place and why.

Most programs write `<row r="2"><c r="A2" s="1"><v>55</v></c>...`. What a cell says, but for its
place, comes again and again: the engine gives it a code, so that it is looked at once. A sheet
that is not written so is refused here; `excel_cells` writes it anew.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, cached_property
from itertools import islice, product
from string import ascii_uppercase
from typing import NamedTuple

import polars as pl
from openpyxl.utils import get_column_letter

from trialscreen.model.errors import refuse
from trialscreen.tables.cohort.readers import opened
from trialscreen.tables.cohort.readers.cells import NO_VALUE, TYPED
from trialscreen.tables.cohort.readers.excel_cells import MOST_COLUMNS, Cells, Range, Unusual
from trialscreen.tables.cohort.readers.number_formats import Shown
from trialscreen.tables.cohort.readers.opened import CellKind
from trialscreen.text.characters import BLANKS, count_of, shown, some

MAX_CELLS = 20_000_000
MOST_MEANINGS = 200_000
"""Different cells of which it is kept what they mean; with more than these it begins anew."""

TOO_LARGE = "is too large for an .xlsx file; save it as CSV or Parquet"

_BLANK = " \t\r\n"
_HEADER = r'^r="[1-9][0-9]{0,6}"(?: [A-Za-z0-9:]+="[^"<>&]*")*/?>[ \t\r\n]*$'
_IS_HIDDEN = r' hidden="(?:1|true)"'
_ANY_NUMBER = opened.NumberKind(lambda _: pl.lit(value=True))


class _Meanings(opened.Distinct):
    """What cells mean, by the codes of what they say: as `Shown`, with no text for blanks."""

    def __init__(self, cells: Cells) -> None:
        text, truth = pl.String(), pl.Boolean()
        schema = dict(zip(Shown._fields, (text, truth, text, truth), strict=True))
        is_blank = pl.col("text").str.strip_chars(BLANKS) == ""

        def look(new: pl.Series) -> pl.DataFrame:
            found = pl.DataFrame([*map(cells.shown, new)], schema, orient="row")
            return found.with_columns(pl.when(~is_blank).then("text").alias("text"))

        super().__init__(look)

    @cached_property
    def table(self) -> pl.DataFrame:
        """All that are known in the end, with the value of each if that is plain."""
        kinds: dict[str, CellKind] = {"truth": "truth", "day": "day", "number": _ANY_NUMBER}
        values = (opened.plain(kind, pl.col("text")).alias(name) for name, kind in kinds.items())
        return self.known.with_columns(values)


class Rows(NamedTuple):
    """Rows with cells: their numbers in the sheet, from 1; and those that are hidden.

    `cells` has a line for each: its `row`, by the place in `numbers`; its `column`, from 1; and
    the `code` of what it says.
    """

    numbers: pl.Series
    hidden: list[int]
    cells: pl.DataFrame


class _Part(NamedTuple):
    """Some rows: the number of those before, a column of codes for each title, their meanings."""

    first: int
    codes: list[pl.Series]
    meanings: _Meanings

    def each(self, about: str) -> Iterator[tuple[int, pl.Series]]:
        """The columns with cells of which this is true, each with which these are."""
        is_so = self.meanings.table[about]
        if is_so.any():
            for place, codes in enumerate(self.codes):
                found = is_so.gather(codes)
                if found.any():
                    yield place, found


class SheetTable:
    """The rows below the titles, which are the first row that shows anything."""

    def __init__(self, cells: Cells, asked: opened.Asked) -> None:
        self._cells, self._origin, self._written = cells, asked.origin, asked.written
        self._meanings = _Meanings(cells)
        self._numbers: list[int] = []
        self._parts: list[_Part] = []
        self._beside: list[str] = []
        self._hidden: set[int] = set()
        self._title_row = self._looked_at = 0
        self._columns: list[int] = []
        self.names: list[str] = []
        self._marks: dict[int, dict[int, str]] = {}
        """By the place of the column and that of the row, cells that do not tell their value."""

    def read(self, pieces: Iterable[str]) -> None:
        """All rows of the sheet. Raises InputError, and Unusual."""
        last = 0
        for piece in pieces:
            if len(self._meanings.known) > MOST_MEANINGS:
                self._meanings = _Meanings(self._cells)
            rows = cut(piece, self._meanings.codes)
            if len(rows.numbers):
                if rows.numbers[0] <= last:
                    raise Unusual
                last = rows.numbers[-1]
                self._add(rows)
        if not self._title_row:
            refuse(self._origin, "the sheet is empty")
        self._mark_problems()
        self._mark(self._cells.merged(), "is merged with others")
        self._mark(self._cells.reformatted(), "its number format depends on conditions")

    def _add(self, rows: Rows) -> None:
        self._hidden.update(rows.hidden)
        self._meanings.learn(rows.cells["code"])
        cells = rows.cells.with_columns(pl.col("code").to_physical())
        if (texts := self._meanings.known["text"]).null_count():
            cells = cells.filter(texts.gather(cells["code"]).is_not_null())
        if not self._title_row and len(cells):
            titles = cells.filter(pl.col("row") == cells["row"][0])
            cells = cells[len(titles) :]
            self._read_titles(rows.numbers[titles["row"][0]], titles)
        left, right = self._columns[0], self._columns[-1]
        is_inside = pl.col("column").is_between(left, right)
        for row, column, _ in cells.filter(~is_inside).iter_rows():
            self._beside.append(f"{get_column_letter(column)}{rows.numbers[row]}")
        cells = cells.filter(is_inside)
        kept = cells["row"].unique(maintain_order=True)
        first, count, width = len(self._numbers), len(kept), len(self._columns)
        self._numbers.extend(rows.numbers.gather(kept))
        if len(self._numbers) * width > MAX_CELLS:
            refuse(self._origin, TOO_LARGE)
        place = (pl.col("column") - left) * count + pl.col("row").rle_id()
        places = cells.select(place).to_series()
        codes = pl.Series([None], dtype=pl.UInt32).new_from_index(0, count * width)
        codes = codes.scatter(places, cells["code"])
        columns = [codes[at * count : (at + 1) * count] for at in range(width)]
        self._parts.append(_Part(first, columns, self._meanings))

    def _read_titles(self, number: int, cells: pl.DataFrame) -> None:
        self._title_row = number
        titles: dict[int, str] = {}
        for _, column, code in cells.iter_rows():
            said = self._meanings.known.row(code, named=True)
            titles[column] = said["text"] or ""
            if said["is_problem"]:
                where = f"the cell {get_column_letter(column)}{number}: {said['text']}"
                refuse(self._origin, f"a title cannot be read: {where}")
        self._columns = list(range(min(titles), max(titles) + 1))
        self.names = opened.named_columns(
            [titles.get(one, "") for one in self._columns], self._origin
        )

    def _mark_problems(self) -> None:
        for part in self._parts:
            reasons = part.meanings.table["text"]
            for place, found in part.each("is_problem"):
                codes = part.codes[place]
                for row in found.arg_true():
                    self._mark_cell(place, part.first + row, reasons[codes[row]])

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
        for part in self._parts:
            columns = [
                self._column(part, place, name, kinds.get(name))
                for place, name in enumerate(self.names)
            ]
            numbers = self._numbers[part.first : part.first + len(columns[0])]
            there, before = {*numbers}, last + 1
            last = numbers[-1] if numbers else last
            blank = [number - before for number in range(before, last) if number not in there]
            yield opened.Piece(pl.DataFrame(columns), blank)

    def _column(self, part: _Part, place: int, name: str, kind: CellKind | None) -> pl.Series:
        codes, meanings = part.codes[place], part.meanings.table
        marks = {
            row - part.first: text
            for row, text in self._marks.get(place, {}).items()
            if 0 <= row - part.first < len(codes)
        }
        if not marks and (values := _typed(codes, meanings, kind)) is not None:
            return values.alias(name)
        texts = meanings["text"].gather(codes).alias(name)
        if (written := self._written.get(name)) is not None:
            of_kind = ["number", "day"] if written == "number" else ["day"]
            is_typed = pl.col("kind").is_in(of_kind)
            said = pl.when(is_typed).then(TYPED + pl.col("text")).otherwise("text")
            texts = meanings.select(said.alias(name)).to_series().gather(codes)
        return texts.scatter(list(marks), list(marks.values())) if marks else texts

    def notes(self) -> Iterator[str]:
        """What a reader of the sheet would not see, or would see otherwise."""
        blank = self._numbers[-1] - self._title_row - len(self._numbers) if self._numbers else 0
        if blank:
            yield f"{count_of(blank, 'blank row')} left out"
        if hidden := sum(number in self._hidden for number in self._numbers):
            yield f"hidden rows of the sheet, which are read: {hidden:,}"
        columns = {at for one in self._cells.hidden_columns() for at in one if at in self._columns}
        if columns:
            names = [self.names[at - self._columns[0]] for at in sorted(columns)]
            yield f"hidden columns, which are read: {some(list(map(shown, names)))}"
        if self._beside:
            yield f"cells outside the columns with titles, not read: {some(self._beside)}"
        rounded = [one for part in self._parts for one in part.each("is_rounded")]
        if rounded:
            counted = count_of(sum(int(found.sum()) for _, found in rounded), "cell")
            names = [self.names[place] for place in sorted({place for place, _ in rounded})]
            listed = some(list(map(shown, names)))
            yield f"{counted} with more digits than shown, read as shown, in {listed}"


def _typed(codes: pl.Series, meanings: pl.DataFrame, kind: CellKind | None) -> pl.Series | None:
    """The values of cells that are all plain, and if they are numbers, usable."""
    if kind is None or kind == "words":
        return None
    values = meanings["number" if isinstance(kind, opened.NumberKind) else kind].gather(codes)
    if values.null_count() > codes.null_count():
        return None
    if isinstance(kind, opened.NumberKind):
        are_usable = values.to_frame().select(kind.are_usable(pl.nth(0)).all())
        return values if are_usable.item() else None
    return values


# Rows, cut out of the XML of a sheet by the engine.


def cut(piece: str, codes: pl.DataType) -> Rows:
    """The rows of a piece; `codes` for what their cells say. Raises Unusual."""
    before, *texts = piece.split("<row ")
    if before.strip(_BLANK):
        raise Unusual
    row, header = pl.col("row").str.strip_chars_end(_BLANK), pl.col("cells").list.first()
    frame = pl.DataFrame({"row": texts}, {"row": pl.String()}).select(
        row.str.strip_suffix("</row>").str.split('<c r="').alias("cells"),
        row.str.ends_with("</row>").alias("is closed"),
    )
    frame = frame.select(
        header.alias("header"),
        header.str.extract('^r="([0-9]+)"').alias("number"),
        # Closed in itself, it has no cells.
        is_closed=pl.col("is closed") ^ header.str.strip_chars_end(_BLANK).str.ends_with("/>"),
        cells=pl.col("cells").list.slice(1),
    )
    usual = pl.col("is_closed") & pl.col("header").str.contains(_HEADER)
    if not frame.select(usual.all()).item():
        raise Unusual
    numbers = frame["number"].cast(pl.UInt32)
    if not _ascends(numbers):
        raise Unusual
    hidden = numbers.filter(frame["header"].str.contains(_IS_HIDDEN)).to_list()
    frame = frame.filter(pl.col("cells").list.len() > 0)
    return Rows(frame["number"].cast(pl.UInt32), hidden, _cells(frame, codes))


def _cells(frame: pl.DataFrame, codes: pl.DataType) -> pl.DataFrame:
    places = pl.int_range(pl.len(), dtype=pl.UInt32).repeat_by(pl.col("cells").list.len())
    cells = frame.select(pl.col("cells").explode(), places.explode().alias("row"))
    # Its letters, three at most; the number of its row; a quote; and what it says.
    letters = pl.col("cells").str.head(3).str.strip_chars_end('0123456789"')
    number = pl.lit(frame["number"]).gather(pl.col("row"))
    said = pl.col("cells").str.strip_prefix(pl.col("letters")).str.strip_prefix(number)
    found = cells.with_columns(letters.alias("letters")).select(
        "row",
        column=pl.col("letters").cast(_letters(), strict=False).to_physical().cast(pl.UInt32) + 1,
        code=said.cast(codes),
    )
    place = pl.col("row").cast(pl.UInt64) * (MOST_COLUMNS + 1) + pl.col("column")
    if found["column"].null_count() or not _ascends(found.select(place).to_series()):
        raise Unusual
    return found


@cache
def _letters() -> pl.Enum:
    letters = (
        "".join(one) for length in (1, 2, 3) for one in product(ascii_uppercase, repeat=length)
    )
    return pl.Enum([*islice(letters, MOST_COLUMNS)])


def _ascends(numbers: pl.Series) -> bool:
    return bool((numbers[1:] > numbers[:-1]).all()) if len(numbers) > 1 else True
