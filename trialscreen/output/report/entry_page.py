"""One log entry, a screening or a decision, as a page and as JSON data."""

import json
from collections.abc import Iterator
from typing import Any

from trialscreen.log.entry import KINDS, CohortState, Decision, Kept, ScreeningEntry
from trialscreen.log.seal import texts
from trialscreen.model.evidence import place_in_words
from trialscreen.output.report.render import blocks
from trialscreen.output.report.verdict_words import STATUSES, VERDICTS
from trialscreen.screening import finding
from trialscreen.screening.finding import UNCONFIRMED, on_readings
from trialscreen.text.characters import count_of


def entry_page(entry: Kept) -> blocks.Page:
    """An entry as it stands in the log."""
    told = f"Entry {entry.number}:"
    if isinstance(entry, ScreeningEntry):
        verdict = entry.outcome.verdict
        told += f" {entry.subject} {verdict.upper()} on {entry.on}"
        yield blocks.Banner(told, _outcome_detail(entry), VERDICTS[verdict].tone)
        yield from _tables(entry)
    else:
        told += f" {entry.subject}" if isinstance(entry, Decision) else ""
        decided = f"{told} {decided_words(entry)}"
        yield blocks.Banner(decided, f"Decided on {entry.on}", "plain")
        yield blocks.items(_said(entry))
    yield blocks.Heading("About this entry")
    yield blocks.items(_lines(entry))


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


def _tables(entry: ScreeningEntry) -> Iterator[blocks.Block]:
    """The findings, the answers and what a record says, as far as the entry keeps any."""
    rows: list[tuple[str | blocks.Cell, ...]] = []
    for one in entry.findings:
        why = [*one.reasons, *on_readings(one.unconfirmed)]
        why += [f"clears on {one.clears_on}"] if one.clears_on else []
        status = STATUSES[finding.STATUSES[one.kind, one.met]]
        rows.append((one.id, one.label, status.cell, "\n".join(why)))
    criteria = blocks.table(("", "Criterion", "Status", "Why"), rows, (0, 2, 0, 4))
    yield from blocks.titled("Criteria", criteria)
    given = []
    for name, answer in entry.answers.items():
        notes = [f"{key.replace('_', ' ')}: {text}" for key, text in answer.notes.items()]
        given.append((name, answer.text, answer.by, "\n".join(notes)))
    answers = blocks.table(("Element", "Answer", "Given by", "Evidence"), given, (0, 1, 0, 1))
    yield from blocks.titled("Answers", answers)
    places = (
        (one.element, one.kind, f"{one.value} {one.unit}".strip(), place_in_words(one))
        for one in entry.evidence
    )
    record = blocks.table(("Element", "As", "Value", "Where it stands"), places, (0, 0, 1, 2))
    yield from blocks.titled("In the record", record)


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
    head, detail = map(json.loads, texts(entry))
    corrects = None if entry.corrects is None else entry.corrects.of
    kind = {"entry": entry.number, "kind": KINDS[type(entry)]}
    return {**kind, **head, "corrects": corrects, "seal": entry.seal, **detail}


NOT_REGISTERED = (
    "States, places and intervals of the dose cohorts are as the sponsor decided and somebody"
    " entered them; nothing of them is on the registry page."
)


def decided_words(one: Decision | CohortState) -> str:
    """What was decided, in a few words."""
    if isinstance(one, CohortState):
        return f"{one.dose_cohort}: {one.state}"
    if one.decision == "none":
        return "no decision"
    return one.decision if one.dose_cohort is None else f"{one.decision}: {one.dose_cohort}"


def _said(one: Decision | CohortState) -> Iterator[str]:
    if isinstance(one, Decision):
        if one.screening is not None:
            yield f"The newest screening by then: entry {one.screening}"
        if one.not_dosed:
            yield "No dose was given: the place is free again"
        for against in one.despite:
            yield f"Entered all the same, although {against}"
    else:
        yield from terms_words(one.places, one.sentinel_days, one.observation_days)
        yield NOT_REGISTERED
    if one.reason and one.corrects is None:
        yield f"Reason: {one.reason}"


def terms_words(
    places: int | None, sentinel_days: int | None, observation_days: int | None
) -> Iterator[str]:
    """What the sponsor decided of a dose cohort beside its state."""
    if places is not None:
        yield count_of(places, "place")
    if sentinel_days is not None:
        yield f"{count_of(sentinel_days, 'day')} between two doses"
    if observation_days is not None:
        yield f"{count_of(observation_days, 'day')} of observation after the last"
