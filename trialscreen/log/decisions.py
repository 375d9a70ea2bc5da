"""What people decide, as the log keeps it: of a subject, and of a dose cohort.

A log holds these beside the screenings, in one chain of seals.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Literal, NamedTuple, get_args

from trialscreen.log.entry import Correction, Criteria, ScreeningEntry
from trialscreen.model.dates import in_utc

Choice = Literal["enrolled", "declined", "withdrawn", "screen-failure", "none"]
"""`none` only corrects a decision that was not taken."""

State = Literal["open", "suspended", "completed"]


class Decision(NamedTuple):
    """What was decided of a subject; its day, of an enrolment, stands for that of the dose.

    `despite`: what spoke against it when it was entered. `screening`: the number of the
    newest screening by then. `not_dosed`: of a withdrawal, that no dose was given.
    """

    subject: str
    on: date
    criteria: Criteria
    decision: Choice
    dose_cohort: str | None = None
    reason: str = ""
    despite: tuple[str, ...] = ()
    screening: int | None = None
    not_dosed: bool = False
    corrects: Correction | None = None
    number: int = 0
    at: datetime = datetime.min.replace(tzinfo=UTC)
    by: str = ""
    tool: str = ""
    seal: str = ""


class CohortState(NamedTuple):
    """What the sponsor decided of a dose cohort; None leaves what was decided before.

    `places` are participants; `sentinel_days` lie between the doses of two of them,
    `observation_days` between the last dose and the first of the next cohort.
    """

    dose_cohort: str
    on: date
    criteria: Criteria
    state: State
    places: int | None = None
    sentinel_days: int | None = None
    observation_days: int | None = None
    reason: str = ""
    corrects: Correction | None = None
    number: int = 0
    at: datetime = datetime.min.replace(tzinfo=UTC)
    by: str = ""
    tool: str = ""
    seal: str = ""


Kept = ScreeningEntry | Decision | CohortState
"""Whatever is an entry of a log."""

KINDS: Mapping[type, str] = {
    ScreeningEntry: "screening",
    Decision: "decision",
    CohortState: "dose cohort state",
}


def head_of(kept: Decision | CohortState) -> dict[str, Any]:
    """What the log keeps of a decision: all of it, less what a row of the log holds itself."""
    fields = kept._asdict()
    for name in ("number", "seal", "corrects"):
        del fields[name]
    reason = kept.reason if kept.corrects is None else kept.corrects.reason
    known = {"at": in_utc(kept.at), "criteria": kept.criteria._asdict(), "reason": reason}
    return {"kind": KINDS[type(kept)], **fields, **known}


def decision_of(
    head: Mapping[str, Any], number: int, corrects: int | None, seal: str
) -> Decision | CohortState:
    """What `head_of` gave. Raises KeyError, TypeError or ValueError if it is none of that."""
    fields = {key: value for key, value in head.items() if key != "kind"}
    made = {
        "on": date.fromisoformat(head["on"]),
        "at": datetime.fromisoformat(head["at"]),
        "criteria": Criteria(**head["criteria"]),
        "corrects": None if corrects is None else Correction(corrects, head["reason"]),
        "number": number,
        "seal": seal,
    }
    kept: Decision | CohortState
    if head["kind"] == KINDS[Decision]:
        kept = Decision(**{**fields, **made, "despite": tuple(head["despite"])})
        known, words = kept.decision in get_args(Choice), (kept.subject, *kept.despite)
        numbers: tuple[object, ...] = (kept.screening,)
    else:
        kept = CohortState(**{**fields, **made})
        known, words = kept.state in get_args(State), (kept.dose_cohort,)
        numbers = (kept.places, kept.sentinel_days, kept.observation_days)
        known = known and head["kind"] == KINDS[CohortState]
    cohort = "" if kept.dose_cohort is None else kept.dose_cohort
    texts = (*words, cohort, kept.by, kept.tool, kept.reason)
    known = known and all(isinstance(one, str) for one in texts)
    if not known or not all(one is None or type(one) is int for one in numbers):
        raise ValueError
    return kept
