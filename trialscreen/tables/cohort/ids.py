"""The ids of a cohort: none empty, none twice. Blanks around an id make no other of it.

Ids that ascend, as an export's mostly do, are checked on the way, batch by batch. Else
their 64-bit hashes are compared afterwards: 8 bytes for each row. Where reading the ids again
would be slow (all but Parquet), the hashes are kept on the way, also of ids that ascend.
"""

from collections.abc import Callable, Iterable, Iterator

import polars as pl

from trialscreen.model.errors import Problem
from trialscreen.tables.cohort.column_map import KEY, ROW
from trialscreen.tables.cohort.readers.cells import NO_VALUE
from trialscreen.text.characters import BLANKS, shown, some


class Ids:
    """Takes the ids of each batch, in the order of the rows.

    `title` is that of their column: as an id, it tells of a header that stands there again. If it
    `remembers` all hashes, ids need not be read again.
    """

    def __init__(self, title: str, *, remembers: bool = False) -> None:
        self._title, self._remembers = title, remembers
        self._hashes: list[pl.Series] = []
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
            ids = _stripped(ids)
            ascending = _ascend(ids)
        if self._remembers:
            self._hashes.append(ids.hash())
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

    def problems(self, again: Callable[[], Iterable[pl.DataFrame]]) -> Iterator[Problem]:
        """What is wrong with the ids; `again` gives all batches anew, with KEY and ROW."""
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
            yield from self._duplicates(again)

    def _listed(self, rows: Iterable[int]) -> str:
        return some([str(row) for row in sorted(rows)])

    def _duplicates(self, again: Callable[[], Iterable[pl.DataFrame]]) -> Iterator[Problem]:
        hashes = pl.concat(self._hashes or [_stripped(batch[KEY]).hash() for batch in again()])
        twice = hashes.filter(hashes.is_duplicated()).unique().implode()
        if twice[0].is_empty():
            return
        batches = (batch.select(ROW, _stripped(batch[KEY])) for batch in again())
        same = pl.concat(batch.filter(batch[KEY].hash().is_in(twice)) for batch in batches)
        found = same.group_by(KEY, maintain_order=True).agg(ROW)
        found = found.filter(pl.col(ROW).list.len() > 1)
        names = [
            f"{shown(str(name))} (row {self._listed(rows)})" for name, rows in found.iter_rows()
        ]
        if names:
            yield Problem("the ids", f"each stands for one row, and these for more: {some(names)}")


def _stripped(ids: pl.Series) -> pl.Series:
    return ids.str.strip_chars(BLANKS) if isinstance(ids.dtype, pl.String) else ids


def _ascend(ids: pl.Series) -> bool:
    return bool((ids.slice(1) > ids.slice(0, len(ids) - 1)).all(ignore_nulls=False))


def _have_no_blanks(ascending: pl.Series) -> bool:
    """Whether none begins or ends with what may be (a part of) a blank, as far as bytes tell."""
    if ascending[0] is None or not "!" <= ascending[0] <= ascending[-1] <= "~":
        return False
    last = ascending.cast(pl.Binary).bin.get(-1)
    return bool((last >= ord("!")).all() and (last <= ord("~")).all())
