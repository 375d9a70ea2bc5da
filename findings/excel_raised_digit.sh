#!/usr/bin/env bash
# fastexcel 0.21.0, openpyxl 3.1.5: a raised digit (a footnote) becomes a digit of the number.
#
# A cell shows 55 with a raised 1. One would expect that openpyxl's rich_text=True keeps the
# runs apart, wherever the text stands. With read_only=True it does so for shared texts, and
# not for texts in the cell itself, as xlsxwriter (constant_memory) and many exports write
# them: there the cell is '551'. fastexcel gives '551' in both.
# We give the text in the cell to openpyxl's own reader of runs, and a raised 1 is ¹, so that
# 55¹ is not a number and 10⁴ is one.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet 'fastexcel==0.21.0' 'polars==2.1.0' 'openpyxl==3.1.5' 'xlsxwriter==3.3.1'
venv/bin/python - <<'END'
import fastexcel, openpyxl, xlsxwriter

found = {}
for in_cell in (False, True):
    with xlsxwriter.Workbook("t.xlsx", {"constant_memory": in_cell}) as book:
        raised = book.add_format({"font_script": 1})
        book.add_worksheet().write_rich_string("A1", "55", raised, "1")
    text = fastexcel.read_excel("t.xlsx").load_sheet(0, header_row=None).to_polars().item()
    book = openpyxl.load_workbook("t.xlsx", read_only=True, rich_text=True)
    found[in_cell] = str(text), type(next(book.active.values)[0]).__name__
    print("text in the cell" if in_cell else "shared text", "fastexcel, openpyxl:", found[in_cell])
assert found == {False: ("551", "CellRichText"), True: ("551", "str")}
END
