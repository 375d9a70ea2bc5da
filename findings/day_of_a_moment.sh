#!/usr/bin/env bash
# Polars 2.1.0 and PySpark 4.3.0: the day of one cell, a time in New York, in one Parquet file.
#
# Expected: one day. The file says in which zone the time was written.
# Seen: Parquet stores the moment in UTC, and the zone in a note that Polars reads and Spark
# does not. 1 June 2026, 23:30 in New York is 1 June for Polars and 2 June for Spark.
# So: the day is that of the column's zone on this machine, and with `--engine spark`, which reads
# that note as well; it is the day in UTC where there is none.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'pyspark==4.3.0' 'polars==2.1.0'   # and Java 17 or newer
cd "$place" && TZ=UTC python - 2>/dev/null <<'END'
from datetime import datetime

import polars as pl
from pyspark.sql import SparkSession

seen = pl.Series([datetime(2026, 6, 1, 23, 30)]).dt.replace_time_zone("America/New_York")
pl.DataFrame({"seen": seen}).write_parquet("t.parquet")
polars = str(pl.read_parquet("t.parquet")["seen"].dt.date()[0])
spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
days = spark.read.parquet("t.parquet").selectExpr("CAST(CAST(seen AS DATE) AS STRING)")
print(polars, days.first()[0])
assert (polars, days.first()[0]) == ("2026-06-01", "2026-06-02"), "the behaviour has changed"
END
