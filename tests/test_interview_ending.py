"""How interviews begin and end in a real pseudo-terminal: files, signals, what is printed."""

import json
import os
import shlex
import signal
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path
from typing import Any

import pexpect
import pytest

from tests.interviewing import ON, PROMPT, answers, finish, interrupt, say, signalled, spawn, start
from tests.process import ROOT, run

MALE = ("yes", "yes", "male")
CRITERIA = str(ROOT / "criteria.yaml")


def flowing(shown: str) -> str:
    """What was shown, as if no line had been broken."""
    return " ".join(shown.split())


def stopped(child: Any) -> tuple[int, str]:
    """Stops at a certain exclusion."""
    say(child, "")
    child.sendline("")
    code, out = finish(child)
    return code, flowing(out.rpartition("A screening aid")[2])


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
@pytest.mark.parametrize("terminal", ["dumb", "xterm"])
def test_a_byte_that_is_no_text_is_a_wrong_reply(encoding: str, terminal: str) -> None:
    child = start(env={"PYTHONIOENCODING": encoding, "TERM": terminal})
    os.write(child.child_fd, b"\xe9\n")
    child.expect(PROMPT)
    told = "expected yes, no or u" if terminal == "dumb" else "nothing was typed"
    assert told in child.before  # line editing leaves it out
    assert "informed consent" in say(child, "yes")


@pytest.fixture
def as_under_nohup() -> Iterator[None]:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("as_under_nohup")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_in_order(tmp_path: Path, how: signal.Signals) -> None:
    """Also where these tests run in a process that ignores it."""
    path = tmp_path / "a.yaml"
    child = start("--save", str(path))
    say(child, "yes")
    signalled(child, how, pexpect.EOF)
    child.close()
    assert child.exitstatus == 128 + how
    assert f"The answers are kept in {path}" in flowing(child.before)
    assert [one.name for one in tmp_path.iterdir()] == ["a.yaml"]


