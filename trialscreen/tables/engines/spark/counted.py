"""How the values of a table are, from what was counted of them."""

from collections.abc import Callable, Container, Iterator, Mapping
from datetime import date
from typing import NamedTuple

from pyspark.sql import DataFrame
from pyspark.sql import functions as f

from trialscreen.model import expr
from trialscreen.model.errors import Problem
from trialscreen.model.trial import SCREENING_DATE, Trial
from trialscreen.tables.engines.sql.printer import Printer
from trialscreen.tables.engines.sql.query import columns_of
from trialscreen.tables.quality import ENOUGH, Quality, of_median, too_many
from trialscreen.text.characters import printable

STATED, UNUSABLE, CONTRADICTORY = "stated", "unusable", "contradictory"
BELOW, ABOVE, CODES, EMPTY, LATE = "below", "above", "codes", "empty", "late"


class Counts(NamedTuple):
    """The rows of each verdict, and of how many rows what is so of an element.

    How many values are stated is `found` of elements only of which anything else is.
    """

    trial: Trial
    followed: tuple[str, ...]
    verdicts: Mapping[tuple[str, str | None], int]
    found: Mapping[str, int]

    @property
    def rows(self) -> int:
        return sum(self.verdicts.values())

    def of(self, what: str, element: str) -> int:
        return self.found.get(told_of(what, element), 0)

    def problems(self, called: Mapping[str, str], most_bad: float) -> list[Problem]:
        """Columns, `called` so in the table, of which too many values cannot be read."""
        found = []
        for name, column in called.items():
            bad, stated = self.of(UNUSABLE, name), self.of(STATED, name)
            if (message := too_many(name, bad, stated, most_bad)) is not None:
                where = f"the column {printable(column)}"
                found.append(Problem(where, f"{message}; see --max-bad for the share"))
        return found

    def wrong_days(self, today: date, *, in_each: bool) -> Iterator[Problem]:
        """Of screening dates, which must all be possible and, if so, be `in_each` row."""
        if SCREENING_DATE not in self.followed:
            return
        empty = self.of(EMPTY, SCREENING_DATE)
        if in_each and empty:
            message = f"{empty} rows have none; give a screening date for them"
            yield Problem(f"the column {SCREENING_DATE}", message)
        elif wrong := self.of(UNUSABLE, SCREENING_DATE) + self.of(LATE, SCREENING_DATE):
            message = f"expected one day (YYYY-MM-DD), not after {today}; that is not so in"
            rows = "row" if wrong == 1 else "rows"
            yield Problem(SCREENING_DATE, f"{message} {wrong:,} {rows}")

    def quality(self, values: Callable[[], DataFrame]) -> Quality:
        """`values`, which were noted, are read again where a median is unusual."""
        unusual = {
            name: self.of(BELOW, name) + self.of(ABOVE, name) + self.of(CODES, name)
            for name in self.followed
        }
        return Quality(
            {name: self.of(UNUSABLE, name) for name in self.followed},
            {name: self.of(CONTRADICTORY, name) for name in self.followed},
            unusual,
            self._medians(values),
        )

    def _medians(self, values: Callable[[], DataFrame]) -> list[str]:
        names = [name for name in self.followed if self._has_odd_median(name)]
        if not names:
            return []
        frame = values()
        lows = {name: text_of(ends(name, frame.columns)[0]) for name in names}
        columns = [f.percentile_approx(f.expr(low), 0.5).alias(name) for name, low in lows.items()]
        row = frame.agg(*columns).collect()[0]
        return [of_median(self.trial.elements[name], row[name]) for name in names]

    def _has_odd_median(self, name: str) -> bool:
        """Whether the (lower) median is one of the values beyond what is typical."""
        bad = self.of(UNUSABLE, name) + self.of(CONTRADICTORY, name)
        known = self.of(STATED, name) - bad
        middle = (known - 1) // 2
        beyond = middle < self.of(BELOW, name) or middle >= known - self.of(ABOVE, name)
        return known >= ENOUGH and beyond


def told_of(what: str, element: str) -> str:
    """The name of a number: of the values of which `what` is so."""
    return f"{what} {element}"


def ends(element: str, columns: Container[str]) -> tuple[expr.Scalar, expr.Scalar]:
    """The bounds of a number or a day that stands in some of `columns`."""
    exact, *bounds = map(expr.Column, columns_of(element, columns))
    if not bounds:
        return exact, exact
    if exact.name != element:
        return exact, bounds[0]
    low, high = bounds
    return expr.Coalesce(exact, low), expr.Coalesce(exact, high)


def text_of(scalar: expr.Scalar) -> str:
    """An expression in Spark's SQL, in brackets."""
    return f"({Printer('spark').value(scalar).sql('spark', copy=False)})"
