"""Whole cohorts on Spark: a table of patients in Parquet in, their findings in Parquet out.

For more rows than one machine holds. The work is one generated query without a shuffle, so
every part of the table is screened where it is read.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from typing import NamedTuple
from uuid import uuid4

from py4j.protocol import Py4JJavaError
from pyspark.errors import AnalysisException, PySparkException, PySparkRuntimeError
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f
from pyspark.sql import types as t

from trialscreen.errors import InputError, Problem
from trialscreen.sql import patients_table, screening_sql
from trialscreen.sql.table import bounded_columns
from trialscreen.text import nearest, shown
from trialscreen.trial import SCREENING_DATE, ElementType, Trial

_FITTING: Mapping[ElementType, tuple[type[t.DataType], ...]] = {
    "boolean": (t.BooleanType,),
    "choice": (t.StringType,),
    "integer": (t.NumericType,),
    "quantity": (t.NumericType,),
    "date": (t.DateType,),
}


class Screened(NamedTuple):
    """What came out: the rows of each verdict, and the columns that are no data element.

    `own_days`: whether there was a column of screening dates.
    """

    verdicts: Mapping[str, int]
    unused: tuple[str, ...]
    own_days: bool

    @property
    def rows(self) -> int:
        return sum(self.verdicts.values())


def session(master: str | None) -> SparkSession:
    """The running session, or a new one. Raises InputError if Spark does not start."""
    builder = SparkSession.Builder().appName("trialscreen")
    if master is not None:
        builder = builder.master(master)
    try:
        return builder.getOrCreate()
    except PySparkRuntimeError as error:
        message = f"did not start ({error.getCondition()}); it needs Java 17 or newer, by JAVA_HOME"
        raise InputError([Problem("Spark", message)]) from None


def screen_parquet(
    trial: Trial, source: str, output: str, id_column: str, on: date | None, spark: SparkSession
) -> Screened:
    """Screens the table in `source`, a Parquet file or folder, into the new folder `output`.

    A row comes out for each row; the rows of one file stay in its order. `on` is everyone's
    screening date, or that of a row whose own, in a column `screening_date`, is empty. The
    output appears whole or not at all. Raises InputError for a table that cannot be used.
    """
    files = _Files(spark)
    if files.exists(output):
        raise InputError([Problem(output, "is there already; name a new folder")])
    with _damage_told(source), _whole_folder(files, output) as beside:
        table = _read(spark, source)
        _check_ids(table, id_column)
        found, unused = _screened(trial, table, id_column, on, spark)
        found.write.mode("overwrite").parquet(beside)
        counts = spark.read.parquet(beside).groupBy("verdict").count().collect()
        verdicts = {row["verdict"]: row["count"] for row in counts}
        if sum(verdicts.values()) != table.count():
            raise RuntimeError("rows out are not rows in")
    return Screened(verdicts, unused, SCREENING_DATE in table.columns)


@contextmanager
def _whole_folder(files: "_Files", output: str) -> Iterator[str]:
    """A new folder beside `output`, to be it in the end."""
    beside = f"{output.rstrip('/')}.{uuid4().hex}.part"
    files.make(beside)
    try:
        yield beside
        files.rename(beside, output)
    finally:
        files.remove(beside)


@contextmanager
def _damage_told(source: str) -> Iterator[None]:
    """Turns what Spark says of a file that it cannot read into words without its content."""
    try:
        yield
    except (PySparkException, Py4JJavaError) as error:
        if "FAILED_READ_FILE" not in str(error):
            raise
        raise InputError([Problem(source, "cannot be read: it is damaged")]) from None


def _read(spark: SparkSession, source: str) -> DataFrame:
    try:
        return spark.read.parquet(source)
    except AnalysisException as error:
        raise InputError([Problem(source, f"cannot be read ({error.getCondition()})")]) from None
    except Py4JJavaError:
        raise InputError([Problem(source, "cannot be read as Parquet")]) from None


def _check_ids(table: DataFrame, id_column: str) -> None:
    if id_column not in table.columns:
        hint = nearest(id_column, table.columns)
        raise InputError([Problem("the table", f"has no column {shown(id_column)}.{hint}")])
    quoted = id_column.replace("`", "``")
    ids = table.select(f.col(f"`{quoted}`").alias("id")).groupBy("id").count()
    is_empty = f.col("id").isNull() | (f.trim(f.col("id").cast("string")) == "")
    bad = ids.withColumn("empty", is_empty).filter("count > 1 OR empty").limit(5).collect()
    if bad:
        named = ", ".join("none" if one["empty"] else shown(str(one["id"])) for one in bad)
        raise InputError([Problem(f"the column {id_column}", f"ids are not one a row: {named}")])


def _screened(
    trial: Trial, table: DataFrame, id_column: str, on: date | None, spark: SparkSession
) -> tuple[DataFrame, tuple[str, ...]]:
    """The query over the table, not yet run, and the columns that it has no use for."""
    table, own_dates = _dated(table, on)
    pairs = bounded_columns(trial)
    elements = [one.name for one in trial.answerable() if one.name != SCREENING_DATE]
    known = {name: name for name in elements} | {
        column: element for element, ends in pairs.items() for column in ends
    }
    held = [name for name in table.columns if name in known and name != id_column]
    problems = list(_of_wrong_types(trial, table, {name: known[name] for name in held}))
    if problems:
        raise InputError(problems)
    view = f"patients_{uuid4().hex}"
    patients = patients_table(trial, view, id_column, None if own_dates else on, held)
    whole = (one for one in held if isinstance(table.schema[one].dataType, t.IntegralType))
    patients = replace(patients, table=replace(patients.table, whole=frozenset(whole)))
    query = screening_sql(trial, patients, "spark")
    _as_doubles(table, held).createOrReplaceTempView(view)
    unused = (name for name in table.columns if name not in {*held, id_column, SCREENING_DATE})
    found = spark.sql(query)
    spark.catalog.dropTempView(view)
    return found, tuple(unused)


def _dated(table: DataFrame, on: date | None) -> tuple[DataFrame, bool]:
    """With a screening date in every row, and whether these stand in a column."""
    if SCREENING_DATE not in table.columns:
        if on is None:
            message = f"has no column {SCREENING_DATE}; give the screening date"
            raise InputError([Problem("the table", message)])
        return table, False
    if not isinstance(table.schema[SCREENING_DATE].dataType, t.DateType):
        raise InputError([_wrong_type(table, SCREENING_DATE, "date")])
    if on is not None:
        days = f.coalesce(SCREENING_DATE, f.lit(on))
        return table.withColumn(SCREENING_DATE, days), True
    if empty := table.filter(f.col(SCREENING_DATE).isNull()).count():
        message = f"{empty} rows have none; give a screening date for them"
        raise InputError([Problem(f"the column {SCREENING_DATE}", message)])
    return table, True


def _of_wrong_types(
    trial: Trial, table: DataFrame, elements: Mapping[str, str]
) -> Iterator[Problem]:
    for column, element in elements.items():
        kind = trial.elements[element].type
        if not isinstance(table.schema[column].dataType, _FITTING[kind]):
            yield _wrong_type(table, column, kind)


def _wrong_type(table: DataFrame, column: str, wanted: str) -> Problem:
    kind = table.schema[column].dataType.simpleString()
    return Problem(f"the column {column}", f"its cells are of type {kind}; expected {wanted}")


def _as_doubles(table: DataFrame, columns: Iterable[str]) -> DataFrame:
    """Single precision by way of its text, so that 10.2 is 10.2 and not 10.199999809."""
    singles = [one for one in columns if isinstance(table.schema[one].dataType, t.FloatType)]
    return table.withColumns({one: f.col(one).cast("string").cast("double") for one in singles})


class _Files:
    """The files of whatever system the paths are of, through Spark's own access to them."""

    def __init__(self, spark: SparkSession) -> None:
        assert spark.sparkContext._jvm is not None
        self._hadoop = spark.sparkContext._jvm.org.apache.hadoop.fs
        self._settings = spark.sparkContext._jsc.hadoopConfiguration()

    def exists(self, path: str) -> bool:
        place = self._hadoop.Path(path)
        return bool(place.getFileSystem(self._settings).exists(place))

    def make(self, path: str) -> None:
        """A folder. Raises InputError if it cannot be written."""
        place = self._hadoop.Path(path)
        try:
            made = place.getFileSystem(self._settings).mkdirs(place)
        except Py4JJavaError:
            made = False
        if not made:
            raise InputError([Problem(path, "cannot be written")])

    def rename(self, path: str, new: str) -> None:
        place = self._hadoop.Path(path)
        if not place.getFileSystem(self._settings).rename(place, self._hadoop.Path(new)):
            raise OSError(f"cannot rename to {new}")

    def remove(self, path: str) -> None:
        """If it is there."""
        place = self._hadoop.Path(path)
        place.getFileSystem(self._settings).delete(place, True)
