"""Whole interviews in a real pseudo-terminal: interrupted, resumed, resized, pasted."""

import json
import re
import signal
import time
from pathlib import Path
from random import Random
from typing import Any

import pexpect
import pytest

from tests.cases import given_in
from tests.interviewing import (
    DAY,
    PROMPT,
    Step,
    answers,
    finish,
    say,
    signalled,
    start,
    steps,
)
from tests.process import PATIENTS
from tests.sizes import size
from trialscreen import __version__, load_trial, screen
from trialscreen.output.report.screening_data import result

NCT = load_trial()
GIVEN, ON = given_in(PATIENTS / "eligible.yaml")
STEPS = steps(NCT, GIVEN)
INTERRUPTIONS = size(20, part=3)
ANSWERS = {name: text for step in STEPS for name, text in step.texts.items()}
EXPECTED: Any = result(screen(NCT, ANSWERS, DAY), __version__)


def result_of(child: Any) -> Any:
    """The JSON result of an interview that stands at its last review."""
    child.sendline("")
    code, out = finish(child)
    assert code == 0
    return json.loads(out[out.index("{") : out.rindex("}") + 1])


def run_through(child: Any, todo: list[Step]) -> None:
    for step in todo:
        say(child, *step.lines)


def lines(shown: str) -> list[str]:
    """What was shown, without styles."""
    return re.sub(r"\x1b\[[\d;]*m", "", shown).split("\r\n")


def test_a_whole_interview_finds_what_screen_finds_and_says_how_to_repeat_it() -> None:
    assert ON == DAY
    child = start("--format", "json")
    run_through(child, STEPS)
    assert "Nothing more to ask" in child.before
    assert result_of(child) == EXPECTED
    assert "The same result without questions:\r\ntrialscreen screen" in child.before


@pytest.mark.parametrize("how", ["kill", "ctrl-c"])
def test_no_answer_is_lost_at_random_points(tmp_path: Path, how: str) -> None:
    rng, path, done = Random(how), tmp_path / "a.yaml", 0
    for _ in range(INTERRUPTIONS):
        how_to_go_on = "--resume" if path.exists() else "--save"
        child = start(how_to_go_on, str(path), measured=False)
        known = set(answers(path))
        for step in STEPS[done : done + rng.randint(0, 3)]:
            say(child, *step.lines)
            known.update(step.texts)
            done += 1
        if rng.random() < 0.6 and done < len(STEPS):
            child.sendline(STEPS[done].lines[0])  # not waited for: written down, or not
            time.sleep(rng.uniform(0, 0.01))
        signalled(child, signal.SIGKILL if how == "kill" else signal.SIGINT, pexpect.EOF)
        child.close()
        kept = set(answers(path))
        assert known <= kept
        done += done < len(STEPS) and kept.issuperset(STEPS[done].texts)
    child = start("--resume", str(path), "--format", "json")
    run_through(child, STEPS[done:])
    assert result_of(child) == EXPECTED


def test_back_review_edit_units_and_unknown_lead_to_the_same_result(tmp_path: Path) -> None:
    path, rng = tmp_path / "a.yaml", Random(7)
    child = start("--save", str(path), "--format", "json")
    for number, step in enumerate(STEPS):
        if number and rng.random() < 0.2:
            say(child, "b", *STEPS[number - 1].lines)
        if rng.random() < 0.2:
            say(child, "x", "?")
        if "weight" in step.texts:
            say(child, "u", "b", "129 lb", "r")
            shown = child.before.split("\r\n")
            row = next(line.split()[0] for line in shown if "body weight: 129 lb (58.5 kg)" in line)
            say(child, row, "58,5", GIVEN["weight"], "")
        else:
            say(child, *step.lines)
    assert result_of(child) == EXPECTED
    assert answers(path)["weight"] == GIVEN["weight"]


def test_a_window_that_is_made_narrow_is_kept_to() -> None:
    child = start(columns=100)
    half = len(STEPS) // 2
    run_through(child, STEPS[:half])
    child.setwinsize(60, 50)
    shown = []
    for step in STEPS[half:]:
        say(child, *step.lines)
        shown += lines(child.before)
    child.sendline("")
    code, out = finish(child)
    shown += lines(out.partition("The same result")[0])
    assert code == 0
    assert len(shown) > 200
    assert [line for line in shown if len(line) > 50] == []


@pytest.mark.parametrize(("name", "value"), [("TERM", "dumb"), ("NO_COLOR", "1")])
def test_no_colour_from_the_first_line_to_the_last(name: str, value: str) -> None:
    child = start(env={name: value})
    run_through(child, STEPS)
    shown = child.before
    child.sendline("")
    code, out = finish(child)
    assert code == 0
    assert not [part for part in (shown + out).split("\x1b")[1:] if part.startswith("[3")]
    assert name != "TERM" or "\x1b" not in shown + out


def test_a_plain_interview_has_no_box_from_the_first_line_to_the_last() -> None:
    child = start("--plain", "--ask", "imaging", prompt="Answer: ")
    child.sendline("?")
    child.expect("Answer: ")
    assert "\r\nI4: Meets the diagnostic criteria for osteoporosis" in child.before
    for reply in ("u", "u", "u", "u", ""):
        child.sendline(reply)
    code, out = finish(child)
    assert code == 4
    assert (
        "UNDETERMINED for NCT06949137 on 2026-06-01\r\nPrescreen: nothing excludes so far;" in out
    )
    assert "I1 Willing, and consent signed: ? open; 2 answers\r\n" in out
    assert not set(out) & set("─│╭╮╰╯━|\x1b")
    assert max(map(len, lines(out.partition("Still open: ")[0]))) <= 80


def test_a_whole_interview_that_is_pasted_at_once_is_all_taken() -> None:
    child = start("--format", "json")
    child.send("".join(f"{line}\n" for step in STEPS for line in step.lines))
    for step in STEPS:
        for _ in step.lines:
            child.expect(PROMPT)
    assert result_of(child) == EXPECTED


def test_the_end_of_input_in_the_midst_leaves_everything_in_order(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    child = start("--save", str(path))
    run_through(child, STEPS[:10])
    child.sendeof()
    code, out = finish(child)
    assert code == 130
    assert f"trialscreen screen --resume {path}" in out.replace("\r\n", "")
    assert set(answers(path)) == {
        "screening_date",
        *(name for step in STEPS[:10] for name in step.texts),
    }


def test_stages_say_what_is_pending_and_go_on_where_they_ended(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    first = steps(NCT, GIVEN, ("participant", "chart"))
    child = start("--save", str(path), "--ask", "participant,chart")
    run_through(child, first)
    child.sendline("")
    code, out = finish(child)
    assert code == 4
    assert "Still open: laboratory" in out
    assert f"trialscreen screen --resume {path}" in out
    child = start("--resume", str(path), "--format", "json")
    for step in STEPS:
        if not step.texts.keys() <= answers(path).keys():
            say(child, *step.lines)
    assert result_of(child) == EXPECTED
