"""The answers as a list that can be read and corrected; texts out of values."""

import re
from collections.abc import Iterable, Iterator

from trialscreen.answers.files import ANSWERED, CRITERIA
from trialscreen.answers.interview.state import Book
from trialscreen.model.facts import Numbers, is_exact
from trialscreen.model.trial import Trial
from trialscreen.model.wording import show_fact

_NUMERAL = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_DIGITS = 3
"""Shown of a converted number; it is compared unrounded."""


def reviewed(book: Book) -> tuple[str, ...]:
    """The answered elements in the order of the review, which numbers them from 1."""
    trial = book.trial
    names = (e.name for s in trial.sections for e in trial.elements.values() if e.section == s.id)
    return tuple(name for name in names if name in book.entries)


def review(book: Book) -> Iterator[str]:
    """All answers by section, with their numbers; and those that nothing is found from."""
    trial, unused, section = book.trial, book.unused(), ""
    titles = {one.id: one.title for one in trial.sections}
    for n, name in enumerate(reviewed(book), 1):
        element = trial.elements[name]
        if element.section != section:
            section = element.section
            yield titles[section]
        yield answer_line(book, n, name)
    if unused:
        yield "Not used now: kept, but as things stand it changes no criterion."
    for name, entry in book.aside.items():
        yield f"Set aside: {labels(trial, (name,))} {entry.text}. It is kept, and not used."


def answer_line(book: Book, number: int, name: str) -> str:
    """One answer of the review."""
    note = " (not used now)" if name in book.unused() else ""
    return f"  {number:3}  {labels(book.trial, (name,))}: {as_given(book, name)}{note}"


def as_given(book: Book, name: str) -> str:
    """An answer as it is understood; one in another unit also as it was typed."""
    element, entry = book.trial.elements[name], book.entries[name]
    meant = show_fact(book.trial, element, entry.fact)
    if not isinstance(entry.fact, Numbers):
        return meant
    numerals = map(float, _NUMERAL.findall(entry.text))
    if not set(numerals).isdisjoint(map(float, _NUMERAL.findall(meant))):
        return meant
    if is_exact(entry.fact):
        value = float(f"{entry.fact.low:.{_DIGITS}g}")
        meant = show_fact(book.trial, element, Numbers(value, value))
    return f"{entry.text} ({meant})"


def labels(trial: Trial, names: Iterable[str]) -> str:
    return ", ".join(trial.elements[name].label for name in names)


def earlier_unknown(book: Book) -> Iterator[str]:
    """Which of the answers so far are "unknown", for they are not asked again."""
    names = [name for name, one in book.entries.items() if one.fact is None]
    if names:
        told = labels(book.trial, names)
        yield f"Answered unknown, and not asked again (r changes an answer): {told}"


def other_versions(book: Book) -> Iterator[str]:
    """That answers were taken under another version of the criteria file, and which."""
    names = book.of_other_versions()
    if not names:
        return
    yield "The criteria file has changed since these answers were taken. They are used as they are:"
    for name in names:
        notes = book.entries[name].notes
        day = notes.get(ANSWERED, "no date")
        yield f"  {labels(book.trial, (name,))}: {day}, criteria {notes[CRITERIA]}"
    yield "r reviews them."
