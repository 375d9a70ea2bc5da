"""One entry of the log, as a page and as data."""

import json
from collections.abc import Iterator
from typing import Any

from trialscreen.log.entry import KINDS, Kept, ScreeningEntry
from trialscreen.log.seal import texts
from trialscreen.model.evidence import place_in_words
from trialscreen.output.report.decision_page import decision_page
from trialscreen.output.report.render import blocks
from trialscreen.output.report.statuses import STATUSES, VERDICTS
from trialscreen.screening import finding
from trialscreen.screening.readings import UNCONFIRMED, on_readings


def entry_page(entry: Kept) -> blocks.Page:
    """An entry as it stands in the log."""
    if not isinstance(entry, ScreeningEntry):
        return (*decision_page(entry), *_about(entry))
    outcome = entry.outcome
    return (
        blocks.Banner(
            f"Entry {entry.number}: {entry.subject} {outcome.verdict.upper()} on {entry.on}",
            _outcome_detail(entry),
            VERDICTS[outcome.verdict].tone,
        ),
        *_findings(entry),
        *_answers(entry),
        *_evidence(entry),
        *_about(entry),
    )


def _outcome_detail(entry: ScreeningEntry) -> str:
    outcome = entry.outcome
    said = [f"fails {', '.join(outcome.failed)}"] if outcome.failed else []
    if outcome.unconfirmed:
        said.append(f"{outcome.verdict} {UNCONFIRMED} ({', '.join(outcome.unconfirmed)})")
    said += [f"open: {outcome.open}"] if outcome.open else []
    said += [f"clears on {outcome.clears_on}"] if outcome.clears_on else []
    if entry.stage == "before consent":
        said.append("before consent, so no answers are kept")
    return "; ".join(said) or "every criterion passes"


def _findings(entry: ScreeningEntry) -> Iterator[blocks.Block]:
    if not entry.findings:
        return
    yield blocks.Heading("Criteria")
    rows = []
    for one in entry.findings:
        status = STATUSES[finding.STATUSES[one.kind, one.met]]
        why = [*one.reasons, *on_readings(one.unconfirmed)]
        why += [f"clears on {one.clears_on}"] if one.clears_on else []
        rows.append((one.id, one.label, status.cell, "\n".join(why)))
    yield blocks.table(("", "Criterion", "Status", "Why"), rows, (0, 2, 0, 4))


def _answers(entry: ScreeningEntry) -> Iterator[blocks.Block]:
    if not entry.answers:
        return
    yield blocks.Heading("Answers")
    rows = []
    for name, one in entry.answers.items():
        evidence = [f"{key.replace('_', ' ')}: {text}" for key, text in one.notes.items()]
        rows.append((name, one.text, one.by, "\n".join(evidence)))
    yield blocks.table(("Element", "Answer", "Given by", "Evidence"), rows, (0, 1, 0, 1))


def _evidence(entry: ScreeningEntry) -> Iterator[blocks.Block]:
    if not entry.evidence:
        return
    yield blocks.Heading("In the record")
    rows = (
        (one.element, one.kind, f"{one.value} {one.unit}".strip(), place_in_words(one))
        for one in entry.evidence
    )
    yield blocks.table(("Element", "As", "Value", "Where it stands"), rows, (0, 0, 1, 2))


def _about(entry: Kept) -> Iterator[blocks.Block]:
    yield blocks.Heading("About this entry")
    yield blocks.items(_lines(entry))


def _lines(entry: Kept) -> Iterator[str]:
    criteria = entry.criteria
    yield f"Added {entry.at:%Y-%m-%d %H:%M:%S} UTC by {entry.by}, with trialscreen {entry.tool}"
    yield f"Criteria {criteria.nct_id}, version {criteria.version}, SHA-256 {criteria.sha256}"
    if entry.corrects is not None:
        yield f"Corrects entry {entry.corrects.of}: {entry.corrects.reason}"
    if isinstance(entry, ScreeningEntry) and entry.note:
        yield f"Note: {entry.note}"
    yield f"Seal {entry.seal}"


def entry_data(entry: Kept) -> dict[str, Any]:
    """An entry as plain data, for JSON."""
    head, detail = texts(entry)
    corrects = None if entry.corrects is None else entry.corrects.of
    kind = {"entry": entry.number, "kind": KINDS[type(entry)]}
    seals = {"corrects": corrects, "seal": entry.seal}
    return {**kind, **json.loads(head), **seals, **json.loads(detail)}
