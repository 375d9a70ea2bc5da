"""One Parquet file, with columns of any type: those of no use are not looked at.

When the engine itself gives up on a file, that is said as of any file that cannot be read.
"""

import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from trialscreen.model.errors import Problem, refuse
from trialscreen.tables.cohort.readers.opened import Asked, Piece, Tables
from trialscreen.text.characters import shown

_OF_SPARK = "org.apache.spark.sql.parquet.row.metadata"
_TWICE = re.compile(r"column with name '(.*)' has more than one occurrence", re.DOTALL)


def open_table(path: Path, asked: Asked) -> Tables:
    """The rows of a file, with columns of any type. Raises InputError."""
    frame = pl.scan_parquet(path, glob=False, hive_partitioning=False)
    try:
        with panics_told(asked.origin):
            schema = frame.collect_schema()
    except pl.exceptions.DuplicateError as error:
        found = _TWICE.search(str(error))
        column = f"the column {shown(found[1])}" if found else "a column"
        refuse(asked.origin, f"{column} stands twice")
    except pl.exceptions.ComputeError as error:
        if "LogicalType" not in str(error):
            raise
        message = "has a column of a type that Polars does not know; write it without that"
        refuse(asked.origin, message)
    rows = frame.select(pl.len())
    doubtful = _without_zone(path, schema, asked.origin)
    return Tables(
        schema,
        lambda: rows.collect().item(),
        lambda _kinds: map(Piece, frame.collect_batches(maintain_order=True)),
        frame,
        doubtful=doubtful,
    )


def _without_zone(path: Path, schema: pl.Schema, origin: str) -> Mapping[str, Problem]:
    """Of the columns of a file, those with moments in a time zone that nobody can tell.

    Spark writes a `timestamp` as INT96 unless told otherwise: in UTC, without a word of that or
    of the session's time zone, in which somebody saw its day. The engine takes UTC for the clock.
    """
    naive = {name for name, kind in schema.items() if kind == pl.Datetime("ns")}
    note = pl.read_parquet_metadata(path).get(_OF_SPARK) if naive else None
    message = (
        "holds moments that Spark wrote as INT96, without the time zone that its days are of;"
        " write days (cast to DATE) instead"
    )
    return {
        field["name"]: Problem(f"{origin}: the column {shown(field['name'])}", message)
        for field in ([] if note is None else json.loads(note)["fields"])
        if field["type"] == "timestamp" and field["name"] in naive
    }


STDERR = 2


@contextmanager
def panics_told(files: str) -> Iterator[None]:
    """Raises InputError where the engine panics over the `files`.

    A panic is not an error of the engine's own kind, nor any Exception. What the engine prints
    of it may hold values of patients, and is not shown.
    """
    try:
        with _without_its_words():
            yield
    except pl.exceptions.PanicException:
        message = (
            "cannot be read: Polars gives up on it, mostly over a column of a type of its own;"
            " write it anew with columns of text, numbers, yes/no and days"
        )
        refuse(files, message)


@contextmanager
def _without_its_words() -> Iterator[None]:
    """Keeps back what is not written to standard error by Python; shown later, if all is well."""
    try:
        kept = os.dup(STDERR)
    except OSError:  # it is closed
        yield
        return
    ours = sys.stderr
    with tempfile.TemporaryFile() as aside, os.fdopen(kept, "wb", 0) as to_user:
        if _is_stderr(ours):
            ours.flush()
            encoding, errors = ours.encoding, ours.errors
            sys.stderr = os.fdopen(os.dup(kept), "w", 1, encoding=encoding, errors=errors)
        os.dup2(aside.fileno(), STDERR)
        is_interrupted = False
        try:
            yield
        except BaseException as error:
            is_interrupted = isinstance(error, KeyboardInterrupt)
            if not isinstance(error, Exception):  # a panic, also as what an interrupt led to
                aside.truncate(0)
            raise
        finally:
            if not is_interrupted:  # else threads of the engine may still print, until the end
                os.dup2(kept, STDERR)
                if sys.stderr is not ours:
                    sys.stderr.close()
                    sys.stderr = ours
            aside.seek(0)
            shutil.copyfileobj(aside, to_user)


def _is_stderr(stream: object) -> bool:
    try:
        return bool(stream.fileno() == STDERR)  # type: ignore[attr-defined]
    except (AttributeError, OSError, ValueError):
        return False
