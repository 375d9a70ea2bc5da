"""The queries over a table, what is counted of it, and the folder that findings are written to.

Columns that stand in the names of folders, `screening_date=2026-05-01/part-0.parquet`, Spark
would take by guess: `site=01` for 1. They are text, and read as text is read.
"""

import pickle
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from importlib.metadata import version
from typing import Any, NamedTuple

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f
from pyspark.sql import types as t

from trialscreen.answers.values import read_value
from trialscreen.model.errors import Problem, ValueProblem, collected, raise_any, refuse
from trialscreen.model.facts import Exactly
from trialscreen.model.trial import SCREENING_DATE, Element, Trial
from trialscreen.screening.samples import with_sample_days
from trialscreen.tables.cohort.column_map import KEY, RESULTS, beside, kinds_beside, taken
from trialscreen.tables.cohort.data_quality import DataQuality
from trialscreen.tables.compile.program import bounded_columns
from trialscreen.tables.engines.arrow import NOTE, STALE, Note, Work
from trialscreen.tables.engines.spark import table_files, types
from trialscreen.tables.engines.spark.sessions import OTHER_PACKAGES, damage_told, settings
from trialscreen.tables.engines.spark.table_files import Source
from trialscreen.tables.quality import MOST_BAD
from trialscreen.text.characters import BLANKS, count_of, nearest, plain_name, printable, shown


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


_FOLDER = "(folder)"


def used_columns(trial: Trial, source: Source, id_column: str) -> "Used":
    """Which columns of `source` are used. Raises InputError where two would be one."""
    ends = bounded_columns(trial).items()
    elements = {one.name: one for one in trial.answerable()}
    elements |= {column: trial.elements[name] for name, columns in ends for column in columns}
    columns: dict[str, str] = {}
    problems = []
    for name in source.columns:
        known = name if name in elements else plain_name(name)
        if known in elements and id_column not in (name, known):
            first = columns.setdefault(known, name)
            if first != name:
                message = f"two columns for the element {known}"
                problems.append(Problem(f"{shown(first)} and {shown(name)}", message))
    raise_any(problems)
    return Used(trial, source, id_column, elements, columns)


