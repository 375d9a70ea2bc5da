"""Whole cohorts on Spark: a table of patients in Parquet in, their findings in Parquet out.

For more rows than one machine holds. `table_files` finds the files, `here` on this machine or
`there` where only Spark sees them, and looks at their footers; `types` says which columns can be
used. `screened` uses those, also where the names of folders state them, and leads the queries: one
reads the table, and needs no shuffle; of what is noted beside its findings, the values are counted.
Nothing needs more of PySpark than it offers to everyone, so that all of it
runs over Spark Connect too.
"""

from trialscreen.tables.engines.spark.screened import Limits, Screened, screen_parquet
from trialscreen.tables.engines.spark.sessions import session

__all__ = ["Limits", "Screened", "screen_parquet", "session"]
