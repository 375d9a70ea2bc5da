#!/usr/bin/env bash
# Polars 2.1.0, read_csv with a schema that calls a column Date, of a file from the United States.
# Expected: ISO days (2026-03-11) are read, and other texts are an error, as a schema promises.
# Seen: 03/04/1956, 4 March there, is 3 April without a word; so are 03.04.1956 and 03-04-1956.
# Only 04/13/1956 is an error, so that a file fails or is misread by which days stand in it; and
# 01-02-26 is 1 February of the year 26.
# trialscreen: takes a typed column of days only where a count of bytes proves that all its cells are
# YYYY-MM-DD; 03/04/1956 has two meanings and is refused, unless --columns names the format.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet 'polars==2.1.0'

cat > seen.py <<'PY'
import polars as pl


def read(cell: str) -> str:
    table = f"id,birth_date\nP1,{cell}\n".encode()
    try:
        frame = pl.read_csv(table, schema={"id": pl.String, "birth_date": pl.Date})
    except pl.exceptions.ComputeError:
        return "an error"
    return frame["birth_date"].dt.to_string("%Y-%m-%d")[0]


cells = ("1956-04-03", "03/04/1956", "03.04.1956", "03-04-1956", "04/13/1956", "01-02-26")
found = [read(cell) for cell in cells]
for cell, value in zip(cells, found):
    print(cell, "is", value)
april = "1956-04-03"
assert found == [april, april, april, april, "an error", "0026-02-01"], "that has changed"
PY
venv/bin/python seen.py
