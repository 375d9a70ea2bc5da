"""How the values of a table are: counted in a pass of its own, before anything is written.

(Observed in the pass that writes, they took longer than both passes.)
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as f

from trialscreen.errors import Problem
from trialscreen.quality import ENOUGH, Quality, codes_in, of_median, too_many
from trialscreen.spark.types import literal
from trialscreen.sql.query import CONTRADICTORY, UNUSABLE, ends, fate
from trialscreen.text import printable
from trialscreen.trial import Element, Trial

_STATED, _UNUSABLE, _CONTRADICTORY = "stated", "unusable", "contradictory"
_BELOW, _ABOVE, _CODES = "below", "above", "codes"


class Counts(NamedTuple):
    """The sums over the rows of the query, by element.

    `followed`: the elements that the query follows; `contradicting`: those of them that can
    contradict others.
    """

    trial: Trial
    followed: tuple[str, ...]
    contradicting: frozenset[str]
    found: Mapping[str, int] = {}

    def _columns(self) -> Iterator[Column]:
        """What is to be counted, under names of which `found` has the sums.

        Each costs time for every row: nothing is counted that cannot be.
        """
        for name in self.followed:
            element, became = self.trial.elements[name], f.col(f"`{fate(name)}`")
            if element.type != "boolean":
                yield f.count(became).alias(_of(_STATED, name))
                yield f.count_if(became == UNUSABLE).alias(_of(_UNUSABLE, name))
            if name in self.contradicting:
                yield f.count_if(became == CONTRADICTORY).alias(_of(_CONTRADICTORY, name))
            if element.typical is not None:
                yield from _unusual(element)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns of the query that are there to be counted."""
        return tuple(one for name in self.followed for one in (fate(name), *ends(name)))

    def over(self, screened: DataFrame) -> "Counts":
        """These counts with the sums over the rows of the query."""
        columns = [*self._columns()]
        if not columns:
            return self
        return self._replace(found=screened.agg(*columns).collect()[0].asDict())

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


def _of(what: str, element: str) -> str:
    return f"{what} {element}"


def _unusual(element: Element) -> Iterator[Column]:
    assert element.typical is not None
    least, most = element.typical
    low, high = (f.col(f"`{name}`") for name in ends(element.name))
    yield f.count_if(high < literal(least)).alias(_of(_BELOW, element.name))
    yield f.count_if(low > literal(most)).alias(_of(_ABOVE, element.name))
    if codes := codes_in(element.typical):
        is_code = (low == high) & low.isin(*codes)
        yield f.count_if(is_code).alias(_of(_CODES, element.name))
