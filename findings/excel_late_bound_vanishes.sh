#!/usr/bin/env bash
# fastexcel 0.21.0, also as polars 2.1.0 uses it: a "<20" below a thousand numbers in a workbook.
#
# Expected: a column of text, as where "<20" stands in the first rows; or an error, as for CSV.
# Seen: the type of a column is that of its first 1000 rows, and a cell of another type below them is
# null, without a word or an error. The viral load of the 1100th patient, below the limit of detection,
# is missing; a "pending" would be, too. python-calamine 0.9.1, which reads by the same Rust library,
# gives "<20". A column that is declared Float64 loses it as well, in whichever row it stands.
# trialscreen reads what a cell shows, as text, in every row: it is a value below 20.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'fastexcel==0.21.0' 'polars==2.1.0' 'python-calamine==0.9.1' 'xlsxwriter==3.3.1'
cd "$place" && python - <<'END'
import fastexcel
import polars
import python_calamine
import xlsxwriter


def write(name: str, bound: int) -> None:
    """1200 patients, one of them with a bound, in that row (from 1, below the title)."""
    with xlsxwriter.Workbook(name) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["patient", "hbv_dna"])
        for row in range(1, 1201):
            sheet.write_row(row, 0, [f"P{row}", "<20" if row == bound else 1500])


write("late.xlsx", 1100)
write("early.xlsx", 10)
typed = {"hbv_dna": polars.Float64}
seen = {
    "polars, row 10": polars.read_excel("early.xlsx")["hbv_dna"][9],
    "polars, row 1100": polars.read_excel("late.xlsx")["hbv_dna"][1099],
    "polars, row 10, Float64": polars.read_excel("early.xlsx", schema_overrides=typed)["hbv_dna"][9],
    "fastexcel, row 1100": fastexcel.read_excel("late.xlsx").load_sheet(0).to_polars()["hbv_dna"][1099],
    "python-calamine, row 1100": python_calamine.load_workbook("late.xlsx")
    .get_sheet_by_index(0)
    .to_python()[1100][1],
}
for name, found in seen.items():
    print(name, found, sep=" | ")
assert [*seen.values()] == ["<20", None, None, None, "<20"], "the behaviour has changed"
END
