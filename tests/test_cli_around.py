"""Names of files, widths of pages, readers that leave, signals: none changes what is said."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.process import (
    COMMAND,
    PATIENTS,
    ROOT,
    TIMEOUT,
    environment,
    every_signal_heard,
    in_shell,
    run,
)

ON = ("--screening-date", "2026-06-01")
WASHOUT = PATIENTS / "ineligible_washout.yaml"
LOGGED = ("--subject", "S-014", "--by", "JW")


# Widths.


@pytest.mark.parametrize("size", ["0", "00", "-1", "abc", "²", "٣", "", " ", "1e3"])
@pytest.mark.parametrize("args", [["screen", WASHOUT], ["trial"], ["criteria", "E8"]])
def test_a_width_that_is_none_is_left_out(args: list[str], size: str) -> None:
    assert run(*args, COLUMNS=size, LINES=size) == run(*args, COLUMNS="80", LINES="24")


@pytest.mark.parametrize("size", ["1", "2", "19"])
def test_a_page_is_wide_enough_to_be_read(size: str) -> None:
    ran = run("screen", WASHOUT, COLUMNS=size)
    assert ran == run("screen", WASHOUT, COLUMNS="20")
    assert "INELIGIBLE" in ran.out


@pytest.mark.parametrize("size", ["10001", "4294967296", "9" * 5_000])
def test_a_page_has_an_end(size: str) -> None:
    ran = run("screen", WASHOUT, COLUMNS=size)
    assert ran == run("screen", WASHOUT, COLUMNS="10000")
    assert "INELIGIBLE" in ran.out


# Names of a log.


@pytest.mark.parametrize(
    "name",
    [
        *(":memory:", "file:x.log", "file:x.log?mode=memory", "file::memory:?cache=shared"),
        *("a?b.log", "a#b.log", "a%20b.log", "-a.log", " .log", "a;b'c\".log"),
    ],
)
def test_any_name_of_a_log_is_a_files_name(name: str, tmp_path: Path) -> None:
    given = ("screen", WASHOUT, f"--log={name}", *LOGGED)
    assert [run(*given, folder=tmp_path).code for _ in range(2)] == [3, 3]
    assert [one.name for one in tmp_path.iterdir()] == [name]
    listed = run("log", "list", f"./{name}", "--format", "json", folder=tmp_path)
    assert [one["entry"] for one in json.loads(listed.out)] == [1, 2]
    assert run("log", "verify", f"./{name}", folder=tmp_path).code == 0


# Readers that leave.


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["screen", str(WASHOUT)], 3),
        (["screen", str(WASHOUT), "--format", "json"], 3),
        (["screen", str(PATIENTS / "eligible.yaml"), "--plain"], 0),
        (["screen", str(PATIENTS / "undetermined.yaml"), "--format", "csv"], 4),
        (["criteria"], 0),
        (["export", "questionnaire", "-o", "-"], 0),
        (["export", "redcap", "-o", "-"], 0),
        (["sql", "--dialect", "duckdb"], 0),
        (["screen", "--help"], 0),
        (["screen", "--wieght", "1"], 2),
        (["bogus"], 2),
    ],
)
def test_who_reads_one_line_of_it_gets_the_same_code(args: list[str], code: int) -> None:
    line = '{ { "$@" 2>&1; echo "$?" >&3; } | head -1 >/dev/null; } 3>&1'
    done = in_shell(line, *args)
    assert (done.out, done.err) == (f"{code}\n", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a full device is there on Linux")
@pytest.mark.parametrize(
    ("args", "code"), [(["screen", WASHOUT, "--resume=none"], 2), (["bogus"], 2), (["trial"], 0)]
)
def test_messages_that_cannot_be_written_change_no_code(args: list[str], code: int) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*COMMAND, *args],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=full,
            env=environment(),
            cwd=ROOT,
            timeout=TIMEOUT,
            check=False,
        )
    assert done.returncode == code


# Signals.

AT_THE_LAST_MOMENT = """
import os, sys
from trialscreen.text import text_files
def told(part, flags):
    assert part.exists()
    os.kill(os.getpid(), int(os.environ["HOW"]))
    raise AssertionError("it went on")
text_files._sync = told
from trialscreen.cli import main
main()
"""
"""The command line, which is told to end when all is written, and nothing renamed."""


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
@pytest.mark.parametrize(
    "args",
    [
        ["report", str(WASHOUT), "-o", "out.html"],
        ["export", "questionnaire", "-o", "out.json"],
        ["export", "response", "--from", str(WASHOUT), "-o", "out.json"],
        ["export", "redcap", "-o", "out.csv"],
        ["export", "sdtm-ti", "-o", "out.xpt"],
        ["cohort", "in.csv", "-o", "out.parquet", *ON],
        ["cohort", "in.csv", "-o", "out.csv", "--problems", "out2.csv", *ON],
    ],
    ids=lambda args: " ".join(args[:2]),
)
def test_a_command_that_is_told_to_end_leaves_nothing_half(
    args: list[str], how: signal.Signals, tmp_path: Path
) -> None:
    (tmp_path / "in.csv").write_text("patient_id,weight\nS-1,58\n")
    with every_signal_heard():
        done = subprocess.run(
            [sys.executable, "-c", AT_THE_LAST_MOMENT, *args],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env=environment(HOW=str(int(how))),
            cwd=tmp_path,
            timeout=TIMEOUT,
            check=False,
        )
    assert (done.returncode, done.stdout) == (128 + how, ""), done.stderr
    assert "Error" not in done.stderr
    assert [one.name for one in tmp_path.iterdir()] == ["in.csv"]
