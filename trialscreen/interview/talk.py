"""The conversation: a line-based questionnaire on plain input; Rich is not needed for it.

Questions go to standard error, so that the result alone stands on standard output. Each
answer is a line; a few letters are commands (`HELP_LINE`).
"""

import shutil
import sys
import textwrap
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from trialscreen.clearing import clears_on
from trialscreen.errors import ValueProblem
from trialscreen.interview.book import Book
from trialscreen.interview.plan import Question, next_question, progress
from trialscreen.reasons import reasons
from trialscreen.screening import Finding
from trialscreen.text import printable
from trialscreen.trial import SOURCES, Element, Source
from trialscreen.values import UNKNOWN
from trialscreen.words import show_fact, show_range

HELP_LINE = "u unknown  ? why  b back  r review  s save and leave  q leave"


class Leave(Exception):
    """The interview was left; what was answered is kept by whoever started it."""


class Terminal(NamedTuple):
    """Where the conversation takes place: a line in, text out."""

    read: Callable[[], str]
    write: Callable[[str], None]


def terminal() -> Terminal:
    """Standard input with line editing, and standard error."""
    with suppress(ImportError):
        import readline  # noqa: F401, PLC0415 - gives input() line editing where there is one

    def read() -> str:
        return input("> ") if sys.stdout.isatty() else _read_quietly()

    def write(text: str) -> None:
        sys.stderr.write(wrapped(text, shutil.get_terminal_size().columns) + "\n")
        sys.stderr.flush()

    return Terminal(read, write)


def _read_quietly() -> str:
    """A line, with its prompt on standard error: standard output is a file or a pipe."""
    sys.stderr.write("> ")
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.rstrip("\n")


def wrapped(text: str, width: int) -> str:
    """Each line broken at words; its later lines start under its first word."""
    lines = []
    for line in text.split("\n"):
        indent = line[: len(line) - len(line.lstrip())]
        lines.append(textwrap.fill(line, max(20, width - 1), subsequent_indent=indent))
    return "\n".join(lines)


