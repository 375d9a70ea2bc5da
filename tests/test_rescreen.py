"""`screen --rescreen`: a file's answers on another day, and what does not hold until then."""

import json
import re
import shlex
import shutil
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis.strategies import dates, integers

from tests.process import PATIENTS, Ran, run
from tests.sizes import examples
from tests.spec import read_rule_text, spec_trial
from trialscreen import load_trial
from trialscreen.answers.answer import Answer, read_facts
from trialscreen.answers.later import carried, understood, understood_later
from trialscreen.model.dates import Period, completed_years
from trialscreen.model.errors import Problem
from trialscreen.model.facts import Dates, Exactly, Numbers

TRIAL = load_trial()
THEN = date(2026, 6, 1)
DAYS = dates(date(2024, 1, 1), date(2027, 12, 31))
WASHOUT = PATIENTS / "ineligible_washout.yaml"


def rescreened(*args: str | Path) -> Ran:
    return run("screen", "--format", "json", "--rescreen", *args)


def result(ran: Ran) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ran.out)
    return found


def test_what_is_not_read_anew_for_a_later_day_states_the_same() -> None:
    """All answers of the examples, some of them as dates known in part, bounds, pending, dated."""
    rng, now = Random(8), date(2026, 12, 1)
    texts = ("2026", "2026-05", "<=2026-05", "pending", "unknown", "yes", ">=2", "<0.5", "62")
    notes: tuple[dict[str, str], ...] = ({}, {"date": "2026-05"}, {"date": "<=2026-04-01"})
    anew = 0
    for _ in range(12):
        said = {
            name: Answer(rng.choice(texts), "file", "", rng.choice(notes))
            for name in TRIAL.answerable_by_name
        }
        before = understood(TRIAL, said, THEN)
        later = carried(TRIAL, said, THEN, now, before).answers
        assert later == carried(TRIAL, said, THEN, now).answers
        found = understood_later(TRIAL, before, said, later, now)
        assert found == understood(TRIAL, later, now)
        assert list(found.facts) == list(understood(TRIAL, later, now).facts)
        anew += found.facts != before.facts
    assert anew > 3


# What an answer of 1 June 2026 says on a later day.


@pytest.mark.parametrize(
    ("name", "text", "now", "expected"),
    [
        ("age", "62", "2026-06-01", "62"),
        ("age", "62", "2026-06-02", "62 to 63"),
        ("age", "62", "2027-05-31", "62 to 63"),
        ("age", "62", "2027-06-01", "63"),
        ("age", "62", "2027-06-02", "63 to 64"),
        ("age", "60 to 62", "2028-01-01", "61 to 64"),
        ("age", "120", "2026-12-01", "120"),
        ("years_since_menopause", "1.9", "2026-12-01", "1.9 to 3"),
        ("years_since_menopause", ">=2", "2026-12-01", "2 to 70"),
        ("years_since_malignancy_cure", "4", "2028-06-01", "6"),
        ("years_since_malignancy_cure", "0", "2028-06-01", "0 to 2"),
        ("years_since_malignancy_cure", "0 to 2", "2031-07-01", "0 to 8"),
        ("years_since_malignancy_cure", ">4", "2028-06-01", ">6"),
        ("years_since_malignancy_cure", ">0", "2028-06-01", ">2"),
        ("glucocorticoid_duration", ">3", "2026-06-15", ">3"),
        ("age", "unknown", "2027-06-01", "unknown"),
        ("fragility_fracture_last_2_years", "yes", "2026-12-01", "unknown"),
        ("fragility_fracture_last_2_years", "no", "2026-12-01", "no"),
        ("other_trial_last_6_months", "yes", "2026-12-01", "unknown"),
        ("substance_abuse_last_12_months", "yes", "2026-06-01", "yes"),
        ("substance_abuse_last_12_months", "yes", "2026-06-02", "unknown"),
        ("substance_abuse_last_12_months", "no", "2026-12-01", "no"),
        ("glucocorticoid_duration", "2", "2026-06-01", "2"),
        ("glucocorticoid_duration", "2", "2026-11-30", "2 to 8"),
        ("glucocorticoid_duration", "2", "2026-12-01", "2 to 8"),
        ("glucocorticoid_duration", "2", "2026-12-02", "2 to 9"),
        ("glucocorticoid_duration", "1 to 2.5", "2026-06-15", "1 to 3.5"),
        ("glucocorticoid_duration", "719", "2026-12-01", "719 to 720"),
        ("birth_date", "1961", "2026-12-01", "1961"),
        ("last_menstrual_period_date", "2026", "2026-12-01", "2026-01-01 to 2026-06-01"),
        ("rankl_inhibitor_last_dose_date", "2026-06", "2026-12-01", "2026-06-01 to 2026-06-01"),
        ("rankl_inhibitor_last_dose_date", ">=2026-03", "2026-12-01", "2026-03-01 to 2026-06-01"),
        ("rankl_inhibitor_last_dose_date", "2025-11", "2026-12-01", "2025-11"),
        ("rankl_inhibitor_use", "yes", "2026-12-01", "yes"),
        ("weight", "58.5", "2026-12-01", "58.5"),
        ("egfr", "70", "2026-12-01", "70"),
        ("tsh", "pending", "2026-12-01", "pending"),
        ("weight", "nonsense", "2026-12-01", "nonsense"),
    ],
)
def test_what_an_answer_says_later(name: str, text: str, now: str, expected: str) -> None:
    found = carried(TRIAL, {name: Answer(text, "file")}, THEN, date.fromisoformat(now))
    assert found.answers[name].text == expected
    assert bool(found.changes) == (expected != text)


