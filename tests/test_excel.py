"""Workbooks: what their cells show is what is screened; what they do not tell is listed."""

import csv
import re
import shutil
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pytest
import xlsxwriter

from tests.frames import all_rows
from tests.messy import patients
from tests.process import cohort, refusals, run
from tests.test_cohort_parity import ON, TRIAL, run_on, write_csv
from tests.tools.simulate import ID
from trialscreen.tables.cohort.readers.cells import NO_VALUE
from trialscreen.tables.cohort.readers.excel import open_table
from trialscreen.tables.cohort.readers.opened import Asked

Write = Callable[[Any, Any], object]
"""Fills a sheet whose titles stand in row 1."""

TITLES = (ID, "weight", "height", "birth_date")


def _made(path: Path, write: Write, **options: Any) -> Path:
    with xlsxwriter.Workbook(path, options) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, TITLES)
        write(book, sheet)
    return path


def _rows(path: Path, name: str | None = None) -> list[tuple[str | None, ...]]:
    """The cells that are read, with the reason of those that tell no value in brackets.

    Where all tags of the sheet have a prefix, it says the same.
    """
    table, other = _table(path, name), path.with_stem("other")
    shutil.copy(path, other)
    _patched(other, SHEET, "xmlns=", "xmlns:x=")
    _patched(other, SHEET, r"<(/?)(?=\w)", r"<\1x:")
    assert table.equals(_table(other, name))
    return [
        tuple(
            f"[{text.removeprefix(NO_VALUE)}]" if text and text.startswith(NO_VALUE) else text
            for text in row
        )
        for row in table.iter_rows()
    ]


def _table(path: Path, name: str | None) -> pl.DataFrame:
    return all_rows(open_table(path, Asked(path.name, path.parent, name)))


def _patched(path: Path, part: str, pattern: str, by: str) -> Path:
    """The workbook with a change that no writer makes."""
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    text, changes = re.subn(pattern, by, parts[part].decode())
    assert changes
    parts[part] = text.encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts.items():
            package.writestr(name, data)
    return path


SHEET = "xl/worksheets/sheet1.xml"


# The same as CSV.

_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_MONTH = re.compile(r"([0-9]{4})-([0-9]{2})")
_NUMBER = re.compile(r"(<=|>=|<|>)?([0-9]+)(\.[0-9]+)?( ?[^0-9]+)?")
DAYS = ("yyyy-mm-dd", "dd/mm/yyyy", "m/d/yy", "d-mmm-yyyy", "yyyy年m月d日", "[$-409]mmmm d, yyyy;@")
MONTHS = ("mmm-yy", "yyyy-mm", "mmmm yyyy", 'yyyy"年"m"月"')


def _as_excel_has_it(rng: Random, kind: str, text: str) -> tuple[float | datetime, str] | None:
    """A stored number and a format that shows `text`; None where it has to be text."""
    if kind == "date" and (day := _DAY.fullmatch(text)) and text != "2026-02-30":
        return _moment(*map(int, day.groups())), rng.choice(DAYS)
    if kind == "date" and (month := _MONTH.fullmatch(text)):
        return _moment(int(month[1]), int(month[2]), rng.randint(1, 28)), rng.choice(MONTHS)
    if kind == "date" and re.fullmatch("19[0-9]{2}|20[0-9]{2}", text):
        return _moment(int(text), rng.randint(1, 12), rng.randint(1, 28)), "yyyy"
    number = _NUMBER.fullmatch(text)
    if kind not in ("integer", "quantity") or number is None or len(text) > 12:
        return None
    sign, whole, fraction, unit = number.groups(default="")
    places = len(fraction) - 1 if fraction else 0
    code = f"0.{'0' * places}" if places else "0"
    stored = float(f"{whole}{fraction}")
    if unit.strip() == "%":
        return stored / 100, f"{code}%"
    # Digits beyond those that are shown do not count.
    stored += rng.choice((0, 0.3, -0.3)) * 10.0**-places if stored else 0
    return stored, f'"{sign}"{code}"{unit}"' if sign or unit else code


def _moment(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day)  # noqa: DTZ001 - spreadsheets have no zones


