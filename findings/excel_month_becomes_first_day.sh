#!/usr/bin/env bash
# fastexcel 0.21.0, openpyxl 3.1.5: a cell that shows a month or a year is read as its first day.
#
# A cell with the format mmm-yy says "Mar-26": some day of March. One would expect a month, or
# a text. Both libraries give 2026-03-01, as if the day were known, and so a washout of six
# months ends on a certain day. The same for d-mmm, where not even the year is shown.
# We read such a cell as 2026-03, and one that shows no year as unknown, with its place.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet 'fastexcel==0.21.0' 'polars==2.1.0' 'openpyxl==3.1.5' 'xlsxwriter==3.3.1'
venv/bin/python - <<'END'
from datetime import datetime
import fastexcel, openpyxl, xlsxwriter

with xlsxwriter.Workbook("t.xlsx") as book:
    sheet = book.add_worksheet()
    for column, code in enumerate(("mmm-yy", "yyyy", "d-mmm")):
        sheet.write_number(0, column, 46082, book.add_format({"num_format": code}))
text = fastexcel.read_excel("t.xlsx").load_sheet(0, header_row=None, dtypes="string")
values = next(openpyxl.load_workbook("t.xlsx").active.values)
print("shown: Mar-26, 2026, 1-Mar; fastexcel:", text.to_polars().row(0))
print("openpyxl:", values)
assert text.to_polars().row(0) == ("2026-03-01 00:00:00",) * 3
assert values == (datetime(2026, 3, 1),) * 3
END
