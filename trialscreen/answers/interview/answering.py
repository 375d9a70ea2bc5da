"""How an answer is taken: read, read back where it is unusual, written down, kept."""

from collections.abc import Iterable

from trialscreen.answers.answer import DESPITE
from trialscreen.answers.beside_record import says_yes
from trialscreen.answers.interview.autosave import Keeper
from trialscreen.answers.interview.console import Console
from trialscreen.answers.interview.ordering import Question
from trialscreen.answers.interview.questions import (
    explanation,
    no_answer,
    read_back,
    texts_of,
    wording,
)
from trialscreen.answers.interview.reviewing import as_given, record_lines
from trialscreen.answers.interview.state import ContradictingAnswer, State
from trialscreen.answers.values import in_dates, read_value
from trialscreen.model.errors import ValueProblem
from trialscreen.model.trial import Element
from trialscreen.screening.explain import label_list

_RIGHT = "y takes the answer as it is; n or b asks the question again."
_DESPITE = "y takes the no, and the record's yes is not used; n or b asks the question again."
_ASIDE = "y takes the new answer and keeps the other unused; n or b asks the question again."


class Answering:
    """Takes answers of a state at a console; a keeper keeps each as soon as it is taken."""

    def __init__(self, state: State, console: Console, keeper: Keeper) -> None:
        self.state, self.console, self.keeper = state, console, keeper

    def ask(self, question: Question, *more: str) -> str:
        """Asks until an answer is taken; else the command that was given: Enter, `b` or `r`.

        Enter is one only where there is `more` to say, which is what it does.
        """
        commands = ("", "b", "r") if more else ("b", "r")
        while True:
            reply = self.console.ask(wording(self.state.trial, question), *more)
            if reply in commands:
                return reply or "enter"
            if reply == "?":
                self.console.say(*explanation(self.state, question), "")
            elif self._take(question, reply):
                return ""

    def ask_again(self, question: Question) -> str:
        """As `ask`, for what was answered: only a new answer replaces it.

        Says what is not used any more because of it.
        """
        before = self.state.unused()
        ended = self.ask(question, f"It was: {self._was(question)}. Enter keeps it.")
        if now := [name for name in self.state.unused() if name not in before]:
            listed = label_list(self.state.trial, now)
            self.console.say(f"Kept, but not used any more, because of this change: {listed}")
        return ended

    def _was(self, question: Question) -> str:
        if question.card is None:
            return as_given(self.state, question.elements[0].name)
        answered = (one for one in question.elements if one.name in self.state.answers)
        return ", ".join(f"{one.label} {as_given(self.state, one.name)}" for one in answered)

    def _take(self, question: Question, reply: str) -> bool:
        """Takes an answer; or says in one line what is wrong with it, and returns False."""
        on = self.state.on
        try:
            texts = texts_of(self.state.trial, question, reply)
            if question.card is None and not all(self._confirmed(*one) for one in texts):
                return False
            texts = [(one, in_dates(one, text, on)) for one, text in texts]
            stood_by = self._stood_by(texts)
            if stood_by is None or not self._written_down(stood_by):
                return False
        except ValueProblem as problem:
            self.console.say(no_answer(self.state.trial, question, reply, problem))
            return False
        if question.card is None and len(texts) > 1:
            taken = (f"{one.label} {as_given(self.state, one.name)}" for one, _ in texts)
            self.console.say(f"Taken: {', '.join(taken)}.")
        self.keep()
        return True

    def keep(self) -> None:
        """Writes the answers to the file, if there is one; says so if it cannot."""
        self.keeper.save(self.state)
        if self.keeper.problem:
            self.console.say(f"NOT SAVED: {self.keeper.problem}. Tried again at the next answer.")

    def _confirmed(self, element: Element, text: str) -> bool:
        """Reads back what is unusual, and what was not said as a date."""
        state = self.state
        dates = in_dates(element, text, state.on)
        told = []
        if dates != text:
            fact = read_value(state.trial, element, dates, state.on)
            told.append(read_back(element, text, fact, str(state.on)))
        if (warning := state.unusual(element, dates)) is not None:
            told.append(warning)
        return not told or self.console.yes(
            f"{'. '.join(one.rstrip('.') for one in told)}. Is this right?", _RIGHT
        )

    def _stood_by(self, texts: list[tuple[Element, str]]) -> list[tuple[Element, str]] | None:
        """The answers; each no against a yes of the record with the places it is said despite.

        None if one is not to stand.
        """
        found, evidence = [], self.state.screening.evidence
        for element, text in texts:
            places = says_yes(evidence, element.name)
            if places and text == "no":
                self.console.say(*record_lines(self.state, (element,)))
                question = f"{element.label}: the record says yes. Is it no all the same?"
                if not self.console.yes(question, _DESPITE):
                    return None
            found.append((element, _despite(text, places)))
        return found

    def _written_down(self, texts: list[tuple[Element, str]]) -> bool:
        """Takes answers. What one of them contradicts is set aside, if the user wants it."""
        try:
            self.state.answer(texts)
        except ContradictingAnswer as problem:
            if not problem.others:
                raise
            others = label_list(self.state.trial, problem.others)
            question = f"{str(problem).rstrip('.')}. Keep the new answer, and set aside {others}?"
            if not self.console.yes(question, _ASIDE):
                return False
            given = self.state.answers
            places = [given[n].where for n in problem.others if given[n].by == "record"]
            self.state.answer(
                [(one, _despite(text, places)) for one, text in texts], problem.others
            )
            self.console.say(f"Set aside, kept but not used: {others}")
        return True


def _despite(text: str, places: Iterable[str]) -> str:
    """A no, with the places in a record that it is said despite."""
    said, _, before = text.partition(f" {DESPITE} ")
    named = dict.fromkeys([*filter(None, before.split(", ")), *places])
    return f"no {DESPITE} {', '.join(named)}" if named and said == "no" else text
