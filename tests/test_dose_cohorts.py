"""Dose cohorts filled at random: what is never so without a reason, and when the next may be."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from tests.deciding import CRITERIA, enrolled
from tests.logs import TRIAL
from tests.sizes import examples
from trialscreen.log.board import Cohorts, board
from trialscreen.log.entry import CohortState, Decision, Kept, State

NAMES = [one.name for one in TRIAL.registration.dose_cohorts]
START = date(2026, 1, 1)
STATES: tuple[State, ...] = ("open", "open", "suspended", "completed")
SMALL = TRIAL.registration._replace(enrollment=5)
FEW = replace(TRIAL, registration=SMALL)


class Step(NamedTuple):
    """So many days later: a state of a cohort, an enrolment into it, or a withdrawal."""

    days: int
    what: str
    cohort: int
    state: State
    terms: tuple[int | None, int | None, int | None]
    not_dosed: bool


few_days = st.one_of(st.none(), st.integers(0, 9))
steps = st.builds(
    Step,
    st.integers(0, 6),
    st.sampled_from(["state", "enrol", "enrol", "enrol", "withdraw"]),
    st.sampled_from([0, 0, 0, 1, 1, 2]),
    st.sampled_from(STATES),
    st.tuples(st.one_of(st.none(), st.integers(1, 4)), few_days, few_days),
    st.booleans(),
)


def entered(plan: Sequence[Step]) -> list[Kept]:
    """The log of a site that enters nothing that would need a reason."""
    kept: list[Kept] = []
    day = START
    for number, step in enumerate(plan, 1):
        day += timedelta(days=step.days)
        name = NAMES[step.cohort]
        one: Kept | None = None
        if step.what == "state":
            one = CohortState(name, day, CRITERIA, step.state, *step.terms)
        elif step.what == "enrol" and not any(Cohorts(FEW, kept).obstacles(name, day)):
            one = enrolled(f"S-{number}", name, day)
        elif step.what == "withdraw" and (held := Cohorts(FEW, kept).held(name)):
            who = held[-1].subject
            if held[-1].withdrawn_on is None:
                one = Decision(who, day, CRITERIA, "withdrawn", not_dosed=step.not_dosed)
        if one is not None:
            kept.append(one._replace(number=number))
    return kept


def terms_then(kept: Sequence[Kept], name: str, on: date, what: str) -> Any:
    """What was decided last of a cohort by a day, found without the board."""
    told = (
        getattr(one, what)
        for one in kept
        if isinstance(one, CohortState) and one.dose_cohort == name and one.on <= on
    )
    known = [value for value in told if value is not None]
    return known[-1] if known else None


@given(st.lists(steps, max_size=40))
@examples(2000, 60)
def test_without_a_reason_no_place_is_given_twice_and_none_too_early(plan: list[Step]) -> None:
    kept = entered(plan)
    undosed = {one.subject for one in kept if isinstance(one, Decision) and one.not_dosed}
    doses = [one for one in kept if isinstance(one, Decision) and one.decision == "enrolled"]
    for index, one in enumerate(doses):
        before = kept[: kept.index(one)]
        gone = {e.subject for e in before if isinstance(e, Decision) and e.not_dosed}
        others = [other for other in doses[:index] if other.subject not in gone]
        same = [other for other in others if other.dose_cohort == one.dose_cohort]
        cohort = str(one.dose_cohort)
        places = terms_then(before, cohort, one.on, "places")
        assert places is None or len(same) < places
        assert len(others) < 5
        apart = terms_then(before, cohort, one.on, "sentinel_days") or 0
        assert all((one.on - other.on).days >= apart for other in same)
        for earlier in NAMES[: NAMES.index(cohort)]:
            assert terms_then(before, earlier, one.on, "state") == "completed"
            watched = terms_then(before, earlier, one.on, "observation_days") or 0
            last = [other.on for other in others if other.dose_cohort == earlier]
            assert not last or (one.on - max(last)).days >= watched
    found = board(FEW, kept, date.max)
    held = {one.subject for cohort in found.cohorts for one in cohort.holders}
    assert held == {one.subject for one in doses} - undosed


@given(st.lists(steps, max_size=40), st.integers(0, 30))
@examples(2000, 60)
def test_the_next_day_is_the_first_on_which_nothing_speaks_against_it(
    plan: list[Step], days: int
) -> None:
    kept = entered(plan)
    last = kept[-1].on if kept else START
    on = last + timedelta(days=days)
    cohorts = Cohorts(FEW, kept)
    for one in board(FEW, kept, on).cohorts:
        later = [on + timedelta(days=more) for more in range(40)]
        free = [day for day in later if not any(cohorts.obstacles(one.name, day))]
        assert one.next_on == (free[0] if free else None)
        assert (not one.obstacles) == (one.next_on == on)
