"""A sheet of an Excel workbook as a table of text: what its cells show, not what they store.

openpyxl reads the parts of the file, `excel_cells` its cells, and `number_formats` says what a
number shows.
"""

import re
import warnings
from collections.abc import Sequence
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from traceback import walk_tb
from zipfile import ZipFile, is_zipfile

from trialscreen.model.errors import InputError, refuse
from trialscreen.tables.cohort.readers import excel_cells
from trialscreen.tables.cohort.readers.excel_table import TOO_LARGE, SheetTable
from trialscreen.tables.cohort.readers.opened import Asked, Tables, text_schema
from trialscreen.text.characters import shown, some

MAX_UNPACKED = 2**30
"""Bytes of a workbook's parts, which a small file can claim to hold many of."""

MAX_STRINGS = 2**28
"""Bytes of the part that holds all texts, which are in memory at once."""

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
    except excel_cells.DamagedSheet as error:
        message = f"cannot be read as an .xlsx file: {error}"
        refuse(origin, message)
    except Exception as error:  # a damaged part raises whatever its reader does
        if _is_a_fault(error):
            raise
        message = f"cannot be read as an .xlsx file ({type(error).__name__})"
        refuse(origin, message)


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
        refuse(origin, TOO_LARGE)


def _read(path: Path, asked: Asked) -> Tables:
    with excel_cells.open_book(path) as sheets:
        sheet, notes = _chosen(sheets, asked.sheet, asked.origin)
        table = _table(sheet, asked, computes_later=_computes_later(path))
    notes = (*notes, *(f"{asked.origin}: {one}" for one in table.notes()))
    return Tables(text_schema(table.names), lambda: table.rows, table.pieces, notes=notes)


def _table(sheet: excel_cells.Sheet, asked: Asked, *, computes_later: bool) -> SheetTable:
    cells = excel_cells.Cells(sheet, computes_later=computes_later)
    table = SheetTable(cells, asked)
    try:
        table.read(cells.usual())
    except excel_cells.Unusual:
        cells = excel_cells.Cells(sheet, computes_later=computes_later)
        table = SheetTable(cells, asked)
        table.read(cells.parsed())
    return table


def _computes_later(path: Path) -> bool:
    """Whether formulas are computed when it is opened; openpyxl says so of nearly all files."""
    with ZipFile(path) as package:
        books = [name for name in package.namelist() if name.endswith("workbook.xml")]
        return any(_COMPUTES.search(package.read(name)) for name in books)


def _chosen(
    found: Sequence[excel_cells.Sheet], name: str | None, origin: str
) -> tuple[excel_cells.Sheet, tuple[str, ...]]:
    sheets = {sheet.title: sheet for sheet in found}
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
    visible = [title for title, sheet in sheets.items() if sheet.is_visible]
    if not visible:
        message = "has no sheet that is not hidden; name one with --sheet"
        refuse(origin, message)
    others = [shown(title) for title in sheets if title != visible[0]]
    note = f"{origin}: the sheet {shown(visible[0])} is read; not read: {some(others)}"
    return sheets[visible[0]], (note,) if others else ()
