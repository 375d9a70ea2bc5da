"""The column with the elements of which a value is too old, as `cohort --also stale` has it."""

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as f

from trialscreen.model.expr import Scalar
from trialscreen.tables.engines.spark.types import named
from trialscreen.tables.engines.sql.printer import Printer

STALE = "stale"


def with_stale(values: DataFrame, stale: Mapping[str, Scalar]) -> DataFrame:
    """The values of a table, and in STALE the names whose scalar over them is true."""
    printer = Printer("spark")
    conditions = {name: printer.value(one).sql("spark") for name, one in stale.items()}
    names = [f.when(f.expr(text), f.lit(name)) for name, text in conditions.items()]
    listed: Column = f.array_compact(f.array(*names).cast("array<string>"))
    return values.withColumn(STALE, listed)


def stale_last(findings: DataFrame) -> DataFrame:
    """The findings, with STALE behind them."""
    others = (name for name in findings.columns if name != STALE)
    return findings.select(*map(named, (*others, STALE)))
