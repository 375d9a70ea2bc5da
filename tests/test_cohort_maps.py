"""A site's map of its columns: each row says what it would say in flags."""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter
import yaml

from tests.process import Ran, cohort
from trialscreen import load_trial
from trialscreen.answers.values import read_value
from trialscreen.screening.screen import screen
from trialscreen.tables.cohort.readers.cells import Form
from trialscreen.tables.cohort.typed_columns import undeclared
from trialscreen.text.characters import plain_name

TRIAL = load_trial()
ON = date(2026, 6, 1)
DATA = Path(__file__).parent / "data"
CASES: list[dict[str, Any]] = yaml.load(
    (DATA / "cohort_maps.yaml").read_text("utf-8"), yaml.CSafeLoader
)


def assert_reads(folder: Path, case: dict[str, Any], table: str) -> Ran:
    (folder / "c.yaml").write_text(case["map"], encoding="utf-8")
    options = ("--columns", "c.yaml", "--problems", "p.csv", *case.get("options", "").split())
    ran = cohort(folder, table, *options, "--screening-date", ON.isoformat())
    assert ran.code == 0, ran
    output = pl.read_csv(folder / "out.csv", infer_schema=False)
    assert output["patient_id"].to_list() == list(case["rows"])
    beside = case.get("beside", {})
    for found, said in zip(output.iter_rows(named=True), case["rows"].values(), strict=True):
        assert found == {"patient_id": found["patient_id"], **expected({**beside, **said})}
    problems = pl.read_csv(folder / "p.csv", infer_schema=False)
    lines = [f"{row} {element}: {why}" for row, _, element, why, *_ in problems.iter_rows()]
    for line, start in zip(lines, case.get("unusable", []), strict=True):
        assert line.startswith(start)
    assert ("not used" in ran.err) == ("unused" in case)
    assert case.get("unused", "") in ran.err
    return ran


