"""Ways to tamper with a log: each is done to a file with the means of SQLite, guards off.

A way returns the numbers of the entries it touched (0 is the row that opens the log, None
the file as a whole); a check must name at least one of them. Ways that leave the log
consistent in itself need a seal that was noted before, and are listed in NEEDS_A_SEAL.
"""

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random
from typing import NamedTuple

from tests.deciding import CRITERIA, add, state
from tests.logs import ON, TRIAL, begun, nth
from trialscreen.log.entry import Decision
from trialscreen.log.seal import Row, sealed
from trialscreen.log.store import ENTRY_COLUMNS, GUARDS

ENTRIES = 12
STATES, DECISIONS = (3, 11), (8, 10)
DECIDED = {*STATES, *DECISIONS}
"""The entries that are no screenings."""

Touched = set[int | None]


def varied(path: Path, entries: int = ENTRIES) -> Path:
    """As `filled`, with decisions and states of a dose cohort among the screenings."""
    cohort = TRIAL.registration.dose_cohorts[0].name
    with begun(path) as log:
        for number in range(1, entries + 1):
            if number in STATES:
                add(log, state(cohort, ON, places=6))
            elif number in DECISIONS:
                subject = f"S-{number + 100}"
                add(log, Decision(subject, ON, CRITERIA, "declined", reason="none"))
            else:
                add(log, nth(number, entries))
    return path


class Case(NamedTuple):
    """A log's file without its guards, and the chance of a case."""

    db: sqlite3.Connection
    rng: Random
    path: Path

    def row(self, number: int) -> Row:
        query = f"SELECT {ENTRY_COLUMNS} FROM entry WHERE number = ?"
        return Row(*self.db.execute(query, (number,)).fetchone())

    def put(self, row: Row) -> None:
        marks = ", ".join("?" * len(row))
        self.db.execute(f"INSERT OR REPLACE INTO entry ({ENTRY_COLUMNS}) VALUES ({marks})", row)

    def some(self, first: int = 1, last: int = ENTRIES) -> int:
        return self.rng.randint(first, last)

    def screening(self) -> int:
        return self.rng.choice([one for one in range(1, ENTRIES + 1) if one not in DECIDED])

    def latest_is(self, number: int) -> None:
        self.db.execute("UPDATE latest SET number = ?, seal = ?", (number, self.row(number).seal))

    def resealed_from(self, number: int) -> None:
        """Every seal from here on, made anew."""
        for one in range(number, self.last() + 1):
            old, before = self.row(one), self.row(one - 1).seal
            self.put(sealed(one, before, old.corrects, old.head, old.detail))
        self.latest_is(self.last())

    def last(self) -> int:
        return int(self.db.execute("SELECT max(number) FROM entry").fetchone()[0])


# One entry changed.


def _edited(text: str, rng: Random) -> str:
    place = rng.randrange(len(text))
    return text[:place] + ("x" if text[place] != "x" else "y") + text[place + 1 :]


def edit_head(case: Case) -> Touched:
    row = case.row(number := case.some())
    case.put(row._replace(head=_edited(row.head, case.rng)))
    return {number}


def edit_detail(case: Case) -> Touched:
    row = case.row(number := case.some())
    case.put(row._replace(detail=_edited(row.detail, case.rng)))
    return {number}


def edit_verdict(case: Case) -> Touched:
    row = case.row(number := case.screening())
    case.put(row._replace(head=row.head.replace('"undetermined"', '"eligible"')))
    return {number}


def edit_decision(case: Case) -> Touched:
    row = case.row(number := case.rng.choice(DECISIONS))
    case.put(row._replace(head=row.head.replace('"declined"', '"enrolled"')))
    return {number}


def edit_despite(case: Case) -> Touched:
    """What spoke against a decision, taken out of it."""
    row = case.row(number := case.rng.choice(DECISIONS))
    case.put(row._replace(head=re.sub(r'"despite":\[.*?\]', '"despite":[]', row.head)))
    return {number}


def edit_places(case: Case) -> Touched:
    row = case.row(number := case.rng.choice(STATES))
    case.put(row._replace(head=row.head.replace('"places":6', '"places":9')))
    return {number}


def edit_opening(case: Case) -> Touched:
    row = case.row(0)
    case.put(row._replace(head=_edited(row.head, case.rng)))
    return {0}


def edit_seal(case: Case) -> Touched:
    row = case.row(number := case.some())
    case.put(row._replace(seal=_edited(row.seal, case.rng)))
    return {number}


def edit_previous(case: Case) -> Touched:
    row = case.row(number := case.some())
    case.put(row._replace(previous=_edited(row.previous, case.rng)))
    return {number}


