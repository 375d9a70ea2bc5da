"""The answers of one interview, in the order they were given, and what they make of the patient."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from trialscreen.errors import InputError, ValueProblem
from trialscreen.fact import Fact
from trialscreen.screening import Screening, screen
from trialscreen.trial import Element, Trial
from trialscreen.values import read_value


class Entry(NamedTuple):
    """An answer as it was written, and the fact it states; no fact is "unknown".

    `notes` say when, and for which criteria version, an earlier session took it.
    """

    text: str
    fact: Fact | None
    notes: Mapping[str, str] = {}


class Book:
    """Answers by element. A change is made whole or, if it contradicts another, not at all."""

    def __init__(self, trial: Trial, on: date, entries: dict[str, Entry]) -> None:
        self.trial, self.on, self.entries = trial, on, entries
        self.screening = self._screen(entries)

    def _screen(self, entries: dict[str, Entry]) -> Screening:
        facts = {name: one.fact for name, one in entries.items() if one.fact is not None}
        return screen(self.trial, facts, self.on)

    def answer(self, texts: Iterable[tuple[Element, str]]) -> None:
        """Takes answers. Raises ValueProblem if one cannot be read or contradicts another."""
        entries = dict(self.entries)
        for element, text in texts:
            entries.pop(element.name, None)
            entries[element.name] = Entry(text, read_value(self.trial, element, text, self.on))
        try:
            self.screening = self._screen(entries)
        except InputError as error:
            raise ValueProblem("; ".join(problem.message for problem in error.problems)) from None
        self.entries = entries

    def take_back(self, names: Iterable[str]) -> None:
        """Forgets answers; fewer answers contradict nothing."""
        entries = {name: one for name, one in self.entries.items() if name not in set(names)}
        self.screening, self.entries = self._screen(entries), entries

    def unusual(self, element: Element, text: str) -> str | None:
        """The warning that this answer would bring by itself; None if there is none."""
        fact = read_value(self.trial, element, text, self.on)
        if fact is None:
            return None
        notices = screen(self.trial, {element.name: fact}, self.on).notices
        return next(
            (
                one.message
                for one in notices
                if element.name in one.elements and one.level == "warning"
            ),
            None,
        )

    def effects(self, element: Element, text: str) -> str:
        """What an answer would decide, in a few words."""
        fact = read_value(self.trial, element, text, self.on)
        facts = {name: one.fact for name, one in self.entries.items() if one.fact is not None}
        if fact is not None:
            facts[element.name] = fact
        try:
            after = screen(self.trial, facts, self.on)
        except InputError:
            return "contradicts another answer"
        changed = [
            f"{new.criterion.id} {'fails' if new in after.failing else 'passes'}"
            for old, new in zip(self.screening.findings, after.findings, strict=True)
            if new.passes is not old.passes and new.passes.known
        ]
        return ", ".join(changed) or "decides nothing by itself"