@pytest.mark.parametrize(
    ("rule", "yes", "no"),
    [
        ("{last_dose: {within: 6 months}}", "unknown", "no"),
        (
            "{any: [{last_dose: {within: 6 months}}, {all: [{last_dose: {within: 1 weeks}}]}]}",
            "unknown",
            "no",
        ),
        ("{last_dose: {longer_ago_than: 6 months}}", "unknown", "unknown"),
        ("{all: [smoker, {last_dose: {within: 6 months}}]}", "unknown", "unknown"),
        ("{age: {at_least: 45}}", "unknown", "unknown"),
        ("{smoker: yes}", "yes", "no"),
        ("{weight: {below: 45}}", "yes", "no"),
    ],
)
def test_what_an_answer_says_later_that_follows_from_a_rule(rule: str, yes: str, no: str) -> None:
    base = spec_trial()
    told = replace(base.elements["fasting"], derive=read_rule_text(rule))
    trial = replace(base, elements={**base.elements, "fasting": told})
    for said, expected in (("yes", yes), ("no", no)):
        found = carried(trial, {"fasting": Answer(said, "file")}, THEN, date(2026, 12, 1))
        assert found.answers["fasting"].text == expected


DURATION, LAST = "oral_bisphosphonate_cumulative_duration", "oral_bisphosphonate_last_dose_date"


@pytest.mark.parametrize(
    ("said", "name", "expected"),
    [
        ({"current_systemic_glucocorticoid": "yes"}, "glucocorticoid_duration", "3 to 9"),
        ({"current_systemic_glucocorticoid": "no"}, "glucocorticoid_duration", "3"),
        ({LAST: "2026-06-01"}, DURATION, "3 to 9"),
        ({LAST: "2026-05-01"}, DURATION, "3 to 9"),
        ({LAST: "2026-04-30"}, DURATION, "3"),
        ({LAST: "2026"}, DURATION, "3 to 9"),
        ({LAST: "2024"}, DURATION, "3"),
        ({}, DURATION, "3 to 9"),
        ({"oral_bisphosphonate_use": "no"}, DURATION, "3"),
    ],
)
def test_what_may_still_be_taken_has_been_taken_for_longer(
    said: dict[str, str], name: str, expected: str
) -> None:
    given = {one: Answer(text, "file") for one, text in {**said, name: "3"}.items()}
    assert carried(TRIAL, given, THEN, date(2026, 12, 1)).answers[name].text == expected


