"""Values that can be right and seldom are: by what is typical of them, or beside each other."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from itertools import chain
from typing import Any

import polars as pl

from trialscreen.model.facts import Dates, Exactly, Fact, Numbers, of_columns
from trialscreen.model.trial import Element, Trial
from trialscreen.model.wording import show_fact, show_typical
from trialscreen.tables.cohort.column_map import KEY, ROW
from trialscreen.tables.compile import Flag, Program
from trialscreen.tables.expressions import AT_ONCE, Computing
from trialscreen.tables.quality import CODES, ENOUGH, codes_in

_KEPT = 100_000


def is_usual(element: Element, cell: pl.Expr, ends: tuple[Any, Any]) -> pl.Expr:
    """Whether a value lies between `ends`, where it can be used, and is not unusual."""
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
        """What is warned of in some rows, and in which of them."""
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
    """What the typed columns of an element say: one value, or bounds and how they are written."""
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
        """Rounds to three digits, with which a median is told, what is more than so much."""
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
