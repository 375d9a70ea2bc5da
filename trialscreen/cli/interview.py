"""The interview of `screen`: when it is held, what it starts from, how it ends."""

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import typer

from trialscreen.cli.element_flags import flag
from trialscreen.cli.outcome import Exit
from trialscreen.errors import InputError, Problem
from trialscreen.screening import Screening
from trialscreen.sources import Answers
from trialscreen.text import nearest, shown, wrapped
from trialscreen.trial import SCREENING_DATE, SOURCES, Source

if TYPE_CHECKING:
    from trialscreen.interview.book import Book
    from trialscreen.interview.record import Record


class Wishes(NamedTuple):
    """The options that concern the interview, as given."""

    interactive: bool
    save: str | None
    resume: str | None
    ask: str | None
    quick: bool
    plain: bool

    def wanted(self, *, given: bool) -> bool:
        """Whether to ask: on request; else in a terminal in which nothing was `given`."""
        asked_for = self.interactive or self.save or self.resume or self.ask or self.quick
        if asked_for and not _in_a_terminal():
            message = "needs a terminal; give the answers as flags or with --from"
            raise InputError([Problem("the interview", message)])
        return bool(asked_for) or (not given and _in_a_terminal())

    def sources(self) -> tuple[Source, ...]:
        """The sources to ask for. Raises InputError for one that does not exist."""
        if self.ask is None:
            return SOURCES
        names = [name.strip() for name in self.ask.split(",")]
        known = tuple(source for source in SOURCES if source != "derived")
        problems = [
            Problem("--ask", f"{shown(name)}; expected {', '.join(known)}.{nearest(name, known)}")
            for name in names
            if name not in known
        ]
        if problems:
            raise InputError(problems)
        return tuple(source for source in known if source in names)


def _in_a_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


@contextmanager
def answers_file(wishes: Wishes) -> Iterator["Record | None"]:
    """The file that keeps the answers, for this process alone; claimed before it is read."""
    path = _path(wishes)
    if path is None:
        yield None
        return
    from trialscreen.interview.record import Record  # noqa: PLC0415 - for interviews only

    record = Record(path, date.today())  # noqa: DTZ011 - the user's own calendar
    try:
        yield record
    finally:
        record.close()


def _path(wishes: Wishes) -> Path | None:
    if wishes.resume is not None and wishes.save is not None:
        message = "not with --resume, which keeps the answers in the file that it names"
        raise InputError([Problem("--save", message)])
    if wishes.resume is not None:
        return Path(wishes.resume)
    if wishes.save is not None and Path(wishes.save).exists():
        message = f"{shown(wishes.save)} exists; go on with it by --resume, or name a new file"
        raise InputError([Problem("--save", message)])
    return Path(wishes.save) if wishes.save is not None else None


def interview(
    start: Screening, answers: Answers, wishes: Wishes, record: "Record | None"
) -> tuple[Screening, str]:
    """Asks for what is open after `start`; what it found, and what to say after the result.

    An interview that is left exits with 130.
    """
    from trialscreen.interview.talk import Leave, Talk  # noqa: PLC0415 - for interviews only
    from trialscreen.interview.terminal import terminal, width  # noqa: PLC0415

    book, path = _book(start, answers), record.path if record else None
    save = record.save if record else _keep_nothing
    sources = wishes.sources()
    save(book)
    try:
        Talk(book, terminal(plain=wishes.plain), save, sources, quick=wishes.quick).run()
    except (Leave, KeyboardInterrupt):
        sys.stderr.write(f"\nLeft.{' The answers are kept.' if path else ''} Go on with:\n")
        sys.stderr.write(f"{_going_on(book, path)}\n")
        raise typer.Exit(Exit.INTERRUPTED) from None
    return book.screening, _closing(book, path, width())


def _book(start: Screening, answers: Answers) -> "Book":
    """The answers that `start` was found from, and those set aside in an earlier session."""
    from trialscreen.interview.book import Book, Entry  # noqa: PLC0415
    from trialscreen.interview.record import SET_ASIDE, is_set_aside  # noqa: PLC0415

    entries, aside = {}, {}
    for name, one in answers.items():
        if is_set_aside(one.text, one.notes):
            aside[name] = Entry(one.notes[SET_ASIDE], None, one.notes)
        elif name != SCREENING_DATE:
            entries[name] = Entry(one.text, start.facts.get(name), one.notes)
    return Book(start.trial, start.on, entries, aside)


def _keep_nothing(_book: "Book") -> None:
    """Without --save, answers live until the interview ends."""


def _going_on(book: "Book", path: Path | None) -> str:
    """The command that goes on with the interview."""
    if path is None:
        return f"{command_line(book)} --interactive"
    return shlex.join(["trialscreen", "screen", "--resume", str(path)])


def _closing(book: "Book", path: Path | None, columns: int) -> str:
    """From whom answers are pending and how to go on; the result without questions."""
    lines = []
    if pending := _pending(book.screening):
        told = f"Pending: {pending} (listed under Still needed). Go on with:"
        lines += [wrapped(told, columns), _going_on(book, path)]
    lines += ["The same result without questions:", command_line(book)]
    return "\n".join(["", *lines, ""])


def _pending(screening: Screening) -> str:
    """How many answers are still needed, by who can give them; empty if none can help."""
    if any(not one.is_not_yet for one in screening.failing):
        return ""
    return "; ".join(f"{source} {len(names)}" for source, names in screening.needed.items())


def command_line(book: "Book") -> str:
    """The command that gives the same result without questions."""
    words = ["trialscreen", "screen", "--screening-date", book.on.isoformat()]
    for name, entry in book.entries.items():
        words += [flag(name), entry.text]
    return shlex.join(words)