@pytest.mark.parametrize(
    ("name", "answer", "notes"),
    [
        ("tsh", Answer("3.1", "file"), {"date": "<=2026-06-01"}),
        ("tsh", Answer("3.1", "file", "", {"date": "2026-05"}), {"date": "2026-05"}),
        ("tsh", Answer("3.1", "file", "", {"date": "unknown"}), {"date": "<=2026-06-01"}),
        ("tsh", Answer("3.1", "file", "", {"date": "2026"}), {"date": "2026-01-01 to 2026-06-01"}),
        ("tsh", Answer("pending", "file"), {"since": "2026-06-01"}),
        ("tsh", Answer("pending", "file", "", {"since": "2026-05-20"}), {"since": "2026-05-20"}),
        (
            *("tsh", Answer("pending", "file", "", {"date": "2026-05-20"})),
            {"date": "2026-05-20", "since": "2026-05-20"},
        ),
        (
            *("tsh", Answer("pending", "file", "", {"date": "2026-05"})),
            {"date": "2026-05", "since": "2026-06-01"},
        ),
        ("high_fall_risk", Answer("no", "file"), {}),
    ],
)
def test_from_when_a_value_is_at_the_latest(
    name: str, answer: Answer, notes: dict[str, str]
) -> None:
    found = carried(TRIAL, {name: answer}, THEN, date(2026, 9, 1))
    assert found.answers[name].notes == notes


# The command.


def test_the_washout_has_ended_on_the_day_that_was_named() -> None:
    first = result(run("screen", WASHOUT, "--format", "json"))
    (day,) = {one["clears_on"] for one in first["criteria"] if one["clears_on"]}
    again = rescreened(WASHOUT, "--screening-date", day)
    assert again.code == 0
    assert result(again)["screening_date"] == day
    assert {one["element"] for one in result(again)["stale"]} >= {"tsh", "serum_calcium"}


@pytest.mark.parametrize("more", [[], ["--full"], ["--plain"]])
def test_a_result_that_advises_it_names_the_command(more: list[str], tmp_path: Path) -> None:
    shutil.copy(WASHOUT, tmp_path / "my patient.yaml")
    told = run("screen", "my patient.yaml", *more, folder=tmp_path, COLUMNS="300").out
    assert "will no longer fail" in told
    (command,) = re.findall("Then: trialscreen (.*?) *$", told, re.MULTILINE)
    words = shlex.split(command)
    assert words == ["screen", "--rescreen", "my patient.yaml"]
    assert run(*words, "--screening-date", "2026-11-19", folder=tmp_path).code == 0


def test_values_in_flags_have_no_file_that_could_be_named() -> None:
    told = run("screen", WASHOUT, "--weight", "58").out
    assert "Then: trialscreen screen --rescreen FILE" in re.sub(r"\s+", " ", told)


def test_the_log_too_takes_no_age_for_what_it_was(tmp_path: Path) -> None:
    logged = ("--log", "x.log", "--subject", "S-001", "--by", "JW", "--informed-consent-signed=yes")
    given = ("--age", "44", "--willing-to-participate", "yes", "--screening-date", "2026-06-01")
    assert run("screen", *given, *logged, folder=tmp_path).code == 3
    day = ("--screening-date", "2026-11-01", "--format", "json")
    (again,) = json.loads(run("log", "rescreen", "x.log", *day, folder=tmp_path).out)
    assert (again["was"], again["now"]) == ("ineligible", "undetermined (data)")


def test_today_is_the_day_if_none_is_given() -> None:
    assert result(rescreened(WASHOUT))["screening_date"] == date.today().isoformat()  # noqa: DTZ011


