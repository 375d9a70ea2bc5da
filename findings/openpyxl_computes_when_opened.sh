#!/usr/bin/env bash
# openpyxl 3.1.5: every workbook is said to ask for a computation of all its formulas.
#
# Whether the results in a file can be trusted, its attribute fullCalcOnLoad says. One would
# expect False where it is not there, as the standard has it. openpyxl gives True, so that
# files saved by Excel cannot be told from those whose formulas nobody has computed.
# We look for the attribute in the part of the file itself.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet 'openpyxl==3.1.5' 'xlsxwriter==3.3.1'
venv/bin/python - <<'END'
import zipfile
import openpyxl, xlsxwriter

with xlsxwriter.Workbook("t.xlsx") as book:
    book.add_worksheet().write_formula("A1", "=2+1", value=3)
with zipfile.ZipFile("t.xlsx") as asks, zipfile.ZipFile("u.xlsx", "w") as other:
    for name in asks.namelist():
        other.writestr(name, asks.read(name).replace(b' fullCalcOnLoad="1"', b""))
with zipfile.ZipFile("u.xlsx") as other:
    assert b"fullCalcOnLoad" not in other.read("xl/workbook.xml")
found = openpyxl.load_workbook("u.xlsx").calculation.fullCalcOnLoad
print("without the attribute, fullCalcOnLoad is", found)
assert found is True
END
