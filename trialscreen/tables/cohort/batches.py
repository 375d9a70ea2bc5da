"""Converts a batch of rows to the typed columns that `screener` screens.

A value that cannot be read becomes unknown for its row, and is reported with the reason.
"""

from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple, TypeVar

import polars as pl

from trialscreen.model.errors import Problem, collected, raise_any, refuse
from trialscreen.model.trial import SCREENING_DATE, Trial
from trialscreen.screening.samples import day_column
from trialscreen.tables.cohort.column_map import KEY, LATEST, ROW, ElementColumn, Matched
from trialscreen.tables.cohort.data_quality import NOTHING, BatchQuality, listed_where
from trialscreen.tables.cohort.readers.cells import JOINT, code_of
from trialscreen.tables.cohort.readers.opened import CellKind, NumberKind
from trialscreen.tables.cohort.text_columns import (
    TextColumn,
    awaited_column,
    later_column,
    read_texts,
)
from trialscreen.tables.cohort.typed_columns import (
    READABLE,
    TypedColumn,
    as_text,
    is_supported,
    named,
    typed_column,
    undeclared,
)
from trialscreen.text.characters import printable

_TEXTS = (pl.String, pl.Categorical, pl.Enum)


class Anchor(NamedTuple):
    """Screening dates: `on` is that of all rows that state none, `today` the last possible."""

    on: date
    today: date


@dataclass(frozen=True)
class Batches:
    """How the rows of one table become the typed columns in `schema`.

    `prepared` for the scan; then `read`, if there are `texts` or `days`. What is wrong in columns
    that are `typed` is left for `screener` to find. `days` is the column of screening dates, if
    there is one. `with_awaited`, the schema has the `awaited_column` of each of `texts`.
    `cells`: by column of the table, the element it holds, and how it may come in pieces.
    """

    typed: tuple[TypedColumn, ...]
    texts: tuple[TextColumn, ...]
    days: TypedColumn | TextColumn | None
    anchor: Anchor
    schema: pl.Schema
    with_awaited: bool = False
    cells: Mapping[str, tuple[str, CellKind]] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[TypedColumn | TextColumn, ...]:
        """Those of the elements."""
        return *self.typed, *self.texts

    def kinds(self, read: Container[str]) -> Mapping[str, CellKind]:
        """How columns of the table may come in pieces, where these typed columns are read.

        How numbers are written is seldom asked, and not told of typed ones.
        """
        kinds = {name: kind for name, (_, kind) in self.cells.items()}
        for name, (element, kind) in self.cells.items():
            is_told = f"{element}_half" in read
            if isinstance(kind, NumberKind) and (is_told or kind.doubtful is not None):
                kinds[name] = "words"
        return kinds

    def read(
        self, cells: pl.DataFrame, *, as_values: bool = False
    ) -> tuple[pl.DataFrame, BatchQuality]:
        """A batch as in `schema`, and what could not be used in `texts` and `days`.

        `as_values`: elements whose cells come typed have one column, of their name, and no bounds.
        """
        on, today = self.anchor
        filled: Counter[str] = Counter()
        undated: list[int] = []
        if self.days is None:
            cells = cells.with_columns(pl.lit(on).alias(LATEST))
        else:
            days, stated = read_days(self.days, cells, on, today)
            filled[SCREENING_DATE] = int(stated.sum())
            undated = cells[ROW].filter(days.is_null()).to_list()
            days = days.fill_null(today)  # the run fails in the end; until then, go on
            cells = cells.with_columns(days, days.alias(LATEST))
        made, unreadable = read_texts(
            self.texts, cells, with_awaited=self.with_awaited, as_values=as_values
        )
        given = {one.name: one for one in cells.get_columns() if one.name in self.schema}
        there = given | made
        names = there if as_values else self.schema
        typed = pl.DataFrame([there[name].alias(name) for name in names])
        for one in self.columns:
            is_later = made.get(later_column(day_column(one.element.name)))
            if is_later is not None and one.element.valid_for is not None:
                typed, struck = without_later(typed, one, is_later)
                unreadable = pl.concat([unreadable, struck])
        filled += known(typed, self.texts) + Counter(unreadable["element"])
        return typed, BatchQuality(filled, unreadable, undated=undated)


