"""`extract omop`: tables of the OMOP common data model to a table for `cohort`."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from polars.testing import assert_frame_equal

from tests.omop import FIXTURE, kept, read_all, unpacked
from tests.process import run
from trialscreen import load_trial, screen
from trialscreen.answers.records.codes_file import load_codes
from trialscreen.answers.records.gathered import Selection
from trialscreen.answers.records.select import select

TRUTH = yaml.load((FIXTURE.parent / "truth.yaml").read_text("utf-8"), yaml.CSafeLoader)
ON = "2022-12-01"
DAY = ("--screening-date", ON)
FACTS = {
    "weight": "weight",
    "height": "height",
    "bmi": "bmi",
    "creatinine_3016723": "serum_creatinine",
}
NEAR = {"t_score_3049273", "creatinine_in_blood_3051825"}


def _extract(source: str, folder: Path, *args: str) -> tuple[pl.DataFrame, pl.DataFrame, str]:
    names = ("-o", "facts.parquet", "--evidence", "evidence.parquet", "--problems", "problems.csv")
    ran = run("extract", "omop", source, *names, *DAY, *args, folder=folder)
    assert ran.code == 0, ran.err
    read = pl.read_parquet
    return read(folder / "facts.parquet"), read(folder / "evidence.parquet"), ran.err


@pytest.fixture(scope="module")
def extracted(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[pl.DataFrame, pl.DataFrame, Path]:
    folder = tmp_path_factory.mktemp("omop")
    facts, evidence, said = _extract(str(FIXTURE), folder)
    assert said.splitlines()[-3:] == [
        "left out as deceased: 3 patients",
        "of long ago, and used all the same: body weight 6, body height 6, body mass index 6",
        f"{_given(facts)} facts of 25 patients: facts.parquet",
    ]
    assert said.startswith("note: the table concept_ancestor is empty")
    return facts, evidence, folder


def _given(facts: pl.DataFrame) -> int:
    counted = [name for name in facts.columns[2:] if not name.endswith("_date") or "last" in name]
    return sum(len(facts) - facts[name].null_count() for name in {*counted, "birth_date"})


def _cells(extracted: tuple[pl.DataFrame, pl.DataFrame, Path]) -> Iterator[tuple[Any, ...]]:
    """Each measurement of the truth, with the evidence of it."""
    _, evidence, _ = extracted
    for patient, truth in TRUTH.items():
        for name, one in truth.items():
            if isinstance(one, dict) and "death" not in truth:
                element = FACTS.get(name, name)
                at = (pl.col("patient_id") == patient) & (pl.col("date") == one["date"])
                yield patient, name, element, float(one["value"]), evidence.filter(at)


def test_every_value_is_the_latest_as_others_read_it(
    extracted: tuple[pl.DataFrame, pl.DataFrame, Path],
) -> None:
    facts, _, folder = extracted
    given = {row["patient_id"]: row for row in facts.rows(named=True)}
    unusable = (folder / "problems.csv").read_text()
    compared = 0
    for patient, name, element, value, evidence in _cells(extracted):
        shown = [
            float(text) for text in evidence["value"] if text.replace(".", "").lstrip("-").isdigit()
        ]
        assert value in shown, (patient, name)
        if name in FACTS:
            text = given[patient][element]
            is_used = text is not None and float(text) == value
            assert is_used or f",{patient},," in unusable, (patient, name)
            compared += is_used
        if name in NEAR:
            assert "unmapped" in evidence["kind"].to_list()
    assert compared > 60


def test_a_forearm_is_no_spine_and_blood_is_no_serum(
    extracted: tuple[pl.DataFrame, pl.DataFrame, Path],
) -> None:
    facts, evidence, _ = extracted
    for name in ("lumbar_spine_t_score", "total_hip_t_score", "femoral_neck_t_score"):
        assert facts[name].null_count() == len(facts)
    (score,) = evidence.filter(pl.col("code") == "38265-5").rows(named=True)
    assert (score["kind"], score["value"]) == ("unmapped", "-0.3")
    assert "value_source_value" in score["note"]
    # Only one had it measured in serum, who has died.
    assert [patient for patient, truth in TRUTH.items() if "creatinine_3016723" in truth] == ["11"]
    assert facts["serum_creatinine"].null_count() == len(facts)


def test_who_died_has_no_row(extracted: tuple[pl.DataFrame, pl.DataFrame, Path]) -> None:
    facts, evidence, folder = extracted
    dead = {patient for patient, truth in TRUTH.items() if "death" in truth}
    assert facts["patient_id"].to_list() == [one for one in TRUTH if one not in dead]
    assert dead.isdisjoint(evidence["patient_id"])
    for patient in dead:
        listed = f",{patient},,is deceased ({TRUTH[patient]['death']}): left out"
        assert listed in (folder / "problems.csv").read_text()


@pytest.mark.parametrize("route", ["folder", "parquet", "duckdb", "postgresql"])
def test_every_route_gives_the_same_files(
    route: str,
    extracted: tuple[pl.DataFrame, pl.DataFrame, Path],
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    facts, evidence, folder = extracted
    server = request.getfixturevalue("server") if route == "postgresql" else None
    source = kept(route, unpacked(tmp_path / "csv"), tmp_path, server)
    (tmp_path / "out").mkdir()
    found, shown, _ = _extract(source, tmp_path / "out")
    assert_frame_equal(found, facts)
    assert_frame_equal(shown, evidence)
    problems = (tmp_path / "out" / "problems.csv").read_text()
    assert problems == (folder / "problems.csv").read_text()


def test_then_cohort_says_what_screening_each_record_says(
    extracted: tuple[pl.DataFrame, pl.DataFrame, Path],
) -> None:
    _, _, folder = extracted
    assert run("cohort", "facts.parquet", "-o", "found.parquet", folder=folder).code == 0
    found = {
        row["patient_id"]: row for row in pl.read_parquet(folder / "found.parquet").rows(named=True)
    }
    trial, on = load_trial(), date.fromisoformat(ON)
    codes = load_codes(trial)
    records, _, _ = read_all(str(FIXTURE), {*codes.bound, *codes.medicines}, codes.names)
    for record in records:
        if record.patient in found:
            answers = select(Selection(trial, codes, on), record).answers
            texts = {name: answer.text for name, answer in answers.items()}
            screening = screen(trial, texts, on=on)
            row = found[record.patient]
            assert row["verdict"] == screening.verdict
            for finding in screening.findings:
                assert row[finding.criterion.id] == finding.met, (record.patient, finding)


SITE = """
format: 1
elements:
  last_fragility_fracture_date:
    codes: [{snomed: ["359817006", "65966004", "16114001"], sets: start}]
  serum_creatinine:
    codes: [{loinc: 38483-4, sets: value}]
