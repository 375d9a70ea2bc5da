"""What a file of answers says is what the rules get, or it is refused."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.process import refusals, run
from trialscreen import InputError, load_trial, screen

DATA = Path(__file__).parent / "data" / "answers.yaml"
CASES: list[dict[str, Any]] = yaml.load(DATA.read_text("utf-8"), Loader=yaml.CBaseLoader)  # noqa: S506


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_file_says_what_its_reader_sees(case: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "answers.yaml"
    path.write_text(case["text"], encoding="utf-8", newline="")
    by_file = run("screen", path, "--screening-date", "2026-06-01", "--format", "json")
    by_pipe = run(
        *("screen", "--from", "-", "--screening-date", "2026-06-01", "--format", "json"),
        stdin=case["text"],
    )
    assert (by_file.code, by_file.out) == (by_pipe.code, by_pipe.out)
    if "refused" in case:
        assert any(case["refused"] in one for one in refusals(by_file))
    else:
        assert not by_file.err
        assert json.loads(by_file.out)["values"] == case["values"]


def test_a_contradiction_names_its_elements_in_python_too() -> None:
    given = {"birth_date": date(1960, 1, 1), "age": 50, "weight": 58, "high_fall_risk": True}
    with pytest.raises(InputError) as caught:
        screen(load_trial(), given, on=date(2026, 6, 1))
    (problem,) = caught.value.problems
    assert (problem.where, problem.elements) == ("age, birth_date", ("age", "birth_date"))


def test_a_contradiction_of_a_file_and_flags_names_both_places(tmp_path: Path) -> None:
    path = tmp_path / "answers.yaml"
    path.write_text("screening_date: 2026-06-01\npth_analog_last_dose_date: 2020\n", "utf-8")
    assert refusals(run("screen", path, "--pth-analog-use", "no")) == [
        f"--pth-analog-use (PTH analog), {path}:2:28 pth_analog_last_dose_date: PTH analog no"
        " contradicts last dose of a PTH analog 2020, from which it is yes"
    ]


def test_python_takes_the_screening_date_among_the_answers_as_a_day() -> None:
    on = date(2026, 6, 1)
    days = (on, "20260601", "1 Jun 2026", datetime(2026, 6, 1, 23, 30, tzinfo=UTC), None, "未知")
    for day in days:
        assert screen(load_trial(), {"weight": 39, "screening_date": day}, on=on).on == on
    with pytest.raises(InputError):
        screen(load_trial(), {"weight": 39, "screening_date": "2026-06-02"}, on=on)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_what_powershell_writes_is_named(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "answers.yaml"
    path.write_text("\ufeff" * (encoding != "utf-16") + "weight: 55\n", encoding)
    (told,) = refusals(run("screen", path))
    assert told == f"{path}: UTF-16 text, as PowerShell writes it; save it as UTF-8"


@pytest.mark.parametrize(
    ("ratio", "fits"),
    [("2.0", True), ("2", True), ('"2"', True), ('"2.0"', False), ("2.05", False), ("1.6", True)],
)
def test_a_number_of_json_counts_as_the_digits_that_show_it(
    ratio: str, fits: bool, tmp_path: Path
) -> None:
    """As of NDJSON and in Python: programs write 2.0 for 2. 62 of 40 is 1.55."""
    (path := tmp_path / "answers.json").write_text(
        f'{{"alt": 62, "alt_uln": 40, "alt_x_uln": {ratio}}}', "utf-8"
    )
    assert (run("screen", "--from", path).code != 2) is fits
