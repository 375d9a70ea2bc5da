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


def coded(code: str, text: str | None = None, display: str | None = None) -> Json:
    return {"code": {"coding": [{"code": code, "display": display}], "text": text}}


def told(text: str, value: Any = 10, **more: Any) -> Json:
    return dose(value, text=text, **more)


def beside(value: Any = 10, **more: Any) -> Json:
    """A part that stands beside the quantity of a dose."""
    return {**dose(value), "doseAndRate": [{**dose(value)["doseAndRate"][0], **more}]}


MG: Json = {"value": 5, "unit": "mg"}
CERTAIN = [
    (dose(), "10"),
    (dose(7.5), "7.5"),
    (dose(2.5, timing=every(12)), "5"),
    (dose(2.5, timing=every(1, "d", 3)), "7.5"),
    (dose(5, timing=coded("BID")), "10"),
    (dose(0.01, "g"), "10"),
    (dose(500, "ug"), "0.5"),
    (dose(text="10 mg once daily", asNeededBoolean=False), "10"),
    (dose(timing={**DAILY, **coded("QD", "Daily", "Every day")}), "10"),
    (dose(5, timing={**every(12), **coded("BID", "twice a day")}), "10"),
    (dose(5, timing={"code": {"text": "BID"}}), "10"),
    (told("Take 10 mg daily by mouth"), "10"),
    (told("10 mg, Oral, Daily"), "10"),
    (told("Take 10.0 mg by mouth once a day in the morning."), "10"),
    (told("Take 1 tablet (10 mg total) by mouth daily."), "10"),
    (told("Take 2 tablets (10 mg total) by mouth daily with food"), "10"),
    (told("5 mg po twice daily", 5, timing=coded("BID")), "10"),
    (dose(0.01, "g", text="10 mg every 24 hours"), "10"),
    (told(" "), "10"),
]
PARTS = " (in its parts 10 mg, 1 a day)"
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
    (dose(timing={**DAILY, **coded("QOD")}), "10 mg, 1 a day, QOD"),
    (dose(timing={**DAILY, **coded("BID")}), "10 mg, 1 a day, BID"),
    (dose(timing={**DAILY, **coded("QD", "every 2 days")}), "10 mg, 1 a day, QD, every 2 days"),
    (dose(timing={**DAILY, **coded("QD", display="QOD")}), "10 mg, 1 a day, QD, QOD"),
    (dose(timing={**DAILY, "code": {"text": "alternate days"}}), "10 mg, 1 a day, alternate days"),
    (dose(timing=coded("QD", "every other day")), "10 mg, QD, every other day"),
    (told("every other day"), "every other day" + PARTS),
    (told("10 mg every other day"), "10 mg every other day" + PARTS),
    (told("10 mg daily on weekdays"), "10 mg daily on weekdays" + PARTS),
    (told("10 mg twice daily"), "10 mg twice daily" + PARTS),
    (told("5 mg daily"), "5 mg daily" + PARTS),
    (told("5 mg daily", 5, timing=coded("BID")), "5 mg daily (in its parts 5 mg, BID)"),
    (told("10 g daily"), "10 g daily" + PARTS),
    (told("10-20 mg daily"), "10-20 mg daily" + PARTS),
    (told("Take 2 tablets (10 mg) daily"), "Take 2 tablets (10 mg) daily" + PARTS),
    (told("10 mg daily " + "po " * 100), "10 mg daily " + "po " * 100 + PARTS),
    (dose(patientInstruction="every other day"), "10 mg"),
    (dose(additionalInstruction=[{"text": "every other day"}]), "10 mg"),
    (dose(maxDosePerPeriod={"numerator": {"value": 5}, "denominator": {"value": 1}}), "10 mg"),
    (dose(maxDosePerAdministration={"value": 5, "unit": "mg"}), "10 mg"),
    (dose(modifierExtension=[{"url": "http://example.org/not"}]), "10 mg"),
    (dose(doseQuantity={"value": 5, "unit": "mg"}), "10 mg"),
    (beside(doseRange={"low": {"value": 5}, "high": {"value": 10}}), "10 mg"),
    (
        beside(doseQuantity=None, doseRange={"low": MG, "high": {**MG, "value": 10}}),
        "5 mg to 10 mg",
    ),
    (beside(rateQuantity={"value": 5}), "10 mg"),
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
def test_what_leaves_a_doubt_is_told_as_written_with_what_each_part_says(
    tmp_path: Path, dosage: Json, written: str
) -> None:
    assert read_dose(tmp_path, dosage) == written


def test_of_two_instructions_none_is_the_dose(tmp_path: Path) -> None:
    assert read_dose(tmp_path, dose(), dose(5)) == "10 mg; 5 mg"
