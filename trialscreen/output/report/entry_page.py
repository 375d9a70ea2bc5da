"""One entry of the log, as a page and as data."""

import json
from collections.abc import Iterator
from typing import Any

from trialscreen.log.entry import Entry
from trialscreen.log.seal import texts
from trialscreen.model import truth
from trialscreen.output.report.render import blocks
from trialscreen.output.report.statuses import STATUSES, VERDICTS


def entry_page(entry: Entry) -> blocks.Page:
    """An entry as it stands in the log."""
    screened, outcome = entry.screened, entry.screened.outcome
    return (
        blocks.Banner(
            f"Entry {entry.number}: {screened.subject} {outcome.verdict.upper()} on {screened.on}",
            _outcome_detail(entry),
            VERDICTS[outcome.verdict].tone,
        ),
        *_findings(entry),
        *_answers(entry),
        *_about(entry),
    )


def _outcome_detail(entry: Entry) -> str:
    outcome = entry.screened.outcome
    said = [f"fails {', '.join(outcome.failed)}"] if outcome.failed else []
    said += [f"open: {outcome.open}"] if outcome.open else []
    said += [f"clears on {outcome.clears_on}"] if outcome.clears_on else []
    if entry.screened.stage == "before consent":
        said.append("before consent, so no answers are kept")
    return "; ".join(said) or "every criterion passes"


def _findings(entry: Entry) -> Iterator[blocks.Block]:
    if not entry.screened.found:
        return
    yield blocks.Heading("Criteria")
    rows = []
    for one in entry.screened.found:
        status = STATUSES[one.kind, truth.of(one.met)]
        why = [*one.reasons, *([f"clears on {one.clears_on}"] if one.clears_on else [])]
        rows.append((one.id, one.label, status.cell, "\n".join(why)))
    yield blocks.table(("", "Criterion", "Status", "Why"), rows, (0, 2, 0, 4))


def _answers(entry: Entry) -> Iterator[blocks.Block]:
    if not entry.screened.answers:
        return
    yield blocks.Heading("Answers")
    rows = []
    for name, one in entry.screened.answers.items():
        evidence = [f"{key.replace('_', ' ')}: {text}" for key, text in one.notes.items()]
        rows.append((name, one.text, one.by, "\n".join(evidence)))
    yield blocks.table(("Element", "Answer", "Given by", "Evidence"), rows, (0, 1, 0, 1))


def _about(entry: Entry) -> Iterator[blocks.Block]:
    yield blocks.Heading("About this entry")
    yield blocks.items(_lines(entry))


def _lines(entry: Entry) -> Iterator[str]:
    screened, criteria = entry.screened, entry.screened.criteria
    yield f"Added {entry.at:%Y-%m-%d %H:%M:%S} UTC by {entry.by}, with trialscreen {entry.tool}"
    yield f"Criteria {criteria.nct_id}, version {criteria.version}, SHA-256 {criteria.sha256}"
    if screened.corrects is not None:
        yield f"Corrects entry {screened.corrects.of}: {screened.corrects.reason}"
    if screened.note:
        yield f"Note: {screened.note}"
    yield f"Seal {entry.seal}"


def entry_data(entry: Entry) -> dict[str, Any]:
    """An entry as plain data, for JSON."""
    head, detail = texts(entry.screened, entry.at, entry.by, entry.tool)
    corrects = None if entry.screened.corrects is None else entry.screened.corrects.of
    seals = {"corrects": corrects, "seal": entry.seal}
    return {"entry": entry.number, **json.loads(head), **seals, **json.loads(detail)}
