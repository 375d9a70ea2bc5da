"""A column of text to typed columns: each distinct text is read once, by the one parser.

Plain numbers and days take a shorter way, which a test holds equal to the parser.
Of a number that a formula computes with, or that one could contradict, three columns more
tell how it was written: see `lower.Table.as_written`.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

import polars as pl

from trialscreen.model.errors import ValueProblem
from trialscreen.model.facts import Exactly, Fact, Numbers, closed
from trialscreen.model.trial import Element, Formula, Trial
from trialscreen.tables.cohort.plain_texts import half_as_written, has_plain, plain_value
from trialscreen.tables.cohort.readers.cell_forms import Form
from trialscreen.tables.cohort.readers.cells import LATEST, Parser, Quick, Read

REMEMBERED = 50_000
"""Distinct texts of a column kept from batch to batch; more than these are read anew."""

_TEXT, _REASON = "the text", "why it cannot be read"


class _Known(NamedTuple):
    """Texts and what they mean; `unread` tells those that cannot be read, if there are any."""

    facts: pl.DataFrame
    texts: pl.Enum
    unread: pl.Series | None


def _known(facts: pl.DataFrame) -> _Known:
    unread = facts[_REASON].is_not_null()
    return _Known(facts, pl.Enum(facts[_TEXT]), unread if unread.any() else None)


class Texts:
    """Reads the texts of one element's column, and remembers what they mean.

    Numbers and days come out as a lower and an upper bound. What the engine reads as the
    parser does, plain cells, it reads each time; they are not remembered.
    """

    def __init__(
        self, trial: Trial, element: Element, prepared: pl.Expr, form: Form | None = None
    ) -> None:
        self.element, self.prepared = element, prepared
        self._parser = Parser(trial, element, form)
        self._has_plain = has_plain(trial, element, self._parser.form)
        self.columns = _columns(trial, element)
        self._schema = {_TEXT: pl.String(), **self.columns, _REASON: pl.String()}
        self._value, self._code = f"{element.name} (plain)", f"{element.name} (code)"
        # Threads share it: it is replaced as a whole, and whose it was last is no matter.
        self._known = _known(pl.DataFrame(schema=self._schema))

    def quick(self) -> Quick:
        return self._quick(self._known)

    def _quick(self, known: _Known) -> Quick:
        text, value, code = map(pl.col, (self.element.name, self._value, self._code))
        others, coded, lost = text, [], []
        if self._has_plain:
            lost.append(value.is_null())
            others = pl.when(value.is_null()).then(text)
        is_coded = len(known.facts) > 0 or not self._has_plain
        if is_coded:
            codes = others.cast(known.texts, strict=False).to_physical()
            coded.append(codes.alias(self._code))
            lost.append(code.is_null())
        fine = pl.lit(value=True)
        if known.unread is not None:
            fine = pl.lit(known.unread).gather(code).any().not_()
        columns = self._columns(known if is_coded else None)
        if self.element.type == "date":
            fine &= (columns[1] <= pl.col(LATEST)).all()
        return Quick(self._plain(), coded, pl.all_horizontal(lost), columns, fine, known)

    def _plain(self) -> list[pl.Expr]:
        """What the engine reads of the cells: their value where they are plain, else null."""
        if not self._has_plain:
            return []
        text, half = pl.col(self.element.name), f"{self.element.name}_half"
        value = plain_value(self.element, self._parser.form, text).alias(self._value)
        return [value, half_as_written(text).alias(half)] if half in self.columns else [value]

    def _columns(self, known: _Known | None) -> list[pl.Expr]:
        """The typed columns, of plain cells and of those that are known by their codes."""
        name, value = self.element.name, pl.col(self._value)
        found: dict[str, pl.Expr] = {}
        if self._has_plain:
            is_plain = pl.when(value.is_not_null())
            found = dict.fromkeys(self.columns, is_plain.then(pl.lit(value=False)))
            found |= dict.fromkeys((name, f"{name}_low", f"{name}_high"), value)
            found[f"{name}_half"] = is_plain.then(pl.col(f"{name}_half"))
        if known is not None:
            for column in self.columns:
                fact = pl.lit(known.facts[column]).gather(pl.col(self._code))
                found[column] = pl.coalesce(found[column], fact) if column in found else fact
        return [found[column].alias(column) for column in self.columns]

    def taught(self, way: Quick, cells: pl.Series, coded: pl.DataFrame) -> tuple[Quick, pl.Series]:
        is_lost = coded.select(way.lost).to_series() & cells.is_not_null()
        others = cells.filter(is_lost)
        # Days are read whatever the latest, which varies; what is too late is found afterwards.
        rows = pl.DataFrame([self._row(text) for text in others.unique()], schema=self._schema)
        known = _known(pl.concat([way.known.facts, rows]))
        if len(known.facts) <= REMEMBERED:
            self._known = known
        codes = others.cast(known.texts).to_physical()
        if self._code in coded.columns:
            before = coded[self._code].cast(codes.dtype)
        else:
            before = pl.Series(self._code, [None], codes.dtype).new_from_index(0, len(cells))
        return self._quick(known), before.scatter(is_lost.arg_true(), codes)

    def read(self, cells: pl.Series, latest: pl.Series) -> Read:
        cells, latest = cells.alias(self.element.name), latest.alias(LATEST)
        way = self.quick()
        coded = pl.DataFrame([cells, latest]).with_columns(way.plain).with_columns(way.coded)
        way, code = self.taught(way, cells, coded)
        coded = coded.with_columns(code)
        return self.checked(way, cells, coded, coded.select(way.columns).get_columns())

    def checked(
        self, way: Quick, cells: pl.Series, coded: pl.DataFrame, columns: list[pl.Series]
    ) -> Read:
        latest = coded[LATEST]
        if self._code in coded.columns:
            reasons = way.known.facts[_REASON].gather(coded[self._code])
        else:
            reasons = pl.Series([None], dtype=pl.String).new_from_index(0, len(cells))
        is_bad = reasons.is_not_null()
        if self.element.type != "date":
            return self._parser.without_bad(cells, latest, is_bad, columns, reasons)
        low, high = columns
        is_bad |= (low > latest).fill_null(value=False)
        high = high.zip_with((high <= latest).fill_null(value=True), latest)
        return self._parser.without_bad(cells, latest, is_bad, [low, high])

    def _row(self, text: str) -> dict[str, Any]:
        nothing: dict[str, Any] = dict.fromkeys(self._schema)
        try:
            fact = self._parser.read(text, date.max)
        except ValueProblem as problem:
            return {**nothing, _TEXT: text, _REASON: str(problem)}
        return {**nothing, _TEXT: text, **self._values(fact)}

    def _values(self, fact: Fact | None) -> Mapping[str, Any]:
        name = self.element.name
        match fact:
            case None:
                return {}
            case Exactly(value):
                return {name: value}
            case Numbers() if f"{name}_half" in self.columns:
                return dict(zip(self.columns, fact, strict=True))
            case Numbers():
                fact = closed(fact)
            case _:
                pass
        return {f"{name}_low": fact.low, f"{name}_high": fact.high}


def _columns(trial: Trial, element: Element) -> dict[str, pl.DataType]:
    name = element.name
    match element.type:
        case "boolean":
            return {name: pl.Boolean()}
        case "choice":
            return {name: pl.Enum(list(element.choices))}
        case "date":
            return {f"{name}_low": pl.Date(), f"{name}_high": pl.Date()}
        case _:
            ends: dict[str, pl.DataType] = dict.fromkeys(
                (f"{name}_low", f"{name}_high"), pl.Float64()
            )
            if name not in _computed_with(trial):
                return ends
            opens = dict.fromkeys((f"{name}_low_open", f"{name}_high_open"), pl.Boolean())
            return {**ends, **opens, f"{name}_half": pl.Float64()}


def _computed_with(trial: Trial) -> set[str]:
    """The elements that formulas compute, and those that they compute with."""
    formulas = {
        one.name: one.derive.inputs
        for one in trial.elements.values()
        if isinstance(one.derive, Formula)
    }
    return {*formulas, *(name for inputs in formulas.values() for name in inputs)}
