"""What could not be used in a cohort: counted, and listed in the order of the rows."""

from collections import Counter
from threading import Lock
from typing import NamedTuple, TextIO

import polars as pl

from trialscreen.csvtext import write_rows

SCHEMA = pl.Schema(
    {"row": pl.UInt32(), "id": pl.String(), "element": pl.String(), "reason": pl.String()}
)
"""A list of values that could not be used; `row` counts from 1."""


class Found(NamedTuple):
    """What was found in reading a batch.

    `filled` counts the cells of an element that state something. `unreadable` (of SCHEMA) lists
    those that could not be read. `undated`: rows whose screening date cannot be used.
    """

    filled: dict[str, int]
    unreadable: pl.DataFrame
    undated: pl.Series


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
        """What is ready of the rows before this one."""
        if not self.ready:
            return pl.DataFrame(schema=SCHEMA)
        ready = pl.concat(self.ready)
        later = ready.filter(pl.col("row") >= before)
        self.ready = [later] if len(later) else []
        return ready.filter(pl.col("row") < before)


class Ledger:
    """The sums over all batches, which come in any order and from any thread.

    With `out`, every value that could not be used is listed there, as CSV; `failure` says
    why that could not be done. (Raised in the engine's threads, it would lose its number.)
    """

    def __init__(self, out: TextIO | None) -> None:
        self.rows = 0
        self.filled: Counter[str] = Counter()
        self.unreadable: Counter[str] = Counter()
        self.contradictory: Counter[str] = Counter()
        self.undated: list[int] = []
        self.failure: OSError | None = None
        self._out = out
        self._lists = _InOrder(), _InOrder()
        self._lock = Lock()
        if out is not None:
            write_rows(out, [SCHEMA.names()])

    def add_read(self, rows: pl.Series, found: Found) -> None:
        """What was found in reading these rows, given by their numbers."""
        with self._lock:
            self.rows += len(rows)
            self.filled.update(found.filled)
            self.unreadable.update(found.unreadable["element"])
            self.undated.extend(found.undated)
            self._lists[0].add(rows, found.unreadable)
            self._write()

    def add_contradictory(self, rows: pl.Series, found: pl.DataFrame) -> None:
        """The values (of SCHEMA) that contradict others in these rows."""
        with self._lock:
            self.contradictory.update(found["element"])
            self._lists[1].add(rows, found)
            self._write()

    def _write(self) -> None:
        before = min(one.next_row for one in self._lists)
        found = pl.concat([one.take(before) for one in self._lists])
        if self._out is not None and len(found):
            try:
                write_rows(self._out, found.sort("row", maintain_order=True).iter_rows())
            except OSError as error:
                self.failure = error
