"""A batch of rows as the table has them, to the typed columns that `columns` screens.

What cannot be used becomes unknown for its row, and is told with the reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import polars as pl

from trialscreen.cohort.cells import Latest, Reader
from trialscreen.cohort.days import read_days
from trialscreen.cohort.ledger import SCHEMA, Found
from trialscreen.cohort.matching import Column, Matched
from trialscreen.cohort.texts import Texts
from trialscreen.cohort.typed import as_text, fitting
from trialscreen.columns import computed, table_of
from trialscreen.errors import InputError, Problem
from trialscreen.lower import Program, lower
from trialscreen.text import printable
from trialscreen.trial import SCREENING_DATE, Element, Trial

KEY, ROW = "patient id", "row number"
"""Columns beside those of the elements, in whose names there is no space."""


class Anchor(NamedTuple):
    """Screening dates: `on` is everyone's, or that of a row whose own is empty.

    `today` is the last that a row can state. Without `is_given`, an empty one is a problem.
    """

    on: date
    today: date
    is_given: bool


@dataclass(frozen=True)
class Batches:
    """How the rows of one table are read: `prepared` for the scan, then `read`.

    `days` reads the column of screening dates, if there is one.
    """

    trial: Trial
    readers: tuple[Reader, ...]
    days: Reader | None
    anchor: Anchor
    schema: pl.Schema
    program: Program

    def read(self, cells: pl.DataFrame) -> tuple[pl.DataFrame, Found]:
        """The typed columns of a batch, as in `schema`, and what in it could not be used."""
        columns, latest, undated = self._anchored(cells)
        filled: dict[str, int] = {}
        bad = [_listed(cells, pl.Series(dtype=pl.UInt32), "", ())]
        for reader in self.readers:
            name = reader.element.name
            found = reader.read(cells[name], latest)
            columns += [c.alias(n) for c, n in zip(found.columns, reader.columns, strict=True)]
            filled[name] = len(cells) - cells[name].null_count()
            if found.bad is not None:
                bad.append(_listed(cells, found.bad, name, found.reasons))
        typed, contradictory = self._without_contradictions(cells, pl.DataFrame(columns))
        first, rows = cells[ROW][0], len(cells)
        return typed, Found(first, rows, filled, pl.concat(bad), contradictory, undated)

    def _anchored(self, cells: pl.DataFrame) -> tuple[list[pl.Series], Latest, pl.Series]:
        """The columns that are no elements, the last possible day, the rows that state none."""
        key, rows = cells[KEY], cells[ROW]
        if self.days is None:
            return [key], self.anchor.on, rows.clear()
        fallback = self.anchor.on if self.anchor.is_given else None
        days = read_days(self.days, cells[SCREENING_DATE], fallback, self.anchor.today)
        undated = rows.filter(days.is_null())
        days = days.fill_null(self.anchor.today)  # the run fails in the end; until then, go on
        return [key, days], days, undated

    def _without_contradictions(
        self, cells: pl.DataFrame, typed: pl.DataFrame
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """`typed` less what cannot be right together, and the list of that."""
        holds = {one.id: one.holds for one in self.program.contradictions}
        listed = [pl.DataFrame(schema=SCHEMA)]
        if not holds:
            return typed, listed[0]
        flags = computed(typed.lazy(), self.program, holds).collect()
        known = {name: self._is_known(typed, name) for name in self._columns}
        for one in self.program.contradictions:
            rows = flags[one.id].fill_null(value=False)
            if rows.any():
                for name in one.elements:
                    mine = rows & known[name]
                    places = mine.arg_true()
                    listed.append(_listed(cells, places, name, (one.reason,) * len(places)))
                    columns = [typed[column].set(mine, None) for column in self._columns[name]]
                    typed = typed.with_columns(columns)
        return typed, pl.concat(listed)

    @property
    def _columns(self) -> Mapping[str, tuple[str, ...]]:
        """The typed columns of each element."""
        return {reader.element.name: tuple(reader.columns) for reader in self.readers}

    def _is_known(self, typed: pl.DataFrame, name: str) -> pl.Series:
        return typed.select(
            pl.any_horizontal(pl.col(column).is_not_null() for column in self._columns[name])
        ).to_series()


def _listed(
    cells: pl.DataFrame, places: pl.Series, element: str, reasons: tuple[str, ...]
) -> pl.DataFrame:
    """Cells of one element as rows of SCHEMA."""
    columns = {
        "row": cells[ROW].gather(places),
        "id": cells[KEY].gather(places).cast(pl.String),
        "element": pl.Series([element]).new_from_index(0, len(places)),
        "reason": pl.Series(reasons, dtype=pl.String),
    }
    return pl.DataFrame(columns, schema=SCHEMA)


def plan_batches(
    trial: Trial, matched: Matched, schema: pl.Schema, key: str, anchor: Anchor
) -> Batches:
    """How to read a table of this `schema`, whose ids are in column `key`.

    Raises InputError for a column whose cells are no single values.
    """
    problems: list[Problem] = []
    readers: dict[str, Reader] = {}
    for column in matched.columns:
        reader = _reader(trial, column, schema[column.name])
        if reader is None:
            where = f"the column {printable(column.name)}"
            message = f"its cells are of type {schema[column.name]}; expected single values"
            problems.append(Problem(where, message))
        else:
            readers[column.element.name] = reader
    if not (schema[key].is_integer() or isinstance(schema[key], pl.String)):
        message = f"its cells are of type {schema[key]}; ids are text or whole numbers"
        problems.append(Problem(f"the column {printable(key)}", message))
    if problems:
        raise InputError(problems)
    days = readers.pop(SCREENING_DATE, None)
    typed = {KEY: schema[key]} | ({} if days is None else {SCREENING_DATE: pl.Date()})
    for reader in readers.values():
        typed |= reader.columns
    program = lower(trial, table_of(pl.Schema(typed), anchor.on))
    return Batches(trial, tuple(readers.values()), days, anchor, pl.Schema(typed), program)


def prepared(batches: Batches, frame: pl.LazyFrame, key: str) -> pl.LazyFrame:
    """The cells of the table as `Batches.read` takes them: ROW (from 1), KEY, the elements."""
    readers = batches.readers if batches.days is None else (batches.days, *batches.readers)
    columns = [reader.prepared.alias(reader.element.name) for reader in readers]
    return frame.select(pl.col(key).alias(KEY), *columns).with_row_index(ROW, offset=1)


def _reader(trial: Trial, column: Column, kind: pl.DataType) -> Reader | None:
    """The reader of a column: as it is, if its type fits, else through the parser."""
    element: Element = column.element
    fits = None if column.unit else fitting(trial, element, column.name, kind)
    if fits is not None:
        return fits
    text = as_text(column.name, kind)
    return None if text is None else Texts(trial, element, text, column.unit)
