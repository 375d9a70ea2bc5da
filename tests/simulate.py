"""Simulated patients of stated prevalences, for benchmarks and for comparing interpreters.

`tests/data/prevalence.yaml` states the population. Each patient depends on the seed and on
the place in the population only: a longer table of the same seed begins with the shorter.

    python -m tests.simulate ROWS FILE.parquet|.csv [--seed N] [--on DATE] [--unknown SHARE]

writes a table of patients: `patient_id`, then a column per element, typed; empty where the
element does not apply, or is made unknown. Elements that a formula computes are left out.
"""

import argparse
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from statistics import NormalDist
from typing import Any
from zlib import crc32

import numpy as np
import polars as pl
from numpy.typing import NDArray
from polars.io.plugins import register_io_source

from tests.masks import EPOCH, Column, Mask, Patients
from tests.prevalence import (
    Always,
    Choices,
    Derived,
    Entry,
    Lognormal,
    Normal,
    Nothing,
    Part,
    Uniform,
    Yes,
    read_prevalence,
)
from trialscreen import load_trial
from trialscreen.fact import Exactly, Fact, day, number
from trialscreen.rule import Rule
from trialscreen.trial import Element, Trial

ON = date(2026, 6, 1)
BLOCK = 100_000
DAYS_PER_YEAR = 365.25
ID = "patient_id"

_STORED = {"quantity": np.float64, "integer": np.int64, "boolean": np.bool_, "date": np.int32}
Floats = NDArray[np.floating[Any]]


class Chance:
    """Random numbers of one block of patients; the same for the same name, whatever else is drawn."""

    def __init__(self, seed: int, block: int, rows: int) -> None:
        self.seed, self.block, self.rows = seed, block, rows

    def uniform(self, name: str) -> Floats:
        return self._generator(name).random(self.rows, dtype=np.float32)

    def normal(self, name: str) -> Floats:
        return self._generator(name).standard_normal(self.rows)

    def _generator(self, name: str) -> np.random.Generator:
        return np.random.Generator(np.random.SFC64([self.seed, self.block, crc32(name.encode())]))


class Drawing:
    """Draws the columns of one block, one element after the other."""

    def __init__(self, trial: Trial, chance: Chance, on: date) -> None:
        self.chance, self.on = chance, on
        self.columns: dict[str, Column] = {}
        self.patients = Patients(self.columns, trial.elements, on)
        self.factors: dict[str, Floats] = {}

    def draw(self, entry: Entry) -> None:
        """Adds the column of `entry`, part by part."""
        element, rows = entry.element, self.chance.rows
        values = np.zeros(rows, _STORED.get(element.type, np.int8))
        known = np.ones(rows, np.bool_)
        left = np.ones(rows, np.bool_)
        for index, part in enumerate(entry.parts):
            who = left & self._who(entry, part, index)
            left &= ~who
            if isinstance(part.distribution, Nothing):
                known &= ~who
            else:
                np.copyto(values, self._values(entry, part), where=who, casting="unsafe")
        if left.any():
            raise ValueError(f"prevalence of {element.name}: no part is left for some patients")
        self.columns[element.name] = Column(values, known)

    def _who(self, entry: Entry, part: Part, index: int) -> Mask:
        if part.when is not None:
            return self.patients.holds(part.when)
        if part.share < 1:
            return self._happens(entry, part.share, f"{entry.element.name} part {index}")
        return np.ones(self.chance.rows, np.bool_)

    def _happens(self, entry: Entry, share: float, name: str) -> Mask:
        """A share of patients; with loadings, those whose correlated normal is highest."""
        if not entry.loadings or share in (0, 1):
            return np.asarray(self.chance.uniform(name) < share)
        return np.asarray(self._normal(entry, name) > NormalDist().inv_cdf(1 - share))

    def _normal(self, entry: Entry, name: str) -> Floats:
        """Standard normal, correlated by the shared factors of `entry`."""
        own = 1 - sum(loading**2 for loading in entry.loadings.values())
        result = self.chance.normal(name) * np.sqrt(own) if own > 0 else np.zeros(self.chance.rows)
        for factor, loading in entry.loadings.items():
            if factor not in self.factors:
                self.factors[factor] = self.chance.normal(f"factor {factor}")
            result = result + loading * self.factors[factor]
        return result

    def _values(self, entry: Entry, part: Part) -> NDArray[Any]:
        element = entry.element
        match part.distribution:
            case Yes(share):
                return self._happens(entry, share, element.name)
            case Choices(shares):
                return self._choices(element, shares)
            case Derived():
                assert isinstance(element.derive, Rule)
                return self.patients.holds(element.derive)
            case _:
                numbers = self._clipped(entry, part)
                if element.type == "date":
                    return self._days(numbers, part)
                return np.round(numbers, 0 if element.type == "integer" else entry.decimals)

    def _choices(self, element: Element, shares: Any) -> NDArray[Any]:
        names = list(shares)
        ends = np.cumsum(list(shares.values()))[:-1]
        drawn = np.searchsorted(ends, self.chance.uniform(element.name), side="right")
        if element.type == "choice":
            return np.array([list(element.choices).index(name) for name in names], np.int8)[drawn]
        return np.array([float(name) for name in names])[drawn]

    def _clipped(self, entry: Entry, part: Part) -> Floats:
        name = entry.element.name
        match part.distribution:
            case Normal(mean, sd):
                numbers = mean + sd * self._normal(entry, name)
            case Lognormal(median, spread):
                numbers = median * np.exp(spread * self._normal(entry, name))
            case Uniform(low, high):
                numbers = low + (high - low) * self.chance.uniform(name)
            case Always(value):
                numbers = np.full(self.chance.rows, value)
            case _:
                raise TypeError(f"{part.distribution} has no numbers")
        if part.times is not None:
            numbers = numbers * self.columns[part.times].values
        return np.clip(numbers, part.least, part.most)

    def _days(self, years: Floats, part: Part) -> NDArray[Any]:
        """Days since 1970-01-01, none after the screening date."""
        today = self.on.toordinal() - EPOCH
        days = np.rint(years * DAYS_PER_YEAR).astype(np.int32)
        if part.years_after is None:
            return today - days
        return np.minimum(self.columns[part.years_after].values + days, today)


