"""A run inside this process is what a process of its own would be, and leaves no trace."""

import gc
import os
import signal
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from tests.process import PATIENTS, Ran, run, spawn

RUNS = [
    (),
    ("--help",),
    ("--version",),
    ("bogus",),
    ("screen", "--help"),
    ("screen", "--weight", "５５ kg", "--format", "json"),
    ("screen", "--weight", "x", "--wieght", "1"),
    ("screen", "--from", PATIENTS / "ineligible_lab.yaml", "--explain"),
    ("screen", "--from", "nowhere.yaml"),
    ("--criteria", "nowhere.yaml", "trial"),
    ("cohort", "nowhere.csv", "-o", "-"),
    ("sql", "--dialect", "oracle"),
    ("log", "list", "nowhere.log"),
]
READING, READER = ("screen", "--from", "-"), "trialscreen.cli.answers.read_answers"


@pytest.mark.parametrize("args", RUNS, ids=lambda args: " ".join(map(str, args)))
def test_it_returns_and_writes_what_a_process_would(args: tuple[str | Path, ...]) -> None:
    assert run(*args) == spawn(*args)


@pytest.mark.parametrize("stdin", ["weight: 55\n", b"weight: \xff", "#" * 500_000])
def test_it_reads_what_a_process_would(stdin: str | bytes) -> None:
    args = ("screen", "--from", "-", "--screening-date", "2026-06-01")
    assert run(*args, stdin=stdin) == spawn(*args, stdin=stdin)


def test_what_is_not_read_is_lost_as_in_a_pipe_and_nothing_waits(tmp_path: Path) -> None:
    assert run("--version", stdin="#" * 500_000) == spawn("--version", stdin="#" * 500_000)


def test_the_environment_and_the_folder_are_those_of_the_run_alone(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("weight: 39\n", encoding="utf-8")
    args = ("screen", "--from", "a.yaml")
    assert run(*args, folder=tmp_path, COLUMNS="50") == spawn(*args, folder=tmp_path, COLUMNS="50")
    assert run(*args, folder=tmp_path, COLUMNS="50") != run(*args, folder=tmp_path)
    assert run(*args).code == 2


def state() -> dict[str, object]:
    """What a run could leave changed."""
    return {
        "environment": dict(os.environ),
        "folder": Path.cwd(),
        "arguments": (sys.argv, sys.modules["__main__"]),
        "streams": (sys.stdin, sys.stdout, sys.stderr, sys.unraisablehook),
        "descriptors": [os.fstat(number)[:3] for number in range(3)],
        "handlers": [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)],
        "garbage": gc.isenabled(),
        "warnings": list(warnings.filters),
    }


def test_nothing_is_left_changed(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("patient_id,weight\n1,55\n", encoding="utf-8")
    runs = [*RUNS, ("cohort", tmp_path / "t.csv", "-o", tmp_path / "out.csv")]
    before, frozen = state(), gc.get_freeze_count()
    for args in runs:
        run(*args)
        assert state() == before
        assert gc.get_freeze_count() <= frozen  # less when something ends that was frozen before


def test_what_goes_to_the_descriptors_is_seen_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def say(*_: object, **__: object) -> None:
        subprocess.run(["echo", "from elsewhere"], check=True)
        os.write(2, b"by number\n")
        raise SystemExit("a last word")

    monkeypatch.setattr(READER, say)
    assert run(*READING) == Ran(1, "from elsewhere\n", "by number\na last word\n")


def test_a_warning_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def warn(*_: object, **__: object) -> None:
        warnings.warn("old", DeprecationWarning, stacklevel=1)

    monkeypatch.setattr(READER, warn)
    ran = run(*READING)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("error: unexpected DeprecationWarning in ")


def test_what_is_read_at_the_start_of_an_interpreter_is_refused() -> None:
    for name in ("TZ", "LC_ALL", "PYTHONUTF8"):
        with pytest.raises(AssertionError, match="spawn"):
            run("--version", **{name: "1"})
