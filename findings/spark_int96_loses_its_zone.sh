#!/usr/bin/env bash
# PySpark 4.3.0: midnight of a birth date, written by a session in Shanghai as INT96 (what older
# readers of Parquet want), and read back.
#
# Expected: 12 March, or a column that says in which zone it was seen.
# Seen: the file holds 11 March 16:00 without a zone, and its schema and metadata do not name
# Shanghai: Polars 2.1.0 and PyArrow 22.0.0 read the day before, as a plain clock time. Only
# Spark, in a session of the same zone, shows the day that was written.
# So: a column of that kind in a file that Spark wrote is refused by name where it is used.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'pyspark==4.3.0' 'polars==2.1.0' 'pyarrow==22.0.0'   # and Java 17 or newer
cd "$place" && python - 2>/dev/null <<'END'
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
from pyspark.sql import SparkSession

spark = (
    SparkSession.builder.master("local[1]")
    .config("spark.ui.enabled", "false")
    .config("spark.sql.session.timeZone", "Asia/Shanghai")
    .config("spark.sql.parquet.outputTimestampType", "INT96")
    .getOrCreate()
)
spark.sql("select timestamp'1956-03-12 00:00:00' as birth_date").write.parquet("patients")
(path,) = Path("patients").glob("part-*.parquet")
there = spark.read.parquet("patients").selectExpr("cast(birth_date as string)").first()[0]
polars, arrow = pl.read_parquet(path), pq.read_table(path)
seen = (there, str(polars.item()), str(arrow["birth_date"][0].as_py()))
print(*seen, polars.schema, arrow.schema.field("birth_date").type, sep="\n")
named = any("Shanghai" in f"{key}{value}" for key, value in pq.read_metadata(path).metadata.items())
assert seen == ("1956-03-12 00:00:00", "1956-03-11 16:00:00", "1956-03-11 16:00:00"), "changed"
assert not named and polars.schema["birth_date"].time_zone is None, "the behaviour has changed"
END
