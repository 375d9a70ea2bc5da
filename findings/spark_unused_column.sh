#!/usr/bin/env bash
# PySpark 4.3.0 and Polars 2.1.0: a column of times in nanoseconds, Datetime("ns"), beside
# columns that are wanted.
#
# Expected: `select` of the other columns works; only the column itself is refused.
# Seen: Spark refuses the whole file as soon as it looks at it (AnalysisException), whatever
# is selected. With a schema that leaves the column out, it reads the others.
# So: `cohort --engine spark` takes the schema from the footers, gives Spark the used columns
# only, and names a used column of such a type.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'pyspark==4.3.0' 'polars==2.1.0'   # and Java 17 or newer
cd "$place" && python - 2>/dev/null <<'END'
from datetime import datetime

import polars as pl
from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession

seen = pl.Series([datetime(2026, 6, 1)], dtype=pl.Datetime("ns"))
pl.DataFrame({"patient_id": ["P1"], "seen": seen}).write_parquet("t.parquet")
spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
try:
    found = spark.read.parquet("t.parquet").select("patient_id").count()
except AnalysisException as error:
    found = error.getCondition()
given = spark.read.schema("patient_id string").parquet("t.parquet").count()
print(found, given)
assert not isinstance(found, int) and given == 1, "the behaviour has changed"
END