def _write_as_excel_has_it(rng: Random, path: Path, table: Path) -> int:
    """The CSV file as a workbook; returns how many cells are not texts."""
    typed = 0
    with table.open(encoding="utf-8", newline="") as file:
        names, *rows = csv.reader(file)
    with xlsxwriter.Workbook(path) as book:
        formats = {code: book.add_format({"num_format": code}) for code in (*DAYS, *MONTHS)}
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, names)
        for at, row in enumerate(rows, start=1):
            for place, (name, text) in enumerate(zip(names, row, strict=True)):
                kind = TRIAL.elements[name].type if name != ID else "text"
                found = _as_excel_has_it(rng, kind, text)
                if found is None:
                    sheet.write_string(at, place, text)
                    continue
                typed += 1
                stored, code = found
                if code not in formats:
                    formats[code] = book.add_format({"num_format": code})
                if isinstance(stored, datetime):
                    sheet.write_datetime(at, place, stored, formats[code])
                else:
                    sheet.write_number(at, place, stored, formats[code])
    return typed


@pytest.mark.parametrize("seed", range(3))
def test_a_workbook_and_the_same_table_as_csv_give_the_same(tmp_path: Path, seed: int) -> None:
    table = tmp_path / "t.csv"
    write_csv(table, patients(TRIAL, 60, seed, (ON,)), own_days=False)
    run_on(tmp_path, table, problems=tmp_path / "expected.csv")
    expected = pl.read_parquet(tmp_path / "out.parquet")
    typed = _write_as_excel_has_it(Random(seed), tmp_path / "t.xlsx", table)
    assert typed > 500
    run_on(tmp_path, tmp_path / "t.xlsx", problems=tmp_path / "found.csv")
    assert pl.read_parquet(tmp_path / "out.parquet").equals(expected)
    assert (tmp_path / "found.csv").read_text() == (tmp_path / "expected.csv").read_text()


# One kind of cell at a time.


def test_what_a_cell_does_not_tell_is_unknown_and_listed(tmp_path: Path) -> None:
    def write(book: Any, sheet: Any) -> None:
        struck = book.add_format({"font_strikeout": True})
        sheet.write_formula("A2", '="S-"&1', value="S-1")
        sheet.write_formula("B2", "=NA()", value="#N/A")
        sheet.write_formula("C2", "=1/0", value="#DIV/0!")
        sheet.write_number("D2", 46082, book.add_format({"num_format": "d-mmm"}))
        sheet.write_string("A3", "S-2")
        sheet.write_formula("B3", "=C3/3")  # of which the writer stores 0
        sheet.write_formula("C3", "=150+8", value=158)
        sheet.write_number("D3", 21292, book.add_format({"num_format": "dd/mm/yyyy"}))
        sheet.write_string("A4", "S-3")
        sheet.write_number("B4", 55, struck)
        sheet.write_rich_string("C4", struck, "150", " 158")
        sheet.write_number("D4", 1, book.add_format({"num_format": 28}))
        sheet.write_string("A5", "S-4")
        sheet.merge_range("B5:C5", 55)
        sheet.write_formula("D5", '=""', value="")

    path = _made(tmp_path / "t.xlsx", write)
    _patched(path, SHEET, 'r="D5"', 'r="D5" t="str"')  # as Excel writes an empty text
    assert _rows(path) == [
        ("S-1", "[the cell B2: the error #N/A]", "[the cell C2: the error #DIV/0!]",
         "[the cell D2: its number format shows no year]"),
        ("S-2", "[the cell B3: a formula whose result may not be computed yet; open the file in"
         " Excel and save it]", "158", "1958-04-17"),
        ("S-3", "[the cell B4: it is struck out]", "[the cell C4: some of its text is struck out]",
         "[the cell D4: its number format is another one in each language]"),
        ("S-4", "[the cell B5: is merged with others]", "[the cell C5: is merged with others]",
         None),
    ]  # fmt: skip
    ran = cohort(tmp_path, "t.xlsx", "--problems", "problems.csv", "--max-bad", "0")
    assert ran.code == 0, ran
    assert "weight: 4 cells without a value: unknown" in ran.err
    assert "could not be read" not in ran.err
    listed = pl.read_csv(tmp_path / "problems.csv").filter(pl.col("element") == "weight")
    assert listed["row"].to_list() == [1, 2, 3, 4]
    assert listed["reason"][0] == "the cell B2: the error #N/A"
    assert pl.read_csv(tmp_path / "out.csv")["I3"].to_list() == [None] * 4


