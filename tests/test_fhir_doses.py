"""How much of a medicine is taken a day, as FHIR says it: milligrams where there is no doubt."""

from pathlib import Path
from typing import Any

import pytest

from tests.fhir_records import Json, patient, read_these
from trialscreen.answers.records.entries import Amount

UCUM = "http://unitsofmeasure.org"
DAILY: Json = {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}


def dose(value: Any = 10, code: str = "mg", **more: Any) -> Json:
    quantity = {"value": value, "unit": code, "system": UCUM, "code": code}
    return {"doseAndRate": [{"doseQuantity": quantity}], "timing": DAILY, **more}


def every(period: Any, unit: Any = "h", frequency: Any = None, **more: Any) -> Json:
    repeat = {"period": period, "periodUnit": unit, "frequency": frequency, **more}
    return {"repeat": {name: one for name, one in repeat.items() if one is not None}}


def coded(code: str) -> Json:
    return {"code": {"coding": [{"code": code}]}}


CERTAIN = [
    (dose(), "10"),
    (dose(7.5), "7.5"),
    (dose(2.5, timing=every(12)), "5"),
    (dose(2.5, timing=every(1, "d", 3)), "7.5"),
    (dose(5, timing=coded("BID")), "10"),
    (dose(0.01, "g"), "10"),
    (dose(500, "ug"), "0.5"),
    (dose(text="10 mg once daily", asNeededBoolean=False), "10"),
]
DOUBTFUL = [
    (dose(1, "{tbl}"), "1 {tbl}"),
    (dose(timing=every(2, "d")), "10 mg"),
    (dose(timing=every(1, "wk")), "10 mg"),
    (dose(timing=every(5, "h")), "10 mg"),
    (dose(timing=every(1, "d", frequencyMax=2)), "10 mg"),
    (dose(timing=every(1, "d", dayOfWeek=["mon"])), "10 mg"),
    (dose(timing=every(0, "d")), "10 mg"),
    (dose(timing=every("x", "d")), "10 mg"),
    (dose(timing=None), "10 mg"),
    (dose(timing={"event": ["2026-01-01"], **coded("QD")}), "10 mg"),
    (dose(timing=coded("QOD")), "10 mg"),
    (dose(asNeededBoolean=True), "10 mg"),
    (dose(text="10 mg, then less", patientInstruction="taper"), "10 mg, then less"),
    ({"text": "1 tablet daily"}, "1 tablet daily"),
    (dose(doseAndRate=5), "a dose that cannot be read"),
    (dose(timing=5), "a dose that cannot be read"),
    ({}, ""),
]


def read_dose(folder: Path, *dosages: Json, kind: str = "MedicationDispense") -> Amount | str:
    one = {
        "resourceType": kind,
        "id": "m1",
        "status": "completed",
        "medicationCodeableConcept": {"coding": [{"code": "8640"}]},
        "subject": {"reference": "Patient/p1"},
        "dosage" if kind == "MedicationStatement" else "dosageInstruction": list(dosages),
    }
    found = read_these(folder, patient(), one)
    assert not found.problems
    (entry,) = found.records[0].entries
    assert entry.standing != "provisional"
    return entry.dose


@pytest.mark.parametrize(("dosage", "milligrams"), CERTAIN)
def test_a_daily_dose_is_read(tmp_path: Path, dosage: Json, milligrams: str) -> None:
    for kind in ("MedicationDispense", "MedicationStatement"):
        assert read_dose(tmp_path, dosage, kind=kind) == Amount(milligrams, ucum="mg/d")


@pytest.mark.parametrize(("dosage", "written"), DOUBTFUL)
def test_what_leaves_a_doubt_stays_as_written(tmp_path: Path, dosage: Json, written: str) -> None:
    assert read_dose(tmp_path, dosage) == written


def test_of_two_instructions_none_is_the_dose(tmp_path: Path) -> None:
    assert read_dose(tmp_path, dose(), dose(5)) == "10 mg; 5 mg"
