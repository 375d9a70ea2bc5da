"""What matters of an export, kept on the disk until all of it is read, and given by patient.

Results that a later one of the same code outdoes are left: they can decide nothing, and are many.
Of results the latest that has a value counts, and of older ones the latest is shown beside one
that cannot be used. So of plain results with one code, whose moments can be compared as texts,
those of the last moment up to the screening date say all, or else those of the one before.
"""

import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from functools import lru_cache
from io import BytesIO
from itertools import count, groupby
from operator import attrgetter, itemgetter
from pathlib import Path
from tempfile import gettempdir
from typing import IO, NamedTuple

import msgspec
from msgspec import Raw, Struct

from trialscreen.answers.records.fhir import resources as fhir
from trialscreen.answers.records.fhir.resources import NOTHING
from trialscreen.model.errors import refuse

_TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA temp_store = FILE;
PRAGMA cache_size = -8000;
CREATE TABLE kept (owner TEXT, some BLOB);
CREATE TABLE loose (owner TEXT, place INTEGER, name TEXT, PRIMARY KEY (owner, place)) WITHOUT ROWID;
CREATE TABLE settled (owner TEXT PRIMARY KEY, patient TEXT) WITHOUT ROWID;
CREATE TABLE known (name TEXT, patient TEXT, PRIMARY KEY (name, patient)) WITHOUT ROWID;
CREATE TABLE medicine (key TEXT PRIMARY KEY, place TEXT, data BLOB) WITHOUT ROWID;
"""
_BY_PATIENT = """
SELECT coalesce(patient, owner) AS whose, some
FROM kept LEFT JOIN settled USING (owner) ORDER BY whose
"""
_KNOWN_AS = "SELECT patient FROM known WHERE name = ? LIMIT 2"
_AT_ONCE = 4_000

ANYBODY = "*"
"""A name that is known to be one patient's where there is one patient only."""


class Kept(Struct, array_like=True, gc=False):
    """A resource that was kept. `medicine`: the key of a Medication it refers to.

    `group` and `moment` are those of `Dated`. A spool sets the others: which of all it is,
    and where its text is.
    """

    kind: str
    source: str
    place: str
    medicine: str = ""
    group: int = 0
    moment: str = ""
    number: int = 0
    start: int = 0
    length: int = 0


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Kept]).decode


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
        self._waiting: defaultdict[str, list[Kept]] = defaultdict(list)
        self._deleted: set[str] = set()
        self._doubts: dict[str, str] = {}
        self._count = 0

    def __enter__(self) -> "Spool":
        return self

    def __exit__(self, _: object, error: BaseException | None, trace: object) -> None:
        self._base.close()
        try:
            self._data.close()
        except OSError as full:
            error = full
        if isinstance(error, sqlite3.Error | OSError):
            refuse(gettempdir(), f"what waits until all is read cannot be kept: {error}")

    def keep(self, owner: str, kept: Kept, data: bytes) -> None:
        """A resource and its text; `owner`: the patient's id, or a key, as `owner` has made it."""
        kept.number, kept.start, kept.length = self._count, self._end, len(data)
        self._count += 1
        self._end += kept.length
        self._data.write(data)
        self._waiting[owner].append(kept)
        if not self._count % _AT_ONCE:
            self._write()

    def owner(self, patient: str, names: Sequence[str]) -> str:
        """The patient; with `names`, a key for who is known once all is read.

        That is whom the first of `names` is known to be of, or else `patient`.
        """
        if not names:
            return patient
        key = "\0".join(("", *names, patient))
        rows = [(key, place, name) for place, name in enumerate(names)]
        self._base.executemany("INSERT OR IGNORE INTO loose VALUES (?, ?, ?)", rows)
        self._base.execute("INSERT OR IGNORE INTO settled VALUES (?, ?)", (key, patient))
        return key

    def delete(self, source: str) -> None:
        """That a resource, in whichever file it stands, is no more."""
        self._deleted.add(source)

    def doubt(self, source: str, why: str) -> None:
        """That a resource, in whichever file it stands, is not certain."""
        self._doubts[source] = why

    def doubted(self, source: str) -> str:
        """Why a resource is not certain; empty if nothing says so."""
        return self._doubts.get(source, "")

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

    def patients(self) -> Iterator[tuple[str, list[Kept]]]:
        """Each patient's resources in the order in which they came; patients by their id."""
        self._write()
        self._settle()
        if self._path is not None:
            self._data.close()
            self._data = self._path.open("rb", 0)
        for patient, group in groupby(self._base.execute(_BY_PATIENT), itemgetter(0)):
            found = [one for _, some in group for one in _decode(some)]
            if self._deleted:
                found = [one for one in found if one.source not in self._deleted]
            found.sort(key=attrgetter("number"))
            if found:
                yield patient, found

    def text(self, kept: Kept) -> bytes:
        """A resource as it was written."""
        self._data.seek(kept.start)
        return self._data.read(kept.length)

    def _write(self) -> None:
        rows = ((owner, _encode(some)) for owner, some in self._waiting.items())
        self._base.executemany("INSERT INTO kept VALUES (?, ?)", rows)
        self._waiting.clear()

    def _settle(self) -> None:
        names = self._base.execute("SELECT owner, name FROM loose ORDER BY owner, place")
        for owner, group in groupby(names, itemgetter(0)):
            for _, name in group:
                found = self._base.execute(_KNOWN_AS, (name,)).fetchall()
                if len(found) == 1:
                    self._base.execute("REPLACE INTO settled VALUES (?, ?)", (owner, *found[0]))
                    break