def test_a_formula_without_a_result_is_unknown(tmp_path: Path) -> None:
    path = _made(tmp_path / "t.xlsx", lambda _, sheet: sheet.write_formula("B2", "=5*11", value=55))
    assert _rows(path) == [(None, "55", None, None)]
    _patched(path, SHEET, "<v>55</v>", "<v></v>")
    assert _rows(path) == [
        (None, "[the cell B2: a formula without a result; open the file in Excel and save it]",
         None, None)
    ]  # fmt: skip


def test_a_zero_that_was_computed_is_zero(tmp_path: Path) -> None:
    path = _made(tmp_path / "t.xlsx", lambda _, sheet: sheet.write_formula("B2", "=5-5", value=0))
    _patched(path, "xl/workbook.xml", ' fullCalcOnLoad="1"', "")
    assert _rows(path) == [(None, "0", None, None)]


def test_zeros_that_the_sheet_hides_are_unknown(tmp_path: Path) -> None:
    def write(_: Any, sheet: Any) -> None:
        sheet.write_row("A2", ["S-1", 0, 158])
        sheet.hide_zero()

    hidden = "[the cell B2: the sheet hides zeros]"
    assert _rows(_made(tmp_path / "t.xlsx", write)) == [("S-1", hidden, "158", None)]


def test_raised_digits_stay_raised(tmp_path: Path) -> None:
    def write(book: Any, sheet: Any) -> None:
        up, down = book.add_format({"font_script": 1}), book.add_format({"font_script": 2})
        bold = book.add_format({"bold": True})
        sheet.write_rich_string("A2", "S", down, "1", "x")
        sheet.write_rich_string("B2", "55", up, "1")
        sheet.write_rich_string("C2", bold, "15", "8 cm")
        sheet.write_rich_string("A3", "1 × 10", up, "-4", " kg/m", up, "2")
        sheet.write_number("B3", 55, up)

    for options in ({}, {"constant_memory": True}):  # shared and inline strings
        path = _made(tmp_path / "t.xlsx", write, **options)
        assert _rows(path) == [("S₁x", "55¹", "158 cm", None), ("1 × 10⁻⁴ kg/m²", "⁵⁵", None, None)]


def test_texts_are_read_as_they_are_shown(tmp_path: Path) -> None:
    def write(book: Any, sheet: Any) -> None:
        unit = book.add_format({"num_format": '@" kg"'})
        hides = book.add_format({"num_format": ";;;"})
        sheet.write_row("A2", ["007", " 55 ", "<160", "unknown"])
        sheet.write_row("A3", ["８", True, False, "\u00a0"])
        sheet.write_string("B4", "55", unit)
        sheet.write_string("C4", "158", hides)
        sheet.write_string("D4", "55\r")

    assert _rows(_made(tmp_path / "t.xlsx", write)) == [
        ("007", " 55 ", "<160", "unknown"),
        ("８", "TRUE", "FALSE", None),
        (None, "55 kg", "[the cell C4: its number format hides the text]", "55\r"),
    ]


def test_how_a_word_is_pronounced_is_no_part_of_it(tmp_path: Path) -> None:
    path = _made(tmp_path / "t.xlsx", lambda _, sheet: sheet.write_string("B2", "体重"))
    sound = '<t>体重</t><rPh sb="0" eb="2"><t>たいじゅう</t></rPh></si>'
    _patched(path, "xl/sharedStrings.xml", "<t>体重</t></si>", sound)
    assert _rows(path) == [(None, "体重", None, None)]


def test_ids_keep_the_zeros_that_are_shown_and_all_their_digits(tmp_path: Path) -> None:
    def write(book: Any, sheet: Any) -> None:
        sheet.write_number("A2", 7, book.add_format({"num_format": "00000"}))
        sheet.write_number("A3", 123456789012)
        sheet.write_number("A4", 110101195801013456)

    path = _made(tmp_path / "t.xlsx", write)
    lost = (
        "the cell A4: a number of more than 15 digits; the file keeps only 15 of them;"
        " write it as text"
    )
    assert [row[0] for row in _rows(path)] == ["00007", "123456789012", f"[{lost}]"]
    ran = cohort(tmp_path, "t.xlsx")
    assert refusals(ran) == [f"the ids: every row needs one, and these have none: {lost}"]


