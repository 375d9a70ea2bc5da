"""`screen --fhir`: a made-up patient's FHIR resources beside flags, files and answers."""

import json
import re
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

import trialscreen
from tests.process import PATIENTS, refusals, run
from tests.test_beside_record import TRIAL
from tests.test_cli import SCHEMA
from tests.test_schemas import RESULTS

ON = ("--screening-date", "2026-06-01")
PATIENT = {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1958-03-14"}
WEIGHT = ("http://loinc.org", "29463-7")
HEIGHT = ("http://loinc.org", "8302-2")
CREATININE_IN_BLOOD = ("http://loinc.org", "38483-4")
CUSHING = ("http://snomed.info/sct", "47270006")
OSTEOPOROSIS = ("http://snomed.info/sct", "64859006")


def concept(code: tuple[str, str]) -> dict[str, Any]:
    return {"coding": [{"system": code[0], "code": code[1]}]}


def measured(number: int, code: tuple[str, str], value: float, unit: str, day: str) -> Any:
    return {
        "resourceType": "Observation",
        "id": f"o{number}",
        "status": "final",
        "code": concept(code),
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": day,
        "valueQuantity": {
            "value": value,
            "unit": unit,
            "system": "http://unitsofmeasure.org",
            "code": unit,
        },
    }


def diagnosed(number: int, code: tuple[str, str], day: str = "2024-02-03") -> Any:
    active = {"system": "http://terminology.hl7.org/CodeSystem/condition-clinical"}
    sure = {"system": "http://terminology.hl7.org/CodeSystem/condition-ver-status"}
    return {
        "resourceType": "Condition",
        "id": f"c{number}",
        "clinicalStatus": {"coding": [{**active, "code": "active"}]},
        "verificationStatus": {"coding": [{**sure, "code": "confirmed"}]},
        "code": concept(code),
        "subject": {"reference": "Patient/p1"},
        "onsetDateTime": day,
    }


RECORD = (
    PATIENT,
    measured(1, WEIGHT, 71.3, "kg", "2026-05-20T23:30:00-05:00"),
    measured(2, HEIGHT, 160, "cm", "2026-05-20"),
    measured(3, CREATININE_IN_BLOOD, 3.27, "mg/dL", "2026-05-20"),
    diagnosed(1, CUSHING),
    diagnosed(2, OSTEOPOROSIS),
)


def bundle(path: Path, *resources: Any) -> Path:
    entries = [{"resource": one} for one in resources]
    made = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    path.write_text(json.dumps(made), "utf-8")
    return path


@pytest.fixture
def record(tmp_path: Path) -> Path:
    return bundle(tmp_path / "p1.json", *RECORD)


def screened(*args: str | Path) -> dict[str, Any]:
    ran = run("screen", *args, *ON, "--format", "json")
    assert ran.code in (0, 3, 4), ran.err
    found: dict[str, Any] = json.loads(ran.out)
    RESULTS.validate(found)
    return found


def by_element(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {one["element"]: one["value"] for one in rows}


def test_a_record_alone_is_a_screening(record: Path) -> None:
    found = screened("--fhir", record)
    facts = {one["element"]: one for one in found["facts"]}
    assert by_element(found["facts"]) == {
        "sex": "female",
        "birth_date": "1958-03-14",
        "weight": 71.3,
        "height": 160,
        "cushing_syndrome": True,
    }
    assert facts["weight"] == {
        "element": "weight",
        "value": 71.3,
        "unit": "kg",
        "date": "2026-05-20",
        "code": "29463-7",
        "system": "loinc",
        "source": "Observation/o1",
        "note": None,
    }
    assert by_element(found["candidates"]) == {"osteoporosis_diagnosis": True}
    assert [one["code"] for one in found["unmapped"]] == ["38483-4"]
    assert found["verdict"] == "ineligible"
    assert found["values"]["weight"] == "71.3 kg"


def test_numbers_are_numbers_beside_yes_or_no(tmp_path: Path) -> None:
    pressure = measured(8, ("http://loinc.org", "8480-6"), 1.5e25, "mm[Hg]", "2026-05-20")
    dna = measured(9, ("http://loinc.org", "42595-9"), 30, "[IU]/mL", "2026-05-20")
    dna["referenceRange"] = [{"high": {"value": 20}}]
    found = screened("--fhir", bundle(tmp_path / "p.json", PATIENT, pressure, dna))
    shown = found["candidates"][0]
    assert (shown["element"], shown["value"]) == ("uncontrolled_severe_hypertension", 1.5e25)
    (fact,) = (one for one in found["facts"] if one["element"] == "hbv_dna_above_uln")
    assert (fact["value"], fact["unit"], fact["note"]) == (True, None, "recorded: 30 [IU]/mL")


def test_a_page_names_each_place(record: Path) -> None:
    for more in ((), ("--full",), ("--plain",)):
        text = " ".join(run("screen", "--fhir", record, *ON, *more).out.split())
        for one in (
            "weight 71.3 kg, 2026-05-20, Observation/o1",
            "1 to review",
            "Condition/c2, SNOMED CT 64859006",
            "near serum creatinine 3.27 mg/dL",
        ):
            assert one in text, (one, more)


LONG_AGO = (
    # day of a weight, how old that is on 2026-06-01; nothing where it is as old as is usual
    ("2025-06-01", ""),
    ("2025-05-31", "1 year"),
    ("2025-06", ""),
    ("2025-05", "1 year"),
    ("2024", "1 year"),
    ("1970-03-01T08:00:00+08:00", "56 years"),
)


@pytest.mark.parametrize(("day", "age"), LONG_AGO)
def test_a_weight_of_long_ago_counts_and_is_warned_of(day: str, age: str, tmp_path: Path) -> None:
    record = bundle(tmp_path / "a.json", PATIENT, measured(1, WEIGHT, 39, "kg", day))
    screening = screened("--fhir", record)
    assert screening["verdict"] == "ineligible"
    told = f"body weight 39 kg is in the record of {day[:10]} (Observation/o1), {age} ago"
    told += " (typical: at most 12 months); it counts, whatever its age"
    notice = {"level": "warning", "elements": ["weight"], "message": told}
    assert screening["notices"] == ([notice] if age else [])
    page = run("screen", "--fhir", record, *ON, "--plain")
    assert (told in " ".join(page.out.split())) == bool(age)
    paper = tmp_path / "record.html"
    run("report", "--fhir", record, *ON, "-o", paper)
    assert (told in paper.read_text("utf-8")) == bool(age)


@pytest.mark.parametrize(("day", "is_newer"), [("2026-05-20", True), ("2026-05-02", False)])
def test_a_creatinine_that_is_newer_than_the_egfr_beside_it_is_told(
    day: str, is_newer: bool, tmp_path: Path
) -> None:
    egfr = measured(1, ("http://loinc.org", "98979-8"), 75, "mL/min/{1.73_m2}", "2026-05-02")
    creatinine = measured(2, ("http://loinc.org", "2160-0"), 1.6, "mg/dL", day)
    record = bundle(tmp_path / "a.json", PATIENT, egfr, creatinine)
    (notice,) = screened("--fhir", record)["notices"]
    newer = "; serum creatinine of 2026-05-20 is newer than eGFR of 2026-05-02"
    assert "75 mL/min/1.73 m² as entered is used; computed it is 34" in notice["message"]
    assert notice["message"].endswith(newer if is_newer else "on the other side of a threshold")


def test_what_is_given_decides_and_the_record_is_shown(record: Path) -> None:
    found = screened("--fhir", record, "--weight", "61")
    assert found["values"]["weight"] == "61 kg"
    assert by_element(found["overruled"]) == {"weight": 71.3}
    assert "weight" not in by_element(found["facts"])


def test_a_no_against_a_yes_is_unknown_until_somebody_decides(record: Path, tmp_path: Path) -> None:
    found = screened("--fhir", record, "--cushing-syndrome", "no")
    assert [(one["value"], one["source"]) for one in found["conflicts"]] == [
        (True, "Condition/c1"),
        (False, "flag"),
    ]
    assert "cushing_syndrome" not in found["values"]
    e1 = next(one for one in found["criteria"] if one["id"] == "E1")
    assert e1["met"] is None
    said = "no despite Condition/c1"
    file = tmp_path / "answers.yaml"
    file.write_text("cushing_syndrome: {value: no, despite: Condition/c1}\n", "utf-8")
    for given in (("--cushing-syndrome", said), ("--from", file)):
        decided = screened("--fhir", record, *given)
        assert decided["values"]["cushing_syndrome"] == "no"
        assert decided["conflicts"] == []
        assert by_element(decided["overruled"]) == {"cushing_syndrome": True}


def test_a_place_that_the_record_does_not_have_is_told_with_those_that_say_yes(
    record: Path,
) -> None:
    said = "no despite Condition/c1, Condition/c9"
    said_by = {"--cushing-syndrome": "Condition/c1", "--malabsorption-syndrome": "nothing"}
    for given, yes in said_by.items():
        ran = run("screen", "--fhir", record, given, said, *ON, "--format", "csv")
        told = " ".join(ran.err.split())
        assert f"note: {given} " in told
        assert "despite 'Condition/c9': not among what the record says" in told
        assert f"yes is said by {yes}" in told
    known = run("screen", "--fhir", record, "--cushing-syndrome", "no despite Condition/c1", *ON)
    assert "despite" not in known.err


def test_where_a_site_has_decided_so_what_is_not_coded_is_no_and_marked(record: Path) -> None:
    given = ("--fhir", record, "--assume-absent", "bone_diseases")
    names = {one.name for one in TRIAL.elements.values() if one.section == "bone_diseases"}
    found = screened(*given)
    assumed = by_element(found["assumed"])
    assert assumed
    assert set(assumed.values()) == {False}
    assert assumed.keys() <= names
    assert "cushing_syndrome" not in assumed
    assert found["summary"].endswith(f" {len(assumed)} answers are assumed, as no.")
    ran = run("screen", *given, *ON, "--format", "csv")
    assert f"note: {len(assumed)} answers are assumed, as no: nothing" in ran.err
    for more in ((), ("--full",), ("--plain",), ("--format", "markdown")):
        text = " ".join(run("screen", *given, *ON, *more).out.replace("│", "").split())
        assert f"site assumes a no ({len(assumed)}): " in text
        assert f"{len(assumed)} answers are assumed, as no." in text


def test_a_record_may_come_in_several_files(tmp_path: Path) -> None:
    (tmp_path / "chart").mkdir()
    chart = bundle(tmp_path / "chart" / "patient.json", *RECORD[:2])
    labs = bundle(tmp_path / "labs.json", RECORD[2])
    found = by_element(screened("--fhir", chart.parent, "--fhir", labs)["facts"])
    assert found.keys() == {"sex", "birth_date", "weight", "height"}


def test_a_site_binds_codes_of_its_own(record: Path, tmp_path: Path) -> None:
    codes = tmp_path / "codes.yaml"
    creatinine = "serum_creatinine: {codes: [{loinc: 38483-4, sets: value}]}"
    codes.write_text(f"format: 1\nelements:\n  {creatinine}\n", "utf-8")
    found = screened("--fhir", record, "--codes", codes)
    assert by_element(found["facts"])["serum_creatinine"] == 3.27
    assert found["unmapped"] == []
    codes.write_text("format: 1\nelements: {creatinin: {}}\n", "utf-8")
    [told] = refusals(run("screen", "--fhir", record, "--codes", codes, *ON))
    assert "codes.yaml:2:23 elements.creatinin: no data element is named 'creatinin'" in told


OTHER = {**PATIENT, "id": "p2"}
DIED = {**PATIENT, "deceasedDateTime": "2025-12-24"}

REFUSED = {
    "several patients": ((PATIENT, OTHER), (), "--fhir: 2 patients: 'p1', 'p2'; give the files"),
    "nobody": ((), (), "--fhir: no patient in it"),
    "a patient who died": ((DIED,), (), "--fhir: the patient has died, and is not screened"),
    "the day of the death": ((DIED,), (), "Patient/p1, 2025-12-24"),
    "no such section": ((PATIENT,), ("--assume-absent", "bones"), "--assume-absent: no section"),
    "what people judge": (
        *((PATIENT,), ("--assume-absent", "investigator")),
        "--assume-absent: 'investigator' has no element that a missing code can set to no",
    ),
    "a file of codes that is not there": ((PATIENT,), ("--codes", "none.yaml"), "none.yaml"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_screened_is_refused(name: str, tmp_path: Path) -> None:
    resources, more, said = REFUSED[name]
    ran = run("screen", "--fhir", bundle(tmp_path / "p.json", *resources), *more, *ON)
    assert any(said in one for one in refusals(ran)), refusals(ran)
    assert ran.out == ""


@pytest.mark.parametrize("option", ["--codes", "--assume-absent"])
def test_what_is_for_a_record_is_refused_without_one(option: str) -> None:
    [told] = refusals(run("screen", "--weight", "60", option, "x"))
    assert told == f"{option}: is for a record; name one with --fhir"


def test_what_a_file_kept_of_a_record_yields_to_it_on_a_later_day(
    record: Path, tmp_path: Path
) -> None:
    file = tmp_path / "answers.yaml"
    file.write_text(
        "screening_date: 2026-05-31\n"
        "birth_date: {value: 2026-05, record: 2026-05 in Patient/p1}\n"
        "weight: {value: 58, record: 61 in Observation/o0}\n",
        "utf-8",
    )
    found = screened("--rescreen", file, "--fhir", record)
    assert found["values"]["birth_date"] == "1958-03-14"
    assert found["values"]["weight"] == "58 kg"  # changed by hand


def test_a_record_that_is_named_as_a_file_of_answers_is_told(record: Path) -> None:
    [told] = refusals(run("screen", record, *ON))
    assert told == f"{record}: is a FHIR resource, and holds no answers; name it with --fhir"


def test_the_record_to_sign_has_the_places(record: Path, tmp_path: Path) -> None:
    page = tmp_path / "p1.html"
    ran = run("report", "--fhir", record, "--weight", "61", *ON, "-o", page)
    assert ran.code == 0, ran.err
    text = page.read_text("utf-8")
    assert re.search(r"Cushing[^<]*\(E1\)</[^<]*<[^<]*yes, in the record: yes, 2024-02-03", text)
    for one in ("Observation/o2", "Condition/c2", "1 not used", "patient&#x27;s record"):
        assert one in text or one.replace("&#x27;", "'") in text, one


def test_the_log_keeps_the_places_after_consent(record: Path, tmp_path: Path) -> None:
    log = tmp_path / "site.log"
    given = ("--fhir", record, *ON, "--log", log, "--subject", "S-014", "--by", "JW")
    ran = run("screen", *given, "--informed-consent-signed", "yes", "--willing-to-participate=yes")
    assert "log: entry 1" in ran.err
    entry = json.loads(run("log", "show", log, "1", "--format", "json").out)
    assert {one["source"] for one in entry["evidence"]} >= {"Observation/o1", "Patient"}
    assert "Patient/p1" not in json.dumps(entry)
    page = tmp_path / "again.html"
    assert run("report", "--log", log, "--entry", "1", "-o", page).code == 0
    assert "Observation/o1" in page.read_text("utf-8")


def test_what_cannot_be_used_is_told_and_the_rest_counts(tmp_path: Path) -> None:
    stones = measured(9, WEIGHT, 11, "[stone_av]", "2026-05-21")
    ran = run("screen", "--fhir", bundle(tmp_path / "p.json", *RECORD, stones), *ON)
    assert "not used: " in ran.err
    assert "Observation/o9" in ran.err


def test_the_schema_has_the_same_form_for_each_kind() -> None:
    kinds = ("facts", "candidates", "unmapped", "conflicts", "assumed", "overruled")
    forms = [SCHEMA["properties"][kind]["items"] for kind in kinds]
    assert forms == [{"$ref": "#/$defs/evidence"}] * len(kinds)


def test_answers_that_were_exported_come_back(tmp_path: Path) -> None:
    patient = PATIENTS / "eligible.yaml"  # screened on 2026-06-01, and exported today
    made = tmp_path / "response.json"
    ran = run("export", "response", patient, "--every-question", "--subject=S-1", "-o", made)
    assert ran.code == 0
    found = screened("--fhir", made)
    given = json.loads(run("screen", patient, "--format", "json").out)
    assert found["verdict"] == given["verdict"] == "eligible"
    assert found["values"] == given["values"]
    assert {one["source"] for one in found["facts"]} == {"QuestionnaireResponse"}
    ran = run("screen", "--fhir", made, "--screening-date", "2026-05-31", "--format", "json")
    assert json.loads(ran.out)["values"] == {}


# From Python.


def test_python_says_the_same(record: Path, tmp_path: Path) -> None:
    on = date(2026, 6, 1)
    stones = measured(9, WEIGHT, 11, "[stone_av]", "2026-05-21")
    read = trialscreen.read_fhir(TRIAL, [bundle(tmp_path / "p.json", *RECORD, stones)], on)
    assert ["Observation/o9" in str(one) for one in read.problems] == [True]
    read = trialscreen.read_fhir(TRIAL, [record], on, assume_absent=["bone_diseases"])
    found = trialscreen.screen(TRIAL, {"weight": 61, "cushing_syndrome": False}, on, read)
    file = tmp_path / "answers.yaml"
    file.write_text("{weight: 61, cushing_syndrome: no}", "utf-8")
    given = ("--from", file, "--assume-absent=bone_diseases")
    assert trialscreen.result(found) == screened("--fhir", record, *given)
    assert found.conflicts
    with pytest.raises(trialscreen.InputError):
        trialscreen.read_fhir(TRIAL, [bundle(tmp_path / "two.json", PATIENT, OTHER)], on)


def test_python_takes_one_path_without_a_list(record: Path) -> None:
    on = date(2026, 6, 1)
    listed = trialscreen.read_fhir(TRIAL, [record], on, assume_absent=["bone_diseases"])
    for path in (record, str(record)):  # a text is not a list of its characters, "/" among them
        assert trialscreen.read_fhir(TRIAL, path, on, assume_absent="bone_diseases") == listed


def test_python_does_not_use_a_record_on_another_day_than_it_was_read_for(record: Path) -> None:
    read = trialscreen.read_fhir(TRIAL, record, date(2026, 6, 1))
    for other in (date(2026, 3, 1), date(2027, 6, 1)):
        with pytest.raises(trialscreen.InputError) as refused:
            trialscreen.screen(TRIAL, {}, other, read)
        [problem] = refused.value.problems
        assert str(problem) == f"record: was read for 2026-06-01; read it anew for {other}"
    for none in ("2026-06-01", datetime(2026, 6, 1, 12)):  # noqa: DTZ001
        with pytest.raises(TypeError, match=r"expected a datetime\.date"):
            trialscreen.read_fhir(TRIAL, record, none)  # type: ignore[arg-type]


def test_a_file_of_answers_is_no_record() -> None:
    file = PATIENTS / "eligible.yaml"
    [told] = refusals(run("screen", "--fhir", file))
    assert told.startswith(f"{file}: is not a FHIR file; expected .json, .ndjson, ")
