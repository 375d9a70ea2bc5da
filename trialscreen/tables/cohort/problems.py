"""What could not be used in a cohort: counted, and listed in the order of the rows."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import NamedTuple, TextIO

import polars as pl

from trialscreen.tables.cohort.readers.cell_forms import ADVICE
from trialscreen.tables.cohort.readers.cells import NO_VALUE
from trialscreen.tables.cohort.readers.opened import place_of
from trialscreen.tables.cohort.unusual import Odd, OddOnes
from trialscreen.text.csvtext import write_rows

SCHEMA = pl.Schema(
    {
        "row": pl.UInt32(),
        "id": pl.String(),
        "element": pl.String(),
        "reason": pl.String(),
        "kind": pl.String(),
    }
)
"""A list of values that are UNUSABLE or UNUSUAL; `row` counts from 1."""

UNUSABLE, UNUSUAL = "unusable", "unusual"

NOTHING = pl.DataFrame(schema=SCHEMA)


class Found(NamedTuple):
    """What was found in a batch.

    `filled` counts the cells of an element that state something. `unreadable` and
    `contradictory` (of SCHEMA) list the values that could not be used. `undated`: rows whose
    screening date cannot be used. `odd` are used, and `unusual` lists them, if that is wanted.
    """

    filled: Mapping[str, int]
    unreadable: pl.DataFrame = NOTHING
    contradictory: pl.DataFrame = NOTHING
    undated: Sequence[int] = ()
    odd: Sequence[Odd] = ()
    unusual: pl.DataFrame = NOTHING

    def listed(self) -> pl.DataFrame:
        """All values that are to be looked at."""
        unreadable = self.unreadable
        if len(unreadable):
            reasons = unreadable["reason"].str.strip_prefix(NO_VALUE)
            unreadable = unreadable.with_columns(reasons)
        lists = [one for one in (unreadable, self.contradictory, self.unusual) if len(one)]
        return lists[0] if len(lists) == 1 else pl.concat(lists or [NOTHING])

    def without_value(self) -> Counter[str]:
        """How many cells of each element are listed that hold no value."""
        if self.unreadable.is_empty():
            return Counter()
        holds_none = self.unreadable["reason"].str.starts_with(NO_VALUE)
        return Counter(self.unreadable["element"].filter(holds_none))


class _InOrder:
    """Lists that come in any order, as far as all rows before them have come too."""

    def __init__(self) -> None:
        self.next_row = 1
        self.ready: list[pl.DataFrame] = []
        self._waiting: dict[int, tuple[int, pl.DataFrame]] = {}

    def add(self, rows: pl.Series, found: pl.DataFrame) -> None:
        self._waiting[rows[0]] = len(rows), found
        while self.next_row in self._waiting:
            count, ready = self._waiting.pop(self.next_row)
            self.next_row += count
            if len(ready):
                self.ready.append(ready)

    def take(self, before: int) -> pl.DataFrame:
        """What is ready, of the rows before this one; something must be."""
        ready = pl.concat(self.ready)
        later = ready.filter(pl.col("row") >= before)
        self.ready = [later] if len(later) else []
        return ready.filter(pl.col("row") < before)


class Ledger:
    """The sums over all batches, which come in any order and from any thread.

    `empty` counts the cells that are listed and hold no value: they are neither `filled` nor
    `unreadable`.

    Each row is looked at in one or two `passes`, which may cut the rows into other batches.
    `like_missing` are those of the `unreadable` that look like codes for a missing value.
    Of the rows that are listed, those that were `blank` count too (as in `Tables`).
    With `out`, every value that could not be used is listed there, as CSV; `failure` says
    why that could not be done. (Raised in the engine's threads, it would lose its number.)
    """

    def __init__(self, out: TextIO | None, passes: int, blank: Sequence[int] = ()) -> None:
        self.rows = 0
        self.blank = blank
        self.filled: Counter[str] = Counter()
        self.empty: Counter[str] = Counter()
        self.unreadable: Counter[str] = Counter()
        self.like_missing: Counter[str] = Counter()
        self.contradictory: Counter[str] = Counter()
        self.odd: defaultdict[str, OddOnes] = defaultdict(OddOnes)
        self.verdicts: Counter[tuple[str, str | None]] = Counter()
        self.undated: list[int] = []
        self.failure: OSError | None = None
        self._out = out
        self._lists = [_InOrder() for _ in range(passes)]
        self._lock = Lock()
        if out is not None:
            write_rows(out, [SCHEMA.names()])

    def count(self, verdicts: Counter[tuple[str, str | None]]) -> None:
        """The rows of each verdict, and of each thing that is open."""
        with self._lock:
            self.verdicts.update(verdicts)

    def add(self, rows: pl.Series, found: Found, *, last: bool) -> None:
        """What was found in these rows, given by their numbers, in the first or last pass."""
        with self._lock:
            self.rows += len(rows) if last else 0
            empty = found.without_value()
            self.empty.update(empty)
            self.filled.update(found.filled)
            self.filled.subtract(empty)
            self.unreadable.update(Counter(found.unreadable["element"]) - empty)
            if len(found.unreadable):  # each query waits for the engine
                advised = found.unreadable["reason"].str.ends_with(ADVICE)
                self.like_missing.update(found.unreadable["element"].filter(advised))
            if len(found.contradictory):
                # A value that contradicts two others has two reasons, and is one value.
                once = found.contradictory.unique(["row", "element"])
                self.contradictory.update(once["element"])
            self._add_odd(found.odd)
            self.undated.extend(found.undated)
            self._lists[-1 if last else 0].add(rows, found.listed())
            self._write()

    def add_odd(self, ones: Sequence[Odd]) -> None:
        """Unusual values that no batch has told of."""
        with self._lock:
            self._add_odd(ones)

    def _add_odd(self, found: Sequence[Odd]) -> None:
        for one in found:
            self.odd[one.element.name].add(one.lows)

    def known(self, element: str) -> int:
        """The rows in which an element that stands in a column can be used."""
        return self.filled[element] - self.unreadable[element] - self.contradictory[element]

    def add_last(self, element: str, reason: str) -> None:
        """Lists what is unusual about a whole column."""
        if self._out is not None:
            with self._lock:
                try:
                    write_rows(self._out, [(None, None, element, reason, UNUSUAL)])
                except OSError as error:
                    self.failure = error

    def _write(self) -> None:
        before = min(one.next_row for one in self._lists)
        found = [one.take(before) for one in self._lists if one.ready]
        if self._out is not None and found:
            try:
                rows = pl.concat(found).sort("row", maintain_order=True)
                places = [place_of(row, self.blank) for row in rows["row"]]
                rows = rows.with_columns(pl.Series("row", places, pl.UInt32()))
                write_rows(self._out, rows.iter_rows())
            except OSError as error:
                self.failure = error
