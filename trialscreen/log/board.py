"""The dose cohort board: each cohort's state, who holds its places, who may be dosed next.

Cohorts are dosed in the order of registration. A participant who was dosed keeps the place even
after withdrawing. The date of enrolment is taken as the date of the dose. `checked` decides whether
a decision can be entered: what is impossible, and what needs a reason.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import NamedTuple

from trialscreen.log.entry import (
    CohortState,
    Decision,
    Kept,
    Outcome,
    ScreeningEntry,
    State,
    as_of,
    current,
    latest,
    places,
    standing,
    undecided,
)
from trialscreen.log.follow_up import rescreened
from trialscreen.log.store import Log
from trialscreen.model.errors import InputError, Problem, refuse
from trialscreen.model.trial import Trial
from trialscreen.text.characters import count_of, nearest, some


class CohortTerms(NamedTuple):
    """A dose cohort's current terms; None if not decided. `since`: the date of its state."""

    state: State | None = None
    since: date | None = None
    by: str = ""
    places: int | None = None
    sentinel_days: int | None = None
    observation_days: int | None = None


class Holder(NamedTuple):
    """Who holds a place, since when, and when that participant withdrew after the dose, if so."""

    subject: str
    enrolled_on: date
    withdrawn_on: date | None


class Obstacle(NamedTuple):
    """Why nobody may be dosed in a cohort; `until`: the day it ends by itself, if it does."""

    why: str
    until: date | None = None


class CohortBoard(NamedTuple):
    """One dose cohort. `next_on`: the first day for the next dose; None if not certain."""

    name: str
    terms: CohortTerms
    holders: tuple[Holder, ...]
    obstacles: tuple[Obstacle, ...]
    next_on: date | None

    @property
    def free(self) -> int | None:
        """The number of free places; None if the number of places is not decided."""
        places = self.terms.places
        return None if places is None else max(places - len(self.holders), 0)


class Board(NamedTuple):
    """All dose cohorts on one day; `enrollment` is the trial's planned number of participants.

    `undecided`: subjects eligible at their latest screening who await a decision.
    """

    on: date
    cohorts: tuple[CohortBoard, ...]
    enrolled: int
    enrollment: int | None
    undecided: tuple[ScreeningEntry, ...]


class Cohorts:
    """The dose cohorts of a trial, according to a log."""

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
        """A cohort's terms on a day."""
        terms = CohortTerms()
        for one in self.states:
            if one.dose_cohort == name and one.on <= on:
                numbers = ("places", "sentinel_days", "observation_days")
                given = {key: value for key in numbers if (value := getattr(one, key)) is not None}
                since = terms.since if terms.state == one.state else one.on
                terms = terms._replace(state=one.state, since=since, by=one.by, **given)
        return terms

    def obstacles(self, name: str, on: date) -> Iterator[Obstacle]:
        """Everything that prevents a dose in this cohort on this day."""
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
        """Yields an obstacle if the registered number of participants is reached."""
        if self.enrollment is not None and len(self.holders) >= self.enrollment:
            participants = count_of(self.enrollment, "participant")
            yield Obstacle(f"the trial is for {participants}, and as many are enrolled")

    def _too_early(self, name: str, sentinel_days: int, on: date) -> Iterator[Obstacle]:
        """Yields an obstacle if another dose is within the sentinel interval, before or after."""
        for one in self.held(name):
            if abs((on - one.enrolled_on).days) < sentinel_days:
                until = one.enrolled_on + timedelta(days=sentinel_days)
                days = count_of(sentinel_days, "day")
                yield Obstacle(f"{_dosed(one)}; {days} between two doses", until)

    def _observed(self, name: str, on: date) -> Iterator[Obstacle]:
        """Yields an obstacle while an earlier cohort's last participant is under observation."""
        if held := self.held(name):
            days = self.terms(name, on).observation_days or 0
            last = max(held, key=lambda one: one.enrolled_on)
            until = last.enrolled_on + timedelta(days=days)
            if on < until:
                observed = count_of(days, "day")
                yield Obstacle(f"{_dosed(last)}; {name} is observed for {observed}", until)


def board(trial: Trial, entries: Iterable[Kept], on: date) -> Board:
    """The board on a day, from screenings and decisions up to then, with later corrections."""
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
    """Who was enrolled into which dose cohort, by day, without those who withdrew undosed."""
    by_day = sorted(standing, key=lambda one: one.on)  # stable: those of one day keep their order
    for at, one in enumerate(by_day):
        if one.decision != "enrolled":
            continue
        later = (each for each in by_day[at:] if each.subject == one.subject)
        left = next((each for each in later if each.decision == "withdrawn"), None)
        if left is None or not left.not_dosed:
            yield one.dose_cohort, Holder(one.subject, one.on, None if left is None else left.on)


def _dosed(one: Holder) -> str:
    return f"{one.subject} was dosed on {one.enrolled_on}"


