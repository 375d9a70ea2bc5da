"""Decisions and dose cohorts in the log: what is refused, what the board says, what comes back."""

import json
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deciding import CRITERIA, ELIGIBLE, add, enrolled, entry_of_case, state
from tests.logs import TRIAL, begun, screened
from trialscreen.log.board import board
from trialscreen.log.entry import CohortState, Correction, Decision, Kept, latest, standing
from trialscreen.log.seal import NO_SEAL, entry_of, sealed, texts
from trialscreen.log.store import open_log
from trialscreen.log.verify import Noted, verify
from trialscreen.model.errors import InputError

CASES = yaml.load(
    Path("tests/data/dose_cohorts.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader
)
ON = date(2026, 6, 1)
LOW, MEDIUM, HIGH = (one.name for one in TRIAL.registration.dose_cohorts)


@pytest.mark.parametrize("case", CASES, ids=[one["case"] for one in CASES])
def test_what_speaks_against_an_enrolment_is_told(tmp_path: Path, case: dict[str, Any]) -> None:
    with begun(tmp_path / "site.log") as log:
        for one in case["log"]:
            add(log, entry_of_case(one))
        before = len(list(log.every()))
        try:
            add(log, entry_of_case(case["try"]))
        except InputError as error:
            told = [one.message for one in error.problems]
        else:
            told = []
        for expected in case.get("told", ()):
            assert any(one.startswith(expected) for one in told), told
        reasonable = [one for one in told if not one.startswith("to enter it all the same")]
        assert len(reasonable) == len(case.get("told", ())), told
        assert len(list(log.every())) == before + (not told)


def test_a_reason_is_kept_with_what_spoke_against_it(tmp_path: Path) -> None:
    path = tmp_path / "site.log"
    with begun(path) as log:
        add(log, screened("S-1", {**ELIGIBLE, "weight": "unknown"}, ON))
        added = add(log, enrolled("S-1", MEDIUM, ON, "agreed with the sponsor"))
    with open_log(path) as log:
        found = log.entry(2)
    assert found == added
    assert isinstance(found, Decision)
    assert (found.reason, found.screening, len(found.despite)) == ("agreed with the sponsor", 1, 3)
    assert verify(path).faults == ()


def test_no_more_take_part_than_the_trial_is_registered_for(tmp_path: Path) -> None:
    most = TRIAL.registration.enrollment
    assert most is not None
    with begun(tmp_path / "site.log") as log:
        add(log, state(LOW, ON, places=most + 5))
        for number in range(most + 1):
            add(log, screened(f"S-{number}", ELIGIBLE, ON))
        for number in range(most):
            add(log, enrolled(f"S-{number}", LOW, ON))
        with pytest.raises(InputError) as error:
            add(log, enrolled(f"S-{most}", LOW, ON))
        with pytest.raises(InputError) as unnamed:
            add(log, enrolled(f"S-{most}", LOW, ON)._replace(dose_cohort=None))
    said = f"the trial is for {most} participants, and as many are enrolled"
    assert f"{LOW}: {said}" in [one.message for one in error.value.problems]
    assert said in [one.message for one in unnamed.value.problems]


@pytest.mark.parametrize(
    ("of", "told"),
    [(1, "entry 1 is a screening, not a decision"), (2, "entry 2 is a dose cohort state, not a")],
)
def test_a_decision_corrects_decisions_only(tmp_path: Path, of: int, told: str) -> None:
    with begun(tmp_path / "site.log") as log:
        add(log, screened("S-1", ELIGIBLE, ON))
        add(log, state(LOW, ON))
        with pytest.raises(InputError) as error:
            add(log, enrolled("S-1", LOW, ON)._replace(corrects=Correction(of, "typing error")))
    assert str(error.value.problems[0]).startswith(f"--corrects: {told}")


def test_a_correction_is_checked_without_what_it_corrects(tmp_path: Path) -> None:
    """The one place is held by the entry that is corrected, so it is free for the new one."""
    with begun(tmp_path / "site.log") as log:
        add(log, state(LOW, ON, places=1))
        add(log, screened("S-1", ELIGIBLE, ON))
        add(log, enrolled("S-1", LOW, date(2026, 6, 3)))
        right = enrolled("S-1", LOW, ON)._replace(corrects=Correction(3, "another day"))
        fourth = add(log, right)
        again = add(log, right._replace(corrects=Correction(4, "and another"), on=date(2026, 6, 2)))
        found = board(TRIAL, log.every(), date(2026, 6, 5))
    assert isinstance(fourth, Decision)
    assert isinstance(again, Decision)
    assert (fourth.despite, again.despite) == ((), ())
    assert [one.enrolled_on for one in found.cohorts[0].holders] == [date(2026, 6, 2)]  # by entry 5


# The board.


def entered(path: Path, *entries: Kept) -> list[Kept]:
    with begun(path) as log:
        for one in entries:
            add(log, one)
        return list(log.every())


def test_the_board_says_when_the_next_may_be_dosed(tmp_path: Path) -> None:
    kept = entered(
        tmp_path / "site.log",
        CohortState(LOW, ON, CRITERIA, "open", 2, 14, 28),
        *(screened(f"S-{number}", ELIGIBLE, ON) for number in (1, 2, 3)),
        enrolled("S-1", LOW, ON),
    )
    low, medium, _ = board(TRIAL, kept, date(2026, 6, 5)).cohorts
    assert (low.free, low.next_on) == (1, date(2026, 6, 15))
    assert [one.subject for one in low.holders] == ["S-1"]
    assert medium.next_on is None
    [undecided, other] = board(TRIAL, kept, date(2026, 6, 5)).undecided
    assert (undecided.subject, other.subject) == ("S-2", "S-3")
    assert board(TRIAL, kept, date(2026, 6, 15)).cohorts[0].obstacles == ()


def test_a_state_is_known_since_the_day_on_which_it_began(tmp_path: Path) -> None:
    days = [date(2026, 6, day) for day in (1, 4, 8)]
    kept = entered(
        tmp_path / "site.log",
        state(LOW, days[0], places=3),
        state(LOW, days[1], places=6),
        CohortState(LOW, days[2], CRITERIA, "suspended"),
    )
    known = [board(TRIAL, kept, day).cohorts[0].terms for day in days]
    since = [(one.state, one.since, one.places) for one in known]
    assert since == [("open", days[0], 3), ("open", days[0], 6), ("suspended", days[2], 6)]


def test_the_next_cohort_waits_for_the_last_observation(tmp_path: Path) -> None:
    kept = entered(
        tmp_path / "site.log",
        CohortState(LOW, ON, CRITERIA, "open", 2, 14, 28),
        *(screened(f"S-{number}", ELIGIBLE, ON) for number in (1, 2)),
        enrolled("S-1", LOW, ON),
        enrolled("S-2", LOW, date(2026, 6, 15)),
        CohortState(LOW, date(2026, 6, 16), CRITERIA, "completed"),
        CohortState(MEDIUM, date(2026, 6, 16), CRITERIA, "open"),
    )
    low, medium, high = board(TRIAL, kept, date(2026, 6, 20)).cohorts
    assert (low.next_on, medium.next_on, high.next_on) == (None, date(2026, 7, 13), None)
    assert (low.terms.state, low.terms.places, low.terms.since) == (
        "completed",
        2,
        date(2026, 6, 16),
    )


def test_a_board_of_an_earlier_day_knows_nothing_of_later_ones(tmp_path: Path) -> None:
    kept = entered(
        tmp_path / "site.log",
        state(LOW, ON, places=3),
        screened("S-1", ELIGIBLE, ON),
        enrolled("S-1", LOW, date(2026, 6, 3)),
    )
    found = board(TRIAL, kept, date(2026, 6, 2))
    assert (found.enrolled, found.cohorts[0].free) == (0, 3)
    assert [one.subject for one in found.undecided] == ["S-1"]
    assert board(TRIAL, kept, date(2026, 6, 3)).undecided == ()


def test_a_board_of_an_earlier_day_knows_what_was_corrected_since(tmp_path: Path) -> None:
    """Whatever the day of the correction is."""
    day = date(2026, 6, 10)
    moved = enrolled("S-1", LOW, date(2026, 6, 20))._replace(corrects=Correction(4, "misread"))
    back = Decision("S-2", date(2026, 11, 30), CRITERIA, "none", corrects=Correction(5, "typed"))
    entries: list[Kept] = [
        state(LOW, ON, places=3),
        screened("S-1", ELIGIBLE, ON),
        screened("S-2", ELIGIBLE, ON),
        enrolled("S-1", LOW, date(2026, 6, 3)),
        Decision("S-2", date(2026, 6, 5), CRITERIA, "declined"),
    ]
    before = board(TRIAL, entered(tmp_path / "before.log", *entries), day)
    assert ([one.subject for one in before.cohorts[0].holders], before.undecided) == (["S-1"], ())
    found = board(TRIAL, entered(tmp_path / "site.log", *entries, moved, back), day)
    assert found.cohorts[0].holders == ()
    assert {one.subject for one in found.undecided} == {"S-1", "S-2"}


def test_a_corrected_day_of_an_enrolment_leaves_the_withdrawal_behind_it(tmp_path: Path) -> None:
    day = date(2026, 6, 10)
    kept = entered(
        tmp_path / "site.log",
        state(LOW, ON, places=3),
        screened("S-1", ELIGIBLE, ON),
        enrolled("S-1", LOW, date(2026, 6, 2)),
        Decision("S-1", day, CRITERIA, "withdrawn"),
        enrolled("S-1", LOW, day)._replace(corrects=Correction(3, "misread")),
    )
    [holder] = board(TRIAL, kept, day).cohorts[0].holders
    assert (holder.enrolled_on, holder.withdrawn_on) == (day, day)
    assert latest(standing(kept))["S-1"].decision == "withdrawn"


def test_who_came_back_is_undecided_also_where_the_refusal_is_corrected(tmp_path: Path) -> None:
    declined = Decision("S-1", date(2026, 6, 2), CRITERIA, "declined")
    kept = entered(
        tmp_path / "site.log",
        screened("S-1", ELIGIBLE, ON),
        declined,
        screened("S-1", ELIGIBLE, date(2026, 6, 8)),
        declined._replace(on=date(2026, 6, 3), corrects=Correction(2, "misread")),
    )
    assert [one.number for one in board(TRIAL, kept, date(2026, 6, 9)).undecided] == [3]


# A log of before.


def test_an_older_log_is_read_verified_and_added_to(tmp_path: Path) -> None:
    path = tmp_path / "site.log"
    script = Path("tests/data/log_before_decisions.sql").read_text(encoding="utf-8")
    with closing(sqlite3.connect(path)) as db:
        db.executescript(script)
    noted = Noted(3, "2926075755685905")
    assert (verify(path, [noted]).entries, verify(path, [noted]).faults) == (3, ())
    with begun(path) as log:
        old = list(log.every())
        assert [(one.number, one.subject, one.outcome.verdict) for one in log.entries()] == [
            (1, "S-1", "ineligible"),
            (2, "S-1", "undetermined"),
            (3, "S-2", "ineligible"),
        ]
        assert [one.stage for one in log.entries()] == ["full", "full", "before consent"]
        add(log, state(LOW, date(2026, 6, 3)))
        add(log, Decision("S-1", date(2026, 6, 3), CRITERIA, "declined"))
        assert list(log.every())[:3] == old
    assert (verify(path, [noted]).entries, verify(path, [noted]).faults) == (5, ())


WRONG: dict[str, list[tuple[str, object]]] = {
    "decision": [
        *(("kind", "x"), ("decision", "x"), ("on", "x"), ("criteria", {}), ("despite", [1])),
        *((key, []) for key in ("subject", "dose_cohort", "by", "reason", "screening")),
        ("another", 1),
    ],
    "state": [
        *((key, "x") for key in ("kind", "state", "places", "sentinel_days")),
        *((key, 1) for key in ("dose_cohort", "at", "tool")),
    ],
}


@pytest.mark.parametrize(
    ("of", "key", "value"), [(of, *one) for of, cases in WRONG.items() for one in cases]
)
def test_what_no_decision_can_be_is_no_entry(of: str, key: str, value: object) -> None:
    made: Kept = enrolled("S-1", LOW, ON) if of == "decision" else state(LOW, ON)
    head, detail = texts(made)
    assert entry_of(sealed(1, NO_SEAL, None, head, detail)).on == ON
    wrong = json.dumps({**json.loads(head), key: value})
    try:
        found = entry_of(sealed(1, NO_SEAL, None, wrong, detail))
    except ValueError:
        return
    pytest.fail(f"taken: {found}")
