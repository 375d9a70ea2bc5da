"""Bad input: exit 2, all problems at once, one line each, nothing else, nothing interpreted."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.process import Ran, refusals, run
from trialscreen.answers.values import read_day
from trialscreen.model.errors import Problem, ValueProblem, collected

DATA = Path(__file__).parent / "data"
FOLDER = DATA / "bad_input"
FILES = sorted(FOLDER.iterdir())


def read(name: str) -> Any:
    """A data file with every scalar as text."""
    return yaml.load((DATA / name).read_text(encoding="utf-8"), Loader=yaml.CBaseLoader)  # noqa: S506


MESSAGES: dict[str, list[str]] = read("bad_input_messages.yaml")
COMMAND_LINES: list[dict[str, list[str]]] = read("bad_flags.yaml")


def told_of(path: Path) -> list[str]:
    """The messages for a bad file, with its name for each `@` that stands for it."""
    return [re.sub("@(?=[ :])", str(path), message) for message in MESSAGES[path.name]]


def assert_told(ran: Ran, messages: list[str]) -> None:
    """Each problem is told once, in order; `messages` may leave off the end of a line."""
    told = refusals(ran)
    for line, message in zip(told, messages, strict=False):
        assert line.startswith(message)
    assert len(told) == len(messages), told


def test_every_bad_file_has_its_messages() -> None:
    assert len(FILES) > 40
    assert [path.name for path in FILES] == sorted(MESSAGES)
    assert all(MESSAGES.values())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_bad_file_is_refused(path: Path) -> None:
    assert_told(run("screen", "--from", path), told_of(path))


@pytest.mark.parametrize("case", COMMAND_LINES, ids=lambda case: " ".join(case["args"])[:40])
def test_bad_flags_are_refused(case: dict[str, list[str]]) -> None:
    assert_told(run("screen", *case["args"]), case["says"])


def test_problems_of_flags_and_of_the_file_are_told_together() -> None:
    path = FOLDER / "several_values.yaml"
    messages = told_of(path)
    ran = run("screen", "--from", path, "--hieght", "160", "--age", "66.5", "--bmi", "x")
    told = refusals(ran)
    assert sorted(told) == sorted(
        [
            *messages[:-1],  # the flag wins over the file's bmi
            "--bmi (body mass index): 'x' is not a number",
            "--age: '66.5'; expected a whole number",
            "--hieght: no such option. Did you mean '--height'?",
        ]
    )


def test_two_different_screening_dates_are_refused() -> None:
    path = FOLDER.parent.parent.parent / "docs" / "patients" / "eligible.yaml"
    told = refusals(run("screen", "--from", path, "--screening-date", "2026-05-31"))
    assert told == [
        f"--screening-date: '2026-05-31', and '2026-06-01' in {path}:2:17 screening_date;"
        " give one screening date (--rescreen takes the answers of a file to another day)"
    ]


def test_contradictions_are_not_counted_from_a_screening_date_that_is_wrong() -> None:
    args = ("--birth-date", "1980-03-01", "--age", "45", "--screening-date", "2026-02-30")
    assert_told(run("screen", *args), ["--screening-date: '2026-02-30' is not a day"])


def test_the_example_of_bad_input_tells_nine_mistakes() -> None:
    assert len(refusals(run("screen", "--from", "docs/patients/bad_input.yaml"))) == 9


def test_a_huge_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    path.write_text("weight: 58\n" * 1_000_000)
    assert_told(run("screen", "--from", path), [f"{path}: 1,000,001 bytes; at most 1,000,000"])
    assert_told(run("check", path), [f"{path}: 1,000,001 bytes; at most 1,000,000 are read"])


def test_an_endless_file_is_refused() -> None:
    assert_told(run("screen", "--from", "/dev/zero"), ["/dev/zero: 1,000,001 bytes"])


@pytest.mark.parametrize("pair", ["[]", '{"a":}'])
def test_json_nested_without_end_is_refused(pair: str, tmp_path: Path) -> None:
    path = tmp_path / "deep.json"
    opening, closing = pair[:-1], pair[-1]
    path.write_text('{"weight":' + opening * 100_000 + "1" + closing * 100_000 + "}")
    assert_told(run("screen", "--from", path), [f"{path}: nested too deep"])


def test_many_keys_are_refused_in_a_moment_and_fifty_of_them_told(tmp_path: Path) -> None:
    path = tmp_path / "many.json"
    path.write_text("{" + ",".join(f'"k{i}":1,"k{i}":1' for i in range(5000)) + "}")
    told = refusals(run("screen", "--from", path))
    assert len(told) == 51
    assert told[-1] == "… and 9950 more"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "standard input: the file is empty"),
        (b"weight: [\n", "standard input:2:1: not YAML"),
        (
            b"\xff\xfew\x00",
            "standard input: UTF-16 text, as PowerShell writes it; save it as UTF-8",
        ),
        (b"wieght: 58", "standard input:1:9 wieght: no data element is named 'wieght'."),
        (b'{"weight": 58', "standard input:1:14: not JSON"),
    ],
)
def test_bad_standard_input_is_refused(data: bytes, message: str) -> None:
    assert_told(run("screen", "--from", "-", stdin=data), [message])


@pytest.mark.parametrize("command", [["screen"], ["trial"], ["criteria"], ["check"]])
@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("/nonexistent.yaml", "/nonexistent.yaml: cannot be read: No such file or directory"),
        ("tests", "tests: cannot be read: Is a directory"),
        ("x" * 300, "x" * 300 + ": cannot be read: File name too long"),
    ],
)
def test_a_criteria_file_that_cannot_be_read_is_refused(
    command: list[str], file: str, message: str
) -> None:
    assert_told(run("--criteria", file, *command), [message])


def test_a_criterion_that_does_not_exist_is_refused() -> None:
    assert_told(run("criteria", "E99"), ["criteria: no criterion is named 'E99'. Did you mean"])
    assert_told(run("criteria", "\x1b[31m"), ["criteria: no criterion is named '[31m'. Known: I1"])


@pytest.mark.parametrize(
    "args",
    [
        ["bogus"],
        ["x\x1b[31m"],
        ["--bogus"],
        ["screen", "--format", "\x1b[31mxml"],
        ["screen", "--from"],
        ["criteria", "E1", "E2\x1b[31m"],
        ["trial", "[/red]"],
    ],
)
def test_bad_usage_is_refused_too(args: list[str]) -> None:
    ran = run(*args)
    assert ran.code == 2
    assert not ran.out
    assert ran.err.startswith("error: ")
    assert "Traceback" not in ran.err
    assert "\x1b" not in ran.err


def test_a_value_of_which_nobody_says_the_place_is_not_told_without_one() -> None:
    problems: list[Problem] = []
    with pytest.raises(ValueProblem), collected(problems):
        read_day("x")
    with collected(problems, "day"):
        read_day("x")
    assert problems == [Problem("day", "'x' is not a date; expected YYYY-MM-DD")]
