"""Who waits, and for what: subjects who may still take part, and of whom nothing is decided.

What is merely unknown is not waited for: nobody has promised it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Literal, NamedTuple

from trialscreen.answers.later import carried
from trialscreen.answers.sampled import read_samples
from trialscreen.log.board import undecided
from trialscreen.log.decisions import Kept
from trialscreen.log.entry import ScreeningEntry
from trialscreen.log.follow_up import current
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

    entry: ScreeningEntry
    waits: tuple[Wait, ...]

    @property
    def since(self) -> date:
        return min(one.since for one in self.waits)

    @property
    def next_date(self) -> date | None:
        """The first day on which something is due; None if nothing has a day."""
        return min((one.until for one in self.waits if one.until is not None), default=None)


def queue(
    trial: Trial,
    entries: Iterable[Kept],
    on: date,
    full: Callable[[ScreeningEntry], ScreeningEntry],
) -> list[Waiting]:
    """Who waits on a day, by what was entered of it and the days before; the next due first.

    `full` gives an entry with its answers, where `entries` have none.
    """
    kept = [one for one in entries if one.on <= on]
    screenings: dict[str, list[ScreeningEntry]] = {}
    for one in current(one for one in kept if isinstance(one, ScreeningEntry)):
        screenings.setdefault(one.subject, []).append(one)
    found = [
        Waiting(entry, waits)
        for entry in undecided(kept)
        if (waits := tuple(_waits(trial, entry, on, _since(screenings[entry.subject]), full)))
    ]
    return sorted(found, key=lambda one: (one.next_date or date.max, one.since, one.entry.number))


def _since(screenings: Iterable[ScreeningEntry]) -> Mapping[What, date]:
    """Since when a subject waits for what the newest screening waits for, without a break."""
    earlier = sorted(screenings, key=lambda one: (one.on, one.number), reverse=True)
    found: dict[What, date] = {}
    going_on = _goes_on(earlier[0])
    for entry in earlier:
        going_on &= _goes_on(entry)
        found |= dict.fromkeys(going_on, entry.on)
    return found


def _goes_on(entry: ScreeningEntry) -> set[What]:
    """Of what a screening waits for, that which an earlier one may have waited for already."""
    outcome, waits = entry.outcome, set[What]()
    if entry.stage == "before consent":
        waits.add("consent")
    if outcome.clears_on is not None:
        waits.add("washout")
    if outcome.open == "judgement":
        waits.add("judgement")
    return waits


def _waits(
    trial: Trial,
    entry: ScreeningEntry,
    on: date,
    since: Mapping[What, date],
    full: Callable[[ScreeningEntry], ScreeningEntry],
) -> Iterator[Wait]:
    outcome = entry.outcome
    fails = outcome.verdict == "ineligible"
    if fails and outcome.clears_on is None:
        return
    if entry.stage == "before consent":
        yield Wait("consent", since["consent"])
    if entry.awaited:
        about = tuple(one.element or one.source for one in entry.awaited)
        yield Wait("awaited values", min(one.since for one in entry.awaited), None, about)
    if fails:
        yield Wait("washout", since["washout"], outcome.clears_on, outcome.failed)
    if outcome.open == "judgement":
        yield Wait("judgement", since["judgement"])
    if not fails and entry.stage == "full" and (old := _stale(trial, full(entry), on)):
        first = min(day for one in old if (day := one.valid_for.leaves(one.date.high)))
        yield Wait("stale values", first, first, tuple(one.element for one in old))


def _stale(trial: Trial, entry: ScreeningEntry, on: date) -> tuple[Stale, ...]:
    answers = carried(trial, entry.answers, entry.on, on).answers
    return stale(trial.elements, read_samples(trial, answers, on, []).days, on)
