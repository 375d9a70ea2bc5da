"""The files of a table, here or where only Spark sees them: their columns, and how many rows."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import NamedTuple

from pyspark.sql import DataFrame, SparkSession

from trialscreen.model.errors import InputError, Problem, raise_any
from trialscreen.tables.engines.spark import here, there
from trialscreen.tables.engines.spark.footers import read_footer
from trialscreen.tables.engines.spark.listed import Footer, Listed, not_written
from trialscreen.tables.engines.spark.paths import is_local, plain, system_of
from trialscreen.tables.engines.spark.sessions import is_connected
from trialscreen.tables.engines.spark.types import FOLDER
from trialscreen.tables.partitions import all_columns, differences, stated, stated_twice
from trialscreen.text.characters import printable, shown

_AT_ONCE = 8
"""Files that are looked at."""


class Source(NamedTuple):
    """The files of a table, the paths to give to Spark for them, their columns and rows.

    `files` are paths without their system. `rows` is None where only Spark can count them.
    `doubtful` says of columns what would be wrong, were they used.
    """

    files: tuple[str, ...]
    roots: tuple[str, ...]
    columns: Mapping[str, str]
    rows: int | None
    doubtful: Mapping[str, Problem]

    def stated(self, file: str) -> dict[str, str | None]:
        """The columns in the names of its folders."""
        return {name: text for name, text in stated(file).items() if self.columns[name] == FOLDER}


def source(spark: SparkSession, name: str) -> Source:
    """The table that a file, a folder or a pattern stands for.

    Raises InputError for a name that stands for nothing, for files that Spark would pass
    over, and for files whose columns are not the same.
    """
    if _is_here(spark, name):
        return _looked_at(here.listed(name), lambda address: read_footer(plain(address)))
    found = there.find(spark, name)
    if is_connected(spark) and here.are_here(found.sizes):
        # The server is on this machine, or both see the same folders.
        return _looked_at(here.listed(name), lambda address: read_footer(plain(address)))
    return _looked_at(there.listed(spark, found), partial(there.read_footer, spark))


def whole_folder(spark: SparkSession, output: str) -> AbstractContextManager[str]:
    """The address of a folder to write: `output` will be there with all rows, or without any.

    Raises InputError if it is there already, or cannot be written.
    """
    if _is_here(spark, output):
        return here.whole_folder(output)
    return there.whole_folder(spark, output)


def write(findings: DataFrame, folder: str, output: str) -> None:
    """Rows into the folder that is to be `output`. Raises InputError if it cannot be written."""
    writer = findings.write.mode("append").options(**there.COMMITTED)
    try:
        writer.parquet(folder)
    except Exception:  # noqa: BLE001 - whatever a file system says, by way of Java
        raise InputError([not_written(output)]) from None


def rows_in(spark: SparkSession, folder: str) -> int:
    """How many rows the files have that were written to a folder."""
    if is_connected(spark) or not is_local(folder):
        return spark.read.parquet(folder).count()
    written = Path(plain(folder)).glob("*.parquet")
    return sum(read_footer(str(file)).rows or 0 for file in written)


def _is_here(spark: SparkSession, path: str) -> bool:
    if is_connected(spark):
        return False
    return is_local(path if system_of(path) else there.address_of(spark, path))


def _looked_at(found: Listed, read: Callable[[str], Footer]) -> Source:
    """The columns of all files with their types, how many rows they have, and doubts."""
    problems: list[Problem] = []

    def footer(address: str) -> Footer | None:
        try:
            return read(address)
        except InputError as error:
            problems.extend(error.problems)
            return None

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        footers = [*pool.map(footer, found.files)]
    raise_any(problems)
    schemas: dict[str, Mapping[str, str]] = {}
    doubtful: dict[str, Problem] = {}
    rows: list[int | None] = []
    paths = tuple(map(plain, found.files))
    for path, one in zip(paths, footers, strict=True):
        assert one is not None
        where, columns = printable(path), dict(one.columns)
        problems += _twice(where, one.columns)
        doubtful |= stated_twice(where, path, columns)
        folders = (name for name in stated(path) if name not in columns)
        schemas[where] = columns | dict.fromkeys(folders, FOLDER)
        rows.append(one.rows)
    raise_any(problems)
    known = [one for one in rows if one is not None]
    total = sum(known) if len(known) == len(rows) else None
    return Source(
        paths, found.roots, all_columns(schemas.values()), total, differences(schemas) | doubtful
    )


def _twice(where: str, columns: Sequence[tuple[str, str]]) -> Iterator[Problem]:
    for name, times in Counter(name for name, _ in columns).items():
        if times > 1:
            yield Problem(where, f"the column {shown(name)} stands twice")
