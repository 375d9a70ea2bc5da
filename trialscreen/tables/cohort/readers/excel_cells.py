"""The cells of an Excel sheet as people see them, and the parts of the file that they stand in.

openpyxl's parser reads both; by itself it would read all texts, and look through sheets that do
not tell their size.
"""

import math
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import cache, cached_property
from io import BytesIO
from pathlib import Path
from typing import IO, Any, NamedTuple, cast
from xml.etree.ElementTree import ParseError, fromstring, tostring

from openpyxl.cell.read_only import ReadOnlyCell
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.reader.excel import ExcelReader
from openpyxl.reader.strings import read_rich_text
from openpyxl.styles.numbers import BUILTIN_FORMATS, BUILTIN_FORMATS_MAX_SIZE
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.utils import column_index_from_string, get_column_letter, range_boundaries
from openpyxl.utils.datetime import MAC_EPOCH, from_ISO8601, to_excel
from openpyxl.worksheet._reader import (
    FORMULA_TAG,
    INLINE_STRING,
    VALUE_TAG,
    WorkSheetParser,
    parse_richtext_string,
)
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS

from trialscreen.model.errors import ValueProblem
from trialscreen.tables.cohort.readers.number_formats import NumberFormat, Shown

Text = str | CellRichText

CHUNK = 4 << 20
"""Bytes of a sheet at a time."""
MOST_ROWS = 9_999_999
MOST_COLUMNS = 16_384

_IN_UTF8 = re.compile(rb'(?:\xef\xbb\xbf)?<(?:\?xml [^>]*?encoding=["\'](?i:utf-8)["\']|[^?])')


class Unusual(Exception):
    """A sheet is not written as most are."""


class Sheet(NamedTuple):
    """A sheet of a workbook; `parent` is that, as openpyxl's cells ask for it.

    `texts` are those that cells have in common.
    """

    parent: Any
    title: str
    is_visible: bool
    texts: Any
    reader: ExcelReader
    part: str

    def open(self) -> IO[bytes]:
        """Its XML."""
        return self.reader.archive.open(self.part)


@contextmanager
def open_book(path: Path) -> Iterator[list[Sheet]]:
    """The sheets of a workbook, but for charts. What is damaged raises what its reader does."""
    reader = ExcelReader(path, read_only=True, data_only=True, keep_links=False, rich_text=True)
    with closing(reader.archive):
        reader.read_manifest()
        texts = _texts(reader)
        reader.read_workbook()
        apply_stylesheet(reader.archive, reader.wb)
        yield [
            Sheet(reader.wb, sheet.name, sheet.state == "visible", texts, reader, part.target)
            for sheet, part in reader.parser.find_sheets()
            if part.target in reader.valid_files and "chartsheet" not in part.Type
        ]


def _texts(reader: ExcelReader) -> Sequence[Text]:
    """The texts that cells have in common."""
    part = reader.package.find(SHARED_STRINGS)  # type: ignore[no-untyped-call]
    if part is None:
        return ()
    with reader.archive.open(part.PartName[1:]) as file:
        return read_rich_text(file)


class Row(NamedTuple):
    """A row: its number, from 1, and what each cell says, by the letters of its column."""

    number: int
    is_hidden: bool
    cells: Mapping[str, str]


_BLANK = " \t\r\n"
_HEADER = re.compile(r'r="([1-9][0-9]{0,6})"((?: [A-Za-z0-9:]+="[^"<>&]*")*)(/?)>[ \t\r\n]*')
_IS_HIDDEN = (' hidden="1"', ' hidden="true"')


def _rows(piece: bytes) -> Iterator[Row]:
    """Rows that are written as most programs do: `<row r="2"><c r="A2" s="1"><v>55</v></c>...`."""
    try:
        before, *rows = piece.decode().split("<row ")
    except UnicodeDecodeError:
        raise Unusual from None
    if before.strip(_BLANK):
        raise Unusual
    for row in rows:
        text = row.rstrip(_BLANK)
        header, *cells = text.removesuffix("</row>").split('<c r="')
        about = _HEADER.fullmatch(header)
        if about is None or text.endswith("</row>") == bool(about[3]):
            raise Unusual
        place = f'{about[1]}"'
        parts = [cell.partition(place) for cell in cells]
        found = {letters: said for letters, _, said in parts}
        if len(found) < len(parts):
            raise Unusual
        yield Row(int(about[1]), any(one in about[2] for one in _IS_HIDDEN), found)


@cache
def column_of(letters: str) -> int:
    """The number of a column. Raises Unusual for what is none."""
    is_one = letters.isascii() and letters.isupper() and letters.isalpha() and len(letters) < 4
    number: int = column_index_from_string(letters) if is_one else 0
    if not 0 < number <= MOST_COLUMNS:
        raise Unusual
    return number


