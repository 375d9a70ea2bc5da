"""A record beside what people give: whose word counts, and what is shown of the other's."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.generate import random_world
from tests.sizes import examples
from tests.test_book import text_of
from trialscreen import load_trial
from trialscreen.answers.answer import Answer, read_facts
from trialscreen.answers.beside_record import FromRecord, with_record
from trialscreen.answers.sampled import read_samples, told_apart
from trialscreen.model.errors import InputError, Problem
from trialscreen.model.evidence import Evidence
from trialscreen.screening.screen import screen

FILE = Path(__file__).parent / "data" / "beside_record.yaml"
CASES: list[dict[str, Any]] = yaml.load(FILE.read_text("utf-8"), Loader=yaml.CBaseLoader)  # noqa: S506
TRIAL = load_trial()
ON = date(2026, 6, 1)


def record_of(rows: list[list[str]]) -> FromRecord:
    evidence = []
    for kind, element, value, source, *code in rows:
        number, _, unit = value.partition(" ")
        told = Evidence(kind, element, number, unit, code="".join(code), source=source)  # type: ignore[arg-type]
        evidence.append(told)
    answers = {
        element: Answer(value, "record", source)
        for kind, element, value, source, *_ in rows
        if kind in ("fact", "assumed")
    }
    return FromRecord(answers, tuple(evidence))


def given_by(case: Mapping[str, Any], problems: list[Problem]) -> dict[str, Answer]:
    found = {}
    for name, said in case.get("given", {}).items():
        if isinstance(said, str):
            found[name] = Answer(said, "flag", name)
        else:
            found[name] = Answer(said.pop("value"), "file", name, said)
    return told_apart(TRIAL, found, problems)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_whose_word_counts(case: dict[str, Any]) -> None:
    problems: list[Problem] = []
    said = given_by(case, problems)
    read_samples(TRIAL, said, ON, problems)
    if "refused" in case:
        assert [str(one) for one in problems] == [case["refused"]]
        return
    assert not problems
    found = with_record(TRIAL, said, record_of(case["record"]), ON)
    for name, text in case["then"].items():
        assert (found.answers[name].text if name in found.answers else "-") == text
    if "kinds" in case:
        assert {one.source: one.kind for one in found.evidence} == case["kinds"]
    read_facts(TRIAL, found.answers, ON)


@given(st.integers(min_value=0, max_value=2**63).map(Random))
@examples(60)
def test_whatever_a_record_says_what_is_given_decides_and_nothing_is_refused(rng: Random) -> None:
    """A patient who fits together, and a record of which hardly anything does."""
    own, said = (random_world(rng, TRIAL, ON) for _ in range(2))
    own = {name: own[name] for name in rng.sample(sorted(own), rng.randint(0, 12))}
    flags = {n: Answer(text_of(TRIAL.elements[n], fact), "flag", n) for n, fact in own.items()}
    try:
        alone = screen(TRIAL, read_facts(TRIAL, flags, ON), ON)
    except InputError:
        return
    rows = [["fact", n, text_of(TRIAL.elements[n], said[n]), f"Observation/{n}"] for n in said]
    found = with_record(TRIAL, flags, record_of(rows), ON)
    facts = read_facts(TRIAL, found.answers, ON)
    beside = screen(TRIAL, facts, ON, evidence=found.evidence)
    in_conflict = {one.element for one in beside.conflicts}
    for name, one in flags.items():
        assert facts.get(name) == alone.facts[name] or (
            name in in_conflict and one.text == "no" and name not in facts
        )
    for row in found.evidence:
        answer = found.answers.get(row.element)
        if row.kind == "fact":
            assert answer is not None and row.element in facts
        else:
            assert answer is None or answer.by == "flag"
