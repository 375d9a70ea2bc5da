"""The queries over a table, and the folder that its findings are written to."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f
from pyspark.sql import types as t

from trialscreen.model.errors import Problem, raise_any, refuse
from trialscreen.model.trial import SCREENING_DATE, Trial
from trialscreen.screening.samples import with_sample_days
from trialscreen.tables.compile import compile_trial
from trialscreen.tables.engines.spark import table_files
from trialscreen.tables.engines.spark.notes import Notes
from trialscreen.tables.engines.spark.sessions import damage_told, settings
from trialscreen.tables.engines.spark.stale_column import STALE, stale_last, stale_text
from trialscreen.tables.engines.spark.types import literal, named
from trialscreen.tables.engines.spark.used import Used, used_columns
from trialscreen.tables.engines.sql import (
    Patients,
    patients_table,
    query_text,
    screening_query,
    values_query,
)
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
    if also_stale and id_column == STALE:
        refuse("--id", f"the output has a column '{STALE}' of its own; rename that of the ids")
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
            dated = _dated(used.typed(table), on)
            today = limits.today or date.today()  # noqa: DTZ011 - the user's own
            noted = used.notes(on, today)
            steps = _steps(used, noted, also_stale=also_stale)
            # Computed once. A plan of what is kept, and not of how it came to be, is a short one.
            findings = _findings(used, dated, steps, noted, also_stale=also_stale)
            findings = findings.localCheckpoint()
            counts = noted.counted(findings)
            _check_rows(source, rows, counts.rows)
            _refuse(counts.wrong_days(today, in_each=on is None))
            _refuse(_wrong_ids(findings, id_column))
            _refuse(counts.problems(used.called, limits.most_bad))
            table_files.write(findings.drop(*noted.beside), folder, output)
            _check_rows(source, rows, spark.read.parquet(folder).count())
            quality = counts.quality(lambda: _values(dated, steps))
    own_days = SCREENING_DATE in used.columns
    return Screened(counts.verdicts, used.unused, own_days, used.alike, quality)


def _check_rows(source: str, rows: int, came_out: int) -> None:
    """Against the number of rows that the files themselves state."""
    if rows != came_out:
        message = f"holds {rows:,} rows, and {came_out:,} came out; did it change meanwhile?"
        refuse(printable(source), message)


def _dated(table: DataFrame, on: date | None) -> DataFrame:
    """With `on` as the screening date of rows that have none in their column, if there is one."""
    if on is None or SCREENING_DATE not in table.columns:
        return table
    return table.withColumn(SCREENING_DATE, f.coalesce(SCREENING_DATE, literal(on)))


def _wrong_ids(table: DataFrame, id_column: str) -> Iterator[Problem]:
    key = named(id_column)
    if isinstance(table.schema[id_column].dataType, t.StringType):
        key = f.btrim(key, f.lit(BLANKS))
    ids = table.select(key.alias("id")).groupBy("id").count()
    is_empty = f.col("id").isNull() | (f.col("id").cast("string") == "")
    bad = ids.withColumn("empty", is_empty).filter("count > 1 OR empty").limit(5).collect()
    if bad:
        which = ", ".join("none" if one["empty"] else shown(str(one["id"])) for one in bad)
        yield Problem(f"the column {id_column}", f"ids are not one a row: {which}")


_NOTED, _VALUED, _TOLD = "noted", "valued", "told"
"""The steps before the findings, each a table to the next."""


def _steps(used: Used, noted: Notes, *, also_stale: bool) -> str:
    """The values of the table as they are used, and what is noted of them, as text of SQL.

    All is one text: to make of it one step after the other would take seconds.
    """
    patients = _patients(used, _NOTED, noted.on)
    stale = compile_trial(used.trial, patients.table).stale if also_stale else {}
    followed = [*dict.fromkeys((*noted.columns, *stale))]
    query = values_query(used.trial, patients, "spark", followed, noted.between)
    told = noted.used() | ({STALE: stale_text(stale)} if also_stale else {})
    return (
        f"WITH {_NOTED} AS ({_all_and(noted.given(), '{patients}')}),"
        f" {_VALUED} AS ({_escaped(query_text(query, 'spark'))}),"
        f" {_TOLD} AS ({_all_and(told, _VALUED)})"
    )


def _all_and(columns: Mapping[str, str], table: str) -> str:
    more = "".join(f", {_escaped(text)} AS `{name}`" for name, text in columns.items())
    return f"SELECT *{more} FROM {table}"  # noqa: S608 - nothing of this is a user's


def _escaped(text: str) -> str:
    """To Spark, what stands in braces is a table that is given with the query."""
    return text.replace("{", "{{").replace("}", "}}")


def _of(table: DataFrame, query: str) -> DataFrame:
    given: dict[str, Any] = {"patients": table}
    return table.sparkSession.sql(query, **given)


def _values(table: DataFrame, steps: str) -> DataFrame:
    return _of(table, f"{steps} {_all_and({}, _TOLD)}")


def _findings(
    used: Used, table: DataFrame, steps: str, noted: Notes, *, also_stale: bool
) -> DataFrame:
    """The findings, and the notes beside them. Not run yet."""
    patients = _patients(used, _TOLD, noted.on)
    beside = (*noted.beside, *([STALE] if also_stale else ()))
    query = screening_query(used.trial, patients, "spark", trusted=True, beside=beside)
    text = _escaped(query_text(query, "spark"))
    found = _of(table, f"{steps} {_all_and({}, f'({text})')}")
    return stale_last(found) if also_stale else found


def _patients(used: Used, name: str, on: date | None) -> Patients:
    return patients_table(used.trial, name, used.id, on, used.held)


def _refuse(problems: Iterable[Problem]) -> None:
    raise_any([*problems])
