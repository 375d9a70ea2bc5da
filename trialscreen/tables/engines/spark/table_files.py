"""The files of a table, on whatever system they are, through Spark's own access to them."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from trialscreen.model.errors import InputError, Problem
from trialscreen.tables.engines.spark.types import FOLDER, NOTHING, UTC, in_zone, is_moment
from trialscreen.tables.partitions import (
    all_columns,
    beside_log,
    chosen,
    differences,
    is_hidden,
    is_marker,
    stated,
    stated_twice,
)
from trialscreen.text.characters import printable, shown

_AT_A_TIME = 500
"""Files whose footers are in memory."""

_ARROW = "ARROW:schema"
"""Where Polars, pandas and others note what Parquet's own types do not tell."""

_PATTERN = re.compile(r"([{}\[\]*?\\])")


class File(NamedTuple):
    """A Parquet file; `uri` is what Spark calls it, `status` what its system says of it."""

    uri: str
    path: str
    status: Any

    @property
    def folder(self) -> str:
        return self.uri.rpartition("/")[0]


class Source(NamedTuple):
    """The files of a table, the paths to give to Spark for them, their columns and rows.

    `doubtful` says of columns what would be wrong, were they used.
    """

    files: tuple[File, ...]
    roots: tuple[str, ...]
    columns: Mapping[str, str]
    rows: int
    doubtful: Mapping[str, Problem]

    def stated(self, file: File) -> dict[str, str | None]:
        """The columns in the names of its folders."""
        return {
            name: text for name, text in stated(file.path).items() if self.columns[name] == FOLDER
        }