class Talk:
    """One interview: asks until nothing more can matter, or the user leaves (`Leave`)."""

    def __init__(
        self,
        book: Book,
        at: Terminal,
        save: Callable[[Book], None],
        sources: tuple[Source, ...] = SOURCES,
        *,
        quick: bool = False,
    ) -> None:
        self.book, self.at, self.save, self.sources = book, at, save, sources
        self.quick = quick
        self.history: list[tuple[str, ...]] = []
        self.told = bool(self._certain())
        self.stopped = False
        self.section = ""

    def run(self) -> None:
        """The whole conversation, up to the review."""
        self.at.write(f"{HELP_LINE}  (then press Enter)")
        while True:
            while (question := self._next()) is not None:
                self._ask(question)
                self._tell_certain_exclusion()
            self.at.write(
                "\nThe answers:" if self.stopped else "\nNothing more to ask. The answers:"
            )
            self._review()
            self.stopped = self.stopped and bool(self._certain())
            if self._next() is None:
                return

    def _next(self) -> Question | None:
        if self.stopped:
            return None
        closed = self.book.entries.keys()
        return next_question(self.book.screening, closed, self.sources, quick=self.quick)

    def _ask(self, question: Question) -> None:
        self._head(question)
        while True:
            reply = self._reply()
            if reply == "b":
                self._back()
                return
            if reply == "?":
                self._explain(question)
            elif reply == "r":
                self._review()
                return
            elif self._take(question, reply):
                return

    def _reply(self) -> str:
        """A line; `s` and `q` leave, and so do Ctrl-D and Ctrl-C."""
        try:
            reply = printable(self.at.read()).strip()
        except (EOFError, KeyboardInterrupt):
            raise Leave from None
        if reply in ("s", "q"):
            raise Leave
        return reply

    def _head(self, question: Question) -> None:
        """The section when it changes, how far we are, and the question."""
        trial, element = self.book.trial, question.elements[0]
        if element.section != self.section:
            self.section = element.section
            title = next(s.title for s in trial.sections if s.id == element.section)
            self.at.write(f"\n== {title}")
        now = progress(self.book.screening, self.book.entries.keys(), self.sources)
        state = f"[{now.decided} of {now.criteria} criteria decided, {now.open} answers at most]"
        self.at.write(f"\n{state}\n{self._wording(question)}")

    def _wording(self, question: Question) -> str:
        if question.card is None:
            element = question.elements[0]
            return f"{element.ask}\n({self._form(element)})"
        lines = [
            f"  {n}  {one.label}{f' ({one.examples})' if one.examples else ''}"
            for n, one in enumerate(question.elements, 1)
        ]
        heading = self.book.trial.cards[question.card]
        return "\n".join([heading, *lines, "(numbers such as 1 3, 0 for none, u for unknown)"])

    def _form(self, element: Element) -> str:
        match element.type:
            case "boolean":
                return "yes, no or u"
            case "choice":
                choices = (f"{n} {label}" for n, label in enumerate(element.choices.values(), 1))
                return ", ".join(choices)
            case "date":
                return "YYYY-MM-DD, YYYY-MM or YYYY"
            case _:
                return show_range(self.book.trial, element)

    # Answers.

    def _take(self, question: Question, reply: str) -> bool:
        """Takes an answer; or says in one line what is wrong with it, and returns False."""
        try:
            texts = _texts(question, reply)
            if question.card is None and not self._confirmed(*texts[0]):
                return False
            self.book.answer(texts)
        except ValueProblem as problem:
            self.at.write(f"{problem}")
            return False
        self.history.append(tuple(element.name for element, _ in texts))
        self.save(self.book)
        return True

    def _confirmed(self, element: Element, text: str) -> bool:
        warning = self.book.unusual(element, text)
        if warning is None:
            return True
        self.at.write(f"{warning}. Is this right? (y, n)")
        return self._reply().casefold() in ("y", "yes")

    def _back(self) -> None:
        if not self.history:
            self.at.write("This is the first question.")
            return
        self.book.take_back(self.history.pop())
        self.section = ""
        self.save(self.book)

    def _certain(self) -> tuple[Finding, ...]:
        """The criteria that exclude, whatever else is answered; a missing signature does not."""
        return tuple(one for one in self.book.screening.failing if not one.is_not_yet)

    def _tell_certain_exclusion(self) -> None:
        """Once: what excludes, why, until when; and whether to go on."""
        if self.told or not self._certain():
            return
        self.told = True
        screening = self.book.screening
        for finding in self._certain():
            criterion = finding.criterion
            self.at.write(f"\n{criterion.id} {criterion.label}: this excludes.")
            for reason in reasons(screening.trial, finding.trace, screening.on):
                self.at.write(f"  {reason}")
            if (day := clears_on(screening, finding)) is not None:
                self.at.write(f"  clears on {day}")
        choice = "Enter stops here; g goes on to complete the record; b takes the answer back."
        self.at.write(f"The result is certain. {choice}")
        while (reply := self._reply().casefold()) not in ("", "g", "b"):
            self.at.write(f"'{reply}'; expected Enter, g or b")
        if reply == "b":
            self.told = False
            self._back()
        self.stopped = reply == ""

    def _explain(self, question: Question) -> None:
        screening, trial = self.book.screening, self.book.trial
        names = {element.name for element in question.elements}
        for finding in screening.findings:
            behind = trial.elements_behind(finding.criterion.rule)
            if not finding.met.known and names.intersection(behind):
                self.at.write(f"\n{finding.criterion.id}: {finding.criterion.text}")
        for element in question.elements:
            if element.help:
                self.at.write(f"\n{element.label}: {element.help}")
            for text in _answers_of(element):
                self.at.write(f"  {text}: {self.book.effects(element, text)}")

    # Review.

    def _review(self) -> None:
        """All answers, numbered; a number asks that one again, Enter goes on."""
        while True:
            trial = self.book.trial
            names = [name for name in trial.elements if name in self.book.entries]
            for n, name in enumerate(names, 1):
                element, entry = trial.elements[name], self.book.entries[name]
                self.at.write(f"  {n:3}  {element.label}: {show_fact(trial, element, entry.fact)}")
            self.at.write("A number changes that answer; Enter goes on.")
            reply = self._reply()
            if not reply:
                return
            if reply.isdecimal() and 1 <= int(reply) <= len(names):
                self._change(trial.elements[names[int(reply) - 1]])
            else:
                self.at.write(f"'{reply}'; expected a number from 1 to {len(names)}, or Enter")

    def _change(self, element: Element) -> None:
        question = Question((element,))
        self.at.write(self._wording(question))
        while not self._take(question, self._reply()):
            pass


def _texts(question: Question, reply: str) -> list[tuple[Element, str]]:
    """The answers that a reply means. Raises ValueProblem."""
    if question.card is not None:
        return _ticked(question, reply)
    element = question.elements[0]
    if reply == "u":
        return [(element, UNKNOWN)]
    names = list(element.choices)
    if names and reply.isdecimal() and 1 <= int(reply) <= len(names):
        return [(element, names[int(reply) - 1])]
    return [(element, reply)]


def _ticked(question: Question, reply: str) -> list[tuple[Element, str]]:
    if reply == "u":
        return [(element, UNKNOWN) for element in question.elements]
    words = reply.replace(",", " ").split()
    most = len(question.elements)
    if not words or not all(word.isdecimal() and int(word) <= most for word in words):
        raise ValueProblem(f"'{reply}'; expected numbers from 1 to {most}, 0 for none, or u")
    numbers = set(map(int, words))
    if 0 in numbers and len(numbers) > 1:
        raise ValueProblem("0 means none of them, and stands alone")
    return [(one, "yes" if n in numbers else "no") for n, one in enumerate(question.elements, 1)]


def _answers_of(element: Element) -> tuple[str, ...]:
    """The answers whose effect can be listed."""
    return ("yes", "no") if element.type == "boolean" else tuple(element.choices)
