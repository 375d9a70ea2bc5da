"""Plain cells of text: the engine reads them just as the parser does.

Plain is what most programs write: digits with a point, YYYY-MM-DD, true and false.
"""

import re
from datetime import date
from functools import cache, partial
from typing import Any

import polars as pl

from trialscreen.model.facts import DIGITS_THAT_COUNT, half_of
from trialscreen.model.trial import Element, Trial
from trialscreen.tables.cohort.readers.cells import PLAIN_DAY, PLAIN_NUMBER, Form, number_of
from trialscreen.tables.cohort.readers.opened import CellKind, NumberKind
from trialscreen.text.spelling import folded

_YES_NO = frozenset(("true", "false"))
_HALVES = pl.Series([half_of(count) for count in range(DIGITS_THAT_COUNT + 1)])


def _has_plain(trial: Trial, element: Element, form: Form) -> bool:
    """Whether a plain cell states just that, and is not a word for something else."""
    if element.type == "choice" or not form.is_usual:
        return False
    words = {*map(_folded, (*element.spellings, *trial.spellings))}
    if element.type == "boolean":
        return words.isdisjoint(_YES_NO) and _YES_NO.isdisjoint(form.codes)
    if any(re.search(PLAIN_DAY, word) for word in words):
        return False
    # Of a typed number it is not known whether it was written like the code, such as `9.`
    odd = (code for code in form.codes if not re.search(PLAIN_NUMBER, code))
    # The engine could read any of these as a number.
    return all(number_of(word) is None for word in (*words, *odd))


_folded = cache(folded)
"""Of the words of trials, most of which all elements have."""


def kind_of(trial: Trial, element: Element, form: Form) -> CellKind:
    """How the cells of a column are read."""
    if not _has_plain(trial, element, form):
        return "words"
    match element.type:
        case "boolean":
            return "truth"
        case "date":
            return "day"
        case _:
            return NumberKind(partial(is_accepted, element, form))


def is_accepted(element: Element, form: Form, value: pl.Expr) -> pl.Expr:
    """Whether the value of a plain number or day is accepted, and no code."""
    low, high = element.range or (date.min, date.max)
    codes: list[Any] = form.days if element.type == "date" else form.numbers
    accepted = value.is_between(low, high)
    if element.type == "integer":
        accepted &= value == value.floor()
    return accepted & ~value.is_in(codes) if codes else accepted


def half_as_written(text: pl.Expr) -> pl.Expr:
    """Half a unit of the last digit of a plain number."""
    decimals = text.str.len_bytes() - text.str.find(".", literal=True) - 1
    return pl.lit(_HALVES).gather(decimals.fill_null(0).clip(upper_bound=DIGITS_THAT_COUNT))
