"""A column of text to typed columns: each distinct text is read once, by the one parser.

Plain numbers and days take a shorter way, which a test holds equal to the parser.
Of a number that a formula computes with, or that one could contradict, three columns more
tell how it was written: see `compile.Table.as_written`.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import polars as pl

from trialscreen.model.errors import ValueProblem
from trialscreen.model.facts import Exactly, Fact, Numbers, closed
from trialscreen.model.trial import Element, Formula, Trial
from trialscreen.tables.cohort.column_map import LATEST
from trialscreen.tables.cohort.data_quality import NOTHING
from trialscreen.tables.cohort.plain_texts import half_as_written, has_plain, plain_value
from trialscreen.tables.cohort.readers.cells import Form, Parser
from trialscreen.tables.cohort.typed_columns import unreadable_apart

REMEMBERED = 50_000
"""Distinct texts of a column kept from batch to batch; with more than these it begins anew."""

_TEXT, _REASON, _PENDING = "the text", "why it cannot be read", "whether it is awaited"


class _Known(NamedTuple):
    """Texts and what they mean; `unread` tells those that cannot be read, if there are any."""

    facts: pl.DataFrame
    texts: pl.Enum
    unread: pl.Series | None


def _known(facts: pl.DataFrame) -> _Known:
    unread = facts[_REASON].is_not_null()
    return _Known(facts, pl.Enum(facts[_TEXT]), unread if unread.any() else None)


class TextColumn:
    """A column of texts, which remembers what they mean.

    `prepared` is what the scan makes of it, under the element's name; `columns` are the typed
    columns that come out. Numbers and days come out as a lower and an upper bound. What the
    engine reads as the parser does, plain cells, it reads each time; they are not remembered.
    """

    def __init__(
        self, trial: Trial, element: Element, prepared: pl.Expr, form: Form | None = None
    ) -> None:
        self.element, self.prepared = element, prepared
        self._parser = Parser(trial, element, form)
        self._has_plain = has_plain(trial, element, self._parser.form)
        self.columns = _columns(trial, element)
        self._schema = {
            _TEXT: pl.String(),
            **self.columns,
            _REASON: pl.String(),
            _PENDING: pl.Boolean(),
        }
        self._value, self._code = f"{element.name} (plain)", f"{element.name} (code)"
        self._nothing = self._known = _known(pl.DataFrame(schema=self._schema))

    def read(self, cells: pl.DataFrame) -> tuple[list[pl.Series], pl.DataFrame]:
        """The typed columns of `cells`, less what cannot be used; and that, listed."""
        typed, unreadable = read_texts((self,), cells)
        return typed[list(self.columns)].get_columns(), unreadable

    # How the engine reads a batch: `plain`, `coded` and `typed`, one computed after the other.

    def plain(self) -> list[pl.Expr]:
        """The values of plain cells, null where a cell is not plain."""
        if not self._has_plain:
            return []
        text, half = pl.col(self.element.name), f"{self.element.name}_half"
        value = plain_value(self.element, self._parser.form, text).alias(self._value)
        return [value, half_as_written(text).alias(half)] if half in self.columns else [value]

    def coded(self) -> list[pl.Expr]:
        """The codes of the cells that are not plain and known already."""
        if not self._is_coded:
            return []
        text, value = pl.col(self.element.name), pl.col(self._value)
        others = pl.when(value.is_null()).then(text) if self._has_plain else text
        codes = others.cast(self._known.texts, strict=False).to_physical()
        return [codes.alias(self._code)]

    @property
    def _is_coded(self) -> bool:
        return len(self._known.facts) > 0 or not self._has_plain

    def is_unread(self) -> pl.Expr:
        """Where nothing is known of a cell: it is empty, or its text is new."""
        names = [self._value] * self._has_plain + [self._code] * self._is_coded
        return pl.all_horizontal(pl.col(names).is_null())

    def learned(self, cells: pl.DataFrame) -> pl.Series:
        """The codes of all texts of a batch that is `coded`, new ones and others."""
        texts = cells[self.element.name]
        is_new = cells.select(self.is_unread()).to_series() & texts.is_not_null()
        new = texts.filter(is_new)
        # Days are read whatever the latest, which varies; what is too late is found afterwards.
        rows = pl.DataFrame([self._row(text) for text in new.unique()], schema=self._schema)
        self._known = _known(pl.concat([self._known.facts, rows]))
        codes = new.cast(self._known.texts).to_physical()
        if self._code in cells.columns:
            before = cells[self._code].cast(codes.dtype)
        else:
            before = pl.Series(self._code, [None], codes.dtype).new_from_index(0, len(cells))
        return before.scatter(is_new.arg_true(), codes)

    def typed(self) -> list[pl.Expr]:
        """The typed columns, of plain cells and of those that are known by their codes."""
        name, value = self.element.name, pl.col(self._value)
        found: dict[str, pl.Expr] = {}
        if self._has_plain:
            is_plain = pl.when(value.is_not_null())
            found = dict.fromkeys(self.columns, is_plain.then(pl.lit(value=False)))
            found |= dict.fromkeys((name, f"{name}_low", f"{name}_high"), value)
            found[f"{name}_half"] = is_plain.then(pl.col(f"{name}_half"))
        if self._is_coded:
            for column in self.columns:
                fact = pl.lit(self._known.facts[column]).gather(pl.col(self._code))
                found[column] = pl.coalesce(found[column], fact) if column in found else fact
        return [found[column].alias(column) for column in self.columns]

    def awaited(self) -> pl.Expr:
        """Where a value is awaited, under `awaited_column`."""
        is_awaited = pl.lit(value=False)
        if self._is_coded:
            is_awaited = pl.lit(self._known.facts[_PENDING]).gather(pl.col(self._code))
        return is_awaited.alias(awaited_column(self.element.name))

    def is_fine(self) -> pl.Expr:
        """Whether all cells of a batch can be used."""
        fine = pl.lit(value=True)
        if self._known.unread is not None:
            fine = pl.lit(self._known.unread).gather(pl.col(self._code)).any().not_()
        if self.element.type == "date":
            fine &= (self.typed()[1] <= pl.col(LATEST)).all()
        return fine

    def checked(
        self, cells: pl.DataFrame, columns: list[pl.Series]
    ) -> tuple[list[pl.Series], pl.DataFrame]:
        """The typed `columns` of a batch that is `coded`, less what cannot be used; and that."""
        reasons = pl.Series([None], dtype=pl.String).new_from_index(0, len(cells))
        if self._code in cells.columns:
            reasons = self._known.facts[_REASON].gather(cells[self._code])
        is_bad = reasons.is_not_null()
        if self.element.type != "date":
            return unreadable_apart(self._parser, cells, is_bad, columns, reasons)
        (low, high), latest = columns, cells[LATEST]
        is_bad |= (low > latest).fill_null(value=False)
        high = high.zip_with((high <= latest).fill_null(value=True), latest)
        return unreadable_apart(self._parser, cells, is_bad, [low, high])

    def forget(self) -> None:
        """Lets go of what has become too much."""
        if len(self._known.facts) > REMEMBERED:
            self._known = self._nothing

    def _row(self, text: str) -> dict[str, Any]:
        nothing: dict[str, Any] = dict.fromkeys(self._schema)
        try:
            fact = self._parser.read(text, date.max)
        except ValueProblem as problem:
            return {**nothing, _TEXT: text, _REASON: str(problem)}
        is_pending = fact is None and self._parser.is_pending(text)
        return {**nothing, _TEXT: text, **self._values(fact), _PENDING: is_pending}

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


def awaited_column(name: str) -> str:
    """The column that says in which rows an element is awaited."""
    return f"{name} (awaited)"


def read_texts(
    columns: Sequence[TextColumn], cells: pl.DataFrame, *, with_awaited: bool = False
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`cells`, which have LATEST, with the typed columns of all `columns`; and a list.

    What cannot be used is unknown, and listed. `with_awaited`, there is also the
    `awaited_column` of each. The engine does all columns at once.
    """
    plain = cells.with_columns(one for column in columns for one in column.plain())
    coded = plain.with_columns(one for column in columns for one in column.coded())
    coded = coded.with_columns(_new_codes(columns, coded))
    fine = {f"fine {place}": column.is_fine() for place, column in enumerate(columns)}
    awaited = [column.awaited() for column in columns] if with_awaited else []
    typed = (one for column in columns for one in column.typed())
    made = coded.select(*typed, *awaited, **fine)
    mended: list[pl.Series] = []
    bad = [NOTHING]
    for column, is_fine in zip(columns, made.head(1).select(*fine).row(0), strict=True):
        if not is_fine:
            used, unreadable = column.checked(coded, made[list(column.columns)].get_columns())
            mended.extend(one.alias(name) for one, name in zip(used, column.columns, strict=True))
            bad.append(unreadable)
        column.forget()
    return cells.with_columns(made.drop(*fine)).with_columns(mended), pl.concat(bad)


def _new_codes(columns: Sequence[TextColumn], coded: pl.DataFrame) -> list[pl.Series]:
    """Those of the columns in which there are texts that were not known."""
    unread = {f"{place}": column.is_unread().sum() for place, column in enumerate(columns)}
    empty = coded.select(column.element.name for column in columns).null_count().row(0)
    counts = zip(columns, coded.select(**unread).row(0), empty, strict=True)
    return [column.learned(coded) for column, count, none in counts if count > none]


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
