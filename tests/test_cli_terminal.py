"""Where the output goes: terminals, pipes, narrow windows, other locales, closed streams."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from subprocess import PIPE

import pexpect
import pytest
from rich.cells import cell_len

from tests.process import (
    COMMAND,
    PATIENTS,
    ROOT,
    TIMEOUT,
    Ran,
    environment,
    in_shell,
    run,
    spawn,
    start,
)

ESCAPE = "\x1b"
ELIGIBLE, WASHOUT = PATIENTS / "eligible.yaml", PATIENTS / "ineligible_washout.yaml"
Arguments = Sequence[str | Path]
OF_NOBODY = ("screen", "--weight", "unknown")
COMMANDS: tuple[Arguments, ...] = (OF_NOBODY, ("trial",), ("criteria",))
ALL_PAGES: list[Arguments] = [
    [*OF_NOBODY],
    ["screen", "--from", WASHOUT],
    ["screen", "--from", ELIGIBLE, "--explain", "--verbatim"],
    ["trial"],
    ["criteria"],
    ["--help"],
    ["screen", "--help"],
]
OTHER_FORMATS: list[Arguments] = [
    ["check"],
    *[
        [*command, "--format", form]
        for command in COMMANDS
        for form in ("json", "csv", "markdown", "plain")
    ],
]
C_LOCALE = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@cache
def usual(*args: str | Path) -> Ran:
    """A run in the usual environment, for several tests to look at."""
    return run(*args)


def in_terminal(*args: str | Path, **env: str) -> str:
    """What a user at a terminal sees."""
    command, *rest = (*COMMAND, *map(str, args))
    shown = pexpect.run(
        f"{command} {' '.join(rest)}", env=environment(**env), cwd=str(ROOT), timeout=TIMEOUT
    )
    return str(shown.decode())


# Colour and width.


@pytest.mark.parametrize("args", [*ALL_PAGES, *OTHER_FORMATS, ["screen", "--weight", "x"]])
def test_a_pipe_gets_no_escape_sequence(args: Arguments) -> None:
    ran = usual(*args)
    assert ESCAPE not in ran.out + ran.err


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_nor_does_a_pipe_that_wants_no_colour(env: dict[str, str]) -> None:
    for args in (OF_NOBODY, ["trial"], ["--help"], ["bogus"]):
        ran = run(*args, **env)
        assert ESCAPE not in ran.out + ran.err


def test_a_terminal_gets_colours_unless_they_are_unwanted() -> None:
    colour = re.compile(r"\x1b\[(?:\d+;)*(?:3\d|4\d|9\d)(?:;\d+)*m")
    args = ("screen", "--from", WASHOUT)
    assert colour.search(in_terminal(*args))
    assert not colour.search(in_terminal(*args, NO_COLOR="1"))
    assert ESCAPE not in in_terminal(*args, TERM="dumb")


def test_colour_says_nothing_that_the_words_do_not() -> None:
    styles = re.compile(r"\x1b\[[\d;]*m")
    shown = styles.sub("", in_terminal("screen", "--from", WASHOUT)).replace("\r\n", "\n")
    assert shown == usual("screen", "--from", WASHOUT).out


@pytest.mark.parametrize("width", [50, 80])
@pytest.mark.parametrize("args", ALL_PAGES)
def test_no_line_is_wider_than_the_terminal(args: Arguments, width: int) -> None:
    ran = usual(*args) if width == 80 else run(*args, COLUMNS=str(width))
    # In help, an option's name and form stand on one line, which is never cut.
    lines = [line for line in ran.out.splitlines() if not re.fullmatch(r"  --[\w-]+ \S+", line)]
    assert max(cell_len(line) for line in lines) <= width


def test_a_narrow_terminal_loses_no_word() -> None:
    def words(width: str) -> set[str]:
        out = run("screen", "--from", WASHOUT, "--explain", COLUMNS=width).out
        return set(re.findall(r"[\w.≥≤^-]+", out))

    assert words("400") - words("50") <= words("80")
    assert {"E8", "excludes", "clears", "2025-11-18"} <= words("50")


@pytest.mark.parametrize(
    "args", [["screen", "--from", WASHOUT, "--explain", "--verbatim"], ["trial"], ["criteria"]]
)
def test_plain_lines_hold_every_word_of_the_table_and_no_box(args: Arguments) -> None:
    def words(out: str) -> set[str]:
        return set(re.findall(r"[\w.≥≤^✓✗]+", out))

    plain = usual(*args, "--format", "plain").out
    assert words(run(*args, COLUMNS="69").out) <= words(plain)
    assert not set(plain) & set("─│╭╮╰╯━┃|")
    if args[0] == "screen":
        assert usual(*args, "--plain").out == plain


def test_plain_lines_stand_each_for_itself() -> None:
    lines = usual("screen", "--from", WASHOUT, "--full", "--plain").out.splitlines()
    assert lines[0] == "INELIGIBLE for NCT06949137 on 2026-06-01"
    at = lines.index("E8 Earlier osteoporosis medicines")
    assert lines[at + 1] == "  Status: ✗ excludes"
    assert lines[at + 2].startswith("  Why: last dose of a RANKL inhibitor")


# Locales.


@pytest.mark.parametrize("args", [*ALL_PAGES, *OTHER_FORMATS])
def test_the_c_locale_is_no_obstacle(args: Arguments) -> None:
    plain = spawn(*args, **C_LOCALE)
    assert plain.code == usual(*args).code
    assert not plain.err
    # Help is written by Typer, which takes a terminal that claims ASCII to know UTF-8.
    assert plain.out.isascii() or "--help" in args


def test_the_c_locale_reads_files_as_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "patient.yaml"
    path.write_text("weight: ５５ # Größe\nheight: ≥ 160\n", encoding="utf-8")
    ran = spawn("screen", "--from", path, "--format", "json", **C_LOCALE)
    assert ran.code == 4
    assert '"weight": "55 kg"' in ran.out


@pytest.mark.parametrize("args", [*ALL_PAGES, *OTHER_FORMATS, ["screen", "--wieght", "1"]])
def test_python_has_nothing_to_warn_of(args: Arguments) -> None:
    assert spawn(*args, PYTHONWARNINGS="error", PYTHONDEVMODE="1") == usual(*args)


# Streams that are closed, full or left.


@pytest.mark.parametrize(
    ("redirection", "args", "code", "err"),
    [
        ("<&-", "screen --from -", 2, "error: standard input: it is closed\n"),
        (">&-", "trial", 0, ""),
        ("<&-", "screen --weight 55", 4, ""),
        (">&-", "screen --weight 55 --format json", 4, ""),
        ("2>&-", "screen --weight x", 2, ""),
        (">/dev/full", "--version", 1, "error: cannot write the result: No space left on device\n"),
        (">/dev/full", "trial", 1, "error: cannot write the result: No space left on device\n"),
        (
            ">/dev/full",
            "screen --weight 55 --format json",
            1,
            "error: cannot write the result: No space",
        ),
    ],
)
def test_a_stream_that_is_closed_or_full_is_no_crash(
    redirection: str, args: str, code: int, err: str
) -> None:
    done = in_shell(f'exec "$@" {redirection}', *args.split())
    assert done.code == code
    assert done.err.startswith(err)
    assert len(done.err.splitlines()) == len(err.splitlines())


@pytest.mark.parametrize("args", [["--version"], *ALL_PAGES, *OTHER_FORMATS])
def test_a_reader_that_has_left_changes_no_exit_code(args: Arguments) -> None:
    reader, writer = os.pipe()
    with start(*args, stdin=subprocess.DEVNULL, stdout=writer, stderr=subprocess.PIPE) as process:
        os.close(writer)
        os.close(reader)
        _, err = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, err) == (usual(*args).code, b"")


def test_an_interrupt_ends_quietly_with_130() -> None:
    with start("screen", "--from", "-", stdin=PIPE, stdout=PIPE, stderr=PIPE) as process:
        assert process.stdin is not None
        process.stdin.write(b"#" * 500_000)  # more than a pipe holds: the process is reading
        process.stdin.flush()
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=TIMEOUT) == (b"", b"")
    assert process.returncode == 130


FAULTY = """
import os, signal, sys
import trialscreen.cli.answers as module
def fault(*args):
    HOW
