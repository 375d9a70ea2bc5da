"""One cell of a table, and what comes of reading a column of them."""

import re
from datetime import date
from typing import NamedTuple, Protocol

import polars as pl

from trialscreen.errors import ValueProblem
from trialscreen.fact import Fact
from trialscreen.trial import Element, Trial
from trialscreen.values import read_value

Latest = date | pl.Series
"""The last day that a date can be: one for all rows, or one for each."""

_AT_MIDNIGHT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]00:00(:00(\.0+)?)?")
"""How spreadsheets and databases write a day."""


class Read(NamedTuple):
    """Typed columns, null where nothing is known, and the cells that could not be read.

    `bad` are the places of these cells in the batch, `reasons` says why.
    """

    columns: list[pl.Series]
    bad: pl.Series | None = None
    reasons: tuple[str, ...] = ()


class Reader(Protocol):
    """Reads one column of a table, batch after batch, in several threads.

    `prepared` is what the scan makes of the column, under the element's name; `columns`
    names the typed columns that come out, in the order of `Read.columns`.
    """

    element: Element
    prepared: pl.Expr
    columns: dict[str, pl.DataType]

    def read(self, cells: pl.Series, latest: Latest) -> Read: ...


def read_cell(
    trial: Trial, element: Element, unit: str | None, text: str, latest: date
) -> Fact | None:
    """What one cell states; blank is unknown. A bare number is in `unit`, if one is given.

    Raises ValueProblem.
    """
    text = text.strip(" ")
    if not text:
        return None
    if unit is not None and text[-1].isdigit():
        text = f"{text} {unit}"
    if element.type == "date" and (day := _AT_MIDNIGHT.fullmatch(text)):
        text = day[1]
    return read_value(trial, element, text, latest)


def why_not(trial: Trial, element: Element, unit: str | None, text: str, latest: date) -> str:
    """Why a cell cannot be read."""
    try:
        read_cell(trial, element, unit, text, latest)
    except ValueProblem as problem:
        return str(problem)
    return "cannot be used"


def latest_at(latest: Latest, place: int) -> date:
    """The last day that a date can be in one row."""
    if isinstance(latest, date):
        return latest
    day: date = latest[place]
    return day
