"""The log as a table: a row per entry, as a sponsor's screening and enrolment logs have it.

ICH E6(R2) Good Clinical Practice, 8.3.20 (subject screening log) and 8.3.22 (subject
enrolment log) say what such a log documents: who entered pre-trial screening.
"""

from collections.abc import Iterator, Mapping, Sequence

from trialscreen.log.entry import KINDS, CohortState, Decision, Kept, ScreeningEntry, corrected_by
from trialscreen.model.dates import in_utc
from trialscreen.model.trial import Trial

COLUMNS = (
    "Subject",
    "Consent recorded",
    "Screening date",
    "Criteria version",
    "Outcome",
    "Still open",
    "On unconfirmed readings",
    "Screen failure: criteria",
    "Screen failure: reasons",
    "Re-screen from",
    "Screened by",
    "Entered at (UTC)",
    "Entry",
    "Corrects entry",
    "Reason for correction",
    "Corrected by entry",
    "Note",
    "Program",
    "Criteria file (SHA-256)",
    "Seal",
    "Kind of entry",
    "Decision",
    "Dose cohort",
    "Decided on",
    "Decided by",
    "Reason",
    "Although",
    "Dosed",
    "Places",
    "Sentinel days",
    "Observation days",
)


def log_rows(trial: Trial, entries: Sequence[Kept]) -> Iterator[tuple[object, ...]]:
    """A row per entry under `COLUMNS`, in the order of `entries`; None is an empty cell.

    A failed criterion's text stands where the entry was made by this very criteria file,
    else the label that the entry kept, if it kept one.
    """
    corrected = corrected_by(entries)
    texts = {one.id: " ".join(one.text.split()) for one in trial.criteria}
    for entry in entries:
        if isinstance(entry, ScreeningEntry):
            known = texts if entry.criteria.sha256 == trial.sha256 else {}
            cells = _of_screening(entry, known)
        else:
            cells = _of_decision(entry)
        cells |= _of_any(entry, corrected.get(entry.number))
        yield tuple(map(cells.get, COLUMNS))


def _of_any(entry: Kept, corrected: int | None) -> dict[str, object]:
    return {
        "Kind of entry": KINDS[type(entry)],
        "Criteria version": entry.criteria.version,
        "Entered at (UTC)": in_utc(entry.at),
        "Entry": entry.number,
        "Corrects entry": None if entry.corrects is None else entry.corrects.of,
        "Reason for correction": None if entry.corrects is None else entry.corrects.reason,
        "Corrected by entry": corrected,
        "Program": entry.tool,
        "Criteria file (SHA-256)": entry.criteria.sha256,
        "Seal": entry.seal,
    }


def _of_screening(entry: ScreeningEntry, known: Mapping[str, str]) -> dict[str, object]:
    outcome = entry.outcome
    return {
        "Subject": entry.subject,
        "Consent recorded": "no" if entry.stage == "before consent" else "yes",
        "Screening date": entry.on.isoformat(),
        "Outcome": outcome.verdict,
        "Still open": outcome.open,
        "On unconfirmed readings": "; ".join(outcome.unconfirmed),
        "Screen failure: criteria": "; ".join(outcome.failed),
        "Screen failure: reasons": "; ".join(_reasons(entry, known)),
        "Re-screen from": outcome.clears_on,
        "Screened by": entry.by,
        "Note": entry.note,
    }


def _of_decision(entry: Decision | CohortState) -> dict[str, object]:
    cells: dict[str, object] = {
        "Decided on": entry.on.isoformat(),
        "Decided by": entry.by,
        "Dose cohort": entry.dose_cohort,
        "Reason": entry.reason if entry.corrects is None else None,
    }
    if isinstance(entry, Decision):
        cells |= {"Subject": entry.subject, "Decision": entry.decision}
        cells |= {"Although": "; ".join(entry.despite), "Dosed": "no" if entry.not_dosed else None}
    else:
        days = {"Sentinel days": entry.sentinel_days, "Observation days": entry.observation_days}
        cells |= {"Decision": entry.state, "Places": entry.places, **days}
    return cells


def _reasons(entry: ScreeningEntry, texts: Mapping[str, str]) -> Iterator[str]:
    """Each failed criterion by its id and words, those of `texts` first."""
    labels = {one.id: one.label for one in entry.findings}
    for one in entry.outcome.failed:
        words = texts.get(one) or labels.get(one)
        yield one if words is None else f"{one}: {words}"


def not_in_log_rows(trial: Trial, entries: Sequence[Kept]) -> list[str]:
    """What the table cannot carry of the log, a line each."""
    lines = [
        "the answers, which are awaited and which are too old, what a record says, and what did"
        " not fail",
        "the proof: a seal can be checked in the log only, for it covers all of the entry",
        "text that a spreadsheet would run: it gets an apostrophe; control characters go",
    ]
    screenings = [one for one in entries if isinstance(one, ScreeningEntry)]
    if other := sum(one.criteria.sha256 != trial.sha256 for one in screenings):
        lines.append(
            f"the criterion texts of entries made by another criteria file ({other} of"
            f" {len(screenings)}): labels, or ids alone"
        )
    return lines