def chunks(
    trial: Trial, rows: int, seed: int, on: date = ON, unknown: float = 0
) -> Iterator[pl.DataFrame]:
    """The patients in tables of at most BLOCK rows, a column per element in the file's order.

    Types: Float64 in the element's unit, Int64, Boolean, Enum of the choices, Date. Null
    where an element does not apply, and in a share `unknown` of all cells.
    """
    entries = read_prevalence(trial)
    for block, start in enumerate(range(0, rows, BLOCK)):
        chance = Chance(seed, block, min(BLOCK, rows - start))
        drawing = Drawing(trial, chance, on)
        for entry in entries:
            drawing.draw(entry)
        yield pl.DataFrame(
            [
                _series(element, _hidden(drawing.columns[element.name], chance, element, unknown))
                for element in trial.elements.values()
                if element.name in drawing.columns
            ]
        )


def columns(
    trial: Trial, rows: int, seed: int, on: date = ON, unknown: float = 0
) -> pl.DataFrame:
    """All patients of `chunks` in one table."""
    return pl.concat(chunks(trial, rows, seed, on, unknown))


def worlds(trial: Trial, rows: int, seed: int, on: date = ON) -> Iterator[dict[str, Fact]]:
    """The same patients one by one: an exact fact for each element that applies."""
    for table in chunks(trial, rows, seed, on):
        for row in table.iter_rows(named=True):
            yield {name: _fact(value) for name, value in row.items() if value is not None}


def _fact(value: bool | str | float | date) -> Fact:
    if isinstance(value, bool | str):
        return Exactly(value)
    return day(value) if isinstance(value, date) else number(value)


def _hidden(column: Column, chance: Chance, element: Element, unknown: float) -> Column:
    if unknown == 0:
        return column
    seen = chance.uniform(f"{element.name} known") >= unknown
    return Column(column.values, column.known & seen)


def _series(element: Element, column: Column) -> pl.Series:
    values = pl.Series(element.name, column.values)
    if element.type == "choice":
        values = values.cast(pl.UInt8).cat.to(pl.Enum(list(element.choices)))
    elif element.type == "date":
        values = values.cast(pl.Date)
    return values if column.known.all() else values.set(pl.Series(~column.known), None)


def write(trial: Trial, rows: int, path: Path, seed: int, on: date = ON, unknown: float = 0) -> None:
    """Writes the patients chunk by chunk, as Parquet or CSV by the ending of `path`."""

    def source(*_asked: object) -> Iterator[pl.DataFrame]:
        start = 1
        for table in chunks(trial, rows, seed, on, unknown):
            ids = pl.int_range(start, start + len(table), eager=True).cast(pl.String)
            yield table.insert_column(0, ("P" + ids.str.zfill(9)).alias(ID))
            start += len(table)

    schema = {ID: pl.String} | dict(columns(trial, 1, seed, on).schema)
    table = register_io_source(source, schema=schema)
    if path.suffix == ".parquet":
        table.sink_parquet(path)
    elif path.suffix == ".csv":
        table.sink_csv(path)
    else:
        raise ValueError(f"{path.name}: expected a name that ends in .parquet or .csv")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.simulate")
    parser.add_argument("rows", type=int)
    parser.add_argument("file", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--on", type=date.fromisoformat, default=ON, help="screening date")
    parser.add_argument("--unknown", type=float, default=0, help="share of cells left empty")
    given = parser.parse_args(arguments)
    write(load_trial(), given.rows, given.file, given.seed, given.on, given.unknown)


if __name__ == "__main__":
    main()
