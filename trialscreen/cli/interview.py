"""The interview of `screen`: when it is held, what it starts from, how it ends."""

import shlex
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import typer

from trialscreen.cli.element_flags import flag
from trialscreen.cli.outcome import Exit
from trialscreen.errors import InputError, Problem
from trialscreen.screening import Screening
from trialscreen.sources import Answers
from trialscreen.text import nearest, shown
from trialscreen.trial import SCREENING_DATE, SOURCES, Source, Trial

if TYPE_CHECKING:
    from trialscreen.interview.book import Book


class Wishes(NamedTuple):
    """The options that concern the interview, as given."""

    interactive: bool
    save: str | None
    resume: str | None
    ask: str | None
    quick: bool

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


def interview(trial: Trial, answers: Answers, on: date, wishes: Wishes) -> Screening:
    """Holds the interview and returns what it found; an interview that is left exits with 130."""
    from trialscreen.interview.book import Book, Entry  # noqa: PLC0415 - for interviews only
    from trialscreen.interview.record import Record  # noqa: PLC0415
    from trialscreen.interview.talk import Leave, Talk, terminal  # noqa: PLC0415
    from trialscreen.values import read_value  # noqa: PLC0415

    entries = {
        name: Entry(
            one.text, read_value(trial, trial.elements[name], one.text, on), dict(one.notes)
        )
        for name, one in answers.items()
        if name != SCREENING_DATE
    }
    sources = wishes.sources()
    path = _path(wishes)
    book = Book(trial, on, entries)
    record = Record(path, date.today()) if path is not None else None  # noqa: DTZ011
    try:
        if record is not None:
            record.save(book)
        save = record.save if record else _keep_nothing
        Talk(book, terminal(), save, sources, quick=wishes.quick).run()
    except Leave:
        _say_how_to_go_on(book, path)
        raise typer.Exit(Exit.INTERRUPTED) from None
    finally:
        if record is not None:
            record.close()
    sys.stderr.write(f"\nThe same result without questions:\n{command_line(book)}\n\n")
    return book.screening


def _path(wishes: Wishes) -> Path | None:
    if wishes.resume is not None:
        return Path(wishes.resume)
    if wishes.save is not None and Path(wishes.save).exists():
        message = f"{shown(wishes.save)} exists; go on with it by --resume, or name a new file"
        raise InputError([Problem("--save", message)])
    return Path(wishes.save) if wishes.save is not None else None


def _keep_nothing(_book: "Book") -> None:
    """Without --save, answers live until the interview ends."""


def _say_how_to_go_on(book: "Book", path: Path | None) -> None:
    if path is not None:
        again = f"trialscreen screen --resume {shlex.quote(str(path))}"
        sys.stderr.write(f"\nLeft. The answers are kept; go on with:\n{again}\n")
    else:
        sys.stderr.write(f"\nLeft. Go on with:\n{command_line(book)} --interactive\n")


def command_line(book: "Book") -> str:
    """The command that gives the same result without questions."""
    words = ["trialscreen", "screen", "--screening-date", book.on.isoformat()]
    for name, entry in book.entries.items():
        words += [flag(name), entry.text]
    return shlex.join(words)
