"""`demo`: every page of the example patients; it writes into the folder given, or nowhere."""

import re
import shlex
from pathlib import Path

import pexpect
import pytest

from tests.process import COMMAND, PATIENTS, ROOT, TIMEOUT, environment, run
from trialscreen.cli.demo import FILES, PAGES

EXAMPLES = sorted(one.name for one in PATIENTS.glob("*.yaml"))
VERDICTS = (
    "ELIGIBLE for NCT06949137 on 2026-06-01",
    "INELIGIBLE for NCT06949137 on 2026-06-01",
    "values are older than 28 days",
    "UNDETERMINED for NCT06949137 on 2026-06-01",
)


def commands(out: str) -> list[str]:
    return re.findall(r"^\$ trialscreen (.*)$", out, re.MULTILINE)


def test_every_page_is_shown_and_nothing_written(tmp_path: Path) -> None:
    ran = run("demo", folder=tmp_path, TRIALSCREEN_CRITERIA="nowhere", TRIALSCREEN_SITE="nowhere")
    assert ran.code == 0
    assert all(verdict in ran.out for verdict in VERDICTS)
    assert commands(ran.out) == [shlex.join(one.line) for one in PAGES]
    assert len(re.findall("^error: ", ran.err, re.MULTILINE)) == 9  # the patient with mistakes
    assert list(tmp_path.iterdir()) == []


def test_every_example_patient_is_shown() -> None:
    words = {word for one in PAGES for word in one.line}
    assert {name for name in words if name.endswith(".yaml")} == set(EXAMPLES)


def test_pages_and_a_log_are_written_into_the_folder_and_the_commands_work(tmp_path: Path) -> None:
    ran = run("demo", "shown", folder=tmp_path)
    assert ran.code == 0
    assert [one.name for one in tmp_path.iterdir()] == ["shown"]
    made = {one.name for one in (tmp_path / "shown").iterdir()}
    assert made == {*EXAMPLES, "record.html", "paper.html", "site.log"}
    shown = commands(ran.out)
    assert len(shown) == len(PAGES) + len(FILES)
    again = next(line for line in shown if line.startswith("screen shown/eligible.yaml"))
    assert run(*shlex.split(again), folder=tmp_path).code == 0


def test_it_replaces_nothing(tmp_path: Path) -> None:
    (tmp_path / "record.html").write_text("signed", encoding="utf-8")
    ran = run("demo", ".", folder=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "error: .: record.html: there already; name a new folder\n"
    assert [one.name for one in tmp_path.iterdir()] == ["record.html"]


@pytest.mark.parametrize("name", ["no/where", "file"])
def test_a_folder_that_cannot_be_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    ran = run("demo", name, folder=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"error: {name}: cannot be written: ")


def test_a_terminal_waits_after_each_page_and_q_ends_it() -> None:
    command, *rest = COMMAND
    child = pexpect.spawn(
        command, [*rest, "demo"], env=environment(), cwd=str(ROOT), timeout=TIMEOUT
    )
    child.expect_exact("[1 of 7]")
    child.expect_exact("Enter: next, q: end >")
    child.sendline("")
    child.expect_exact("[2 of 7]")
    child.expect_exact("Enter: next, q: end >")
    child.sendline("q")
    child.expect(pexpect.EOF)
    assert b"[3 of 7]" not in child.before
    child.close()
    assert child.exitstatus == 0
