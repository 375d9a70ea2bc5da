"""The screening log as a table: a row per entry, as a sponsor's screening log has it.

ICH E6(R2) Good Clinical Practice, 8.3.20 (subject screening log) and 8.3.22 (subject
enrolment log) say what such a log documents: who entered pre-trial screening.
"""

from collections.abc import Iterator, Mapping, Sequence

from trialscreen.log.entry import Entry
from trialscreen.log.follow_up import corrected_by
from trialscreen.model.dates import in_utc
from trialscreen.model.trial import Trial

COLUMNS = (
    "Subject",
    "Consent recorded",
    "Screening date",
    "Criteria version",
    "Outcome",
    "Still open",
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
)


def log_rows(trial: Trial, entries: Sequence[Entry]) -> Iterator[tuple[object, ...]]:
    """A row per entry under `COLUMNS`, in the order of `entries`; None is an empty cell.

    A failed criterion's text stands where the entry was made by this very criteria file,
    else the label that the entry kept, if it kept one.
    """
    corrected = corrected_by(entries)
    texts = {one.id: " ".join(one.text.split()) for one in trial.criteria}
    for entry in entries:
        outcome = entry.outcome
        known = texts if entry.criteria.sha256 == trial.sha256 else {}
        yield (
            entry.subject,
            "no" if entry.stage == "before consent" else "yes",
            entry.on.isoformat(),
            entry.criteria.version,
            outcome.verdict,
            outcome.open,
            "; ".join(outcome.failed),
            "; ".join(_reasons(entry, known)),
            outcome.clears_on,
            entry.by,
            in_utc(entry.at),
            entry.number,
            None if entry.corrects is None else entry.corrects.of,
            None if entry.corrects is None else entry.corrects.reason,
            corrected.get(entry.number),
            entry.note,
            entry.tool,
            entry.criteria.sha256,
            entry.seal,
        )


def _reasons(entry: Entry, texts: Mapping[str, str]) -> Iterator[str]:
    """Each failed criterion by its id and words, those of `texts` first."""
    labels = {one.id: one.label for one in entry.findings}
    for one in entry.outcome.failed:
        words = texts.get(one) or labels.get(one)
        yield one if words is None else f"{one}: {words}"


def not_in_log_rows(trial: Trial, entries: Sequence[Entry]) -> list[str]:
    """What the table cannot carry of the log, a line each."""
    lines = [
        "the answers, which are awaited and which are too old, and what did not fail",
        "the proof: a seal can be checked in the log only, for it covers all of the entry",
        "text that a spreadsheet would run: it gets an apostrophe; control characters go",
    ]
    if other := sum(one.criteria.sha256 != trial.sha256 for one in entries):
        lines.append(
            f"the criterion texts of entries made by another criteria file ({other} of"
            f" {len(entries)}): labels, or ids alone"
        )
    return lines