_MOMENT = re.compile(
    rb'"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9:]{8}(?:\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2}))?"'
)
_COUNT = frozenset((b'"final"', b'"amended"', b'"corrected"'))
_MOST_KNOWN = 100_000


Dated = tuple[int, str]
"""The group of those that a result can be compared with, by a number, and its moment.

Group 0 is nobody's: what is in it outdoes nothing, and is not outdone.
"""

UNDATED: Dated = (0, "")


class Left(NamedTuple):
    """Of a patient's resources those that may decide something, and those that stand behind them.

    `older` are to be looked at where some of `now` cannot be used.
    """

    now: list[Kept]
    older: list[Kept]


def left(kept: list[Kept], on: date) -> Left:
    """What is left of one patient's resources on that day, each in the order in which they came."""
    if len({one.source for one in kept}) < len(kept):
        return Left(kept, [])  # of one that comes twice, another version may count
    groups: dict[int, list[Kept]] = {}
    for one in kept:
        groups.setdefault(one.group, []).append(one)
    found, day = Left(groups.pop(0, []), []), on.isoformat()
    for of in groups.values():
        now, older = _last(of, day) if len(of) > 1 else (of, ())
        found.now.extend(now)
        found.older.extend(older)
    for some in found:
        some.sort(key=attrgetter("number"))
    return found


def _last(some: Sequence[Kept], on: str) -> tuple[Sequence[Kept], Sequence[Kept]]:
    """Those of the last moment up to the day `on`, and those of the moment before."""
    moments = {one.moment for one in some}
    try:
        for moment in moments:
            datetime.fromisoformat(moment)
    except ValueError:  # as 2026-02-30, which is no day, and may be any: then none is the last
        return some, ()
    last, before, *_ = *sorted((one for one in moments if one[:10] <= on), reverse=True), "", ""
    now = [one for one in some if one.moment == last]
    return now, [one for one in some if one.moment == before]


class _Number(fhir.Part):
    value: float | None = None


_number = msgspec.json.Decoder(_Number).decode
_parts = msgspec.json.Decoder(list[fhir.PartOfPanel]).decode
_all = msgspec.json.Decoder(dict[str, Raw]).decode


@lru_cache(_MOST_KNOWN)
def _moment_of(text: bytes) -> tuple[str, bytes] | None:
    """A moment in JSON, and how it is written: those that are written alike compare as texts."""
    read = _MOMENT.fullmatch(text)
    return None if read is None else (text[1:-1].decode(), b"%d%b" % (len(text), read[1] or b""))


class Comparing:
    """Tells which results can be compared."""

    def __init__(self) -> None:
        self._groups: defaultdict[tuple[bytes, bytes], int] = defaultdict(count(1).__next__)

    def dated(self, head: fhir.Head, data: bytes) -> Dated:
        """Group and moment of a result that counts, has a number, and is of the whole body."""
        if head.resource_type != "Observation":
            return UNDATED
        if head.body_site is not NOTHING or head.modifier_extension is not NOTHING:
            return UNDATED
        moment = _moment_of(bytes(head.effective_date_time))
        if moment is None or bytes(head.status) not in _COUNT:
            return UNDATED
        if data.count(b'"effectiveDateTime"') > 1:  # the other may be the day that is meant
            return UNDATED
        code = bytes(head.code)
        if head.component is not NOTHING:
            codes = _codes_of_panel(bytes(head.component), data)
            if codes is None:
                return UNDATED
            code += codes
        elif not _has_number(head):
            return UNDATED
        if len(self._groups) > _MOST_KNOWN:
            self._groups.clear()
        return self._groups[code, moment[1]], moment[0]


def _has_number(part: fhir.Head | fhir.PartOfPanel) -> bool:
    """Whether a result, or a part of one, has a number."""
    if part.data_absent_reason is not NOTHING or part.value_quantity is NOTHING:
        return False
    read = fhir.readable(_number, part.value_quantity)
    return read is not None and read.value is not None


def _codes_of_panel(component: bytes, data: bytes) -> bytes | None:
    """The codes in a panel, as of blood pressure; None if a part has no number."""
    parts = fhir.readable(_parts, component) or ()
    is_more = data.count(b'"value') > component.count(b'"value')
    own = fhir.readable(_all, data) if is_more else {}
    if own is None or any(key.startswith("value") for key in own):
        return None
    are_numbers = all(_has_number(part) for part in parts)
    return b"".join(bytes(part.code) for part in parts) or None if are_numbers else None