def test_what_is_new_is_given_beside_it_and_wins(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text("screening_date: 2026-06-01\nage: 44\nweight: 39\n", encoding="utf-8")
    ran = rescreened(file, "--screening-date", "2026-07-01", "--weight", "41", "--age", "45")
    assert ran.err == ""
    failing = [one["id"] for one in result(ran)["criteria"] if one["passes"] is False]
    assert failing == []


def test_an_age_is_not_taken_for_what_it_was(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text("screening_date: 2026-06-01\nage: 44\n", encoding="utf-8")
    assert run("screen", file).code == 3
    ran = rescreened(file, "--screening-date", "2026-11-01")
    assert ran.code == 4
    assert ran.err == "note: age '44', of 2026-06-01, is used as '44 to 45' on 2026-11-01\n"


@pytest.mark.parametrize(
    ("text", "args", "says"),
    [
        (
            "screening_date: 2026-06-01\nage: 61\n",
            ["--screening-date", "2026-05-31"],
            "--screening-date: 2026-05-31 is before 2026-06-01, the day of s.yaml:1:17",
        ),
        (
            "age: 61\nsex: female\n",
            [],
            "--rescreen: s.yaml has no screening_date, so nobody can tell which day these"
            " are for: age; add one, or use --from",
        ),
        ("screening_date: x\n", [], "s.yaml:1:17 screening_date: 'x' is not a date"),
        (
            "sex: female\n",
            ["--screening-date", "2026-13-01"],
            "--screening-date: '2026-13-01' is not a day",
        ),
        (
            "sex: female\n",
            ["--from", "s.yaml"],
            "--rescreen: names a file of answers, and so does another option; give one",
        ),
        ("wieght: 5\n", [], "s.yaml:1:9 wieght: no data element is named 'wieght'."),
    ],
)
def test_what_cannot_be_is_said(text: str, args: list[str], says: str, tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(text, encoding="utf-8")
    ran = run("screen", "--rescreen", "s.yaml", *args, folder=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"error: {says}")
    assert "Traceback" not in ran.err


def test_a_file_of_which_nothing_changes_with_the_days_needs_no_day(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text("sex: male\nbirth_date: 1960\n", encoding="utf-8")
    assert rescreened(file).code == 3


# Whatever the true dates are, nothing that is carried denies them.


@given(born=dates(date(1930, 1, 1), date(1990, 12, 31)), then=DAYS, later=integers(0, 2_000))
@examples(200)
def test_an_age_that_is_carried_holds_the_true_one(born: date, then: date, later: int) -> None:
    now = then + timedelta(days=later)
    answers = {"age": Answer(str(completed_years(born, then)), "file")}
    found = read_facts(TRIAL, carried(TRIAL, answers, then, now).answers, now, [])["age"]
    assert isinstance(found, Numbers)
    assert found.low <= completed_years(born, now) <= found.high
    assert found.high - found.low <= 1


@given(broken=dates(date(2020, 1, 1), date(2026, 5, 31)), then=DAYS, later=integers(0, 2_000))
@examples(200)
def test_a_window_that_is_carried_holds_the_true_answer(
    broken: date, then: date, later: int
) -> None:
    now = then + timedelta(days=later)
    within = {day: Period(24, "months").before(day) <= broken <= day for day in (then, now)}
    name = "fragility_fracture_last_2_years"
    answers = {name: Answer("yes" if within[then] else "no", "file")}
    facts = read_facts(TRIAL, carried(TRIAL, answers, then, now).answers, now, [])
    assert broken > then or facts.get(name) in (None, Exactly(value=within[now]))


@given(taken=dates(date(2024, 1, 1), date(2026, 12, 31)), then=DAYS, later=integers(1, 500))
@examples(200)
def test_a_month_that_is_carried_holds_the_true_day(taken: date, then: date, later: int) -> None:
    now, name = then + timedelta(days=later), "rankl_inhibitor_last_dose_date"
    answers = {name: Answer(f"{taken:%Y-%m}", "file")}
    problems: list[Problem] = []
    facts = read_facts(TRIAL, carried(TRIAL, answers, then, now).answers, now, problems)
    if taken <= then:
        assert not problems
        found = facts[name]
        assert isinstance(found, Dates)
        assert found.low <= taken <= found.high <= then
