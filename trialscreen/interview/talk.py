"""The conversation: a line-based questionnaire on plain input; Rich is not needed for it.

Questions go to standard error, so that the result alone stands on standard output. Each
answer is a line; a few letters are commands (`HELP_LINE`).
"""

from collections.abc import Callable

from trialscreen.clearing import clears_on
from trialscreen.errors import ValueProblem
from trialscreen.interview.book import Book, Contradiction
from trialscreen.interview.plan import Question, next_question, progress
from trialscreen.interview.terminal import Terminal
from trialscreen.interview.wording import (
    HELP_LINE,
    earlier_unknown,
    explanation,
    labels,
    no_answer,
    other_versions,
    read_back,
    review,
    reviewed,
    state,
    texts_of,
    wording,
)
from trialscreen.reasons import reasons
from trialscreen.screening import Finding
from trialscreen.text import printable, shown
from trialscreen.trial import SOURCES, Element, Source
from trialscreen.values import in_dates, read_value


class Leave(Exception):
    """The interview was left; what was answered is kept by whoever started it."""


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
        self.told = False
        self.stopped = False
        self.section = ""

    def run(self) -> None:
        """The whole conversation, up to the review."""
        self._say(*other_versions(self.book), *earlier_unknown(self.book))
        self._say(f"Screening date: {self.book.on}")
        self._say(f"Commands: {HELP_LINE}. Press Enter after each answer.")
        self._tell_certain_exclusion()
        while True:
            while (question := self._next()) is not None:
                self._ask(question)
                self._tell_certain_exclusion()
            self._say("\nThe answers:" if self.stopped else "\nNothing more to ask. The answers:")
            self._review()
            self.stopped = self.stopped and bool(self._certain())
            if self._next() is None:
                return

    def _say(self, *lines: str) -> None:
        for line in lines:
            self.at.write(line)

    def _reply(self) -> str:
        """A line; `s` and `q` leave, and so do Ctrl-D and Ctrl-C. Commands in small letters."""
        try:
            reply = printable(self.at.read()).strip()
        except (EOFError, KeyboardInterrupt):
            raise Leave from None
        if len(reply) == 1:
            reply = reply.lower()
        if reply in ("s", "q"):
            raise Leave
        return reply

    def _choice(self, question: str, expected: str, replies: tuple[str, ...]) -> str:
        """The first letter of a reply that is one of `replies`; asks until it is."""
        self._say(question)
        while (reply := self._reply().casefold()) not in replies:
            self._say(f"{shown(reply)}; expected {expected}")
        return reply[:1]

    def _yes(self, question: str) -> bool:
        return self._choice(f"{question} (y, n)", "y or n", ("y", "n", "yes", "no")) == "y"

    # Questions.

    def _next(self) -> Question | None:
        if self.stopped:
            return None
        closed = self.book.entries.keys()
        return next_question(self.book.screening, closed, self.sources, quick=self.quick)

    def _ask(self, question: Question) -> None:
        self._head(question)
        while True:
            self._say(wording(self.book.trial, question))
            reply = self._reply()
            if reply == "b":
                self._back()
                return
            if reply == "r":
                self._review()
                self.section = ""
                return
            if reply == "?":
                self._say(*explanation(self.book, question), "")
            elif self._take(question, reply):
                self.history.append(tuple(element.name for element in question.elements))
                return

    def _head(self, question: Question) -> None:
        """The section when it changes, how far we are, and what was answered before."""
        trial, element = self.book.trial, question.elements[0]
        if element.section != self.section:
            self.section = element.section
            title = next(s.title for s in trial.sections if s.id == element.section)
            self._say(f"\nSection: {title}")
        now = progress(self.book.screening, self.book.entries.keys(), self.sources)
        self._say(f"\n[{state(now)}]")
        for one in question.elements:
            if one.name in self.book.aside:
                self._say(f"Set aside earlier: {one.label} {self.book.aside[one.name].text}")

    def _back(self) -> None:
        """Forgets the answer before, and so asks it again."""
        while self.history:
            names = self.history.pop()
            if not self.book.entries.keys().isdisjoint(names):
                self.book.take_back(names)
                self.section = ""
                self._keep()
                return
        self._say("\nThis is the first question of this session; r shows earlier answers.")

    # Answers.

    def _take(self, question: Question, reply: str) -> bool:
        """Takes an answer; or says in one line what is wrong with it, and returns False."""
        try:
            texts = texts_of(question, reply)
            if question.card is None and not self._confirmed(*texts[0]):
                return False
            texts = [(one, in_dates(one, text, self.book.on)) for one, text in texts]
            if not self._written_down(texts):
                return False
        except ValueProblem as problem:
            self._say(no_answer(reply, problem))
            return False
        self._keep()
        return True

    def _keep(self) -> None:
        """Writes the answers down as they are now; an exclusion that is mended was not told."""
        self.save(self.book)
        self.told = self.told and bool(self._certain())

    def _confirmed(self, element: Element, text: str) -> bool:
        """Reads back what is unusual, or is no date as it was said."""
        book = self.book
        dates = in_dates(element, text, book.on)
        told = []
        if dates != text:
            fact = read_value(book.trial, element, dates, book.on)
            told.append(read_back(book.trial, element, text, fact, str(book.on)))
        if (warning := book.unusual(element, dates)) is not None:
            told.append(warning)
        return not told or self._yes(f"{'. '.join(told)}. Is this right?")

    def _written_down(self, texts: list[tuple[Element, str]]) -> bool:
        """Takes answers. What one of them contradicts is set aside, if the user wants it."""
        try:
            self.book.answer(texts)
        except Contradiction as problem:
            if not problem.others:
                raise
            others = labels(self.book.trial, problem.others)
            if not self._yes(f"{problem}. Keep the new answer, and set aside {others}?"):
                return False
            self.book.answer(texts, problem.others)
            self._say(f"Set aside, kept but not used: {others}")
        return True

    # A certain exclusion.

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
            self._say(f"\n{criterion.id} {criterion.label}: this excludes.")
            for reason in reasons(screening.trial, finding.trace, screening.on):
                self._say(f"  {reason}")
            if (day := clears_on(screening, finding)) is not None:
                self._say(f"  clears on {day}")
        choice = "Enter stops here; g goes on to complete the record; b takes the answer back."
        wanted = "Enter, g, b, or r to review"
        reply = self._choice(f"The result is certain. {choice}", wanted, ("", "g", "b", "r"))
        self.stopped = reply == ""
        if reply in ("b", "r"):
            self.told = False
            self._back() if reply == "b" else self._review()
            self._tell_certain_exclusion()

    # Review.

    def _review(self) -> None:
        """All answers, numbered; a number asks that one again, Enter (or b) goes on."""
        while True:
            names = reviewed(self.book)
            self._say(*review(self.book), "A number changes that answer; Enter goes on.")
            reply = self._reply()
            while not (reply in ("", "b") or (reply.isdecimal() and 1 <= int(reply) <= len(names))):
                wanted = f"a number from 1 to {len(names)}, or Enter" if names else "Enter"
                self._say(f"{shown(reply)}; expected {wanted}")
                reply = self._reply()
            if reply in ("", "b"):
                return
            self._change(self.book.trial.elements[names[int(reply) - 1]])

    def _change(self, element: Element) -> None:
        """Asks one answered question again; says what is no longer used because of it."""
        question, before = Question((element,)), self.book.unused()
        while True:
            self._say(wording(self.book.trial, question), "Enter leaves the answer as it is.")
            reply = self._reply()
            if reply in ("", "b"):
                return
            if reply == "?":
                self._say(*explanation(self.book, question), "")
            elif self._take(question, reply):
                break
        now = tuple(name for name in self.book.unused() if name not in before)
        if now:
            told = labels(self.book.trial, now)
            self._say(f"Kept, but not used any more, because of this change: {told}")
