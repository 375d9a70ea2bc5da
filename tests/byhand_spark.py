"""NCT06949137 by hand in Spark SQL: the baseline of a benchmark.

`python -m tests.byhand_spark INPUT OUTPUT [MASTER]` screens Parquet of simulated patients
(tests/tools/simulate.py) with the query in tests/data/byhand_spark.sql, in a process of its own.
"""

import sys
from pathlib import Path

from pyspark.sql import SparkSession

SQL = Path(__file__).parent / "data" / "byhand_spark.sql"


def screen(spark: SparkSession, source: str, output: str) -> None:
    spark.read.parquet(source).createOrReplaceTempView("patients")
    spark.sql(SQL.read_text("utf-8")).write.parquet(output)


def main() -> None:
    source, output, *master = sys.argv[1:]
    builder = SparkSession.Builder().master(*master or ["local[2]"])
    spark = builder.config("spark.ui.enabled", value=False).getOrCreate()
    screen(spark, source, output)
    spark.stop()


if __name__ == "__main__":
    main()
