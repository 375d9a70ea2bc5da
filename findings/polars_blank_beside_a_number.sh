#!/usr/bin/env bash
# Polars 2.1.0, read_csv with a schema that calls a column Float64.
# Expected: blanks beside a number matter on both sides, or on none; a cell of a blank is no number.
# Seen: " 7.1" is 7.1 and " " is null, but "7.1 " is an error; 0071 is 71.
# trialscreen: takes a typed CSV column only where a count of bytes proves that no cell is one of
# these, or a pattern that all are plain;
# blanks around a value are no part of it, and 0071 is refused, since codes begin so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet 'polars==2.1.0'

cat > seen.py <<'PY'
import polars as pl


def read(cell: str) -> object:
    table = f"id,weight\nP1,{cell}\n".encode()
    try:
        frame = pl.read_csv(table, schema={"id": pl.String, "weight": pl.Float64})
    except pl.exceptions.ComputeError:
        return "an error"
    return frame["weight"][0]


found = {cell: read(cell) for cell in ("7.1", " 7.1", "7.1 ", " ", "0071")}
for cell, value in found.items():
    print(repr(cell), "is", value)
assert [*found.values()] == [7.1, 7.1, "an error", None, 71.0], "that has changed"
PY
venv/bin/python seen.py
