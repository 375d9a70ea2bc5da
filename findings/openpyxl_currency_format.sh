#!/usr/bin/env bash
# openpyxl 3.1.5: the built-in number format 44 (currency) has lost its semicolons.
#
# Expected: four sections, for numbers above, below and at zero, and for text, as 41 to 43 have.
# Seen: one section that holds all four, so a reader that follows it shows `$  $() $-  58.5`.
# trialscreen reads what a cell shows: such a text is not a number, so the cell is unknown and listed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet 'openpyxl==3.1.5' 'xlsxwriter==3.3.1'
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import openpyxl
import xlsxwriter

with xlsxwriter.Workbook("t.xlsx") as book:
    sheet = book.add_worksheet()
    for row, number in enumerate((43, 44)):
        sheet.write(row, 0, 58.5, book.add_format({"num_format": number}))

cells = [row[0] for row in openpyxl.load_workbook("t.xlsx").active.iter_rows()]
for cell in cells:
    print(f"{cell.number_format!r} has sections: {cell.number_format.count(';') + 1}")
sys.exit([cell.number_format.count(";") for cell in cells] != [3, 0])
PYTHON
