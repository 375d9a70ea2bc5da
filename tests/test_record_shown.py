"""What a patient's record says, on every page and in the JSON."""

from dataclasses import replace
from datetime import date

import pytest

from tests.reports import entry
from tests.test_beside_record import TRIAL
from trialscreen import __version__, result
from trialscreen.answers.answer import Answer, read_facts
from trialscreen.answers.beside_record import FromRecord, with_record
from trialscreen.answers.sampled import read_samples
from trialscreen.model.evidence import Evidence
from trialscreen.output.report.entry_page import entry_page
from trialscreen.output.report.record_page import ScreeningRecord, record_page
from trialscreen.output.report.render import markdown, plain
from trialscreen.output.report.screening_page import screening_page, summary_page
from trialscreen.output.report.verdict_words import why
from trialscreen.screening.screen import Screening, screen

ON = date(2026, 6, 1)
TSH = Evidence(
    *("fact", "tsh", "3.1", "u[IU]/mL", "2026-03-02", "3016-3", "loinc", "Observation/123")
)
EVIDENCE = (
    TSH,
    Evidence("fact", "sex", "female", source="Patient/7"),
    Evidence("fact", "hbv_dna", "<20", "", "2026-05-20", "29615-2", "loinc", "Observation/5"),
    Evidence("fact", "weight", "70", "kg", "2026-05-20", "29463-7", "loinc", "Observation/6"),
    Evidence(
        *("candidate", "paget_disease_of_bone", "yes", "", "2019", "M88", "icd10", "Condition/3"),
        "provisional",
    ),
    Evidence("unmapped", "serum_creatinine", "3.27", "mg/dL", "", "38483-4", "loinc", "Obs/9"),
    Evidence("conflict", "height", "160", "cm", "2026-01-02", "8302-2", "loinc", "Observation/1"),
    Evidence("conflict", "height", "182", "cm", "2026-01-02", "8302-2", "loinc", "Observation/2"),
    Evidence("assumed", "cushing_syndrome", "no"),
)
OF_RECORD = {
    "tsh": "3.1",
    "sex": "female",
    "hbv_dna": "<20",
    "weight": "70 kg",
    "cushing_syndrome": "no",
}
GIVEN = {"weight": Answer("61 kg", "flag"), "informed_consent_signed": Answer("yes", "flag")}


def recorded() -> tuple[Screening, FromRecord]:
    answers = {
        name: Answer(text, "record", notes={"date": "2026-03-02"} if name == "tsh" else {})
        for name, text in OF_RECORD.items()
    }
    found = with_record(TRIAL, GIVEN, FromRecord(answers, EVIDENCE), ON)
    samples = read_samples(TRIAL, found.answers, ON, [])
    facts = read_facts(TRIAL, found.answers, ON)
    return screen(TRIAL, facts, ON, samples, found.evidence), found


SHOWN = (
    "TSH 3.1 µIU/mL, 2026-03-02, Observation/123",
    "HBV DNA <20, 2026-05-20, Observation/5",
    "In the record: 3 used, 1 in conflict, 1 to review, 1 not used, 1 not mapped, 1 assumed no",
    "height 160 cm, 2026-01-02, Observation/1, LOINC 8302-2; 182 cm",
    "What is in conflict is unknown until somebody decides, by an answer.",
    "Paget's disease of bone yes, 2019, Condition/3, ICD-10 M88, provisional",
    "weight 70 kg, 2026-05-20, Observation/6",
    "3.27 mg/dL, Obs/9, LOINC 38483-4",
    "site assumes a no (1): Cushing",
)


@pytest.mark.parametrize("page", [summary_page, screening_page])
@pytest.mark.parametrize("render", [plain.render, markdown.render])
def test_a_page_shows_what_the_record_gave_and_where_it_stands(
    page: object, render: object
) -> None:
    screening, _ = recorded()
    text = " ".join(render(page(screening)).replace("\\", "").split())  # type: ignore[operator]
    for one in SHOWN:
        assert one in text.replace("<br>", " ").replace("&lt;", "<"), one


def test_each_place_stands_in_the_json_with_a_value_of_its_type() -> None:
    data = result(recorded()[0])
    facts = {one["element"]: one for one in data["facts"]}
    assert facts["tsh"] == {
        "element": "tsh",
        "value": 3.1,
        "unit": "u[IU]/mL",
        "date": "2026-03-02",
        "code": "3016-3",
        "system": "loinc",
        "source": "Observation/123",
        "note": None,
    }
    assert facts["sex"]["value"] == "female"
    assert facts["hbv_dna"]["value"] == "<20"
    assert [one["value"] for one in data["conflicts"]] == [160, 182]
    assert [one["value"] for one in data["candidates"]] == [True]
    assert [(one["element"], one["value"]) for one in data["overruled"]] == [("weight", 70)]
    assert [one["element"] for one in data["unmapped"]] == ["serum_creatinine"]
    assert [(one["element"], one["value"]) for one in data["assumed"]] == [
        ("cushing_syndrome", False)
    ]
    assert data["values"]["weight"] == "61 kg"


def test_a_screening_without_a_record_says_nothing_of_one() -> None:
    screening = replace(recorded()[0], evidence=())
    for page in (summary_page(screening), screening_page(screening)):
        assert "record" not in plain.render(page).lower()


def test_the_record_to_sign_and_the_log_have_the_evidence() -> None:
    screening, found = recorded()
    record = ScreeningRecord(screening, found.answers, __version__)
    text = " ".join(plain.render(record_page(record)).split())
    assert "in the record: 3.1 µIU/mL, 2026-03-02, Observation/123, LOINC 3016-3" in text
    for one in ("1 in conflict", "1 to review", "1 not used", "1 assumed no"):
        assert one in text
    kept = entry(screening, "S-014", 1, found.answers)
    assert kept.evidence == tuple(
        one._replace(source=one.source.replace("Patient/7", "Patient")) for one in found.evidence
    )
    logged = " ".join(plain.render(entry_page(kept)).split())
    assert "2026-03-02, Observation/123, LOINC 3016-3" in logged
    assert "Patient/7" not in logged


def test_an_open_criterion_names_apart_what_is_in_conflict() -> None:
    conflict = Evidence("conflict", "hypoparathyroidism", "yes", source="Condition/9")
    screening = recorded()[0]
    finding = next(one for one in screening.findings if conflict.element in one.needed)
    assert len(finding.needed) > 1
    label = TRIAL.elements[conflict.element].label
    assert why(screening, finding)[-1].startswith("missing: ")
    *_, missing, told = why(replace(screening, evidence=(conflict,)), finding)
    assert told == f"in conflict: {label}"
    assert missing.startswith("missing: ")
    assert label not in missing
