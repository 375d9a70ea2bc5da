"""Values that can be right and seldom are: outside what is typical of their element."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import polars as pl

from trialscreen.model.facts import Dates, Exactly, Fact, Numbers, of_columns
from trialscreen.model.trial import Element, Trial
from trialscreen.model.wording import show_fact, show_typical
from trialscreen.tables.cohort.column_map import KEY, ROW
from trialscreen.tables.quality import CODES, ENOUGH, codes_in

_KEPT = 100_000


class UnusualValues(NamedTuple):
    """Those of one element: ROW and KEY of their rows, and the columns of the element."""

    element: Element
    rows: pl.DataFrame

    @property
    def lows(self) -> list[Any]:
        """The values, or their lower bounds."""
        return self.rows.to_series(2).to_list()


def is_usual(element: Element, cell: pl.Expr, ends: tuple[Any, Any]) -> pl.Expr:
    """Whether a value lies between `ends`, where it can be used, and is not unusual."""
    least, most = ends
    low, high = typical = element.typical or ends
    usual = cell.is_between(max(low, least), min(high, most))
    return usual & ~cell.cast(pl.Float64).is_in(codes) if (codes := codes_in(typical)) else usual


class _Span(NamedTuple):
    """What is typical of an element, and its columns: one value, or bounds as they are written."""

    element: Element
    columns: tuple[str, ...]

    def is_odd(self) -> pl.Expr:
        """As `is_unusual` has it, or a code; null where nothing is known."""
        assert self.element.typical is not None
        low, high = self.element.typical
        first, last = (pl.col(self.columns[place]) for place in (0, len(self.columns) > 1))
        odd = (last < low) | (first > high)
        if len(self.columns) > 2:  # an end that is left out may be just at the end of the usual
            first_open, last_open = map(pl.col, self.columns[2:4])
            odd |= ((last == low) & last_open) | ((first == high) & first_open)
        if codes := codes_in(self.element.typical):
            odd |= first.cast(pl.Float64).is_in(codes) & (first == last)
        return odd


class Unusual:
    """Finds unusual values in typed columns; `columns` names those of each element."""

    def __init__(self, trial: Trial, columns: Mapping[str, tuple[str, ...]]) -> None:
        self._spans = [
            _Span(trial.elements[name], of_element)
            for name, of_element in columns.items()
            if trial.elements[name].typical is not None
        ]
        self._flags = [span.is_odd().alias(span.element.name) for span in self._spans]
        self.columns = [name for span in self._spans for name in span.columns]

    def flags(self, *but: str) -> Iterator[pl.Expr]:
        """In which rows each element is unusual, except for some elements."""
        return (
            flag
            for span, flag in zip(self._spans, self._flags, strict=True)
            if span.element.name not in but
        )

    def found(self, rows: pl.DataFrame) -> list[UnusualValues]:
        """The unusual values in some rows with ROW, KEY and `columns`, by element, in order."""
        flags = rows.select_seq(self._flags)
        return [
            UnusualValues(span.element, rows[flag.arg_true(), [ROW, KEY, *span.columns]])
            for span, flag in zip(self._spans, flags, strict=True)
            if flag.any()  # which is no query, as the places are
        ]


def reasons(values: UnusualValues) -> list[str]:
    """Why each of the values is unusual."""
    return [_reason(values.element, fact_of(cells)) for _, _, *cells in values.rows.rows()]


def _reason(element: Element, fact: Fact | None) -> str:
    assert isinstance(fact, Numbers | Dates)
    value = show_fact(element, fact)
    if fact.exact and fact.low in CODES:
        return f"{value} is what many write for a missing value; if so, declare it in --columns"
    return f"{value} is unusual; typical is {show_typical(element)}"


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
        self.count = 0
        self._values: Counter[Any] = Counter()

    def add(self, values: Sequence[Any]) -> None:
        self.count += len(values)
        self._values.update(values)
        if len(self._values) > _KEPT and not isinstance(values[0], date):
            rounded: Counter[Any] = Counter()
            for value, times in self._values.items():
                rounded[float(f"{value:.3g}")] += times
            self._values = rounded

    @property
    def codes(self) -> list[float]:
        """Those of CODES that are among them."""
        return [code for code in CODES if code in self._values]

    def median(self, element: Element, known: int) -> Any | None:
        """The (lower) median of all `known` values, if it is one outside what is typical."""
        assert element.typical is not None
        low, high = element.typical
        middle = (known - 1) // 2
        # Where most are below (above) what is typical, the median is one of them.
        for before, values in (
            (0, [item for item in self._values.items() if item[0] < low]),
            (None, [item for item in self._values.items() if item[0] > high]),
        ):
            rank = known - sum(times for _, times in values) if before is None else before
            for value, times in sorted(values):
                if rank <= middle < rank + times:
                    return value if known >= ENOUGH else None
                rank += times
        return None
