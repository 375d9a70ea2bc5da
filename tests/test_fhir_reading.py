"""FHIR resources to records: whose each is, what it says, and what is said of what is wrong."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tests.fhir_records import (
    CODES,
    EveryCode,
    Json,
    bundle,
    observation,
    patient,
    read_every,
    read_these,
    write_lines,
)
from trialscreen import InputError
from trialscreen.answers.records.codes import Codes
from trialscreen.answers.records.entries import Amount, Coding, Entry, NormalRange, Person, Record
from trialscreen.answers.records.fhir import Read, read

V3 = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
TSH = (Coding("http://loinc.org", "3016-3"),)


def only_entry(found: Read) -> Entry:
    ((entry,),) = (one.entries for one in found.records)
    assert not found.problems
    return entry


def ordered_by(tmp_path: Path, reference: str, change: Json) -> Entry:
    """The entry of an order of the Medication x, in the order itself for `#x`, else beside it."""
    medicine = {"resourceType": "Medication", "id": "x", "code": coded("904419"), **change}
    is_inside = reference == "#x"
    ordered = {
        **ALENDRONATE,
        "medicationCodeableConcept": None,
        "medicationReference": {"reference": reference},
        "contained": [medicine] if is_inside else [],
    }
    others = [] if is_inside else [medicine]
    return only_entry(read_these(tmp_path, patient(), ordered, *others))


def said(found: Read) -> list[str]:
    return [f"{one.where.rpartition('/')[2]} {one.message}" for one in found.problems]


def test_a_record_has_a_person_and_entries_with_texts_as_written(tmp_path: Path) -> None:
    line = json.dumps(observation()).replace("3.1,", "3.10,")
    found = read_these(tmp_path, patient(), line)
    assert found == Read(
        (
            Record(
                "p1",
                (
                    Person(
                        "female",
                        "1956-03-12",
                        source="Patient/p1",
                        place=f"{tmp_path}/export.ndjson:1",
                    ),
                ),
                (
                    Entry(
                        "measurement",
                        TSH,
                        "Observation/o1",
                        Amount("3.10", unit="mIU/L", ucum="m[IU]/L"),
                        start="2026-03-02",
                        place=f"{tmp_path}/export.ndjson:2",
                    ),
                ),
            ),
        ),
        (),
    )


# Values.

VALUES: list[tuple[Json, object]] = [
    ({"valueQuantity": {"value": 20, "comparator": "<"}}, Amount("20", "<")),
    (
        {"valueQuantity": {"value": 20, "comparator": ">=", "unit": "U/L"}},
        Amount("20", ">=", "U/L"),
    ),
    ({"valueQuantity": {"value": 20, "comparator": "ad", "unit": "U/L"}}, "ad 20 U/L"),
    ({"valueQuantity": {"value": 1e-3}}, Amount("0.001")),
    (
        {"valueQuantity": {"value": 5, "system": "http://local", "code": "IU"}},
        Amount("5", unit="IU"),
    ),
    ({"valueQuantity": {"unit": "mg/dL"}}, None),
    ({"valueQuantity": {"value": "5.4"}}, 'no number: "5.4"'),
    ({"valueQuantity": None}, None),
    ({"valueQuantity": None, "valueInteger": 7}, Amount("7")),
    ({"valueQuantity": None, "valueBoolean": False}, False),
    ({"valueQuantity": None, "valueString": "Not detected"}, "Not detected"),
    (
        {"valueQuantity": None, "valueCodeableConcept": {"coding": [{"code": "neg"}]}},
        (Coding("", "neg"),),
    ),
    (
        {"valueQuantity": None, "valueCodeableConcept": {"text": "阴性"}},
        (Coding("", "", "阴性"),),
    ),
    (
        {
            "valueQuantity": None,
            "valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 64}},
        },
        "1:64",
    ),
    (
        {
            "valueQuantity": None,
            "valueRange": {"low": {"value": 2, "unit": "a"}, "high": {"value": 3, "unit": "a"}},
        },
        "2 to 3 a",
    ),
    ({"valueQuantity": None, "valueRange": {"low": {"value": 2}}}, Amount("2", ">=")),
    ({"valueQuantity": None, "valuePeriod": {"start": "2026"}}, "from 2026 to None"),
    ({"valueQuantity": None, "valueSampledData": {"data": "1 2"}}, "sampled data"),
]


@pytest.mark.parametrize(("parts", "value"), VALUES)
def test_a_value_keeps_what_it_says(tmp_path: Path, parts: Json, value: object) -> None:
    assert only_entry(read_these(tmp_path, patient(), observation(**parts))).value == value


@pytest.mark.parametrize(
    "number", ["5.40", "0.1000000000000000055", "18446744073709551617", "-2.50"]
)
def test_digits_stay_as_written(tmp_path: Path, number: str) -> None:
    line = json.dumps(observation()).replace("3.1,", f"{number},")
    value = only_entry(read_these(tmp_path, patient(), line)).value
    assert isinstance(value, Amount) and value.number == number


def test_why_there_is_no_value_is_told(tmp_path: Path) -> None:
    given = observation(valueQuantity=None, dataAbsentReason={"text": "hemolysed"})
    assert only_entry(read_these(tmp_path, patient(), given)).absent == "hemolysed"


POSITIVE = {"coding": [{"system": V3, "code": "POS"}]}
SAID = [
    ({"interpretation": [POSITIVE]}, (Coding(V3, "POS"),)),
    ({"interpretation": POSITIVE}, (Coding(V3, "POS"),)),  # as in R3
    ({"interpretation": [{"text": "high"}, POSITIVE]}, (Coding("", "", "high"), Coding(V3, "POS"))),
    ({"interpretation": []}, ()),
    ({"interpretation": None}, ()),
]


@pytest.mark.parametrize(("parts", "said"), SAID)
def test_an_interpretation_stands_beside_the_value(
    tmp_path: Path, parts: Json, said: tuple[Coding, ...]
) -> None:
    entry = only_entry(read_these(tmp_path, patient(), observation(**parts)))
    assert (entry.also, entry.value is None, entry.standing) == (said, False, "counts")
    entry = only_entry(read_these(tmp_path, patient(), observation(valueQuantity=None, **parts)))
    assert (entry.also, entry.value) == (said, None)


@pytest.mark.parametrize(
    ("display", "text", "said"),
    [
        ("Negative", "Positive", (Coding("", "", "Positive"),)),
        ("Negative", "Negative", ()),
        (None, "Negative", (Coding("", "", "Negative"),)),
        ("Negative", None, ()),
    ],
)
def test_the_text_of_a_coded_value_is_said_beside_it(
    tmp_path: Path, display: str | None, text: str | None, said: tuple[Coding, ...]
) -> None:
    concept = {"coding": [{"code": "neg", "display": display}], "text": text}
    one = observation(valueQuantity=None, valueCodeableConcept=concept)
    assert only_entry(read_these(tmp_path, patient(), one)).also == said


def test_an_interpretation_of_what_is_said_to_be_absent_is_not_certain(tmp_path: Path) -> None:
    absent = {"valueQuantity": None, "dataAbsentReason": {"text": "hemolysed"}}
    one = observation(**absent, interpretation=[POSITIVE])
    entry = only_entry(read_these(tmp_path, patient(), one))
    assert (entry.standing, entry.notes) == ("provisional", ("also said to be absent: hemolysed",))


def test_an_interpretation_that_cannot_be_read_leaves_nothing_certain(tmp_path: Path) -> None:
    found = read_these(tmp_path, patient(), observation(interpretation="POS"))
    (entry,) = found.records[0].entries
    assert entry.standing == "provisional"
    assert said(found)[0].startswith("export.ndjson:2 Observation/o1 interpretation: Expected")
    part = {"code": {"coding": [{"code": "a"}]}, "valueString": "Negative", "interpretation": 5}
    found = read_these(tmp_path, patient(), observation(valueQuantity=None, component=[part]))
    (entry,) = found.records[0].entries
    assert entry.standing == "provisional"


def test_interpretations_of_the_whole_and_of_its_parts(tmp_path: Path) -> None:
    part = {"code": {"coding": [{"code": "a"}]}, "interpretation": [POSITIVE]}
    negative = {"interpretation": [{"coding": [{"system": V3, "code": "NEG"}]}]}
    panel = observation(valueQuantity=None, component=[part], **negative)
    found = read_these(tmp_path, patient(), panel)
    assert [(one.codes[0].code, one.also[0].code) for one in found.records[0].entries] == [
        ("3016-3", "NEG"),
        ("a", "POS"),
    ]


def test_each_component_is_a_measurement_of_the_same_day(tmp_path: Path) -> None:
    parts = [
        {"code": {"coding": [{"code": "a"}]}, "valueQuantity": {"value": 1, "comparator": "<"}},
        {"code": {"coding": [{"code": "b"}]}, "dataAbsentReason": {"text": "unknown"}},
    ]
    found = read_these(tmp_path, patient(), observation(valueQuantity=None, component=parts))
    entries = found.records[0].entries
    assert [(one.codes[0].code, one.value, one.absent, one.start) for one in entries] == [
        ("a", Amount("1", "<"), "", "2026-03-02"),
        ("b", None, "unknown", "2026-03-02"),
    ]


RANGES: list[tuple[list[Json], NormalRange]] = [
    ([{"low": {"value": 0.4}, "high": {"value": 4}}], NormalRange(Amount("0.4"), Amount("4"))),
    ([{"high": {"value": 40, "unit": "U/L"}}], NormalRange(high=Amount("40", unit="U/L"))),
    ([{"high": {"value": 4}}, {"high": {"value": 4}}], NormalRange(high=Amount("4"))),
    ([{"high": {"value": 4}}, {"high": {"value": 5}}], NormalRange()),
    (
        [
            {"high": {"value": 4}},
            {"high": {"value": 9}, "type": {"coding": [{"code": "treatment"}]}},
        ],
        NormalRange(high=Amount("4")),
    ),
    (
        [{"high": {"value": 4}, "appliesTo": [{"coding": [{"code": "normal"}]}]}],
        NormalRange(high=Amount("4")),
    ),
]


@pytest.mark.parametrize(("ranges", "limits"), RANGES)
def test_the_one_range_of_normal_is_read(
    tmp_path: Path, ranges: list[Json], limits: NormalRange
) -> None:
    entry = only_entry(read_these(tmp_path, patient(), observation(referenceRange=ranges)))
    assert entry.limits == limits
    assert bool(entry.notes) == (limits == NormalRange())


# Times.

TIMES = [
    ({"effectiveDateTime": "2026-03"}, "2026-03", ""),
    ({"effectiveDateTime": "2026-03-15T23:30:00-05:00"}, "2026-03-15T23:30:00-05:00", ""),
    (
        {
            "effectiveDateTime": None,
            "effectivePeriod": {"start": "2026-03-01", "end": "2026-03-02"},
        },
        "2026-03-01",
        "2026-03-02",
    ),
    (
        {"effectiveDateTime": None, "effectiveInstant": "2026-03-01T00:00:00Z"},
        "2026-03-01T00:00:00Z",
        "",
    ),
    ({"effectiveDateTime": None, "effectiveTiming": {"event": ["2026-03-01"]}}, "2026-03-01", ""),
    ({"effectiveDateTime": None, "issued": "2026-03-09T00:00:00Z"}, "", ""),
]


@pytest.mark.parametrize(("parts", "start", "end"), TIMES)
def test_times_stay_as_written(tmp_path: Path, parts: Json, start: str, end: str) -> None:
    entry = only_entry(read_these(tmp_path, patient(), observation(**parts)))
    assert (entry.start, entry.end) == (start, end)


# Statuses.

CONDITION = {
    "resourceType": "Condition",
    "id": "c1",
    "code": {"coding": [{"system": "http://snomed.info/sct", "code": "64859006"}]},
    "subject": {"reference": "Patient/p1"},
}
ALENDRONATE = {
    "resourceType": "MedicationRequest",
    "id": "m1",
    "status": "active",
    "intent": "order",
    "medicationCodeableConcept": {"coding": [{"code": "904419"}]},
    "subject": {"reference": "Patient/p1"},
    "authoredOn": "2026-01-01",
}
GIVEN = {**ALENDRONATE, "resourceType": "MedicationAdministration", "status": "completed"}
HANDED = {**ALENDRONATE, "resourceType": "MedicationDispense", "status": "completed"}
TAKEN = {**ALENDRONATE, "resourceType": "MedicationStatement"}
PROCEDURE = {**CONDITION, "resourceType": "Procedure", "status": "completed"}
ALLERGY = {**CONDITION, "resourceType": "AllergyIntolerance"}


def coded(code: str) -> Json:
    return {"coding": [{"code": code}]}


STANDINGS: list[tuple[Json, str]] = [
    *((observation(status=one), "counts") for one in ("final", "amended", "corrected")),
    (observation(status="preliminary"), "provisional"),
    (observation(status="registered"), "planned"),
    (observation(dataAbsentReason={"text": "hemolysed"}), "provisional"),
    *((observation(status=one), "error") for one in ("cancelled", "entered-in-error")),
    (observation(status=None), "provisional"),
    (observation(status="done"), "provisional"),
    (observation(modifierExtension=[{"url": "http://example.org/x"}]), "provisional"),
    (observation(implicitRules="http://example.org/rules"), "provisional"),
    (observation(effectivePeriod={"start": "2026-03-04"}), "provisional"),
    (CONDITION, "counts"),
    ({**CONDITION, "implicitRules": "http://example.org/rules"}, "provisional"),
    ({**CONDITION, "verificationStatus": coded("confirmed")}, "counts"),
    ({**CONDITION, "verificationStatus": coded("differential")}, "provisional"),
    ({**CONDITION, "verificationStatus": coded("refuted")}, "refuted"),
    (
        {
            **CONDITION,
            "verificationStatus": {"coding": [{"code": "confirmed"}, {"code": "refuted"}]},
        },
        "refuted",
    ),
    ({**CONDITION, "verificationStatus": coded("entered-in-error")}, "error"),
    ({**CONDITION, "clinicalStatus": coded("active")}, "counts"),
    ({**CONDITION, "clinicalStatus": coded("remission")}, "resolved"),
    ({**CONDITION, "clinicalStatus": {"text": "?"}}, "provisional"),
    ({**CONDITION, "abatementDateTime": "2020"}, "resolved"),
    ({**CONDITION, "abatementAge": {"value": 50}}, "resolved"),
    ({**CONDITION, "clinicalStatus": coded("active"), "abatementString": "gone"}, "resolved"),
    (
        {**ALLERGY, "verificationStatus": coded("refuted"), "patient": CONDITION["subject"]},
        "refuted",
    ),
    (PROCEDURE, "counts"),
    ({**PROCEDURE, "status": "not-done"}, "refuted"),
    ({**PROCEDURE, "status": "preparation"}, "planned"),
    ({**PROCEDURE, "notDone": True}, "refuted"),
    ({**PROCEDURE, "notDone": False}, "counts"),
    ({**PROCEDURE, "notPerformed": True}, "refuted"),
    ({**PROCEDURE, "status": "entered-in-error", "notDone": True}, "error"),
    ({**PROCEDURE, "resourceType": "ServiceRequest"}, "planned"),
    (ALENDRONATE, "counts"),
    ({**ALENDRONATE, "status": "stopped"}, "past"),
    ({**ALENDRONATE, "status": "cancelled"}, "planned"),
    ({**ALENDRONATE, "intent": "plan"}, "planned"),
    ({**ALENDRONATE, "doNotPerform": True}, "refuted"),
    (TAKEN, "counts"),
    ({**TAKEN, "status": "not-taken"}, "refuted"),
    ({**TAKEN, "status": "intended"}, "planned"),
    ({**TAKEN, "taken": "y"}, "counts"),
    ({**TAKEN, "taken": "n"}, "refuted"),
    ({**TAKEN, "taken": "unk"}, "provisional"),
    ({**TAKEN, "wasNotTaken": True}, "refuted"),
    ({**TAKEN, "status": "entered-in-error", "wasNotTaken": True}, "error"),
    *(
        ({**TAKEN, "status": "recorded", "adherence": {"code": coded(code)}}, standing)
        for code, standing in (
            ("taking-not-as-directed", "counts"),
            ("not-taking", "refuted"),
            ("stopped-as-directed", "past"),
            ("of-our-own", "provisional"),
        )
    ),
    (GIVEN, "counts"),
    ({**GIVEN, "status": "not-done"}, "planned"),
    ({**GIVEN, "notGiven": True}, "planned"),
    ({**GIVEN, "wasNotGiven": True}, "planned"),
    (HANDED, "counts"),
    ({**HANDED, "status": "declined"}, "planned"),
]


@pytest.mark.parametrize(("resource", "standing"), STANDINGS)
def test_statuses_decide_what_a_statement_is_worth(
    tmp_path: Path, resource: Json, standing: str
) -> None:
    found = read_these(tmp_path, patient(), resource)
    assert [one.standing for one in found.records[0].entries] == [standing]
    is_no_result = resource["resourceType"] == "Observation" and standing == "error"
    told = f"export.ndjson:2 Observation/o1 is {resource.get('status')}: left out"
    assert said(found) == ([told] if is_no_result else [])


MODIFIED = [{"url": "http://example.org/x"}]


def test_a_part_that_is_modified_is_not_certain(tmp_path: Path) -> None:
    a, b = ({"code": {"coding": [{"code": code}]}, "valueString": "Negative"} for code in "ab")
    parts = [{**a, "modifierExtension": MODIFIED}, b]
    found = read_these(tmp_path, patient(), observation(valueQuantity=None, component=parts))
    assert [(one.standing, one.notes) for one in found.records[0].entries] == [
        ("provisional", ("modified by http://example.org/x",)),
        ("counts", ()),
    ]


def test_a_range_that_is_modified_is_none(tmp_path: Path) -> None:
    printed = [{"high": {"value": 4}, "modifierExtension": MODIFIED}]
    entry = only_entry(read_these(tmp_path, patient(), observation(referenceRange=printed)))
    assert (entry.limits, entry.standing) == (NormalRange(), "counts")
    assert entry.notes == ("the reference range is modified by an extension: none is taken",)


@pytest.mark.parametrize(
    ("specimen", "notes"),
    [
        ({"display": "Urine, 24 h"}, ("specimen: Urine, 24 h",)),
        ({"reference": "Specimen/1", "display": "Serum"}, ()),
        ({"display": "Venous blood"}, ()),
        ({"reference": "Specimen/1"}, ()),
        (5, ()),
    ],
)
def test_what_was_measured_in_stands_beside_it(
    tmp_path: Path, specimen: object, notes: tuple[str, ...]
) -> None:
    entry = only_entry(read_these(tmp_path, patient(), observation(specimen=specimen)))
    assert (entry.notes, entry.standing) == (notes, "counts")


def test_more_than_one_value_is_none(tmp_path: Path) -> None:
    one = observation(valueString="<0.01 mIU/L")
    entry = only_entry(read_these(tmp_path, patient(), one))
    assert entry.value == "cannot be read: more than one value is given"


@pytest.mark.parametrize(
    "change",
    [
        {"status": "entered-in-error"},
        {"modifierExtension": MODIFIED},
        {"implicitRules": "http://example.org/rules"},
        {"ingredient": [{"itemCodeableConcept": coded("1"), "modifierExtension": MODIFIED}]},
    ],
)
@pytest.mark.parametrize("reference", ["Medication/x", "#x"])
def test_a_medicine_that_is_not_certain(tmp_path: Path, change: Json, reference: str) -> None:
    entry = ordered_by(tmp_path, reference, change)
    assert (entry.standing, len(entry.notes)) == ("provisional", 1)


REPORT = {"resourceType": "DiagnosticReport", "id": "r", "subject": {"reference": "Patient/p1"}}


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled"])
@pytest.mark.parametrize("is_before", [True, False])
def test_results_of_a_report_that_no_longer_stands_are_not_certain(
    tmp_path: Path, status: str, is_before: bool
) -> None:
    results = [{"reference": "Observation/o1"}, {"display": "more"}, None]
    report = {**REPORT, "status": status, "result": results}
    lines = [report, observation()] if is_before else [observation(), report]
    found = read_these(tmp_path, patient(), *lines, observation(id="o2"))
    standings = {one.source: one.standing for one in found.records[0].entries}
    assert standings == {"Observation/o1": "provisional", "Observation/o2": "counts"}
    (told,) = said(found)
    assert told.endswith(f"Observation/o1 is a result of DiagnosticReport/r, which is {status}")


def test_members_of_a_panel_in_error_are_not_certain(tmp_path: Path) -> None:
    members = [{"reference": "Observation/o1"}]
    panel = observation(id="panel", status="entered-in-error", hasMember=members)
    found = read_these(tmp_path, patient(), panel, observation())
    standings = {one.source: one.standing for one in found.records[0].entries}
    assert standings == {"Observation/panel": "error", "Observation/o1": "provisional"}


def test_what_a_report_that_no_longer_stands_contains_is_left_out(tmp_path: Path) -> None:
    inside = {"contained": [observation(subject=None)]}
    found = read_these(tmp_path, patient(), {**REPORT, "status": "entered-in-error", **inside})
    left = "DiagnosticReport/r is entered-in-error: Observation in it is left out"
    assert (found.records[0].entries, said(found)) == ((), [f"export.ndjson:2 {left}"])
    assert only_entry(read_these(tmp_path, patient(), {**REPORT, "status": "final", **inside}))


def test_what_a_patient_says_of_the_record_itself_is_told(tmp_path: Path) -> None:
    more: dict[str, Any] = {"active": False, "modifierExtension": MODIFIED}
    more |= {"implicitRules": "http://example.org/y"}
    assert said(read_these(tmp_path, patient(**more))) == [
        "export.ndjson:1 Patient/p1 is said not to be an active record",
        "export.ndjson:1 Patient/p1 is modified by 'http://example.org/x', 'http://example.org/y'",
    ]
    assert not said(read_these(tmp_path, patient(active=True)))


US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition"


@pytest.mark.parametrize(
    ("url", "code", "sexes"),
    [
        (f"{US_CORE}/us-core-birthsex", "M", ["female", "male"]),
        (f"{US_CORE}/us-core-sex", "248153007", ["female", "male"]),
        (f"{US_CORE}/us-core-birthsex", "F", ["female"]),
        (f"{US_CORE}/us-core-birthsex", "UNK", ["female"]),
        ("http://example.org/sex", "M", ["female"]),
    ],
)
def test_another_sex_at_birth_is_a_second_statement(
    tmp_path: Path, url: str, code: str, sexes: list[str]
) -> None:
    found = read_these(tmp_path, patient(extension=[{"url": url, "valueCode": code}]))
    assert [one.sex for one in found.records[0].persons] == sexes
    assert not found.problems


def test_an_answer_that_is_modified_is_not_certain(tmp_path: Path) -> None:
    inner = {"linkId": "b", "answer": [{"valueBoolean": True}]}
    items = [
        {"linkId": "a", "item": [inner], "modifierExtension": MODIFIED},
        {"linkId": "c", "answer": [{"valueBoolean": True, "modifierExtension": MODIFIED}]},
        {"linkId": "d", "answer": [{"valueBoolean": True}]},
    ]
    response = {"resourceType": "QuestionnaireResponse", "id": "q", "status": "completed"}
    whose = {"subject": {"reference": "Patient/p1"}, "item": items}
    found = read_these(tmp_path, patient(), {**response, **whose})
    assert [(one.codes[0].code, one.standing) for one in found.records[0].entries] == [
        ("b", "provisional"),
        ("c", "provisional"),
        ("d", "counts"),
    ]


@pytest.mark.parametrize(
    ("clinical", "active"),
    [
        (coded("active"), True),
        (coded("relapse"), True),
        (coded("inactive"), False),
        (None, False),
        ({}, False),
    ],
)
def test_a_condition_is_present_where_the_record_says_so(
    tmp_path: Path, clinical: Json | None, active: bool
) -> None:
    one = {**CONDITION, "clinicalStatus": clinical}
    assert only_entry(read_these(tmp_path, patient(), one)).active is active


def test_when_a_medicine_was_prescribed_is_not_when_it_was_taken(tmp_path: Path) -> None:
    entry = only_entry(read_these(tmp_path, patient(), ALENDRONATE))
    assert (entry.start, entry.end, entry.recorded, entry.days) == ("", "", "2026-01-01", None)


def test_a_dose_that_was_given_has_its_day_and_route(tmp_path: Path) -> None:
    dose = {**GIVEN, "effectiveDateTime": "2026-02-01", "dosage": {"route": coded("IV")}}
    entry = only_entry(read_these(tmp_path, patient(), dose))
    assert (entry.start, entry.end, entry.route) == (
        "2026-02-01",
        "2026-02-01",
        (Coding("", "IV"),),
    )


@pytest.mark.parametrize(
    ("supply", "days"),
    [({"value": 30, "unit": "d"}, 30), ({"value": 0}, None), ({"value": 1, "unit": "mo"}, None)],
)
def test_days_supplied(tmp_path: Path, supply: Json, days: int | None) -> None:
    handed = {**HANDED, "whenHandedOver": "2026-02-01", "daysSupply": supply}
    entry = only_entry(read_these(tmp_path, patient(), handed))
    assert (entry.start, entry.days) == ("2026-02-01", days)


# Whose it is.

FORMS = [
    "Patient/p1",
    "Patient/p1/_history/2",
    "https://example.org/fhir/Patient/p1",
    "https://example.org/fhir/Patient/p1/_history/2",
    "urn:uuid:7f0c",
    "URN:UUID:7F0C",
    "#p1",
]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_reference_comes_to_one_patient(tmp_path: Path, form: str) -> None:
    contained = [{"resourceType": "Patient", "id": "p1"}] if form.startswith("#") else None
    one = observation(subject={"reference": form}, contained=contained)
    made = bundle(patient(), patient("p2"), one, urls={0: "urn:uuid:7f0c", 1: "urn:uuid:aa"})
    found = read_every(write_lines(tmp_path / "b.json", made))
    assert [(one.patient, len(one.entries)) for one in found.records] == [("p1", 1), ("p2", 0)]
    assert not found.problems


def test_a_urn_of_another_file_is_known_in_any_capitals(tmp_path: Path) -> None:
    people = bundle(patient(), patient("p2"), urls={0: "urn:uuid:7F0c", 1: "urn:uuid:aa"})
    one = observation(subject={"reference": "Urn:uuid:7f0C"})
    found = read_these(tmp_path, one, people)
    assert [(one.patient, len(one.entries)) for one in found.records] == [("p1", 1), ("p2", 0)]


def test_a_contained_patient_is_known_by_an_identifier(tmp_path: Path) -> None:
    known = {"identifier": [{"system": "urn:mrn", "value": "77"}]}
    inside = {"resourceType": "Patient", "id": "x", **known}
    one = observation(subject={"reference": "#x"}, contained=[inside])
    found = read_these(tmp_path, one, patient("p1"), patient("p9", **known))
    assert [(one.patient, len(one.entries)) for one in found.records] == [("p1", 0), ("p9", 1)]


def test_contained_patients_of_two_resources_are_two(tmp_path: Path) -> None:
    inside = [{"resourceType": "Patient", "id": "x"}]
    both = (observation(id=o, subject={"reference": "#x"}, contained=inside) for o in "ab")
    found = read_these(tmp_path, *both)
    assert [one.patient for one in found.records] == ["Observation/a#x", "Observation/b#x"]


def test_a_subject_by_identifier_alone(tmp_path: Path) -> None:
    one = observation(subject={"identifier": {"system": "urn:mrn", "value": "77"}})
    found = read_these(tmp_path, patient(identifier=[{"system": "urn:mrn", "value": "77"}]), one)
    assert only_entry(found)


@pytest.mark.parametrize(
    ("subject", "message"),
    [
        (None, "Observation/o1 names no patient"),
        ({"reference": "Group/1"}, "Observation/o1 is about 'Group/1', which is not a patient"),
        ({"reference": "Device/1"}, "Observation/o1 is about 'Device/1', which is not a patient"),
        ({"reference": "#x"}, "Observation/o1 refers to '#x', which it does not contain"),
        (
            {"reference": "Patient?identifier=1"},
            "Observation/o1 is about 'Patient?identifier=1', which is not a patient",
        ),
        (
            "Patient/p1",
            "Observation/o1 names no patient that can be read: Expected `object | null`, got `str`",
        ),
    ],
)
def test_what_is_nobodys_is_told(tmp_path: Path, subject: object, message: str) -> None:
    found = read_these(tmp_path, patient(), observation(subject=subject))
    assert said(found) == [f"export.ndjson:2 {message}"]
    assert [one.entries for one in found.records] == [()]


@pytest.mark.parametrize(
    ("focus", "is_read"),
    [("RelatedPerson/fetus", False), ("Device/1", False), ("Patient/p1", True)],
)
def test_of_another_focus_is_not_of_the_patient(tmp_path: Path, focus: str, is_read: bool) -> None:
    found = read_these(tmp_path, patient(), observation(focus=[{"reference": focus}]))
    told = "export.ndjson:2 Observation/o1 has another focus than its subject"
    assert (len(found.records[0].entries), said(found)) == ((1, []) if is_read else (0, [told]))


def test_of_another_focus_it_is_not_behind_others_of_the_patient_either(tmp_path: Path) -> None:
    """Once a patient is known, lines of that patient are looked at less closely."""
    of_fetus = observation(id="o2", focus=[{"reference": "RelatedPerson/fetus"}])
    found = read_these(tmp_path, patient(), observation(), of_fetus)
    assert [one.source for one in found.records[0].entries] == ["Observation/o1"]
    assert said(found) == ["export.ndjson:3 Observation/o2 has another focus than its subject"]


def test_a_patient_that_is_not_among_the_files_is_told(tmp_path: Path) -> None:
    found = read_these(tmp_path, observation())
    assert said(found) == [
        "export.ndjson:1 'p1' is referred to, and no Patient among the files has this id"
    ]
    assert [one.patient for one in found.records] == ["p1"]


def test_several_patients_in_one_bundle_keep_their_own(tmp_path: Path) -> None:
    both = [observation(id=p, subject={"reference": f"Patient/{p}"}) for p in ("p2", "p1")]
    found = read_these(tmp_path, bundle(*both, patient("p1"), patient("p2")))
    assert [(r.patient, r.entries[0].source) for r in found.records] == [
        ("p1", "Observation/p1"),
        ("p2", "Observation/p2"),
    ]


# Bundles.


def page(number: int, *resources: Json) -> Json:
    """A page of a search of two."""
    links = [{"relation": "self", "url": f"https://example.org/?page={number}"}]
    if number == 1:
        links.append({"relation": "next", "url": "https://example.org/?page=2"})
    return {**bundle(*resources, type="searchset"), "link": links}


def test_a_page_of_a_search_without_the_next_is_told(tmp_path: Path) -> None:
    found = read_these(tmp_path, page(1, patient(), observation()))
    lacking = "is a page of a search, and the next one is not among the files"
    assert said(found) == [f"export.ndjson:1 {lacking}"]
    assert not said(read_these(tmp_path, page(1, patient()), page(2, observation())))
    assert not said(read_these(tmp_path, page(2, observation()), page(1, patient())))


def test_a_patient_who_is_replaced_by_another_is_told(tmp_path: Path) -> None:
    link = {"other": {"reference": "Patient/p2"}, "type": "replaced-by"}
    found = read_these(tmp_path, patient(link=[link]))
    told = "Patient/p1 is replaced by 'Patient/p2'; what is recorded under each stays apart"
    assert said(found) == [f"export.ndjson:1 {told}"]
    assert not said(read_these(tmp_path, patient(link=[{**link, "type": "seealso"}])))


def test_of_a_history_the_newest_version_is_read(tmp_path: Path) -> None:
    new, old = observation(status="entered-in-error"), observation()
    made = bundle(patient(), new, old, observation(id="gone"), type="history")
    made["entry"].insert(0, {"request": {"method": "DELETE", "url": "Observation/gone"}})
    found = read_these(tmp_path, made)
    assert [one.standing for one in found.records[0].entries] == ["error"]


def test_what_another_bundle_deletes_is_not_read(tmp_path: Path) -> None:
    request = {"method": "DELETE", "url": "Observation/o1"}
    gone = {"resourceType": "Bundle", "type": "transaction", "entry": [{"request": request}]}
    kept = observation(id="o2")
    found = read_these(tmp_path, gone, patient(), observation(), kept)
    assert only_entry(found).source == "Observation/o2"


def test_bundles_in_bundles(tmp_path: Path) -> None:
    inner = bundle(patient(), observation())
    assert only_entry(read_these(tmp_path, bundle(inner, type="batch-response")))


def test_places_in_a_bundle_are_lines_of_its_file(tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    path.write_text(json.dumps(bundle(patient(), observation()), indent=1))
    entry = only_entry(read_every(path))
    line = int(entry.place.rpartition(":")[2])
    assert path.read_text().splitlines()[line].strip() == '"resourceType": "Observation",'


# Medicines elsewhere.


@pytest.mark.parametrize("reference", ["Medication/x", "https://a.org/fhir/Medication/x", "#x"])
def test_a_medicine_that_is_referred_to(tmp_path: Path, reference: str) -> None:
    entry = ordered_by(tmp_path, reference, {})
    assert entry.codes == (Coding("", "904419"),)


@pytest.mark.parametrize(
    "ingredient",
    [{"itemCodeableConcept": coded("904419")}, {"item": {"concept": coded("904419")}}],
)
def test_a_medicine_is_what_it_is_made_of(tmp_path: Path, ingredient: Json) -> None:
    medicine = {"resourceType": "Medication", "id": "x", "ingredient": [ingredient]}
    ordered = {
        **ALENDRONATE,
        "medicationCodeableConcept": None,
        "medicationReference": {"reference": "Medication/x"},
    }
    entry = only_entry(read_these(tmp_path, patient(), ordered, medicine))
    assert entry.codes == (Coding("", "904419"),)


@pytest.mark.parametrize("codes", [EveryCode(), CODES])
def test_a_medicine_that_is_null_beside_a_reference_is_the_one_referred_to(
    tmp_path: Path, codes: Codes
) -> None:
    code = {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "904419"}]}
    medicine = {"resourceType": "Medication", "id": "x", "code": code}
    reference = {"reference": "Medication/x"}
    ordered = {**ALENDRONATE, "medicationCodeableConcept": None, "medicationReference": reference}
    lines = [patient(), {**ordered, "id": "m0"}, medicine, ordered]
    (record,), problems = read([write_lines(tmp_path / "a.ndjson", *lines)], codes)
    assert [one.codes[0].code for one in record.entries] == ["904419", "904419"]
    assert not problems


def test_a_medicine_that_is_not_there_is_told(tmp_path: Path) -> None:
    ordered = {
        **ALENDRONATE,
        "medicationCodeableConcept": None,
        "medicationReference": {"reference": "Medication/x"},
    }
    assert said(read_these(tmp_path, patient(), ordered)) == [
        "export.ndjson:2 MedicationRequest/m1 refers to Medication/x, which is not among the files"
    ]


def test_observations_inside_a_report_are_of_its_patient(tmp_path: Path) -> None:
    report = {
        "resourceType": "DiagnosticReport",
        "id": "r",
        "subject": {"reference": "Patient/p1"},
        "contained": [observation(subject=None)],
    }
    assert only_entry(read_these(tmp_path, patient(), report)).source == "DiagnosticReport/r#o1"


# Twice.


def test_the_same_resource_twice_is_one(tmp_path: Path) -> None:
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_text(json.dumps(bundle(patient(), observation()), indent=1))
    assert only_entry(read_every(tmp_path))


def test_of_two_versions_the_newer_is_read(tmp_path: Path) -> None:
    new = observation(meta={"lastUpdated": "2026-05-01T00:00:00+02:00"}, status="entered-in-error")
    old = observation(meta={"lastUpdated": "2026-04-30T21:59:00Z"})
    found = read_these(tmp_path, patient(), new, old)
    assert [one.standing for one in found.records[0].entries] == ["error"]


def test_two_that_differ_and_have_no_times_are_both_kept_and_told(tmp_path: Path) -> None:
    found = read_these(tmp_path, patient(), observation(), observation(status="preliminary"))
    assert len(found.records[0].entries) == 2
    assert said(found)[0].startswith("export.ndjson:3 Observation/o1 says otherwise in ")


def test_two_patients_that_differ_are_in_conflict_whenever_they_were_updated(
    tmp_path: Path,
) -> None:
    old, new = ({"lastUpdated": f"202{n}-01-01T00:00:00Z"} for n in (4, 5))
    found = read_these(tmp_path, patient(meta=old), patient(birthDate="1957", meta=new))
    assert [one.birth_date for one in found.records[0].persons] == ["1956-03-12", "1957"]


def test_two_patients_of_one_id_are_both_told(tmp_path: Path) -> None:
    found = read_these(tmp_path, patient(), patient(birthDate="1957"))
    assert [one.birth_date for one in found.records[0].persons] == ["1956-03-12", "1957"]


# What is wrong.

WRONG = [
    ('{"resourceType": "Obs', "is not JSON, and is not read: "),
    ("nonsense", "is not JSON, and is not read: "),
    ("[]", "is not a FHIR resource: Expected `object`, got `array`"),
    ("{}", "is not a FHIR resource: it has no resourceType"),
    (
        '{"resourceType": 5}',
        "is not a FHIR resource: Expected `str`, got `int` - at `$.resourceType`",
    ),
    (
        {**CONDITION, "code": {"coding": 5}},
        "code: Expected `array | null`, got `int` - at `$.coding`",
    ),
    ({**patient(), "id": None}, "a Patient without an id"),
    (
        {**CONDITION, "verificationStatus": "entered-in-error"},
        "Condition/c1 verificationStatus: Expected `object | null`, got `str`",
    ),
    (
        observation(valueQuantity={"value": 3, "unit": 5}),
        "Observation/o1 valueQuantity: Expected `str | null`, got `int` - at `$.unit`",
    ),
]


@pytest.mark.parametrize(("line", "message"), WRONG)
def test_what_is_wrong_is_told_with_its_line_and_the_rest_is_read(
    tmp_path: Path, line: Json | str, message: str
) -> None:
    good = observation(id="good")
    found = read_these(tmp_path, patient(), line, good)
    (told,) = said(found)
    assert told.startswith(f"export.ndjson:2 {message}")
    assert "Observation/good" in [one.source for one in found.records[0].entries]


def test_bytes_that_are_no_text_are_told_and_the_value_stays(tmp_path: Path) -> None:
    bad = json.dumps(observation()).encode().replace(b'"mIU/L"', b'"mIU/\xff"')
    path = tmp_path / "a.ndjson"
    path.write_bytes(json.dumps(patient()).encode() + b"\n" + bad)
    found = read_every(path)
    (told,) = said(found)
    assert told.startswith("a.ndjson:2 Observation/o1 valueQuantity: Invalid UTF-8")
    assert str(found.records[0].entries[0].value).startswith("cannot be read")


def test_what_is_no_entry_of_a_bundle_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    made = bundle(patient(), observation())
    entries = [5, *({**one, "request": 7} for one in made["entry"])]
    found = read_these(tmp_path, {**made, "entry": entries})
    assert said(found) == ["export.ndjson:1 entry 1 of the Bundle is not read"]
    assert [one.source for one in found.records[0].entries] == ["Observation/o1"]


def test_a_value_that_cannot_be_read_is_no_missing_one(tmp_path: Path) -> None:
    wrong = observation(valueQuantity={"value": 3, "unit": 5})
    (entry,) = read_these(tmp_path, patient(), wrong).records[0].entries
    assert (entry.standing, str(entry.value)[:15]) == ("counts", "cannot be read:")


def test_a_status_that_cannot_be_read_leaves_nothing_certain(tmp_path: Path) -> None:
    wrong = {**CONDITION, "verificationStatus": "entered-in-error"}
    (entry,) = read_these(tmp_path, patient(), wrong).records[0].entries
    assert entry.standing == "provisional"


@pytest.mark.parametrize("parts", [{"deceasedBoolean": "no"}, {"deceasedDateTime": 5}])
def test_who_may_be_deceased_is_not_taken_for_alive(tmp_path: Path, parts: Json) -> None:
    ((person,),) = (one.persons for one in read_these(tmp_path, patient(**parts)).records)
    assert person.deceased == "yes"


@pytest.mark.parametrize(
    ("parts", "deceased"),
    [
        ({"deceasedBoolean": True}, "yes"),
        ({"deceasedBoolean": False}, ""),
        ({"deceasedDateTime": "2020-01"}, "2020-01"),
    ],
)
def test_deceased(tmp_path: Path, parts: Json, deceased: str) -> None:
    ((person,),) = (one.persons for one in read_these(tmp_path, patient(**parts)).records)
    assert person.deceased == deceased


def test_brackets_without_end_are_told(tmp_path: Path) -> None:
    deep = '{"resourceType": "Observation", "extension": ' + "[" * 100_000
    found = read_these(tmp_path, patient(), deep)
    assert len(found.problems) == 1


def test_a_packed_file_that_ends_early_is_told(tmp_path: Path) -> None:
    lines = "".join(f"{json.dumps(observation(id=f'o{n}'))}\n" for n in range(5000))
    packed = gzip.compress(lines.encode())
    (tmp_path / "a.ndjson.gz").write_bytes(packed[: len(packed) // 2])
    found = read_every(tmp_path)
    whole = len(found.records[0].entries)
    assert whole > 500
    assert f"a.ndjson.gz:{whole + 1} ends early: it is a part of a .gz file" in said(found)


def test_a_packed_file_of_which_nothing_came_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.ndjson.gz").touch()
    assert "a.ndjson.gz:1 ends early: it is a part of a .gz file" in said(read_every(tmp_path))


def test_many_lines_in_a_file_that_says_it_is_one_document(tmp_path: Path) -> None:
    write_lines(tmp_path / "a.json", patient(), observation())
    assert only_entry(read_every(tmp_path))


@pytest.mark.parametrize("name", ["nowhere", "."])
def test_where_no_fhir_is(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError) as refused:
        read_every(tmp_path / name)
    assert len(refused.value.problems) == 1
