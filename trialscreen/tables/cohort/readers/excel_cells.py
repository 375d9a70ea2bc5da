"""The cells of an Excel sheet as people see them, read with openpyxl's parser.

A cell that does not tell what was meant begins with NO_VALUE, followed by its place and why.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from openpyxl.cell.read_only import ReadOnlyCell
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.styles.numbers import BUILTIN_FORMATS, BUILTIN_FORMATS_MAX_SIZE
from openpyxl.utils import column_index_from_string, get_column_letter, range_boundaries
from openpyxl.utils.datetime import MAC_EPOCH, from_ISO8601, to_excel
from openpyxl.worksheet._reader import (
    FORMULA_TAG,
    INLINE_STRING,
    VALUE_TAG,
    WorkSheetParser,
    parse_richtext_string,
)

from trialscreen.model.errors import ValueProblem
from trialscreen.tables.cohort.readers.cells import NO_VALUE, TYPED, Kind
from trialscreen.tables.cohort.readers.number_formats import NumberFormat, Shown
from trialscreen.text.characters import BLANKS

_REMEMBERED = 200_000
"""Different cells of which it is kept what they show."""

_SUPERSCRIPT = str.maketrans("0123456789+-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻")
_SUBSCRIPT = str.maketrans("0123456789+-", "₀₁₂₃₄₅₆₇₈₉₊₋")
_PLAIN = re.compile(r"-?(?:[1-9][0-9]{0,9}|(?:0|[1-9][0-9]{0,9})\.[0-9]{0,3}[1-9])")
"""Numbers that are shown as they are stored; 0 may be hidden."""
_ESCAPED = re.compile("_x(00[01][0-9A-Fa-f])_")  # how a control character is written


class DamagedSheet(Exception):
    """A part of the workbook says what it cannot."""


Row = tuple[int, dict[int, str]]
"""The number of a row, and what its cells show, by the number of their column."""

Range = tuple[int, int, int, int]
"""Left, top, right and bottom."""


class Cells(WorkSheetParser):
    """The rows of a sheet as its cells show them.

    openpyxl's own cells come as values, and not those of a formula that was never computed;
    what is hidden or merged is told by its parser only. That is private: hence the bound
    on its version.
    """

    def __init__(self, sheet: Any, *, computes_later: bool) -> None:
        """The cells of a sheet of a workbook that was loaded read-only, with rich text.

        `computes_later`: the results of its formulas may still be 0, as in a new file.
        """
        strings, self._source = sheet._shared_strings, sheet._get_source()
        super().__init__(self._source, strings, data_only=True, rich_text=True)
        self._sheet = sheet
        book = sheet.parent
        self._from_1904 = book.epoch == MAC_EPOCH
        self._no_zeros = computes_later
        self._styles: dict[int, Style] = {}
        self._columns: dict[str, int] = {}
        self._seen: dict[tuple[int, str, str], str] = {}
        self.rounded: Counter[int] = Counter()
        self.written: Mapping[int, Kind] = {}

    def rows(self) -> Iterator[Row]:
        """The rows in which something is shown."""
        last = 0
        with self._source:
            for number, cells in self.parse():
                if number <= last or len(dict(cells)) < len(cells):
                    raise DamagedSheet("a row or a cell stands twice")
                last = number
                row = {column: text for column, text in cells if text.strip(BLANKS)}
                if row:
                    yield number, row

    # After all rows:

    def merged(self) -> Iterator[Range]:
        """The cells that are merged."""
        if self.merged_cells is not None:
            for one in self.merged_cells.mergeCell:
                yield _bounds(one.ref)

    def reformatted(self) -> Iterator[Range]:
        """The cells whose number format depends on a condition."""
        formats = self._sheet.parent._differential_styles
        for one in self.formatting:
            rules = [rule.dxfId for rule in one.rules if rule.dxfId is not None]
            if any(formats[number].numFmt is not None for number in rules):
                for part in one.sqref.ranges:
                    yield part.bounds

    def hidden_rows(self) -> Iterator[int]:
        """The numbers of the rows that are hidden."""
        for number, attributes in self.row_dimensions.items():
            if attributes.get("hidden") in ("1", "true"):
                yield _whole(number)

    def hidden_columns(self) -> Iterator[range]:
        """The numbers of the columns that are hidden."""
        for attributes in self.column_dimensions.values():
            if attributes.get("hidden") in ("1", "true"):
                yield range(
                    _whole(attributes.get("min", "")), _whole(attributes.get("max", "")) + 1
                )

    def parse_cell(self, element: Any) -> tuple[int, str]:  # type: ignore[override]
        """The number of the column, and what the cell shows; "" for nothing."""
        self.col_counter = self._column(element.get("r"))
        kind, style = element.get("t", "n"), _whole(element.get("s", "0"))
        value, is_formula, inline = None, False, None
        for part in element:
            if part.tag == VALUE_TAG:
                value = part.text
            elif part.tag == FORMULA_TAG:
                is_formula = True
            elif part.tag == INLINE_STRING:
                inline = part
        try:
            if is_formula:
                _check_result(kind, value, no_zeros=self._no_zeros)
            if inline is not None and kind == "inlineStr":
                return self.col_counter, self._inline(style, inline)
            text = "" if value is None else self._shown(style, kind, value)
            if text and self._is_typed(style, kind, value):
                text = f"{TYPED}{text}"
        except ValueProblem as problem:
            text = f"{NO_VALUE}{problem}"
        if text.startswith(NO_VALUE):
            where = f"{get_column_letter(self.col_counter)}{self.row_counter}"
            text = f"{NO_VALUE}the cell {where}: {text.removeprefix(NO_VALUE)}"
        return self.col_counter, text

    def _is_typed(self, style: int, kind: str, value: str | None) -> bool:
        """Whether the cell is of the type of which texts in its column have a form of their own."""
        wanted = self.written.get(self.col_counter)
        if wanted is None or value is None or kind not in ("n", "d"):
            return False
        return wanted == "number" or kind == "d" or self._style(style).is_day(_number(value))

    def _column(self, place: str | None) -> int:
        if not place:
            return self.col_counter + 1
        letters = place.rstrip("0123456789")
        if letters not in self._columns:
            self._columns[letters] = column_index_from_string(letters)
        return self._columns[letters]

    @cached_property
    def _hides_zeros(self) -> bool:
        views = getattr(self, "views", None)  # which stand before the rows
        return views is not None and any(view.showZeros is False for view in views.sheetView)

    def _shown(self, style: int, kind: str, value: str) -> str:
        known = self._style(style)
        if kind == "n" and known.is_plain and _PLAIN.fullmatch(value):
            return value
        key = (style, kind, value)
        text = self._seen.get(key)
        if text is None:
            found = self._read(known, kind, value)
            text = found.text
            if found.is_rounded:
                self.rounded[self.col_counter] += 1
            elif len(self._seen) < _REMEMBERED:
                self._seen[key] = text
        return text

    def _read(self, style: "Style", kind: str, value: str) -> Shown:
        match kind:
            case "s":
                return Shown(self._text_in(style, self._shared(value)))
            case "str":
                return Shown(self._text_in(style, value))
            case "b":
                return Shown("TRUE" if _whole(value) else "FALSE")
            case "e":
                raise ValueProblem(f"the error {value}")
            case "d":
                return style.number(float(to_excel(from_ISO8601(value))))  # type: ignore[no-untyped-call]
            case _:
                number = _number(value)
                if self._hides_zeros and number == 0:
                    raise ValueProblem("the sheet hides zeros")
                return style.number(number)

    def _shared(self, place: str) -> "str | CellRichText":
        try:
            return self.shared_strings[_whole(place)]
        except IndexError:
            raise DamagedSheet("there is no such text") from None

    def _inline(self, style: int, element: Any) -> str:
        is_plain = len(element) == 1 and element[0].tag.endswith("}t")
        text = element[0].text or "" if is_plain else parse_richtext_string(element)
        return self._text_in(self._style(style), text)

    def _text_in(self, style: "Style", text: "str | CellRichText") -> str:
        if isinstance(text, CellRichText):
            text = "".join(map(_block, text))
        if "_x" in text:
            text = _ESCAPED.sub(lambda code: chr(int(code[1], 16)), text)
        return style.text(text)

    def _style(self, number: int) -> "Style":
        if number not in self._styles:
            cell = ReadOnlyCell(self._sheet, 1, 1, None, style_id=number)
            self._styles[number] = Style(cell, from_1904=self._from_1904)
        return self._styles[number]


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise DamagedSheet("expected a whole number") from None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise DamagedSheet("expected a number") from None


def _check_result(kind: str, value: str | None, *, no_zeros: bool) -> None:
    if value is None and kind != "str":
        raise ValueProblem("a formula without a result; open the file in Excel and save it")
    if no_zeros and kind == "n" and value == "0":
        message = "a formula whose result may not be computed yet; open the file in Excel"
        raise ValueProblem(f"{message} and save it")


def _block(block: str | TextBlock) -> str:
    """A run of a text as it looks: a raised 1 is ¹. Raises ValueProblem for what is struck out."""
    if isinstance(block, str):
        return block
    if block.font.strike and block.text.strip():
        raise ValueProblem("some of its text is struck out")
    return _raised(block.text, block.font.vertAlign)


def _raised(text: str, align: str | None) -> str:
    match align:
        case "superscript":
            return text.translate(_SUPERSCRIPT)
        case "subscript":
            return text.translate(_SUBSCRIPT)
        case _:
            return text


class Style:
    """How the cells of one style show what they hold."""

    def __init__(self, cell: ReadOnlyCell, *, from_1904: bool) -> None:
        font, number = cell.font, cell.style_array.numFmtId
        self._is_struck, self._align = bool(font.strike), font.vertAlign
        # Some numbers of formats mean dates, in another form for each language.
        is_known = number >= BUILTIN_FORMATS_MAX_SIZE or number in BUILTIN_FORMATS
        self._format = NumberFormat(cell.number_format, from_1904=from_1904) if is_known else None
        is_general = self._format is not None and self._format.is_general
        self.is_plain = is_general and not self._is_struck and self._align is None

    def number(self, value: float) -> Shown:
        if not math.isfinite(value):
            raise ValueProblem("a number that is not finite")
        if self._format is None:
            raise ValueProblem("its number format is another one in each language")
        self._refuse_struck()
        text, is_rounded = self._format.number(value)
        return Shown(_raised(text, self._align), is_rounded)

    def is_day(self, value: float) -> bool:
        return self._format is not None and self._format.is_moment(value)

    def text(self, text: str) -> str:
        if text.strip():
            self._refuse_struck()
        return _raised(text if self._format is None else self._format.text(text), self._align)

    def _refuse_struck(self) -> None:
        if self._is_struck:
            raise ValueProblem("it is struck out")


def _bounds(ref: str) -> Range:
    left, top, right, bottom = range_boundaries(ref)
    assert left and top and right and bottom  # a range of whole columns cannot be merged
    return left, top, right, bottom
