"""The mapping of codes: what the packaged file binds, and what it refuses."""

from datetime import date

from trialscreen.criteria_file.load import load_trial
from trialscreen.records.codes import load_codes
from trialscreen.records.entries import Amount, Coding, Entry, Record
from trialscreen.records.select import select


def test_a_result_in_blood_fills_no_serum_element() -> None:
    trial = load_trial()
    codes = load_codes(trial)
    blood = (Coding("loinc", "38483-4"),)
    assert codes.is_relevant(blood)
    entry = Entry("measurement", blood, "Observation/1", Amount("1.1", ucum="mg/dL"), start="2026")
    found = select(trial, codes, Record("1", entries=(entry,)), date(2026, 3, 10))
    assert found.answers == {}
    assert [(one.kind, one.element) for one in found.evidence] == [("unmapped", "serum_creatinine")]
