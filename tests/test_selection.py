"""Records, and what of them is a fact: cases in tests/data/selection.yaml."""

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

from tests.fhir_records import CODES
from tests.random_records import Recorder
from tests.sizes import size
from trialscreen import load_trial
from trialscreen.answers.answer import Answer, read_facts
from trialscreen.answers.beside_record import FromRecord
from trialscreen.answers.records.entries import Amount, Coding, Entry, NormalRange, Person, Record
from trialscreen.answers.records.gathered import Selection
from trialscreen.answers.records.select import select
from trialscreen.answers.sampled import read_samples, told_apart
from trialscreen.model.errors import Problem
from trialscreen.model.facts import Numbers
from trialscreen.screening.screen import screen

FILE = Path(__file__).parent / "data" / "selection.yaml"
CASES: list[dict[str, Any]] = yaml.load(FILE.read_text("utf-8"), Loader=yaml.CBaseLoader)  # noqa: S506
TRIAL = load_trial()
ON = date(2026, 6, 1)
SYSTEMS = (
    *("loinc", "snomed", "icd10", "icd10cm", "rxnorm", "atc", "omop", "interpretation", "local"),
)
FORM = "https://example.org/Questionnaire/NCT06949137|1.4.2"


def listed(codes: str | list[str]) -> list[str]:
    return [codes] if isinstance(codes, str) else codes


def codings(written: Mapping[str, Any]) -> tuple[Coding, ...]:
    return tuple(
        Coding(system, code, written.get("display", ""))
        for system in SYSTEMS
        for code in listed(written.get(system, []))
    )


def amount(number: str, written: Mapping[str, str]) -> Amount:
    parts = re.fullmatch(r"(<=|>=|<|>|)(.+)", number)
    assert parts is not None
    return Amount(parts[2], parts[1], written.get("unit", ""), written.get("ucum", ""))


def entry(written: dict[str, Any], source: str) -> Entry:
    value: Any = written.get("words")
    if "value" in written:
        value = amount(written["value"], written)
    elif "coded" in written:
        value = codings(written["coded"])
    units = {"unit": written["range_unit"]} if "range_unit" in written else written
    low, high = (amount(written[k], units) if k in written else None for k in ("low", "high"))
    return Entry(
        written.get("kind", "measurement"),
        codings(written),
        written.get("id", source),
        value=value,
        also=codings(written.get("also", {})),
        absent=written.get("absent", ""),
        limits=NormalRange(low, high),
        start=written.get("at", ""),
        end=written.get("end", ""),
        recorded=written.get("recorded", ""),
        days=int(written["days"]) if "days" in written else None,
        dose=Amount(written["mg"], ucum="mg/d") if "mg" in written else written.get("dosage", ""),
        standing=written.get("standing", "counts"),
        active="active" in written,
        site=codings(written.get("site", {})),
        route=codings(written.get("route", {})),
    )


def said(written: dict[str, str], source: str) -> Entry:
    """An answer as FHIR has it."""
    name = written["question"]
    element = TRIAL.elements.get(name)
    value: Any = written["value"]
    if element is None or element.type == "boolean":
        value = value == "yes"
    elif element.type == "choice":
        value = (Coding("own", value),)
    elif element.unit is not None:
        value = Amount(value, ucum=element.unit)
    form = written.get("form", FORM)
    start = written.get("at", "2026-05-20")
    return Entry("answer", (Coding("questionnaire", name, form),), source, value, start=start)


