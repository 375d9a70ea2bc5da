"""Data-quality problems of a cohort: counted, and listed in the order of the rows.

Also unusual values: outside their typical range, or implausible in combination.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from itertools import chain
from typing import Any, NamedTuple, TextIO

import polars as pl

from trialscreen.model.errors import Problem
from trialscreen.model.facts import Dates, Exactly, Fact, Numbers, of_columns
from trialscreen.model.trial import Element, Trial
from trialscreen.model.wording import show_fact, show_typical
from trialscreen.tables.attrition.counting import verdicts_of
from trialscreen.tables.cohort.column_map import KEY, ROW
from trialscreen.tables.cohort.readers.cells import ADVICE, NO_VALUE
from trialscreen.tables.compile import Flag, Program
from trialscreen.tables.expressions import AT_ONCE, Computing
from trialscreen.tables.quality import CODES, DECLARE, ENOUGH, codes_in, of_median
from trialscreen.text.characters import printable
from trialscreen.text.csvtext import write_rows

_KEPT = 100_000


def is_usual(element: Element, cell: pl.Expr, ends: tuple[Any, Any]) -> pl.Expr:
    """Whether a value lies between `ends`, the usable range, and is not unusual."""
    least, most = ends
    low, high = typical = element.typical or ends
    usual = cell.is_between(max(low, least), min(high, most))
    return usual & ~cell.cast(pl.Float64).is_in(codes) if (codes := codes_in(typical)) else usual


def _is_odd(element: Element, columns: Sequence[str]) -> pl.Expr:
    """Where a value is beyond what is typical of its element, or a code; null where none is known.

    `columns` are those of the element: one value, or bounds and how they are written.
    """
    assert element.typical is not None
    low, high = element.typical
    first, last = pl.col(columns[0]), pl.col(columns[len(columns) > 1])
    odd = (last < low) | (first > high)
    if len(columns) > 2:  # an end that is left out may be just at the end of the usual
        first_open, last_open = map(pl.col, columns[2:4])
        odd |= ((last == low) & last_open) | ((first == high) & first_open)
    if codes := codes_in(element.typical):
        odd |= first.cast(pl.Float64).is_in(codes) & (first == last)
    return odd.alias(element.name)


class Unusual:
    """Finds unusual values in typed columns; `columns` names those of each element.

    `program` is for these columns.
    """

    def __init__(
        self, trial: Trial, program: Program, columns: Mapping[str, tuple[str, ...]]
    ) -> None:
        self._elements, self._columns, self._program = trial.elements, columns, program
        self._flags = {
            name: _is_odd(trial.elements[name], some)
            for name, some in columns.items()
            if trial.elements[name].typical is not None
        }
        odd = chain.from_iterable(columns[name] for name in self._flags)
        warned = program.inputs(one.holds for one in program.warnings)
        beside = (columns[name][0] for one in program.warnings for name in one.elements)
        self.columns = [*dict.fromkeys((*odd, *warned, *beside))]

    def flags(self, *but: str) -> Iterator[pl.Expr]:
        """In which rows each element is unusual, except for some elements."""
        return (flag for name, flag in self._flags.items() if name not in but)

    def found(self, rows: pl.DataFrame) -> Iterator[tuple[Element, pl.DataFrame]]:
        """The unusual values in some rows, by element, in order: ROW, KEY, and its columns."""
        for flag in rows.select_seq([*self._flags.values()]):
            if flag.any():  # which is no query, as the places are
                columns = [ROW, KEY, *self._columns[flag.name]]
                yield self._elements[flag.name], rows[flag.arg_true(), columns]

    def beside(self, rows: pl.DataFrame) -> Iterator[tuple[Flag, pl.DataFrame]]:
        """The warnings on combinations of values, with the rows they concern."""
        flags = self._warned.of(rows.lazy()).collect(engine=AT_ONCE)
        for one, flag in zip(self._program.warnings, flags, strict=True):
            if flag.any():
                yield one, rows[flag.arg_true()]

    def given(self, name: str, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows in which an element is known."""
        return rows[rows[self._columns[name][0]].is_not_null().arg_true()]

    @cached_property
    def _warned(self) -> Computing:
        return Computing(self._program, {one.id: one.holds for one in self._program.warnings})


def reasons(element: Element, rows: pl.DataFrame) -> Iterator[str]:
    """Why each of the values that are `found` is unusual."""
    typical = show_typical(element)
    for _, _, *cells in rows.iter_rows():
        fact = fact_of(cells)
        assert isinstance(fact, Numbers | Dates)
        value = show_fact(element, fact)
        if fact.exact and fact.low in CODES:
            declare = "if so, declare it in --columns"
            yield f"{value} is what many write for a missing value; {declare}"
        else:
            yield f"{value} is unusual; typical is {typical}"