def checked(trial: Trial, log: Log, decision: Decision) -> Decision:
    """The decision, with `despite` listing what speaks against it.

    Raises InputError if it contradicts another decision, or needs a reason and has none.
    """
    every = list(log.every(details=False))
    corrected = None if decision.corrects is None else decision.corrects.of
    others = [one for one in current(every) if one.number != corrected]
    where = f"log decide {decision.subject}"
    if message := _contradicts(every, decision):
        refuse(where, message)
    screenings = [one for one in others if isinstance(one, ScreeningEntry)]
    newest = latest(one for one in screenings if one.on <= decision.on).get(decision.subject)
    screening = None if newest is None else log.entry(newest.number)
    assert not isinstance(screening, Decision | CohortState)
    despite = tuple(_against(trial, others, decision, screening))
    reason = decision.reason if decision.corrects is None else decision.corrects.reason
    if despite and not reason.strip():
        subjects = {one.subject for one in every if isinstance(one, ScreeningEntry)}
        hint = "" if decision.subject in subjects else nearest(decision.subject, subjects)
        how = f"to enter it all the same, say why with --reason TEXT{hint and f'.{hint}'}"
        raise InputError([Problem(where, one) for one in (*despite, how)])
    return decision._replace(despite=despite, screening=newest and newest.number)


def _contradicts(entries: Sequence[Kept], decision: Decision) -> str:
    """Which decision makes this one impossible; empty if none.

    A correction takes the place of the entry it corrects. It must fit the decisions before that
    place, and those after it, or of a later day, must fit the correction.
    """
    of = None if decision.corrects is None else decision.corrects.of
    known = [one for one in standing(entries) if one.subject == decision.subject]
    corrected = next((one for one in known if one.number == of), None)
    others = [one for one in known if one is not corrected]
    place = places(entries)
    since = None if of is None else place[of]

    def is_later(one: Decision) -> bool:
        return one.on > decision.on or (since is not None and place[one.number] > since)

    if others and decision.decision != "none":
        if (last := _last(others)).decision == decision.decision:
            return f"entry {last.number} says so already. {_CORRECT.format(last.number)}"
        if message := _cannot_follow(others, decision):
            return message
    before = [one for one in others if not is_later(one)]
    before += [decision] if decision.decision != "none" else []
    for one in filter(is_later, others):
        left_none = one.decision == "withdrawn" and _enrolment(before) is None
        was_enrolled = corrected is not None and corrected.decision == "enrolled"
        if (left_none and was_enrolled) or _cannot_follow(before, one):
            return f"entry {one.number} says {one.decision} on {one.on}; correct that one first"
        before.append(one)
    return ""


def _enrolment(known: Iterable[Decision]) -> Decision | None:
    return next((one for one in known if one.decision == "enrolled"), None)


def _cannot_follow(known: Sequence[Decision], decision: Decision) -> str:
    """Which of the known decisions rules out a later one; empty if none."""
    if (enrolled := _enrolment(known)) is None:
        return ""
    entered = f"was enrolled on {enrolled.on}, by entry {enrolled.number}"
    if decision.decision != "withdrawn":
        last = _last(known)
        later = "who leaves after that is withdrawn" if last is enrolled else "withdrawn later"
        return f"{entered}; {later}. {_CORRECT.format(last.number)}"
    return f"{entered}, after {decision.on}" if decision.on < enrolled.on else ""


def _last(known: Sequence[Decision]) -> Decision:
    """The latest decision, by date, of those about one subject."""
    return latest(known)[known[0].subject]


_CORRECT = "If that is wrong, correct it with --corrects {}"


def _against(
    trial: Trial, others: Sequence[Kept], decision: Decision, screening: ScreeningEntry | None
) -> Iterator[str]:
    """What speaks against a decision, so that it needs a reason."""
    if decision.decision == "none":
        return
    if screening is None:
        yield f"there is no screening of {decision.subject} by {decision.on} in this log"
    if decision.decision == "screen-failure" and screening and screening.stage != "full":
        yield (
            f"entry {screening.number}, the newest screening, is from before consent, when nobody"
            " is a screen failure yet; who does not want to take part has declined"
        )
    if decision.decision != "enrolled":
        return
    if screening is not None:
        yield from _not_eligible(trial, screening, decision.on)
    cohorts, name = Cohorts(trial, others), decision.dose_cohort
    if name is None:  # a trial without dose cohorts
        yield from (one.why for one in cohorts.trial_is_full())
        return
    for one in cohorts.obstacles(name, decision.on):
        until = "" if one.until is None else f", until {one.until}"
        yield f"{name}: {one.why}{until}"


def _not_eligible(trial: Trial, screening: ScreeningEntry, on: date) -> Iterator[str]:
    """Why a subject is not eligible by a screening: as found at the time, and as of that day."""
    found = f"entry {screening.number}, the newest screening, found the subject"
    if screening.outcome.verdict != "eligible":
        yield f"{found} {_words(screening.outcome)} on {screening.on}"
        return
    again = rescreened(trial, screening, on)
    for problem in again.problems:
        yield f"the answers of entry {screening.number} cannot be used on {on}: {problem}"
    if again.now is not None and again.now.verdict != "eligible":
        yield f"{found} eligible; with the same answers it is {_words(again.now)} on {on}"
    by_day = sorted(again.stale, key=lambda one: one.day)
    for day, old in groupby(by_day, lambda one: one.day):
        names = [one.element for one in old]
        values = count_of(len(names), "value is", "values are")
        yield f"{values} stale on {on}, of {day} (entry {screening.number}): {some(names)}"


def _words(outcome: Outcome) -> str:
    """An outcome other than eligible, and why, as text."""
    why = f"fails {', '.join(outcome.failed)}" if outcome.failed else f"{outcome.open} open"
    clears = "" if outcome.clears_on is None else f", until {outcome.clears_on}"
    return f"{outcome.verdict} ({why}{clears})"
