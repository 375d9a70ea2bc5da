"""The column with the elements of which a value is too old, as `cohort --also stale` has it."""

from collections.abc import Mapping

from pyspark.sql import DataFrame

from trialscreen.model.expr import Scalar
from trialscreen.tables.engines.spark.counted import text_of
from trialscreen.tables.engines.spark.types import named

STALE = "stale"


def stale_text(stale: Mapping[str, Scalar]) -> str:
    """STALE over the values, as text of SQL: the names whose scalar is true."""
    names = (f"CASE WHEN {text_of(one)} THEN '{name}' END" for name, one in stale.items())
    return f"array_compact(CAST(array({', '.join(names)}) AS array<string>))"


def stale_last(findings: DataFrame) -> DataFrame:
    """The findings, with STALE behind them."""
    others = (name for name in findings.columns if name != STALE)
    return findings.select(*map(named, (*others, STALE)))