def fact_of(cells: Sequence[Any]) -> Fact | None:
    """The fact in an element's typed columns: one value, or bounds and how they are written."""
    low, high, *as_written = cells if len(cells) > 1 else (*cells, *cells)
    match low:
        case None:
            return None
        case bool() | str():
            return Exactly(low)
        case date():
            return Dates(low, high)
        case _:
            return of_columns(low, high, *as_written)


class UnusualCounts:
    """The unusual values of one column, counted, as far as its median needs them."""

    def __init__(self) -> None:
        self.values: Counter[Any] = Counter()

    @property
    def count(self) -> int:
        return self.values.total()

    def add(self, values: Iterable[Any] | Mapping[Any, int]) -> None:
        self.values.update(values)
        self.keep(_KEPT)

    def keep(self, most: int) -> None:
        """Rounds values to three digits, as in the message on medians, if there are too many."""
        if len(self.values) > most and not isinstance(next(iter(self.values)), date):
            rounded: Counter[Any] = Counter()
            for value, times in self.values.items():
                near = float(f"{value:.3g}")
                rounded[value if near in CODES else near] += times
            self.values = rounded

    @property
    def codes(self) -> list[float]:
        """Those of CODES that are among them."""
        return [code for code in CODES if code in self.values]

    def median(self, element: Element, known: int) -> Any | None:
        """The (lower) median of all `known` values, if it is one outside what is typical."""
        assert element.typical is not None
        low, high = map(_place, element.typical)
        middle_of_usual = (low + high) / 2  # a rounded value can be as low as `high`
        codes = codes_in(element.typical)
        beyond = sorted(one for one in self.values.items() if one[0] not in codes)
        usual, middle = known - sum(times for _, times in beyond), (known - 1) // 2
        before = 0
        for value, times in beyond if known >= ENOUGH else ():
            rank = before + usual if _place(value) > middle_of_usual else before
            if rank <= middle < rank + times:
                return value
            before += times
        return None


def _place(value: float | date) -> float:
    """Where a value lies among those of its kind."""
    return value.toordinal() if isinstance(value, date) else value


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


def listed_where(
    cells: pl.DataFrame, element: str, columns: Sequence[str], where: pl.Series, why: str
) -> pl.DataFrame:
    """As `listed`, of the rows in which an element states something in one of its `columns`."""
    is_stated = pl.any_horizontal(pl.col(columns).is_not_null())
    rows = cells.filter(where & cells.select(is_stated).to_series())
    return listed(rows, element, (why,) * len(rows))


class BatchQuality(NamedTuple):
    """The data quality of a batch.

    `filled` counts an element's cells with a value. `unreadable` and `contradictory` (with
    SCHEMA) list values that could not be used. `undated`: rows whose screening date cannot be
    used. `unusual` finds the unusual values, which are used, in the rows `doubted`.
    """

    filled: Mapping[str, int]
    unreadable: pl.DataFrame = NOTHING
    contradictory: pl.DataFrame = NOTHING
    undated: Sequence[int] = ()
    doubted: pl.DataFrame = NOTHING
    unusual: Unusual | None = None


class DataQuality:
    """The data-quality problems of all batches, which arrive in the order of the rows.

    Counts by element: `filled` cells; of these `unreadable` ones, including those that look like
    codes for missing values (`like_missing`), `contradictory` and `unusual` ones; and `empty`
    cells, which are listed although they contain no value. `beside`: rows with unusual
    combinations of values, by message. `verdicts` counts rows by verdict and what is open.

    Every value that could not be used, or is unusual, is written as CSV to `out`, if given.
    `failure` is the error if that failed: raised in the engine's threads, it would lose its errno.
    """

    def __init__(self, trial: Trial, out: TextIO | None) -> None:
        self.rows = 0
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
        """Adds the results and problems of the next rows."""
        self.rows += len(results)
        self.verdicts.update(verdicts_of(results))
        while self._read:
            self._add(self._read.popleft())
        self._add(found)
        self._write(up_to=results[ROW][-1])

    def finish(self) -> None:
        """Reports unusual medians, after the last row."""
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
        self._write_rows(due.iter_rows())

    def _write_rows(self, rows: Iterable[Sequence[object]]) -> None:
        if self._out is not None:
            try:
                write_rows(self._out, rows)
            except OSError as error:
                self.failure = error
