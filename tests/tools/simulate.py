"""Simulated patients of stated prevalences, for benchmarks and for comparing interpreters.

`tests/data/prevalence.yaml` states the population. Each patient depends on the seed and on
the place in the population only: a longer table of the same seed begins with the shorter.

    python -m tests.tools.simulate ROWS FILE.parquet|.csv [--seed N] [--on DATE] [--unknown SHARE]

writes a table of patients: `patient_id`, then a column per element, typed; empty where the
element does not apply, or is made unknown. Elements that a formula computes are left out.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

import polars as pl
from polars.io.plugins import register_io_source

from tests.masks import Column
from tests.tools.draw import Chance, Drawing
from tests.tools.prevalence import read_prevalence
from trialscreen import load_trial
from trialscreen.model.facts import Exactly, Fact, day, number
from trialscreen.model.trial import Element, Trial

ON = date(2026, 6, 1)
BLOCK = 100_000
ID = "patient_id"


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


def columns(trial: Trial, rows: int, seed: int, on: date = ON, unknown: float = 0) -> pl.DataFrame:
    """All patients of `chunks` in one table."""
    return pl.concat(chunks(trial, rows, seed, on, unknown))


def worlds(trial: Trial, rows: int, seed: int, on: date = ON) -> Iterator[dict[str, Fact]]:
    """The same patients one by one: an exact fact for each element that applies."""
    for table in chunks(trial, rows, seed, on):
        for row in table.iter_rows(named=True):
            yield facts_of(row)


def facts_of(row: Mapping[str, bool | str | float | date | None]) -> dict[str, Fact]:
    """An exact fact for each value of a row that is known."""
    return {name: _fact(value) for name, value in row.items() if value is not None}


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


def write(
    trial: Trial, rows: int, path: Path, seed: int, on: date = ON, unknown: float = 0
) -> None:
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
    parser = argparse.ArgumentParser(prog="python -m tests.tools.simulate")
    parser.add_argument("rows", type=int)
    parser.add_argument("file", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--on", type=date.fromisoformat, default=ON, help="screening date")
    parser.add_argument("--unknown", type=float, default=0, help="share of cells left empty")
    given = parser.parse_args(arguments)
    write(load_trial(), given.rows, given.file, given.seed, given.on, given.unknown)


if __name__ == "__main__":
    main()
