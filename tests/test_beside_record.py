"""A record beside what people give: whose word counts, and what is shown of the other's."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from trialscreen import load_trial
from trialscreen.answers.answer import Answer, read_facts
from trialscreen.answers.beside_record import FromRecord, with_record
from trialscreen.answers.sampled import read_samples, told_apart
from trialscreen.model.errors import Problem
from trialscreen.model.evidence import Evidence

FILE = Path(__file__).parent / "data" / "beside_record.yaml"
CASES: list[dict[str, Any]] = yaml.load(FILE.read_text("utf-8"), Loader=yaml.BaseLoader)  # noqa: S506
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
    given = given_by(case, problems)
    read_samples(TRIAL, given, ON, problems)
    if "refused" in case:
        assert [str(one) for one in problems] == [case["refused"]]
        return
    assert not problems
    found = with_record(TRIAL, given, record_of(case["record"]), ON)
    for name, text in case["then"].items():
        assert (found.answers[name].text if name in found.answers else "-") == text
    if "kinds" in case:
        assert {one.source: one.kind for one in found.evidence} == case["kinds"]
    read_facts(TRIAL, found.answers, ON)
