#!/usr/bin/env bash
# PySpark 4.3.0: `mapInArrow` (and `mapInPandas`) over a table with a column called `LOINC.2160-0`.
#
# Expected: every column is handed over, whatever its name; nothing in the call names one.
# Seen: it looks up each of the table's own columns by its name as if somebody had written that
# into a query. The dot is taken for a field of a structure, and a name with a backtick is a
# syntax error; `select("*")`, `count` and `write` take the same table.
# So: the ids, whose column may have any name, are called otherwise while workers screen.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'pyspark==4.3.0' 'pyarrow==22.0.0' 'pandas==2.3.3'   # and Java 17 or newer
cd "$place" && PYSPARK_PYTHON="$(command -v python)" python - 2>/dev/null <<'END'
from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession

spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
seen = {}
for name in ("creatinine", "LOINC.2160-0", "a`b"):
    table = spark.createDataFrame([(80.0,)], [name])
    assert len(table.select("*").collect()) == 1
    try:
        seen[name] = len(table.mapInArrow(lambda batches: batches, table.schema).collect())
    except AnalysisException as error:
        seen[name] = error.getCondition()
print(seen)
expected = [1, "UNRESOLVED_COLUMN.WITH_SUGGESTION", "INVALID_ATTRIBUTE_NAME_SYNTAX"]
assert [*seen.values()] == expected, "the behaviour has changed"
END
