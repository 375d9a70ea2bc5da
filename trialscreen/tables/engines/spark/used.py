"""Which columns of a table are used, for what, and how Spark is told to read them.

Columns that stand in the names of folders, `screening_date=2026-05-01/part-0.parquet`, Spark
would take by guess: `site=01` for 1. They are text, and read as text is read.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f
from pyspark.sql import types as t

from trialscreen.answers.values import read_value
from trialscreen.model.errors import Problem, ValueProblem, collected, raise_any
from trialscreen.model.facts import Exactly
from trialscreen.model.trial import SCREENING_DATE, Element, Trial
from trialscreen.tables.cohort.column_map import KEY
from trialscreen.tables.compile.table import bounded_columns
from trialscreen.tables.engines.arrow import Work
from trialscreen.tables.engines.spark.table_files import Source
from trialscreen.tables.engines.spark.types import (
    EXPECTED,
    FOLDER,
    IDS,
    NOTHING,
    TYPED,
    UTC,
    can_be_id,
    fits,
    said,
    type_of,
    zone_of,
)
from trialscreen.tables.unit_columns import beside, kinds_beside
from trialscreen.text.characters import nearest, plain_name, printable, shown

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
            if name != SCREENING_DATE and kind != NOTHING:
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
                one for one in held if one == SCREENING_DATE or kinds[one] != NOTHING
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
        elif not can_be_id(kind := self.source.columns[self.id]):
            problems.append(_wrong(self.id, kind, IDS))
        if SCREENING_DATE not in self.columns and on is None:
            message = f"has no column {SCREENING_DATE}; give the screening date"
            problems.append(Problem("the table", message))
        for column, kind in self.kinds.items():
            wanted = self.elements[column].type
            if not fits(kind, wanted):
                problems.append(_wrong(self.columns[column], kind, EXPECTED[wanted]))
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
        read = {name: type_of(kind) for name, kind in kinds.items() if kind != FOLDER}
        fields = [t.StructField(name, kind) for name, kind in read.items() if kind is not None]
        # What the folders state is not left to Spark's guess: `site=01` would be 1.
        reader = spark.read.schema(t.StructType(fields)).option("recursiveFileLookup", value=True)
        table = reader.parquet(*self.source.roots)
        elements = {name: self.elements[known] for known, name in self.columns.items()}
        stated = {name: elements.get(name) for name, kind in kinds.items() if kind == FOLDER}
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
            schema.add(name, t.StringType() if one is None else TYPED[one.type])
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
            match type_of(kind):
                case t.TimestampNTZType():
                    new[name] = f.col(name).cast("date")
                case t.TimestampType():
                    new[name] = f.from_utc_timestamp(name, zone_of(kind) or UTC).cast("date")
        # Over Connect, to name none is an error.
        return table.withColumns(new) if new else table


def _wrong(column: str, kind: str, expected: str) -> Problem:
    message = f"its cells are of type {said(kind)}; expected {expected}"
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
