"""The interview of `screen`: when it is held, what it starts from, how it ends."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple, NoReturn

import typer

from trialscreen.answers.answer import (
    ANSWERED,
    ASKED,
    CRITERIA,
    Answer,
    Answers,
    criteria_version,
)
from trialscreen.cli.options import FROM, today
from trialscreen.cli.output import Exit
from trialscreen.cli.process import code_of
from trialscreen.model.errors import Problem, raise_any, refuse
from trialscreen.model.trial import SCREENING_DATE, SOURCES, Source
from trialscreen.screening.screen import Screening
from trialscreen.text.characters import nearest, shown

if TYPE_CHECKING:
    from trialscreen.answers.interview.autosave import Keeper
    from trialscreen.answers.interview.state import State
    from trialscreen.cli.interview_ending import Ending


class InterviewOptions(NamedTuple):
    """The options that concern the interview, as given."""

    interactive: bool
    save: str | None
    resume: str | None
    ask: str | None
    quick: bool
    plain: bool

    @property
    def asked_for(self) -> bool:
        return self.interactive or self.quick or (self.save, self.resume, self.ask) != (None,) * 3

    def wanted(self, *, given: bool) -> bool:
        """Whether to ask: on request; else in a terminal in which nothing was `given`.

        Raises InputError if what is asked for cannot be.
        """
        self.sources()
        if self.asked_for and not _in_a_terminal():
            refuse("the interview", "needs a terminal; give the answers as flags or with --from")
        return self.asked_for or (not given and _in_a_terminal())

    def file(self, given: str | None) -> str | None:
        """The file to begin with, of `--from` and `--resume`. Raises InputError."""
        message = ""
        if given is not None and self.resume is not None:
            message = "not with --resume; give one file, and what is new as flags or answers"
        elif given == "":
            message = "'' names no file; expected a file, or - for standard input"
        elif given == "-" and self.asked_for:
            message = "standard input is needed for the interview; put the answers into a file"
        if message:
            refuse(FROM, message)
        return given if self.resume is None else self.resume

    def sources(self) -> tuple[Source, ...]:
        """The sources to ask for. Raises InputError for one that does not exist."""
        if self.ask is None:
            return SOURCES
        known = tuple(source for source in SOURCES if source != "derived")
        names = list(filter(None, map(str.strip, self.ask.split(",")))) or [""]
        problems = [
            Problem("--ask", f"{shown(name)}; expected {', '.join(known)}.{nearest(name, known)}")
            for name in names
            if name not in known
        ]
        raise_any(problems)
        return tuple(source for source in known if source in names)


def _in_a_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


@contextmanager
def answers_file(options: InterviewOptions) -> Iterator["Keeper | None"]:
    """Who keeps the answers in the file that is named, if one is; claimed before it is read."""
    if options.resume is None and options.save is None:
        yield None
        return
    if options.resume is not None and options.save is not None:
        refuse("--save", "not with --resume, which keeps the answers in the file that it names")
    from trialscreen.answers.interview.autosave import Keeper, claim

    option = "--save" if options.resume is None else "--resume"
    file = claim(options.resume or options.save or "", option, new=options.resume is None)
    try:
        yield Keeper(file)
    finally:
        file.close()


def interview(
    start: Screening,
    answers: Answers,
    options: InterviewOptions,
    keeper: "Keeper | None",
    criteria: str | None,
    record: tuple[str, ...] = (),
    log: tuple[str, ...] = (),
    subject: str | None = None,
    *,
    is_new: bool = False,
) -> tuple[Screening, dict[str, Answer], str]:
    """Asks for what is open after `start`; `record` and `log` are options to go on with.

    The file that keeps the answers keeps the code of the `subject` too, if it is known;
    `is_new`: it was not in it.

    Returns what was found, from which answers, and what to say after the result.
    An interview that is left exits with 130, or with what its signal stands for.
    """
    from trialscreen.answers.interview.autosave import Keeper
    from trialscreen.answers.interview.console import Leave, terminal, width
    from trialscreen.answers.interview.session import Session
    from trialscreen.cli.interview_ending import Ending

    sources = options.sources()
    keeper, state = keeper or Keeper(), _state(start, answers, sources)
    keeper.subject = subject
    ask = ("--ask", ",".join(sources)) if options.ask is not None else ()
    others = (("--quick", options.quick), ("--plain", options.plain))
    more = (*log, *(o for o, given in others if given))
    ending = Ending(state, keeper, criteria, more, ask, record)
    session = Session(state, terminal(plain=options.plain), keeper, sources, quick=options.quick)
    try:
        _begin(state, keeper, answers, is_new=is_new)
        session.run()
    except (Leave, KeyboardInterrupt) as end:
        _save_at_last(state, keeper)
        _leave(ending, code_of(end))
    else:
        _save_at_last(state, keeper)
        closing = ending.after_the_result(width(), stopped=session.stopped)
        return state.screening, _answers(state, answers), closing
    finally:
        keeper.close()


def _answers(state: "State", before: Answers) -> dict[str, Answer]:
    """The answers at the end; those that were given `before` it keep their places."""
    return {
        name: before[name] if name in before and before[name].text == one.text else one
        for name, one in {**state.answers, **state.set_aside}.items()
    }


def _begin(state: "State", keeper: "Keeper", answers: Answers, *, is_new: bool) -> None:
    """Makes a new file at once, to see that it can be; an old one is written when it changes."""
    is_new = is_new or any(one.by == "flag" for one in answers.values())
    if keeper.file is not None and (keeper.file.is_new or is_new):
        keeper.file.save(state, keeper.subject)


def _save_at_last(state: "State", keeper: "Keeper") -> None:
    """What could not be saved when it was answered, perhaps can be now."""
    if keeper.problem:
        keeper.save(state)


def _leave(ending: "Ending", code: int) -> NoReturn:
    with suppress(OSError):  # the terminal may be gone
        sys.stderr.write(ending.left())
        sys.stderr.flush()
    if ending.keeper.problem:
        raise typer.Exit(Exit.BAD_INPUT) from None
    raise typer.Exit(code) from None


def _state(start: Screening, answers: Answers, sources: tuple[Source, ...]) -> "State":
    """The answers that `start` was found from, and those set aside in an earlier session."""
    from trialscreen.answers.interview.state import State

    aside = {name: one for name, one in answers.items() if one.is_set_aside}
    used = {n: one for n, one in answers.items() if n not in aside and n != SCREENING_DATE}
    notes = {ANSWERED: today().isoformat(), CRITERIA: criteria_version(start.trial)}
    if sources != SOURCES:
        notes[ASKED] = ", ".join(sources)
    return State(start, used, aside, notes)
