"""Values that can be right and seldom are: outside what is typical of their element."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

import polars as pl

from trialscreen.consistency import is_unusual
from trialscreen.fact import Dates, Numbers, of_columns
from trialscreen.trial import Element, Trial
from trialscreen.words import show_fact, show_typical

CODES = tuple(float("9" * digits) for digits in range(3, 13))
"""999 and its like are what many sites write for no value: unusual even where typical."""

_NINES = (99.0, *CODES)

ENOUGH = 3
"""Known values of a column whose median says something of all of them."""

_KEPT = 100_000


class Odd(NamedTuple):
    """An unusual value, and in which of the rows."""

    place: int
    element: str
    fact: Numbers | Dates


class _Span(NamedTuple):
    """What is typical of an element, and its columns: one value, or bounds as they are written."""

    element: Element
    columns: tuple[str, ...]

    @property
    def ends(self) -> tuple[Any, Any]:
        assert self.element.typical is not None
        return self.element.typical

    @property
    def codes(self) -> tuple[float, ...]:
        low, high = self.ends
        return () if isinstance(low, date) else tuple(one for one in CODES if low <= one <= high)

    def flags(self) -> Iterator[pl.Expr]:
        """In which rows there may be one: in all in which there is, and in few others."""
        (low, high), first, last = self.ends, self.columns[0], self.columns[:2][-1]
        if len(self.columns) > 2:  # an end that is left out may be just at the end of the usual
            yield (pl.col(last) <= low) | (pl.col(first) >= high)
        else:
            yield (pl.col(last) < low) | (pl.col(first) > high)
        if codes := self.codes:
            yield pl.col(first).is_in(codes)

    def odd(self, rows: pl.DataFrame) -> Iterator[Odd]:
        """Of the few rows that have a flag."""
        flag = pl.any_horizontal(*self.flags()).fill_null(value=False)
        places = rows.select(flag.alias("flag")).to_series().arg_true()
        values = (rows[column].gather(places) for column in self.columns)
        for place, cells in zip(places, zip(*values, strict=True), strict=True):
            fact = _fact(cells)
            if is_unusual(self.element, fact) or (fact.exact and fact.low in self.codes):
                yield Odd(place, self.element.name, fact)


class Unusual:
    """Finds unusual values in typed columns; `columns` names those of each element."""

    def __init__(self, trial: Trial, columns: Mapping[str, tuple[str, ...]]) -> None:
        self._spans = [
            _Span(trial.elements[name], of_element)
            for name, of_element in columns.items()
            if trial.elements[name].typical is not None
        ]

    @property
    def flag(self) -> pl.Expr:
        """Whether there is one in the row, or a value that cannot be used at all."""
        flags = (flag for span in self._spans for flag in span.flags())
        return pl.any_horizontal(*flags, pl.lit(value=False)).fill_null(value=False)

    def rows(self, batch: pl.DataFrame, flag: pl.Series) -> pl.DataFrame:
        """What `found` needs of the rows that are flagged."""
        places = flag.arg_true()
        names = {name: None for span in self._spans for name in span.columns}
        return pl.DataFrame([batch[name].gather(places) for name in names])

    def found(self, rows: pl.DataFrame) -> list[Odd]:
        """The unusual values in some rows; they are in the order of the columns."""
        return [odd for span in self._spans for odd in span.odd(rows)]


def reason(trial: Trial, odd: Odd) -> str:
    """Why a value is unusual."""
    element = trial.elements[odd.element]
    value = show_fact(trial, element, odd.fact)
    if odd.fact.exact and odd.fact.low in CODES:
        return f"{value} is what many write for a missing value; if so, declare it in --columns"
    return f"{value} is unusual; typical is {show_typical(trial, element)}"


def _fact(cells: tuple[Any, ...]) -> Numbers | Dates:
    low, high, *as_written = cells if len(cells) > 1 else cells * 2
    return Dates(low, high) if isinstance(low, date) else of_columns(low, high, *as_written)


class OddOnes:
    """The unusual values of one column, counted, as far as its median needs them."""

    def __init__(self) -> None:
        self.count = 0
        self._values: Counter[Any] = Counter()

    def add(self, values: Iterable[Any]) -> None:
        values = list(values)
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


def of_median(trial: Trial, element: Element, median: Any) -> str:
    """What is told of a column whose median is unusual."""
    value = median.isoformat() if isinstance(median, date) else f"{median:.3g}"
    asked = f"is the {'format' if element.type == 'date' else 'unit'} right?"
    if median in _NINES:
        value = f"{median:.0f}"
        asked = f"is {value} a code for missing?"
    typical = show_typical(trial, element)
    return f"the median of {element.name} is {value}, typical is {typical}: {asked}"
