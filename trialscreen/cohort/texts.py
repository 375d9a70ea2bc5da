"""A column of text to typed columns: each distinct text is read once, by the one parser.

Plain numbers and days take a shorter way, which a test holds equal to the parser.
Of a number that a formula computes with, or that one could contradict, three columns more
tell how it was written: see `lower.Table.as_written`.
"""

import re
from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple

import polars as pl

from trialscreen.cohort.cells import LATEST, Parser, Quick, Read
from trialscreen.cohort.forms import Form
from trialscreen.errors import ValueProblem
from trialscreen.fact import DIGITS_THAT_COUNT, Exactly, Fact, Numbers, closed, half_of
from trialscreen.spelling import folded
from trialscreen.trial import Element, Formula, Trial

REMEMBERED = 50_000
"""Distinct texts of a column kept from batch to batch; more than these are read anew."""

_PLAIN_NUMBER = r"^-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,20})?$"
_PLAIN_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_TEXT, _REASON = "the text", "why it cannot be read"


class Texts:
    """Reads the texts of one element's column, and remembers what they mean.

    Numbers and days come out as a lower and an upper bound.
    """

    def __init__(
        self, trial: Trial, element: Element, prepared: pl.Expr, form: Form | None = None
    ) -> None:
        self.element, self.prepared = element, prepared
        self._parser, self._spellings = Parser(trial, element, form), trial.spellings
        self.columns = _columns(trial, element)
        self._schema = {_TEXT: pl.String(), **self.columns, _REASON: pl.String()}
        # Threads share it: it is replaced as a whole, and whose it was last is no matter.
        self._known = _known(pl.DataFrame(schema=self._schema))

    def quick(self) -> Quick:
        known, codes = self._known, pl.col(self.element.name)
        columns = [pl.lit(known.facts[name]).gather(codes).alias(name) for name in self.columns]
        fine = pl.lit(value=True)
        if known.unread is not None:
            fine = pl.lit(known.unread).gather(codes).any().not_()
        if self.element.type == "date":
            fine &= (columns[1] <= pl.col(LATEST)).all()
        return Quick(codes.cast(known.texts, strict=False).to_physical(), columns, fine)

    def read(self, cells: pl.Series, latest: pl.Series) -> Read:
        # Dates are remembered whatever the day; what is too late is found afterwards.
        known = self._known
        codes = cells.cast(known.texts, strict=False).to_physical()
        unseen = cells.filter(codes.is_null() & cells.is_not_null()).unique()
        if len(unseen):
            known = _known(pl.concat([known.facts, self._facts(unseen)]))
            codes = cells.cast(known.texts).to_physical()
            if len(known.facts) <= REMEMBERED:
                self._known = known
        columns = [known.facts[name].gather(codes) for name in self.columns]
        is_bad = known.facts[_REASON].gather(codes).is_not_null()
        if self.element.type == "date":
            low, high = columns
            is_bad |= (low > latest).fill_null(value=False)
            columns[1] = high.zip_with((high <= latest).fill_null(value=True), latest)
        return self._parser.without_bad(cells, latest, is_bad, columns)

    def _facts(self, texts: pl.Series) -> pl.DataFrame:
        """What these texts mean, as rows of `self._known`."""
        plain = self._plain(texts)
        others = texts.filter(~texts.is_in(plain[_TEXT].implode()))
        rows = pl.DataFrame([self._row(text) for text in others], schema=self._schema)
        return pl.concat([plain, rows])

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

    @cached_property
    def _has_plain(self) -> bool:
        """Whether a plain number or day states just that, and is no word for something else."""
        if self.element.type in ("boolean", "choice") or not self._parser.form.is_usual:
            return False
        words = map(folded, (*self.element.spellings, *self._spellings))
        return not any(re.search(f"{_PLAIN_NUMBER}|{_PLAIN_DAY}", word) for word in words)

    def _plain(self, texts: pl.Series) -> pl.DataFrame:
        """What the texts mean that need no parser."""
        element, text = self.element, pl.col(_TEXT)
        if not self._has_plain:
            return pl.DataFrame(schema=self._schema)
        low, high = element.range or (date.min, date.max)
        if element.type == "date":
            value, plain = text.str.to_date("%Y-%m-%d", strict=False), _PLAIN_DAY
        else:
            value, plain = text.cast(pl.Float64, strict=False), _PLAIN_NUMBER
        is_plain = text.str.contains(plain) & value.is_between(low, high)
        if element.type == "integer":
            is_plain &= value == value.floor()
        form = self._parser.form
        is_plain &= ~value.is_in(form.days if element.type == "date" else form.numbers)
        found = texts.alias(_TEXT).to_frame().filter(is_plain).with_columns(value=value)
        return self._in_columns(found)

    def _in_columns(self, found: pl.DataFrame) -> pl.DataFrame:
        """`found` (a text and its exact value) as rows of `self._known`."""
        name, value = self.element.name, pl.col("value")
        columns = {f"{name}_low": value, f"{name}_high": value}
        if f"{name}_half" in self.columns:
            decimals = pl.col(_TEXT).str.extract(r"\.(.*)").str.len_bytes().fill_null(0)
            halves = pl.Series([half_of(count) for count in range(DIGITS_THAT_COUNT + 1)])
            count = decimals.clip(upper_bound=DIGITS_THAT_COUNT)
            columns |= dict.fromkeys((f"{name}_low_open", f"{name}_high_open"), pl.lit(value=False))
            columns[f"{name}_half"] = pl.lit(halves).gather(count)
        columns[_REASON] = pl.lit(None, pl.String)
        return found.with_columns(**columns).select(*self._schema)


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


class _Known(NamedTuple):
    """Texts and what they mean; `unread` tells those that cannot be read, if there are any."""

    facts: pl.DataFrame
    texts: pl.Enum
    unread: pl.Series | None


def _known(facts: pl.DataFrame) -> _Known:
    unread = facts[_REASON].is_not_null()
    return _Known(facts, pl.Enum(facts[_TEXT]), unread if unread.any() else None)
