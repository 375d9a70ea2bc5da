"""The command line as its users meet it: with a chosen environment, standard input and folder."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE
from typing import NamedTuple

from tests.in_process import called

ROOT = Path(__file__).parent.parent
PATIENTS = ROOT / "docs" / "patients"
COMMAND = (sys.executable, "-m", "trialscreen")
TIMEOUT = 1800
"""Seconds until a process is taken to hang; no test is about how fast one is."""

_FIXED = {
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "TERM": "xterm-256color",
    "COLUMNS": "80",
    "PYTHONPATH": str(ROOT),
}
_TAKEN_AWAY = (
    *("NO_COLOR", "FORCE_COLOR", "GITHUB_ACTIONS"),
    *("TRIALSCREEN_CRITERIA", "TRIALSCREEN_SITE"),
)
_OFTEN_IGNORED = ("SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM")
_READ_AT_START = ("PYTHON", "LC_", "LANG", "TZ")


class Ran(NamedTuple):
    """What a finished run returned and wrote."""

    code: int
    out: str
    err: str


def environment(**changes: str) -> dict[str, str]:
    """The environment of a run: as it is here, with what changes the output fixed."""
    kept = {name: value for name, value in os.environ.items() if name not in _TAKEN_AWAY}
    return {**kept, **_FIXED, **changes}


def run(*args: str | Path, stdin: str | bytes = b"", folder: str | Path = ROOT, **env: str) -> Ran:
    """Runs `trialscreen` in `folder`, inside this process; standard input is never a terminal.

    It is given what a process is given: arguments, environment, folder, a pipe to read and
    files to write, by number also. It shares with other tests what is imported, so these need
    `spawn` or a process of their own: what is imported when, or missing; signals and kills;
    terminals; streams that are closed or left; limits; locales, time zones and what else an
    interpreter reads at its start; the end of the process itself, with what is left open then.
    A warning is an error here; a process would print it.
    """
    assert not [name for name in env if name.startswith(_READ_AT_START)], "use spawn()"
    code, out, err = called(_texts(args), _bytes(stdin), Path(folder), environment(**env))
    return Ran(code, out.decode(), err.decode())


def spawn(
    *args: str | Path, stdin: str | bytes = b"", folder: str | Path = ROOT, **env: str
) -> Ran:
    """As `run`, as a process of its own."""
    with start(*args, folder=folder, env=env, stdin=PIPE, stdout=PIPE, stderr=PIPE) as process:
        try:
            out, err = process.communicate(_bytes(stdin), timeout=TIMEOUT)
        except BaseException:
            process.kill()
            raise
    return Ran(process.returncode, out.decode(), err.decode())


def start(
    *args: str | Path,
    folder: str | Path = ROOT,
    env: Mapping[str, str] | None = None,
    stdin: int | None = None,
    stdout: int | None = None,
    stderr: int | None = None,
) -> subprocess.Popen[bytes]:
    """`trialscreen` as a process that is still running."""
    command = [*COMMAND, *_texts(args)]
    with every_signal_heard():
        return subprocess.Popen(
            command,
            cwd=folder,
            env=environment(**(env or {})),
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
        )


@contextmanager
def every_signal_heard() -> Iterator[None]:
    """What is started here is ended by signals, also where they are ignored, as under nohup.

    A new program inherits that a signal is ignored, and no handler.
    """
    numbers = [getattr(signal, name) for name in _OFTEN_IGNORED if hasattr(signal, name)]
    ignored = [one for one in numbers if signal.getsignal(one) is signal.SIG_IGN]
    for number in ignored:
        signal.signal(number, lambda *_: None)
    try:
        yield
    finally:
        for number in ignored:
            signal.signal(number, signal.SIG_IGN)


def cohort(folder: Path, *args: str | Path, stdin: str | bytes = b"") -> Ran:
    """Runs `cohort` in `folder`, with out.csv for the output if no other is named."""
    output = () if "-o" in args else ("-o", "out.csv")
    return run("cohort", *args, *output, stdin=stdin, folder=folder)


def _texts(args: tuple[str | Path, ...]) -> list[str]:
    return [str(one) for one in args]


def _bytes(stdin: str | bytes) -> bytes:
    return stdin if isinstance(stdin, bytes) else stdin.encode()


def in_shell(line: str, *args: str, stdin: str = "") -> Ran:
    """Runs a line of a shell in which `"$@"` is trialscreen with `args`."""
    done = subprocess.run(
        ["sh", "-c", line, "sh", *COMMAND, *args],
        input=stdin,
        capture_output=True,
        text=True,
        env=environment(),
        cwd=ROOT,
        timeout=TIMEOUT,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


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
