"""The generated SQL, run on engines, finds what the reference finds, in every cell.

`test_columns` shows that Polars does, in the same generated cases. Nothing is left out for
any engine: none has a known limit.
"""

from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from tests.differential import Case, differences, generated_cases, screened
from tests.engines import Engine
from tests.generate import ON
from tests.sizes import FULL, size
from tests.spec import spec_trial
from tests.sql_cases import ID, checked, duckdb_screens, found_by, simulated
from tests.test_columns import FAMILIES
from tests.tools.simulate import ID as SIMULATED_ID
from tests.tools.simulate import write
from trialscreen import load_trial

PATIENTS = 20_000
_EACH = 3 if FULL else 6
_SHARE = {
    "duckdb": slice(0, None, _EACH),
    "postgres": slice(1, None, _EACH),
    "spark": slice(2, None, 18),
}
"""The generated cases of each family that each is shown: Spark needs seconds to plan a query.

In part, what it is shown of the packaged trial is in the tests of simulated patients.
"""


def test_every_cell_is_as_polars_and_so_the_reference_has_it(engine: Engine) -> None:
    cells, rows, share = 0, 0, _SHARE[engine.dialect]
    # How numbers are written is told of columns of texts, which Polars alone is given.
    families = [family for name, family in FAMILIES.items() if name != "as written"]
    cases = [case for family in families for case in family.cases(share)]
    for case in _asked(engine, cases):
        found = found_by(engine, case)
        assert found.equals(screened(case)), case.seed
        rows += found.height
        cells += found.height * (found.width - 1)
    assert cells > 3 * rows


def test_what_cannot_be_right_is_unknown_in_that_row(engine: Engine) -> None:
    every = (5 if FULL else 15) * _SHARE[engine.dialect].step
    packaged = 2 if FULL else 0 if engine.dialect == "spark" else 1
    cases = [
        *generated_cases(range(0, 160, every), spec_trial(), rows=150),
        *generated_cases(range(packaged), load_trial(), 80),
    ]
    cases = _asked(engine, cases)
    struck = 0
    for case in cases:
        expected = checked(case)
        assert found_by(engine, case, trusted=False).equals(expected), case.seed
        struck += not expected.equals(screened(case))
    assert struck


def _asked(engine: Engine, cases: list[Case]) -> list[Case]:
    """In part, Spark is asked for two criteria of each trial: it takes seconds to plan more."""
    if FULL or engine.dialect != "spark":
        return cases
    return [
        case._replace(trial=replace(case.trial, criteria=case.trial.criteria[:2])) for case in cases
    ]


@pytest.mark.parametrize("trusted", [False, True])
def test_the_packaged_trial_on_simulated_patients(engine: Engine, trusted: bool) -> None:
    case = simulated(PATIENTS)
    # The last of them: those of whom a judgement alone is lacking are few.
    case = case._replace(frame=case.frame.tail(size(PATIENTS, part=4_000)))
    expected = checked(case) if not trusted else screened(case)
    assert found_by(engine, case, trusted=trusted).equals(expected)
    assert {"ineligible", "undetermined"} <= set(expected["verdict"])
    assert {"data", "judgement"} <= set(expected["open"])


def test_a_value_that_the_parser_would_refuse_is_unknown(engine: Engine) -> None:
    case = simulated(500)
    wrong = {"weight": 5000.0, "tsh": -1.0, "birth_date": date(2027, 1, 1), "sex": "F"}
    frame = case.frame.with_columns(pl.lit(value).alias(name) for name, value in wrong.items())
    frame = frame.with_columns(pl.lit(2.5).alias("fracture_site_count"))
    frame = frame.with_columns(hbv_dna_low=pl.lit(9.0), hbv_dna_high=pl.lit(8.0)).drop("hbv_dna")
    missing = case.frame.drop(*wrong, "fracture_site_count", "hbv_dna")
    found = found_by(engine, case._replace(frame=frame), trusted=False)
    assert found.equals(checked(case._replace(frame=missing)))


def test_simulated_patients_are_screened_as_the_reference_does() -> None:
    some = simulated(PATIENTS)
    case = some._replace(frame=some.frame.head(size(2_000, part=500)))
    assert not list(differences(case, screened(case)))[:20]


def test_a_column_in_the_warehouse_may_have_another_type(engine: Engine) -> None:
    """All are cast. No whole number divides a whole one, and a choice may be an enumeration."""
    case = simulated(PATIENTS)
    frame = case.frame.head(300).with_columns(pl.col("weight", "height").cast(pl.Int64))
    wide = case._replace(frame=frame.with_columns(pl.col("weight", "height").cast(pl.Float64)))
    kind = pl.Enum(["natural", "surgical"])  # PostgreSQL compares it with no other text
    natural = pl.lit("natural").alias("menopause_type")
    wide = wide._replace(frame=wide.frame.with_columns(natural))
    narrow = frame.with_columns(pl.col(pl.Date, pl.Boolean).cast(pl.String), natural.cast(kind))
    # The table that the query is made for is the same.
    found = found_by(engine, case._replace(frame=narrow))
    assert found.equals(screened(wide))


def test_duckdb_screens_a_file_as_polars_does(tmp_path: Path) -> None:
    """What the benchmark times."""
    write(load_trial(), 3000, tmp_path / "in.parquet", seed=1, on=ON, unknown=0.1)
    frame = pl.read_parquet(tmp_path / "in.parquet")
    case = Case(0, load_trial(), frame.rename({SIMULATED_ID: ID}))
    for trusted, expected in ((True, screened(case)), (False, checked(case))):
        duckdb_screens(tmp_path / "in.parquet", tmp_path / "out.parquet", trusted=trusted)
        found = pl.read_parquet(tmp_path / "out.parquet")
        assert found.rename({SIMULATED_ID: ID}).equals(expected)