def record(case: dict[str, Any]) -> Record:
    persons = [
        Person(**one, source=f"Patient/{n}") for n, one in enumerate(case.get("persons", ()))
    ]
    entries = [entry(one, f"Entry/{n}") for n, one in enumerate(case.get("record", ()))]
    entries += [said(one, f"Answer/{n}") for n, one in enumerate(case.get("answers", ()))]
    return Record("1", tuple(persons), tuple(entries))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_what_of_a_record_is_a_fact(case: dict[str, Any]) -> None:
    found = select(Selection(TRIAL, CODES, ON, case.get("assume", ())), record(case))
    assert {name: one.text for name, one in found.answers.items()} == case["then"]
    dates = {name: one.date for name, one in found.answers.items() if one.date is not None}
    assert dates == case.get("dates", {})
    shown = sorted(f"{one.kind} {one.element}" for one in found.evidence)
    assert shown == sorted(case["shown"])
    told = case.get("told", [])
    assert len(found.problems) == len(told)
    for problem, words in zip(found.problems, told, strict=True):
        assert words in problem.message
        assert problem.where
    for words in case.get("noted", ()):
        assert any(words in f"{one.element}: {one.note}" for one in found.evidence)
    read_facts(TRIAL, found.answers, ON)  # raises for an answer that the parser refuses


def test_what_is_said_beside_a_result_is_not_said_of_its_limits_nor_twice() -> None:
    calcium = {"loinc": "17861-6", "ucum": "mg/dL", "high": "10.2", "at": "2026-05-20"}
    high = {**calcium, "value": "10.9", "also": {"interpretation": "HH"}}
    none = {**calcium, "also": {"interpretation": "H"}}
    notes = [
        [one.note for one in select(Selection(TRIAL, CODES, ON), record({"record": [of]})).evidence]
        for of in (high, none)
    ]
    assert notes == [
        ["also said to be HH", "printed with the result"],
        ["cannot be used: there is no value; it is said to be H, which is not read as one"],
    ]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_order_of_a_record_says_nothing(case: dict[str, Any]) -> None:
    one = record(case)
    other = one._replace(entries=one.entries[::-1], persons=one.persons[::-1])
    facts, turned = (
        select(Selection(TRIAL, CODES, ON, case.get("assume", ())), each) for each in (one, other)
    )
    assert stated(facts.answers) == stated(turned.answers)
    assert shown(facts) == shown(turned)


def shown(found: FromRecord) -> list[tuple[str, ...]]:
    return sorted((one.kind, one.element, one.value, one.unit) for one in found.evidence)


def stated(answers: Mapping[str, Answer]) -> dict[str, object]:
    facts = read_facts(TRIAL, answers, ON)  # raises for an answer that the parser refuses
    return {
        name: fact._replace(half=None) if isinstance(fact, Numbers) else fact
        for name, fact in facts.items()
    }


def test_whatever_a_record_holds_it_can_be_screened_and_every_answer_has_its_evidence() -> None:
    rng = Random(20261129)
    recorder = Recorder(rng, TRIAL, CODES)
    sections = [one.id for one in TRIAL.sections if one.id not in ("consent", "investigator")]
    count = 0
    for _ in range(size(3_000, 150)):
        whole = recorder.record()
        assume = rng.sample(sections, rng.choice([0, 0, 2]))
        found = select(Selection(TRIAL, CODES, ON, assume), whole)
        facts = stated(found.answers)
        screen(TRIAL, read_facts(TRIAL, found.answers, ON), ON)
        problems: list[Problem] = []
        read_samples(TRIAL, told_apart(TRIAL, found.answers, problems), ON, problems)
        assert not problems
        by_kind: dict[str, set[str]] = {}
        for one in found.evidence:
            by_kind.setdefault(one.kind, set()).add(one.element)
        assert found.answers.keys() == by_kind.get("fact", set()) | by_kind.get("assumed", set())
        assert found.answers.keys().isdisjoint(by_kind.get("conflict", set()))
        entries = rng.sample(whole.entries, len(whole.entries))
        turned = whole._replace(entries=tuple(entries), persons=whole.persons[::-1])
        other = select(Selection(TRIAL, CODES, ON, assume), turned)
        assert stated(other.answers) == facts
        assert shown(other) == shown(found)
        count += len(facts)
    assert count > 300
