#!/usr/bin/env bash
# fastexcel 0.21.0, python-calamine 0.9.1, openpyxl 3.1.5: is 46082 a date or a number?
#
# Formats 27 to 36 and 50 to 58 have no code in the file: each language of Excel has its own.
# Chinese, Japanese and Korean ones are dates; 57 is "2026年3月" in Chinese. One would expect
# that two libraries on one Rust reader agree. python-calamine says date, with a day that is
# not shown; fastexcel says 46082; openpyxl says 46082 with the format General.
# We take a number with such a format as unknown, and list its place.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet 'fastexcel==0.21.0' 'polars==2.1.0' 'python-calamine==0.9.1' 'openpyxl==3.1.5' 'xlsxwriter==3.3.1'
venv/bin/python - <<'END'
from datetime import date
import fastexcel, openpyxl, python_calamine, xlsxwriter

with xlsxwriter.Workbook("t.xlsx") as book:
    book.add_worksheet().write_number("A1", 46082, book.add_format({"num_format": 57}))
text = fastexcel.read_excel("t.xlsx").load_sheet(0, header_row=None, dtypes="string")
value = python_calamine.load_workbook("t.xlsx").get_sheet_by_index(0).to_python()[0][0]
cell = openpyxl.load_workbook("t.xlsx").active["A1"]
print("fastexcel:", repr(text.to_polars().item()), "python-calamine:", repr(value))
print("openpyxl:", cell.value, cell.number_format)
assert text.to_polars().item() == "46082"
assert value == date(2026, 3, 1)
assert (cell.value, cell.number_format) == (46082, "General")
END
