"""The exported resources: in the form that FHIR R4 asks for, whatever the criteria file holds."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from random import Random
from typing import Any

import pytest
from fhir.resources.R4B.questionnaire import Questionnaire
from fhir.resources.R4B.questionnaireresponse import QuestionnaireResponse
from hypothesis import given
from hypothesis import strategies as st

from tests.fhir import answers_in, broken, items
from tests.generate import ON, blur, random_trial, random_world, unreviewed
from tests.sizes import examples
from tests.spec import spec_trial
from tests.trials import vary, with_criteria
from trialscreen import Trial, load_trial
from trialscreen.answers.answer import Answer, read_facts
from trialscreen.answers.records.codes_file import load_codes
from trialscreen.model.errors import InputError
from trialscreen.model.rules import Is, Rule, all_of, any_of
from trialscreen.model.trial import Criterion, Element
from trialscreen.output.export.conditions import NEVER
from trialscreen.output.export.fhir.forms import (
    Variant,
    irrelevance,
    questionnaire,
    questions_of,
    response,
)
from trialscreen.output.export.not_carried import questionnaire_limits, response_limits

NCT = load_trial()
SMALL = spec_trial()
AT = datetime(2026, 8, 31, 14, 0, tzinfo=timezone(timedelta(hours=8)))
CORE = "http://hl7.org/fhir/StructureDefinition"
SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition"
HOSTILE = "<script>alert('x')</script> \\' \" & {{1}} %resource https://example.org"
seeds = st.integers(min_value=0, max_value=2**63).map(Random)
Json = Mapping[str, Any]


def _in_order(resource: Json) -> None:
    """By the R4B models (of both resources R4's but for the number) and R4's invariants."""
    text = json.dumps(resource)
    if resource["resourceType"] == "Questionnaire":
        Questionnaire.model_validate_json(text)
    else:
        QuestionnaireResponse.model_validate_json(text)
    assert broken(resource) == []


def _facts(texts: Mapping[str, str], trial: Trial = NCT) -> Any:
    return read_facts(trial, {name: Answer(text, "flag", name) for name, text in texts.items()}, ON)


def test_the_packaged_questions_are_in_order() -> None:
    form = questionnaire(NCT)
    _in_order(form)
    names = [item["linkId"] for group in form["item"] for item in group["item"]]
    assert names == [element.name for element in questions_of(NCT)]
    assert set(names) == {element.name for element in NCT.answerable()}
    assert questionnaire(load_trial()) == form


@given(seeds)
@examples(12)
def test_questions_and_answers_of_generated_trials_are_in_order(rng: Random) -> None:
    base = rng.choice((NCT, SMALL))
    trial = (
        with_criteria(rng, vary(rng, base), 3) if rng.random() < 0.5 else random_trial(rng, base)
    )
    _in_order(questionnaire(trial))
    _in_order(response(unreviewed(trial, blur(rng, trial, random_world(rng, trial))), AT).resource)


@pytest.mark.parametrize("known", [False, True])
def test_a_response_says_whose_and_when_and_how_far(known: bool) -> None:
    facts = random_world(Random(1), SMALL) if known else {}
    made = response(
        unreviewed(SMALL, facts), AT, "001-014", Variant("https://example.org/fhir")
    ).resource
    _in_order(made)
    assert made["questionnaire"] == "https://example.org/fhir/Questionnaire/NCT00000000|1.0.0"
    assert made["subject"] == {"type": "Patient", "identifier": {"value": "001-014"}}
    assert made["authored"] == "2026-08-31T06:00:00Z"
    assert made["status"] == ("completed" if known else "in-progress")
    assert "subject" not in response(unreviewed(SMALL, facts), AT.astimezone(UTC)).resource


KILOGRAM = {"unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"}


@pytest.mark.parametrize(
    ("name", "text", "answer"),
    [
        ("weight", "58.5", {"valueQuantity": {"value": 58.5, **KILOGRAM}}),
        ("weight", "58", {"valueQuantity": {"value": 58, **KILOGRAM}}),
        ("weight", "100 lb", {"valueQuantity": {"value": 45.359237, **KILOGRAM}}),
        ("weight", "<60", {"valueQuantity": {"value": 60, "comparator": "<", **KILOGRAM}}),
        ("weight", "<=60.5", {"valueQuantity": {"value": 60.5, "comparator": "<=", **KILOGRAM}}),
        ("weight", ">60", {"valueQuantity": {"value": 60, "comparator": ">", **KILOGRAM}}),
        ("weight", "≥60", {"valueQuantity": {"value": 60, "comparator": ">=", **KILOGRAM}}),
        ("weight", "58 to 60", None),
        ("age", "67", {"valueInteger": 67}),
        ("age", "<68", None),
        ("birth_date", "1958-04-17", {"valueDate": "1958-04-17"}),
        ("birth_date", "1958-04", {"valueDate": "1958-04"}),
        ("birth_date", "1958", {"valueDate": "1958"}),
        ("birth_date", "1958 to 1959", None),
        ("birth_date", "<1958", None),
        ("pth_analog_last_dose_date", "2026", {"valueDate": "2026"}),  # up to the screening date
        ("pth_analog_last_dose_date", "2026-08-31", {"valueDate": "2026-08-31"}),
        ("willing_to_participate", "no", {"valueBoolean": False}),
        (
            "sex",
            "f",
            {
                "valueCoding": {
                    "system": "https://trialscreen.invalid/fhir/CodeSystem/sex",
                    "code": "female",
                    "display": "Female",
                }
            },
        ),
    ],
)
def test_how_values_are_answered(name: str, text: str, answer: Json | None) -> None:
    made = response(unreviewed(NCT, _facts({name: text})), AT)
    assert answers_in(made.resource).get(name) == answer
    assert made.no_such_answer == ((name,) if answer is None else ())
    _in_order(made.resource)


@pytest.mark.parametrize(
    ("name", "kind", "limits"),
    [
        ("weight", "quantity", {f"{SDC}/sdc-questionnaire-minQuantity": {"value": 20, **KILOGRAM}}),
        ("age", "integer", {f"{CORE}/minValue": 0, f"{CORE}/maxValue": 120}),
        ("birth_date", "date", {f"{CORE}/minValue": "1900-01-01"}),
        ("last_menstrual_period_date", "date", {}),
    ],
)
def test_ranges_and_units_stand_in_extensions(name: str, kind: str, limits: Json) -> None:
    (item,) = (one for one in items(questionnaire(NCT)) if one["linkId"] == name)
    assert item["type"] == kind
    found = {
        one["url"]: value
        for one in item.get("extension", ())
        for key, value in one.items()
        if key != "url"
    }
    assert limits.items() <= found.items()
    assert (f"{CORE}/questionnaire-unitOption" in found) == (kind == "quantity")
    assert (f"{CORE}/questionnaire-unit" in found) == (kind == "integer")


def _with(element: Element) -> Trial:
    elements = {**SMALL.elements, element.name: element}
    criteria = (
        Criterion("I1", "inclusion", "", "", all_of((Is("sex", "female"), Is("smoker", True)))),
    )
    return replace(SMALL, elements=elements, criteria=criteria)


def test_texts_from_a_criteria_file_stay_texts() -> None:
    choices = {HOSTILE: HOSTILE, "female": HOSTILE}
    registration = SMALL.registration._replace(title=HOSTILE, nct_id="Ⅷ/…? <b>|x")
    sex = replace(SMALL.elements["sex"], choices=choices, ask=HOSTILE, help=HOSTILE, section="last")
    sections = (*SMALL.sections, SMALL.sections[0]._replace(id="last", title=HOSTILE))
    trial = replace(_with(sex), version="1 | 2", registration=registration, sections=sections)
    smoker = replace(trial.elements["smoker"], section="last")
    trial = replace(trial, elements={**trial.elements, "smoker": smoker})
    parts = (Is("sex", HOSTILE), Is("smoker", True), Is("diabetic", True))
    for rule in (all_of(parts), any_of(parts)):
        trial = replace(trial, criteria=(Criterion("I1", "inclusion", "", "", rule),))
        form = questionnaire(trial)
        _in_order(form)
        assert form["version"] == "1-2"
        made = response(unreviewed(trial, _facts({"sex": "female"}, trial)), AT).resource
        _in_order(made)
        assert made["questionnaire"] == f"{form['url']}|1-2"


@pytest.mark.parametrize("name", ["", " female", "two  spaces", "a\tb", "female "])
def test_a_choice_that_cannot_be_a_code_is_refused(name: str) -> None:
    trial = _with(replace(SMALL.elements["sex"], choices={name: "Female"}))
    for made in (lambda: questionnaire(trial), lambda: response(unreviewed(trial, {}), AT)):
        with pytest.raises(InputError) as error:
            made()
        (problem,) = error.value.problems
        assert problem.where.endswith("elements.sex")
        assert "cannot be a code in FHIR" in problem.message


def test_whole_numbers_beyond_fhir_are_left_out() -> None:
    falls = replace(SMALL.elements["falls"], range=(0, 10**12))
    trial = _with(falls)
    (item,) = (one for one in items(questionnaire(trial)) if one["linkId"] == "falls")
    assert [one["url"] for one in item["extension"]][1:] == [f"{CORE}/minValue"]
    made = response(unreviewed(trial, _facts({"falls": "3000000000"}, trial)), AT)
    assert made.no_such_answer == ("falls",)


def test_a_large_rule_takes_no_time_and_hides_nothing() -> None:
    """A rule of more parts than anyone reads; derivations that double with each step."""
    smoker = SMALL.elements["smoker"]
    names = [f"question_{i}" for i in range(3000)]
    many = {name: replace(smoker, name=name) for name in names}
    chain = [f"step_{i}" for i in range(40)]
    steps = {
        name: replace(smoker, name=name, derive=any_of((Is(last, True), Is(last, False))))
        for last, name in zip(["smoker", *chain], chain, strict=False)
    }
    rules: tuple[Rule, ...] = (any_of(tuple(Is(name, True) for name in names)), Is(chain[-1], True))
    criteria = tuple(Criterion(f"E{i}", "exclusion", "", "", rule) for i, rule in enumerate(rules))
    trial = replace(SMALL, elements={**SMALL.elements, **many, **steps}, criteria=criteria)
    irrelevant = irrelevance(trial, Variant())
    assert all(irrelevant[name] == NEVER for name in names)


def test_what_is_left_out_is_said() -> None:
    lines = list(questionnaire_limits(NCT, Variant(), questionnaire(NCT)))
    for word in ("LOINC", "unknown", "serum_calcium", "weight", "screening date"):
        assert any(word in line for line in lines), word
    answers = {
        "pth_analog_use": Answer("no", "file"),
        "weight": Answer("58 to 60", "file", notes={"note": "at home"}),
        "tsh": Answer("3", "file"),
        "t4": Answer("14", "file"),
        "sex": Answer("unknown", "file"),
        "alt": Answer("pending", "file"),
        "ast": Answer("22", "file", notes={"date": "2026-05-20"}),
    }
    made = response(unreviewed(NCT, read_facts(NCT, answers, ON)), AT)
    said = "\n".join(response_limits(NCT, made, answers))
    assert "exactly; without them, criteria may be found otherwise: weight\n" in said
    assert "not enabled: t4\n" in said
    assert "answered unknown: sex\n" in said
    assert "awaited: alt\n" in said
    assert "days of samples, and answers set aside: weight, ast\n" in said
    assert "58" not in said


def test_a_criteria_file_without_a_screening_date_is_told() -> None:
    lines = list(questionnaire_limits(SMALL, Variant(), questionnaire(SMALL)))
    assert any("the screening date:" in line for line in lines)


# Codes, by which others can fill it in.

SITE_CODES = """
format: 1
elements:
  weight: {codes: [{loinc: 3141-9, sets: value}]}
  paget_disease_of_bone: {codes: [{snomed: "2089002", proposes: yes}]}
  hbv_dna_above_uln: {codes: [{loinc: 42595-9, sets: above_limit}]}
  total_hip_t_score: {codes: [{loinc: 80946-7, sets: value, side: left}]}
"""


def test_questions_carry_the_codes_that_set_them(tmp_path: Path) -> None:
    site = tmp_path / "codes.yaml"
    site.write_text(SITE_CODES, "utf-8")
    form = questionnaire(NCT, Variant(), load_codes(NCT, [str(site)]))
    _in_order(form)
    found = {one["linkId"]: one["code"] for one in items(form) if "code" in one}
    assert found["weight"] == [
        {"system": "http://loinc.org", "code": code} for code in ("29463-7", "3141-9")
    ]
    assert found["cushing_syndrome"] == [{"system": "http://snomed.info/sct", "code": "47270006"}]
    assert "38265-5" not in str(found)  # of the forearm
    assert not found.keys() & {"paget_disease_of_bone", "hbv_dna_above_uln", "sex"}
    assert {"code": "80946-7", "system": "http://loinc.org"} not in found["total_hip_t_score"]
    lines = "\n".join(questionnaire_limits(NCT, Variant(), form))
    assert "codes (LOINC, SNOMED CT), where no single one sets the answer: screening" in lines
    assert not any("code" in one for one in items(questionnaire(NCT)))
