"""The mapping of codes: what the packaged file holds, and what a file of a site does to it."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

import trialscreen
from trialscreen import InputError, Trial, load_trial
from trialscreen.answers.records.codes import SYSTEMS, Codes
from trialscreen.answers.records.codes_file import is_mistyped, load_codes, packaged_path
from trialscreen.answers.records.entries import Amount, Coding, Entry, Record
from trialscreen.answers.records.gathered import Selection
from trialscreen.answers.records.select import select

ON = date(2026, 6, 1)
WRITTEN: dict[str, Any] = yaml.load(packaged_path().read_text("utf-8"), Loader=yaml.CBaseLoader)  # noqa: S506
SCHEMA = Path(trialscreen.__file__).parent / "answers" / "records" / "codes.schema.json"
BLOOD = (Coding("loinc", "38483-4"),)


@pytest.fixture(scope="module")
def trial() -> Trial:
    return load_trial()


@pytest.fixture(scope="module")
def codes(trial: Trial) -> Codes:
    return load_codes(trial)


def lines() -> list[tuple[str, dict[str, Any]]]:
    groups = [*WRITTEN["elements"].items(), *WRITTEN["medicines"].items()]
    found = [(name, line) for name, group in groups for line in group["codes"]]
    found += [("results", line) for line in WRITTEN["results"]]
    return [*found, *WRITTEN["routes"].items()]


def codes_in(line: dict[str, Any], system: str) -> list[str]:
    listed = line.get(system, [])
    return [listed] if isinstance(listed, str) else listed


def codes_of(system: str) -> set[str]:
    return {code for _, line in lines() for code in codes_in(line, system)}


def test_every_line_says_where_its_codes_were_seen() -> None:
    assert len(lines()) > 150
    for name, line in lines():
        assert line["status"] in ("confirmed", "confirmed-2"), name
        assert set(line["seen"]) <= set(WRITTEN["seen"]), name
        assert name in ("results", *WRITTEN["routes"]) or line["name"], name


def test_every_source_is_used() -> None:
    assert {one for _, line in lines() for one in line["seen"]} == set(WRITTEN["seen"])


@pytest.mark.parametrize(
    ("system", "right", "wrong"),
    [("loinc", "3016-3", "3016-4"), ("snomed", "64859006", "64859007")],
)
def test_check_digits(system: str, right: str, wrong: str) -> None:
    assert (is_mistyped(system, right), is_mistyped(system, wrong)) == (False, True)
    assert not is_mistyped("rxnorm", wrong)
    found = codes_of(system)
    assert len(found) > 50
    assert [code for code in found if is_mistyped(system, code)] == []


def test_no_code_is_bound_twice_to_one_element() -> None:
    for name, group in WRITTEN["elements"].items():
        for system in SYSTEMS:
            listed = [code for line in group["codes"] for code in codes_in(line, system)]
            assert len(listed) == len(set(listed)), (name, system)


def test_what_is_judged_by_a_person_is_only_proposed(trial: Trial, codes: Codes) -> None:
    bindings = [one for of in codes.bound.values() for one in of]
    assert len(bindings) > 1_000
    for one in bindings:
        if trial.elements[one.element].is_judgement:
            assert one.role != "sets", one
    groups = {one.medicine for of in codes.medicines.values() for one in of}
    for group in groups:
        for name in filter(None, (group.ever, group.now, group.last, group.months)):
            assert group.role == "proposes" or not trial.elements[name].is_judgement


def test_systems_by_every_name_in_use(codes: Codes) -> None:
    assert codes.system("http://loinc.org") == "loinc"
    assert codes.system("urn:oid:2.16.840.1.113883.6.96") == "snomed"
    assert codes.system("http://hl7.org/fhir/sid/icd-10-cm") == "icd10"
    assert codes.system("http://example.org/own") == "http://example.org/own"


def test_what_matters_and_what_does_not(codes: Codes) -> None:
    for system, code in (
        *(("loinc", "3016-3"), ("loinc", "38265-5"), ("icd10", "E24.0"), ("icd10cm", "C50919")),
        *(("icd10", "E24.000x001"), ("atc", "H02AB07"), ("rxnorm", "904419"), ("omop", "80502")),
    ):
        assert codes.is_relevant((Coding(system, code),)), code
    for system, code in (
        *(("loinc", "2339-0"), ("snomed", "162864005"), ("icd10", "E2"), ("icd10", "J45")),
        *(("loinc", "80502"), ("atc", "R03BA02")),
    ):
        assert not codes.is_relevant((Coding(system, code),)), code


def test_the_schema_for_editors_agrees_with_the_reader(trial: Trial, tmp_path: Path) -> None:
    """What the reader refuses by its form alone, the schema refuses as well."""
    schema = json.loads(SCHEMA.read_text("utf-8"))
    check = Draft202012Validator(schema)
    check.check_schema(schema)
    assert check.is_valid(yaml.load(packaged_path().read_text("utf-8"), yaml.CSafeLoader))
    by_form = ("format: 2", "wrong: 1", "[{sets: value}]", "loinc: 1-8}]", "stone: x", "name: sex")
    refused = [text for text in REFUSED if any(part in text for part in by_form)]
    assert len(refused) >= len(by_form)
    for text in refused:
        assert not check.is_valid(yaml.load(text, yaml.CSafeLoader)), text


# A site's own file.


def in_blood() -> Record:
    entry = Entry("measurement", BLOOD, "Observation/1", Amount("1.1", ucum="mg/dL"), start="2026")
    return Record("1", entries=(entry,))


def with_file(trial: Trial, folder: Path, text: str) -> Codes:
    path = folder / "site.yaml"
    path.write_text(text, "utf-8")
    return load_codes(trial, [str(path)])


def test_a_site_binds_what_is_not_bound(trial: Trial, codes: Codes, tmp_path: Path) -> None:
    assert select(Selection(trial, codes, ON), in_blood()).answers == {}
    own = with_file(
        trial,
        tmp_path,
        "format: 1\nelements:\n  serum_creatinine:\n    codes:\n"
        "      - {loinc: 38483-4, sets: value}\n",
    )
    assert (
        select(Selection(trial, own, ON), in_blood()).answers["serum_creatinine"].text
        == "1.1 mg/dL"
    )
    assert own.is_relevant((Coding("loinc", "2160-0"),))
    codes_of_omop = (Coding("omop", "3051825"), *BLOOD)
    entry = in_blood().entries[0]._replace(codes=codes_of_omop)
    assert (
        "serum_creatinine"
        in select(Selection(trial, own, ON), Record("1", entries=(entry,))).answers
    )


def test_what_a_site_binds_is_not_kept_for_the_next(trial: Trial, tmp_path: Path) -> None:
    """The packaged mapping is read once for a trial."""
    before = load_codes(trial)
    own = with_file(
        trial,
        tmp_path,
        "format: 1\nsystems: {ours: [urn:ours]}\nelements:\n  tsh:\n"
        "    codes:\n      - {loinc: 3016-3, near: value}\n",
    )
    assert own.bound["loinc", "3016-3"] != before.bound["loinc", "3016-3"]
    assert load_codes(trial) == before == load_codes(replace(trial))


def test_a_site_names_its_own_systems_and_units(trial: Trial, tmp_path: Path) -> None:
    own = with_file(
        trial,
        tmp_path,
        "format: 1\nsystems: {loinc: [http://example.org/codes]}\nelements:\n"
        "  serum_creatinine: {units: {mg/L: 8.842}}\n",
    )
    assert own.system("http://example.org/codes") == "loinc"
    assert own.system("http://loinc.org") == "loinc"
    serum = (Coding("loinc", "2160-0"),)
    entry = Entry("measurement", serum, "Observation/1", Amount("11", ucum="mg/L"), start="2026")
    found = select(Selection(trial, own, ON), Record("1", entries=(entry,)))
    assert found.answers["serum_creatinine"].text == "97.262"


REFUSED = {
    "format: 2": "expected one of 1",
    "format: 1\nwrong: 1": "unknown key 'wrong'",
    "format: 1\ntrial: NCT00000000": "is for 'NCT00000000'",
    "format: 1\nelements: {weigth: {codes: []}}": "Did you mean 'weight'",
    "format: 1\nelements: {weight: {codes: [{sets: value}]}}": "a code is missing",
    "format: 1\nelements: {weight: {codes: [{loinc: 1-8}]}}": "expected one of sets, proposes",
    "format: 1\nelements: {weight: {codes: [{loinc: 1-8, sets: yes}]}}": "expected one of value",
    "format: 1\nelements: {high_fall_risk: {codes: [{loinc: 1-8, sets: yes}]}}": "only propose it",
    "format: 1\nelements: {weight: {units: {stone: 0}}}": "expected a factor above 0",
    "format: 1\nelements: {weight: {units: {stone: x}}}": "expected a factor above 0",
    "format: 1\nmedicines: {own: {ever: no_such, codes: []}}": "no data element is named",
    "format: 1\nmedicines: {own: {ever: weight, codes: []}}": "of type quantity; expected boolean",
    "format: 1\nmedicines: {own: {now: high_fall_risk, codes: []}}": "only propose it",
    "format: 1\nelements: {cirrhosis: {codes: [{icd10: [K70, K74-L20], sets: yes}]}}": "not a span",
    "format: 1\nelements: {weight: {codes: [{loinc: [1-8, 29463-8], sets: value}]}}": "'29463-8'",
    "format: 1\nelements: {cirrhosis: {codes: [{snomed: '19943006', sets: yes}]}}": "check digit",
    "format: 1\nmedicines: {x: {codes: [{snomed: '64859007'}]}}": "a wrong check digit",
    "format: 1\nresults: [{means: [positive], snomed: '10828005'}]": "a wrong check digit",
    "format: 1\npersons: {sex: weight}": "of type quantity; expected choice",
    "format: 1\nelements: {weight: {yes_if: high_fall_risk}}": "is not a yes/no element",
    "format: 1\npersons: {name: sex}": "expected sex, birth_date",
}


def test_codes_of_a_site_have_no_check_digits(trial: Trial, tmp_path: Path) -> None:
    text = "format: 1\nsystems: {loinc: [http://example.org/lab]}\nelements:\n"
    own = with_file(trial, tmp_path, f"{text}  weight: {{codes: [{{loinc: 12-1, sets: value}}]}}\n")
    assert own.is_relevant((Coding("loinc", "12-1"),))


@pytest.mark.parametrize("text", REFUSED)
def test_mistakes_are_told_with_their_place(trial: Trial, tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError) as caught:
        with_file(trial, tmp_path, text)
    (problem,) = caught.value.problems
    assert REFUSED[text] in problem.message
    assert "site.yaml:" in problem.where


def test_the_example_of_the_reference_page(trial: Trial, tmp_path: Path) -> None:
    page = (Path(__file__).parents[1] / "docs" / "reference" / "codes.md").read_text("utf-8")
    own = with_file(trial, tmp_path, page.partition("```yaml\n")[2].partition("```")[0])
    assert (
        select(Selection(trial, own, ON), in_blood()).answers["serum_creatinine"].text
        == "1.1 mg/dL"
    )
    assert own.system("http://lab.example.org/codes") == "loinc"
    assert own.is_relevant((Coding("rxnorm", "0000001"),))


def test_another_trial_has_its_own_codes_and_the_systems_of_all(tmp_path: Path) -> None:
    tiny = load_trial(Path(__file__).parent / "data" / "tiny_trial.yaml")
    codes = load_codes(tiny)
    assert not codes.bound
    assert not codes.persons
    assert codes.system("http://loinc.org") == "loinc"
    assert codes.meaning((Coding("snomed", "10828004"),)) == ("positive",)
    name = next(one.name for one in tiny.answerable() if one.type == "boolean")
    own = with_file(
        tiny, tmp_path, f"format: 1\nelements: {{{name}: {{codes: [{{snomed: 1, sets: yes}}]}}}}\n"
    )
    entry = Entry("condition", (Coding("snomed", "1"),), "Condition/1", start="2020")
    assert (
        select(Selection(tiny, own, ON), Record("1", entries=(entry,))).answers[name].text == "yes"
    )


def test_the_packaged_codes_pass_over_elements_that_a_criteria_file_lacks(trial: Trial) -> None:
    lacking = "other_osteoporosis_medication"  # which no rule names
    elements = {name: one for name, one in trial.elements.items() if name != lacking}
    codes = load_codes(replace(trial, elements=elements))
    assert not codes.is_relevant((Coding("rxnorm", "72143"),))
    assert codes.is_relevant((Coding("loinc", "3016-3"),))
