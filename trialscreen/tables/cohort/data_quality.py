"""What could not be used in a cohort: counted, and listed in the order of the rows."""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TextIO

import polars as pl

from trialscreen.tables.cohort.column_map import KEY, ROW
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


def listed(
    cells: pl.DataFrame,
    places: pl.Series,
    elements: str | Sequence[str],
    reasons: Sequence[str],
    kind: str = UNUSABLE,
) -> pl.DataFrame:
    """Cells of one element, or of one each, as rows of SCHEMA; `places` are those in `cells`."""
    names = [elements] * len(places) if isinstance(elements, str) else elements
    columns = {
        "row": cells[ROW].gather(places),
        "id": cells[KEY].gather(places).cast(pl.String),
        "element": pl.Series(names, dtype=pl.String),
        "reason": pl.Series(reasons, dtype=pl.String),
        "kind": pl.Series([kind]).new_from_index(0, len(places)),
    }
    return pl.DataFrame(columns, schema=SCHEMA)


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


class Ledger:
    """The sums over all batches, which come in the order of the rows.

    `empty` counts the cells that are listed and hold no value: they are neither `filled` nor
    `unreadable`.

    `like_missing` are those of the `unreadable` that look like codes for a missing value.
    Of the rows that are listed, those that were `blank` count too (as in `Tables`).
    With `out`, every value that could not be used is listed there, as CSV; `failure` says
    why that could not be done. (Raised in the engine's threads, it would lose its number.)
    """

    def __init__(self, out: TextIO | None, blank: Sequence[int] = ()) -> None:
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
        self._read: deque[Found] = deque()
        self._listed = NOTHING
        if out is not None:
            write_rows(out, [SCHEMA.names()])

    def read(self, found: Found) -> None:
        """What reading the cells of the next rows has found; of them, more is told by `add`.

        They are read ahead, in a thread of their own.
        """
        self._read.append(found)

    def add(self, rows: pl.Series, found: Found, verdicts: Counter[tuple[str, str | None]]) -> None:
        """What was found in the next rows, given by their numbers, and their verdicts.

        These are counted by verdict and what is open.
        """
        self.rows += len(rows)
        self.verdicts.update(verdicts)
        while self._read:
            self._add(self._read.popleft())
        self._add(found)
        self._write(up_to=rows[-1])

    def _add(self, found: Found) -> None:
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
        self.add_odd(found.odd)
        self.undated.extend(found.undated)
        if self._out is not None and len(listed := found.listed()):
            self._listed = pl.concat([self._listed, listed])

    def add_odd(self, found: Sequence[Odd]) -> None:
        """Unusual values, of rows that are added or that have been."""
        for one in found:
            self.odd[one.element.name].add(one.lows)

    def known(self, element: str) -> int:
        """The rows in which an element that stands in a column can be used."""
        return self.filled[element] - self.unreadable[element] - self.contradictory[element]

    def add_last(self, element: str, reason: str) -> None:
        """Lists what is unusual about a whole column."""
        self._write_rows([(None, None, element, reason, UNUSUAL)])

    def _write(self, up_to: int) -> None:
        """What is listed of the rows up to this one."""
        if self._listed.is_empty():
            return
        is_due = self._listed["row"] <= up_to
        due, self._listed = self._listed.filter(is_due), self._listed.filter(~is_due)
        due = due.sort("row", maintain_order=True)
        places = [place_of(row, self.blank) for row in due["row"]]
        self._write_rows(due.with_columns(pl.Series("row", places, pl.UInt32())).iter_rows())

    def _write_rows(self, rows: Iterable[Sequence[object]]) -> None:
        if self._out is not None:
            try:
                write_rows(self._out, rows)
            except OSError as error:
                self.failure = error
