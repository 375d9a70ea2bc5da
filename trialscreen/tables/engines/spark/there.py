"""Lists files and folders that only Spark can access, by its public API.

It lists files for its source `binaryFile`, whose contents are not asked for, without those that
begin with _ or . ; of these it can say that there are some.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import NamedTuple
from uuid import uuid4

from pyspark.errors import AnalysisException, PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

from trialscreen.model.errors import InputError, Problem, raise_any, refuse
from trialscreen.tables.engines.spark.paths import (
    HIDDEN,
    NOT_FOUND,
    NOT_PARQUET,
    THERE_ALREADY,
    Listed,
    literal,
    plain,
)
from trialscreen.tables.engines.spark.types import Footer, kind_of
from trialscreen.tables.partitions import beside_log, chosen, is_hidden
from trialscreen.text.characters import printable

_UNKNOWN = ("PARQUET_TYPE_", "UNSUPPORTED_")
"""What Spark says of types begins so."""

_HIDDEN = "[_.]*"
COMMITTED = {
    # A task's rows are put in place when all tasks have ended, and then the mark is set.
    "mapreduce.fileoutputcommitter.algorithm.version": "1",
    "mapreduce.fileoutputcommitter.marksuccessfuljobs": "true",
}


class Found(NamedTuple):
    """The address of what was asked for, and of each file there its bytes and age (ms)."""

    address: str
    sizes: dict[str, tuple[int, int]]


def address_of(spark: SparkSession, path: str) -> str:
    """A path with its file system: file:/data/in. Raises InputError if Spark has no such system."""
    suffix = f".{uuid4().hex}"
    try:
        _files(spark, literal(path) + suffix)
    except AnalysisException as error:
        missing = str((error.getMessageParameters() or {}).get("path"))
        if missing.endswith(suffix):
            return re.sub(r"\\(.)", r"\1", missing.removesuffix(suffix))
    except Exception:  # noqa: BLE001, S110 - whatever a file system says, by way of Java
        pass
    raise InputError([Problem(printable(path), "cannot be read")])


def find(spark: SparkSession, name: str) -> Found:
    """What a file, a folder or a pattern stands for. Raises InputError if for nothing."""
    address = address_of(spark, name)
    as_it_is = literal(name) == name or _exists(spark, literal(name))
    sizes = _sizes(spark, literal(name) if as_it_is else name)
    if sizes is None or not (sizes or as_it_is):
        refuse(printable(plain(name)), NOT_FOUND)
    return Found(address, sizes)


def listed(spark: SparkSession, found: Found) -> Listed:
    """The files with rows. Raises InputError for what Spark would pass over."""
    above, _, last = found.address.rpartition("/")
    if is_hidden(last):
        refuse(printable(plain(found.address)), HIDDEN)
    if last[:1] in "*?[{":
        _refuse_hidden(spark, above, literal(above))
    depth = found.address.count("/") + 1
    roots: dict[str, list[str]] = {}
    for path in sorted(found.sizes):
        roots.setdefault("/".join(path.split("/")[:depth]), []).append(path)
    if not roots:
        roots[found.address] = []
    system = found.address.removesuffix(plain(found.address))
    is_there = cache(lambda path: _exists(spark, literal(f"{system}{path}")))
    files: list[str] = []
    for root, paths in roots.items():
        if is_hidden(root.rpartition("/")[2]):
            refuse(printable(plain(root)), HIDDEN)
        if paths == [root]:
            raise_any(beside_log(plain(root), is_there))
            files.append(root)
        else:
            files += _beneath(spark, root, paths)
    return Listed(tuple(map(literal, roots)), tuple(files))


def _beneath(spark: SparkSession, folder: str, paths: Sequence[str]) -> list[str]:
    """Those of the files in a folder that hold rows."""
    names = {path.removeprefix(f"{folder}/") for path in paths}
    for depth in range(2 + max((name.count("/") for name in names), default=0)):
        level = f"{literal(folder)}{'/*' * depth}"
        within = _sizes(spark, f"{level}/{_HIDDEN}") or {}
        names |= {path.removeprefix(f"{folder}/") for path in within}
        _refuse_hidden(spark, folder, level)
    which = chosen(plain(folder), names)
    raise_any(which.problems)
    return [f"{folder}/{name}" for name in which.names]


def _refuse_hidden(spark: SparkSession, folder: str, level: str) -> None:
    """Raises InputError for a hidden Parquet file in the folders `level`."""
    if _exists(spark, f"{level}/{_HIDDEN}.parquet"):
        held = "holds a Parquet file that begins with _ or ., and would be passed over"
        refuse(printable(plain(folder)), f"{held}; rename it")


def read_footer(spark: SparkSession, address: str) -> Footer:
    """As Spark reads its types. Raises InputError if it is none of Parquet."""
    try:
        schema = spark.read.parquet(literal(address)).schema
    except PySparkException as error:
        unknown = "has a column of a type that Spark does not know; write it without that"
        is_unknown = (error.getCondition() or "").startswith(_UNKNOWN)
        refuse(printable(plain(address)), unknown if is_unknown else NOT_PARQUET)
    return Footer(tuple((field.name, kind_of(field.dataType)) for field in schema), None)


@contextmanager
def whole_folder(spark: SparkSession, output: str) -> Iterator[str]:
    """The address of the folder `output`, in which Spark itself puts all rows or none.

    Raises InputError if it is there, and not empty, or cannot be written.
    """
    address = address_of(spark, output)
    if _sizes(spark, literal(output)):
        refuse(printable(output), THERE_ALREADY)
    yield address


# What Spark says.


def _files(spark: SparkSession, pattern: str) -> DataFrame:
    """The files of a pattern. Raises AnalysisException if there is nothing."""
    reader = spark.read.format("binaryFile").option("recursiveFileLookup", value=True)
    # Of one path alone that is not there, Spark writes a page to its log.
    files = reader.load([pattern, pattern])
    assert files.schema  # over Connect, this asks for it
    return files


def _found(spark: SparkSession, pattern: str) -> DataFrame | None:
    """The files of a pattern; None if there is nothing."""
    try:
        return _files(spark, pattern)
    except AnalysisException as error:
        if error.getCondition() != "PATH_NOT_FOUND":
            raise
        return None


def _exists(spark: SparkSession, pattern: str) -> bool:
    return _found(spark, pattern) is not None


def _sizes(spark: SparkSession, pattern: str) -> dict[str, tuple[int, int]] | None:
    """Of each file, its bytes and age (ms); None if there is nothing."""
    if (files := _found(spark, pattern)) is None:
        return None
    age = f.unix_millis("modificationTime").alias("age")
    return {path: (size, age) for path, size, age in files.select("path", "length", age).collect()}
