"""`export` as its users meet it: files whole or not at all, what is left out on stderr."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.fhir import answers_in, broken
from tests.process import PATIENTS, refusals, run, spawn

UNDETERMINED = PATIENTS / "undetermined.yaml"


def _written(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def test_the_questionnaire_is_the_same_each_time(tmp_path: Path) -> None:
    one, two = tmp_path / "one.json", tmp_path / "two.json"
    for path in (one, two):
        ran = spawn("export", "questionnaire", "-o", path, TZ="Asia/Tokyo")
        assert (ran.code, ran.out) == (0, "")
        assert all(line.startswith("not carried: ") for line in ran.err.splitlines())
    assert one.read_bytes() == two.read_bytes()
    if os.name == "posix":
        assert one.stat().st_mode & 0o777 == 0o600
    assert broken(_written(one)) == []
    printed = run("export", "questionnaire", "-o", "-")
    assert json.loads(printed.out) == _written(one)


def test_a_response_belongs_to_its_questionnaire(tmp_path: Path) -> None:
    base = ("--base", "https://example.org/fhir")
    path = tmp_path / "response.json"
    ran = run(
        "export", "response", "--from", UNDETERMINED, "-o", path, "--subject", "001-014", *base
    )
    assert (ran.code, ran.out) == (0, "")
    made = _written(path)
    assert broken(made) == []
    form = json.loads(run("export", "questionnaire", "-o", "-", *base).out)
    assert made["questionnaire"] == f"{form['url']}|{form['version']}"
    assert form["url"].startswith("https://example.org/fhir/")
    assert made["status"] == "in-progress"
    assert answers_in(made)["screening_date"] == {"valueDate": "2026-06-01"}
    assert answers_in(made)["birth_date"] == {"valueDate": "1958-04-17"}


def test_a_screening_date_can_be_given_and_answers_come_from_stdin() -> None:
    told = ("export", "response", "--from", "-", "-o", "-", "--screening-date", "2026-02-01")
    given = "weight: 58 to 60\nsex: unknown\n"
    ran = run(*told, stdin=given)
    assert run(*told[:2], "-", *told[4:], stdin=given).err == ran.err
    assert ran.code == 0
    assert answers_in(json.loads(ran.out)) == {"screening_date": {"valueDate": "2026-02-01"}}
    assert "exactly; without them, criteria may be found otherwise: weight\n" in ran.err
    assert "answered unknown: sex\n" in ran.err


@pytest.mark.parametrize(
    ("args", "stdin", "message"),
    [
        ((), "weight: 5000", "5000' is out of range"),
        ((), "wieght: 50", "no data element is named 'wieght'"),
        ((), "pth_analog_use: no\npth_analog_last_dose_date: 2026-01", "contradicts"),
        (("--screening-date", "2026-13-01"), "weight: 50", "is not a day of the calendar"),
        (("--subject", "Jane Doe"), "weight: 50", "--subject: 'Jane Doe' looks like a name"),
        (("--subject", "jane@example.org"), "weight: 50", "looks like an e-mail address"),
        (("--subject", ""), "weight: 50", "an empty code"),
        (("--base", "example.org"), "weight: 50", "--base: 'example.org'; expected an address"),
        (("--base", "https://example.org/a|b"), "weight: 50", "expected an address"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_written(
    tmp_path: Path, args: tuple[str, ...], stdin: str, message: str
) -> None:
    path = tmp_path / "out.json"
    told = refusals(run("export", "response", "--from", "-", "-o", path, *args, stdin=stdin))
    assert any(message in line for line in told), told
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    for path in (tmp_path / "none" / "out.json", tmp_path):
        (told,) = refusals(run("export", "questionnaire", "-o", path))
        assert "cannot be written" in told


def test_a_criteria_file_with_a_choice_that_is_no_code_is_told(tmp_path: Path) -> None:
    text = (PATIENTS.parent.parent / "criteria.yaml").read_text("utf-8")
    path = tmp_path / "criteria.yaml"
    path.write_text(text.replace("{female: Female, ", '{female: Female, "a  b": Both, '), "utf-8")
    (told,) = refusals(
        run("--criteria", path, "export", "questionnaire", "-o", tmp_path / "q.json")
    )
    assert told.endswith(
        "'a  b' cannot be a code in FHIR; expected words with one space between them"
    )
    assert [one.name for one in tmp_path.iterdir()] == ["criteria.yaml"]


def test_the_commands_of_export_are_listed() -> None:
    ran = run("export")
    assert ran.code == 2
    assert "questionnaire" in ran.out + ran.err


def test_a_response_has_one_file_of_answers() -> None:
    told = refusals(run("export", "response", "-o", "-", stdin="weight: 55"))
    assert told == ["no answers given; --from - reads standard input"]
    told = refusals(run("export", "response", UNDETERMINED, "--from", UNDETERMINED, "-o", "-"))
    assert told == [f"'{UNDETERMINED}': a second file of answers; give one"]
