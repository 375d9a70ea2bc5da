"""`extract`: records to a table for `cohort`, with evidence and problems."""

import csv
import gzip
import json
import os
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.fhir_records import LOINC, UCUM, observation, patient, write_lines
from tests.process import PATIENTS, Ran, run
from trialscreen.text.text_files import temporary_folder

DAY = ("--screening-date", "2026-06-01")


def extract(folder: Path, *args: str) -> Ran:
    return run("extract", "fhir", ".", "-o", "facts.parquet", *DAY, *args, folder=folder)


def test_an_export_becomes_a_table_that_cohort_screens(tmp_path: Path) -> None:
    write_lines(tmp_path / "Patient.ndjson", patient("p1"), patient("p2"))
    line = json.dumps(observation(valueQuantity={"value": 0.01, "unit": "mIU/L"}))
    (tmp_path / "Observation.ndjson.gz").write_bytes(gzip.compress(line.encode()))
    ran = extract(tmp_path, "--evidence", "evidence.parquet")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err.splitlines()[-1] == "5 facts of 2 patients: facts.parquet"
    facts = pl.read_parquet(tmp_path / "facts.parquet")
    assert facts["tsh"].to_list() == ["0.01", None]
    assert facts["tsh_date"].to_list() == ["2026-03-02", None]
    evidence = pl.read_parquet(tmp_path / "evidence.parquet")
    assert "Observation/o1" in evidence["source"].to_list()
    ran = run("cohort", "facts.parquet", "-o", "out.csv", folder=tmp_path)
    assert ran.code == 0
    assert pl.read_csv(tmp_path / "out.csv")["patient_id"].to_list() == ["p1", "p2"]


def test_every_problem_is_in_the_file_and_the_first_twenty_are_told(tmp_path: Path) -> None:
    write_lines(tmp_path / "a.ndjson", patient(), *(["{"] * 30), observation())
    ran = extract(tmp_path, "--problems", "problems.csv")
    assert ran.code == 0
    told = ran.err.splitlines()
    assert told[0].startswith("not used: a.ndjson:2: is not JSON")
    assert told[20:] == [
        "not used: … and 10 more: all are in problems.csv",
        "3 facts of 1 patient: facts.parquet",
    ]
    with (tmp_path / "problems.csv").open(newline="") as file:
        assert [row["place"] for row in csv.DictReader(file)] == [
            f"a.ndjson:{line}" for line in range(2, 32)
        ]


def test_a_weight_of_long_ago_is_used_told_and_noted(tmp_path: Path) -> None:
    weight = {"code": {"coding": [{"system": LOINC, "code": "29463-7"}]}}
    value = {"valueQuantity": {"value": 39, "unit": "kg", "system": UCUM, "code": "kg"}}
    days = {"p1": "1970-03-01", "p2": "2026-05-20"}
    for name, day in days.items():
        whose = {"subject": {"reference": f"Patient/{name}"}, "effectiveDateTime": day}
        one = observation(id=name, **weight, **value, **whose)
        write_lines(tmp_path / f"{name}.ndjson", patient(name), one)
    ran = extract(tmp_path, "--evidence", "evidence.csv")
    assert "of long ago, and used all the same: body weight 1" in ran.err.splitlines()
    assert pl.read_parquet(tmp_path / "facts.parquet")["weight"].to_list() == ["39", "39"]
    weights = pl.read_csv(tmp_path / "evidence.csv").filter(element="weight")
    assert weights["note"].to_list() == ["older than 12 months", None]


def test_who_is_deceased_is_left_out_counted_and_listed(tmp_path: Path) -> None:
    write_lines(tmp_path / "a.ndjson", patient("p1"), patient("p2", deceasedDateTime="2025-12"))
    ran = extract(tmp_path, "--problems", "problems.csv")
    assert pl.read_parquet(tmp_path / "facts.parquet")["patient_id"].to_list() == ["p1"]
    assert "left out as deceased: 1 patient" in ran.err.splitlines()
    assert "p2,,is deceased (2025-12): left out" in (tmp_path / "problems.csv").read_text()


def test_what_lies_after_the_screening_date_does_not_count(tmp_path: Path) -> None:
    write_lines(tmp_path / "a.ndjson", patient(), observation(effectiveDateTime="2026-06-02"))
    extract(tmp_path)
    assert pl.read_parquet(tmp_path / "facts.parquet")["tsh"].to_list() == [None]


@pytest.mark.parametrize("name", ["undetermined"])
def test_answers_to_the_exported_questionnaire_come_back(tmp_path: Path, name: str) -> None:
    given = PATIENTS / f"{name}.yaml"
    made = ("export", "response", given, "--subject", "S-001", "--every-question")
    assert run(*made, "-o", "answers.json", *DAY, folder=tmp_path).code == 0
    ran = run("extract", "fhir", "answers.json", "-o", "facts.parquet", *DAY, folder=tmp_path)
    assert (ran.code, len(ran.err.splitlines())) == (0, 1)
    assert run("cohort", "facts.parquet", "-o", "out.parquet", folder=tmp_path).code == 0
    (row,) = pl.read_parquet(tmp_path / "out.parquet").rows(named=True)
    found = json.loads(run("screen", given, *DAY, "--format", "json").out)
    assert (row["patient_id"], row["verdict"]) == ("S-001", found["verdict"])
    assert {one["id"]: row[one["id"]] for one in found["criteria"]} == {
        one["id"]: one["met"] for one in found["criteria"]
    }


REFUSED = [
    (["--screening-date", "2026-02-30"], "--screening-date"),
    (["--assume-absent", "nothing"], "--assume-absent: no section 'nothing'"),
    (["--assume-absent", "investigator"], "--assume-absent"),
    (["--codes", "nowhere.yaml"], "nowhere.yaml"),
    (["--evidence", "evidence.txt"], "evidence.txt: expected a name that ends in"),
    (["nowhere"], "nowhere: there is no such file or folder"),
    (["--problems", "no/such.csv"], "such.csv: cannot be written"),
]


@pytest.mark.parametrize(("args", "message"), REFUSED)
def test_what_cannot_be_asked_is_refused_and_nothing_is_written(
    tmp_path: Path, args: list[str], message: str
) -> None:
    write_lines(tmp_path / "a.ndjson", patient())
    ran = run("extract", "fhir", ".", "-o", "facts.parquet", *args, folder=tmp_path)
    assert ran.code == 2
    assert ran.err.startswith("error: ") and message in ran.err
    assert [one.name for one in tmp_path.iterdir()] == ["a.ndjson"]


def test_a_folder_without_fhir_is_refused(tmp_path: Path) -> None:
    ran = extract(tmp_path)
    assert (ran.code, ran.err.splitlines()) == (
        2,
        ["error: .: holds no FHIR file; expected .json, .ndjson, .jsonl, or one of these with .gz"],
    )


def test_an_interrupt_while_it_is_cleared_away_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    interrupts = iter([KeyboardInterrupt])
    unlink = os.unlink

    def interrupted(*args: Any, **options: Any) -> None:
        for one in interrupts:
            raise one
        unlink(*args, **options)

    opened = ExitStack()
    folder = opened.enter_context(temporary_folder())
    (folder / "resources").write_text("of a patient")
    monkeypatch.setattr(os, "unlink", interrupted)
    with pytest.raises(KeyboardInterrupt):
        opened.close()
    assert not folder.exists()
