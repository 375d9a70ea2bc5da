"""Generated SQL on the engines, against Polars and the reference.

`python -m tests.sql_cases TRIALS PATIENTS` compares every engine on as many generated
trials, and on as many simulated patients of the packaged trial, as asked for.
"""

import sys
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from time import perf_counter

import polars as pl

from tests.byhand import duckdb_copy
from tests.differential import Case, differences, generated_cases, screened
from tests.engines import ENGINES, TABLE, Engine
from tests.frames import screen_frame, without_contradictions
from tests.generate import ON
from tests.spec import spec_trial
from tests.tools.simulate import ID as SIMULATED_ID
from tests.tools.simulate import columns
from trialscreen import load_trial
from trialscreen.model.trial import SCREENING_DATE, Element
from trialscreen.tables.engines.sql.query import Patients, patients_table, screening_sql
from trialscreen.tables.expressions import table_of

ID = "id"


def query(case: Case, engine: Engine, *, trusted: bool = True) -> str:
    table = table_of(case.frame.schema, ON)
    patients = Patients(TABLE, ID, replace(table, columns=table.columns - {ID}))
    return screening_sql(case.trial, patients, engine.dialect, trusted=trusted)


def found_by(engine: Engine, case: Case, *, trusted: bool = True) -> pl.DataFrame:
    """What the query finds, in the order and with the types of `screened`."""
    rows = engine.rows(case.frame, query(case, engine, trusted=trusted))
    names = (ID, "verdict", "open", *(one.id for one in case.trial.criteria))
    kinds = (pl.Int64(), pl.String(), pl.String())
    bools = [pl.Boolean()] * len(case.trial.criteria)
    schema = dict(zip(names, (*kinds, *bools), strict=True))
    return pl.DataFrame(rows, schema, orient="row", strict=True).sort(ID)


def checked(case: Case) -> pl.DataFrame:
    """What Polars finds where values that cannot be right are unknown."""
    frame = without_contradictions(case.trial, in_range(case).lazy(), ON)
    return screen_frame(case.trial, frame, ON, ID).collect()


def in_range(case: Case) -> pl.DataFrame:
    """The table without the values that the parser of single values would refuse."""
    frame = case.frame
    on = pl.col(SCREENING_DATE) if SCREENING_DATE in frame.columns else pl.lit(ON)
    for element in case.trial.answerable():
        for names in ((element.name,), (f"{element.name}_low", f"{element.name}_high")):
            if element.name != SCREENING_DATE and set(names) <= set(frame.columns):
                fits = _fits(element, pl.col(names[0]), pl.col(names[-1]), on, len(names) == 1)
                frame = frame.with_columns(pl.when(fits).then(pl.col(name)) for name in names)
    return frame


def _fits(element: Element, low: pl.Expr, high: pl.Expr, on: pl.Expr, exact: bool) -> pl.Expr:
    fits = low <= high
    if element.choices:
        fits &= low.is_in(list(element.choices))
    if element.range is not None:
        fits &= (low >= element.range[0]) & (high <= element.range[1])
    if element.type == "integer" and exact:
        fits &= low == low.floor()
    return fits & (high <= on) if element.type == "date" else fits


@cache
def simulated(patients: int, unknown: float = 0.1) -> Case:
    """The packaged trial and simulated patients, some of whose values are not known."""
    frame = columns(load_trial(), patients, seed=1, on=ON, unknown=unknown)
    frame = frame.with_columns(pl.col(pl.Enum).cast(pl.String))
    return Case(0, load_trial(), frame.insert_column(0, pl.Series(ID, range(patients))))


def duckdb_screens(source: Path, output: Path, on: date = ON, *, trusted: bool = True) -> None:
    """Simulated patients in Parquet, screened by the generated SQL into Parquet, in their order."""
    held = list(pl.read_parquet_schema(source))
    patients = patients_table(load_trial(), TABLE, SIMULATED_ID, on, held)
    query = screening_sql(load_trial(), patients, "duckdb", trusted=trusted).rstrip().rstrip(";")
    duckdb_copy(query, source, output)


def main() -> int:
    trials, patients = map(int, sys.argv[1:3])
    cases = [*generated_cases(range(trials), spec_trial(), rows=500), simulated(patients)]
    wrong = 0
    for case in cases:
        wrong += sum(1 for _ in differences(case, screened(case)))
    print(f"reference and Polars: {wrong} cells differ")
    for name, start in ENGINES.items():
        begun, cells, differ = perf_counter(), 0, 0
        with start() as engine:
            for case in cases:
                for trusted, expected in ((True, screened(case)), (False, checked(case))):
                    found = found_by(engine, case, trusted=trusted)
                    cells += found.height * (found.width - 1)
                    differ += _differing(expected, found)
        wrong += differ
        print(f"{name}: {cells} cells, {differ} differ, {perf_counter() - begun:.0f} s")
    return 1 if wrong else 0


def _differing(one: pl.DataFrame, other: pl.DataFrame) -> int:
    return sum(int(one[name].ne_missing(other[name]).sum()) for name in one.columns)


if __name__ == "__main__":
    sys.exit(main())
