"""The dose cohorts: what the sponsor decided of each, who holds its places, who may be next.

Cohorts are dosed in the order in which they are registered. A participant who was dosed
keeps the place, also after a withdrawal. The day of an enrolment stands for that of the dose.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from trialscreen.log.entry import (
    CohortState,
    Decision,
    Kept,
    ScreeningEntry,
    State,
    as_of,
    current,
    standing,
    undecided,
)
from trialscreen.model.trial import Trial
from trialscreen.text.characters import count_of


class CohortTerms(NamedTuple):
    """What holds of a dose cohort; None is what nobody has decided. `since`: the state's day."""

    state: State | None = None
    since: date | None = None
    by: str = ""
    places: int | None = None
    sentinel_days: int | None = None
    observation_days: int | None = None


class Holder(NamedTuple):
    """Who holds a place, since when; and when that participant withdrew after the dose."""

    subject: str
    enrolled_on: date
    withdrawn_on: date | None


class Obstacle(NamedTuple):
    """Why nobody may be dosed in a cohort; `until` that day, if it passes by itself."""

    why: str
    until: date | None = None


class CohortBoard(NamedTuple):
    """One dose cohort. `next_on` is the first day from `on` for the next; None if none is sure."""

    name: str
    terms: CohortTerms
    holders: tuple[Holder, ...]
    obstacles: tuple[Obstacle, ...]
    next_on: date | None

    @property
    def free(self) -> int | None:
        """Places that nobody holds; None if the number of places is not decided."""
        places = self.terms.places
        return None if places is None else max(places - len(self.holders), 0)


class Board(NamedTuple):
    """All dose cohorts on one day; `enrollment` is how many participants the trial has room for.

    `undecided`: who was eligible at the newest screening, and waits for a decision.
    """

    on: date
    cohorts: tuple[CohortBoard, ...]
    enrolled: int
    enrollment: int | None
    undecided: tuple[ScreeningEntry, ...]


class Cohorts:
    """The dose cohorts of a trial, as a log tells of them."""

    def __init__(self, trial: Trial, entries: Iterable[Kept]) -> None:
        kept = list(entries)
        self.names = [one.name for one in trial.registration.dose_cohorts]
        self.enrollment = trial.registration.enrollment
        states = [one for one in kept if isinstance(one, CohortState)]
        self.states = sorted(current(states), key=lambda one: (one.on, one.number))
        self.holders = list(_holders(standing(kept)))

    def held(self, name: str) -> list[Holder]:
        return [one for cohort, one in self.holders if cohort == name]

    def terms(self, name: str, on: date) -> CohortTerms:
        """What holds of a cohort on a day."""
        terms = CohortTerms()
        for one in self.states:
            if one.dose_cohort == name and one.on <= on:
                numbers = ("places", "sentinel_days", "observation_days")
                given = {key: value for key in numbers if (value := getattr(one, key)) is not None}
                since = terms.since if terms.state == one.state else one.on
                terms = terms._replace(state=one.state, since=since, by=one.by, **given)
        return terms

    def obstacles(self, name: str, on: date) -> Iterator[Obstacle]:
        """Whatever speaks against a dose in this cohort on this day."""
        terms = self.terms(name, on)
        earlier = self.names[: self.names.index(name)]
        if terms.state != "open":
            said = f"{terms.state} since {terms.since}" if terms.state else "nothing is decided"
            yield Obstacle(f"not open: {said}")
        completed = [one for one in earlier if self.terms(one, on).state == "completed"]
        if first := [one for one in earlier if one not in completed]:
            yield Obstacle(f"{' and '.join(first)} must be completed first")
        if terms.places is not None and len(self.held(name)) >= terms.places:
            yield Obstacle(f"{count_of(terms.places, 'place')}, and none is free")
        yield from self.trial_is_full()
        yield from self._too_early(name, terms.sentinel_days or 0, on)
        for one in completed:
            yield from self._observed(one, on)

    def trial_is_full(self) -> Iterator[Obstacle]:
        """Whether as many take part as the trial is registered for."""
        if self.enrollment is not None and len(self.holders) >= self.enrollment:
            participants = count_of(self.enrollment, "participant")
            yield Obstacle(f"the trial is for {participants}, and as many are enrolled")

    def _too_early(self, name: str, sentinel_days: int, on: date) -> Iterator[Obstacle]:
        """A dose within the sentinel interval of another, before or after it."""
        for one in self.held(name):
            if abs((on - one.enrolled_on).days) < sentinel_days:
                until = one.enrolled_on + timedelta(days=sentinel_days)
                days = count_of(sentinel_days, "day")
                yield Obstacle(f"{_dosed(one)}; {days} between two doses", until)

    def _observed(self, name: str, on: date) -> Iterator[Obstacle]:
        """The observation of an earlier cohort's last participant, while it lasts."""
        if held := self.held(name):
            days = self.terms(name, on).observation_days or 0
            last = max(held, key=lambda one: one.enrolled_on)
            until = last.enrolled_on + timedelta(days=days)
            if on < until:
                observed = count_of(days, "day")
                yield Obstacle(f"{_dosed(last)}; {name} is observed for {observed}", until)


def board(trial: Trial, entries: Iterable[Kept], on: date) -> Board:
    """The board on a day, from what was screened and decided by then, as it is known by now."""
    kept = as_of(entries, on)
    cohorts = Cohorts(trial, kept)

    def board_of(name: str) -> CohortBoard:
        found = tuple(cohorts.obstacles(name, on))
        days = [one.until for one in found]
        next_on = max((on, *(day for day in days if day))) if None not in days else None
        held = tuple(cohorts.held(name))
        return CohortBoard(name, cohorts.terms(name, on), held, found, next_on)

    waiting = tuple(one for one in undecided(kept) if one.outcome.verdict == "eligible")
    boards = tuple(map(board_of, cohorts.names))
    return Board(on, boards, len(cohorts.holders), cohorts.enrollment, waiting)


def _holders(standing: Sequence[Decision]) -> Iterator[tuple[str | None, Holder]]:
    """Who was enrolled into which dose cohort, by day, less who withdrew before the dose."""
    by_day = sorted(standing, key=lambda one: one.on)  # of one day, in their places
    for at, one in enumerate(by_day):
        if one.decision != "enrolled":
            continue
        later = (each for each in by_day[at:] if each.subject == one.subject)
        left = next((each for each in later if each.decision == "withdrawn"), None)
        if left is None or not left.not_dosed:
            yield one.dose_cohort, Holder(one.subject, one.on, None if left is None else left.on)


def _dosed(one: Holder) -> str:
    return f"{one.subject} was dosed on {one.enrolled_on}"
