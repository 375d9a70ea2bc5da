"""A key that stands twice in a resource: what it would decide is unknown, and told."""

import json
from datetime import date
from pathlib import Path

import pytest

from tests.fhir_records import CODES, Json, bundle, observation, patient, read_these
from trialscreen import load_trial
from trialscreen.answers.beside_record import FromRecord
from trialscreen.answers.records.fhir import Read, read
from trialscreen.answers.records.gathered import Selection
from trialscreen.answers.records.select import select

TRIAL = load_trial()
ON = date(2026, 6, 1)
OTHER = {"coding": [{"system": "http://loinc.org", "code": "1-8"}]}
OSTEOPOROSIS: Json = {
    "resourceType": "Condition",
    "id": "c1",
    "code": {"coding": [{"system": "http://snomed.info/sct", "code": "47270006"}]},
    "subject": {"reference": "Patient/p1"},
    "clinicalStatus": {"coding": [{"code": "active"}]},
}
OLDER = observation(id="older", effectiveDateTime="2025-03-02")


def twice(resource: Json, **first: object) -> str:
    """A resource with other values before its own, under the same keys."""
    text = json.dumps(resource)
    return "".join(["{", json.dumps(first)[1:-1], ", ", text[1:]])


def selected(found: Read) -> FromRecord:
    (record,) = found.records
    return select(Selection(TRIAL, CODES, ON), record)


def lines(folder: Path, *resources: Json | str) -> Read:
    path = folder / "x.ndjson"
    texts = [one if isinstance(one, str) else json.dumps(one) for one in resources]
    path.write_text("\n".join(texts))
    return read([path], CODES)


IN_VALUE = json.dumps(observation()).replace('"value": 3.1', '"value": 31, "value": 3.1')


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (twice(observation(), status="preliminary"), "status: the key 'status' stands twice"),
        (
            twice(observation(), status="preliminary").replace('"status": "p', '"status" :"p'),
            "status: the key 'status' stands twice",
        ),
        (twice(observation(), valueString="x", valueQuantity={}), "'valueQuantity' stands twice"),
        (IN_VALUE, "valueQuantity: the key 'value' stands twice"),
        (IN_VALUE.replace(": ", ":").replace(", ", ","), "the key 'value' stands twice"),
        (twice(observation(), effectiveDateTime="2024-01-01"), "'effectiveDateTime' stands twice"),
        (twice(observation(), note=[], notE=[], id="x"), "'id' stands twice"),
        (twice(observation(), subject={"reference": "Patient/p2"}), "'subject' stands twice"),
    ],
)
def test_a_result_with_a_key_twice_is_told_and_no_value(
    tmp_path: Path, line: str, told: str
) -> None:
    found = lines(tmp_path, patient(), line)
    assert [one.where for one in found.problems] == [f"{tmp_path}/x.ndjson:2"]
    assert told in found.problems[0].message
    assert "tsh" not in selected(found).answers


@pytest.mark.parametrize("line", [IN_VALUE, twice(observation(), status="preliminary")])
def test_an_older_result_does_not_stand_in(tmp_path: Path, line: str) -> None:
    found = selected(lines(tmp_path, patient(), OLDER, line))
    assert "tsh" not in found.answers
    assert [one.kind for one in found.evidence if one.element == "tsh"] == ["candidate"] * 2


@pytest.mark.parametrize("first", [observation()["code"], OTHER])
@pytest.mark.parametrize("own", [observation()["code"], OTHER])
def test_a_code_that_stands_twice_is_told_whichever_matters(
    tmp_path: Path, first: Json, own: Json
) -> None:
    line = twice(observation(code=own), code=first)
    for one in (line, line.replace(": ", ":").replace(", ", ",")):
        found = lines(tmp_path, patient(), one)
        (problem,) = found.problems
        assert "the key 'code' stands twice" in problem.message
        assert "tsh" not in selected(found).answers


def test_a_panel_has_a_code_for_each_part_and_is_not_told(tmp_path: Path) -> None:
    panel = observation(
        code=OTHER, valueQuantity=None, component=[{"code": OTHER}, {"code": OTHER}]
    )
    assert not lines(tmp_path, patient(), panel).problems


def test_a_diagnosis_with_a_key_twice_only_proposes(tmp_path: Path) -> None:
    line = twice(OSTEOPOROSIS, clinicalStatus={"coding": [{"code": "resolved"}]})
    found = lines(tmp_path, patient(), line)
    assert "'clinicalStatus' stands twice" in found.problems[0].message
    assert "cushing_syndrome" not in selected(found).answers
    assert "cushing_syndrome" in selected(lines(tmp_path, patient(), OSTEOPOROSIS)).answers


def test_a_patient_with_a_key_twice_has_not_what_it_says(tmp_path: Path) -> None:
    found = lines(tmp_path, twice(patient(), birthDate="1940-01-01"))
    assert "the key 'birthDate' stands twice" in found.problems[0].message
    assert selected(found).answers.keys() == {"sex"}
    dead = lines(tmp_path, twice(patient(deceasedBoolean=False), deceasedBoolean=True))
    assert dead.records[0].persons[0].deceased


def test_a_bundle_or_an_entry_with_a_key_twice_loses_nothing_in_silence(tmp_path: Path) -> None:
    text = json.dumps(bundle(patient(), observation()))
    path = tmp_path / "b.json"
    path.write_text(text.replace('"entry"', '"entry": [{}], "entry"'))
    (problem,) = read([path], CODES).problems
    assert problem.message == "is not read: the key 'entry' stands twice"
    lost = json.dumps(observation(id="lost"))
    at = text.rfind('{"resource"') + 1
    path.write_text(f'{text[:at]}"resource": {lost}, {text[at:]}')
    found = read([path], CODES)
    assert [one.message for one in found.problems] == ["entry 2 of the Bundle is not read"]
    assert not found.records[0].entries


def test_quotes_and_colons_in_texts_are_no_keys(tmp_path: Path) -> None:
    odd = observation(note=[{"text": '"code":{"code":{ "value": 1, "value": 2'}])
    found = read_these(tmp_path, patient(), odd)
    assert not found.problems
    assert found.records[0].entries
