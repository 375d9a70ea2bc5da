"""Exports the log as a table with a row per entry, like a sponsor's screening and enrolment logs.

ICH E6(R2) Good Clinical Practice, 8.3.20 (subject screening log) and 8.3.22 (subject
enrolment log) say what such a log documents: who entered pre-trial screening.
"""

from collections.abc import Callable, Iterator, Sequence

from trialscreen.log.entry import KINDS, CohortState, Decision, Kept, ScreeningEntry, corrected_by
from trialscreen.model.dates import in_utc
from trialscreen.model.trial import Trial
from trialscreen.output.report.listing import Columns


def log_table(
    trial: Trial, entries: Sequence[Kept]
) -> tuple[Columns[Kept], Iterator[list[object]]]:
    """The columns, and a row per entry, in the order of `entries`; None is an empty cell.

    A failed criterion is given by its text if the entry was made with this very criteria file,
    otherwise by the label in the entry, if any.
    """
    corrected = corrected_by(entries)
    texts = {one.id: " ".join(one.text.split()) for one in trial.criteria}

    def reason(entry: ScreeningEntry, failed: str) -> str:
        text = texts.get(failed) if entry.criteria.sha256 == trial.sha256 else None
        words = text or next((one.label for one in entry.findings if one.id == failed), None)
        return failed if words is None else f"{failed}: {words}"

    columns: Columns[Kept] = {
        "Subject": lambda one: None if isinstance(one, CohortState) else one.subject,
        "Consent recorded": _screened(lambda one: "yes" if one.stage == "full" else "no"),
        "Screening date": _screened(lambda one: one.on.isoformat()),
        "Criteria version": lambda one: one.criteria.version,
        "Outcome": _screened(lambda one: one.outcome.verdict),
        "Still open": _screened(lambda one: one.outcome.open),
        "On unconfirmed readings": _screened(lambda one: "; ".join(one.outcome.unconfirmed)),
        "Screen failure: criteria": _screened(lambda one: "; ".join(one.outcome.failed)),
        "Screen failure: reasons": _screened(
            lambda one: "; ".join([reason(one, failed) for failed in one.outcome.failed])
        ),
        "Re-screen from": _screened(lambda one: one.outcome.clears_on),
        "Screened by": _screened(lambda one: one.by),
        "Entered at (UTC)": lambda one: in_utc(one.at),
        "Entry": lambda one: one.number,
        "Corrects entry": lambda one: None if one.corrects is None else one.corrects.of,
        "Reason for correction": lambda one: None if one.corrects is None else one.corrects.reason,
        "Corrected by entry": lambda one: corrected.get(one.number),
        "Note": _screened(lambda one: one.note),
        "Program": lambda one: one.tool,
        "Criteria file (SHA-256)": lambda one: one.criteria.sha256,
        "Seal": lambda one: one.seal,
        "Kind of entry": lambda one: KINDS[type(one)],
        "Decision": _decided(lambda one: one.decision if isinstance(one, Decision) else one.state),
        "Dose cohort": _decided(lambda one: one.dose_cohort),
        "Decided on": _decided(lambda one: one.on.isoformat()),
        "Decided by": _decided(lambda one: one.by),
        "Reason": _decided(lambda one: one.reason if one.corrects is None else None),
        "Although": lambda one: "; ".join(one.despite) if isinstance(one, Decision) else None,
        "Dosed": lambda one: "no" if isinstance(one, Decision) and one.not_dosed else None,
        "Places": lambda one: one.places if isinstance(one, CohortState) else None,
        "Sentinel days": lambda one: one.sentinel_days if isinstance(one, CohortState) else None,
        "Observation days": (
            lambda one: one.observation_days if isinstance(one, CohortState) else None
        ),
    }
    cells = tuple(columns.values())
    return columns, ([cell(one) for cell in cells] for one in entries)


def _screened(find: Callable[[ScreeningEntry], object]) -> Callable[[Kept], object]:
    """What is found of a screening; None of other entries."""
    return lambda one: find(one) if isinstance(one, ScreeningEntry) else None


def _decided(find: Callable[[Decision | CohortState], object]) -> Callable[[Kept], object]:
    return lambda one: None if isinstance(one, ScreeningEntry) else find(one)


def not_in_log_table(trial: Trial, entries: Sequence[Kept]) -> list[str]:
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
