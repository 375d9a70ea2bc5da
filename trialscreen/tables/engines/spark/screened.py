"""The queries over a table, what is counted of it, and the folder that findings are written to."""

import pickle
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from importlib.metadata import version
from typing import Any, NamedTuple

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f
from pyspark.sql import types as t

from trialscreen.model.errors import Problem, raise_any, refuse
from trialscreen.model.trial import SCREENING_DATE, Trial
from trialscreen.screening.samples import with_sample_days
from trialscreen.tables.cohort.column_map import KEY, RESULTS, taken
from trialscreen.tables.cohort.data_quality import DataQuality
from trialscreen.tables.engines.arrow import NOTE, STALE, Note, Work
from trialscreen.tables.engines.spark import table_files
from trialscreen.tables.engines.spark.sessions import OTHER_PACKAGES, damage_told, settings
from trialscreen.tables.engines.spark.used import used_columns
from trialscreen.tables.quality import MOST_BAD
from trialscreen.text.characters import BLANKS, count_of, printable, shown


class Limits(NamedTuple):
    """What a table may hold: the share of a column's values that may be unreadable.

    No screening date is after `today`; that of the user if None.
    """

    most_bad: float = MOST_BAD
    today: date | None = None


NO_LIMITS = Limits()


class Screened(NamedTuple):
    """What came out: the rows of each verdict, and the columns that are no data element.

    `own_days`: whether there was a column of screening dates. `alike`: columns that are called
    as an element (or its end) but for capitals and punctuation, and that element.
    """

    verdicts: Mapping[tuple[str, str | None], int]
    unused: tuple[str, ...]
    own_days: bool
    alike: Mapping[str, str]
    quality: DataQuality

    @property
    def rows(self) -> int:
        return sum(self.verdicts.values())


def screen_parquet(  # noqa: PLR0913, PLR0917 - what there is to say, for sessions of users too
    trial: Trial,
    source: str,
    output: str,
    id_column: str,
    on: date | None,
    spark: SparkSession,
    limits: Limits = NO_LIMITS,
    *,
    also_stale: bool = False,
) -> Screened:
    """Screens the table in `source`, a Parquet file or folder, into the new folder `output`.

    A row comes out for each row; the rows of one file stay in its order. `on` is everyone's
    screening date, or that of a row whose own, in a column `screening_date`, is empty.
    `also_stale`, there is a column with the elements of which a value is too old. The output
    appears whole or not at all. Raises InputError for a table that cannot be used.
    """
    trial = with_sample_days(trial)
    raise_any([*taken(trial, id_column, (STALE,) if also_stale else ())])
    with damage_told(source), settings(spark):
        # Before there is a folder that a pattern could catch.
        found = table_files.source(spark, source)
        used = used_columns(trial, found, id_column)
        used.check(on)
        table = used.table(spark)
        rows = table.count() if found.rows is None else found.rows
        if rows == 0:
            refuse("the table", "there are no rows in it")
        with table_files.whole_folder(spark, output) as folder:
            today = limits.today or date.today()  # noqa: DTZ011 - the user's own
            work = used.work(on, today, also_stale=also_stale)
            # Computed once, for all that is asked of it.
            findings = _findings(work, used.typed(table)).localCheckpoint()
            told = findings.select(NOTE).dropna().collect()
            quality, ids = Note.of_all(trial, (text for (text,) in told))
            _check_rows(source, rows, quality.verdicts.total())
            raise_any([*_wrong_days(work, rows, quality)])
            if ids is None:  # else those of all tasks ascend, one after the other
                _check_ids(findings, id_column)
            raise_any([*quality.too_bad(used.called, limits.most_bad, "--max-bad for the share")])
            table_files.write(findings.drop(NOTE).withColumnRenamed(KEY, id_column), folder, output)
            _check_rows(source, rows, table_files.rows_in(spark, folder))
    own_days = SCREENING_DATE in used.columns
    return Screened(quality.verdicts, used.unused, own_days, used.alike, quality)


def _check_rows(source: str, rows: int, came_out: int) -> None:
    """Against the number of rows that the files themselves state."""
    if rows != came_out:
        message = f"holds {rows:,} rows, and {came_out:,} came out; did it change meanwhile?"
        refuse(printable(source), message)


def _check_ids(table: DataFrame, id_column: str) -> None:
    """Raises InputError for ids that are empty, or stand twice."""
    key = f.col(KEY)
    if isinstance(table.schema[KEY].dataType, t.StringType):
        key = f.btrim(key, f.lit(BLANKS))
    ids = table.select(key.alias("id")).groupBy("id").count()
    is_empty = f.col("id").isNull() | (f.col("id").cast("string") == "")
    bad = ids.withColumn("empty", is_empty).filter("count > 1 OR empty").limit(5).collect()
    if bad:
        which = ", ".join("none" if one["empty"] else shown(str(one["id"])) for one in bad)
        refuse(f"the column {id_column}", f"ids are not one a row: {which}")


def _findings(work: Work, table: DataFrame) -> DataFrame:
    """With NOTE beside them. Not run yet."""
    columns = [table.schema[KEY], *(t.StructField(name, t.StringType()) for name in RESULTS)]
    columns += [t.StructField(one.id, t.BooleanType()) for one in work.trial.criteria]
    if work.also_stale:
        columns.append(t.StructField(STALE, t.ArrayType(t.StringType())))
    schema = t.StructType([*columns, t.StructField(NOTE, t.StringType())])
    return table.mapInArrow(on_workers(work), schema)


Batches = Iterator[Any]
"""Record batches of Arrow."""


def on_workers(work: Work) -> Callable[[Batches], Batches]:
    """What leads batches through `tables.engines.arrow`.

    Spark's workers, which run it, are processes of Python, perhaps on other machines.
    """
    ours, other, sent = version("trialscreen"), OTHER_PACKAGES, pickle.dumps(work)

    def run(batches: Batches) -> Batches:
        # A function within another is sent as it is, and can tell what is lacking there.
        import os  # noqa: PLC0415 - there
        import pickle  # noqa: PLC0415 - there

        os.environ.setdefault("POLARS_MAX_THREADS", "1")  # Spark has a worker for each core
        try:
            from importlib.metadata import version  # noqa: PLC0415 - there

            from trialscreen.tables.engines import arrow  # noqa: PLC0415 - there

            theirs = version("trialscreen")
        except ImportError as error:
            raise RuntimeError(f"{other}: no {error.name}") from None
        if theirs != ours:
            raise RuntimeError(f"{other}: trialscreen {theirs}")
        return arrow.screened(pickle.loads(sent), batches)  # noqa: S301 - our own

    return run


def _wrong_days(work: Work, rows: int, quality: DataQuality) -> Iterator[Problem]:
    """Of screening dates: all must be possible, and be in each row if there is no other."""
    empty = rows - quality.filled[SCREENING_DATE]
    if work.on is None and empty:
        those = count_of(empty, "row has", "rows have")
        message = f"{those} none; give a screening date for them"
        yield Problem(f"the column {SCREENING_DATE}", message)
    elif wrong := quality.unreadable[SCREENING_DATE]:
        day = f"expected one day (YYYY-MM-DD), not after {work.today}"
        yield Problem(SCREENING_DATE, f"{day}; that is not so in {count_of(wrong, 'row')}")