def test_dates_may_count_from_1904(tmp_path: Path) -> None:
    def write(book: Any, sheet: Any) -> None:
        for column, code in enumerate(("yyyy-mm-dd", "mmm-yy", "General"), start=1):
            sheet.write_datetime(
                1, column, _moment(2026, 3, 14), book.add_format({"num_format": code})
            )

    for from_1904, number in ((False, "46095"), (True, "44633")):
        path = _made(tmp_path / "t.xlsx", write, date_1904=from_1904)
        assert _rows(path) == [(None, "2026-03-14", "2026-03", number)]


def test_a_number_format_that_depends_on_a_condition_is_not_told(tmp_path: Path) -> None:
    def write(book: Any, sheet: Any) -> None:
        sheet.write_row("A2", ["S-1", 55, 158])
        low = book.add_format({"num_format": '"<"0'})
        sheet.conditional_format(
            "B2:B9", {"type": "cell", "criteria": "<", "value": 60, "format": low}
        )
        red = book.add_format({"font_color": "red"})
        sheet.conditional_format(
            "C2:C9", {"type": "cell", "criteria": "<", "value": 60, "format": red}
        )

    assert _rows(_made(tmp_path / "t.xlsx", write)) == [
        ("S-1", "[the cell B2: its number format depends on conditions]", "158", None)
    ]


# The sheet.


def _with_sheets(path: Path) -> Path:
    with xlsxwriter.Workbook(path) as book:
        hidden, chart = book.add_worksheet("Old"), book.add_chartsheet("Chart")
        hidden.write_row(0, 0, TITLES)
        hidden.write_row(1, 0, ["S-1", 39])
        hidden.hide()
        line = book.add_chart({"type": "line"})
        line.add_series({"values": "=Old!$B$2:$B$2"})
        chart.set_chart(line)
        book.add_worksheet("Very old").very_hidden()
        patients_ = book.add_worksheet("Patients")
        patients_.write_row(0, 0, TITLES)
        patients_.write_row(1, 0, ["S-1", 55])
        patients_.activate()
    return path


def test_the_first_sheet_that_is_not_hidden_is_read_and_named(tmp_path: Path) -> None:
    path = _with_sheets(tmp_path / "t.xlsx")
    assert [row[1] for row in _rows(path)] == ["55"]
    assert [row[1] for row in _rows(path, "Old")] == ["39"]
    ran = cohort(tmp_path, "t.xlsx")
    assert "t.xlsx: the sheet 'Patients' is read; not read: 'Old', 'Very old'" in ran.err
    ran = cohort(tmp_path, "t.xlsx", "--sheet", "Chart")
    assert refusals(ran) == [
        "t.xlsx: has no sheet 'Chart'; its sheets: 'Old', 'Very old', 'Patients'"
    ]


def test_what_is_hidden_or_beside_the_table_is_told(tmp_path: Path) -> None:
    def write(book: Any, sheet: Any) -> None:
        one_place = book.add_format({"num_format": "0.0"})
        for row in range(1, 5):
            sheet.write_row(row, 0, [f"S-{row}", 55, 158])
        sheet.write_number("B7", 54.97, one_place)
        sheet.write_string("A7", "S-7")
        sheet.write_string("H3", "checked")
        sheet.set_row(2, None, None, {"hidden": True})
        sheet.set_column("C:C", None, None, {"hidden": True})

    _made(tmp_path / "t.xlsx", write)
    ran = cohort(tmp_path, "t.xlsx")
    assert ran.code == 0, ran
    for line in (
        "t.xlsx: 1 blank row left out",
        "t.xlsx: hidden rows of the sheet, which are read: 1",
        "t.xlsx: hidden columns, which are read: 'height'",
        "t.xlsx: cells outside the columns with titles, not read: H3",
        "t.xlsx: 1 cell with more digits than shown, read as shown, in 'weight'",
    ):
        assert f"{line}\n" in ran.err
    assert pl.read_csv(tmp_path / "out.csv")[ID].to_list() == ["S-1", "S-2", "S-3", "S-4", "S-7"]