class Files:
    """Files and folders by their paths."""

    def __init__(self, spark: SparkSession) -> None:
        assert spark.sparkContext._jvm is not None
        self._jvm = spark.sparkContext._jvm
        self._hadoop = self._jvm.org.apache.hadoop.fs
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
            raise InputError.at(path, "cannot be written")

    def rename(self, path: str, new: str) -> None:
        place = self._hadoop.Path(path)
        if not place.getFileSystem(self._settings).rename(place, self._hadoop.Path(new)):
            raise OSError(f"cannot rename to {new}")

    def remove(self, path: str) -> None:
        """If it is there."""
        place = self._hadoop.Path(path)
        place.getFileSystem(self._settings).delete(place, True)

    def source(self, name: str) -> Source:
        """The table that a file, a folder or a pattern stands for.

        Raises InputError for a name that stands for nothing, for files that Spark would pass
        over, and for files whose columns are not the same.
        """
        try:
            roots = self._roots(name)
            files = tuple(file for root in roots for file in self._beneath(root))
        except Py4JJavaError:
            raise InputError.at(printable(name), "cannot be read") from None
        columns, rows, doubtful = self._looked_at(files)
        # A path is a pattern to Spark, whether or not there is such a file.
        paths = tuple(_PATTERN.sub(r"\\\1", str(root.getPath().toString())) for root in roots)
        return Source(files, paths, columns, rows, doubtful)

    def _roots(self, name: str) -> Sequence[Any]:
        place = self._hadoop.Path(name)
        system = place.getFileSystem(self._settings)
        if system.exists(place):
            return [system.getFileStatus(place)]
        found = system.globStatus(place) if _PATTERN.search(name) else None
        # Spark leaves files beside those with rows, and a pattern catches them.
        found = [one for one in found or () if not _is_marker(one)]
        if not found:
            raise InputError.at(printable(name), "cannot be read (PATH_NOT_FOUND)")
        return found

    def _beneath(self, root: Any) -> Iterator[File]:
        place = root.getPath()
        if is_hidden(str(place.getName())):
            message = "begins with _ or ., and Spark passes over such files; rename it"
            raise InputError.at(_plain(place), message)
        if not root.isDirectory():
            if (logged := beside_log(_plain(place), self.exists)) is not None:
                raise InputError([logged])
            yield _file(root)
            return
        found, base = {}, str(place.toUri().getPath()).rstrip("/")
        files = place.getFileSystem(self._settings).listFiles(place, True)
        while files.hasNext():
            status = files.next()
            found[_plain(status.getPath()).removeprefix(f"{base}/")] = status
        which = chosen(base, found)
        if which.problems:
            raise InputError(which.problems)
        yield from (_file(found[name]) for name in which.names)

    # What the files hold.

    def _looked_at(
        self, files: Sequence[File]
    ) -> tuple[Mapping[str, str], int, Mapping[str, Problem]]:
        """The columns of all files with their types, how many rows they have, and doubts."""
        schemas: dict[str, Mapping[str, str]] = {}
        problems: list[Problem] = []
        doubtful: dict[str, Problem] = {}
        known: dict[tuple[str, str | None], tuple[tuple[str, str], ...]] = {}
        rows = 0
        for first in range(0, len(files), _AT_A_TIME):
            some = files[first : first + _AT_A_TIME]
            for file, footer in zip(some, self._footers(some), strict=True):
                data = footer.getFileMetaData()
                note = data.getKeyValueMetaData().get(_ARROW)
                text = str(data.getSchema().toString()), note
                if text not in known:
                    known[text] = self._columns(data.getSchema(), note)
                where, columns = printable(file.path), dict(known[text])
                problems += _twice(where, known[text])
                doubtful |= stated_twice(where, file.path, columns)
                folders = (name for name in stated(file.path) if name not in columns)
                schemas[where] = columns | dict.fromkeys(folders, FOLDER)
                rows += sum(block.getRowCount() for block in footer.getBlocks())
        if problems:
            raise InputError(problems)
        return all_columns(schemas.values()), rows, differences(schemas) | doubtful

    def _columns(self, schema: Any, note: str | None) -> tuple[tuple[str, str], ...]:
        columns = tuple(map(_column, schema.getFields()))
        if not any(is_moment(kind) for _, kind in columns):
            return columns
        zones = {} if note is None else self._zones(note)
        return tuple(
            (name, in_zone(kind, zones.get(name, UTC)) if is_moment(kind) else kind)
            for name, kind in columns
        )

    def _zones(self, note: str) -> dict[str, str]:
        """The time zones in which the moments of columns were written, by Arrow's note of them."""
        arrow = self._jvm.org.apache.arrow.vector.types.pojo
        data = self._jvm.java.nio.ByteBuffer.wrap(
            self._jvm.java.util.Base64.getDecoder().decode(note)
        )
        fields = arrow.Schema.deserializeMessage(data).getFields()
        types = {field.getName(): field.getType() for field in fields}
        return {
            name: self._zone(kind.getTimezone())
            for name, kind in types.items()
            if kind.getTypeID().name() == "Timestamp" and kind.getTimezone()
        }

    def _zone(self, name: str) -> str:
        try:
            return str(self._jvm.java.time.ZoneId.of(name).getId())
        except Py4JJavaError:
            return f"the unknown zone {printable(name)}"

    def _footers(self, files: Sequence[File]) -> Iterator[Any]:
        statuses = self._jvm.java.util.ArrayList()
        for file in files:
            statuses.add(file.status)
        try:
            found = self._reader.readAllFootersInParallel(self._settings, statuses, False)
        except Py4JJavaError:
            raise InputError(list(self._unreadable(files))) from None
        footers = {_plain(one.getFile()): one.getParquetMetadata() for one in found}
        return (footers[file.path] for file in files)

    def _unreadable(self, files: Sequence[File]) -> Iterator[Problem]:
        for file in files:
            try:
                self._reader.readFooter(self._settings, file.status.getPath(), self._all)
            except Py4JJavaError:
                yield Problem(printable(file.path), "cannot be read as Parquet")

    @cached_property
    def _reader(self) -> Any:
        return self._jvm.org.apache.parquet.hadoop.ParquetFileReader

    @cached_property
    def _all(self) -> Any:
        return self._jvm.org.apache.parquet.format.converter.ParquetMetadataConverter.NO_FILTER


def _plain(path: Any) -> str:
    """The path itself, without the name of its system, and nothing escaped."""
    return str(path.toUri().getPath())


def _is_marker(status: Any) -> bool:
    return not status.isDirectory() and is_marker(str(status.getPath().getName()))


def _file(status: Any) -> File:
    path = status.getPath()
    return File(str(path.toUri().toString()), _plain(path), status)


def _column(field: Any) -> tuple[str, str]:
    """The name of a column, and its type in the words of Parquet."""
    annotation = field.getLogicalTypeAnnotation()
    added = "" if annotation is None else f" ({annotation.toString()})"
    if added == " (UNKNOWN)":
        return field.getName(), NOTHING
    if not field.isPrimitive():
        return field.getName(), f"group{added}"
    many = "repeated " if field.getRepetition().name() == "REPEATED" else ""
    physical = field.asPrimitiveType().getPrimitiveTypeName().name().lower()
    return field.getName(), f"{many}{physical}{added}"


def _twice(where: str, columns: Sequence[tuple[str, str]]) -> Iterator[Problem]:
    for name, times in Counter(name for name, _ in columns).items():
        if times > 1:
            yield Problem(where, f"the column {shown(name)} stands twice")
