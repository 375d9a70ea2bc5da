"""The conversation: a line-based questionnaire on plain input; Rich is not needed for it.

Questions go to standard error, so that the result alone stands on standard output. Each
answer is a line; a few letters are commands (`HELP_LINE`).
"""

from collections.abc import Set

from trialscreen.answers.answer import SET_ASIDE
from trialscreen.answers.interview.answering import Answering
from trialscreen.answers.interview.autosave import Keeper
from trialscreen.answers.interview.console import HELP_LINE, Console, Leave, Terminal
from trialscreen.answers.interview.ordering import Question, completion, next_question
from trialscreen.answers.interview.questions import number_of, progress_line
from trialscreen.answers.interview.reviewing import (
    answer_line,
    asked_first,
    awaited_lines,
    earlier_unknown,
    not_yet,
    of_other_sources,
    of_record,
    other_versions,
    record_lines,
    review,
    reviewed,
    to_confirm,
)
from trialscreen.answers.interview.state import State
from trialscreen.model.errors import InputError
from trialscreen.model.trial import SOURCES, Source
from trialscreen.screening.finding import Finding
from trialscreen.screening.readings import UNCONFIRMED, on_readings
from trialscreen.text.characters import shown
from trialscreen.text.spelling import folded

_CERTAIN = "The result is certain."
_STOP_OR_GO_ON = (
    "Enter stops here; g goes on to complete the record; b asks the previous question again."
)
_SAVE = "File to save the answers in (Enter: do not save):"
_KEEP = "Nothing is saved. To keep the answers, name a file for them (Enter: forget them):"
_NO = ("n", "no", "q")
_WHY_STOP = "No other answer changes the result. r reviews the answers, s or q leaves."
_REVIEW = "A number changes that answer; r shows all; Enter goes on."
_WHY_REVIEW = "The number before an answer asks it again; s or q leaves, and the rest stays open."


