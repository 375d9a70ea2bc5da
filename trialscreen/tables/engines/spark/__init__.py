"""Whole cohorts on Spark: a table of patients in Parquet in, their findings in Parquet out.

For more rows than one machine holds. `files` finds the files and looks at their footers,
`types` says which columns can be used, `folders` reads what the names of folders state, and
`screened` leads the queries; that of the findings needs no shuffle.
"""

from trialscreen.tables.engines.spark.screened import Limits, Screened, screen_parquet, session

__all__ = ["Limits", "Screened", "screen_parquet", "session"]
