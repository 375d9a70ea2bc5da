"""Values that carry the day of their sample, and values that are awaited."""

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.process import PATIENTS, refusals, run
from trialscreen import InputError, load_trial, screen
from trialscreen.answers.answer import Answer
from trialscreen.answers.sampled import read_samples

FILE = Path(__file__).parent / "data" / "samples.yaml"
CASES: list[dict[str, Any]] = yaml.load(FILE.read_text("utf-8"), Loader=yaml.CBaseLoader)  # noqa: S506
ON = date(2026, 6, 1)
TOLD = ("awaited", "stale", "undated")


def told_of(case: dict[str, Any]) -> dict[str, list[Any]]:
    return {key: case.get(key, []) for key in TOLD}


def told_in(result: dict[str, Any]) -> dict[str, list[Any]]:
    listed = {key: [list(one.values()) for one in result[key]] for key in ("awaited", "stale")}
    return listed | {"undated": result["undated"]}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_file_and_a_program_say_the_same(case: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "answers.yaml"
    path.write_text(yaml.safe_dump({"screening_date": "2026-06-01"} | case["given"]), "utf-8")
    ran = run("screen", path, "--format", "json")
    if "refused" in case:
        assert any(case["refused"] in one for one in refusals(ran))
        with pytest.raises(InputError) as caught:
            screen(load_trial(), case["given"], on=ON)
        assert any(case["refused"] in str(one) for one in caught.value.problems)
        return
    assert told_in(json.loads(ran.out)) == told_of(case)
    screening = screen(load_trial(), case["given"], on=ON)
    assert [[one.element, str(one.since), one.source] for one in screening.awaited] == (
        told_of(case)["awaited"]
    )
    assert [[one.element, one.day, str(one.valid_for)] for one in screening.stale] == (
        told_of(case)["stale"]
    )
    assert list(screening.undated) == told_of(case)["undated"]


PLAIN = [case for case in CASES if all(isinstance(one, str) for one in case["given"].values())]


@pytest.mark.parametrize("case", PLAIN, ids=lambda case: case["name"])
def test_flags_say_the_same(case: dict[str, Any]) -> None:
    flags = [f"--{name.replace('_', '-')}={text}" for name, text in case["given"].items()]
    ran = run("screen", *flags, "--screening-date", "2026-06-01", "--format", "json")
    if "refused" in case:
        assert any(case["refused"].partition(" ")[2] in one for one in refusals(ran))
    else:
        assert told_in(json.loads(ran.out)) == told_of(case)


def test_days_and_waiting_change_no_finding() -> None:
    trial = load_trial()
    plain = {"tsh": 7, "t4": 30, "t4_uln": 25, "alt": None, "weight": 39}
    old = {name: {"value": plain[name], "date": date(2020, 1, 1)} for name in ("tsh", "t4")}
    dated = {**plain, **old, "alt": "pending"}
    one, other = (screen(trial, given, on=ON) for given in (plain, dated))
    assert [each.met for each in one.findings] == [each.met for each in other.findings]
    assert [each.missing for each in one.findings] == [each.missing for each in other.findings]
    assert len(other.stale) == 2
    assert not one.stale and not one.awaited


def test_a_flag_without_a_day_replaces_the_day_of_another_value(tmp_path: Path) -> None:
    path = tmp_path / "answers.yaml"
    path.write_text("screening_date: 2026-06-01\ntsh: {value: 3.1, date: 2026-05-03}\n", "utf-8")

    def told(*flags: str) -> dict[str, list[Any]]:
        return told_in(json.loads(run("screen", path, *flags, "--format", "json").out))

    assert told("--tsh", "3.1")["stale"] == [["tsh", "2026-05-03", "28 days"]]
    assert told("--tsh", "3.2")["undated"] == ["tsh"]
    assert told("--tsh", "3.1 on 2026-05-30")["stale"] == []
    assert told("--tsh-date", "2026-05-02")["stale"] == [["tsh", "2026-05-02", "28 days"]]
    assert told("--tsh", "3.2", "--tsh-date", "2026-05-30")["undated"] == []
    assert told("--tsh", "pending") == {
        "awaited": [["tsh", "2026-06-01", "laboratory"]],
        "stale": [],
        "undated": [],
    }


def test_laboratory_values_and_dxa_become_old_and_nothing_else() -> None:
    trial = load_trial()
    titles = {section.id: section.title for section in trial.sections}
    for one in trial.elements.values():
        title = titles[one.section]
        is_limit = one.label.endswith((" lower limit", " upper limit")) and one.type == "quantity"
        expected = "12 months" if title == "DXA report" else None
        if title.startswith("Laboratory: ") and not is_limit:
            expected = "28 days"
        assert (one.valid_for and str(one.valid_for)) == expected, one.name


OLD = ("tsh", "alt", "ast", "alp", "total_bilirubin", "serum_calcium", "hiv_antibody")


def test_the_verdict_says_that_values_are_old() -> None:
    days = [f"--{name.replace('_', '-')}-date=2026-05-03" for name in OLD]
    ran = run("screen", PATIENTS / "eligible.yaml", *days)
    assert ran.code == 0
    last = ran.out.splitlines()[-1]
    assert re.fullmatch("ELIGIBLE.*, but 7 values are older than 28 days", last)
    more = (*days, "--total-hip-t-score-date", "2025-05-31", "--hbv-dna-date", "2026-05-04")
    ran = run("screen", PATIENTS / "eligible.yaml", *more)
    last = " ".join(ran.out.split())
    assert last.endswith(", but 1 value is older than 12 months and 7 than 28 days")
    light = run("screen", PATIENTS / "eligible.yaml", *days, "--weight", "38", "--height", "150")
    assert light.code == 3
    assert light.out.splitlines()[-1].startswith("INELIGIBLE")
    assert "7 values are older than 28 days." in " ".join(light.out.split())


def test_what_is_not_known_has_no_day() -> None:
    given = {"tsh": Answer("不详", "file", notes={"date": "2026-01-05"})}
    assert read_samples(load_trial(), given, ON, []).days == {}


def test_a_long_text_is_refused_at_once() -> None:
    for text in (
        "a since " * 20_000,
        "a" + " " * 100_000 + "on",
        "pending since " + "a from " * 9_000,
    ):
        with pytest.raises(InputError) as caught:
            screen(load_trial(), {"tsh": text}, on=ON)
        assert "is too long; at most 200 characters" in str(caught.value.problems[0])
