"""The data-quality problems of a cohort: counted, and listed in the order of the rows."""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TextIO

import polars as pl

from trialscreen.model.errors import Problem
from trialscreen.model.trial import Trial
from trialscreen.tables.attrition.counting import verdicts_of
from trialscreen.tables.cohort.column_map import KEY, ROW
from trialscreen.tables.cohort.readers.cells import ADVICE, NO_VALUE
from trialscreen.tables.cohort.readers.opened import place_of
from trialscreen.tables.cohort.unusual import Unusual, UnusualCounts, reasons
from trialscreen.tables.quality import DECLARE, of_median
from trialscreen.text.characters import printable
from trialscreen.text.csvtext import write_rows

_TEXTS = dict.fromkeys(("id", "element", "reason", "kind"), pl.String())
SCHEMA = pl.Schema({"row": pl.UInt32(), **_TEXTS})
"""A list of values that are UNUSABLE or UNUSUAL; `row` counts from 1."""

UNUSABLE, UNUSUAL = "unusable", "unusual"

_MANY = 20_000
"""Rows with unusual values are looked at so many at a time; each has most columns of the table."""

NOTHING = pl.DataFrame(schema=SCHEMA)


def listed(
    cells: pl.DataFrame, element: str, why: Iterable[str], kind: str = UNUSABLE
) -> pl.DataFrame:
    """The cells of an element as rows of SCHEMA, one for each row of `cells`."""
    columns = {
        "row": cells[ROW],
        "id": cells[KEY].cast(pl.String),
        "element": pl.Series([element]).new_from_index(0, len(cells)),
        "reason": pl.Series([*why], dtype=pl.String),
        "kind": pl.Series([kind]).new_from_index(0, len(cells)),
    }
    return pl.DataFrame(columns, schema=SCHEMA)


class BatchQuality(NamedTuple):
    """What the values of a batch are like.

    `filled` counts the cells of an element that state something. `unreadable` and
    `contradictory` (of SCHEMA) list the values that could not be used. `undated`: rows whose
    screening date cannot be used. In the rows `doubted`, `unusual` finds values that are used.
    """

    filled: Mapping[str, int]
    unreadable: pl.DataFrame = NOTHING
    contradictory: pl.DataFrame = NOTHING
    undated: Sequence[int] = ()
    doubted: pl.DataFrame = NOTHING
    unusual: Unusual | None = None