class Used(NamedTuple):
    """Which columns of a table are used, and for what.

    `elements`: the element of each column that there may be beside the ids. `columns`: what
    such a column is called in the table.
    """

    trial: Trial
    source: Source
    id: str
    elements: Mapping[str, Element]
    columns: Mapping[str, str]

    @property
    def kinds(self) -> dict[str, str]:
        """The types of the columns."""
        return {known: self.source.columns[name] for known, name in self.columns.items()}

    @property
    def called(self) -> dict[str, str]:
        """What the column of each element (or of its first end) is called, in their order."""
        called: dict[str, str] = {}
        for name, kind in self.kinds.items():
            if name != SCREENING_DATE and kind != types.NOTHING:
                called.setdefault(self.elements[name].name, self.columns[name])
        return called

    def work(self, on: date | None, today: date, *, also_stale: bool) -> Work:
        """How its rows are screened."""
        kinds = self.kinds
        columns = {}
        for name in self.trial.elements:
            ends = (name, f"{name}_low", f"{name}_high")
            held = (one for one in ends if one in kinds)
            if found := tuple(
                one for one in held if one == SCREENING_DATE or kinds[one] != types.NOTHING
            ):
                columns[name] = found
        return Work(self.trial, columns, on, today, also_stale)

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
        elif not types.can_be_id(kind := self.source.columns[self.id]):
            problems.append(_wrong(self.id, kind, types.IDS))
        if SCREENING_DATE not in self.columns and on is None:
            message = f"has no column {SCREENING_DATE}; give the screening date"
            problems.append(Problem("the table", message))
        for column, kind in self.kinds.items():
            wanted = self.elements[column].type
            if not types.fits(kind, wanted):
                problems.append(_wrong(self.columns[column], kind, types.EXPECTED[wanted]))
        problems += self._alone()
        problems += self._undeclared()
        used = {*self.columns.values(), self.id}
        problems += [why for name, why in self.source.doubtful.items() if name in used]
        raise_any(problems)

    def _alone(self) -> Iterator[Problem]:
        """Ends of bounds without the other end."""
        for one, other in bounded_columns(self.trial).values():
            for name, needed in ((one, other), (other, one)):
                if name in self.columns and needed not in self.columns:
                    where = f"the column {printable(self.columns[name])}"
                    yield Problem(where, f"needs {needed} beside it")

    def _undeclared(self) -> Iterator[Problem]:
        """Columns of units and comparators, which a file of --columns would have to declare."""
        elements = {}
        for column, name in self.columns.items():
            element = self.elements[column]
            elements[name if column == element.name else element.name] = element
        advice = "declare it in a file of --columns, and screen without --engine spark"
        in_order = [*self.source.columns]
        for title, element in elements.items():
            for one in beside(title, kinds_beside(element), self.unused, in_order):
                yield one.problem(advice)

    def table(self, spark: SparkSession) -> DataFrame:
        """The used columns, not yet read. The others may be of types that Spark refuses."""
        kinds = {self.id: self.source.columns[self.id]}
        kinds |= {self.columns[known]: kind for known, kind in self.kinds.items()}
        read = {name: types.type_of(kind) for name, kind in kinds.items() if kind != types.FOLDER}
        fields = [t.StructField(name, kind) for name, kind in read.items() if kind is not None]
        # What the folders state is not left to Spark's guess: `site=01` would be 1.
        reader = spark.read.schema(t.StructType(fields)).option("recursiveFileLookup", value=True)
        table = reader.parquet(*self.source.roots)
        elements = {name: self.elements[known] for known, name in self.columns.items()}
        stated = {name: elements.get(name) for name, kind in kinds.items() if kind == types.FOLDER}
        if stated:
            table = self._with_stated(table, stated, spark)
        # In some names, such as `a.b`, Spark itself would not find the column again.
        return table.withColumnsRenamed({**self.alike, self.id: KEY})

    def _with_stated(
        self, table: DataFrame, columns: Mapping[str, Element | None], spark: SparkSession
    ) -> DataFrame:
        """`table` with columns that its folders state, of these elements, or of ids, None.

        Raises InputError for a value that cannot be read, or is not one value.
        """
        rows: dict[str, list[Any]] = {}
        problems: list[Problem] = []
        for file in self.source.files:
            parent = file.rpartition("/")[0]
            if parent not in rows:
                texts = self.source.stated(file)
                rows[parent] = [parent]
                for name, element in columns.items():
                    with collected(problems, f"{printable(parent)} {name}"):
                        rows[parent].append(_stated(self.trial, element, texts[name]))
        raise_any(problems)
        schema = t.StructType([t.StructField(_FOLDER, t.StringType())])
        for name, one in columns.items():
            schema.add(name, t.StringType() if one is None else types.TYPED[one.type])
        known = spark.createDataFrame([*map(tuple, rows.values())], schema)
        # A path with its system, in which all but what may stand in an address is escaped.
        path = f.url_decode(f.replace(f.input_file_name(), f.lit("+"), f.lit("%2B")))
        folder = f.regexp_replace(path, "^[^:/]+:(//[^/]*)?|/[^/]*$", "")
        # A row of another folder would be lost, and counted so.
        return table.withColumn(_FOLDER, folder).join(f.broadcast(known), _FOLDER).drop(_FOLDER)

    def typed(self, table: DataFrame) -> DataFrame:
        """The columns to screen, with days for times."""
        new = {}
        for name, kind in self.kinds.items():
            match types.type_of(kind):
                case t.TimestampNTZType():
                    new[name] = f.col(name).cast("date")
                case t.TimestampType():
                    new[name] = f.from_utc_timestamp(name, types.zone_of(kind) or types.UTC).cast(
                        "date"
                    )
        # Over Connect, to name none is an error.
        return table.withColumns(new) if new else table


def _wrong(column: str, kind: str, expected: str) -> Problem:
    message = f"its cells are of type {types.said(kind)}; expected {expected}"
    return Problem(f"the column {printable(column)}", message)


def _stated(trial: Trial, element: Element | None, text: str | None) -> Any:
    """What the name of a folder states. Raises ValueProblem."""
    if element is None or text is None:
        return text
    fact = read_value(trial, element, text, date.max) if text.strip() else None
    if fact is None:
        return None
    if isinstance(fact, Exactly):
        return fact.value
    if not fact.exact:
        raise ValueProblem("expected one value, and no bound")
    return fact.low if isinstance(fact.low, date) else float(fact.low)