def test_a_file_is_not_rewritten_before_it_has_something_new(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    text = "# mine\nscreening_date: 2026-06-01\nweight: 60 # today\n"
    path.write_text(text, encoding="utf-8")
    child = start("--resume", str(path))
    child.sendline("q")
    assert finish(child)[0] == 130
    assert path.read_text(encoding="utf-8") == text
    more = ("--weight", "39", "--bmi", "20", "--interactive")
    child = start("--resume", str(path), *more, columns=200)  # the path stays whole
    assert f"note: --weight (body weight) '39' replaces '60' in {path}:3:9 weight" in flowing(
        child.before
    )
    assert "--bmi" not in child.before
    assert answers(path)["weight"] == "39"


def test_commands_repeat_the_criteria_file_and_the_options(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    options = ("--ask", "chart,participant,", "--quick", "--plain")
    env = {"TRIALSCREEN_CRITERIA": CRITERIA}
    child = start("--save", str(path), *options, env=env, prompt="Answer: ")
    child.sendline("q")
    code, out = finish(child)
    assert code == 130
    assert (
        f"trialscreen --criteria {CRITERIA} screen --resume {path}"
        " --ask participant,chart --quick --plain"
    ) in flowing(out)
    child = start("--interactive", "--sex", "male", env=env)
    code, told = stopped(child)
    assert code == 3
    command = f"trialscreen --criteria {CRITERIA} screen --screening-date 2026-06-01 --sex male"
    assert f"without questions: {command} To log it, add --log LOG --subject CODE" in told
    assert "INELIGIBLE for NCT06949137 on 2026-06-01. " in told
    assert (
        "Stopped at an exclusion. No file of answers was saved; the command below carries" in told
    )
    assert "To go on, add --interactive to it." in told


def test_the_end_names_the_file_and_repeats_the_verdict(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    child = start("--save", str(path), "--quick")
    while "this excludes" not in child.before:
        say(child, "male" if "your sex" in child.before else "u")
    code, told = stopped(child)
    assert code == 3
    assert f"Stoppedatanexclusion.Theanswersarekeptin{path}." in told.replace(" ", "")
    assert f"trialscreen screen --resume {path} --quick The same result without" in told
    again = f"trialscreen screen --from {path}"
    assert f"without questions: {again} To log it: {again} --log LOG --subject CODE" in told
    page = path.with_suffix(".html")
    assert f"To print it: trialscreen report --from {path} -o {page} INELIGIBLE for" in told
    assert told.endswith("Certain, whatever is still open: fails I2.")
    below = told.rpartition("approved protocol.")[2]
    assert below.count("INELIGIBLE for") == 1  # not at the end of the page, too
    assert run("screen", "--from", path).code == 3


def test_what_was_answered_unknown_is_said_to_be_pending_so() -> None:
    child = start("--ask", "imaging")
    say(child, "u", "u", "u", "u")
    child.sendline("")
    out = flowing(finish(child)[1])
    assert "imaging 4 (4 answered unknown), investigator" in out


def test_a_write_that_fails_to_the_end_leaves_the_command(tmp_path: Path) -> None:
    path = tmp_path / "gone" / "a.yaml"
    path.parent.mkdir()
    child = start("--save", str(path))
    for one in path.parent.iterdir():
        one.unlink()
    path.parent.rmdir()
    assert "NOT SAVED" in say(child, "yes")
    child.sendline("s")
    child.expect(PROMPT)
    child.sendline("")
    code, out = finish(child)
    assert code == 2
    assert "trialscreen screen --screening-date 2026-06-01 --willing-to-participate yes" in out


def test_standard_input_cannot_be_both_a_file_and_the_answers() -> None:
    code, out = finish(spawn("--from", "-", "--interactive"))
    assert code == 2
    assert "standard input is needed for the interview" in flowing(out)


def test_answers_under_another_version_of_the_criteria_are_noted_without_an_interview(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("weight: {value: 60, criteria: 0123456789ab}\nsex: f\n", encoding="utf-8")
    told = run("screen", "--from", path, "--screening-date", "2026-06-01").err
    assert told == (
        "note: 1 answer was taken under another version of the criteria file, and used as given:"
        " weight\n"
    )


# Answers that no file keeps yet.

FORGET = r"forget\s+them\):\s+> "


def left_by(child: Any, how: str) -> None:
    """Leaves an interview with answers that no file keeps; it offers to keep them."""
    say(child, "yes", "no", "female", "1958-04-17")
    if how == "q":
        child.sendline("q")
        child.expect(FORGET)
    else:
        interrupt(child, FORGET)


@pytest.mark.parametrize("how", ["q", "ctrl-c"])
def test_who_leaves_can_keep_the_answers(tmp_path: Path, how: str) -> None:
    path, old = tmp_path / "a.yaml", tmp_path / "old.yaml"
    old.write_text("sex: male\n", encoding="utf-8")
    child = start()
    left_by(child, how)
    child.sendline(str(old))
    child.expect(FORGET)
    assert "exists; go on with it by --resume, or name a new file" in flowing(child.before)
    child.sendline(str(path))
    code, out = finish(child)
    assert code == 130
    assert f"The answers are kept in {path}." in flowing(out)
    assert answers(path)["birth_date"] == "1958-04-17"
    assert path.stat().st_mode & 0o777 == 0o600
    assert old.read_text(encoding="utf-8") == "sex: male\n"


@pytest.mark.parametrize(
    ("how", "reply"),
    [("q", ""), ("q", "n"), ("q", "ctrl-d"), ("ctrl-c", "q"), ("ctrl-c", "ctrl-c")],
)
def test_who_leaves_can_forget_the_answers(tmp_path: Path, how: str, reply: str) -> None:
    child = spawn_in(tmp_path)
    left_by(child, how)
    if reply == "ctrl-c":
        interrupt(child, "No file of answers was saved")
    elif reply == "ctrl-d":
        child.sendeof()
    else:
        child.sendline(reply)
    code, out = finish(child)
    assert code == 130
    assert reply == "ctrl-c" or "No file of answers was saved" in out
    assert not list(tmp_path.iterdir())


def spawn_in(folder: Path) -> Any:
    with chdir(folder):
        return start(env={"PYTHONPATH": str(ROOT)})


def test_nothing_is_offered_to_who_has_answered_nothing() -> None:
    child = start("--sex", "female", "--interactive")
    interrupt(child, "Left.")
    assert "forget" not in child.before
    assert finish(child)[0] == 130


def test_the_end_of_the_input_asks_nothing_more() -> None:
    child = start()
    say(child, "yes")
    child.sendeof()
    code, out = finish(child)
    assert code == 130
    assert "forget" not in out


@pytest.mark.parametrize(
    ("born", "years"), [("1958-04-17", "68"), ("1959-06", "66 to 67"), ("1958", "67 to 68")]
)
def test_no_birth_date_stands_in_a_command(born: str, years: str) -> None:
    """An age stands for it, and comes to the same."""
    child = start("--birth-date", born, "--interactive")
    say(child, "yes")
    child.sendline("q")
    child.expect(FORGET)
    child.sendline("")
    out = flowing(finish(child)[1])
    assert "the command below carries the answers, but for the date of birth." in out
    command = out.rpartition("trialscreen ")[2]
    assert born not in command and "birth" not in command
    words = [one for one in shlex.split(command) if one != "--interactive"]
    assert words[words.index("--age") + 1] == years
    here, there = (
        json.loads(run(*some, "--format", "json").out)["criteria"]
        for some in (words, ("screen", ON, "--birth-date", born, "--willing-to-participate", "yes"))
    )
    assert [one["met"] for one in here] == [one["met"] for one in there]


def test_an_age_that_was_given_too_stands_alone() -> None:
    child = start("--birth-date", "1958-04-17", "--age", "68", "--interactive")
    child.sendline("q")
    out = flowing(finish(child)[1])
    assert out.count("--age 68") == 1
    assert "1958" not in out


def test_a_command_carries_days_and_what_is_awaited() -> None:
    child = start("--tsh", "3.1 on 2026-05-20", "--alt", "pending from Nanjing", "--interactive")
    child.sendline("q")
    out = finish(child)[1]
    assert "--tsh '3.1 on 2026-05-20'" in flowing(out)
    assert "--alt 'pending from Nanjing'" in flowing(out)


def test_an_error_in_a_narrow_terminal_breaks_no_word_code_or_flag() -> None:
    code, out = finish(spawn("--height", "1.58", columns=50))
    assert code == 2
    lines = out.strip().split("\r\n")
    assert len(lines) > 2
    assert {"--height", "'1.58'", "probably", "metres;", "example"} <= {*out.split()}
    assert all(len(line) < 50 for line in lines)


def test_an_error_in_a_terminal_that_does_not_tell_its_size_has_80_columns() -> None:
    code, out = finish(spawn("--height", "1.58", columns=0))
    assert code == 2
    assert 60 < max(len(line) for line in out.strip().split("\r\n")) < 80


def test_what_the_log_says_in_a_narrow_terminal_breaks_no_word_and_no_command(
    tmp_path: Path,
) -> None:
    signed, log = ("--informed-consent-signed", "yes", "--weight", "38"), tmp_path / "site.log"
    entry = ("--log", log.name, "--subject", "S-014", "--by", "JW", "--format", "csv")
    with chdir(tmp_path):
        code, out = finish(spawn(*signed, *entry, columns=40))
    assert code == 3
    told, command = out.partition("log: entry")[2].strip().split("\r\nIts record: ")
    first, second = f"log: entry {told}".split("\r\n")
    assert first == "log: entry 1 for S-014 added to"
    assert second.startswith("site.log, seal 1:")
    assert command == "trialscreen report --log site.log --entry 1 -o S-014.html"
