"""The files of a table, here or where only Spark sees them: their columns, and how many rows."""

from collections import Counter, deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import NamedTuple

from pyspark.sql import DataFrame, SparkSession

from trialscreen.model.errors import Problem, collected, raise_any, refuse
from trialscreen.tables.engines.spark import here, there
from trialscreen.tables.engines.spark.paths import (
    NOT_WRITTEN,
    Listed,
    is_local,
    plain,
    system_of,
)
from trialscreen.tables.engines.spark.sessions import is_connected
from trialscreen.tables.engines.spark.types import FOLDER, Footer, read_footer
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
    if not _is_here(spark, name):
        found = there.find(spark, name)
        # Else the server is on this machine, or both see the same folders.
        if not (is_connected(spark) and here.are_here(found.sizes)):
            return _looked_at(there.listed(spark, found), partial(there.read_footer, spark))
    return _looked_at(here.listed(name), lambda address: read_footer(plain(address)))


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
        refuse(printable(output), NOT_WRITTEN)


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

    footers: dict[str, Footer] = {}

    def look(address: str) -> None:
        with collected(problems):
            footers[plain(address)] = read(address)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        deque(pool.map(look, found.files), maxlen=0)
    raise_any(problems)
    schemas: dict[str, Mapping[str, str]] = {}
    doubtful: dict[str, Problem] = {}
    paths = tuple(map(plain, found.files))
    for path in paths:
        where, columns = printable(path), dict(footers[path].columns)
        times = Counter(name for name, _ in footers[path].columns)
        twice = (shown(name) for name in columns if times[name] > 1)
        problems += [Problem(where, f"the column {name} stands twice") for name in twice]
        doubtful |= stated_twice(where, path, columns)
        folders = (name for name in stated(path) if name not in columns)
        schemas[where] = columns | dict.fromkeys(folders, FOLDER)
    raise_any(problems)
    rows = [footers[path].rows for path in paths]
    total = None if None in rows else sum(filter(None, rows))
    return Source(
        paths, found.roots, all_columns(schemas.values()), total, differences(schemas) | doubtful
    )