def without_later(
    typed: pl.DataFrame, column: TypedColumn | TextColumn, is_later: pl.Series
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`typed` less the values of a column whose samples are of later days; and these, listed.

    What was not known yet on the screening date cannot have decided anything on it.
    """
    where = is_later.fill_null(value=False)
    if not where.any():
        return typed, NOTHING
    name = column.element.name
    columns = [one for one in typed.columns if one in column.columns or one == name]
    reason = "its sample is of a day after the screening date"
    nulls = [typed[one].set(where, None) for one in columns]
    return typed.with_columns(nulls), listed_where(typed, name, columns, where, reason)


def read_days(
    column: TypedColumn | TextColumn, cells: pl.DataFrame, on: date, today: date
) -> tuple[pl.Series, pl.Series]:
    """The screening date of each row, null where what is stated cannot be used; which are stated.

    `on` is that of an empty cell; each has to be one day, and none after `today`.
    """
    columns, unreadable = column.read(cells.with_columns(pl.lit(today).alias(LATEST)))
    low, high = columns[0], columns[-1]
    stated = low.is_not_null() | cells[ROW].is_in(unreadable["row"].implode())
    days = low.set((low != high).fill_null(value=False), None)
    return days.zip_with(stated, pl.Series([on])).alias(SCREENING_DATE), stated


def known(typed: pl.DataFrame, columns: Iterable[TypedColumn | TextColumn]) -> Counter[str]:
    """In how many rows each element is known."""
    rows = len(typed)
    filled = {one.name: rows - one.null_count() for one in typed.get_columns()}
    counts: Counter[str] = Counter()
    for column in columns:
        name = column.element.name
        counts[name] += filled[name if name in filled else next(iter(column.columns))]
    return counts


def plan_batches(
    trial: Trial,
    matched: Matched,
    schema: pl.Schema,
    key: str,
    anchor: Anchor,
    *,
    with_awaited: bool = False,
) -> Batches:
    """How to read a table of this `schema`, whose ids are in column `key`.

    Raises InputError for a column whose cells are not single values.
    """
    problems: list[Problem] = []
    columns: dict[str, TypedColumn | TextColumn] = {}
    for column in matched.columns:
        with collected(problems):
            columns[column.element.name] = _planned(trial, column, schema)
    if not (schema[key].is_integer() or isinstance(schema[key], _TEXTS)):
        message = f"its cells are of type {schema[key]}; ids are text or whole numbers"
        problems.append(Problem(f"the column {printable(key)}", message))
    raise_any(problems)
    cells = {
        column.name: (column.element.name, planned.kind)
        for column in matched.columns
        if isinstance(planned := columns[column.element.name], TextColumn)
        and not column.form.beside
    }
    days = columns.pop(SCREENING_DATE, None)
    kinds = {ROW: pl.UInt32(), KEY: schema[key] if schema[key].is_integer() else pl.String()}
    kinds |= {} if days is None else {SCREENING_DATE: pl.Date()}
    for one in columns.values():
        kinds |= one.columns
    typed = tuple(one for one in columns.values() if isinstance(one, TypedColumn))
    texts = tuple(one for one in columns.values() if isinstance(one, TextColumn))
    if with_awaited:
        kinds |= {awaited_column(one.element.name): pl.Boolean() for one in texts}
    return Batches(typed, texts, days, anchor, pl.Schema(kinds), with_awaited, cells)


Frame = TypeVar("Frame", pl.LazyFrame, pl.DataFrame)


def prepared(batches: Batches, frame: Frame, key: str, numbers: pl.Series | None = None) -> Frame:
    """The cells of a table as `Batches.read` takes them: ROW, KEY, elements.

    `numbers` are those of its rows; from 1 on if None.
    """
    read = batches.columns if batches.days is None else (batches.days, *batches.columns)
    columns = [column.prepared.alias(column.element.name) for column in read]
    ids = named(key).cast(batches.schema[KEY]).alias(KEY)
    if numbers is not None:
        return frame.select(numbers.alias(ROW), ids, *columns)
    number, there = ROW, frame.collect_schema()
    while number in there:  # a table may have such a column
        number += "'"
    # Rows are numbered in the scan itself: numbered later, many more would be held in memory.
    numbered = frame.with_row_index(number, offset=1)
    return numbered.select(pl.col(number).alias(ROW), ids, *columns)


def _planned(trial: Trial, column: ElementColumn, schema: pl.Schema) -> TypedColumn | TextColumn:
    """The column as it is, if its type fits, else as texts for the parser."""
    element, kind, form = column.element, schema[column.name], column.form
    if is_supported(kind) and not _needs_text(column, kind):
        cells = undeclared(named(column.name), kind, form)
        if (typed := typed_column(trial, element, cells, kind)) is not None:
            return typed
    if not isinstance(kind, _TEXTS):  # typed numbers and days are written in one way
        form = form._replace(decimal=".")
        form = form._replace(date_format=None) if kind.is_temporal() else form
    text = _text(column.name, schema)
    if form.beside:
        sign, unit = (
            pl.lit("") if name is None else _text(name, schema).fill_null("")
            for name in (form.comparator_column, form.unit_column)
        )
        text = pl.concat_str(sign, text, unit, separator=JOINT)
    return TextColumn(trial, element, text, form)


def _needs_text(column: ElementColumn, kind: pl.DataType) -> bool:
    """Whether even cells of a fitting type have to be read."""
    form = column.form
    if form.unit is not None or form.values or form.beside:
        return True
    codes = form.codes
    words: Iterable[str] = kind.categories if codes and isinstance(kind, pl.Enum) else ()
    words = ("true", "false") if codes and isinstance(kind, pl.Boolean) else words
    return not {*map(code_of, words)}.isdisjoint(codes)


def _text(name: str, schema: pl.Schema) -> pl.Expr:
    text = as_text(named(name), schema[name]) if is_supported(schema[name]) else None
    if text is None:
        where = f"the column {printable(name)}"
        refuse(where, f"its cells are of type {schema[name]}; expected single values: {READABLE}")
    return text
