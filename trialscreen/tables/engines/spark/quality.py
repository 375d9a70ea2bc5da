"""How the values of a table are: counted while its findings are written."""

from collections.abc import Iterator, Mapping
from functools import reduce
from typing import NamedTuple

from pyspark.sql import Column, DataFrame, Observation
from pyspark.sql import functions as f

from trialscreen.model.errors import Problem
from trialscreen.model.trial import Element, Trial
from trialscreen.tables.engines.spark.types import literal, named
from trialscreen.tables.engines.sql.query import CONTRADICTORY, UNUSABLE, ends, fate
from trialscreen.tables.quality import ENOUGH, Quality, codes_in, of_median, too_many
from trialscreen.text.characters import printable

_STATED, _UNUSABLE, _CONTRADICTORY = "stated", "unusable", "contradictory"
_BELOW, _ABOVE, _CODES = "below", "above", "codes"
_ROWS = "rows"
_LONG = 63
"""Binary digits of Spark's whole numbers."""


class Counts(NamedTuple):
    """The sums over the rows of the query, by element.

    `rows` are how many the table has. `followed`: the elements that the query follows;
    `contradicting`: those of them that can contradict others.
    """

    trial: Trial
    rows: int
    followed: tuple[str, ...]
    contradicting: frozenset[str]
    found: Mapping[str, int] = {}

    def _conditions(self) -> Iterator[tuple[str, Column]]:
        """What is to be counted, under the names that it has in `found`.

        Each costs time for every row: nothing is counted that cannot be.
        """
        for name in self.followed:
            element, became = self.trial.elements[name], f.col(f"`{fate(name)}`")
            if element.type != "boolean":
                yield _of(_STATED, name), became.isNotNull()
                yield _of(_UNUSABLE, name), became == UNUSABLE
            if name in self.contradicting:
                yield _of(_CONTRADICTORY, name), became == CONTRADICTORY
            if element.typical is not None:
                yield from _unusual(element)

    def observed(self, query: DataFrame, into: Observation) -> DataFrame:
        """The findings alone of the query, to be counted when they are written."""
        added = {one.name: one.added() for one in self._sums()}
        follow = {one for name in self.followed for one in (fate(name), *ends(name))}
        findings = [named(name) for name in query.columns if name not in follow]
        rows = query.select(*findings, *(one.alias(name) for name, one in added.items()))
        sums = (f.sum(name).alias(name) for name in added)
        return rows.observe(into, f.count(f.lit(1)).alias(_ROWS), *sums).drop(*added)

    def counted(self, by: Observation) -> "Counts":
        """These counts with the sums over the rows that were written."""
        sums = by.get
        found = {name: n for one in self._sums() for name, n in one.counts(sums[one.name])}
        return self._replace(rows=sums[_ROWS], found=found)

    def _sums(self) -> Iterator["_Sum"]:
        """What is to be counted, as many in one sum as there is room for.

        Spark is slow at sums that it observes: one for each count took a third as long as the
        query itself.
        """
        digits = self.rows.bit_length()
        conditions = [*self._conditions()]
        size = _LONG // digits
        for number, first in enumerate(range(0, len(conditions), size)):
            yield _Sum(f"sum_{number}", digits, dict(conditions[first : first + size]))

    def of(self, what: str, element: str) -> int:
        return self.found.get(_of(what, element), 0)

    def problems(self, called: Mapping[str, str], most_bad: float) -> list[Problem]:
        """Columns, `called` so in the table, of which too many values cannot be read."""
        found = []
        for name, column in called.items():
            bad, stated = self.of(_UNUSABLE, name), self.of(_STATED, name)
            if (message := too_many(name, bad, stated, most_bad)) is not None:
                where = f"the column {printable(column)}"
                found.append(Problem(where, f"{message}; see --max-bad for the share"))
        return found

    def quality(self, screened: DataFrame) -> Quality:
        """`screened` is the query; it is run again where a median is unusual."""
        unusual = {
            name: self.of(_BELOW, name) + self.of(_ABOVE, name) + self.of(_CODES, name)
            for name in self.followed
        }
        return Quality(
            {name: self.of(_UNUSABLE, name) for name in self.followed},
            {name: self.of(_CONTRADICTORY, name) for name in self.followed},
            unusual,
            self._medians(screened),
        )

    def _medians(self, screened: DataFrame) -> list[str]:
        names = [name for name in self.followed if self._has_odd_median(name)]
        if not names:
            return []
        columns = [f.percentile_approx(f"`{ends(name)[0]}`", 0.5).alias(name) for name in names]
        row = screened.agg(*columns).collect()[0]
        return [of_median(self.trial, self.trial.elements[name], row[name]) for name in names]

    def _has_odd_median(self, name: str) -> bool:
        """Whether the (lower) median is one of the values beyond what is typical."""
        bad = self.of(_UNUSABLE, name) + self.of(_CONTRADICTORY, name)
        known = self.of(_STATED, name) - bad
        middle = (known - 1) // 2
        beyond = middle < self.of(_BELOW, name) or middle >= known - self.of(_ABOVE, name)
        return known >= ENOUGH and beyond


class _Sum(NamedTuple):
    """Counts that stand in one number beside each other, each in so many binary digits."""

    name: str
    digits: int
    conditions: Mapping[str, Column]

    def added(self) -> Column:
        """What a row adds."""
        places = range(0, _LONG, self.digits)
        ones = (
            f.when(holds, f.lit(1 << place).cast("long")).otherwise(f.lit(0).cast("long"))
            for place, holds in zip(places, self.conditions.values(), strict=False)
        )
        return reduce(Column.bitwiseOR, ones)

    def counts(self, total: int) -> Iterator[tuple[str, int]]:
        for place, name in zip(range(0, _LONG, self.digits), self.conditions, strict=False):
            yield name, total >> place & (1 << self.digits) - 1


def _of(what: str, element: str) -> str:
    return f"{what} {element}"


def _unusual(element: Element) -> Iterator[tuple[str, Column]]:
    assert element.typical is not None
    least, most = element.typical
    low, high = (f.col(f"`{name}`") for name in ends(element.name))
    yield _of(_BELOW, element.name), high < literal(least)
    yield _of(_ABOVE, element.name), low > literal(most)
    if codes := codes_in(element.typical):
        yield _of(_CODES, element.name), (low == high) & low.isin(*codes)
