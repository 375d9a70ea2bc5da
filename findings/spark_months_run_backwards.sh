#!/usr/bin/env bash
# PySpark 4.3.0: months_between, from a last dose on 28 February to days half a year later.
#
# Expected: a later day is never fewer months away.
# Seen: 30 August is 6.06 months away and 31 August 6.0, for the last days of two months are always
# whole months apart. "Longer than 6 months" is true on 29 and 30 August, false on 31 August, and
# true again in September.
# So: trialscreen steps back from the screening date by months, and compares days; in Spark too.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'pyspark==4.3.0'   # and Java 17 or newer
cd "$place" && python - 2>/dev/null <<'END'
from pyspark.sql import SparkSession

spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
days = ("2026-08-28", "2026-08-30", "2026-08-31", "2026-09-01")
query = "SELECT months_between(DATE '{}', DATE '2026-02-28')"
months = [spark.sql(query.format(day)).collect()[0][0] for day in days]
for day, found in zip(days, months):
    print(f"from 2026-02-28 to {day}: {found} months, longer than 6: {found > 6}")
assert months == [6.0, 6.06451613, 6.0, 6.12903226], "the behaviour has changed"
END
