"""Opens, reads and appends to the log's SQLite file, with an atomic transaction per entry.

The rollback journal is used instead of the write-ahead log, so that the log remains a single file,
even on a network drive. An entry is acknowledged only once it is on disk.
"""

import json
import os
import sqlite3
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from trialscreen.log.entry import KINDS, CohortState, Correction, Decision, Kept, ScreeningEntry
from trialscreen.log.seal import NO_SEAL, Row, entry_of, sealed, text_of, texts
from trialscreen.model.errors import refuse
from trialscreen.text.characters import folded, printable, shown

PATIENCE = 30.0
"""Seconds to wait for another process that is writing."""

AT_ONCE = 100
"""Entries read under one lock."""

ONE_WRITER = "BEGIN IMMEDIATE"
"""Begins a transaction that `with connection` commits, or rolls back on an error."""

MOST = 2**63 - 1
"""The highest entry number that SQLite can store."""

DAMAGED = "is damaged; 'log verify' says where"

K = TypeVar("K", ScreeningEntry, Decision, CohortState)


class Log:
    """An open log of one trial. Errors of the file are raised as InputError."""

    def __init__(self, path: Path, connection: sqlite3.Connection, nct_id: str, id_: str) -> None:
        self.path, self.nct_id, self._connection = path, nct_id, connection
        self.id = id_
        """A random id, unique to this log."""

    def entries(self, *, details: bool = True) -> Iterator[ScreeningEntry]:
        """All screenings in order; without details, they have no answers or findings."""
        return (one for one in self.every(details=details) if isinstance(one, ScreeningEntry))

    def every(self, *, details: bool = True) -> Iterator[Kept]:
        """All entries in order: screenings and decisions.

        They are read in batches, so that others can append to the log in the meantime; what they
        append is included.
        """
        columns = ENTRY_COLUMNS if details else ENTRY_COLUMNS.replace("detail", "''")
        query = f"SELECT {columns} FROM entry WHERE number > ? ORDER BY number LIMIT {AT_ONCE}"  # noqa: S608
        last = 0
        with file_errors(self.path):
            while some := list(map(self._read, self._connection.execute(query, (last,)))):
                if some[-1].number <= last:  # no sound file of SQLite has it
                    refuse(printable(str(self.path)), DAMAGED)
                yield from some
                last = some[-1].number

    def entry(self, number: int) -> Kept | None:
        """The entry of that number; None if there is none."""
        if number > MOST:
            return None
        query = f"SELECT {ENTRY_COLUMNS} FROM entry WHERE number = ? AND number > 0"  # noqa: S608
        with file_errors(self.path):
            row = self._connection.execute(query, (number,)).fetchone()
        return None if row is None else self._read(row)

    def _read(self, columns: Iterable[Any]) -> Kept:
        row = Row(*columns)
        try:
            return entry_of(row)
        except ValueError:  # the contents are not shown: they may be anything
            where = f"{printable(str(self.path))} entry {row.number}"
            refuse(where, DAMAGED)

    def append(
        self, entry: K, by: str, tool: str, check: Callable[["Log", K], K] | None = None
    ) -> K:
        """Appends an entry, dated now; it is on disk when this returns.

        `check` is called with the log locked against other writers, and returns the entry to
        append. Raises InputError if `check` does, if the entry is for another trial, or if it
        corrects an entry that it cannot.
        """
        entry = entry._replace(at=datetime.now(UTC).replace(microsecond=0), by=by, tool=tool)
        with file_errors(self.path), self._connection:
            self._connection.execute(ONE_WRITER)
            subject = None if isinstance(entry, CohortState) else entry.subject
            self.check(entry.criteria.nct_id, subject, entry.corrects, type(entry))
            entry = entry if check is None else check(self, entry)
            head, detail = texts(entry)
            number, seal = self._connection.execute("SELECT number, seal FROM latest").fetchone()
            corrects = None if entry.corrects is None else entry.corrects.of
            row = sealed(number + 1, seal, corrects, head, detail)
            _insert(self._connection, row)
        return entry._replace(number=row.number, seal=row.seal)

    def check_trial(self, nct_id: str) -> None:
        """Raises InputError if the log is another trial's."""
        if nct_id != self.nct_id:
            refuse(printable(str(self.path)), f"is the log of {self.nct_id}, not of {nct_id}")

    def check(
        self,
        nct_id: str,
        subject: str | None,
        corrects: Correction | None,
        kind: type[Kept] = ScreeningEntry,
    ) -> None:
        """Raises InputError if an entry cannot be appended: for another trial, or a wrong one."""
        self.check_trial(nct_id)
        if corrects is not None and (message := self._not_correctable(corrects.of, subject, kind)):
            refuse("--corrects", message)

    def check_spelling(self, subject: str) -> None:
        """Raises InputError for a new code that differs from an existing one in spelling only.

        Case, spaces and the width of characters do not distinguish subjects.
        """
        with file_errors(self.path):
            known = {one for (one,) in self._connection.execute(SUBJECTS)}
        if subject in known:
            return
        same = _read_aloud(subject)
        if (other := next((one for one in known if _read_aloud(one) == same), None)) is not None:
            message = f"{shown(subject)}: the log has this subject as {shown(other)}; write that"
            refuse("--subject", message)

    def _not_correctable(self, number: int, subject: str | None, kind: type[Kept]) -> str:
        """Why an entry cannot be corrected by one of this kind for `subject`; empty if it can."""
        old = self.entry(number)
        if old is None:
            return f"there is no entry {number}"
        if not isinstance(old, kind):
            return f"entry {number} is a {KINDS[type(old)]}, not a {KINDS[kind]}"
        if not isinstance(old, CohortState) and old.subject != subject:
            return f"entry {number} is for {old.subject}, not for {subject}"
        query = "SELECT number FROM entry WHERE corrects = ?"
        later = self._connection.execute(query, (number,)).fetchone()
        return f"entry {number} was corrected by entry {later[0]}; correct that" if later else ""


