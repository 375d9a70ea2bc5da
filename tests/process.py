"""The command line as its users meet it: a process with a chosen environment."""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
PATIENTS = ROOT / "docs" / "patients"
COMMAND = (sys.executable, "-m", "trialscreen")
TIMEOUT = 120

_FIXED = {"LC_ALL": "C.UTF-8", "TZ": "UTC", "TERM": "xterm-256color", "COLUMNS": "80"}
_TAKEN_AWAY = ("NO_COLOR", "FORCE_COLOR", "TRIALSCREEN_CRITERIA", "GITHUB_ACTIONS")


class Ran(NamedTuple):
    """What a finished process returned and wrote."""

    code: int
    out: str
    err: str


def environment(**changes: str) -> dict[str, str]:
    """The environment of a run: as it is here, with what changes the output fixed."""
    kept = {name: value for name, value in os.environ.items() if name not in _TAKEN_AWAY}
    return {**kept, **_FIXED, **changes}


def run(*args: str | Path, stdin: str | bytes = b"", **env: str) -> Ran:
    """Runs `trialscreen` in the project's folder; standard input is never a terminal."""
    done = subprocess.run(
        [*COMMAND, *map(str, args)],
        input=stdin if isinstance(stdin, bytes) else stdin.encode(),
        capture_output=True,
        env=environment(**env),
        cwd=ROOT,
        timeout=TIMEOUT,
        check=False,
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


def cohort(folder: Path, *args: str | Path) -> Ran:
    """Runs `cohort` in `folder`, with out.csv for the output if no other is named."""
    output = () if "-o" in args else ("-o", "out.csv")
    done = subprocess.run(
        [*COMMAND, "cohort", *map(str, args), *output],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=environment(PYTHONPATH=str(ROOT)),
        cwd=folder,
        timeout=TIMEOUT,
        check=False,
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


def refusals(ran: Ran) -> list[str]:
    """What bad input is told: each problem on a line of stderr, and nothing that can do harm."""
    assert ran.code == 2, ran
    assert not ran.out, ran.out
    assert "Traceback" not in ran.err
    lines = ran.err.splitlines()
    assert lines
    assert all(line.startswith("error: ") for line in lines), ran.err
    assert all(line.isprintable() for line in lines), ascii(ran.err)
    return [line.removeprefix("error: ") for line in lines]
