"""Interviews for tests: in a real pseudo-terminal, and the replies that a patient would give."""

import os
import signal
import sys
from collections.abc import Callable, Mapping, Set
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pexpect
import yaml

from tests.process import TIMEOUT, every_signal_heard
from trialscreen import Trial
from trialscreen.answers.interview import ordering
from trialscreen.answers.interview.autosave import Keeper
from trialscreen.answers.interview.console import Console, Leave
from trialscreen.answers.interview.ordering import Question, next_question
from trialscreen.answers.interview.questions import texts_of
from trialscreen.answers.interview.session import Session
from trialscreen.answers.interview.state import State
from trialscreen.model.trial import SOURCES, Element, Source
from trialscreen.screening.screen import Screening, screen

DAY = date(2026, 6, 1)
ON = f"--screening-date={DAY}"
PROMPT = r"\r?\n> "
STARTED: list[Any] = []
"""Every interview that was started and not yet left."""


def open_elements(
    screening: Screening, closed: Set[str], sources: tuple[Source, ...] = SOURCES
) -> tuple[Element, ...]:
    """Those that are due."""
    found = ordering.open_elements(screening, closed, sources)
    return tuple(one for one, is_due in found if is_due)


def spawn(
    *args: str, columns: int = 80, env: Mapping[str, str] | None = None, measured: bool = True
) -> Any:
    """The tool in a terminal of its own.

    Measuring coverage does not stand an interrupt at every point: it can wait for itself.
    """
    here = {k: v for k, v in os.environ.items() if measured or not k.startswith("COVERAGE_")}
    with every_signal_heard():
        child = pexpect.spawn(
            sys.executable,
            ["-m", "trialscreen", "screen", ON, *args],
            env={**here, "TERM": "xterm", "LANG": "C.UTF-8", **(env or {})},
            dimensions=(60, columns),
            encoding="utf-8",
            codec_errors="replace",
            timeout=TIMEOUT,
        )
    child.delaybeforesend = None
    STARTED.append(child)
    return child


def start(*args: str, prompt: str = PROMPT, **how: Any) -> Any:
    """An interview that waits at its first prompt."""
    child = spawn(*args, **how)
    child.expect(prompt)
    return child


def leave_all() -> None:
    """Leaves every interview that a test left open, as a user would."""
    while STARTED:
        child = STARTED.pop()
        if child.isalive():
            quit_(child)
        child.close()


def interrupt(child: Any, until: Any) -> None:
    """Ctrl-C; once more where it came just before the terminal is read, and is not heard then."""
    _until_heard(child, child.sendintr, until)


def signalled(child: Any, how: signal.Signals, until: Any) -> None:
    """As `interrupt`, with any signal."""
    _until_heard(child, lambda: child.kill(how), until)


def _until_heard(child: Any, send: Callable[[], object], until: Any) -> None:
    send()
    while child.expect([until, pexpect.TIMEOUT], timeout=20) == 1:
        send()


def quit_(child: Any, keep_in: str = "") -> None:
    """Leaves an interview; where it offers to keep the answers, in this file or in none."""
    child.sendline("q")
    if child.expect([pexpect.EOF, r"forget\s+them\):"]) == 1:
        child.sendline(keep_in)
        child.expect(pexpect.EOF)


def say(child: Any, *lines: str) -> str:
    """Types lines, each at its prompt; what stood before the last prompt."""
    for line in lines:
        child.sendline(line)
        child.expect(PROMPT)
    return str(child.before)


def finish(child: Any) -> tuple[int, str]:
    """The exit code, and what was shown since the last prompt."""
    child.expect(pexpect.EOF)
    child.close()
    return child.exitstatus, str(child.before)


def answers(path: Path) -> dict[str, str]:
    """The answers in a file."""
    data = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CBaseLoader)  # noqa: S506
    return {k: v["value"] if isinstance(v, dict) else v for k, v in data.items()}


def conversation(state: State, *replies: str, keeper: Keeper | None = None, **how: Any) -> str:
    """What is said in an interview, each line once, until the `replies` end; without a terminal."""
    shown, ahead = [""], iter(replies)

    def read() -> str:
        reply = next(ahead, None)
        if reply is None:
            raise EOFError
        return reply

    with suppress(Leave):
        Session(state, Console(read, shown.append), keeper or Keeper(), **how).run()
    assert next(ahead, None) is None, "ended before all replies were given"
    return "\n".join(shown)


# What a patient would reply.


class Step(NamedTuple):
    """The lines that answer a question, and what they answer."""

    lines: tuple[str, ...]
    texts: dict[str, str]


def steps(
    trial: Trial, given: Mapping[str, str], sources: tuple[Source, ...] = SOURCES
) -> list[Step]:
    """The whole interview of a patient whom nothing excludes; what is not given is unknown."""
    state = State(screen(trial, {}, DAY))
    made = []
    while (question := next_question(state.screening, state.answers.keys(), sources)) is not None:
        reply = _reply(question, given)
        texts = texts_of(trial, question, reply)
        warned = state.unusual(texts) is not None
        state.answer(texts)
        lines = (reply, "y") if warned else (reply,)
        made.append(Step(lines, {element.name: text for element, text in texts}))
    return made


def _reply(question: Question, given: Mapping[str, str]) -> str:
    texts = [given.get(element.name, "u") for element in question.elements]
    if question.card is None:
        return texts[0]
    return " ".join(str(n) for n, text in enumerate(texts, 1) if text == "yes") or "0"
