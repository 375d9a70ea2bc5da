"""The command `sql`: which columns the table has, and what is printed."""

import re
from dataclasses import replace
from pathlib import Path
from typing import get_args

import polars as pl
import pytest

from tests.engines import TABLE, DuckDB
from tests.generate import ON
from tests.process import refusals, run, spawn
from tests.sql_cases import found_by, simulated
from trialscreen import InputError, load_trial
from trialscreen.cli.sql import DialectName
from trialscreen.model.rules import Compare, Operator
from trialscreen.model.trial import Criterion
from trialscreen.tables.compile import Table
from trialscreen.tables.engines.sql.printer import Dialect
from trialscreen.tables.engines.sql.query import Patients, patients_table, screening_sql

# The columns of the table.

TRIAL = load_trial()


def test_the_table_has_every_data_element_if_nothing_is_said() -> None:
    table = patients_table(TRIAL, "patients", "patient_id", ON).table
    elements = {one.name for one in TRIAL.answerable()} - {"screening_date"}
    assert table.columns == elements | {"patient_id"}
    assert table.on == ON


def test_bounded_elements_stand_in_two_columns() -> None:
    table = patients_table(TRIAL, "patients", "p", None, bounded=["hbv_dna"]).table
    assert {"hbv_dna_low", "hbv_dna_high", "screening_date"} <= table.columns
    assert "hbv_dna" not in table.columns and table.on is None
    named = patients_table(TRIAL, "patients", "p", ON, ["p", "weight"], ["hbv_dna"]).table
    assert named.columns == {"p", "weight", "hbv_dna_low", "hbv_dna_high"}


def test_every_wrong_name_is_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        patients_table(
            TRIAL,
            "a..b",
            "Verdict",
            ON,
            ["weigth", "bmi_low", "screening_date", "sex_low"],
            ["sex", "screening_date"],
        )
    assert [str(problem) for problem in caught.value.problems] == [
        "--table: 'a..b'; expected a name such as patients or ehr.patients",
        "--id: 'Verdict' is a column of the result; rename it in a view",
        "--bounded: no number or date is named 'sex'.",
        "--bounded: no number or date is named 'screening_date'.",
        "--columns: no data element is named 'weigth'. Did you mean 'weight'?",
        "--columns: bmi_low needs bmi_high beside it",
        "--columns: screening_date: give --screening-date column for it",
        "--columns: no data element is named 'sex_low'. Did you mean 'tsh_low'?",
    ]


def test_a_name_that_the_database_would_cut_is_refused() -> None:
    name = "x" * 60
    element = replace(TRIAL.elements["bmi"], name=name)
    criterion = Criterion("C1", "inclusion", "", "", Compare(name, Operator.AT_LEAST, 18))
    trial = replace(TRIAL, elements={**TRIAL.elements, name: element}, criteria=(criterion,))
    patients = patients_table(trial, "patients", "p", ON, ["weight", "height"])
    assert screening_sql(trial, patients, "duckdb")
    with pytest.raises(InputError) as caught:
        screening_sql(trial, patients, "postgres")
    assert str(caught.value.problems[0]) == (f"'{name}…': longer than 63 bytes, PostgreSQL's limit")


def test_no_step_takes_a_name_of_the_table() -> None:
    """Nor of a table that is called as a step is, nor the name of its id."""
    case = simulated(50)
    table = Table(frozenset(case.frame.columns) - {"id"}, frozenset(), ON)
    frame = case.frame.rename({"id": "I1_met"})
    for name in ("given", "step_1", "usable"):
        text = screening_sql(TRIAL, Patients(name, "I1_met", table), "duckdb")
        text = text.replace(f'FROM "{name}"\n), "', f'FROM "{TABLE}"\n), "', 1)
        rows = DuckDB().rows(frame, text)
        assert len(rows) == 50


# The command.


def test_the_command_prints_a_query_that_runs() -> None:
    ran = run("sql", "--dialect", "duckdb", "--id", "id", "--screening-date", str(ON))
    assert ran.code == 0, ran.err
    case = simulated(200)
    missing = {one.name for one in TRIAL.answerable()} - {*case.frame.columns, "screening_date"}
    kinds = {"date": pl.Date(), "boolean": pl.Boolean(), "choice": pl.String()}
    nulls = [
        pl.lit(None, kinds.get(TRIAL.elements[name].type, pl.Float64())).alias(name)
        for name in missing
    ]
    rows = DuckDB().rows(case.frame.with_columns(nulls), ran.out)
    expected = found_by(DuckDB(), case, trusted=False)
    assert sorted(rows) == expected.rows()


def test_the_first_lines_say_what_the_query_is() -> None:
    ran = run("sql", "--dialect", "postgres", "--screening-date", "column", "--table", "ehr.p")
    first, *lines = ran.out.splitlines()
    assert first == f"-- NCT06949137: {TRIAL.registration.title}"
    assert "-- Screening date: column screening_date. Dialect: PostgreSQL." in lines
    assert 'FROM "ehr"."p"' in ran.out
    assert '"I1_met" AS "I1", /* Willing, and consent signed */' in ran.out


def test_the_screening_date_is_today_if_none_is_given() -> None:
    ran = run("sql", "--dialect", "spark", "--columns", "weight")
    assert re.search(r"^-- Screening date: \d{4}-\d\d-\d\d, for every patient", ran.out, re.M)


@pytest.mark.parametrize(
    "args",
    [
        ("--dialect", "duckdb", "--columns", "weigth"),
        ("--dialect", "duckdb", "--screening-date", "2026-13-01"),
        ("--dialect", "duckdb", "--screening-date", "9999-01-01"),
        ("--dialect", "duckdb", "--id", "weight"),
    ],
)
def test_bad_input_is_told_and_nothing_printed(args: tuple[str, ...]) -> None:
    assert len(refusals(run("sql", *args))) == 1


def test_an_unknown_dialect_is_refused() -> None:
    assert run("sql", "--dialect", "oracle").code == 2
    assert tuple(DialectName) == get_args(Dialect)


def test_without_sqlglot_the_command_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "sqlglot.py").write_text("raise ModuleNotFoundError(name='sqlglot')")
    ran = spawn("sql", "--dialect", "duckdb", PYTHONPATH=str(tmp_path))
    assert refusals(ran) == ["sql: needs the package sqlglot: pip install 'trialscreen[sql]'"]
