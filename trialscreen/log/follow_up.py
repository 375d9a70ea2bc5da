"""Follow-up from the log: who is due for screening, who awaits what, whose result would change.

Values that are merely unknown are not awaited: nobody has promised them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Literal, NamedTuple

from trialscreen.answers.later import carried, understood, understood_later
from trialscreen.answers.sampled import read_samples
from trialscreen.log.entry import (
    Kept,
    Outcome,
    ScreeningEntry,
    as_of,
    current,
    latest,
    outcome_of,
    standing,
    undecided,
)
from trialscreen.model.errors import InputError, Problem, refuse
from trialscreen.model.trial import Trial
from trialscreen.screening.samples import Stale, stale
from trialscreen.screening.screen import Screening, screen

# Who is due.


class Due(NamedTuple):
    """A subject to screen again from `day` on, when the `failed` criteria have cleared."""

    day: date
    entry: ScreeningEntry


def due(entries: Iterable[Kept]) -> list[Due]:
    """Subjects who fail now but will not later, if nothing else changes; earliest first.

    Excludes those who have since declined, withdrawn or been enrolled, but not screen failures.
    """
    kept = list(entries)
    decided = latest(standing(kept)).values()
    failures = {one.subject for one in decided if one.decision == "screen-failure"}
    subjects = failures.union(one.subject for one in undecided(kept))
    newest = latest(one for one in kept if isinstance(one, ScreeningEntry))
    found = [
        Due(entry.outcome.clears_on, entry)
        for entry in newest.values()
        if entry.outcome.clears_on is not None and entry.subject in subjects
    ]
    return sorted(found, key=lambda one: (one.day, one.entry.number))


# Who waits.

What = Literal["consent", "awaited values", "washout", "judgement", "stale values"]
"""`washout`: a failing criterion that clears by itself, whatever its window measures."""


class Wait(NamedTuple):
    """One thing that a subject waits for: since when, and until which day if that is known.

    `about`: the awaited sources or elements, the stale elements, or the criteria that clear.
    """

    what: What
    since: date
    until: date | None = None
    about: tuple[str, ...] = ()


class Waiting(NamedTuple):
    """A subject who waits, according to the latest screening."""

    entry: ScreeningEntry
    waits: tuple[Wait, ...]

    @property
    def since(self) -> date:
        return min(one.since for one in self.waits)

    @property
    def next_date(self) -> date | None:
        """The first day on which something is due; None if nothing has a date."""
        return min((one.until for one in self.waits if one.until is not None), default=None)


def queue(
    trial: Trial,
    entries: Iterable[Kept],
    on: date,
    full: Callable[[ScreeningEntry], ScreeningEntry],
) -> list[Waiting]:
    """Undecided subjects who may still take part and wait for something; the next due first.

    Uses entries dated `on` or earlier, with all corrections made since. `full` returns an entry
    with its answers, if those in `entries` have none.
    """
    kept = as_of(entries, on)
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
    """Since when, without interruption, a subject has been waiting for each thing."""
    found: dict[What, date] = {}
    going_on: set[What] = {"consent", "washout", "judgement"}
    for entry in sorted(screenings, key=lambda one: (one.on, one.number), reverse=True):
        waits: dict[What, bool] = {
            "consent": entry.stage == "before consent",
            "washout": entry.outcome.clears_on is not None,
            "judgement": entry.outcome.open == "judgement",
        }
        going_on &= {what for what, is_waited_for in waits.items() if is_waited_for}
        found |= dict.fromkeys(going_on, entry.on)
    return found


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


# Who would come out otherwise.

Cause = Literal["date", "criteria", "removed"]


class Flip(NamedTuple):
    """A criterion that came out otherwise: whether it passed, and whether it passes now.

    `was` and `now` are None for unknown; `cause` is the new criteria file where that alone
    changes it, else the later date; or `removed`, of what is no criterion of the new file.
    """

    id: str
    was: bool | None
    now: bool | None
    cause: Cause


class Again(NamedTuple):
    """One subject screened again. `now` is None if that is impossible; `problems` say why.

    If there is an outcome, `problems` name answers that could not be used. `stale` are the values
    that are too old by then.
    """

    entry: ScreeningEntry
    now: Outcome | None
    flips: tuple[Flip, ...] = ()
    problems: tuple[str, ...] = ()
    stale: tuple[Stale, ...] = ()

    @property
    def is_outdated(self) -> bool:
        """Whether a subject who is not ineligible has stale values."""
        return self.now is not None and self.now.verdict != "ineligible" and bool(self.stale)

    @property
    def is_changed(self) -> bool:
        """Whether the verdict, or what an undetermined verdict waits for, changed."""
        was = self.entry.outcome
        return self.now is not None and (was.verdict, was.open) != (self.now.verdict, self.now.open)

    @property
    def to_be_told(self) -> bool:
        """Whether the verdict changed or is not known, or a deciding answer could not be used."""
        return self.is_changed or self.now is None or bool(self.problems and self.flips)


def rescreen(
    trial: Trial,
    newest: Mapping[str, ScreeningEntry],
    entries: Iterable[ScreeningEntry],
    on: date,
    is_told: Callable[[Again], bool],
) -> list[Again]:
    """The `latest` screening of each subject, `rescreened`; `newest` need no details.

    `entries` have the details, and are read one at a time to save memory; so the changes of
    subjects that are not to be reported (`is_told`) are dropped.
    """
    found: dict[str, Again] = {}
    for entry in entries:
        kept = newest.get(entry.subject)
        if kept is not None and kept.number == entry.number:
            again = rescreened(trial, entry, on)._replace(entry=kept)
            found[entry.subject] = again if is_told(again) else again._replace(flips=(), stale=())
    if found.keys() != newest.keys():
        refuse("log rescreen", "the log was changed while it was read")
    return [found[subject] for subject in newest]


def rescreened(trial: Trial, entry: ScreeningEntry, on: date) -> Again:
    """Repeats a logged screening with its answers, by the criteria of `trial`, on day `on`."""
    if entry.stage != "full":
        return Again(entry, None, problems=("no answers are kept before consent",))
    if on < entry.on:
        return Again(entry, None, problems=(f"was screened later than that, on {entry.on}",))
    problems: list[Problem] = []
    answers = entry.answers
    before = understood(trial, answers, entry.on, problems)
    if problems:  # which say where; no log keeps that
        answers, problems = {name: one._replace(where=name) for name, one in answers.items()}, []
        before = understood(trial, answers, entry.on, problems)
    told = tuple(map(str, problems))
    try:
        then = screen(trial, before.facts, entry.on, before.samples)
        later = carried(trial, answers, entry.on, on, before).answers
        facts, samples = understood_later(trial, before, answers, later, on)
        now = screen(trial, facts, on, samples)
    except InputError as error:
        return Again(entry, None, problems=(*told, *map(str, error.problems)))
    flips = tuple(_flips(entry, then, now))
    return Again(entry, outcome_of(now), flips, told, now.stale)


def _flips(entry: ScreeningEntry, then: Screening, now: Screening) -> Iterable[Flip]:
    """The criteria that changed; `then` is the result by the new criteria on the old date."""
    was = {one.id: one.passes for one in entry.findings}
    for by_then, one in zip(then.findings, now.findings, strict=True):
        before = was.get(one.id)
        if one.passes is not before or one.id not in was:
            cause: Cause = "date" if by_then.passes is before else "criteria"
            yield Flip(one.id, before, one.passes, cause)
    left = {one.id for one in now.findings}
    for name, passed in was.items():
        if name not in left:
            yield Flip(name, passed, None, "removed")
