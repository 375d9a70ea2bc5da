"""Runs the interview of `screen`, and prints at its end what is open and how to continue."""

import shlex
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

import typer

from trialscreen.answers.answer import Answer, Answers, Key, criteria_version
from trialscreen.answers.interview.autosave import Keeper
from trialscreen.answers.interview.console import Leave, terminal
from trialscreen.answers.interview.questions import is_long_ago, years_since
from trialscreen.answers.interview.session import Session
from trialscreen.answers.interview.state import State
from trialscreen.answers.sampled import told_together
from trialscreen.answers.values import value_or_none
from trialscreen.cli import options
from trialscreen.cli.output import Exit
from trialscreen.cli.process import code_of
from trialscreen.cli.screen_options import ScreenOptions
from trialscreen.model.facts import Numbers
from trialscreen.model.trial import SCREENING_DATE, SOURCES, Element, Source
from trialscreen.output.report.verdict_words import asked_of, verdict_line
from trialscreen.screening.screen import Screening
from trialscreen.text.characters import error_columns, flag, wrapped


def interview(
    start: Screening,
    answers: Answers,
    asked: ScreenOptions,
    keeper: Keeper | None,
    before: tuple[str, ...],
    *,
    is_new: bool,
) -> tuple[Screening, dict[str, Answer], str]:
    """Asks for what is open after `start`.

    Suggested commands begin with the words `before`. `is_new`: the subject's code was not yet in
    the answers file.

    Returns the final screening, its answers, and the text to print after the result. An interview
    that is interrupted exits with 130, or the exit code of its signal.
    """
    sources, left = asked.sources(), None
    keeper, state = keeper or Keeper(), _state(start, answers, sources)
    keeper.subject = asked.log.subject
    ending = Ending(state, keeper, before, asked)
    session = Session(state, terminal(plain=asked.plain), keeper, sources, quick=asked.quick)
    try:
        try:
            # A new file is written at once, to see whether that works; an old one on changes.
            is_new = is_new or any(one.by == "flag" for one in answers.values())
            if keeper.file is not None and (keeper.file.is_new or is_new):
                keeper.file.save(state, keeper.subject)
            session.run()
        except (Leave, KeyboardInterrupt) as end:
            left = end
        if keeper.problem:  # saving failed earlier, but may work now
            keeper.save(state)
        if left is not None:
            with suppress(OSError):  # the terminal may be gone
                sys.stderr.write(ending.left())
                sys.stderr.flush()
            raise typer.Exit(Exit.BAD_INPUT if keeper.problem else code_of(left))
        closing = ending.after_the_result(error_columns(), stopped=session.stopped)
    finally:
        keeper.close()
    kept = {**state.answers, **state.set_aside}
    for name, one in kept.items():
        if name in answers and answers[name].text == one.text:
            kept[name] = answers[name]  # with its place
    return state.screening, kept, closing


def _state(start: Screening, answers: Answers, sources: tuple[Source, ...]) -> State:
    """The answers behind `start`, and those set aside in an earlier session."""
    aside = {name: one for name, one in answers.items() if one.is_set_aside}
    used = {n: one for n, one in answers.items() if n not in aside and n != SCREENING_DATE}
    notes = {Key.ANSWERED: options.today().isoformat(), Key.CRITERIA: criteria_version(start.trial)}
    if sources != SOURCES:
        notes[Key.ASKED] = ", ".join(sources)
    return State(start, used, aside, notes)


