"""What could not be used in a cohort: counted, and listed in the order of the rows."""

from collections import Counter
from threading import Lock
from typing import NamedTuple, TextIO

import polars as pl

from trialscreen.csvtext import write_rows

SCHEMA = pl.Schema(
    {"row": pl.UInt32(), "id": pl.String(), "element": pl.String(), "reason": pl.String()}
)


class Found(NamedTuple):
    """What was found in a batch of `rows` rows, the first of which is number `first`.

    `filled` counts the cells of an element that hold something. `unreadable` lists those that
    could not be read, `contradictory` those that cannot be right together; frames of SCHEMA.
    `undated` are the numbers of rows without a screening date.
    """

    first: int
    rows: int
    filled: dict[str, int]
    unreadable: pl.DataFrame
    contradictory: pl.DataFrame
    undated: pl.Series


class Ledger:
    """The sums over all batches, which come in any order and from any thread.

    With `out`, it lists every cell there, as CSV.
    """

    def __init__(self, out: TextIO | None) -> None:
        self.rows = 0
        self.filled: Counter[str] = Counter()
        self.unreadable: Counter[str] = Counter()
        self.contradictory: Counter[str] = Counter()
        self.undated: list[int] = []
        self._out = out
        self._next = 1
        self._waiting: dict[int, Found] = {}
        self._lock = Lock()
        if out is not None:
            write_rows(out, [SCHEMA.names()])

    def add(self, found: Found) -> None:
        with self._lock:
            self.rows += found.rows
            self.filled.update(found.filled)
            self.unreadable.update(found.unreadable["element"])
            self.contradictory.update(found.contradictory["element"])
            self.undated.extend(found.undated)
            if self._out is not None:
                self._waiting[found.first] = found
                self._write(self._out)

    def _write(self, out: TextIO) -> None:
        """Writes the batches that come next."""
        while (found := self._waiting.pop(self._next, None)) is not None:
            both = pl.concat([found.unreadable, found.contradictory])
            write_rows(out, both.sort("row", maintain_order=True).iter_rows())
            self._next += found.rows
