"""The queries over a table, and the folder that its findings are written to."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import NamedTuple
from uuid import uuid4

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException, PySparkRuntimeError
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as f
from pyspark.sql import types as t
from sqlglot import exp

from trialscreen.answers.values import unknown_words
from trialscreen.model.errors import InputError, Problem
from trialscreen.model.trial import SCREENING_DATE, Trial
from trialscreen.screening.samples import with_sample_days
from trialscreen.tables.compile import Table, compile_trial
from trialscreen.tables.engines.spark.folders import FILE, read_folders
from trialscreen.tables.engines.spark.notes import Notes
from trialscreen.tables.engines.spark.stale_column import STALE, stale_last, with_stale
from trialscreen.tables.engines.spark.table_files import Files, Source
from trialscreen.tables.engines.spark.types import (
    EXPECTED,
    FOLDER,
    IDS,
    NOTHING,
    UTC,
    can_be_id,
    fits,
    literal,
    named,
    said,
    type_of,
    zone_of,
)
from trialscreen.tables.engines.sql import (
    Patients,
    patients_table,
    query_text,
    screening_query,
    values_query,
)
from trialscreen.tables.engines.sql.query import columns_of
from trialscreen.tables.engines.sql.table import bounded_columns
from trialscreen.tables.quality import MOST_BAD, Quality
from trialscreen.tables.unit_columns import beside, kinds_beside
from trialscreen.text.characters import BLANKS, nearest, plain_name, printable, shown


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


def session(master: str | None) -> SparkSession:
    """The running session, or a new one. Raises InputError if Spark does not start."""
    builder = SparkSession.Builder().appName("trialscreen")
    if master is not None:
        builder = builder.master(master)
    if master is not None and master.startswith("local") and not SparkSession.getActiveSession():
        # Its pages would be on the network of whoever tries this on one machine.
        builder = builder.config("spark.ui.enabled", value=False)
    try:
        return builder.getOrCreate()
    except PySparkRuntimeError as error:
        message = f"did not start ({error.getCondition()}); it needs Java 17 or newer, by JAVA_HOME"
        raise InputError.at("Spark", message) from None


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
    trial, files = with_sample_days(trial), Files(spark)
    if files.exists(output):
        raise InputError.at(output, "is there already; name a new folder")
    if also_stale and id_column == STALE:
        message = f"the output has a column '{STALE}' of its own; rename that of the ids"
        raise InputError.at("--id", message)
    with _damage_told(source), _settings(spark):
        found = files.source(source)  # before there is a folder that a pattern could catch
        used = _used(trial, found, id_column)
        used.check(on)
        if found.rows == 0:
            raise InputError.at("the table", "there are no rows in it")
        with _whole_folder(files, output) as beside:
            table = _dated(used.typed(used.table(spark)), on)
            today = limits.today or date.today()  # noqa: DTZ011 - the user's own
            noted = used.notes(on, today)
            values = _values(used, table, noted, also_stale=also_stale)
            # Computed once. A plan of what is kept, and not of how it came to be, is a short one.
            findings = _findings(used, values, noted).localCheckpoint()
            counts = noted.counted(findings)
            _check_rows(source, found.rows, counts.rows)
            _refuse(counts.wrong_days(today, in_each=on is None))
            _refuse(_wrong_ids(findings, id_column))
            _refuse(counts.problems(used.called, limits.most_bad))
            findings.drop(*noted.beside).write.mode("overwrite").parquet(beside)
            _check_rows(source, found.rows, spark.read.parquet(beside).count())
            quality = counts.quality(values)
    own_days = SCREENING_DATE in used.columns
    return Screened(counts.verdicts, used.unused, own_days, used.alike, quality)


def _check_rows(source: str, rows: int, came_out: int) -> None:
    """Against the number of rows that the files themselves state."""
    if rows != came_out:
        message = f"holds {rows:,} rows, and {came_out:,} came out; did it change meanwhile?"
        raise InputError.at(printable(source), message)


@contextmanager
def _whole_folder(files: Files, output: str) -> Iterator[str]:
    """A new folder beside `output`, to be it in the end."""
    beside = f"{output.rstrip('/')}.{uuid4().hex}.part"
    files.make(beside)
    try:
        yield beside
        files.rename(beside, output)
    finally:
        files.remove(beside)


_SETTINGS = {
    # `weight` and `Weight` are two columns, as they are in the files and for other engines.
    "spark.sql.caseSensitive": "true",
    # The day of a moment is not that of the zone where the session runs.
    "spark.sql.session.timeZone": UTC,
    # All steps of a query in one function are more than the JVM compiles; it is interpreted then.
    "spark.sql.codegen.wholeStage": "false",
}


@contextmanager
def _settings(spark: SparkSession) -> Iterator[None]:
    """Makes the result the same in any session, and quick."""
    before = {name: spark.conf.get(name) for name in _SETTINGS}
    for name, value in _SETTINGS.items():
        spark.conf.set(name, value)
    try:
        yield
    finally:
        for name, own in before.items():
            assert own is not None, name
            spark.conf.set(name, own)


@contextmanager
def _damage_told(source: str) -> Iterator[None]:
    """Turns what Spark says of a file that it cannot read into words without its content."""
    try:
        yield
    except (PySparkException, Py4JJavaError) as error:
        if "FAILED_READ_FILE" not in str(error):
            raise
        raise InputError.at(source, "cannot be read: it is damaged") from None


def _elements(trial: Trial) -> dict[str, str]:
    """The columns that a table may have beside the ids, and the element of each."""
    ends = bounded_columns(trial).items()
    known = {one.name: one.name for one in trial.answerable()}
    return known | {column: element for element, columns in ends for column in columns}


def _used(trial: Trial, source: Source, id_column: str) -> "_Used":
    """Which columns of `source` are used. Raises InputError where two would be one."""
    elements = _elements(trial)
    columns: dict[str, str] = {}
    problems = []
    for name in source.columns:
        known = name if name in elements else plain_name(name)
        if known in elements and id_column not in (name, known):
            first = columns.setdefault(known, name)
            if first != name:
                message = f"two columns for the element {known}"
                problems.append(Problem(f"{shown(first)} and {shown(name)}", message))
    if problems:
        raise InputError(problems)
    return _Used(trial, source, id_column, elements, columns)


class _Used(NamedTuple):
    """Which columns of a table are used, and for what.

    `elements`: the element of each column that there may be. `columns`: what such a column is
    called in the table.
    """

    trial: Trial
    source: Source
    id: str
    elements: Mapping[str, str]
    columns: Mapping[str, str]

    def kind(self, column: str) -> str:
        """The type of a column."""
        return self.source.columns[self.columns.get(column, column)]

    @property
    def held(self) -> list[str]:
        """The columns of elements in which something is stated."""
        dated = (name for name in self.columns if name != SCREENING_DATE)
        return [name for name in dated if self.kind(name) != NOTHING]

    @property
    def called(self) -> dict[str, str]:
        """What the column of each element (or of its first end) is called, in their order."""
        called: dict[str, str] = {}
        for name in self.held:
            called.setdefault(self.elements[name], self.columns[name])
        return called

    def notes(self, on: date | None, today: date) -> Notes:
        """Of the elements whose values are counted: those that can be wrong."""
        dated = {SCREENING_DATE} & {*self.columns}
        some, contradicting = {*self.called, *dated}, self.contradicting
        columns = {
            name: columns_of(name, {*self.held, *dated})
            for name, one in self.trial.elements.items()
            if name in some and (one.type != "boolean" or name in contradicting)
        }
        return Notes(self.trial, columns, contradicting, None if dated else on, today)

    @property
    def contradicting(self) -> frozenset[str]:
        """The elements of those that can contradict others."""
        columns = frozenset({*self.held, SCREENING_DATE, self.id})
        found = compile_trial(self.trial, Table(columns)).contradictions
        return frozenset(name for one in found for name in one.elements)

    @property
    def alike(self) -> dict[str, str]:
        return {name: known for known, name in self.columns.items() if name != known}

    @property
    def unused(self) -> tuple[str, ...]:
        used = {*self.columns.values(), self.id}
        return tuple(name for name in self.source.columns if name not in used)

    def check(self, on: date | None) -> None:
        """Raises InputError for columns that are lacking, or that cannot be used."""
        problems = []
        if self.id not in self.source.columns:
            hint = nearest(self.id, self.source.columns)
            problems.append(Problem("the table", f"has no column {shown(self.id)}.{hint}"))
        elif not (
            self.source.columns[self.id] == FOLDER or can_be_id(self.source.columns[self.id])
        ):
            problems.append(self._wrong(self.id, self.source.columns[self.id], IDS))
        if SCREENING_DATE not in self.columns and on is None:
            message = f"has no column {SCREENING_DATE}; give the screening date"
            problems.append(Problem("the table", message))
        for column, name in self.columns.items():
            wanted, kind = self.trial.elements[self.elements[column]].type, self.kind(column)
            if not (kind == FOLDER or fits(kind, wanted)):
                problems.append(self._wrong(name, kind, EXPECTED[wanted]))
        problems += self._alone()
        problems += self._undeclared()
        used = {*self.columns.values(), self.id}
        problems += [why for name, why in self.source.doubtful.items() if name in used]
        if problems:
            raise InputError(problems)

    def _alone(self) -> Iterator[Problem]:
        """Ends of bounds without the other end."""
        for one, other in bounded_columns(self.trial).values():
            for name, needed in ((one, other), (other, one)):
                if name in self.columns and needed not in self.columns:
                    where = f"the column {printable(self.columns[name])}"
                    yield Problem(where, f"needs {needed} beside it")

    def _undeclared(self) -> Iterator[Problem]:
        """Columns of units and comparators, which a file of --columns would have to declare."""
        titles = {
            (name if column == self.elements[column] else self.elements[column]): column
            for column, name in self.columns.items()
        }
        advice = "declare it in a file of --columns, and screen without --engine spark"
        for title, column in titles.items():
            element = self.trial.elements[self.elements[column]]
            for one in beside(title, kinds_beside(element), self.unused):
                yield one.problem(advice)

    def _wrong(self, column: str, kind: str, expected: str) -> Problem:
        message = f"its cells are of type {said(kind)}; expected {expected}"
        return Problem(f"the column {printable(column)}", message)

    def table(self, spark: SparkSession) -> DataFrame:
        """The used columns, not yet read. The others may be of types that Spark refuses."""
        kinds = {self.id: self.source.columns[self.id]}
        kinds |= {name: self.kind(column) for column, name in self.columns.items()}
        in_files = {
            name: found
            for name, kind in kinds.items()
            if kind != FOLDER and (found := type_of(kind)) is not None
        }
        schema = t.StructType([t.StructField(name, kind) for name, kind in in_files.items()])
        # What the folders state is not left to Spark's guess: `site=01` would be 1.
        reader = spark.read.schema(schema).option("recursiveFileLookup", value=True)
        table = reader.parquet(*self.source.roots)
        elements = {self.id: None} | {
            name: self.elements[column] for column, name in self.columns.items()
        }
        stated = {name: elements[name] for name, kind in kinds.items() if kind == FOLDER}
        if stated:
            rows = read_folders(self.trial, self.source, stated)
            table = rows.beside(table.withColumn(FILE, f.input_file_name()), spark)
        return table.withColumnsRenamed(self.alike)

    def typed(self, table: DataFrame) -> DataFrame:
        """The table with days for times, double for single precision, and null for no value."""
        new = {}
        for name in self.columns:
            cells = f.col(name)
            match type_of(self.kind(name)):
                case t.FloatType():
                    # By way of its text, so that 10.2 is 10.2 and not 10.199999809.
                    new[name] = f.nanvl(cells.cast("string").cast("double"), f.lit(None))
                case t.DoubleType():
                    new[name] = f.nanvl(cells, f.lit(None))
                case t.TimestampNTZType():
                    new[name] = cells.cast("date")
                case t.TimestampType():
                    zone = zone_of(self.kind(name)) or UTC
                    new[name] = f.from_utc_timestamp(name, zone).cast("date")
                case t.StringType() if self.kind(name) != FOLDER:
                    new[name] = self._told(name)
                case t.NumericType():
                    new[name] = cells.cast("double")
        return table.withColumns(new)

    def _told(self, column: str) -> Column:
        """A text; null if it tells no value."""
        element, cells = self.trial.elements[self.elements[column]], f.col(column)
        words = unknown_words(self.trial, element)
        # Most cells are a choice as it is written, which is seen sooner.
        plain = [one for one in element.choices if one not in words]
        is_unknown = f.lower(f.btrim(cells, f.lit(BLANKS))).isin("", *words)
        return f.when(cells.isin(*plain) | ~is_unknown, cells)


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


def _values(used: _Used, table: DataFrame, noted: Notes, *, also_stale: bool) -> DataFrame:
    """The values of the table as they are used, and what is noted of them. Not run yet."""
    patients = _patients(used, noted.on)
    stale = compile_trial(used.trial, patients.table).stale if also_stale else {}
    followed, beside = [*dict.fromkeys((*noted.columns, *stale))], noted.between
    query = values_query(used.trial, patients, "spark", followed, beside)
    values = _over(table.withColumns(noted.given()), patients.name, query)
    values = values.withColumns(noted.used())
    return with_stale(values, stale) if also_stale else values


def _findings(used: _Used, values: DataFrame, noted: Notes) -> DataFrame:
    """The findings, and the notes beside them. Not run yet."""
    patients = _patients(used, noted.on)
    more = {STALE} & {*values.columns} - {used.id}
    beside = (*noted.beside, *more)
    query = screening_query(used.trial, patients, "spark", trusted=True, beside=beside)
    found = _over(values, patients.name, query)
    return stale_last(found) if more else found


def _patients(used: _Used, on: date | None) -> Patients:
    return patients_table(used.trial, f"patients_{uuid4().hex}", used.id, on, used.held)


def _over(table: DataFrame, name: str, query: exp.Select) -> DataFrame:
    """What a query finds in a table of this name."""
    text, spark = query_text(query, "spark"), table.sparkSession
    table.createOrReplaceTempView(name)
    found = spark.sql(text)
    spark.catalog.dropTempView(name)
    return found


def _refuse(problems: Iterable[Problem]) -> None:
    if told := [*problems]:
        raise InputError(told)
