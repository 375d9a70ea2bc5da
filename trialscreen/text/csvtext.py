"""Writes CSV that is safe to open in a spreadsheet: no cell can become a formula."""

import csv
import io
import re
from collections.abc import Iterable
from typing import TextIO

from trialscreen.text.characters import printable

FORMULA = ("=", "+", "-", "@", "\t", "\r")
NUMBER = r"-?[0-9]+(\.[0-9]+)?"


def render(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """CSV text (RFC 4180 quoting, lines ending in LF); None becomes an empty cell."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(columns)
    write_rows(out, rows)
    return out.getvalue()


def write_rows(out: TextIO, rows: Iterable[Iterable[object]]) -> None:
    """Appends rows to a text file that was opened with `newline=""`."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([cell_text(value) for value in values] for values in rows)


def cell_text(value: object) -> str:
    """A cell's text, prefixed with an apostrophe if a spreadsheet would take it for a formula."""
    if value is None:
        return ""
    text = str(value)
    if not text.isprintable():  # few are not, and each cell is looked at
        text = "\n".join(map(printable, text.split("\n")))
    dangerous = text.startswith(FORMULA) and not re.fullmatch(NUMBER, text)
    return f"'{text}" if dangerous else text
