"""Whether a decision can be entered: what is impossible, and what needs a reason."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import groupby

from trialscreen.log.board import Cohorts
from trialscreen.log.entry import (
    CohortState,
    Decision,
    Kept,
    Outcome,
    ScreeningEntry,
    current,
    latest,
    places,
    standing,
)
from trialscreen.log.follow_up import rescreened
from trialscreen.log.store import Log
from trialscreen.model.errors import InputError, Problem, refuse
from trialscreen.model.trial import Trial
from trialscreen.text.characters import count_of, nearest, some


def checked(trial: Trial, log: Log, decision: Decision) -> Decision:
    """The decision as it can be entered now, with what speaks against it.

    Raises InputError if it contradicts an earlier one, or needs a reason and has none.
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

    A correction stands in the place of what it corrects. So it is held against what stands, and
    what was decided after that place, or is of a later day, is held against it.
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
    """Which of the known decisions makes one impossible that was made after them."""
    if (enrolled := _enrolment(known)) is None:
        return ""
    entered = f"was enrolled on {enrolled.on}, by entry {enrolled.number}"
    if decision.decision != "withdrawn":
        last = _last(known)
        later = "who leaves after that is withdrawn" if last is enrolled else "withdrawn later"
        return f"{entered}; {later}. {_CORRECT.format(last.number)}"
    return f"{entered}, after {decision.on}" if decision.on < enrolled.on else ""


def _last(known: Sequence[Decision]) -> Decision:
    """The last of the decisions of one subject, by its day."""
    return latest(known)[known[0].subject]


_CORRECT = "If that is wrong, correct it with --corrects {}"


def _against(
    trial: Trial, others: Sequence[Kept], decision: Decision, screening: ScreeningEntry | None
) -> Iterator[str]:
    """What a decision needs a reason for."""
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
    """Why a subject is not eligible on a day by a screening: as it was found, and as of then."""
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
    """An outcome that is not eligible, and why."""
    why = f"fails {', '.join(outcome.failed)}" if outcome.failed else f"{outcome.open} open"
    clears = "" if outcome.clears_on is None else f", until {outcome.clears_on}"
    return f"{outcome.verdict} ({why}{clears})"
