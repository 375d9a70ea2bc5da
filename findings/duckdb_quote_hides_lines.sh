#!/usr/bin/env bash
# duckdb 2.0.1: of a CSV file with a quote that is never closed, one line is rejected and all others go.
#
# Expected: with store_rejects the lines that cannot be read are listed, each of them.
# Seen: the reader takes everything after the quote for one value. The table of rejects has one
# row, with the number of one line; the rows of all later patients are neither read nor listed.
# trialscreen refuses a file of which a rejected line goes on over others, and names the line.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet 'duckdb==2.0.1'
python3 - "$folder/measurement.csv" <<'PYTHON'
import sys

with open(sys.argv[1], "w") as file:
    file.write("measurement_id,person_id,value_source_value\n")
    for number in range(1, 1001):
        file.write(f'{number},{number},{chr(34) if number == 11 else ""}58.5\n')
PYTHON
"$folder/venv/bin/python" - "$folder/measurement.csv" <<'PYTHON'
import sys

import duckdb

columns = "{'measurement_id': 'BIGINT', 'person_id': 'BIGINT', 'value_source_value': 'VARCHAR'}"
form = "header=true, auto_detect=false, delim=',', quote='\"', escape='\"', store_rejects=true"
table = f"read_csv('{sys.argv[1]}', {form}, columns={columns})"
read = len(duckdb.execute(f"SELECT * FROM {table}").fetchall())
rejected = duckdb.execute("SELECT DISTINCT line FROM reject_errors").fetchall()
print(f"of 1000 rows {read} were read, and {len(rejected)} rejected: {rejected}")
sys.exit(0 if (read, rejected) == (10, [(12,)]) else 1)
PYTHON
