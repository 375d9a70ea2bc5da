"""Who waits, and for what: subjects who may still take part, and of whom nothing is decided.

What is merely unknown is not waited for: nobody has promised it.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from typing import Literal, NamedTuple

from trialscreen.answers.later import carried
from trialscreen.answers.sampled import read_samples
from trialscreen.log.board import undecided
from trialscreen.log.decisions import Kept
from trialscreen.log.entry import Entry
from trialscreen.model.trial import Trial
from trialscreen.screening.samples import Stale, stale

What = Literal["consent", "awaited values", "washout", "judgement", "stale values"]
"""`washout` is a failing criterion that clears by itself, whatever its window counts."""


class Wait(NamedTuple):
    """One thing that a subject waits for: since when, until which day if that is known.

    `about` are the sources or elements that are awaited, the elements that are stale, or the
    criteria that clear.
    """

    what: What
    since: date
    until: date | None = None
    about: tuple[str, ...] = ()


class Waiting(NamedTuple):
    """A subject who waits, by the newest screening."""

    entry: Entry
    waits: tuple[Wait, ...]

    @property
    def since(self) -> date:
        return min(one.since for one in self.waits)

    @property
    def next_date(self) -> date | None:
        """The first day on which something is due; None if nothing has a day."""
        return min((one.until for one in self.waits if one.until is not None), default=None)


def queue(
    trial: Trial, entries: Iterable[Kept], on: date, full: Callable[[Entry], Entry]
) -> list[Waiting]:
    """Who waits on a day, by what was entered of it and the days before; the next due first.

    `full` gives an entry with its answers, where `entries` have none.
    """
    kept = [one for one in entries if one.on <= on]
    found = [
        Waiting(entry, waits)
        for entry in undecided(kept)
        if (waits := tuple(_waits(trial, entry, on, full)))
    ]
    return sorted(found, key=lambda one: (one.next_date or date.max, one.since, one.entry.number))


def _waits(trial: Trial, entry: Entry, on: date, full: Callable[[Entry], Entry]) -> Iterator[Wait]:
    outcome = entry.outcome
    fails = outcome.verdict == "ineligible"
    if fails and outcome.clears_on is None:
        return
    if entry.stage == "before consent":
        yield Wait("consent", entry.on)
    if entry.awaited:
        about = tuple(one.element or one.source for one in entry.awaited)
        yield Wait("awaited values", min(one.since for one in entry.awaited), None, about)
    if fails:
        yield Wait("washout", entry.on, outcome.clears_on, outcome.failed)
    if outcome.open == "judgement":
        yield Wait("judgement", entry.on)
    if not fails and entry.stage == "full" and (old := _stale(trial, full(entry), on)):
        since = min(map(_stale_from, old))
        yield Wait("stale values", since, since, tuple(one.element for one in old))


def _stale(trial: Trial, entry: Entry, on: date) -> tuple[Stale, ...]:
    answers = carried(trial, entry.answers, entry.on, on).answers
    return stale(trial.elements, read_samples(trial, answers, on, []).days, on)


def _stale_from(one: Stale) -> date:
    """The first day on which the value is stale."""
    day = one.valid_for.after(one.date.high)
    while not one.date.high < one.valid_for.before(day):  # months are of several lengths
        day += timedelta(days=1)
    return day
