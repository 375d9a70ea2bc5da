"""How the values of a table are: counted before its findings are written."""

from collections.abc import Container, Iterator, Mapping
from datetime import date
from typing import NamedTuple

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as f

from trialscreen.model.errors import Problem
from trialscreen.model.trial import SCREENING_DATE, Element, Trial
from trialscreen.tables.engines.spark.types import literal
from trialscreen.tables.engines.sql.query import CONTRADICTORY, UNUSABLE, ends, fate
from trialscreen.tables.quality import ENOUGH, Quality, codes_in, of_median, too_many
from trialscreen.text.characters import printable

_STATED, _UNUSABLE, _CONTRADICTORY = "stated", "unusable", "contradictory"
_ROWS = "rows"
_BELOW, _ABOVE, _CODES, _EMPTY, _LATE = "below", "above", "codes", "empty", "late"


class Counts(NamedTuple):
    """How many rows a table has, and of how many of them what is so of an element.

    How many values are stated is `found` of elements only of which anything else is.
    """

    trial: Trial
    followed: tuple[str, ...]
    rows: int
    found: Mapping[str, int]

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

    def wrong_days(self, today: date, *, in_each: bool) -> Iterator[Problem]:
        """Of screening dates, which must all be possible and, if so, be `in_each` row."""
        if SCREENING_DATE not in self.followed:
            return
        empty = self.of(_EMPTY, SCREENING_DATE)
        if in_each and empty:
            message = f"{empty} rows have none; give a screening date for them"
            yield Problem(f"the column {SCREENING_DATE}", message)
        elif wrong := self.of(_UNUSABLE, SCREENING_DATE) + self.of(_LATE, SCREENING_DATE):
            message = f"expected one day (YYYY-MM-DD), not after {today}; that is not so in"
            rows = "row" if wrong == 1 else "rows"
            yield Problem(SCREENING_DATE, f"{message} {wrong:,} {rows}")

    def quality(self, values: DataFrame) -> Quality:
        """`values`, which were counted, are read again where a median is unusual."""
        unusual = {
            name: self.of(_BELOW, name) + self.of(_ABOVE, name) + self.of(_CODES, name)
            for name in self.followed
        }
        return Quality(
            {name: self.of(_UNUSABLE, name) for name in self.followed},
            {name: self.of(_CONTRADICTORY, name) for name in self.followed},
            unusual,
            self._medians(values),
        )

    def _medians(self, values: DataFrame) -> list[str]:
        names = [name for name in self.followed if self._has_odd_median(name)]
        if not names:
            return []
        columns = [f.percentile_approx(f"`{ends(name)[0]}`", 0.5).alias(name) for name in names]
        row = values.agg(*columns).collect()[0]
        return [of_median(self.trial.elements[name], row[name]) for name in names]

    def _has_odd_median(self, name: str) -> bool:
        """Whether the (lower) median is one of the values beyond what is typical."""
        bad = self.of(_UNUSABLE, name) + self.of(_CONTRADICTORY, name)
        known = self.of(_STATED, name) - bad
        middle = (known - 1) // 2
        beyond = middle < self.of(_BELOW, name) or middle >= known - self.of(_ABOVE, name)
        return known >= ENOUGH and beyond


def count(
    trial: Trial,
    values: DataFrame,
    followed: tuple[str, ...],
    contradicting: Container[str],
    today: date,
) -> Counts:
    """Of `values`, what `values_query` has of the elements `followed`.

    `contradicting`: the elements that can contradict others.
    """
    kinds = {name: _conditions(trial, name, contradicting, today) for name in followed}
    names = [_ROWS, *(_of(what, name) for name, found in kinds.items() for what in found)]
    numbers = {name: str(number) for number, name in enumerate(names)}
    # A sum of its own for each would be slow. Most rows have none of it, and many of the others
    # are alike. They are not filtered: Spark would then compute all of it twice.
    wrong = (_first(name, found, numbers) for name, found in kinds.items())
    told = f.concat_ws(" ", f.lit(numbers[_ROWS]), *wrong)
    rows = values.groupBy(told.alias("told")).count()
    each = rows.select("count", f.explode(f.split("told", " ")).alias("number"))
    sums = each.groupBy("number").agg(f.sum("count").alias("n")).collect()
    found = {names[int(row["number"])]: row["n"] for row in sums}
    number_of_rows = found.pop(_ROWS, 0)
    if odd := {name.partition(" ")[2] for name in found}:
        stated = [f.count(f"`{fate(name)}`").alias(_of(_STATED, name)) for name in odd]
        found |= values.agg(*stated).collect()[0].asDict()
    return Counts(trial, followed, number_of_rows, found)


def _first(name: str, kinds: Mapping[str, Column], numbers: Mapping[str, str]) -> Column:
    """The number of what is so of a value; null if nothing is."""
    said = f.lit(None).cast("string")
    for what, holds in reversed([*kinds.items()]):
        said = f.when(holds, numbers[_of(what, name)]).otherwise(said)
    return said


def _conditions(
    trial: Trial, name: str, contradicting: Container[str], today: date
) -> dict[str, Column]:
    """What is to be counted of an element; no two of a value."""
    element, became = trial.elements[name], f.col(f"`{fate(name)}`")
    found = {}
    if element.type != "boolean":
        found[_UNUSABLE] = became == UNUSABLE
    if name in contradicting:
        found[_CONTRADICTORY] = became == CONTRADICTORY
    if name == SCREENING_DATE:
        found[_EMPTY] = became.isNull()
        found[_LATE] = f.col(f"`{ends(name)[0]}`") > literal(today)
    if element.typical is not None:
        found |= _unusual(element)
    return found


def _of(what: str, element: str) -> str:
    return f"{what} {element}"


def _unusual(element: Element) -> dict[str, Column]:
    assert element.typical is not None
    least, most = element.typical
    low, high = (f.col(f"`{name}`") for name in ends(element.name))
    found = {_BELOW: high < literal(least), _ABOVE: low > literal(most)}
    if codes := codes_in(element.typical):
        found[_CODES] = (low == high) & low.isin(*codes)
    return found