def _read_aloud(code: object) -> str:
    return folded(str(code)).replace(" ", "")


@contextmanager
def open_log(path: Path) -> Iterator[Log]:
    """Opens an existing log. Raises InputError if it does not exist or is not a log."""
    with connected(path) as connection:
        yield _known(path, connection)


@contextmanager
def open_or_begin(path: Path, nct_id: str, tool: str, *, begin: bool = True) -> Iterator[Log]:
    """Opens a log to append to; creates one, readable by its owner only, if `begin` allows."""
    with file_errors(path):
        if begin:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    with connected(path) as connection:
        with file_errors(path), connection:
            connection.execute("PRAGMA synchronous = EXTRA")  # on the disk, also after a power cut
            connection.execute(ONE_WRITER)
            if begin and not connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
                _begin(connection, nct_id, tool)
        yield _known(path, connection)


@contextmanager
def connected(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection to an existing file, closed at the end. Raises InputError."""
    with file_errors(path):
        if not path.is_file():
            message = "is not a file" if path.exists() else "there is no such file"
            refuse(printable(str(path)), message)
        # Absolute: names such as `:memory:` and `file:x.log` mean something else to SQLite.
        connection = sqlite3.connect(path.absolute(), timeout=PATIENCE, isolation_level=None)
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.text_factory = bytes.decode  # its error does not repeat the text
    with closing(connection):
        yield connection


def _begin(connection: sqlite3.Connection, nct_id: str, tool: str) -> None:
    for table in TABLES.values():
        connection.execute(table)
    connection.execute(FILL, (NO_SEAL,))
    for guard in GUARDS.values():
        connection.execute(guard)
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute(f"PRAGMA user_version = {FORMAT}")
    # With a random number, so that no two logs share a seal.
    head = text_of({"log": uuid.uuid4().hex, "nct_id": nct_id, "tool": tool})
    _insert(connection, sealed(0, NO_SEAL, None, head, ""))


def _insert(connection: sqlite3.Connection, row: Row) -> None:
    connection.execute(f"INSERT INTO entry ({ENTRY_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)", row)  # noqa: S608


def _known(path: Path, connection: sqlite3.Connection) -> Log:
    with file_errors(path):
        kind = connection.execute("PRAGMA application_id").fetchone()[0]
        form = connection.execute("PRAGMA user_version").fetchone()[0]
        problem = "is not a screening log" if kind != APPLICATION else ""
        if not problem and form != FORMAT:
            problem = f"is a log of format {form}; this version reads format {FORMAT}"
        if problem:
            refuse(printable(str(path)), problem)
        if unlike_tables(connection):
            refuse(printable(str(path)), DAMAGED)
        head = connection.execute("SELECT head FROM entry WHERE number = 0").fetchone()
    try:
        opening = json.loads(head[0])
        nct_id, id_ = str(opening["nct_id"]), str(opening["log"])
    except (KeyError, RecursionError, TypeError, ValueError):
        refuse(printable(str(path)), DAMAGED)
    return Log(path, connection, nct_id, id_)


def unlike_tables(connection: sqlite3.Connection) -> bool:
    """Whether something else, such as a view, replaces a table of the log: reading it may hang."""
    query = (
        "SELECT count(*) FROM sqlite_schema"
        " WHERE lower(name) IN ('entry', 'latest') AND sql NOT LIKE 'CREATE TABLE%'"
    )
    return bool(connection.execute(query).fetchone()[0])


@contextmanager
def file_errors(path: Path) -> Iterator[None]:
    """Converts errors of SQLite or the operating system to InputError."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the kind, without the detail
        message = _MEANINGS.get(code, f"cannot be used: {error}")
    except (UnicodeDecodeError, OverflowError):  # no text, or no number that can be an entry's
        message = DAMAGED
    except OSError as error:
        message = f"cannot be written: {error.strerror}"
    else:
        return
    refuse(printable(str(path)), message)


_MEANINGS = {
    sqlite3.SQLITE_BUSY: "is in use by another process; nothing was added",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened, or its folder cannot be written",
    sqlite3.SQLITE_CONSTRAINT: "refuses this entry: a guard of the log forbids it",
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_FULL: "cannot be written: the disk is full; nothing was added",
    sqlite3.SQLITE_IOERR: "cannot be read or written by the system; nothing was added",
    sqlite3.SQLITE_NOTADB: "is not a screening log",
    sqlite3.SQLITE_READONLY: "cannot be written: it, or its folder, is read-only",
}

APPLICATION = 0x7473_6C67
"""SQLite's application_id of a screening log ("tslg")."""

FORMAT = 1
"""SQLite's user_version: the version of the schema."""

SUBJECTS = """SELECT DISTINCT CASE WHEN json_valid(head) THEN json_extract(head, '$.subject') END
FROM entry WHERE number > 0"""
ENTRY_COLUMNS = "number, previous, corrects, head, detail, seal"

TABLES = {
    "entry": """CREATE TABLE entry (
  number INTEGER PRIMARY KEY,
  previous TEXT NOT NULL,
  corrects INTEGER UNIQUE REFERENCES entry (number),
  head TEXT NOT NULL,
  detail TEXT NOT NULL,
  seal TEXT NOT NULL
) STRICT""",
    "latest": """CREATE TABLE latest (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  number INTEGER NOT NULL,
  seal TEXT NOT NULL
) STRICT""",
}
GUARDS = {
    "entry_follows": """CREATE TRIGGER entry_follows BEFORE INSERT ON entry
WHEN NEW.number IS NOT (SELECT number + 1 FROM latest)
  OR NEW.previous IS NOT (SELECT seal FROM latest)
BEGIN SELECT RAISE(ABORT, 'an entry can only be added after the last'); END""",
    "entry_is_latest": """CREATE TRIGGER entry_is_latest AFTER INSERT ON entry
BEGIN UPDATE latest SET number = NEW.number, seal = NEW.seal; END""",
    "entry_stays": """CREATE TRIGGER entry_stays BEFORE UPDATE ON entry
BEGIN SELECT RAISE(ABORT, 'an entry cannot be changed; add one that corrects it'); END""",
    "entry_remains": """CREATE TRIGGER entry_remains BEFORE DELETE ON entry
BEGIN SELECT RAISE(ABORT, 'an entry cannot be removed; add one that corrects it'); END""",
    "latest_follows": """CREATE TRIGGER latest_follows BEFORE UPDATE ON latest
WHEN NEW.number IS NOT OLD.number + 1
  OR NEW.seal IS NOT (SELECT seal FROM entry WHERE number = NEW.number)
BEGIN SELECT RAISE(ABORT, 'only an added entry moves this on'); END""",
    "latest_remains": """CREATE TRIGGER latest_remains BEFORE DELETE ON latest
BEGIN SELECT RAISE(ABORT, 'this row stays'); END""",
    "latest_is_one": """CREATE TRIGGER latest_is_one BEFORE INSERT ON latest
BEGIN SELECT RAISE(ABORT, 'there is one row'); END""",
}
"""The SQL of each table and trigger by name, exactly as SQLite stores it."""

FILL = "INSERT INTO latest VALUES (1, -1, ?)"
"""Run with NO_SEAL before the first row is inserted and the triggers are created."""
