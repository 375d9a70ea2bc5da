#!/usr/bin/env bash
# pandas 3.1.1, DuckDB 2.0.1, chdb 4.4.0 (ClickHouse 26.9), Polars 2.1.0: each patient's newest result.
#
# Expected: what the newest row holds; `max_by(value, day)` is the value on the last day.
# Seen: the last value that is not missing, for each column by itself. Of a "<20", a later 1500 without
# a sign, and a last row that still waits for its value, `groupby().last()` and `max_by` make "<1500
# copies/mL", which is in no row: a number of one day, a sign of another, a unit of a third. That the
# newest result is pending is lost as well. Polars' `last` after a sort takes the row as it is.
# trialscreen takes a result whole: number, sign, unit and day of one row.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'pandas==3.1.1' 'duckdb==2.0.1' 'chdb==4.4.0' 'chdb-core==26.9.0' 'polars==2.1.0'
cd "$place" && cat > hbv_dna.csv <<'CSV'
day,value,sign,unit
2026-05-01,20,<,IU/mL
2026-05-20,1500,,IU/mL
2026-05-28,,,copies/mL
CSV
python - <<'END'
import chdb
import duckdb
import pandas
import polars

FIELDS = ("value", "sign", "unit")
frame = pandas.read_csv("hbv_dna.csv").assign(patient="P1").sort_values("day")
by = ", ".join(f"max_by({field}, day)" for field in FIELDS)
arg = ", ".join(f"argMax({field}, day)" for field in FIELDS)
form = "'day String, value Nullable(Float64), sign Nullable(String), unit Nullable(String)'"
query = f"SELECT {arg} FROM file('hbv_dna.csv', CSVWithNames, {form})"
rows = polars.read_csv("hbv_dna.csv").sort("day").select(polars.col(FIELDS).last())
seen = {
    "pandas": tuple(frame.groupby("patient").last().iloc[0][list(FIELDS)]),
    "DuckDB": duckdb.sql(f"SELECT {by} FROM 'hbv_dna.csv'").fetchall()[0],
    "ClickHouse": tuple(chdb.query(query, "CSV").bytes().decode().strip().replace('"', "").split(",")),
    "Polars": rows.row(0),
}
for name, found in seen.items():
    print(name, *found, sep=" | ")
wrong = (1500, "<", "copies/mL")
assert seen["pandas"] == seen["DuckDB"] == wrong, "the behaviour has changed"
assert seen["ClickHouse"] == ("1500", "<", "copies/mL"), "the behaviour has changed"
assert seen["Polars"] == (None, None, "copies/mL"), "the behaviour has changed"
END
