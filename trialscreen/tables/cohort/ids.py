"""The ids of a cohort: none empty, none twice. Blanks around an id make no other of it.

Ids that ascend, as an export's mostly do, are checked on the way, batch by batch. Else
their 64-bit hashes are compared afterwards: 8 bytes for each row.
"""

from collections.abc import Iterable, Iterator, Sequence

import polars as pl

from trialscreen.model.errors import Problem
from trialscreen.tables.cohort.readers.cells import NO_VALUE
from trialscreen.tables.cohort.readers.opened import place_of
from trialscreen.text.characters import BLANKS, shown, some


class Ids:
    """Takes the ids of each batch, in the order of the rows.

    `title` is that of their column: as an id, it tells of a header that stands there again.
    `blank` is as in `Tables`.
    """

    def __init__(self, title: str, blank: Sequence[int] = ()) -> None:
        self._title, self._blank = title, blank
        self._headers: list[int] = []
        self._first: str | int | None = None
        self._last: str | int | None = None
        self._ascending = True
        self._empty: list[int] = []
        self._without: list[str] = []

    def add(self, ids: pl.Series, rows: pl.Series) -> None:
        """`rows` are the numbers of the rows that `ids` stand in."""
        ascending, is_text = _ascend(ids), isinstance(ids.dtype, pl.String)
        if is_text and not (ascending and _have_no_blanks(ids)):
            ids = ids.str.strip_chars(BLANKS)
            ascending = _ascend(ids)
        first, last = ids[0], ids[-1]
        # An empty one comes before all else, and one without a value after all else.
        fine = ascending and first is not None and first != ""
        if not fine:
            is_empty = ids.is_null() | (ids == "") if is_text else ids.is_null()
            self._empty.extend(rows.filter(is_empty))
        if is_text and not (fine and last < NO_VALUE):
            self._without.extend(ids.filter(ids.str.starts_with(NO_VALUE)))
        if is_text and (is_header := ids == self._title).any():
            self._headers.extend(rows.filter(is_header))
        self._ascending &= fine and (self._last is None or self._last < first)
        self._first, self._last = first if self._last is None else self._first, last

    @property
    def span(self) -> tuple[str | int | None, str | int | None] | None:
        """The first and the last, if they ascend and none is empty."""
        return (self._first, self._last) if self._ascending else None

    def problems(self, table: pl.LazyFrame, key: str, row: str) -> Iterator[Problem]:
        """What is wrong with the ids of `table`, in whose columns `key` and `row` they stand."""
        if self._headers:
            rows = self._listed(self._headers)
            message = f"the titles stand among the patients again; take them out of row {rows}"
            yield Problem("the ids", message)
        elif self._without:
            reasons = sorted(one.removeprefix(NO_VALUE) for one in self._without)
            yield Problem("the ids", f"every row needs one, and these have none: {some(reasons)}")
        elif self._empty:
            rows = self._listed(self._empty)
            yield Problem("the ids", f"every row needs one, and these have none: row {rows}")
        elif not self._ascending:
            yield from self._duplicates(table, key, row)

    def _listed(self, rows: Iterable[int]) -> str:
        return some([str(place_of(row, self._blank)) for row in sorted(rows)])

    def _duplicates(self, table: pl.LazyFrame, key: str, row: str) -> Iterator[Problem]:
        if isinstance(table.collect_schema()[key], pl.String):
            table = table.with_columns(pl.col(key).str.strip_chars(BLANKS))
        hashes = table.select(pl.col(key).hash()).collect(engine="streaming").to_series()
        twice = hashes.filter(hashes.is_duplicated()).unique()
        if twice.is_empty():
            return
        same = table.select(row, key).filter(pl.col(key).hash().is_in(twice.implode()))
        found = same.collect(engine="streaming").group_by(key, maintain_order=True).agg(row)
        found = found.filter(pl.col(row).list.len() > 1)
        names = [
            f"{shown(str(name))} (row {self._listed(rows)})" for name, rows in found.iter_rows()
        ]
        if names:
            yield Problem("the ids", f"each stands for one row, and these for more: {some(names)}")


def _ascend(ids: pl.Series) -> bool:
    return bool((ids.slice(1) > ids.slice(0, len(ids) - 1)).all(ignore_nulls=False))


def _have_no_blanks(ascending: pl.Series) -> bool:
    """Whether none begins or ends with what may be (a part of) a blank, as far as bytes tell."""
    if ascending[0] is None or not "!" <= ascending[0] <= ascending[-1] <= "~":
        return False
    last = ascending.cast(pl.Binary).bin.get(-1)
    return bool((last >= ord("!")).all() and (last <= ord("~")).all())
