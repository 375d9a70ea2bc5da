"""NCT06949137 by hand in Spark SQL: the baseline of a benchmark.

`python -m tests.byhand_spark INPUT OUTPUT [MASTER]` screens Parquet of simulated patients
(tests/tools/simulate.py) with the query in tests/data/byhand.sql, in a process of its own: the
same but for the columns that it replaces, which Spark leaves out first.
"""

import re
import sys

from pyspark.sql import SparkSession

from tests.byhand import SQL


def spark_sql() -> str:
    """The query for DuckDB, with `SELECT * REPLACE` as Spark has it."""
    query = SQL.read_text("utf-8").replace("for DuckDB", "in Spark SQL")
    head, replaced, tail = re.split(r"SELECT \* REPLACE \(\n(.*?)\n    \)", query, flags=re.DOTALL)
    names = re.findall(r" AS (\w+)(?:,|$)", replaced, re.MULTILINE)
    return f"{head}SELECT * EXCEPT ({', '.join(names)}),\n{replaced}{tail}"


def screen(spark: SparkSession, source: str, output: str) -> None:
    spark.read.parquet(source).createOrReplaceTempView("patients")
    spark.sql(spark_sql()).write.parquet(output)


def main() -> None:
    source, output, *master = sys.argv[1:]
    builder = SparkSession.Builder().master(*master or ["local[2]"])
    spark = builder.config("spark.ui.enabled", value=False).getOrCreate()
    screen(spark, source, output)
    spark.stop()


if __name__ == "__main__":
    main()
