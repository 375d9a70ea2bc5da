"""Blank files to fill: read back blank, everything is unknown; read back filled, as filled."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
import yaml
from openpyxl.utils import get_column_letter

from tests.process import PATIENTS, run
from trialscreen import load_trial
from trialscreen.answers.answers_file import read_answers
from trialscreen.cli.answers import stored_answers
from trialscreen.cli.commands import Flags
from trialscreen.output.export.templates import write_xlsx_template, yaml_template

NAMES = [element.name for element in load_trial().answerable()]
COLUMNS = [
    name
    for one in load_trial().answerable()
    for name in ([one.name, f"{one.name}_date"] if one.valid_for else [one.name])
]
"""Of a table: a measured value has the day of its sample beside it."""

FILLED = {
    name: answer.text for name, answer in read_answers(str(PATIENTS / "eligible.yaml"), []).items()
}


def template(kind: str, folder: Path) -> Path:
    path = folder / f"blank.{kind}"
    assert run("elements", "--template", kind, "-o", path) == (0, "", "")
    return path


def verdicts(path: Path) -> list[dict[str, str]]:
    ran = run("cohort", path, "-o", "-", "--screening-date", "2026-06-01")
    assert ran.code == 0, ran
    return list(csv.DictReader(io.StringIO(ran.out)))


def test_a_blank_answers_file_answers_nothing(tmp_path: Path) -> None:
    path = template("yaml", tmp_path)
    ran = run("screen", path, "--screening-date", "2026-06-01", "--format", "json")
    none = run(
        "screen", "--weight", "unknown", "--screening-date", "2026-06-01", "--format", "json"
    )
    assert (ran.code, ran.out) == (none.code, none.out)
    assert "no question has an answer" in ran.err
    assert list(yaml.safe_load(path.read_text("utf-8"))) == NAMES
    flags = Flags(load_trial(), {}, [], [])
    answers, _ = stored_answers(flags, str(path))
    assert (answers, flags.problems) == ({}, [])  # and asked for later


def test_a_filled_answers_file_is_as_filled(tmp_path: Path) -> None:
    path = template("yaml", tmp_path)
    lines = path.read_text("utf-8").splitlines()
    filled = [f"{line} {FILLED.get(line[:-1], '')}" if line[-1:] == ":" else line for line in lines]
    path.write_text("\n".join(filled), encoding="utf-8")
    ran = run("screen", path, "--format", "json")
    assert ran == run("screen", PATIENTS / "eligible.yaml", "--format", "json")
    assert ran.code == 0


def test_a_blank_table_has_a_patient_of_whom_nothing_is_known(tmp_path: Path) -> None:
    for kind in ("csv", "xlsx"):
        (row,) = verdicts(template(kind, tmp_path))
        assert (row["patient_id"], row["verdict"], row["open"]) == ("S-001", "undetermined", "data")
        assert {row[name] for name in row if name[1:].isdigit()} == {""}


def test_a_filled_table_is_as_filled(tmp_path: Path) -> None:
    path = template("csv", tmp_path)
    titles = path.read_text("utf-8").splitlines()[0].split(",")
    assert titles == ["patient_id", *COLUMNS]
    with path.open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow(["S-002", *(FILLED.get(name, "") for name in COLUMNS)])
    assert [row["verdict"] for row in verdicts(path)] == ["undetermined", "eligible"]


def test_a_filled_workbook_is_as_filled(tmp_path: Path) -> None:
    path = template("xlsx", tmp_path)
    book = openpyxl.load_workbook(path)
    sheet = book["Patients"]
    for column, name in enumerate(COLUMNS, start=2):
        letter = get_column_letter(column)
        assert sheet.column_dimensions[letter].number_format == "@"  # as text, as it is typed
        sheet.cell(3, column, FILLED.get(name)).number_format = "@"
    sheet["A3"] = "S-002"
    book.save(path)
    assert [row["verdict"] for row in verdicts(path)] == ["undetermined", "eligible"]
    assert [row[0].value for row in book["Columns"].rows] == ["Column", *COLUMNS]


def test_a_row_without_any_value_is_left_out_and_told(tmp_path: Path) -> None:
    path = template("csv", tmp_path)
    with path.open("a", encoding="utf-8") as file:
        file.write("," * len(COLUMNS) + "\n")
    ran = run("cohort", path, "-o", "-")
    assert len(ran.out.splitlines()) == 2
    assert f"{path}: 1 blank row left out" in ran.err


def test_a_section_can_be_filled_alone() -> None:
    out = run("elements", "thyroid", "--template", "yaml").out
    keys = list(yaml.safe_load(out))
    listed = json.loads(run("elements", "thyroid", "--format", "json").out)
    assert keys == [one["element"] for one in listed]


@pytest.mark.parametrize("name", ["tsh", "TSH", "--tsh-lln", "t4-outside-normal"])
def test_an_element_names_the_section_that_it_stands_in(name: str) -> None:
    assert run("elements", "--", name).out == run("elements", "thyroid").out


def test_what_a_criteria_file_asks_becomes_no_answer_and_no_formula(tmp_path: Path) -> None:
    trial = load_trial()
    element = replace(trial.elements["weight"], ask="=1+1\nsex: male\x1b")
    assert yaml.safe_load(yaml_template(trial, [element])) == {"weight": None}
    write_xlsx_template(tmp_path / "t.xlsx", trial, [element])
    cell = openpyxl.load_workbook(tmp_path / "t.xlsx")["Columns"]["B2"]
    assert (cell.data_type, cell.value) == ("s", "'=1+1\nsex: male")


@pytest.mark.parametrize("kind", ["yaml", "csv", "xlsx"])
def test_a_file_that_may_be_filled_is_never_replaced(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"kept.{kind}"
    path.write_text("kept", encoding="utf-8")
    ran = run("elements", "--template", kind, "-o", path)
    assert ran.code == 2
    assert "exists, and may be filled; name a new file" in ran.err
    assert path.read_text("utf-8") == "kept"


@pytest.mark.parametrize("name", ["blank.csv", "blank.xlsx"])
def test_a_table_given_to_screen_is_sent_to_cohort(name: str, tmp_path: Path) -> None:
    path = template(name.partition(".")[2], tmp_path)
    ran = run("screen", path)
    assert ran.code == 2
    assert (
        ran.err == f"error: {path}: is a table of patients; screen it with 'trialscreen cohort'\n"
    )
