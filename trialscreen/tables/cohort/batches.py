"""A batch of rows as the table has them, to the typed columns that `columns` screens.

What cannot be read becomes unknown for its row, and is told with the reason.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import polars as pl

from trialscreen.model.errors import InputError, Problem
from trialscreen.model.trial import SCREENING_DATE, Trial
from trialscreen.tables.cohort.column_map import Column, Matched
from trialscreen.tables.cohort.problems import NOTHING, SCHEMA, UNUSABLE, Found
from trialscreen.tables.cohort.readers.cell_forms import JOINT, code_of
from trialscreen.tables.cohort.readers.cells import LATEST, Maker, Quick, Reader
from trialscreen.tables.cohort.text_columns import Texts
from trialscreen.tables.cohort.typed_columns import (
    READABLE,
    Fitting,
    as_text,
    fitting,
    is_known,
    named,
    undeclared,
)
from trialscreen.text.characters import printable


class Days(NamedTuple):
    """A screening date for each row, null where what is stated cannot be used."""

    days: pl.Series
    stated: pl.Series


def read_days(reader: Reader, cells: pl.Series, on: date, today: date) -> Days:
    """The stated dates, `on` for an empty one; each has to be one day, and none after `today`."""
    latest = pl.Series([today]).new_from_index(0, len(cells))
    columns, bad, _ = reader.read(cells, latest)
    low, high = columns[0], columns[-1]
    stated = low.is_not_null().scatter(bad, values=True)
    days = low.set((low != high).fill_null(value=False), None)
    return Days(days.zip_with(stated, pl.Series([on])).alias(SCREENING_DATE), stated)


KEY, ROW = "(patient id)", "(row number)"
"""Columns beside those of the elements, whose names are words."""

_TEXTS = (pl.String, pl.Categorical, pl.Enum)


class Anchor(NamedTuple):
    """Screening dates: `on` is that of all rows that state none, `today` the last possible."""

    on: date
    today: date


@dataclass(frozen=True)
class Batches:
    """How the rows of one table become the typed columns in `schema`.

    `prepared` for the scan; then `read`, unless it `is_ready`. What is wrong in columns
    that fit is left for `screener` to find. `days` reads the column of screening dates, if
    there is one.
    """

    fitting: tuple[Fitting, ...]
    makers: tuple[Maker, ...]
    days: Reader | None
    anchor: Anchor
    schema: pl.Schema

    @property
    def readers(self) -> tuple[Reader, ...]:
        return *self.fitting, *self.makers

    @property
    def is_ready(self) -> bool:
        """Whether the scan has typed columns as they are."""
        return not self.makers and self.days is None

    def read(self, cells: pl.DataFrame) -> tuple[pl.DataFrame, Found]:
        """A batch as in `schema`, and what in the cells of `makers` could not be used."""
        filled: dict[str, int] = {}
        cells, undated = self._dated(cells, filled)
        typed, unreadable = self._made(cells) if self.makers else (cells, NOTHING)
        filled |= known(typed, self.makers) + Counter(unreadable["element"])
        return typed.select(self.schema.names()), Found(filled, unreadable, undated=undated)

    def _made(self, cells: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """With the columns of `makers`, and a list of the cells that cannot be read."""
        ways, coded = self._coded(cells)
        fine = {f"fine {place}": way.fine for place, way in enumerate(ways)}
        columns = [column for way in ways for column in way.columns]
        typed = coded.select(*self._kept, *columns, **fine)
        mended: list[pl.Series] = []
        bad = [NOTHING]
        for maker, way, is_fine in zip(
            self.makers, ways, typed.head(1).select(*fine).row(0), strict=True
        ):
            if not is_fine:
                name = maker.element.name
                made = [typed[column] for column in maker.columns]
                found = maker.checked(way, cells[name], coded, made)
                pairs = zip(found.columns, maker.columns, strict=True)
                mended.extend(column.alias(name) for column, name in pairs)
                if found.reasons:
                    bad.append(listed(cells, found.bad, name, found.reasons))
        return typed.with_columns(mended), pl.concat(bad)

    def _coded(self, cells: pl.DataFrame) -> tuple[list[Quick], pl.DataFrame]:
        """How each column of `makers` is read, with no cell lost, and what is computed first."""
        ways = [maker.quick() for maker in self.makers]
        plain = cells.with_columns(column for way in ways for column in way.plain)
        coded = plain.with_columns(column for way in ways for column in way.coded)
        lost = {f"{place}": way.lost.sum() for place, way in enumerate(ways)}
        are_lost = coded.select(**lost).row(0)
        empty = cells.select(maker.element.name for maker in self.makers).null_count().row(0)
        again: list[pl.Series] = []
        for place, maker in enumerate(self.makers):
            if are_lost[place] > empty[place]:
                name = maker.element.name
                ways[place], column = maker.taught(ways[place], cells[name], coded)
                again.append(column)
        return ways, coded.with_columns(again)

    @property
    def _kept(self) -> list[str]:
        """The columns that need no reading."""
        beside = [ROW, KEY] if self.days is None else [ROW, KEY, SCREENING_DATE]
        return [*beside, *(reader.element.name for reader in self.fitting)]

    def _dated(self, cells: pl.DataFrame, filled: dict[str, int]) -> tuple[pl.DataFrame, list[int]]:
        """With LATEST, and each row's own screening date; and the rows where that is wrong."""
        on, today = self.anchor
        if self.days is None:
            return cells.with_columns(pl.lit(on).alias(LATEST)), []
        days, stated = read_days(self.days, cells[SCREENING_DATE], on, today)
        filled[SCREENING_DATE] = stated.arg_true().len()
        undated = cells[ROW].filter(days.is_null()).to_list()
        days = days.fill_null(today)  # the run fails in the end; until then, go on
        return cells.with_columns(days, days.alias(LATEST)), undated