def expected(said: Mapping[str, object]) -> dict[str, str | None]:
    """The cells of the output for a patient of whom this is said in flags."""
    facts = {
        name: read_value(TRIAL, TRIAL.elements[name], str(text), ON) for name, text in said.items()
    }
    found = screen(TRIAL, {name: fact for name, fact in facts.items() if fact is not None}, ON)
    met = {one.criterion.id: one.met for one in found.findings}
    words = {True: "true", False: "false", None: None}
    return {
        "verdict": found.verdict,
        "open": found.open,
        **{name: words[value] for name, value in met.items()},
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_map_is_followed(tmp_path: Path, case: dict[str, Any]) -> None:
    beside = case.get("beside", {})
    lines = case["table"].split("\n")
    more = [",".join(("", *beside)), *[",".join(("", *beside.values()))] * (len(lines) - 2), ""]
    text = "\n".join(line + end for line, end in zip(lines, more, strict=True))
    (tmp_path / "t.csv").write_text(text if beside else case["table"], encoding="utf-8")
    assert_reads(tmp_path, case, "t.csv")


TYPED = [
    {
        "name": "numbers",
        "columns": {
            "HBV": pl.Series([1000, 20, 1000, -999]),
            "sign": pl.Series(["<", None, ">=", "<"], dtype=pl.Categorical),
            "weight": pl.Series([58.5, -999, float("nan"), 999], dtype=pl.Float32),
            "Crea": pl.Series([0.9, 80, 0.8, None]),
            "Crea_unit": ["mg/dL", "umol/L", None, "mg/dL"],
            "height": pl.Series(["158,5", "1.580", None, None], dtype=pl.Categorical),
            "cm": ["cm"] * 4,
            "age": pl.Series([66, 99, 70, 71], dtype=pl.UInt8),
            "sex": pl.Series([2, 2, 1, 3]),
            "birth_date": [date(1959, 6, 2), None, None, date(1900, 1, 1)],
        },
        "map": """
            height: {element: height, decimal: ",", unit_column: cm}
            HBV: {element: hbv_dna, comparator_column: sign, missing: [-999]}
            weight: {element: weight, missing: [-999, 999], decimal: ","}
            Crea: {element: serum_creatinine, unit: mg/dL, unit_column: Crea_unit, decimal: ","}
            age: {element: age, missing: [99]}
            sex: {element: sex, values: {2: female, 1: male, 3: unknown}}
            birth_date: {element: birth_date, missing: [1900-01-01], date_format: "%d/%m/%Y"}
        """,
        "rows": {
            "A": {"hbv_dna": "<1000", "weight": "58.5", "serum_creatinine": "0.9 mg/dL"}
            | {"sex": "female", "birth_date": "1959-06-02", "age": "66", "height": "158.5"},
            "B": {"hbv_dna": "20", "serum_creatinine": "80", "sex": "female"},
            "C": {"hbv_dna": ">=1000", "serum_creatinine": "0.8 mg/dL", "age": "70", "sex": "male"},
            "D": {"age": "71"},
        },
        "unusable": [
            "2 height: '1.580' is ambiguous: write a decimal comma",
        ],
    },
    {
        "name": "words",
        "columns": {
            "sex": pl.Series(["female", "other"], dtype=pl.Enum(["female", "other"])),
            "prior_cell_therapy": [True, False],
            "birth_date": [date(1959, 6, 1), date(9999, 12, 31)],
            "other_trial": [20260301, 19000101],
        },
        "map": """
            sex: {element: sex, missing: [other]}
            prior_cell_therapy: {element: prior_cell_therapy, values: {"true": no, "false": yes}}
            other_trial:
              element: other_trial_last_participation_date
              date_format: "%Y%m%d"
            missing: [9999-12-31, 19000101]
        """,
        "rows": {
            "A": {"sex": "female", "prior_cell_therapy": "no", "birth_date": "1959-06-01"}
            | {"other_trial_last_participation_date": "2026-03-01"},
            "B": {"prior_cell_therapy": "yes"},
        },
    },
    {
        "name": "a default day in a time zone",
        "columns": {
            "other_trial_last_participation_date": pl.Series([date(2026, 3, 1), date(2026, 2, 28)])
            .cast(pl.Datetime)
            .dt.replace_time_zone("Asia/Shanghai"),
        },
        "map": "missing: [2026-02-28]",
        "rows": {"A": {"other_trial_last_participation_date": "2026-03-01"}, "B": {}},
    },
]


@pytest.mark.parametrize("case", TYPED, ids=lambda case: str(case["name"]))
def test_a_map_is_followed_for_typed_columns(tmp_path: Path, case: dict[str, Any]) -> None:
    ids = {"patient_id": list(case["rows"])}
    pl.DataFrame({**ids, **case["columns"]}).write_parquet(tmp_path / "t.parquet")
    assert_reads(tmp_path, case, "t.parquet")


NOT_TEXT: dict[str, Any] = {
    "map": """
        Wt: {element: weight, decimal: ",", missing: [-999], unit_column: Wt unit}
        HBV: {element: hbv_dna, decimal: ",", comparator_column: sign}
        DOB: {element: birth_date, date_format: "%Y-%d-%m", missing: [1900-01-01]}
        LMP: {element: last_menstrual_period_date, date_format: "%d%m%Y"}
    """,
    "columns": ("Wt", "Wt unit", "sign", "HBV", "DOB", "LMP"),
    "cells": {
        "A": (58.5, "kg", "<", 20.5, date(1956, 3, 4), 12032001),
        "B": ("58,5", "kg", "", "20,5", "1956-04-03", "12032001"),
        "C": (-999, "kg", ">", 1000, date(1900, 1, 1), date(2001, 3, 12)),
        "D": ("58.5", None, None, "1.000", "1956-04-31", "2001-03-12"),
        "E": (128.5, "lb", "<=", 1e-3, date(1956, 12, 3), None),
    },
    "rows": {
        "A": {"weight": "58.5", "hbv_dna": "<20.5", "birth_date": "1956-03-04"}
        | {"last_menstrual_period_date": "2001-03-12"},
        "B": {"weight": "58.5", "hbv_dna": "20.5", "birth_date": "1956-03-04"}
        | {"last_menstrual_period_date": "2001-03-12"},
        "C": {"hbv_dna": ">1000", "last_menstrual_period_date": "2001-03-12"},
        "D": {},
        "E": {"weight": "128.5 lb", "hbv_dna": "<=0.001", "birth_date": "1956-12-03"},
    },
    "unusable": [
        "4 weight: '58.5' is ambiguous: write a decimal comma",
        "4 hbv_dna: '1.000' is ambiguous: write a decimal comma",
        "4 birth_date: '1956-04-31' is not a date of the form '%Y-%d-%m'",
        "4 last_menstrual_period_date: '2001-03-12' is not a date of the form '%d%m%Y'",
    ],
}
"""Cells that are numbers or days are none of the texts of which a map says how they are written."""


def test_a_day_or_a_number_of_a_workbook_is_itself_whatever_the_map_says(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "t.xlsx") as book:
        day, sheet = book.add_format({"num_format": "dd/mm/yyyy"}), book.add_worksheet()
        sheet.write_row(0, 0, ["patient_id", *NOT_TEXT["columns"]])
        for row, (name, cells) in enumerate(NOT_TEXT["cells"].items(), start=1):
            for column, cell in enumerate((name, *cells)):
                if isinstance(cell, date):
                    sheet.write_datetime(row, column, cell, day)
                else:
                    sheet.write(row, column, cell)
    assert_reads(tmp_path, NOT_TEXT, "t.xlsx")


def test_a_number_of_json_is_itself_whatever_the_map_says(tmp_path: Path) -> None:
    lines = []
    for name, cells in NOT_TEXT["cells"].items():
        *others, born, last = cells
        # JSON has no days: these are texts, in the form of the map.
        born = f"{born:%Y-%d-%m}" if isinstance(born, date) else born
        last = f"{last:%d%m%Y}" if isinstance(last, date) else last
        entry = dict(zip(NOT_TEXT["columns"], [*others, born, last], strict=True))
        lines.append(json.dumps({"patient_id": name, **entry}))
    (tmp_path / "t.jsonl").write_text("\n".join(lines))
    case = {**NOT_TEXT, "map": NOT_TEXT["map"].replace("1900-01-01", '"1900-01-01"')}
    assert_reads(tmp_path, case, "t.jsonl")


@pytest.mark.parametrize("code", ["1e5", "1E+5", "100000", "100000.0"])
def test_a_number_is_a_code_however_that_is_written(tmp_path: Path, code: str) -> None:
    (tmp_path / "c.yaml").write_text(f"missing: ['{code}']\n")
    table = pl.DataFrame({"patient_id": ["A", "B"], "hbv_dna": [100000.0, 20000.0]})
    table.write_parquet(tmp_path / "t.parquet")
    table.write_csv(tmp_path / "t.csv")
    table.write_ndjson(tmp_path / "t.ndjson")
    table.write_excel(tmp_path / "t.xlsx")
    for name in ("t.parquet", "t.csv", "t.ndjson", "t.xlsx"):
        assert cohort(tmp_path, name, "--columns", "c.yaml").code == 0
        found = pl.read_csv(tmp_path / "out.csv")
        assert found["E10"].to_list() == [None, True], name


@pytest.mark.parametrize("code", ["0.00001", "1e-5", ".5", "9."])
def test_a_typed_number_is_a_code_however_that_is_written(code: str) -> None:
    numbers = pl.DataFrame({"x": [float(code), 3.0]})
    kept = numbers.select(undeclared(pl.col("x"), pl.Float64(), Form(missing=(code,))))
    assert kept["x"].to_list() == [None, 3.0]


def test_declared_codes_do_not_count_as_unreadable(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("patient_id,weight\nA,NA\nB,NA\nC,.\nD,heavy\nE,58\nF,59\n")
    undeclared = cohort(tmp_path, "t.csv")
    assert undeclared.code == 2
    assert "the column weight: 4 of 6 values cannot be read" in undeclared.err
    assert "missing:" in undeclared.err
    (tmp_path / "c.yaml").write_text("missing: [NA, .]\n")
    assert cohort(tmp_path, "t.csv", "--columns", "c.yaml").code == 0
    assert cohort(tmp_path, "t.csv", "--columns", "c.yaml", "--max-bad", "0.3").code == 2


def test_a_column_like_an_element_is_used_and_told(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("patient_id,Birth Date,WEIGHT ,tsh-lln\nA,1958-04-17,39,0.4\n")
    ran = cohort(tmp_path, "t.csv")
    assert ran.code == 0, ran
    assert "'Birth Date' as birth_date, 'WEIGHT' as weight, 'tsh-lln' as tsh_lln" in ran.err
    assert pl.read_csv(tmp_path / "out.csv")["I3"].to_list() == [False]


def test_the_column_of_ids_holds_no_element(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("patient_id,weight\n39,58\n")
    (tmp_path / "c.yaml").write_text("patient_id: age\n")
    ran = cohort(tmp_path, "t.csv", "--columns", "c.yaml")
    assert ran.code == 2
    assert ran.err == "error: --columns: 'patient_id' is the column of ids, and cannot be more\n"


@pytest.mark.parametrize(
    ("titles", "key"),
    [
        ("total_bilirubin,total_bilirubin_unit", "unit_column"),
        ("Total Bilirubin,Total Bilirubin UOM", "unit_column"),
        ("hbv_dna,HBV-DNA Comparator", "comparator_column"),
        ("hbv_dna,hbv_dna_sign", "comparator_column"),
        ("birth_date,birth_date operator", "comparator_column"),
        ("sex,sex_unit", None),
        ("prior_cell_therapy,prior_cell_therapy_qualifier", None),
        ("weight,weighing_unit", None),
    ],
)
def test_a_column_that_says_more_of_another_is_not_passed_over(
    tmp_path: Path, titles: str, key: str | None
) -> None:
    (tmp_path / "t.csv").write_text(f"patient_id,{titles}\nA,,\n")
    ran = cohort(tmp_path, "t.csv")
    assert ran.code == (0 if key is None else 2), ran
    first, second = titles.split(",")
    name = plain_name(first)
    if key is not None:
        assert ran.err.startswith(f"error: the column '{second}': looks as if it said more of")
        assert f"as `{first}: {{element: {name}, {key}: {second}}}`" in ran.err
    (tmp_path / "c.yaml").write_text(f"{first}: {{element: {name}, {key}: {second}}}\n")
    assert key is None or cohort(tmp_path, "t.csv", "--columns", "c.yaml").code == 0


def test_a_unit_that_the_map_states_needs_no_column(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("patient_id,weight,weight_unit\nA,80,lb\n")
    (tmp_path / "c.yaml").write_text("weight: {element: weight, unit: lb}\n")
    assert cohort(tmp_path, "t.csv", "--columns", "c.yaml").code == 0
    assert pl.read_csv(tmp_path / "out.csv")["I3"].to_list() == [False]


def test_ids_that_differ_in_blanks_only_are_one(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("patient_id,weight\nA,39\nA\u00a0,58\n", encoding="utf-8")
    ran = cohort(tmp_path, "t.csv")
    assert ran.code == 2
    assert "each stands for one row, and these for more: 'A' (row 1, 2)" in ran.err
    (tmp_path / "t.csv").write_text("patient_id,weight\nA,39\n\u3000\u200b,58\n", encoding="utf-8")
    assert "these have none: row 2" in cohort(tmp_path, "t.csv").err