class Ending(NamedTuple):
    """A finished interview: its answers, their file, and how suggested commands begin.

    `asked`: the options that it was started with.
    """

    state: State
    keeper: Keeper
    before: tuple[str, ...]
    asked: ScreenOptions

    def left(self) -> str:
        """The text for an interrupted interview: where its answers are, and how to continue."""
        command = self._go_on(self._ask)
        return "\n".join(["", f"Left. {self._where()}", "Go on with:", command, ""])

    def after_the_result(self, columns: int, *, stopped: bool) -> str:
        """What is open and from whom, how to continue, how to repeat it, and the verdict."""
        lines = [""]
        if stopped:
            lines += self._more_to_come("Stopped at an exclusion.", self._ask, columns)
        elif still_open := ", ".join(self._still_open()):
            summary = f"Still open: {still_open}; listed under Still needed."
            lines += self._more_to_come(summary, (), columns)
        elif self.keeper.problem:
            lines.append(wrapped(self._where(), columns))
        lines += ["The same result without questions:", self._command("--from")]
        lines += self._onwards(columns)
        screening = self.state.screening
        lines += [wrapped(f"{verdict_line(screening)}. {screening.summary}", columns), ""]
        return "\n".join(lines)

    def _onwards(self, columns: int) -> Iterator[str]:
        """How to log and print the result, if that has not been done."""
        if self.asked.log.log is not None:
            return
        log = ("--log", "LOG", "--subject", self.keeper.subject or "CODE", "--by", "INITIALS")
        if (file := self.keeper.kept_in) is None:
            yield wrapped(f"To log it, add {shlex.join(log)} to that.", columns)
            return
        yield from ("To log it:", self._command("--from", *log))
        page = str(file.with_suffix(".html"))
        words = (*self.before, "report", "--from", str(file), *self.asked.record.words, "-o", page)
        yield from ("To print it:", shlex.join(words))

    def _more_to_come(self, summary: str, ask: tuple[str, ...], columns: int) -> list[str]:
        """`summary`, followed by where the answers are and how to continue."""
        if self.keeper.kept_in is not None:
            return [wrapped(f"{summary} {self._where()} Go on with:", columns), self._go_on(ask)]
        more = f"To go on, add {shlex.join(('--interactive', *ask, *self._options))} to it."
        return [wrapped(f"{summary} {self._where()} {more}", columns)]

    @property
    def _ask(self) -> tuple[str, ...]:
        """The `--ask` option, if it was given."""
        return () if self.asked.ask is None else ("--ask", ",".join(self.asked.sources()))

    @property
    def _options(self) -> tuple[str, ...]:
        """The other options to continue the interview with."""
        asked = (("--quick", self.asked.quick), ("--plain", self.asked.plain))
        return (*self.asked.log.words, *(name for name, given in asked if given))

    def _where(self) -> str:
        if self.keeper.kept_in is not None:
            return f"The answers are kept in {self.keeper.kept_in}."
        problem = self.keeper.problem
        saved = f"NOT SAVED: {problem}" if problem else "No file of answers was saved"
        labels = ", ".join(self.state.trial.elements[name].label for name in self._left_out())
        but = f", but for the {labels}" if labels else ""
        return f"{saved}; the command below carries the answers{but}."

    def _go_on(self, ask: tuple[str, ...]) -> str:
        how = ("--interactive",) if self.keeper.kept_in is None else ()
        return self._command("--resume", *how, *ask, *self._options)

    def _command(self, option: str, *more: str) -> str:
        """A command with the answers, as `option` with their file, or as flags."""
        file = self.keeper.kept_in
        answers = self._flags() if file is None else (option, str(file))
        return shlex.join((*self.before, "screen", *answers, *self.asked.record.words, *more))

    def _flags(self) -> Iterator[str]:
        """The answers as flags; a birth date, which could identify a person, becomes an age."""
        yield from ("--screening-date", self.state.on.isoformat())
        for name, answer in self.state.answers.items():
            if name not in self._left_out() and answer.by != "record":
                yield from (flag(name), told_together(answer))
        for name in self._left_out():
            counted = years_since(self.state.trial, self.state.trial.elements[name])
            if counted is not None and (text := _years(self.state, counted)):
                yield from (flag(counted.name), text)

    def _left_out(self) -> list[str]:
        """Answers omitted from commands, because others can see these, and shells keep them."""
        trial = self.state.trial
        own = (name for name, one in self.state.answers.items() if one.by != "record")
        return [name for name in own if is_long_ago(trial, trial.elements[name])]

    def _still_open(self) -> Iterator[str]:
        """How many answers are still needed, by who can give them; empty if none can help."""
        screening = self.state.screening
        if screening.failing:
            return
        for source, names in asked_of(screening).items():
            unknown = sum(name in self.state.answers for name in names)
            note = f" ({unknown} answered unknown)" if unknown else ""
            yield f"{'to be computed' if source == 'derived' else source} {len(names)}{note}"


def _years(state: State, counted: Element) -> str:
    """The years counted from a date; empty if they cannot be given in its place."""
    fact = state.screening.findings[0].patient.resolve(counted.name).fact
    if counted.name in state.answers or not isinstance(fact, Numbers):
        return ""
    text = " to ".join(f"{end:g}" for end in dict.fromkeys((fact.low, fact.high)))
    return "" if value_or_none(state.trial, counted, text, state.on) is None else text
