"""Standard input is read where `-` asks for it, and nowhere else."""

import json
from pathlib import Path

import pytest

from tests.process import (
    PATIENTS,
    in_shell,
    refusals,
    run,
)

ON = ("--screening-date", "2026-06-01")
NO_ANSWERS = ["no answers given; --from - reads standard input"]
UNDETERMINED = PATIENTS / "undetermined.yaml"


@pytest.mark.parametrize("stdin", ["", "weight: 38\n", '{"weight": 38}'])
@pytest.mark.parametrize("args", [[], ["--format", "json"], [*ON, "--exit-zero"]])
def test_nobody_is_screened_without_answers(args: list[str], stdin: str) -> None:
    assert refusals(run("screen", *args, stdin=stdin)) == NO_ANSWERS


@pytest.mark.parametrize("redirection", ["<&-", "</dev/null", "</dev/zero"])
def test_nor_from_a_standard_input_that_is_closed_or_holds_anything(redirection: str) -> None:
    assert refusals(in_shell(f'"$@" {redirection}', "screen", *ON)) == NO_ANSWERS


def test_nor_are_they_added_to_a_log(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    ran = run("screen", "--log", log, "--subject", "S-1", "--by", "JW", stdin="weight: 38")
    assert refusals(ran) == NO_ANSWERS
    assert not log.exists()


def test_nor_is_a_record_written_without_answers(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    ran = run("report", *ON, "-o", page, stdin="weight: 38")
    assert refusals(ran) == NO_ANSWERS
    assert not page.exists()


def test_what_else_is_wrong_is_told_instead() -> None:
    told = refusals(run("screen", "--wieght", "38", stdin="weight: 38"))
    assert told == ["--wieght: no such option. Did you mean '--weight'?"]


@pytest.mark.parametrize(
    "args",
    [
        ["screen", "--weight", "38"],
        ["screen", "--from", str(UNDETERMINED)],
        ["screen", str(UNDETERMINED)],
        ["report", str(UNDETERMINED), "-o", "{folder}/page.html"],
        ["export", "response", "--from", str(UNDETERMINED), "-o", "-"],
        ["screen"],
        ["trial"],
    ],
)
def test_the_input_of_the_callers_loop_is_left_alone(args: list[str], tmp_path: Path) -> None:
    args = [one.format(folder=tmp_path) for one in args]
    ran = in_shell('"$@" >&2; cat', *args, stdin="the\nother\npatients\n")
    assert ran.out == "the\nother\npatients\n"


def test_a_loop_over_a_file_screens_every_line_of_it() -> None:
    files = [str(PATIENTS / name) for name in ("eligible.yaml", "ineligible_lab.yaml")]
    loop = 'while read -r file; do "$@" --from "$file" >/dev/null; echo $?; done'
    assert in_shell(loop, "screen", stdin="\n".join([*files, ""])).out == "0\n3\n"


def test_a_file_alone_is_a_file_of_answers(tmp_path: Path) -> None:
    by_option = run("screen", "--from", UNDETERMINED, "--format", "json")
    assert run("screen", UNDETERMINED, "--format", "json") == by_option
    assert run("screen", "--format", "json", UNDETERMINED) == by_option
    text = UNDETERMINED.read_text("utf-8")
    assert run("screen", "-", "--format", "json", stdin=text) == by_option
    assert run("report", UNDETERMINED, "-o", tmp_path / "page.html").code == 0
    assert "[FILE]" in run("screen", "--help").out.splitlines()[0]


def test_flags_win_over_a_file_alone() -> None:
    ran = run("screen", "--weight", "38", UNDETERMINED, "--format", "json")
    assert json.loads(ran.out)["values"]["weight"] == "38 kg"


def test_a_record_is_not_written_from_a_file_beside_a_log(tmp_path: Path) -> None:
    ran = run("report", UNDETERMINED, "--log", tmp_path / "a.log", "-o", tmp_path / "a.html")
    assert refusals(ran) == ["--from: not with --log, which holds the answers"]