class DataQuality:
    """The data-quality problems of all batches, which come in the order of the rows.

    Counted are, by element: `filled` cells, which state something; `unreadable` ones of them,
    and of these the ones that look like codes for a missing value, `like_missing`;
    `contradictory` and `unusual` ones; and `empty` cells, which are listed and hold no value.
    `beside`: rows with values that are unusual beside each other, by what is said of them.
    `verdicts` counts rows by verdict and what is open.

    With `out`, every value that could not be used, or is unusual, is listed there, as CSV; of
    the rows before it, those that were `blank` count too (as in `Tables`). `failure` says why
    that could not be done. (Raised in the engine's threads, it would lose its number.)
    """

    def __init__(self, trial: Trial, out: TextIO | None, blank: Sequence[int] = ()) -> None:
        self.rows = 0
        self.blank = blank
        self.filled: Counter[str] = Counter()
        self.empty: Counter[str] = Counter()
        self.unreadable: Counter[str] = Counter()
        self.like_missing: Counter[str] = Counter()
        self.contradictory: Counter[str] = Counter()
        self.unusual: defaultdict[str, UnusualCounts] = defaultdict(UnusualCounts)
        self.beside: Counter[str] = Counter()
        self.verdicts: Counter[tuple[str, str | None]] = Counter()
        self.undated: list[int] = []
        self.failure: OSError | None = None
        self._trial, self._out = trial, out
        self._read: deque[BatchQuality] = deque()
        self._listed = NOTHING
        self._doubted: defaultdict[Unusual, list[pl.DataFrame]] = defaultdict(list)
        if out is not None:
            write_rows(out, [SCHEMA.names()])

    def read(self, found: BatchQuality) -> None:
        """What reading the cells of the next rows has found; of them, more is told by `add`.

        They are read ahead, in a thread of their own.
        """
        self._read.append(found)

    def add(self, results: pl.DataFrame, found: BatchQuality) -> None:
        """The next rows, and what was found in them."""
        self.rows += len(results)
        self.verdicts.update(verdicts_of(results))
        while self._read:
            self._add(self._read.popleft())
        self._add(found)
        self._write(up_to=results[ROW][-1])

    def finish(self) -> None:
        """After the last row: the unusual medians."""
        for unusual in self._doubted:
            self._add_unusual(unusual)
        self._write_rows((None, None, name, why, UNUSUAL) for name, why in self.medians())

    def too_bad(self, called: Mapping[str, str], most: float, see: str) -> Iterator[Problem]:
        """Columns, `called` so in the table, of which more than `most` values cannot be read.

        `called`: by element. `see` says where more is told.
        """
        for name, column in called.items():
            bad, stated = self.unreadable[name], self.filled[name]
            # The only value of a column says little of it, unless none may be bad.
            if bad <= most * stated or (stated == 1 and most > 0):
                continue
            many = f"{bad:,} of {stated:,} values cannot be read as {name}, more than {most:.0%}"
            codes = ""
            if like_missing := self.like_missing[name]:
                codes = f". {like_missing:,} look like codes for missing values: {DECLARE}"
            yield Problem(f"the column {printable(column)}", f"{many}; see {see}{codes}")

    def medians(self) -> Iterator[tuple[str, str]]:
        """The elements with unusual medians, in the order of the file, and what is told of each."""
        for element in self._trial.answerable():
            name = element.name
            if (unusual := self.unusual.get(name)) is not None:
                known = self.filled[name] - self.unreadable[name] - self.contradictory[name]
                if (median := unusual.median(element, known)) is not None:
                    yield name, of_median(element, median)

    def _add(self, found: BatchQuality) -> None:
        self.filled.update(found.filled)
        self.undated.extend(found.undated)
        lists = [found.contradictory]
        if len(found.unreadable):  # each query waits for the engine
            lists.insert(0, self._add_unreadable(found.unreadable))
        if len(found.contradictory):
            # A value that contradicts two others has two reasons, and is one value.
            once = found.contradictory.unique(["row", "element"])
            self.contradictory.update(once["element"])
        if found.unusual is not None and len(found.doubted):
            self._doubted[found.unusual].append(found.doubted)
            # A look costs nearly the same for few.
            if self._out is not None or sum(map(len, self._doubted[found.unusual])) >= _MANY:
                lists += self._add_unusual(found.unusual)
        if self._out is not None and any(map(len, lists)):
            self._listed = pl.concat([self._listed, *lists])

    def _add_unusual(self, unusual: Unusual) -> list[pl.DataFrame]:
        """Counts the unusual values of the rows that wait, and gives them as they are listed."""
        lists = []
        if waiting := self._doubted[unusual]:
            doubted = pl.concat(waiting)
            for element, rows in unusual.found(doubted):
                self.unusual[element.name].add(rows.to_series(2).to_list())
                if self._out is not None:
                    why = reasons(element, rows)
                    lists.append(listed(rows, element.name, why, UNUSUAL))
            for warning, rows in unusual.beside(doubted):
                self.beside[warning.reason] += len(rows)
                for name in warning.elements if self._out is not None else ():
                    cells = unusual.given(name, rows)
                    lists.append(listed(cells, name, (warning.reason,) * len(cells), UNUSUAL))
            waiting.clear()
        return lists

    def _add_unreadable(self, cells: pl.DataFrame) -> pl.DataFrame:
        """Counts them, and gives them as they are listed."""
        elements, why = cells["element"], cells["reason"]
        holds_none = why.str.starts_with(NO_VALUE)
        self.empty.update(empty := Counter(elements.filter(holds_none)))
        self.filled.subtract(empty)
        self.unreadable.update(elements.filter(~holds_none))
        self.like_missing.update(elements.filter(why.str.ends_with(ADVICE)))
        return cells.with_columns(why.str.strip_prefix(NO_VALUE))

    def _write(self, up_to: int) -> None:
        """What is listed of the rows up to this one."""
        if self._listed.is_empty():
            return
        is_due = self._listed["row"] <= up_to
        due = self._listed.filter(is_due).sort("row", maintain_order=True)
        self._listed = self._listed.filter(~is_due)
        places = [place_of(row, self.blank) for row in due["row"]]
        self._write_rows(due.with_columns(pl.Series("row", places, pl.UInt32())).iter_rows())

    def _write_rows(self, rows: Iterable[Sequence[object]]) -> None:
        if self._out is not None:
            try:
                write_rows(self._out, rows)
            except OSError as error:
                self.failure = error
