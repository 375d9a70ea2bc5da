#!/usr/bin/env bash
# Polars 2.1.0, read_ndjson: the field that one patient has and the first hundred have not.
#
# Expected: a column that is null for the others; or an error, as a later value of another type is one.
# Seen: columns are those of the first 100 lines. What a later line says besides is left out without a
# word: the only patient with a last dose has none, and a stopped drug is no reason to wait.
# DuckDB 2.0.1 looks at 20,480 lines, and has the column.
# trialscreen reads the keys of every line first; a key may first come up in the last one.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'polars==2.1.0' 'duckdb==2.0.1'
cd "$place" && python - <<'END'
import json

import duckdb
import polars as pl

lines = [{"patient_id": f"S-{number}", "weight": 58.5} for number in range(120)]
lines[110]["pth_analog_last_dose_date"] = "2026-03-01"
with open("t.ndjson", "w") as file:
    file.writelines(json.dumps(line) + "\n" for line in lines)
found = pl.read_ndjson("t.ndjson").columns
others = duckdb.sql("FROM read_json('t.ndjson')").columns
print("Polars:", *found, "| DuckDB:", *others)
assert found == ["patient_id", "weight"], "the behaviour has changed"
assert others == [*found, "pth_analog_last_dose_date"], "the behaviour has changed"
lines[110] = {"patient_id": "S-110", "weight": "58.5 kg"}
with open("t.ndjson", "w") as file:
    file.writelines(json.dumps(line) + "\n" for line in lines)
try:
    pl.read_ndjson("t.ndjson")
except pl.exceptions.PolarsError as error:
    print("a later value of another type:", type(error).__name__)
else:
    raise SystemExit("the behaviour has changed")
END
