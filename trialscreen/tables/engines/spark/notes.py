"""What is to be told of the values of a table, noted beside its findings in the same pass.

As text of Spark's SQL, to be part of one query.
"""

from collections.abc import Container, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from pyspark.sql import DataFrame
from pyspark.sql import functions as f

from trialscreen.model import expr
from trialscreen.model.trial import SCREENING_DATE, Element, Trial
from trialscreen.tables.compile.simplify import both, compare, either, negated, unknown
from trialscreen.tables.compile.usable import beside_range
from trialscreen.tables.engines.spark.counted import (
    ABOVE,
    BELOW,
    CODES,
    CONTRADICTORY,
    EMPTY,
    LATE,
    STATED,
    UNUSABLE,
    Counts,
    ends,
    text_of,
    told_of,
)
from trialscreen.tables.engines.sql.query import contradictory
from trialscreen.tables.quality import codes_in

_TOLD = "what is told of the values"
_ODD = "whether anything may be told of the values"
_BITS = 63
"""Of a whole number."""


class Notes(NamedTuple):
    """Columns beside the findings, from which all that is told of values can be counted.

    `columns`: those of each element that is followed. `contradicting`: the elements of them that
    can contradict others. `on`: everyone's screening date; None where it stands in a column.
    """

    trial: Trial
    columns: Mapping[str, Sequence[str]]
    contradicting: Container[str]
    on: date | None
    today: date

    def given(self) -> dict[str, str]:
        """Over the table: which columns state something, and whether anything is to be told."""
        stated = {_word(number): _bits(names) for number, names in enumerate(self._words)}
        fine = both(*map(self._is_fine, self.columns))
        return {**stated, _ODD: f"NOT coalesce({text_of(fine)}, false)"}

    def used(self) -> dict[str, str]:
        """Over what `values_query` makes of it: what is so of values, as numbers in a text."""
        conditions, numbers = self._conditions(), self._numbers()
        told = (_first(name, kinds, numbers) for name, kinds in conditions.items() if kinds)
        struck = (kinds[CONTRADICTORY] for kinds in conditions.values() if CONTRADICTORY in kinds)
        # Most rows have nothing to tell: to see that is less work than to see what.
        some = " OR ".join([text_of(expr.Column(_ODD)), *struck])
        every = ", ".join(["' '", *told])
        return {_TOLD: f"CASE WHEN {some} THEN concat_ws({every}) END"}

    @property
    def between(self) -> list[str]:
        """The columns of `given` that `used` needs."""
        return [*self.beside[1:], _ODD]

    @property
    def beside(self) -> list[str]:
        """The columns that stay beside the findings."""
        return [_TOLD, *(_word(number) for number, _ in enumerate(self._words))]

    def counted(self, findings: DataFrame) -> Counts:
        """Of findings with the columns `beside`."""
        verdict = f.concat_ws("/", "verdict", "open")
        told = f.split(f.concat_ws(" ", verdict, f.nullif(_TOLD, f.lit(""))), " ")
        each = findings.select(f.explode(told).alias("one")).groupBy("one").count()
        verdicts: dict[tuple[str, str | None], int] = {}
        found: dict[str, int] = {}
        names = [*self._numbers()]
        for one, rows in each.collect():
            if one.isdecimal():
                found[names[int(one)]] = rows
            else:
                known, _, lacks = one.partition("/")
                verdicts[known, lacks or None] = rows
        if odd := sorted({name.partition(" ")[2] for name in found}):
            stated = [
                f.count_if(f.expr(self._states(name))).alias(told_of(STATED, name)) for name in odd
            ]
            found |= findings.agg(*stated).collect()[0].asDict()
        return Counts(self.trial, tuple(self.columns), verdicts, found)

    # What is so of a value.

    def _numbers(self) -> dict[str, str]:
        """A number for each thing that may be told."""
        named = (
            told_of(what, name) for name, kinds in self._conditions().items() for what in kinds
        )
        return {name: str(number) for number, name in enumerate(named)}

    def _conditions(self) -> dict[str, dict[str, str]]:
        """Of the conditions of one element, the first that is met counts."""
        return {name: self._conditions_of(self.trial.elements[name]) for name in self.columns}

    def _conditions_of(self, element: Element) -> dict[str, str]:
        name = element.name
        found: dict[str, str] = {}
        if name in self.contradicting:
            found[CONTRADICTORY] = text_of(expr.Column(contradictory(name)))
        if element.type != "boolean":
            lost = (f"({self._has(one)} AND `{one}` IS NULL)" for one in self.columns[name])
            found[UNUSABLE] = " OR ".join(lost)
        if name == SCREENING_DATE:
            found[EMPTY] = f"NOT {self._has(name)}"
            found[LATE] = text_of(compare(">", expr.Column(name), expr.Constant(self.today)))
        if element.typical is not None:
            (least, most), (low, high) = (
                map(expr.Constant, element.typical),
                ends(name, self.columns[name]),
            )
            found[BELOW] = text_of(compare("<", high, least))
            found[ABOVE] = text_of(compare(">", low, most))
            if codes := codes_in(element.typical):
                alike = both(compare("==", low, high), _is_one_of(low, codes))
                found[CODES] = text_of(alike)
        return found

    def _is_fine(self, name: str) -> expr.Scalar:
        """Whether none of that can be so of a value as given, but that it contradicts others."""
        element, cell = self.trial.elements[name], expr.Column(name)
        if name == SCREENING_DATE:
            return both(
                self._is_usual(element, cell), compare("<=", cell, expr.Constant(self.today))
            )
        missing = both(*(unknown(expr.Column(one)) for one in self.columns[name]))
        if self.columns[name] != [name]:
            return missing
        return either(missing, self._is_usual(element, cell))

    def _is_usual(self, element: Element, cell: expr.Scalar) -> expr.Scalar:
        tests: list[expr.Scalar] = []
        if limits := element.typical or element.range:
            least, most = map(expr.Constant, limits)
            tests = [compare(">=", cell, least), compare("<=", cell, most)]
        if codes := codes_in(element.typical) if element.typical else ():
            tests.append(negated(_is_one_of(cell, codes)))
        day = expr.Column(SCREENING_DATE) if self.on is None else expr.Constant(self.on)
        return both(*tests, beside_range(element, cell, day))

    # Which columns state something, as bits of whole numbers.

    @property
    def _words(self) -> list[Sequence[str]]:
        names = [one for columns in self.columns.values() for one in columns]
        return [names[first : first + _BITS] for first in range(0, len(names), _BITS)]

    def _has(self, column: str) -> str:
        number, names = next(
            (number, names) for number, names in enumerate(self._words) if column in names
        )
        return f"(`{_word(number)}` & {1 << names.index(column)}) != 0"

    def _states(self, element: str) -> str:
        return " OR ".join(f"({self._has(one)})" for one in self.columns[element])


def _word(number: int) -> str:
    return f"which values are stated {number}"


def _bits(columns: Sequence[str]) -> str:
    each = (
        f"CASE WHEN `{name}` IS NULL THEN 0L ELSE {1 << bit}L END"
        for bit, name in enumerate(columns)
    )
    return " | ".join(each)


def _is_one_of(number: expr.Scalar, codes: Sequence[float]) -> expr.Scalar:
    return either(*(compare("==", number, expr.Constant(code)) for code in codes))


def _first(name: str, kinds: Mapping[str, str], numbers: Mapping[str, str]) -> str:
    """The number of the first that is so of a value; null if nothing is."""
    cases = (f"WHEN {so} THEN '{numbers[told_of(what, name)]}'" for what, so in kinds.items())
    return f"CASE {' '.join(cases)} END"
