"""The queries over a table, and the folder that its findings are written to."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f
from pyspark.sql import types as t

from trialscreen.model.errors import Problem, raise_any, refuse
from trialscreen.model.trial import SCREENING_DATE, Trial
from trialscreen.screening.samples import with_sample_days
from trialscreen.tables.engines.arrow import KEY, NOTE, RESULTS, STALE, Note, Work
from trialscreen.tables.engines.spark import table_files
from trialscreen.tables.engines.spark.counted import Counts
from trialscreen.tables.engines.spark.sessions import damage_told, settings
from trialscreen.tables.engines.spark.used import used_columns
from trialscreen.tables.engines.spark.workers import on_workers
from trialscreen.tables.quality import MOST_BAD, Quality
from trialscreen.text.characters import BLANKS, printable, shown


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
    quality: Quality

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
    own = (*RESULTS, *(one.id for one in trial.criteria), *((STALE,) if also_stale else ()))
    if id_column in own:
        message = f"the output has a column {shown(id_column)} of its own; rename that of the ids"
        refuse("--id", message)
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
            rows_of = used.typed(table)
            # Computed once, for all that is asked of it.
            findings = _findings(work, rows_of).localCheckpoint()
            counts = _counts(work, findings)
            _check_rows(source, rows, counts.rows)
            _refuse(counts.wrong_days(today, in_each=on is None))
            _refuse(_wrong_ids(findings, counts, id_column))
            _refuse(counts.problems(used.called, limits.most_bad))
            table_files.write(findings.drop(NOTE).withColumnRenamed(KEY, id_column), folder, output)
            _check_rows(source, rows, table_files.rows_in(spark, folder))
            quality = counts.quality(lambda names: _medians(work, rows_of, names))
    own_days = SCREENING_DATE in used.columns
    return Screened(counts.verdicts, used.unused, own_days, used.alike, quality)


def _check_rows(source: str, rows: int, came_out: int) -> None:
    """Against the number of rows that the files themselves state."""
    if rows != came_out:
        message = f"holds {rows:,} rows, and {came_out:,} came out; did it change meanwhile?"
        refuse(printable(source), message)


def _wrong_ids(table: DataFrame, counts: Counts, id_column: str) -> Iterator[Problem]:
    if counts.note.ids is not None:
        return  # those of all tasks ascend, one after the other
    key = f.col(KEY)
    if isinstance(table.schema[KEY].dataType, t.StringType):
        key = f.btrim(key, f.lit(BLANKS))
    ids = table.select(key.alias("id")).groupBy("id").count()
    is_empty = f.col("id").isNull() | (f.col("id").cast("string") == "")
    bad = ids.withColumn("empty", is_empty).filter("count > 1 OR empty").limit(5).collect()
    if bad:
        which = ", ".join("none" if one["empty"] else shown(str(one["id"])) for one in bad)
        yield Problem(f"the column {id_column}", f"ids are not one a row: {which}")


def _findings(work: Work, table: DataFrame) -> DataFrame:
    """With NOTE beside them. Not run yet."""
    columns = [table.schema[KEY], *(t.StructField(name, t.StringType()) for name in RESULTS)]
    columns += [t.StructField(one.id, t.BooleanType()) for one in work.trial.criteria]
    if work.also_stale:
        columns.append(t.StructField(STALE, t.ArrayType(t.StringType())))
    schema = t.StructType([*columns, t.StructField(NOTE, t.StringType())])
    return table.mapInArrow(on_workers("screened", work), schema)


def _counts(work: Work, findings: DataFrame) -> Counts:
    notes = [Note.from_text(text) for (text,) in findings.select(NOTE).dropna().collect()]
    return Counts(work.trial, tuple(work.columns), Note.of_all(notes))


def _medians(work: Work, table: DataFrame, names: Sequence[str]) -> Mapping[str, Any]:
    """The (lower) medians of the values that are used."""
    kinds = {
        name: t.DateType() if work.trial.elements[name].type == "date" else t.DoubleType()
        for name in names
    }
    schema = t.StructType([t.StructField(name, kind) for name, kind in kinds.items()])
    values = table.mapInArrow(on_workers("values", work, names), schema)
    row = values.agg(*(f.percentile_approx(name, 0.5).alias(name) for name in names)).collect()[0]
    return row.asDict()


def _refuse(problems: Iterable[Problem]) -> None:
    raise_any([*problems])
