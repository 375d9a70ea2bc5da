#!/usr/bin/env bash
# polars 2.1.0 and Python's json: a key that stands twice in a line of NDJSON has two values.
#
# Expected: an error, or at least the same value by every reader.
# Seen: {"weight": 39, "weight": 58} is 39 for Polars (the first) and 58 for Python's json
# (the last), without a word from either.
# trialscreen looks at the keys of every line, and refuses the file with the line.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet 'polars==2.1.0'
echo '{"patient_id": "S1", "weight": 39, "weight": 58}' > "$folder/t.ndjson"
"$folder/venv/bin/python" - "$folder/t.ndjson" <<'PYTHON'
import json
import sys

import polars as pl

path = sys.argv[1]
engine = pl.scan_ndjson(path, schema={"patient_id": pl.String, "weight": pl.Int64}).collect()["weight"][0]
with open(path) as file:
    python = json.loads(file.readline())["weight"]
print(f"Polars {engine}, Python's json {python}")
sys.exit(0 if (engine, python) == (39, 58) else 1)
PYTHON
