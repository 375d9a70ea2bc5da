"""Bad criteria files: every problem with file, line, column and the path in the document.

Each file of data/bad_criteria is data/tiny_trial.yaml with something wrong in it; its
first lines say what must be told, in order.
"""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.process import refusals, run
from trialscreen import InputError, load_trial

DATA = Path(__file__).parent / "data"
TINY = DATA / "tiny_trial.yaml"
FOLDER = DATA / "bad_criteria"
FILES = sorted(FOLDER.glob("*.yaml"))
LINT_FILES = sorted((FOLDER / "lint").glob("*.yaml"))
EXPECT = "# expect: "

name_of: Callable[[Path], str] = lambda path: path.stem  # noqa: E731


def expected(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.removeprefix(EXPECT) for line in lines if line.startswith(EXPECT)]


def assert_told(told: list[str], path: Path) -> None:
    """The problems are those that the file itself announces."""
    assert [line.removeprefix(f"{path}:").strip() for line in told] == expected(path)


def test_every_bad_criteria_file_says_what_must_be_told() -> None:
    assert len(FILES) > 50
    assert len(LINT_FILES) >= 2
    assert all(expected(path) for path in (*FILES, *LINT_FILES))


def test_the_trial_they_are_made_from_is_in_order() -> None:
    ran = run("check", TINY)
    assert ran == (0, f"{TINY}: 6 elements, 2 criteria, 0 errors, 0 warnings\n", "")


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_check_refuses_it(path: Path) -> None:
    assert_told(refusals(run("check", path)), path)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_loading_it_raises_the_same_problems(path: Path) -> None:
    with pytest.raises(InputError) as caught:
        load_trial(path)
    assert_told([str(problem) for problem in caught.value.problems], path)


COMMENTS = {
    "version: 1.0.0": "version: 1.0.0 # the first",
    "  title: A tiny trial": '  title: "A tiny trial" # in quotes\n  # as deep as its key',
    "range: [8, 80]": "range: [8, 80] # kg/m²",
    "text: BMI of 18 or more": "text: BMI\n      of#18 or more",
    "    unit: kg/m2": "    unit: kg/m2 # UCUM",
    "    ask: BMI?": "    ask: >- # folded\n      BMI?\n\n    # about the formula",
    "  - id: E1": "  # about the criterion\n  - id: E1\n    # about its label",
    "{last_dose: {within: 6 months}}": "{last_dose: {within: 6 months}} # as amended",
}


def test_comments_that_leave_nothing_out_are_allowed(tmp_path: Path) -> None:
    text = TINY.read_text("utf-8")
    for plain, commented in COMMENTS.items():
        assert text.count(plain) == 1
        text = text.replace(plain, commented)
    (path := tmp_path / "commented.yaml").write_text(text, "utf-8")
    plain_trial = load_trial(TINY)
    first = plain_trial.criteria[0]._replace(text="BMI of#18 or more")
    plain_trial = replace(plain_trial, criteria=(first, *plain_trial.criteria[1:]))
    assert load_trial(path) == replace(
        plain_trial, sha256=hashlib.sha256(text.encode()).hexdigest(), origin=str(path)
    )


@pytest.mark.parametrize("command", ["screen", "trial", "criteria", "check"])
def test_no_command_goes_on_with_it(command: str) -> None:
    path = FOLDER / "many_at_once.yaml"
    assert_told(refusals(run("--criteria", path, command)), path)
    assert_told(refusals(run(command, TRIALSCREEN_CRITERIA=str(path))), path)


@pytest.mark.parametrize("path", LINT_FILES, ids=name_of)
def test_check_finds_what_is_well_formed_and_still_wrong(path: Path) -> None:
    ran = run("check", path)
    assert ran.code == 2
    assert_told([line.removeprefix("error: ") for line in ran.err.splitlines()], path)
    assert ran.out == f"{path}: 6 elements, 2 criteria, 1 error, 0 warnings\n"


@pytest.mark.parametrize("path", sorted((FOLDER / "lint" / "warnings").glob("*")), ids=name_of)
def test_check_warns_of_what_is_worth_a_second_look(path: Path) -> None:
    ran = run("check", path)
    assert_told([line.removeprefix("warning: ") for line in ran.err.splitlines()], path)
    count = len(expected(path))
    assert ran[:2] == (
        0,
        f"{path}: 6 elements, 2 criteria, 0 errors, {count} warning{'s' * (count > 1)}\n",
    )
