"""Entries of a log as cases write them: screenings, decisions, states of dose cohorts."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from tests.logs import TOOL, TRIAL, screened
from trialscreen.answers.answers_file import read_answers
from trialscreen.log.board import checked
from trialscreen.log.entry import CohortState, Correction, Decision, Kept, criteria_of
from trialscreen.log.store import Log

CRITERIA = criteria_of(TRIAL)
ELIGIBLE: Mapping[str, str] = {
    name: one.text
    for name, one in read_answers("docs/patients/eligible.yaml", []).items()
    if name != "screening_date"
}
_DECISIONS = ("enrolled", "declined", "withdrawn", "screen-failure", "none")


def entry_of_case(case: Mapping[str, Any]) -> Kept:
    """What a case of `dose_cohorts.yaml` writes as an entry."""
    given = dict(case)
    on = given.pop("day")
    if "eligible" in given:
        return screened(given["eligible"], {**ELIGIBLE, **given.get("but", {})}, on)
    if lacking := given.get("lacking"):
        answers = {name: text for name, text in ELIGIBLE.items() if name != lacking}
        return screened(given["subject"], answers, on)
    corrects = given.pop("corrects", None)
    correction = None if corrects is None else Correction(corrects, "typing error")
    if state := given.pop("state", None):
        return CohortState(given.pop("of"), on, CRITERIA, state, corrects=correction, **given)
    [what] = [one for one in _DECISIONS if one in given]
    subject, cohort = given.pop(what), given.pop("into", None)
    return Decision(subject, on, CRITERIA, what, cohort, corrects=correction, **given)  # type: ignore[arg-type]


def add(log: Log, one: Kept) -> Kept:
    """Adds an entry as the command does; a decision is checked."""
    if isinstance(one, Decision):
        return log.append(one, "JW", TOOL, lambda log, one: checked(TRIAL, log, one))
    if isinstance(one, CohortState):
        return log.append(one, "JW", TOOL)
    return log.append(one, "JW", TOOL)


def enrolled(subject: str, into: str, on: date, reason: str = "") -> Decision:
    return Decision(subject, on, CRITERIA, "enrolled", into, reason)


def state(of: str, on: date, places: int | None = None) -> CohortState:
    return CohortState(of, on, CRITERIA, "open", places)
