"""The parts of an .xlsx file, read with openpyxl: its sheets, their rows in pieces, texts, styles.

openpyxl itself would read all texts, and look through sheets that do not tell their size.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO, Any, NamedTuple

from openpyxl.cell.rich_text import CellRichText
from openpyxl.reader.excel import ExcelReader
from openpyxl.reader.strings import read_rich_text
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS

Text = str | CellRichText

CHUNK = 4 << 20
"""Bytes of a sheet at a time."""
MOST_ROWS = 9_999_999
MOST_COLUMNS = 16_384


_BEGIN = f'<sst xmlns="{SHEET_MAIN_NS}"><si>'.encode()
_USUAL = re.compile(
    rb'(?:\xef\xbb\xbf)?(?:<\?xml [^>]*?encoding="(?i:utf-8)"[^>]*>\s*)?'
    rb'<sst(?: [\w:]+="[^"<>]*")*>\s*'
)
_PLAIN = re.compile(rb'<t(?: xml:space="preserve")?>([ !#-%\'-;=-~]+)</t></si>\s*')
"""Of no other than these signs; more, with line ends and beyond ASCII, can be read as XML only."""
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
        xml = file.read()
    begin, *texts = xml.split(b"<si>")
    if _USUAL.fullmatch(begin) and xml.rstrip().endswith(b"</si></sst>") and b"<si/" not in xml:
        return _Texts(texts)
    return read_rich_text(BytesIO(xml))


class _Texts(Sequence[Text]):
    """Texts that are read when they are asked for, from their XML behind `<si>`."""

    def __init__(self, texts: list[bytes]) -> None:
        self._texts = texts

    def __len__(self) -> int:
        return len(self._texts)

    def __getitem__(self, place: Any) -> Any:
        xml = self._texts[place].removesuffix(b"</sst>")
        if (match := _PLAIN.fullmatch(xml)) is not None:
            return match[1].decode()
        return read_rich_text(BytesIO(_BEGIN + xml + b"</sst>"))[0]


class SheetText:
    """The XML of a sheet: its rows in pieces, and the `head` and `tail` around them."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.head = self.tail = b""

    def pieces(self) -> Iterator[str]:
        """Whole rows, some at a time, one piece at least. Raises Unusual."""
        head, begin, data = self._file.read(CHUNK).partition(b"<sheetData>")
        if not begin or b"<!" in head or not _IN_UTF8.match(head):
            raise Unusual
        self.head = head + begin
        while (end := data.find(b"</sheetData>")) < 0:
            if (at := data.rfind(b"<row ")) > 0:
                yield _text(data[:at])
                data = data[at:]
            more = self._file.read(CHUNK)
            if not more or len(data) > CHUNK:
                raise Unusual
            data += more
        yield _text(data[:end])
        self.tail = data[end:] + self._file.read()


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise Unusual from None
