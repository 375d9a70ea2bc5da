"""Records that others made: every fact against what was read of them by other means."""

import csv
import gzip
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pytest

from tests.fhir_records import read_every
from tests.process import run
from trialscreen import InputError, load_trial, read_fhir, screen
from trialscreen.answers.records.codes_file import load_codes
from trialscreen.answers.records.entries import Coding
from trialscreen.answers.records.fhir import read
from trialscreen.answers.records.gathered import Selection
from trialscreen.answers.records.select import select

FHIR = Path(__file__).parent / "data" / "records" / "fhir"
TRUTH = json.loads((FHIR / "truth.json").read_text("utf-8"))
T_SCORES = ("lumbar_spine_t_score", "total_hip_t_score", "femoral_neck_t_score")
Rows = list[dict[str, Any]]


class Extracted(NamedTuple):
    facts: dict[str, dict[str, Any]]
    evidence: Rows
    problems: Rows


def extracted(folder: Path, source: str, on: str) -> Extracted:
    ran = run(
        *("extract", "fhir", FHIR / source, "-o", "facts.parquet", "--screening-date", on),
        *("--evidence", "evidence.parquet", "--problems", "problems.csv"),
        folder=folder,
    )
    assert ran.code == 0
    facts = pl.read_parquet(folder / "facts.parquet").rows(named=True)
    with (folder / "problems.csv").open(newline="") as file:
        problems: Rows = list(csv.DictReader(file))
    evidence = pl.read_parquet(folder / "evidence.parquet").rows(named=True)
    return Extracted({one["patient_id"]: one for one in facts}, evidence, problems)


@pytest.fixture(scope="module")
def synthea(tmp_path_factory: pytest.TempPathFactory) -> Extracted:
    return extracted(tmp_path_factory.mktemp("synthea"), "synthea", "2021-03-31")


@pytest.fixture(scope="module")
def ecqm(tmp_path_factory: pytest.TempPathFactory) -> Extracted:
    return extracted(tmp_path_factory.mktemp("ecqm"), "ecqm.ndjson.gz", "2026-06-01")


def test_everybody_alive_has_a_row_and_nobody_else(synthea: Extracted, ecqm: Extracted) -> None:
    for found, patients in ((synthea, TRUTH["synthea"]), (ecqm, TRUTH["ecqm"])):
        assert list(found.facts) == sorted(p["patient_id"] for p in patients if not p["deceased"])
    (dead,) = [p["patient_id"] for p in TRUTH["synthea"] if p["deceased"]]
    assert dead in [one["patient_id"] for one in synthea.problems]
    assert dead not in {one["patient_id"] for one in synthea.evidence}


def test_persons_and_latest_measurements_are_as_written(synthea: Extracted) -> None:
    """Out of range for one patient, a toddler: told, and unknown."""
    compared = 0
    unusable = {(one["patient_id"], one["problem"].partition(":")[0]) for one in synthea.problems}
    for patient in TRUTH["synthea"]:
        if (row := synthea.facts.get(patient["patient_id"])) is None:
            continue
        assert (row["sex"], row["birth_date"]) == (patient["gender"], patient["birthDate"])
        for name, latest in patient["vitals_latest"].items():
            if (patient["patient_id"], name) in unusable:
                assert row[name] is None
            else:
                assert row[name] == str(latest["value"])
                compared += 1
    assert compared == 30


def test_no_score_of_the_forearm_is_one_of_spine_or_hip(synthea: Extracted) -> None:
    listed = [one for one in synthea.evidence if one["code"] == "38265-5"]
    assert {one["kind"] for one in listed} == {"unmapped"}
    scores = [
        (patient["patient_id"], score["value"])
        for patient in TRUTH["synthea"]
        if not patient["deceased"]
        for score in patient["t_scores"].get("38265-5", ())[-1:]
    ]
    assert sorted((one["patient_id"], float(one["value"])) for one in listed) == sorted(scores)
    assert len(scores) == 7
    for row in synthea.facts.values():
        assert [row[name] for name in T_SCORES] == [None] * 3


def test_what_is_measured_in_blood_fills_nothing_and_is_listed(synthea: Extracted) -> None:
    assert {row["serum_creatinine"] for row in synthea.facts.values()} == {None}
    listed = {one["patient_id"]: one for one in synthea.evidence if one["code"] == "38483-4"}
    for patient in TRUTH["synthea"]:
        if (lab := patient["labs_latest"].get("38483-4")) and not patient["deceased"]:
            found = listed.pop(patient["patient_id"])
            assert (found["kind"], float(found["value"])) == ("unmapped", lab["value"])
    assert not listed


def test_a_clearance_in_ml_per_minute_is_no_egfr(synthea: Extracted) -> None:
    units = {"mL/min": 0, "mL/min/{1.73_m2}": 0}
    for patient in TRUTH["synthea"]:
        lab = patient["labs_latest"].get("33914-3")
        if lab is None or patient["deceased"]:
            continue
        units[lab["unit"]] += 1
        row = synthea.facts[patient["patient_id"]]
        usable = lab["unit"] == "mL/min/{1.73_m2}"
        assert row["egfr"] == (str(lab["value"]) if usable else None)
        assert row["egfr_date"] == (lab["date"][:10] if usable else None)
    assert min(units.values()) > 0


