"""What a shell offers behind Tab, in the three shells that Typer writes for."""

from pathlib import Path

import pytest

from tests.process import ROOT, run
from trialscreen import load_trial

VARIABLE = "_PYTHON _M TRIALSCREEN_COMPLETE"
"""As Typer calls it, after what was started: here `python -m trialscreen`."""

TINY = str(ROOT / "tests/data/tiny_trial.yaml")
TRIAL = load_trial()
FLAGS = {"--" + one.name.replace("_", "-") for one in TRIAL.answerable()}
NONE = ["unknown", "pending"]


def offered(line: str) -> list[str]:
    """What bash offers at the end of a line; an empty last word stands for a blank there."""
    words = line.split(" ")
    environment = {"COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    ran = run(**{VARIABLE: "complete_bash"}, **environment)
    assert (ran.code, ran.err) == (0, "")
    return ran.out.split()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("trialscreen screen --sex ", ["female", "male", "other", *NONE]),
        ("trialscreen screen --sex f", ["female"]),
        ("trialscreen screen --weight 5 --sex=f", ["female"]),
        ("trialscreen report --high-fall-risk ", ["yes", "no", *NONE]),
        ("trialscreen screen --weight ", NONE),
        ("trialscreen screen --wei", ["--weight"]),
        ("trialscreen screen --format j", ["json"]),
        ("trialscreen screen --ask l", ["laboratory"]),
        ("trialscreen screen --ask chart,l", ["chart,laboratory"]),
        ("trialscreen screen --ask chart,c", []),
        ("trialscreen criteria E1", ["E1", *(f"E1{digit}" for digit in range(8))]),
        ("trialscreen elements ", [one.id for one in TRIAL.sections]),
        ("trialscreen elements --template ", ["yaml", "csv", "xlsx"]),
        ("trialscreen log res", ["rescreen"]),
        ("trialscreen log decide l --decision w", ["withdrawn"]),
        ("trialscreen log decide l --dose-cohort M", ["Medium", "Dose", "Group"]),
        ("trialscreen log cohort site.log H", ["High", "Dose", "Group"]),
        (f"trialscreen --criteria {TINY} criteria ", [one.id for one in load_trial(TINY).criteria]),
        ("trialscreen --criteria nowhere.yaml screen --sex f", ["female"]),
    ],
)
def test_what_is_offered(line: str, words: list[str]) -> None:
    assert offered(line) == words


def test_every_flag_of_an_element_is_offered() -> None:
    assert set(offered("trialscreen screen --")) >= FLAGS


def test_zsh_and_fish_are_told_what_a_word_stands_for() -> None:
    line = "trialscreen criteria E7"
    zsh = run(**{VARIABLE: "complete_zsh"}, _TYPER_COMPLETE_ARGS=line)
    fish = run(
        **{VARIABLE: "complete_fish"},
        _TYPER_COMPLETE_ARGS=line,
        _TYPER_COMPLETE_FISH_ACTION="get-args",
    )
    assert zsh.out == '_arguments \'*: :(("E7":"Previous cell therapy"))\'\n'
    assert fish.out == "E7\tPrevious cell therapy\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_can_be_told_how(shell: str, tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path), "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    ran = run("--show-completion", shell, **home)
    assert ran.code == 0
    assert f"complete_{shell}" in ran.out
