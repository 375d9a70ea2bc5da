"""The rows of a sheet, cut out of its XML by the engine, some at a time.

Most programs write `<row r="2"><c r="A2" s="1"><v>55</v></c>...`. What a cell says, but for its
place, comes again and again: the engine gives it a code, so that it is looked at once. A sheet
that is not written so is refused here; `excel_cells` writes it anew.
"""

import re
from collections.abc import Iterator
from functools import cache
from itertools import islice, product
from string import ascii_uppercase
from typing import IO, NamedTuple

import polars as pl

CHUNK = 4 << 20
"""Bytes of a sheet at a time."""
MOST_ROWS = 9_999_999
MOST_COLUMNS = 16_384

_BLANK = " \t\r\n"
_IN_UTF8 = re.compile(rb'(?:\xef\xbb\xbf)?<(?:\?xml [^>]*?encoding=["\'](?i:utf-8)["\']|[^?])')
_HEADER = r'^r="[1-9][0-9]{0,6}"(?: [A-Za-z0-9:]+="[^"<>&]*")*/?>[ \t\r\n]*$'
_IS_HIDDEN = r' hidden="(?:1|true)"'


class Unusual(Exception):
    """A sheet is not written as most are."""


class Rows(NamedTuple):
    """Rows with cells: their numbers in the sheet, from 1; and those that are hidden.

    `cells` has a line for each: its `row`, by the place in `numbers`; its `column`, from 1; and
    the `code` of what it says.
    """

    numbers: pl.Series
    hidden: list[int]
    cells: pl.DataFrame


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
