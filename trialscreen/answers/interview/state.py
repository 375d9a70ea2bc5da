"""The answers of one interview, in the order they were given, and what they make of the patient."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from trialscreen.answers.files import of_another_version
from trialscreen.answers.values import read_value
from trialscreen.model.errors import InputError, ValueProblem
from trialscreen.model.facts import Fact
from trialscreen.model.trial import SCREENING_DATE, Element, Trial
from trialscreen.screening.edit_checks import review
from trialscreen.screening.evaluate import Evaluation
from trialscreen.screening.explain import in_use
from trialscreen.screening.screen import screen


class Entry(NamedTuple):
    """An answer as it was written, the fact it states (none is "unknown"), and notes on it."""

    text: str
    fact: Fact | None
    notes: Mapping[str, str] = {}


class Contradiction(ValueProblem):
    """An answer that cannot be right; together with the answers to `others`, if there are any."""

    def __init__(self, message: str, others: tuple[str, ...]) -> None:
        super().__init__(message)
        self.others = others


class Book:
    """Answers by element. A change is made whole or, if it contradicts another, not at all.

    `aside` are answers that were kept when another one contradicted them. Nothing is
    found from them, and what they answered can be asked again. `notes` stand beside each
    answer that is taken from now on.
    """

    def __init__(
        self,
        trial: Trial,
        on: date,
        entries: dict[str, Entry],
        aside: dict[str, Entry] | None = None,
        notes: Mapping[str, str] | None = None,
    ) -> None:
        self.trial, self.on, self.entries, self.aside = trial, on, entries, aside or {}
        self.notes = notes or {}
        self.screening = screen(trial, _facts(entries), on)

    def answer(self, texts: Iterable[tuple[Element, str]], set_aside: Iterable[str] = ()) -> None:
        """Takes answers, and sets others aside.

        Raises ValueProblem if one cannot be read, Contradiction if it contradicts another.
        """
        entries, aside = dict(self.entries), dict(self.aside)
        for name in set_aside:
            aside[name] = entries.pop(name)
        answered = set()
        for element, text in texts:
            entries.pop(element.name, None)
            aside.pop(element.name, None)
            fact = read_value(self.trial, element, text, self.on)
            entries[element.name] = Entry(text, fact, self.notes)
            answered.add(element.name)
        facts = _facts(entries)
        try:
            self.screening = screen(self.trial, facts, self.on)
        except InputError as error:
            raise Contradiction(_told(error), self._at_fault(facts, answered)) from None
        self.entries, self.aside = entries, aside

    def _at_fault(self, facts: Mapping[str, Fact], answered: set[str]) -> tuple[str, ...]:
        """The facts, other than those just answered, that have a part in a contradiction."""
        notices = review(self.trial, Evaluation(self.trial.elements, facts, self.on))
        names = {name for one in notices if one.level == "error" for name in one.elements}
        return tuple(name for name in facts if name in names - answered)

    def unused(self) -> tuple[str, ...]:
        """The answers without which every finding would be the same, all of them left out."""
        used = frozenset().union(*(in_use(finding.trace) for finding in self.screening.findings))
        return tuple(name for name in self.screening.facts if name not in used)

    def of_other_versions(self) -> tuple[str, ...]:
        """The answers that were taken under another version of the criteria file."""
        entries = self.entries.items()
        return tuple(name for name, one in entries if of_another_version(self.trial, one.notes))

    def unusual(self, element: Element, text: str) -> str | None:
        """The warning that this answer would bring by itself; None if there is none.

        Raises Contradiction if it cannot be right, whatever the other answers are.
        """
        fact = read_value(self.trial, element, text, self.on)
        if fact is None:
            return None
        try:
            notices = screen(self.trial, {element.name: fact}, self.on).notices
        except InputError as error:
            raise Contradiction(_told(error), ()) from None
        warnings = (one for one in notices if one.level == "warning")
        return next((one.message for one in warnings if SCREENING_DATE not in one.elements), None)

    def effects(self, texts: Iterable[tuple[Element, str]]) -> str:
        """What answers would decide, in a few words; empty if it is nothing."""
        facts = _facts(self.entries)
        for element, text in texts:
            fact = read_value(self.trial, element, text, self.on)
            if fact is not None:
                facts[element.name] = fact
        try:
            after = screen(self.trial, facts, self.on)
        except InputError:
            return "contradicts another answer"
        return ", ".join(
            f"{new.criterion.id} {'fails' if new in after.failing else 'passes'}"
            for old, new in zip(self.screening.findings, after.findings, strict=True)
            if new.passes is not old.passes and new.passes.known
        )


def _told(error: InputError) -> str:
    return "; ".join(problem.message for problem in error.problems)


def _facts(entries: Mapping[str, Entry]) -> dict[str, Fact]:
    return {name: one.fact for name, one in entries.items() if one.fact is not None}