class Session:
    """One interview: asks until nothing more can matter, or the user leaves (`Leave`)."""

    def __init__(
        self,
        state: State,
        at: Terminal,
        keeper: Keeper,
        sources: tuple[Source, ...] = SOURCES,
        *,
        quick: bool = False,
    ) -> None:
        self.state, self.keeper, self.sources, self.quick = state, keeper, sources, quick
        self.console = Console(at)
        self.answering = Answering(state, self.console, keeper)
        self.before = dict(state.answers)
        self.history: list[tuple[str, ...]] = []
        self.announced: set[str] = set()
        self.rests = False
        self.stopped = False
        self.section = ""
        self.others = set(of_other_sources(state, sources))
        """Answered unknown by others than can be asked now, and so asked again."""
        self.awaited = {one.element for one in state.screening.awaited} | not_yet(state)
        """Awaited since before this session, and so asked first."""

    def run(self) -> None:
        """The whole conversation, up to the review."""
        try:
            self._converse()
        except Leave as leave:
            if leave.to_save:
                self._save_somewhere(_SAVE)
            elif not leave.ended and self.state.answers != self.before:
                self._save_somewhere(_KEEP)
            raise
        except KeyboardInterrupt as end:
            if type(end) is KeyboardInterrupt and self.state.answers != self.before:  # by its key
                self._save_somewhere("", _KEEP)
            raise

    def _converse(self) -> None:
        say = self.console.say
        say(*other_versions(self.state), *earlier_unknown(self.state, self.others))
        say(*of_record(self.state))
        say(*asked_first(self.state, self.awaited, sources=self.sources))
        say(f"Screening date: {self.state.on}")
        say(f"Commands: {HELP_LINE}. Press Enter after each answer.")
        self._announce_exclusions()
        while True:
            while (question := self._next()) is not None:
                self._ask(question)
                self._announce_exclusions()
            say("" if self.stopped else f"\nNothing more to ask{self._of_whom()}.", "The answers:")
            self._review()
            self.stopped = self.stopped and bool(self._certain())
            if self._next() is None:
                return

    def _of_whom(self) -> str:
        return "" if self.sources == SOURCES else f" of these sources ({', '.join(self.sources)})"

    def _save_somewhere(self, *asked: str) -> None:
        """Asks for a file if there is none yet, so that nothing is lost without being told."""
        if self.keeper.kept_in is not None:
            return
        while (name := self.console.line(*asked)) and folded(name) not in _NO:
            if len(name) == 1:
                self.console.say(f"{shown(name)} is not a file name; S-014.yaml would be one")
                continue
            try:
                self.keeper.into(name, self.state)
            except InputError as error:
                self.console.say(str(error.problems[0]))
            else:
                return

    # Questions.

    def _next(self) -> Question | None:
        if self.stopped:
            return None
        closed, now = self._closed(), self.state.screening
        return next_question(now, closed, self.sources, quick=self.quick, before=self.awaited)

    def _closed(self) -> Set[str]:
        return self.state.answers.keys() - self.others - self.awaited

    def _ask(self, question: Question) -> None:
        self._head(question)
        ended = self.answering.ask(question)
        if ended:
            self._go(ended)
        else:
            names = tuple(element.name for element in question.elements)
            self.history.append(names)
            self.others.difference_update(names)
            self.awaited.difference_update(names)

    def _go(self, command: str) -> None:
        """Back or to the review, if that was the command; the next section has its title anew."""
        if command in ("b", "r"):
            self.section = ""
            self._back() if command == "b" else self._review()

    def _head(self, question: Question) -> None:
        """The section when it changes, how far we are, and what was answered before."""
        trial, element = self.state.trial, question.elements[0]
        if element.section != self.section:
            self.section = element.section
            title = next(s.title for s in trial.sections if s.id == element.section)
            self.console.say(f"\nSection: {title}")
        now = completion(self.state.screening, self._closed(), self.sources)
        self.console.say(f"\n[{progress_line(now)}]")
        self.console.say(*awaited_lines(self.state, question.elements))
        self.console.say(*record_lines(self.state, question.elements))
        for one in question.elements:
            if one.name in self.state.set_aside:
                kept = self.state.set_aside[one.name].notes[SET_ASIDE]
                self.console.say(f"Set aside earlier: {one.label} {kept}")

    def _back(self) -> None:
        """Asks the previous question again, and with `b` the one before that."""
        for names in reversed(self.history):
            elements = tuple(self.state.trial.elements[n] for n in names if n in self.state.answers)
            if not elements:
                continue
            self.console.say("")
            card = elements[0].card if len(elements) > 1 else None
            ended = self.answering.ask_again(Question(elements, card))
            if ended == "r":
                self._review()
            if ended != "b":
                return
        self.console.say("\nThis is the first question of this session; r shows earlier answers.")

    # Certain exclusions.

    def _certain(self) -> dict[str, Finding]:
        """The criteria that exclude, whatever else is answered."""
        return {one.criterion.id: one for one in self.state.screening.failing}

    def _announce_exclusions(self) -> None:
        """What excludes, why and until when, each once.

        After the first, whether to go on; and again once it rests on no unclear text any more.
        """
        certain, rested = self._certain(), self.rests
        self._forget_mended()
        self.rests = bool(self.state.screening.unconfirmed)
        first = not self.announced or (rested and not self.rests)
        for name, finding in certain.items():
            if name not in self.announced:
                self._announce(finding)
        self.announced |= certain.keys()
        if certain and first:
            self._stop_or_go_on()

    def _forget_mended(self) -> None:
        """An exclusion that does not stand any more would be news again."""
        self.announced &= self._certain().keys()

    def _announce(self, finding: Finding) -> None:
        criterion = finding.criterion
        excludes = ", ".join(("this excludes", *on_readings(finding.unconfirmed)))
        self.console.say(f"\n{criterion.id} {criterion.label}: {excludes}.")
        for reason in finding.reasons:
            self.console.say(f"  {reason}")
        deciding = [self.state.trial.elements[name] for name in finding.rests_on]
        for line in (
            *record_lines(self.state, deciding),
            *to_confirm(self.state, finding.rests_on),
        ):
            self.console.say(f"  {line}")
        if finding.clears_on is not None:
            self.console.say(f"  clears on {finding.clears_on}")

    def _stop_or_go_on(self) -> None:
        replies = {"": "stop", "g": "go on", "b": "b", "r": "r"}
        wanted = "Enter, g, b, or r to review"
        known = f"The patient is ineligible {UNCONFIRMED}." if self.rests else _CERTAIN
        asked = f"{known} {_STOP_OR_GO_ON}"
        reply = self.console.choose(asked, replies, wanted, _WHY_STOP)
        self.stopped = reply == "stop"
        if reply in ("b", "r"):
            self._go(reply)
            self.announced.clear()
            self._announce_exclusions()

    # Review.

    def _review(self) -> None:
        """All answers, numbered; a number asks that one again, Enter (or b) goes on."""
        self.console.say(*review(self.state))
        while (reply := self.console.ask(_REVIEW)) not in ("", "b"):
            names = reviewed(self.state)
            if reply == "r":
                self.console.say(*review(self.state))
            elif reply == "?":
                self.console.say(_WHY_REVIEW)
            elif 1 <= (number := number_of(reply)) <= len(names):
                self._change(number, names)
            else:
                wanted = f"a number from 1 to {len(names)}, r, or Enter" if names else "Enter"
                self.console.say(f"{shown(reply)}; expected {wanted}")

    def _change(self, number: int, names: tuple[str, ...]) -> None:
        """Asks an answered question again; shows its answer, or all if the numbers changed."""
        name = names[number - 1]
        self.answering.ask_again(Question((self.state.trial.elements[name],)))
        self._forget_mended()
        if reviewed(self.state) == names:
            self.console.say(answer_line(self.state, number, name))
        else:
            self.console.say(*review(self.state))