def test_an_order_for_alendronate_says_that_it_was_used_and_no_more(synthea: Extracted) -> None:
    users = {p["patient_id"] for p in TRUTH["synthea"] if "904419" in p["medications"]}
    rows = [row for name, row in synthea.facts.items() if name in users]
    assert len(rows) == 5
    for row in rows:
        assert row["oral_bisphosphonate_use"] == "yes"
        assert row["oral_bisphosphonate_last_dose_date"] is None
        assert row["oral_bisphosphonate_cumulative_duration"] is None
    others = [row for name, row in synthea.facts.items() if name not in users]
    assert {row["oral_bisphosphonate_use"] for row in others} == {None}


def stated(patients: Rows) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Conditions and procedures that the truth files under an element."""
    elements = load_trial().elements
    for patient in patients:
        for name, statements in patient["condition_groups"].items():
            if name in elements and not patient["deceased"]:
                yield from ((patient["patient_id"], name, one) for one in statements)


@pytest.mark.parametrize(("source", "least"), [("synthea", 7), ("ecqm", 9)])
def test_every_condition_with_a_code_that_is_bound_is_evidence(
    source: str, least: int, request: pytest.FixtureRequest
) -> None:
    found: Extracted = request.getfixturevalue(source)
    codes = load_codes(load_trial())
    listed = {(one["patient_id"], one["element"], one["code"]) for one in found.evidence}
    seen = 0
    for patient, element, one in stated(TRUTH[source]):
        bound = codes.firsts((Coding("snomed", one["code"]),))
        if any(binding.element == element for _, binding in bound):
            assert (patient, element, one["code"]) in listed
            seen += 1
    assert seen >= least


def test_nothing_is_no_because_nothing_codes_it(synthea: Extracted, ecqm: Extracted) -> None:
    for found in (synthea, ecqm):
        assert "no" not in {text for row in found.facts.values() for text in row.values()}


def test_nothing_of_the_investigators_is_a_fact(synthea: Extracted, ecqm: Extracted) -> None:
    judged = [one.name for one in load_trial().answerable() if one.is_judgement]
    for found in (synthea, ecqm):
        assert {row[name] for row in found.facts.values() for name in judged} == {None}


def test_what_lies_after_the_screening_date_is_not_there(tmp_path: Path) -> None:
    found = extracted(tmp_path, "ecqm.ndjson.gz", "2025-06-01")
    assert {one["date"] > "2025-06-01" for one in found.evidence} == {False}


# The same patient by every way.


@pytest.mark.parametrize("on", ["2005-12-31", "2016-02-02", "2021-03-31"])
def test_what_later_results_outdo_changes_nothing(tmp_path: Path, on: str) -> None:
    """A bulk export passes over old results before they are read; one record has them all."""
    found = extracted(tmp_path, "synthea", on)
    trial = load_trial()
    codes = load_codes(trial)
    every: Rows = []
    for record in read([FHIR / "synthea"], codes).records:
        if not any(person.deceased for person in record.persons):
            selected = select(Selection(trial, codes, date.fromisoformat(on)), record)
            every += [{"patient_id": record.patient, **e._asdict()} for e in selected.evidence]
            row = found.facts[record.patient]
            given = {name: text for name, text in row.items() if name in selected.answers}
            assert given == {name: one.text for name, one in selected.answers.items()}
    assert [{name: text or "" for name, text in sorted(one.items())} for one in found.evidence] == [
        dict(sorted(one.items())) for one in every
    ]


def by_patient(folder: Path) -> Iterator[tuple[str, Path]]:
    """A file for each patient, with the lines that name them."""
    lines = [
        line
        for path in sorted((FHIR / "synthea").iterdir())
        for line in gzip.decompress(path.read_bytes()).decode().splitlines()
    ]
    for patient in TRUTH["synthea"]:
        name = patient["patient_id"]
        path = folder / f"{name}.ndjson"
        path.write_text("\n".join(line for line in lines if name in line), "utf-8")
        yield name, path


def test_screening_one_by_one_finds_what_cohort_finds_in_the_table(
    synthea: Extracted, tmp_path: Path
) -> None:
    table = pl.DataFrame(list(synthea.facts.values()), infer_schema_length=None)
    table.write_parquet(tmp_path / "facts.parquet")
    assert run("cohort", "facts.parquet", "-o", "out.parquet", folder=tmp_path).code == 0
    together = {
        r["patient_id"]: r for r in pl.read_parquet(tmp_path / "out.parquet").rows(named=True)
    }
    trial, on = load_trial(), date(2021, 3, 31)
    for name, path in by_patient(tmp_path):
        if name not in together:
            with pytest.raises(InputError):
                read_fhir(trial, [path], on)
            continue
        found = screen(trial, {}, on, read_fhir(trial, [path], on))
        row = together[name]
        assert found.verdict == row["verdict"]
        assert {one.criterion.id: one.met for one in found.findings} == {
            one.criterion.id: row[one.criterion.id] for one in found.findings
        }


def test_bundles_and_lines_of_the_same_patient_say_the_same(tmp_path: Path) -> None:
    """The bundles as they were, with the references that the lines of `synthea` still have."""
    lines = [
        json.loads(line)
        for path in sorted((FHIR / "synthea").iterdir())
        for line in gzip.decompress(path.read_bytes()).splitlines()
    ]
    entries = [{"fullUrl": f"urn:uuid:{one['id']}", "resource": one} for one in lines]
    made = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    (tmp_path / "all.json").write_text(json.dumps(made))
    both = (read_every(path) for path in (FHIR / "synthea", tmp_path / "all.json"))
    one, other = (
        [
            (r.patient, {e._replace(place="", value=repr(e.value)) for e in r.entries})
            for r in found.records
        ]
        for found in both
    )
    assert one == other
