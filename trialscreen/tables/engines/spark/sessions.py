"""The session that queries run in: a Spark of this process, or a server of Spark Connect."""

import os
import re
import socket
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit
from urllib.request import getproxies

from pyspark.errors import PySparkRuntimeError
from pyspark.sql import SparkSession

from trialscreen.model.errors import refuse
from trialscreen.tables.engines.spark.types import UTC
from trialscreen.text.characters import printable, shown

OTHER_PACKAGES = "other packages than here"
"""What the workers say of themselves, and we of them."""

_CONNECT = "sc://"
_PORT = 15002
"""Of a server of Spark Connect, where its address names none."""

_PATIENCE = 10
"""Seconds for a server to answer; PySpark itself would try for ten minutes."""

_PYTHON = "spark.sql.execution.pyspark.python"
"""Which Python workers run in; for local sessions PYSPARK_PYTHON says it."""


def session(master: str | None) -> SparkSession:
    """The running session, or a new one: over Spark Connect if `master` is `sc://HOST:PORT`.

    So it is without `master` if SPARK_REMOTE says so. Raises InputError if Spark does not start.
    """
    # What PySpark says of other packages is nothing that our user could change.
    warnings.filterwarnings("ignore", message="PySpark does not yet", category=FutureWarning)
    builder = SparkSession.Builder().appName("trialscreen")
    server = master or os.environ.get("SPARK_REMOTE", "")
    if server.startswith(_CONNECT):
        _reached(server)
        builder = builder.remote(server)
    elif master is not None:
        builder = builder.master(master)
        if master.startswith("local"):
            # Else its workers would be whatever is called python3.
            os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
            if not SparkSession.getActiveSession():
                # Its pages would be on the network of whoever tries this on one machine.
                builder = builder.config("spark.ui.enabled", value=False)
                # On few processors, collecting garbage beside the work costs more.
                builder = builder.config("spark.driver.defaultJavaOptions", "-XX:+UseSerialGC")
    try:
        spark = builder.getOrCreate()
    except PySparkRuntimeError as error:
        condition = error.getCondition()
        message = f"did not start ({condition}); it needs Java 17 or newer, by JAVA_HOME"
        if condition == "CANNOT_CONFIGURE_SPARK_CONNECT_MASTER":
            message = "SPARK_REMOTE and --master name two; give one of them"
        refuse("Spark", message)
    except ImportError as error:
        if not server.startswith(_CONNECT):
            raise
        lacking = error.name or "grpcio"
        refuse(_CONNECT, f"needs more packages ({lacking}): pip install 'trialscreen[connect]'")
    if is_connected(spark):
        use_our_python(spark)
    return spark


def use_our_python(spark: SparkSession) -> None:
    """For the workers of a server of Spark Connect, if they are on this machine.

    Who started the server may have had one without our packages on the path.
    """
    if spark.conf.get(_PYTHON, None) is None and _is_here(spark):
        spark.conf.set(_PYTHON, sys.executable)


def _is_here(spark: SparkSession) -> bool:
    """Whether a server and its workers are on this machine, where our Python is."""
    host = spark.conf.get("spark.driver.host", None)
    if not host or not str(spark.conf.get("spark.master", "")).startswith("local"):
        return False
    try:  # nobody can listen at the address of another machine
        socket.create_server((host, 0)).close()
    except OSError:
        return False
    return True


def is_connected(spark: SparkSession) -> bool:
    """Whether queries go to a server of Spark Connect, whose files are not those seen here."""
    return not hasattr(spark, "sparkContext")


def _reached(server: str) -> None:
    """Raises InputError if nobody answers at an address such as `sc://host:15002/;use_ssl=true`."""
    try:
        where = urlsplit(f"http://{server.removeprefix(_CONNECT)}")
        host, port = where.hostname, where.port or _PORT
    except ValueError:
        host = None
    if host is None:
        refuse("--master", f"{shown(server.partition('/;')[0])}; expected sc://HOST:PORT")
    if getproxies():
        return  # they, and not we, reach it
    try:
        socket.create_connection((host, port), timeout=_PATIENCE).close()
    except OSError as error:
        why = error.strerror or "no answer"
        message = f"no server of Spark Connect can be reached there ({why})"
        refuse(f"{_CONNECT}{host}:{port}", message)


_SETTINGS = {
    # `weight` and `Weight` are two columns, as they are in the files and for other engines.
    "spark.sql.caseSensitive": "true",
    # The day of a moment is not that of the zone where the session runs.
    "spark.sql.session.timeZone": UTC,
    # What a worker does for a batch it does for many rows at once.
    "spark.sql.execution.arrow.maxRecordsPerBatch": "50000",
    # Columns of no use may be of any type.
    "spark.sql.legacy.parquet.nanosAsLong": "true",
}


@contextmanager
def settings(spark: SparkSession) -> Iterator[None]:
    """Makes the result the same in any session, and quick."""
    before = {name: spark.conf.get(name) for name in _SETTINGS}
    for name, value in _SETTINGS.items():
        spark.conf.set(name, value)
    try:
        yield
    finally:
        for name, own in before.items():
            assert own is not None, name
            spark.conf.set(name, own)


@contextmanager
def damage_told(source: str) -> Iterator[None]:
    """Turns what Spark says of a file, or its workers, into words without the file's content."""
    try:
        yield
    except Exception as error:
        told = str(error)
        if "FAILED_READ_FILE" in told:
            refuse(printable(source), "cannot be read: it is damaged")
        if "Invalid UTF8" in told:
            refuse(printable(source), "cannot be read: a text in it is not UTF-8")
        if any(sign in told for sign in _OTHER_WORKERS):
            found = re.search(f"{OTHER_PACKAGES}: ([^\\n]*)", told)
            why = f" ({printable(found[1])})" if found else ""
            message = f"its workers have {OTHER_PACKAGES}{why}: install the same"
            python = "for them, and name their Python by PYSPARK_PYTHON"
            refuse("Spark", f"{message} 'trialscreen[spark]' {python}")
        raise


_OTHER_WORKERS = (
    OTHER_PACKAGES,
    "No module named",
    "PYTHON_VERSION_MISMATCH",
    "Cannot run program",
)