def known(typed: pl.DataFrame, readers: Iterable[Reader]) -> Counter[str]:
    """In how many rows each element is known."""
    counts: Counter[str] = Counter()
    for reader in readers:
        first, *_ = reader.columns
        counts[reader.element.name] += len(typed) - typed[first].null_count()
    return counts


def listed(
    cells: pl.DataFrame,
    places: pl.Series,
    elements: str | Sequence[str],
    reasons: Sequence[str],
    kind: str = UNUSABLE,
) -> pl.DataFrame:
    """Cells of one element, or of one each, as rows of SCHEMA; `places` are those in `cells`."""
    names = [elements] * len(places) if isinstance(elements, str) else elements
    columns = {
        "row": cells[ROW].gather(places),
        "id": cells[KEY].gather(places).cast(pl.String),
        "element": pl.Series(names, dtype=pl.String),
        "reason": pl.Series(reasons, dtype=pl.String),
        "kind": pl.Series([kind]).new_from_index(0, len(places)),
    }
    return pl.DataFrame(columns, schema=SCHEMA)


def plan_batches(
    trial: Trial, matched: Matched, schema: pl.Schema, key: str, anchor: Anchor
) -> Batches:
    """How to read a table of this `schema`, whose ids are in column `key`.

    Raises InputError for a column whose cells are no single values.
    """
    problems: list[Problem] = []
    readers: dict[str, Fitting | Maker] = {}
    for column in matched.columns:
        try:
            readers[column.element.name] = _reader(trial, column, schema)
        except InputError as error:
            problems.extend(error.problems)
    if not (schema[key].is_integer() or isinstance(schema[key], _TEXTS)):
        message = f"its cells are of type {schema[key]}; ids are text or whole numbers"
        problems.append(Problem(f"the column {printable(key)}", message))
    if problems:
        raise InputError(problems)
    days = readers.pop(SCREENING_DATE, None)
    typed = {ROW: pl.UInt32(), KEY: _kind_of_ids(schema[key])} | (
        {} if days is None else {SCREENING_DATE: pl.Date()}
    )
    for reader in readers.values():
        typed |= reader.columns
    fitting = tuple(one for one in readers.values() if isinstance(one, Fitting))
    makers = tuple(one for one in readers.values() if not isinstance(one, Fitting))
    return Batches(fitting, makers, days, anchor, pl.Schema(typed))


def prepared(batches: Batches, frame: pl.LazyFrame, key: str) -> pl.LazyFrame:
    """The cells of the table as `Batches.read` takes them: ROW (from 1), KEY, the elements."""
    readers = batches.readers if batches.days is None else (batches.days, *batches.readers)
    columns = [reader.prepared.alias(reader.element.name) for reader in readers]
    number = ROW
    while number in frame.collect_schema():  # a table may have such a column
        number += "'"
    # Rows are numbered in the scan itself: numbered later, many more would be held in memory.
    numbered = frame.with_row_index(number, offset=1)
    ids = named(key).cast(batches.schema[KEY]).alias(KEY)
    return numbered.select(pl.col(number).alias(ROW), ids, *columns)


def _kind_of_ids(kind: pl.DataType) -> pl.DataType:
    return kind if kind.is_integer() else pl.String()


def _reader(trial: Trial, column: Column, schema: pl.Schema) -> Fitting | Maker:
    """The reader of a column: as it is, if its type fits, else through the parser."""
    element, kind, form = column.element, schema[column.name], column.form
    if is_known(kind) and not _needs_text(column, kind):
        cells = undeclared(named(column.name), kind, form)
        if (fits := fitting(trial, element, cells, kind)) is not None:
            return fits
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
    return Texts(trial, element, text, form)


def _needs_text(column: Column, kind: pl.DataType) -> bool:
    """Whether even cells of a fitting type have to be read."""
    form = column.form
    if form.unit is not None or form.values or form.beside:
        return True
    words: Iterable[str] = kind.categories if isinstance(kind, pl.Enum) else ()
    words = ("true", "false") if isinstance(kind, pl.Boolean) else words
    return not {*map(code_of, words)}.isdisjoint(form.codes)


def _text(name: str, schema: pl.Schema) -> pl.Expr:
    text = as_text(named(name), schema[name]) if is_known(schema[name]) else None
    if text is None:
        where = f"the column {printable(name)}"
        message = f"its cells are of type {schema[name]}; expected single values: {READABLE}"
        raise InputError([Problem(where, message)])
    return text
