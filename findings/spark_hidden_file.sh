#!/usr/bin/env bash
# PySpark 4.3.0: a Parquet file whose name begins with _ or ., read by its own name.
#
# Expected: its rows, or an error. It was named, not found in a folder.
# Seen: with a schema given, no rows and no error: a whole cohort is gone without a word.
# So: `cohort --engine spark` looks at names before it reads, refuses such a file, also in a
# folder, and counts what comes out against the rows that the footers of the files state.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'pyspark==4.3.0' 'polars==2.1.0'   # and Java 17 or newer
cd "$place" && python - 2>/dev/null <<'END'
import polars as pl
from pyspark.sql import SparkSession

frame = pl.DataFrame({"patient_id": ["P1", "P2"]})
for name in ("patients.parquet", "_patients.parquet", ".patients.parquet"):
    frame.write_parquet(name)
spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
read = spark.read.schema("patient_id string")
rows = {name: read.parquet(name).count() for name in ("patients.parquet", "_patients.parquet", ".patients.parquet")}
print(rows)
assert list(rows.values()) == [2, 0, 0], "the behaviour has changed"
END
