"""Generated SQL on the engines, against Polars and the reference.

`python -m tests.sql_cases TRIALS PATIENTS` compares every engine on as many generated
trials, and on as many simulated patients of the packaged trial, as asked for.
"""

import sys
from dataclasses import replace
from functools import cache
from time import perf_counter

import polars as pl

from tests.differential import Case, differences, generated_cases, screened
from tests.engines import ENGINES, TABLE, Engine
from tests.generate import ON
from tests.simulate import columns
from tests.spec import spec_trial
from trialscreen import load_trial
from trialscreen.columns import screen_frame, table_of, without_contradictions
from trialscreen.sql import Patients, screening_sql

ID = "id"


def query(case: Case, engine: Engine, *, clear: bool = False) -> str:
    table = table_of(case.frame.schema, ON)
    patients = Patients(TABLE, ID, replace(table, columns=table.columns - {ID}))
    return screening_sql(case.trial, patients, engine.dialect, clear=clear)


def found_by(engine: Engine, case: Case, *, clear: bool = False) -> pl.DataFrame:
    """What the query finds, in the order and with the types of `screened`."""
    rows = engine.rows(case.frame, query(case, engine, clear=clear))
    names = (ID, "verdict", "open", *(one.id for one in case.trial.criteria))
    kinds = (pl.Int64(), pl.String(), pl.String())
    bools = [pl.Boolean()] * len(case.trial.criteria)
    schema = dict(zip(names, (*kinds, *bools), strict=True))
    return pl.DataFrame(rows, schema, orient="row", strict=True).sort(ID)


def cleared(case: Case) -> pl.DataFrame:
    """What Polars finds where elements in contradiction are unknown."""
    frame = without_contradictions(case.trial, case.frame.lazy(), ON)
    return screen_frame(case.trial, frame, ON, ID).collect()


@cache
def simulated(patients: int, unknown: float = 0.1) -> Case:
    """The packaged trial and simulated patients, some of whose values are not known."""
    frame = columns(load_trial(), patients, seed=1, on=ON, unknown=unknown)
    frame = frame.with_columns(pl.col(pl.Enum).cast(pl.String))
    return Case(0, load_trial(), frame.insert_column(0, pl.Series(ID, range(patients))))


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
                for clear, expected in ((False, screened(case)), (True, cleared(case))):
                    found = found_by(engine, case, clear=clear)
                    cells += found.height * (found.width - 1)
                    differ += _differing(expected, found)
        wrong += differ
        print(f"{name}: {cells} cells, {differ} differ, {perf_counter() - begun:.0f} s")
    return 1 if wrong else 0


def _differing(one: pl.DataFrame, other: pl.DataFrame) -> int:
    return sum(int(one[name].ne_missing(other[name]).sum()) for name in one.columns)


if __name__ == "__main__":
    sys.exit(main())