_NAMESPACE = f"{{{SHEET_MAIN_NS}}}"
_SIMPLE = re.compile(
    r'(?: s="([0-9]+)")?(?: t="([a-zA-Z]+)")?'
    r"(?: ?/>|><v>([ !#-%'-;=-~]*)</v></c>|><is><t>([ !#-%'-;=-~]*)</t></is></c>)\s*"
)
"""What most cells say; no character in a value or text of theirs means anything else."""
_RAISED: Mapping[str | None, dict[int, int]] = {
    "superscript": str.maketrans("0123456789+-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻"),
    "subscript": str.maketrans("0123456789+-", "₀₁₂₃₄₅₆₇₈₉₊₋"),
}
_ESCAPED = re.compile("_x(00[01][0-9A-Fa-f])_")  # how a control character is written


class DamagedSheet(Exception):
    """A part of the workbook says what it cannot."""


Range = tuple[int, int, int, int]
"""Left, top, right and bottom."""


class Cells(WorkSheetParser):
    """What the cells of a sheet say, and what stands around them.

    openpyxl's own cells come as values, and not those of a formula that was never computed;
    what is hidden or merged is told by its parser only. That is private: hence the bound
    on its version.
    """

    def __init__(self, sheet: Sheet, *, computes_later: bool) -> None:
        """`computes_later`: the results of formulas may still be 0, as in a new file."""
        super().__init__(BytesIO(), sheet.texts, data_only=True, rich_text=True)
        self._sheet = sheet
        book = sheet.parent
        self._from_1904 = book.epoch == MAC_EPOCH
        self._no_zeros = computes_later
        self._styles: dict[int, Style] = {}

    # Rows, for `excel_table`:

    def usual(self) -> Iterator[Row]:
        """As they stand in the sheet. Raises Unusual."""
        last = 0
        for piece in self._pieces():
            for row in _rows(piece):
                if row.number <= last:
                    raise Unusual
                last = row.number
                yield row

    def _pieces(self) -> Iterator[bytes]:
        """Whole rows, some at a time, between what stands around them. Raises Unusual."""
        with self._sheet.open() as file:
            head, begin, data = file.read(CHUNK).partition(b"<sheetData>")
            if not begin or b"<!" in head or not _IN_UTF8.match(head):
                raise Unusual
            head += begin
            self._look_around(head + b"</sheetData></worksheet>")
            while (end := data.find(b"</sheetData>")) < 0:
                at = max(data.rfind(b"<row "), 0)
                yield data[:at]
                more = file.read(CHUNK)
                if not more or len(data) - at > CHUNK:
                    raise Unusual
                data = data[at:] + more
            yield data[:end]
            self._look_around(head + data[end:] + file.read())

    def _look_around(self, xml: bytes) -> None:
        self.source = BytesIO(xml)
        try:
            deque(self.parse(), maxlen=0)
        except ParseError:
            raise Unusual from None

    def parsed(self) -> Iterator[Row]:
        """As openpyxl reads them, however they are written."""
        last = 0
        with self._sheet.open() as self.source:
            for number, cells in self.parse():
                found = dict(sorted(cells))
                if number <= last or len(found) < len(cells):
                    raise DamagedSheet("a row or a cell stands twice")
                if number > MOST_ROWS or max(found, default=1) > MOST_COLUMNS:
                    raise DamagedSheet("no sheet has so many rows or columns")
                last = number
                is_hidden = _is_hidden(self.row_dimensions.get(str(number), {}))
                by_letters = {get_column_letter(one): said for one, said in found.items()}
                yield Row(number, is_hidden, by_letters)

    def parse_cell(self, element: Any) -> tuple[int, str]:  # type: ignore[override]
        """The number of the column, and what the cell says, but for its place."""
        place = element.attrib.pop("r", None)
        letters = place.rstrip("0123456789") if place else None
        self.col_counter = column_index_from_string(letters) if letters else self.col_counter + 1
        for part in element.iter():
            part.tag = part.tag.removeprefix(_NAMESPACE)
        element.tail = None
        return self.col_counter, tostring(element, "unicode").removeprefix("<c")

    # After all rows:

    def merged(self) -> Iterator[Range]:
        if self.merged_cells is not None:
            for one in self.merged_cells.mergeCell:
                yield cast("Range", range_boundaries(one.ref))  # never of whole columns

    def reformatted(self) -> Iterator[Range]:
        """The cells whose number format depends on a condition."""
        formats = self._sheet.parent._differential_styles
        for one in self.formatting:
            rules = [rule.dxfId for rule in one.rules if rule.dxfId is not None]
            if any(formats[number].numFmt is not None for number in rules):
                for part in one.sqref.ranges:
                    yield part.bounds

    def hidden_columns(self) -> Iterator[range]:
        """The numbers of the columns that are hidden."""
        for attributes in self.column_dimensions.values():
            if _is_hidden(attributes):
                first, last = (_whole(attributes.get(end, "")) for end in ("min", "max"))
                yield range(first, last + 1)

    # One cell:

    def shown(self, said: str) -> Shown:
        """What a cell shows by its XML from the end of its place on. Raises Unusual."""
        try:
            match = _SIMPLE.fullmatch(said)
            if match is None:
                # What it begins with leaves no place for a declaration of entities.
                return self._closely(fromstring(f'<c xmlns="{SHEET_MAIN_NS}" r="A1"{said}'))  # noqa: S314
            style, kind, value, text = match.groups("")
            if kind == "inlineStr":
                return self._text_in(int(style or 0), text)
            return self._stored(int(style or 0), kind or "n", value)
        except ParseError:
            raise Unusual from None
        except ValueProblem as problem:
            return Shown(str(problem), is_problem=True)

    def _closely(self, element: Any) -> Shown:
        style, kind = _whole(element.get("s", "0")), element.get("t", "n")
        parts = {part.tag: part for part in element}
        value = parts[VALUE_TAG].text or "" if VALUE_TAG in parts else ""
        if FORMULA_TAG in parts:
            _check_result(kind, value, no_zeros=self._no_zeros)
        if kind == "inlineStr" and (inline := parts.get(INLINE_STRING)) is not None:
            is_plain = len(inline) == 1 and inline[0].tag.endswith("}t")
            text = inline[0].text or "" if is_plain else parse_richtext_string(inline)
            return self._text_in(style, text)
        return self._stored(style, kind, value)

    def _stored(self, number: int, kind: str, value: str) -> Shown:
        if not value:
            return Shown("")
        match kind:
            case "s":
                return self._text_in(number, self._shared(value))
            case "str":
                return self._text_in(number, value)
            case "b":
                return Shown("TRUE" if _whole(value) else "FALSE")
            case "e":
                raise ValueProblem(f"the error {value}")
            case "d":
                day = float(to_excel(from_ISO8601(value)))  # type: ignore[no-untyped-call]
                return self._style(number).number(day)._replace(kind="day")
        try:
            stored = float(value)
        except ValueError:
            raise DamagedSheet("expected a number") from None
        if stored == 0 and self._hides_zeros:
            raise ValueProblem("the sheet hides zeros")
        return self._style(number).number(stored)

    @cached_property
    def _hides_zeros(self) -> bool:
        views = getattr(self, "views", None)  # which stand before the rows
        return views is not None and any(view.showZeros is False for view in views.sheetView)

    def _shared(self, place: str) -> str | CellRichText:
        try:
            text: str | CellRichText = self.shared_strings[_whole(place)]
        except IndexError:
            raise DamagedSheet("there is no such text") from None
        return text

    def _text_in(self, style: int, text: str | CellRichText) -> Shown:
        if isinstance(text, CellRichText):
            text = "".join(map(_block, text))
        if "_x" in text:
            text = _ESCAPED.sub(lambda code: chr(int(code[1], 16)), text)
        return Shown(self._style(style).text(text))

    def _style(self, number: int) -> "Style":
        if number not in self._styles:
            cell = ReadOnlyCell(cast("Any", self._sheet), 1, 1, None, style_id=number)
            self._styles[number] = Style(cell, from_1904=self._from_1904)
        return self._styles[number]


