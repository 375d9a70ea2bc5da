"""A column of text to typed columns: each distinct text is read once, by the one parser.

Plain numbers and days take a shorter way, which a test holds equal to the parser.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl

from trialscreen.cohort.cells import Latest, Read, latest_at, read_cell, why_not
from trialscreen.errors import ValueProblem
from trialscreen.fact import Exactly, Fact, Numbers
from trialscreen.trial import Element, Trial

REMEMBERED = 50_000
"""Distinct texts of a column kept from batch to batch; more than these are read anew."""

_PLAIN_NUMBER = r"^-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,20})?$"
_PLAIN_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_TEXT, _REASON = "the text", "why it cannot be read"


class Texts:
    """Reads the texts of one element's column, and remembers what they mean.

    Numbers and days come out as a lower and an upper bound. A number that a formula could
    contradict has a column of its own where it is written without a point.
    """

    def __init__(
        self, trial: Trial, element: Element, prepared: pl.Expr, unit: str | None = None
    ) -> None:
        self.trial, self.element, self.prepared, self.unit = trial, element, prepared, unit
        self.columns = _columns(element)
        schema = {_TEXT: pl.String(), **self.columns, _REASON: pl.String()}
        self._known = pl.DataFrame(schema=schema)

    def read(self, cells: pl.Series, latest: Latest) -> Read:
        # Dates are remembered whatever the day; what is too late is found afterwards.
        known = self._known
        codes = _codes(cells, known)
        unseen = cells.filter(codes.is_null() & cells.is_not_null()).unique()
        if len(unseen):
            known = pl.concat([known, self._facts(unseen)])
            codes = _codes(cells, known)
            if len(known) <= REMEMBERED:
                self._known = known
        columns = [known[name].gather(codes) for name in self.columns]
        unread = known[_REASON].gather(codes).is_not_null()
        if self.element.type == "date":
            low, high = columns
            late = (low > latest).fill_null(value=False)
            unread |= late
            columns = [low.set(late, None), _at_most(high, latest).set(late, None)]
        if not unread.any():
            return Read(columns)
        bad = unread.arg_true()
        texts = zip(bad, cells.gather(bad), strict=True)
        reasons = tuple(self._why_not(text, latest_at(latest, place)) for place, text in texts)
        return Read(columns, bad, reasons)

    def _why_not(self, text: str, latest: date) -> str:
        return why_not(self.trial, self.element, self.unit, text, latest)

    def _facts(self, texts: pl.Series) -> pl.DataFrame:
        """What these texts mean, as rows of `self._known`."""
        schema = self._known.schema
        plain = self._plain(texts)
        others = texts.filter(~texts.is_in(plain[_TEXT].implode()))
        rows = pl.DataFrame(map(self._row, others), schema=schema, orient="row")
        return pl.concat([plain, rows])

    def _row(self, text: str) -> dict[str, Any]:
        nothing: dict[str, Any] = dict.fromkeys(self._known.columns)
        try:
            fact = read_cell(self.trial, self.element, self.unit, text, date.max)
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
            case Numbers(int(low), high) if low == high and name in self.columns:
                return {name: low}
            case _:
                return {f"{name}_low": fact.low, f"{name}_high": fact.high}

    def _plain(self, texts: pl.Series) -> pl.DataFrame:
        """What the texts mean that need no parser."""
        element, text = self.element, pl.col(_TEXT)
        if element.range is None or element.spellings or self.unit is not None:
            return self._known.clear()
        low, high = element.range
        if element.type == "date":
            value, form = text.str.to_date("%Y-%m-%d", strict=False), _PLAIN_DAY
        else:
            value, form = text.cast(pl.Float64, strict=False), _PLAIN_NUMBER
        is_plain = text.str.contains(form) & value.is_between(low, high)
        if element.type == "integer":
            is_plain &= value == value.floor()
        found = texts.alias(_TEXT).to_frame().filter(is_plain).with_columns(value=value)
        return self._in_columns(found)

    def _in_columns(self, found: pl.DataFrame) -> pl.DataFrame:
        """`found` (a text and its exact value) as rows of `self._known`."""
        name, value = self.element.name, pl.col("value")
        bounds = value
        columns = {_REASON: pl.lit(None, pl.String)}
        if name in self.columns:
            is_whole = ~pl.col(_TEXT).str.contains(".", literal=True)
            bounds = pl.when(~is_whole).then(value)
            columns[name] = pl.when(is_whole).then(value).cast(pl.Int64)
        columns |= {f"{name}_low": bounds, f"{name}_high": bounds}
        return found.with_columns(**columns).select(self._known.columns)


def _columns(element: Element) -> dict[str, pl.DataType]:
    name = element.name
    match element.type:
        case "boolean":
            return {name: pl.Boolean()}
        case "choice":
            return {name: pl.Enum(list(element.choices))}
        case "date":
            return {f"{name}_low": pl.Date(), f"{name}_high": pl.Date()}
        case _:
            whole: dict[str, pl.DataType] = {name: pl.Int64()} if element.derive else {}
            return {**whole, f"{name}_low": pl.Float64(), f"{name}_high": pl.Float64()}


def _codes(texts: pl.Series, known: pl.DataFrame) -> pl.Series:
    """Where each text stands in `known`; null where it does not."""
    return texts.cast(pl.Enum(known[_TEXT]), strict=False).to_physical()


def _at_most(days: pl.Series, latest: Latest) -> pl.Series:
    limit = pl.Series([latest], dtype=pl.Date) if isinstance(latest, date) else latest
    return days.zip_with((days <= limit).fill_null(value=True), limit)