def edit_corrects(case: Case) -> Touched:
    row = case.row(number := case.some(first=ENTRIES // 2 + 1))
    case.put(row._replace(corrects=case.some(last=ENTRIES // 2 - 2)))
    return {number}


def edit_and_seal(case: Case) -> Touched:
    """With the right seal for the new content, but not of the entries after it."""
    row = case.row(number := case.some(last=ENTRIES - 1))
    case.put(sealed(number, row.previous, row.corrects, row.head, _edited(row.detail, case.rng)))
    return {number, number + 1}


def edit_last_and_seal(case: Case) -> Touched:
    row = case.row(ENTRIES)
    case.put(sealed(ENTRIES, row.previous, None, row.head, _edited(row.detail, case.rng)))
    return {ENTRIES}


def empty_detail(case: Case) -> Touched:
    case.put(case.row(number := case.some())._replace(detail=""))
    return {number}


# Removed.


def delete_one(case: Case) -> Touched:
    case.db.execute("DELETE FROM entry WHERE number = ?", (number := case.some(),))
    return {number}


def delete_several(case: Case) -> Touched:
    first = case.some(last=ENTRIES - 3)
    case.db.execute("DELETE FROM entry WHERE number BETWEEN ? AND ?", (first, first + 2))
    return {first, first + 1, first + 2}


def delete_and_close_up(case: Case) -> Touched:
    """The later ones renumbered, so that no number is missing."""
    number = case.some(last=ENTRIES - 1)
    case.db.execute("DELETE FROM entry WHERE number = ?", (number,))
    for later in range(number + 1, ENTRIES + 1):
        case.db.execute("UPDATE entry SET number = ? WHERE number = ?", (later - 1, later))
    return {number}


def delete_end(case: Case) -> Touched:
    first = case.some()
    case.db.execute("DELETE FROM entry WHERE number >= ?", (first,))
    return set(range(first, ENTRIES + 1))


def delete_end_and_count(case: Case) -> Touched:
    touched = delete_end(case)
    case.latest_is(case.last())
    return touched


def delete_all(case: Case) -> Touched:
    case.db.execute("DELETE FROM entry")
    return {0, 1}


def delete_opening(case: Case) -> Touched:
    case.db.execute("DELETE FROM entry WHERE number = 0")
    return {0}


# Moved, repeated, put in.


def swap_contents(case: Case) -> Touched:
    one, other = case.rng.sample(range(1, ENTRIES + 1), 2)
    a, b = case.row(one), case.row(other)
    case.put(a._replace(head=b.head, detail=b.detail))
    case.put(b._replace(head=a.head, detail=a.detail))
    return {one, other}


def swap_numbers(case: Case) -> Touched:
    one, other = case.rng.sample(range(1, ENTRIES + 1), 2)
    for old, new in ((one, -99), (other, one), (-99, other)):
        case.db.execute("UPDATE entry SET number = ? WHERE number = ?", (new, old))
    return {one, other}


def swap_neighbours_sealed(case: Case) -> Touched:
    number = case.some(last=ENTRIES - 2)
    a, b = case.row(number), case.row(number + 1)
    first = sealed(number, a.previous, None, b.head, b.detail)
    case.put(first)
    case.put(sealed(number + 1, first.seal, None, a.head, a.detail))
    return {number, number + 1, number + 2}


def replay(case: Case) -> Touched:
    """An earlier entry once more at the end, just as it was."""
    case.put(case.row(case.some())._replace(number=ENTRIES + 1, corrects=None))
    return {ENTRIES + 1}


def replay_over(case: Case) -> Touched:
    one, other = case.rng.sample(range(1, ENTRIES + 1), 2)
    case.put(case.row(one)._replace(number=other, corrects=None))
    return {other}


def append_sealed_uncounted(case: Case) -> Touched:
    last = case.row(ENTRIES)
    case.put(sealed(ENTRIES + 1, last.seal, None, last.head, last.detail))
    return {ENTRIES + 1}


def put_in(case: Case) -> Touched:
    """An entry in the middle, the later ones renumbered."""
    number = case.some(last=ENTRIES - 1)
    for later in range(ENTRIES, number - 1, -1):
        case.db.execute("UPDATE entry SET number = ? WHERE number = ?", (later + 1, later))
    before, copy = case.row(number - 1), case.row(number + 1)
    case.put(sealed(number, before.seal, None, copy.head, copy.detail))
    return {number, number + 1}


def anothers_entry(case: Case) -> Touched:
    number, other = case.some(), varied(case.path.with_suffix(".other"), ENTRIES)
    with closing(sqlite3.connect(other)) as db:
        query = f"SELECT {ENTRY_COLUMNS} FROM entry WHERE number = ?"
        case.put(Row(*db.execute(query, (number,)).fetchone()))
    return {number, number + 1} if number < ENTRIES else {number}


def anothers_end(case: Case) -> Touched:
    number, other = case.some(), varied(case.path.with_suffix(".other"), ENTRIES)
    case.db.execute("DELETE FROM entry WHERE number >= ?", (number,))
    with closing(sqlite3.connect(other)) as db:
        query = f"SELECT {ENTRY_COLUMNS} FROM entry WHERE number >= ? ORDER BY number"
        for row in db.execute(query, (number,)).fetchall():
            case.put(Row(*row))
    case.latest_is(ENTRIES)
    return {number}


# Consistent in itself.


def edit_and_seal_all(case: Case) -> Touched:
    row = case.row(number := case.some())
    case.put(row._replace(detail=_edited(row.detail, case.rng)))
    case.resealed_from(number)
    return {number, ENTRIES}


def delete_and_seal_all(case: Case) -> Touched:
    number = case.some(first=ENTRIES // 2 + 1, last=ENTRIES - 1)
    delete = "DELETE FROM entry WHERE number = ?"
    case.db.execute(delete, (number,))
    for later in range(number + 1, ENTRIES + 1):
        case.db.execute("UPDATE entry SET number = ? WHERE number = ?", (later - 1, later))
    case.resealed_from(number)
    return {number, ENTRIES}


# The file as a whole.


def guard_removed(case: Case) -> Touched:
    case.db.execute(f"DROP TRIGGER {case.rng.choice(_GUARDS)}")
    return {None}


def guard_weakened(case: Case) -> Touched:
    name = case.rng.choice(_GUARDS)
    case.db.execute(f"DROP TRIGGER {name}")
    case.db.execute(f"CREATE TRIGGER {name} BEFORE DELETE ON entry WHEN 0 BEGIN SELECT 1; END")
    return {None}


def table_added(case: Case) -> Touched:
    case.db.execute("CREATE TABLE more (x)")
    return {None}


def mark_changed(case: Case) -> Touched:
    case.db.execute("PRAGMA application_id = 1")
    return {None}


def count_removed(case: Case) -> Touched:
    case.db.execute("DELETE FROM latest")
    return {None}


def bytes_changed(case: Case) -> Touched:
    """In the file itself, with SQLite not asked."""
    number = case.screening()
    detail = case.row(number).detail.encode()
    case.db.commit()
    data = bytearray(case.path.read_bytes())
    at = data.index(f'"weight":{{"text":"{_weight(number)}"'.encode())
    assert detail  # the text is in the file once for each entry
    data[at + 19] = ord("9")
    case.path.write_bytes(data)
    return {number, number - 1}


def file_cut(case: Case) -> Touched:
    """Cut somewhere behind the first page, which names the tables."""
    data = case.path.read_bytes()
    case.path.write_bytes(data[: case.rng.randint(8192, len(data) - 4096)])
    return set(range(ENTRIES + 2))


def _weight(number: int) -> str:
    subject = number - 1 if number == ENTRIES // 2 else number
    return str(40 + subject / 10)


_GUARDS = list(GUARDS)

WAYS: tuple[Callable[[Case], Touched], ...] = (
    *(edit_head, edit_detail, edit_verdict, edit_decision, edit_despite, edit_places),
    *(edit_opening, edit_seal, edit_previous),
    *(edit_corrects, edit_and_seal, edit_last_and_seal, empty_detail, delete_one),
    *(delete_several, delete_and_close_up, delete_end, delete_all, delete_opening),
    *(swap_contents, swap_numbers, swap_neighbours_sealed, replay, replay_over),
    *(append_sealed_uncounted, put_in, anothers_entry, anothers_end, bytes_changed, file_cut),
    *(delete_end_and_count, edit_and_seal_all, delete_and_seal_all),
    *(guard_removed, guard_weakened, table_added, mark_changed, count_removed),
)
NEEDS_A_SEAL = {delete_end_and_count, edit_and_seal_all, delete_and_seal_all}
KEEP_GUARDS = {guard_removed, guard_weakened}


def tampered(path: Path, way: Callable[[Case], Touched], seed: int) -> Touched:
    """Does it to the file at `path`; the guards stand again afterwards."""
    with closing(sqlite3.connect(path)) as db:
        if way not in KEEP_GUARDS:
            for name in GUARDS:
                db.execute(f"DROP TRIGGER {name}")
        touched = way(Case(db, Random(seed), path))
        if way not in KEEP_GUARDS and way is not file_cut:
            for guard in GUARDS.values():
                db.execute(guard)
        db.commit() if way is not file_cut else db.rollback()
    return touched
