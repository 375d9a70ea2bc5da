"""Verifies that a log is as it was written: every entry present, in order, with its seal.

The file alone cannot show that it was rewritten as a whole or replaced by an older copy. A seal
noted elsewhere, as on a signed report, can.
"""

import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from trialscreen.log import store
from trialscreen.log.seal import NO_SEAL, seal_of
from trialscreen.model.errors import ValueProblem, refuse
from trialscreen.text.characters import printable, shown


class Fault(NamedTuple):
    """What is wrong, and with which entry; None for the file as a whole."""

    entry: int | None
    message: str

    def __str__(self) -> str:
        return self.message if self.entry is None else f"entry {self.entry}: {self.message}"


class Noted(NamedTuple):
    """A seal that was noted elsewhere: the entry's number, and the seal or its beginning."""

    number: int
    seal: str


NOTED_DIGITS = 16
"""Digits of a seal that people note: enough that no other entry with the same can be found."""


def noted_as(number: int, seal: str) -> str:
    """The number and (shortened) seal of an entry, to be noted elsewhere."""
    return f"{number}:{seal[:NOTED_DIGITS]}"


def read_noted(text: str) -> Noted:
    """Parses the result of `noted_as`, perhaps with more of the seal. Raises ValueProblem."""
    found = _NOTED.fullmatch(text)
    if found is None:
        message = f"{shown(text)}; expected an entry's number and seal, such as 12:3f2a9c0d1e2f3a4b"
        raise ValueProblem(message)
    return Noted(int(found[1]), found[2])


_NOTED = re.compile(f"([0-9]{{1,19}}):([0-9a-f]{{{NOTED_DIGITS},64}})")


class Checked(NamedTuple):
    """The result of a check: the number of `entries` read, and the `seal` of the last."""

    entries: int
    seal: str
    faults: tuple[Fault, ...]

    @property
    def noted(self) -> str:
        """The last entry's number and seal, to be noted elsewhere."""
        return noted_as(self.entries, self.seal)


def verify(path: Path, noted: Sequence[Noted] = ()) -> Checked:
    """Checks the whole chain of seals. Raises InputError for a file that is not a log."""
    with store.connected(path) as connection:
        # Only in this mode does SQLite read a truncated file as far as it goes.
        connection.execute("PRAGMA query_only = ON")
        connection.execute("PRAGMA writable_schema = ON")
        connection.text_factory = partial(str, encoding="utf-8", errors="replace")
        with store.file_errors(path):
            tables = connection.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'entry'")
            if not tables.fetchone()[0]:
                refuse(printable(str(path)), "is not a screening log")
            faults = list(_schema_faults(connection))
            if store.unlike_tables(connection):
                return Checked(0, NO_SEAL, tuple(faults))
        chain = _Chain(noted)
        try:
            faults += chain.follow(connection.execute(_ROWS))
            known = connection.execute("SELECT number, seal FROM latest").fetchall()
            faults += chain.end(known[0] if len(known) == 1 else None)
        except (sqlite3.Error, TypeError) as error:  # TypeError: a value of another type
            message = f"cannot be read, and none after it: the file is damaged here ({error})"
            faults.append(Fault(chain.number + 1, message))
    return Checked(max(chain.number, 0), chain.seal, tuple(faults))


class _Chain:
    """Follows the rows from seal to seal."""

    def __init__(self, noted: Sequence[Noted]) -> None:
        self.number, self.seal = -1, NO_SEAL
        self._noted: dict[int, list[str]] = {}
        for one in sorted(set(noted)):
            self._noted.setdefault(one.number, []).append(one.seal)

    def follow(self, rows: Iterable[tuple[Any, ...]]) -> Iterator[Fault]:
        """Faults in the rows of the file, whose values may be of any type."""
        for number, previous, corrects, head, detail, seal in rows:
            if number <= self.number:
                yield Fault(number, "stands twice")
            yield from self._missing_before(number)
            true = seal_of(number, previous, corrects, head, detail)
            if seal != true:
                yield Fault(number, "was changed: its content does not give its seal")
            elif previous != self.seal:
                before = f"entry {self.number}" if self.number >= 0 else "the beginning"
                message = f"does not follow {before}: one of the two was replaced or put in"
                yield Fault(number, message)
            if corrects is not None and not 0 < corrects < number:
                yield Fault(number, f"corrects entry {corrects}, which is not before it")
            for one in self._noted.pop(number, ()):
                if not true.startswith(one):
                    yield Fault(number, f"has another seal than the one noted, {one}")
            self.number, self.seal = number, seal

    def end(self, latest: tuple[object, object] | None) -> Iterator[Fault]:
        """What is missing after the last row."""
        if self.number < 0:
            yield Fault(None, "there is no entry in it, and no beginning")
        if latest is None:
            yield Fault(None, "the number of the last entry was removed")
        elif isinstance(latest[0], int) and latest[0] > self.number:
            yield from self._missing_before(latest[0] + 1)
        elif latest != (self.number, self.seal):
            yield Fault(self.number, "was not added by the log: it is not the last that it knows")
        for number, seals in self._noted.items():
            for seal in seals:
                yield Fault(number, f"is missing, although its seal was noted, {seal}")

    def _missing_before(self, number: int) -> Iterator[Fault]:
        for missing in range(self.number + 1, min(number, self.number + 1 + MOST_MISSING)):
            yield Fault(missing, "is missing")
        if number - self.number - 1 > MOST_MISSING:
            yield Fault(number - 1, f"is missing, and all from entry {self.number + 1} on")


MOST_MISSING = 100
"""How many consecutive missing entries are reported one by one."""

_ROWS = (
    "SELECT number, previous, corrects, CAST(head AS BLOB), CAST(detail AS BLOB), seal"
    " FROM entry NOT INDEXED ORDER BY number"
)
"""In the order of the table's own B-tree, relying on no index; as bytes, without decoding."""


def _schema_faults(connection: sqlite3.Connection) -> Iterator[Fault]:
    """Reports tables and triggers that differ from those the log was created with."""
    found = dict(connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL"))
    expected = store.TABLES | store.GUARDS
    for name, sql in expected.items():
        if name not in found:
            yield Fault(None, f"its guard or table {name!r} was removed")
        elif found[name] != sql:
            yield Fault(None, f"its guard or table {name!r} was changed")
    for name in sorted(found.keys() - expected.keys()):
        yield Fault(None, f"{name!r} was put in; it is not part of a log")
    for name, mark in _MARKS.items():
        if connection.execute(f"PRAGMA {name}").fetchone()[0] != mark:
            yield Fault(None, f"its {name} was changed")


_MARKS = {"application_id": store.APPLICATION, "user_version": store.FORMAT}
