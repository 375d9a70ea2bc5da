#!/usr/bin/env bash
# duckdb 2.0.1: how many rows a CSV file has depends on which of its columns are asked for.
#
# Expected: a line that cannot be read is left out of every query of the file, or of none.
# Seen: a value that is not UTF-8 puts its line among the rejects only where its column is asked
# for. `SELECT person_id, value` has the row of an OMOP table whose unit cannot be read, `SELECT *`
# has not: a value may count without the comparator or unit that stood beside it.
# trialscreen asks for all columns that matter in one query, and tells each line that is left out.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet 'duckdb==2.0.1'
printf 'person_id,value,unit\n1,58.5,kg\n2,61,\xb5g\n3,70,kg\n' > "$folder/measurement.csv"
"$folder/venv/bin/python" - "$folder/measurement.csv" <<'PYTHON'
import sys

import duckdb

columns = "{'person_id': 'VARCHAR', 'value': 'VARCHAR', 'unit': 'VARCHAR'}"
table = f"read_csv('{sys.argv[1]}', header=true, columns={columns}, store_rejects=true)"
counts = [
    len(duckdb.sql(f"SELECT {asked} FROM {table}").fetchall())
    for asked in ("*", "person_id, value")
]
print(f"rows: {counts[0]} with every column, {counts[1]} without the unit")
sys.exit(0 if counts == [2, 3] else 1)
PYTHON
