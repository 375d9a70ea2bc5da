#!/usr/bin/env bash
# xlsxwriter 3.3.1, fastexcel 0.21.0: a formula that nobody computed is read as 0.
#
# A writer computes no formula. One would expect that its cell has no value until Excel has
# opened the file. xlsxwriter stores 0, and readers take it: an index of 22.3 is 0, and the
# number of a patient's fractures is 0.
# We take a stored 0 for unknown where the file asks for all formulas to be computed anew, and
# a formula without any result everywhere.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet 'fastexcel==0.21.0' 'polars==2.1.0' 'openpyxl==3.1.5' 'xlsxwriter==3.3.1'
venv/bin/python - <<'END'
import fastexcel, openpyxl, xlsxwriter

with xlsxwriter.Workbook("t.xlsx") as book:
    book.add_worksheet().write_formula("A1", "=2+1")
text = fastexcel.read_excel("t.xlsx").load_sheet(0, header_row=None, dtypes="string")
value = openpyxl.load_workbook("t.xlsx", data_only=True).active["A1"].value
print("2+1 is", repr(text.to_polars().item()), "to fastexcel and", value, "to openpyxl")
assert text.to_polars().item() == "0"
assert value == 0
END