module.read_answers = fault
sys.argv = ['trialscreen', 'screen', '--from', '-']
from trialscreen.cli import main
main()
"""


def faulty(how: str) -> subprocess.CompletedProcess[str]:
    """The command line, to which this happens while it reads answers."""
    return subprocess.run(
        [sys.executable, "-c", FAULTY.replace("HOW", how)],
        capture_output=True,
        text=True,
        env=environment(),
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        timeout=TIMEOUT,
        check=False,
    )


def test_an_interrupt_while_a_class_is_made_is_no_fault() -> None:
    # As where a module is just being imported: Python then raises a RuntimeError.
    name = "__set_name__=lambda *_: os.kill(os.getpid(), signal.SIGTERM)"
    done = faulty(f"type('C', (), {{'x': type('D', (), dict({name}))()}})")
    assert (done.returncode, done.stdout, done.stderr) == (143, "", "")


def test_a_fault_in_what_an_interrupt_begins_is_told() -> None:
    # As where answers are being saved that would be lost.
    done = faulty("try: signal.raise_signal(signal.SIGINT)\n    except: raise KeyError('58')")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: unexpected KeyError in __main__:6.")


def test_an_unexpected_fault_is_told_without_a_value_or_a_traceback() -> None:
    done = faulty("raise RuntimeError('weight 58')")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: unexpected RuntimeError in __main__:5.")
    assert "58" not in done.stderr
    assert len(done.stderr.splitlines()) == 1
