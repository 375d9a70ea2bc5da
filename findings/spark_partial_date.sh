#!/usr/bin/env bash
# PySpark 4.3.0, DuckDB 2.0.1: a date that is known in part, as text, cast to a date.
#
# SDTM and many registries write "2026-05" for some day in May. Expected of CAST(... AS DATE),
# with ANSI rules on as they are by default: an error, as DuckDB gives (and PostgreSQL).
# Seen: Spark casts it to 1 May, and "2026" to 1 January. A sample of some day of May is then
# the oldest it can be, and a washout ends sooner than it may, on a day that nobody wrote.
# So: `cohort --engine spark` takes days from columns of days alone and refuses those of text;
# on one machine "2026-05" stays any day of May.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'pyspark==4.3.0' 'duckdb==2.0.1'   # and Java 17 or newer
cd "$place" && python - 2>/dev/null <<'END'
import duckdb
from pyspark.sql import SparkSession

spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
assert spark.conf.get("spark.sql.ansi.enabled") == "true"
query = "SELECT CAST('{}' AS DATE)"
for text in ("2026-05-20", "2026-05", "2026"):
    by_spark = str(spark.sql(query.format(text)).collect()[0][0])
    try:
        by_duckdb = str(duckdb.sql(query.format(text)).fetchall()[0][0])
    except duckdb.ConversionException:
        by_duckdb = "an error"
    print(f"{text}: Spark {by_spark}, DuckDB {by_duckdb}")
    same = by_spark == by_duckdb
    assert same == (text == "2026-05-20"), "the behaviour has changed"
END
