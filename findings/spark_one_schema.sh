#!/usr/bin/env bash
# PySpark 4.3.0: a folder of two Parquet files, the second with one column more.
#
# Expected: the column, null where a file lacks it; or an error.
# Seen: the columns of one file are those of all. The values of the second file are dropped
# without a word. (`mergeSchema` keeps them, and then a lacking column looks like a null.)
# So: `cohort --engine spark` reads the footer of every file and refuses files that differ,
# naming file and column, as on one machine.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'pyspark==4.3.0' 'polars==2.1.0'   # and Java 17 or newer
cd "$place" && python - 2>/dev/null <<'END'
from pathlib import Path

import polars as pl
from pyspark.sql import SparkSession

Path("in").mkdir()
pl.DataFrame({"patient_id": ["A1"], "weight": [58.5]}).write_parquet("in/a.parquet")
more = {"patient_id": ["B1"], "weight": [60.0], "prior_cell_therapy": [True]}
pl.DataFrame(more).write_parquet("in/b.parquet")
spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
table = spark.read.parquet("in")
print(table.columns, table.count())
assert table.columns == ["patient_id", "weight"] and table.count() == 2, "the behaviour has changed"
END