def test_merged_titles_are_refused(tmp_path: Path) -> None:
    def write(_: Any, sheet: Any) -> None:
        sheet.write_row("A2", ["S-1", 55])
        sheet.merge_range("E1:F1", "Laboratory")

    _made(tmp_path / "t.xlsx", write)
    says = ["t.xlsx: its titles, in row 1, are merged: E1:F1"]
    assert refusals(cohort(tmp_path, "t.xlsx")) == says


def test_a_table_may_begin_anywhere(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "t.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row("C4", TITLES)
        sheet.write_row("C5", ["S-1", 55])
    assert _rows(tmp_path / "t.xlsx") == [("S-1", "55", None, None)]


# Files that cannot be read.

REFUSED: dict[str, Callable[[Path], object]] = {
    "is an .xls file, or locked by a password": lambda path: path.write_bytes(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
    ),
    "cannot be read as an .xlsx file": lambda path: path.write_text("patient_id,weight\nS-1,55\n"),
    "cannot be read as an .xlsx file (": lambda path: _patched(path, SHEET, "</sheetData>", ""),
    "cannot be read as an .xlsx file (KeyError": lambda path: _without(path, "[Content_Types].xml"),
    "cannot be read as an .xlsx file: a row or a cell stands twice": lambda path: _patched(
        path, SHEET, r'r="B2"', 'r="A2"'
    ),
    "cannot be read as an .xlsx file: there is no such text": lambda path: _patched(
        path, SHEET, 'r="A2" t="s"><v>[0-9]+', 'r="A2" t="s"><v>99'
    ),
    "cannot be read as an .xlsx file: expected a number": lambda path: _patched(
        path, SHEET, "<v>55</v>", "<v>heavy</v>"
    ),
    "has no sheet that is not hidden; name one with --sheet": lambda path: _patched(
        path, "xl/workbook.xml", "<sheet name", '<sheet state="hidden" name'
    ),
    "has no sheet that can be read; save it as Excel Workbook": lambda path: _patched(
        path,
        "xl/workbook.xml",
        "http://schemas.openxmlformats.org/officeDocument/2006/",
        "http://purl.oclc.org/ooxml/officeDocument/",
    ),
    "is too large for an .xlsx file; save it as CSV or Parquet": lambda path: _patched(
        path, SHEET, "</sheetData>", " " * 2000 + "</sheetData>"
    ),
}


def _without(path: Path, part: str) -> None:
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist() if name != part}
    with zipfile.ZipFile(path, "w") as package:
        for name, data in parts.items():
            package.writestr(name, data)


def test_what_openpyxl_prints_is_not_told(tmp_path: Path) -> None:
    path = _made(tmp_path / "t.xlsx", lambda _, sheet: sheet.write_row("A2", ["S-1", 39]))
    _patched(
        path, "xl/styles.xml", '<cellStyle name="Normal" xfId="0"', '<cellStyle name="N" xfId="7"'
    )
    ran = run("cohort", "t.xlsx", "-o", "-", folder=tmp_path)
    assert ran == (2, "", "error: t.xlsx: cannot be read as an .xlsx file (IndexError)\n")


def test_a_fault_of_our_own_is_not_told_as_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _made(tmp_path / "t.xlsx", lambda _, sheet: sheet.write_row("A2", ["S-1", 55]))
    monkeypatch.setattr("trialscreen.tables.cohort.readers.excel_cells._raised", lambda: "")
    with pytest.raises(TypeError, match="positional argument"):
        open_table(path, Asked(path.name, path.parent))


@pytest.mark.parametrize("says", REFUSED)
def test_a_file_that_cannot_be_read_is_refused(
    tmp_path: Path, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _made(tmp_path / "t.xlsx", lambda _, sheet: sheet.write_row("A2", ["S-1", 55]))
    REFUSED[says](path)
    if "too large" in says:
        with zipfile.ZipFile(path) as package:
            size = sum(one.file_size for one in package.infolist())
        monkeypatch.setattr("trialscreen.tables.cohort.readers.excel.MAX_UNPACKED", size - 1)
    ran = cohort(tmp_path, "t.xlsx")
    assert [line[: len(says) + 8] for line in refusals(ran)] == [f"t.xlsx: {says}"]
