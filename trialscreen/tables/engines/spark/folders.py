"""Columns that stand in the names of folders: `screening_date=2026-05-01/part-0.parquet`.

Spark would take them by guess: `site=01` for 1. They are text, and read as text is read.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f
from pyspark.sql import types as t

from trialscreen.answers.values import read_value
from trialscreen.model.errors import Problem, ValueProblem, raise_any
from trialscreen.model.facts import Exactly
from trialscreen.model.trial import Element, ElementType, Trial
from trialscreen.tables.engines.spark.table_files import Source
from trialscreen.text.characters import printable

FILE = "(file)"
_FOLDER = "(folder)"

_TYPES: Mapping[ElementType, t.DataType] = {
    "boolean": t.BooleanType(),
    "choice": t.StringType(),
    "integer": t.DoubleType(),
    "quantity": t.DoubleType(),
    "date": t.DateType(),
}


class Stated(NamedTuple):
    """What the folders of a table state of some columns."""

    columns: t.StructType
    rows: tuple[tuple[Any, ...], ...]

    def beside(self, table: DataFrame, spark: SparkSession) -> DataFrame:
        """`table`, whose rows say in FILE which file they are of, with these columns."""
        known = spark.createDataFrame([*self.rows], self.columns)
        # A path with its system, in which all but what may stand in an address is escaped.
        path = f.url_decode(f.replace(f.col(f"`{FILE}`"), f.lit("+"), f.lit("%2B")))
        folder = f.regexp_replace(path, "^[^:/]+:(//[^/]*)?|/[^/]*$", "")
        # A row of another folder would be lost, and counted so.
        named = table.withColumn(_FOLDER, folder).drop(FILE)
        return named.join(f.broadcast(known), _FOLDER).drop(_FOLDER)


def read_folders(trial: Trial, source: Source, columns: Mapping[str, str | None]) -> Stated:
    """Values of `columns`, which say the element that each holds (None: ids, which are text).

    Raises InputError for a value that cannot be read, or is not one value.
    """
    elements = {one.name: one for one in trial.answerable()}
    of = {column: None if name is None else elements[name] for column, name in columns.items()}
    problems: list[Problem] = []
    rows: dict[str, tuple[Any, ...]] = {}
    for file in source.files:
        parent = file.rpartition("/")[0]
        if parent not in rows:
            texts = source.stated(file)
            where = printable(parent)
            values = [
                _value(trial, one, texts[name], f"{where} {name}", problems)
                for name, one in of.items()
            ]
            rows[parent] = (parent, *values)
    raise_any(problems)
    kinds = [t.StringType() if one is None else _TYPES[one.type] for one in of.values()]
    fields = [t.StructField(name, kind) for name, kind in zip(of, kinds, strict=True)]
    folder = t.StructField(_FOLDER, t.StringType())
    return Stated(t.StructType([folder, *fields]), tuple(rows.values()))


def _value(
    trial: Trial, element: Element | None, text: str | None, where: str, problems: list[Problem]
) -> Any:
    if element is None or text is None or not text.strip():
        return text if element is None else None
    try:
        fact = read_value(trial, element, text, date.max)
    except ValueProblem as problem:
        problems.append(Problem(where, str(problem)))
        return None
    if fact is None:
        return None
    if isinstance(fact, Exactly):
        return fact.value
    if fact.exact:
        return fact.low if isinstance(fact.low, date) else float(fact.low)
    problems.append(Problem(where, "expected one value, and no bound"))
    return None