def _is_hidden(attributes: Mapping[str, str]) -> bool:
    return attributes.get("hidden") in ("1", "true")


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise DamagedSheet("expected a whole number") from None


def _check_result(kind: str, value: str, *, no_zeros: bool) -> None:
    if not value and kind != "str":
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
    return text.translate(_RAISED.get(align, {}))


class Style:
    """How the cells of one style show what they hold."""

    def __init__(self, cell: ReadOnlyCell, *, from_1904: bool) -> None:
        font, number = cell.font, cell.style_array.numFmtId
        self._is_struck, self._align = bool(font.strike), font.vertAlign
        # Some numbers of formats mean dates, in another form for each language.
        is_known = number >= BUILTIN_FORMATS_MAX_SIZE or number in BUILTIN_FORMATS
        self._format = NumberFormat(cell.number_format, from_1904=from_1904) if is_known else None

    def number(self, value: float) -> Shown:
        if not math.isfinite(value):
            raise ValueProblem("a number that is not finite")
        if self._format is None:
            raise ValueProblem("its number format is another one in each language")
        self._refuse_struck()
        found = self._format.number(value)
        return found._replace(text=_raised(found.text, self._align))

    def text(self, text: str) -> str:
        if text.strip():
            self._refuse_struck()
        return _raised(text if self._format is None else self._format.text(text), self._align)

    def _refuse_struck(self) -> None:
        if self._is_struck:
            raise ValueProblem("it is struck out")
