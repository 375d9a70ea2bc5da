"""Which columns of a table are used, for what, and how Spark is told to read them."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f
from pyspark.sql import types as t

from trialscreen.model.errors import Problem, raise_any
from trialscreen.model.trial import SCREENING_DATE, Trial
from trialscreen.tables.compile.bounded import bounded_columns
from trialscreen.tables.engines.arrow import KEY, Work
from trialscreen.tables.engines.spark.folders import FILE, read_folders
from trialscreen.tables.engines.spark.table_files import Source
from trialscreen.tables.engines.spark.types import (
    EXPECTED,
    FOLDER,
    IDS,
    NOTHING,
    UTC,
    can_be_id,
    fits,
    said,
    type_of,
    zone_of,
)
from trialscreen.tables.unit_columns import beside, kinds_beside
from trialscreen.text.characters import nearest, plain_name, printable, shown


def _elements(trial: Trial) -> dict[str, str]:
    """The columns that a table may have beside the ids, and the element of each."""
    ends = bounded_columns(trial).items()
    known = {one.name: one.name for one in trial.answerable()}
    return known | {column: element for element, columns in ends for column in columns}


def used_columns(trial: Trial, source: Source, id_column: str) -> "Used":
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
    raise_any(problems)
    return Used(trial, source, id_column, elements, columns)


class Used(NamedTuple):
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

    def work(self, on: date | None, today: date, *, also_stale: bool) -> Work:
        """How its rows are screened."""
        dated = [SCREENING_DATE] if SCREENING_DATE in self.columns else []
        names = {*self.held, *dated}
        columns = {}
        for name in self.trial.elements:
            ends = (name, f"{name}_low", f"{name}_high")
            if found := tuple(one for one in ends if one in names):
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
        titles = {
            (name if column == self.elements[column] else self.elements[column]): column
            for column, name in self.columns.items()
        }
        advice = "declare it in a file of --columns, and screen without --engine spark"
        in_order = [*self.source.columns]
        for title, column in titles.items():
            element = self.trial.elements[self.elements[column]]
            for one in beside(title, kinds_beside(element), self.unused, in_order):
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
        # In some names, such as `a.b`, Spark itself would not find the column again.
        return table.withColumnsRenamed({**self.alike, self.id: KEY})

    def typed(self, table: DataFrame) -> DataFrame:
        """The columns to screen, with days for times."""
        new = {}
        for name in self.columns:
            match type_of(self.kind(name)):
                case t.TimestampNTZType():
                    new[name] = f.col(name).cast("date")
                case t.TimestampType():
                    zone = zone_of(self.kind(name)) or UTC
                    new[name] = f.from_utc_timestamp(name, zone).cast("date")
        # Over Connect, to name none is an error.
        return table.withColumns(new) if new else table
