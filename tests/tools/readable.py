"""Files as they are compared: as they are, or what they hold as text where bytes say too much."""

import io
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

_PARQUET = b"PAR1"
_SQLITE = b"SQLite format 3\x00"
_ZIP = b"PK\x03\x04"


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file in `folder` and below, by its path there."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def readable(content: bytes) -> bytes:
    """The tables of Parquet and SQLite and the parts of a workbook as text; else as it is."""
    if content.startswith(_PARQUET):
        return _table(content)
    if content.startswith(_SQLITE):
        return _database(content)
    if content.startswith(_ZIP):
        return _parts(content)
    return content


def _parts(content: bytes) -> bytes:
    """Without the moment at which each was packed."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return b"\n".join(name.encode() + b"\n" + packed.read(name) for name in packed.namelist())


def _table(content: bytes) -> bytes:
    import polars as pl

    frame = pl.read_parquet(io.BytesIO(content))
    head = "".join(f"{name}: {kind}\n" for name, kind in frame.schema.items())
    return f"{head}\n{frame.write_ndjson()}".encode()


def _database(content: bytes) -> bytes:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(content)
        marks = [f"PRAGMA {name}" for name in ("application_id", "user_version")]
        values = [connection.execute(mark).fetchone()[0] for mark in marks]
        lines = [f"{mark} = {value}" for mark, value in zip(marks, values, strict=True)]
        try:
            lines += connection.iterdump()
        except sqlite3.DatabaseError as error:
            lines += [f"({error})"]
    return ("\n".join(lines) + "\n").encode()
