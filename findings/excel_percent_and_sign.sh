#!/usr/bin/env bash
# fastexcel 0.21.0: a number format that shows another number than is stored is not applied.
#
# One would expect that a column read as text holds what people see: 35% and <20.
# It holds 0.35 and 20: a risk of 35 % becomes one of 0.35 %, and a value below the limit of
# detection becomes that limit.
# We read the number format with openpyxl, and take what the cell shows.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet 'fastexcel==0.21.0' 'polars==2.1.0' 'xlsxwriter==3.3.1'
venv/bin/python - <<'END'
import fastexcel, xlsxwriter

with xlsxwriter.Workbook("t.xlsx") as book:
    sheet = book.add_worksheet()
    sheet.write_number("A1", 0.35, book.add_format({"num_format": "0%"}))
    sheet.write_number("B1", 20, book.add_format({"num_format": '"<"0'}))
sheet = fastexcel.read_excel("t.xlsx").load_sheet(0, header_row=None, dtypes="string")
found = sheet.to_polars().row(0)
print("shown: ('35%', '<20'); read:", found)
assert found == ("0.35", "20")
END
