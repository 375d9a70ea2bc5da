#!/usr/bin/env bash
# polars 2.1.0, scan_csv and read_csv: a quote for inches in a title loses the first patient.
#
# Expected: in `waist (")` the quote stands inside a cell that no quote opens, so it is text,
# as Python's csv and DuckDB read it: two patients.
# Seen: the titles come out right, but the line ends are counted as if the quote opened
# something that the next quote (in a cell of the first patient) closes: one patient, no error.
# trialscreen looks at every quote of a CSV file first. Where one is neither at the start nor
# at the end of a cell, the engine gets a copy as Python's csv reads it; rows are counted.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet 'polars==2.1.0' 'duckdb==1.4.2'
cat > "$folder/t.csv" <<'CSV'
patient_id,weight,waist (")
S-001,39,30"
S-002,60,31
CSV
"$folder/venv/bin/python" - "$folder/t.csv" <<'PYTHON'
import csv
import sys

import duckdb
import polars as pl

path = sys.argv[1]
with open(path, newline="") as file:
    plain = len(list(csv.reader(file))) - 1
duck = len(duckdb.sql(f"FROM read_csv('{path}')").fetchall())
seen = pl.scan_csv(path, infer_schema=False).collect()
print(f"Python's csv {plain}, DuckDB {duck}, Polars {len(seen)} patients: {seen.rows()}")
sys.exit(0 if (plain, duck, len(seen)) == (2, 2, 1) else 1)
PYTHON
