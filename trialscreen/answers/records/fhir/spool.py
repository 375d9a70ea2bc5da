"""What matters of an export, kept on the disk until all of it is read, and given by patient."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from io import BytesIO
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from tempfile import gettempdir
from types import TracebackType
from typing import IO, NamedTuple

from trialscreen.answers.records.fhir.outdone import DatedRow, left
from trialscreen.model.errors import refuse

_TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA temp_store = FILE;
PRAGMA cache_size = -8000;
CREATE TABLE kept (owner TEXT, kind TEXT, source TEXT, place TEXT, medicine TEXT,
  moment_group INTEGER, moment TEXT, start INTEGER, length INTEGER);
CREATE TABLE loose (owner TEXT, place INTEGER, name TEXT, PRIMARY KEY (owner, place)) WITHOUT ROWID;
CREATE TABLE settled (owner TEXT PRIMARY KEY, patient TEXT) WITHOUT ROWID;
CREATE TABLE known (name TEXT, patient TEXT, PRIMARY KEY (name, patient)) WITHOUT ROWID;
CREATE TABLE deleted (source TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE medicine (key TEXT PRIMARY KEY, place TEXT, data BLOB) WITHOUT ROWID;
"""
_BY_PATIENT = """
SELECT coalesce(patient, owner) AS whose, kept.rowid, source, moment_group, moment
FROM kept LEFT JOIN settled USING (owner)
WHERE source NOT IN (SELECT source FROM deleted) ORDER BY whose, kept.rowid
"""
_KNOWN_AS = "SELECT patient FROM known WHERE name = ? LIMIT 2"
_KEPT = "SELECT * FROM kept WHERE rowid = ?"
_AT_ONCE = 2_000

ANYBODY = "*"
"""A name that is known to be one patient's where there is one patient only."""


class Kept(NamedTuple):
    """A resource as it was written. `medicine`: the key of a Medication it refers to.

    `group` and `moment` are those of `outdone.Dated`.

    `owner` is the patient's id, or a key that `Spool.loose` has made.
    """

    owner: str
    kind: str
    source: str
    place: str
    medicine: str
    group: int
    moment: str
    data: bytes


class Spool:
    """Resources by patient; in memory, or in a folder. To be closed."""

    def __init__(self, folder: Path | None = None) -> None:
        self._path = None if folder is None else folder / "resources"
        self._data: IO[bytes] = BytesIO() if self._path is None else self._path.open("wb", 1 << 20)
        self._end = 0
        name = ":memory:" if folder is None else str(folder / "resources.sqlite")
        self._base = sqlite3.connect(name, isolation_level=None)
        self._base.executescript(_TABLES)
        self._base.execute("BEGIN")
        self._waiting: list[tuple[str | int, ...]] = []

    def __enter__(self) -> "Spool":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._base.close()
        try:
            self._data.close()
        except OSError as full:
            error = full
        if isinstance(error, sqlite3.Error | OSError):
            refuse(gettempdir(), f"what waits until all is read cannot be kept: {error}")

    def keep(self, kept: Kept) -> None:
        """A resource."""
        self._waiting.append((*kept[:-1], self._end, len(kept.data)))
        self._data.write(kept.data)
        self._end += len(kept.data)
        if len(self._waiting) >= _AT_ONCE:
            self._write()

    def loose(self, names: Sequence[str], patient: str) -> str:
        """A key for the owner of resources who is known once all is read.

        It is the patient whom the first of `names` is known to be of, or else `patient`.
        """
        owner = "\0".join(("", *names, patient))
        rows = [(owner, place, name) for place, name in enumerate(names)]
        self._base.executemany("INSERT OR IGNORE INTO loose VALUES (?, ?, ?)", rows)
        self._base.execute("INSERT OR IGNORE INTO settled VALUES (?, ?)", (owner, patient))
        return owner

    def delete(self, source: str) -> None:
        """That a resource, in whichever file it stands, is no more."""
        self._base.execute("INSERT OR IGNORE INTO deleted VALUES (?)", (source,))

    def know(self, names: Iterable[str], patient: str) -> None:
        """That a patient is known by these names; and by ANYBODY, as every patient is."""
        rows = ((name, patient) for name in (*names, ANYBODY))
        self._base.executemany("INSERT OR IGNORE INTO known VALUES (?, ?)", rows)

    def keep_medicine(self, key: str, place: str, data: bytes) -> None:
        """A Medication; the last of one key stands."""
        self._base.execute("INSERT OR REPLACE INTO medicine VALUES (?, ?, ?)", (key, place, data))

    def medicine(self, key: str) -> bytes | None:
        """A Medication as it was written."""
        row = self._base.execute("SELECT data FROM medicine WHERE key = ?", (key,)).fetchone()
        return None if row is None else row[0]

    def patients(self, on: date | None = None) -> Iterator[tuple[str, list[Kept]]]:
        """Each patient's resources in the order in which they came; patients by their id.

        If a day is given, without those that decide nothing on it.
        """
        self._write()
        self._settle()
        if self._path is not None:
            self._data.close()
            self._data = self._path.open("rb", 0)
        for patient, group in groupby(self._base.execute(_BY_PATIENT), itemgetter(0)):
            rows = [DatedRow._make(row[1:]) for row in group]
            numbers = left(rows, on) if on is not None else [row.number for row in rows]
            yield patient, [self._kept(number) for number in numbers]

    def _kept(self, number: int) -> Kept:
        *kept, start, length = self._base.execute(_KEPT, (number,)).fetchone()
        self._data.seek(start)
        return Kept._make((*kept, self._data.read(length)))

    def _write(self) -> None:
        self._base.executemany("INSERT INTO kept VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", self._waiting)
        self._waiting.clear()

    def _settle(self) -> None:
        names = self._base.execute("SELECT owner, name FROM loose ORDER BY owner, place")
        for owner, group in groupby(names, itemgetter(0)):
            for _, name in group:
                found = self._base.execute(_KNOWN_AS, (name,)).fetchall()
                if len(found) == 1:
                    self._base.execute("REPLACE INTO settled VALUES (?, ?)", (owner, *found[0]))
                    break
