"""The range of normal that is printed with a FHIR observation: of several, the patient's own."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.fhir_records import CODES, Json, observation, patient, write_lines
from trialscreen import load_trial
from trialscreen.answers.beside_record import FromRecord
from trialscreen.answers.records.fhir import read
from trialscreen.answers.records.gathered import Selection
from trialscreen.answers.records.select import select

TRIAL = load_trial()
ON = date(2026, 6, 1)
SNOMED = "http://snomed.info/sct"
FEMALE = {"appliesTo": [{"coding": [{"system": SNOMED, "code": "248152002"}]}]}
MALE = {"appliesTo": [{"coding": [{"system": SNOMED, "code": "248153007", "display": "Male"}]}]}
PREGNANT = {"appliesTo": [{"coding": [{"system": SNOMED, "code": "77386006"}]}]}
WORD = {"appliesTo": [{"text": "Female"}]}


def limits(high: float, low: float = 0.4, **more: Any) -> Json:
    return {"low": {"value": low}, "high": {"value": high}, **more}


def age(low: int | None = None, high: int | None = None, unit: str = "a") -> Json:
    ends = {"low": low, "high": high}
    return {"age": {k: {"value": v, "unit": unit} for k, v in ends.items() if v is not None}}


def found(
    folder: Path, *ranges: Json, born: str | None = "1956-03-12", sex: str = ""
) -> FromRecord:
    """Born on 12 March 1956: on 2 March 2026 she is 69."""
    who = patient(birthDate=born, **({"gender": sex} if sex else {}))
    result = observation(referenceRange=list(ranges))
    records = read([write_lines(folder / "x.ndjson", who, result)], CODES).records
    return select(Selection(TRIAL, CODES, ON), records[0])


def lower(selected: FromRecord) -> str | None:
    assert selected.answers["tsh"].text == "3.1 m[IU]/L"
    answer = selected.answers.get("tsh_lln")
    return None if answer is None else answer.text.partition(" ")[0]


TEXTS = [
    ("0.4-4.0 mIU/L", "0.4"),
    ("0.40 – 4.00 µIU/mL", "0.40"),
    ("(0.4 to 4.0)", "0.4"),
    ("0.27--4.20", "0.27"),
    ("0.27～4.20 mIU/L", "0.27"),
    ("0.4..4", "0.4"),
    ("≥ 0.4 mIU/L", "0.4"),
    ("4.0-0.4", None),
    ("> 0.4", "0.4"),
    ("> 0.4 or less", None),
    ("=> 0.4", None),
    ("0,4-4,0", None),
    ("0.4-4.0, adults", None),
    ("0.4-4.0 or less", None),
    ("1-2-3", None),
    ("-1-3", None),
    ("normal", None),
    ("see report", None),
]


@pytest.mark.parametrize(("text", "low"), TEXTS)
def test_a_range_in_a_text_is_read_where_it_says_nothing_else(
    tmp_path: Path, text: str, low: str | None
) -> None:
    selected = found(tmp_path, {"text": text})
    assert lower(selected) == low
    told = [one.message for one in selected.problems] + [one.note for one in selected.evidence]
    assert (low is None) == any("is not read" in one or "is not taken" in one for one in told)


def test_a_text_beside_numbers_has_to_say_the_same(tmp_path: Path) -> None:
    assert lower(found(tmp_path, limits(4, text="0.40 - 4.0 mIU/L"))) == "0.4"
    assert lower(found(tmp_path, limits(4, text="Adults"))) == "0.4"
    differs = found(tmp_path, limits(4, text="0.27 - 4.2 mIU/L"))
    assert lower(differs) is None
    assert any("another in numbers than in its text" in one.note for one in differs.evidence)


def of_code(folder: Path, code: str, value: Json, *ranges: Json) -> FromRecord:
    coded = {"coding": [{"system": "http://loinc.org", "code": code}]}
    result = observation(code=coded, valueQuantity=value, referenceRange=list(ranges))
    records = read([write_lines(folder / "x.ndjson", patient(), result)], CODES).records
    return select(Selection(TRIAL, CODES, ON), records[0])


WITHOUT_ITS_END = [
    ("<40", 30, "39 to 40"),
    ("< 40 U/L", 40, "39 to 40"),
    ("<40", 30.5, "39.9 to 40"),
    ("<40.0", 30, "39.9 to 40.0"),
    ("<=40", 30, "40"),
    ("<40 ukat/L", 30, None),
]


@pytest.mark.parametrize(("text", "value", "limit"), WITHOUT_ITS_END)
def test_a_limit_without_its_end_lies_below_it(
    tmp_path: Path, text: str, value: float, limit: str | None
) -> None:
    result = {"value": value, "unit": "U/L"}
    answers = of_code(tmp_path, "1742-6", result, {"text": text}).answers
    assert "alt" in answers
    assert (answers["alt_uln"].text if "alt_uln" in answers else None) == limit


def test_beside_numbers_a_limit_without_its_end_decides_nothing(tmp_path: Path) -> None:
    both = {**limits(40, 10), "text": "<40"}
    answers = of_code(tmp_path, "1742-6", {"value": 30, "unit": "U/L"}, both).answers
    assert answers["alt_uln"].text == "40"


@pytest.mark.parametrize(
    ("value", "comparator", "is_above"),
    [
        (19, None, "no"),
        (20, None, "yes"),
        (21, None, "yes"),
        (20, "<", "no"),
        (20, "<=", None),
        (19, "<=", "no"),
        (20, ">=", "yes"),
        (19, ">", None),
    ],
)
def test_the_end_that_a_limit_leaves_out_is_above_it(
    tmp_path: Path, value: float, comparator: str | None, is_above: str | None
) -> None:
    result = {"value": value, "unit": "IU/mL", **({"comparator": comparator} if comparator else {})}
    found = of_code(tmp_path, "42595-9", result, {"text": "<20 IU/mL"}).answers
    assert (found["hbv_dna_above_uln"].text if "hbv_dna_above_uln" in found else None) == is_above


UNITS_BESIDE = [
    ("U/L", "", "10-40 U/L", True),
    ("U/L", "", "10 - 40 U/l", True),
    ("units", "U/L", "10-40 U/L", True),
    ("U/L", "", "10-40", True),
    ("", "", "10-40 U/L", True),
    ("U/L", "", "10-40 ukat/L", False),
    ("U/L", "U/L", "10-40 ukat/L", False),
    ("", "", "10-40 ukat/L", False),
]


@pytest.mark.parametrize(("unit", "ucum", "text", "is_taken"), UNITS_BESIDE)
def test_a_unit_in_a_text_has_to_be_the_one_beside_the_numbers(
    tmp_path: Path, unit: str, ucum: str, text: str, is_taken: bool
) -> None:
    system = {"system": "http://unitsofmeasure.org", "code": ucum} if ucum else {}
    ends = {"low": 10, "high": 40}
    sides = {side: {"value": end, "unit": unit, **system} for side, end in ends.items()}
    result = observation(
        code={"coding": [{"system": "http://loinc.org", "code": "1742-6"}]},
        valueQuantity={"value": 30, "unit": "U/L", **({**system, "code": "U/L"} if ucum else {})},
        referenceRange=[{**sides, "text": text}],
    )
    records = read([write_lines(tmp_path / "x.ndjson", patient(), result)], CODES).records
    selected = select(Selection(TRIAL, CODES, ON), records[0])
    assert "alt" in selected.answers
    assert ("alt_uln" in selected.answers) == is_taken
    told = [one.message for one in selected.problems] + [one.note for one in selected.evidence]
    assert any("in another unit" in one for one in told) == (unit != "" and not is_taken)


def test_a_range_whose_ends_are_swapped_is_not_taken(tmp_path: Path) -> None:
    who, ends = patient(), {"low": {"value": 40}, "high": {"value": 5}}
    for number, (code, unit) in enumerate((("3026-2", "ug/dL"), ("1742-6", "U/L"))):
        result = observation(
            code={"coding": [{"system": "http://loinc.org", "code": code}]},
            valueQuantity={"value": 30, "unit": unit},
            referenceRange=[{**ends, **FEMALE}],
        )
        records = read([write_lines(tmp_path / f"{number}.ndjson", who, result)], CODES).records
        answers = select(Selection(TRIAL, CODES, ON), records[0]).answers
        assert answers.keys().isdisjoint({"t4_outside_normal", "alt_uln"})
        assert ("alt" in answers) == (code == "1742-6")


FOR_SOME = [
    ((limits(4, 0.4, **FEMALE), limits(5, 0.5, **MALE)), "0.4"),
    ((limits(4, 0.4, **MALE), limits(5, 0.5, **WORD)), "0.5"),
    ((limits(4, 0.4, **FEMALE),), "0.4"),
    ((limits(4, 0.4, **MALE),), None),
    ((limits(4, 0.4), limits(5, 0.5, **MALE)), "0.4"),
    ((limits(4, 0.4), limits(5, 0.5, **FEMALE)), None),
    ((limits(4, 0.4), limits(5, 0.5, **PREGNANT)), None),
    ((limits(4, 0.4, **FEMALE, **age(18, 60)), limits(5, 0.5, **FEMALE, **age(61))), "0.5"),
    ((limits(4, 0.4, **age(18, 69)), limits(5, 0.5, **age(70))), None),  # 69, and some months
    ((limits(4, 0.4, **age(18, 70)), limits(5, 0.5, **age(70))), "0.4"),
    ((limits(4, 0.4, **age(high=28, unit="d")), limits(5, 0.5, **age(1))), "0.5"),
    ((limits(4, 0.4, **age(18, unit="fortnights")),), None),
    ((limits(4, 0.4, **FEMALE), limits(4, 0.4, **FEMALE), limits(5, 0.5, **MALE)), "0.4"),
    (({"text": "0.4-4.0", **FEMALE}, {"text": "0.5-5.0", **MALE}), "0.4"),
]


@pytest.mark.parametrize(("ranges", "low"), FOR_SOME)
def test_of_ranges_for_some_people_the_one_for_the_patient_counts(
    tmp_path: Path, ranges: tuple[Json, ...], low: str | None
) -> None:
    selected = found(tmp_path, *ranges)
    assert lower(selected) == low
    said = [one.note for one in selected.evidence if one.element == "tsh"]
    assert ("none is taken" in said[0]) == (low is None)


@pytest.mark.parametrize(("sex", "low"), [("male", "0.5"), ("other", None), ("unknown", None)])
def test_without_a_sex_that_is_known_no_range_of_one_sex_is_taken(
    tmp_path: Path, sex: str, low: str | None
) -> None:
    ranges = (limits(4, 0.4, **FEMALE), limits(5, 0.5, **MALE))
    assert lower(found(tmp_path, *ranges, sex=sex)) == low


@pytest.mark.parametrize(
    ("born", "low"), [("1956", None), ("1950", "0.5"), (None, None), ("1957-03", "0.4")]
)
def test_an_age_counts_on_the_day_of_the_sample_as_far_as_it_is_known(
    tmp_path: Path, born: str | None, low: str | None
) -> None:
    ranges = (limits(4, 0.4, **age(18, 70)), limits(5, 0.5, **age(70)))
    assert lower(found(tmp_path, *ranges, born=born)) == low
