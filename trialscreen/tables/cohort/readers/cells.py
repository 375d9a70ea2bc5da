"""One cell of a table, and what comes of reading a column of them."""

from datetime import date
from typing import Any, NamedTuple, Protocol

import polars as pl

from trialscreen.answers.values import read_value
from trialscreen.model.errors import ValueProblem
from trialscreen.model.facts import Fact
from trialscreen.model.trial import Element, Trial
from trialscreen.tables.cohort.readers.cell_forms import JOINT, Form, Sayings, told

LATEST = "(latest day)"
"""The column beside those of the elements with the last day that a date of the row can be."""

NO_VALUE = "\uffff"
"""How a text begins that stands for a cell without a value, such as an error of a spreadsheet.

What follows is the reason. Such a cell is unknown and listed, and not counted as unreadable.
"""


class Quick(NamedTuple):
    """How a batch is read in which all is well with a column; the engine does all columns at once.

    `plain` is computed first, of the column of the element's name, and then `coded`, from both;
    `columns` are what comes out, if `fine` is true and only empty cells are `lost`. What the
    reader knew when it said so is `known`.
    """

    plain: list[pl.Expr]
    coded: list[pl.Expr]
    lost: pl.Expr
    columns: list[pl.Expr]
    fine: pl.Expr
    known: Any = None


class Read(NamedTuple):
    """Typed columns, null where nothing is known, and the cells that could not be read.

    `bad` are the places of these cells in the batch, `reasons` says why.
    """

    columns: list[pl.Series]
    bad: pl.Series
    reasons: tuple[str, ...]


class Reader(Protocol):
    """Reads one column of a table, batch after batch, in several threads.

    `prepared` is what the scan makes of the column, under the element's name; `columns`
    are the typed columns that come out. `read` gets cells and LATEST of their rows.
    """

    element: Element
    prepared: pl.Expr
    columns: dict[str, pl.DataType]

    def read(self, cells: pl.Series, latest: pl.Series) -> Read: ...


class Maker(Reader, Protocol):
    """A reader whose typed columns are still to be made, of all columns of a batch at once.

    `quick` says how. Where cells are lost on the way, `taught` says how they are not, and gives
    what of `coded` is to be replaced; where something is not `fine`, `checked` takes it out.
    """

    def quick(self) -> Quick: ...

    def taught(
        self, way: Quick, cells: pl.Series, coded: pl.DataFrame
    ) -> tuple[Quick, pl.Series]: ...

    def checked(
        self, way: Quick, cells: pl.Series, coded: pl.DataFrame, columns: list[pl.Series]
    ) -> Read: ...


class Parser:
    """Reads the cells of one element, which are written in this `form`."""

    def __init__(self, trial: Trial, element: Element, form: Form | None = None) -> None:
        self.trial, self.element = trial, element
        self.form = Form() if form is None else form
        self._sayings = Sayings(trial, element, self.form)

    def read(self, text: str, latest: date) -> Fact | None:
        """What a cell states; blank is unknown. Raises ValueProblem."""
        if NO_VALUE in text:
            reason = text.partition(NO_VALUE)[2].partition(JOINT)[0]
            raise ValueProblem(f"{NO_VALUE}{reason}")
        try:
            said = self._sayings.said(text)
            return None if said is None else read_value(self.trial, self.element, said, latest)
        except ValueProblem as problem:
            raise ValueProblem(told(text, str(problem))) from None

    def without_bad(
        self,
        cells: pl.Series,
        latest: pl.Series,
        is_bad: pl.Series,
        columns: list[pl.Series],
        known: pl.Series | None = None,
    ) -> Read:
        """`columns` less the rows whose cells are bad, and why these are: as `known`, or read."""
        bad = is_bad.arg_true()
        if bad.is_empty():
            return Read(columns, bad, ())
        columns = [column.set(is_bad, None) for column in columns]
        if known is not None:
            return Read(columns, bad, tuple(known.gather(bad)))
        texts = _texts(cells.gather(bad))
        days = latest.gather(bad)
        reasons = tuple(self._why_not(*one) for one in zip(texts, days, strict=True))
        return Read(columns, bad, reasons)

    def _why_not(self, text: str | None, latest: date) -> str:
        if text is None:
            return "is no day of the years 1 to 9999"
        try:
            self.read(text, latest)
        except ValueProblem as problem:
            return str(problem)
        return "cannot be used"


def _texts(cells: pl.Series) -> pl.Series:
    """Cells as text; null for a day that has none, which the engine cannot write."""
    cell = pl.col(cells.name)
    if cells.dtype.is_temporal():
        cell = pl.when(cell.is_between(date.min, date.max)).then(cell)
    return cells.to_frame().select(cell.cast(pl.String)).to_series()