"""


def test_with_codes_of_a_site_a_table_has_what_each_record_gives(tmp_path: Path) -> None:
    site = tmp_path / "site.yaml"
    site.write_text(SITE)
    args = ("-o", "facts.parquet", "--codes", "site.yaml", *DAY)
    assert run("extract", "omop", FIXTURE, *args, folder=tmp_path).code == 0
    rows = pl.read_parquet(tmp_path / "facts.parquet").rows(named=True)
    facts = {row.pop("patient_id"): row for row in rows}
    trial = load_trial()
    codes = load_codes(trial, [str(site)])
    records, _, _ = read_all(str(FIXTURE), {*codes.bound, *codes.medicines}, codes.names)
    seen: set[str] = set()
    for record in records:
        if record.patient in facts:
            answers = select(Selection(trial, codes, date.fromisoformat(ON)), record).answers
            row = facts[record.patient]
            assert {name: row[name] for name in answers} == {
                name: one.text for name, one in answers.items()
            }
            seen |= answers.keys()
    assert seen >= {"serum_creatinine", "last_fragility_fracture_date"}


def test_what_cannot_be_read_writes_nothing(tmp_path: Path) -> None:
    ran = run("extract", "omop", "nowhere", "-o", "facts.parquet", folder=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("error: nowhere: no such file or folder; expected a folder or a .zip")
    assert not list(tmp_path.iterdir())


def test_persons_alone_have_rows(tmp_path: Path) -> None:
    (tmp_path / "cdm").mkdir()
    lines = (
        "person_id,gender_concept_id,year_of_birth",
        "1.0,8532.0,1956.0",
        "2,8507,1950",
        "3,85",
    )
    (tmp_path / "cdm" / "person.csv").write_text("\n".join(lines))
    facts, evidence, said = _extract(str(tmp_path / "cdm"), tmp_path)
    assert facts["sex"].to_list() == ["female", "male"]
    assert len(evidence) == 4
    assert "note: there is no table measurement" in said
    assert "not used: person.csv line 4: has fewer columns than the table; left out" in said
