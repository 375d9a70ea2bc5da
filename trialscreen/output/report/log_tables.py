"""The log in lists: its entries, who would come out otherwise, who is due; and one entry."""

import json
from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from trialscreen.log.entry import Entry
from trialscreen.log.follow_up import Again, Due, Flip, corrected_by
from trialscreen.log.seal import text_of, texts
from trialscreen.log.verify import Checked
from trialscreen.model import truth
from trialscreen.output.report.render import blocks
from trialscreen.output.report.statuses import STATUSES, VERDICT_TONES
from trialscreen.text.characters import count_of


class Listing(NamedTuple):
    """Rows under named columns, for every format. A cell is a text, a number, a day or a list.

    The columns that are `wide` share the room that the others leave.
    """

    columns: tuple[str, ...]
    rows: list[tuple[object, ...]]
    wide: tuple[str, ...] = ()

    @property
    def data(self) -> list[dict[str, object]]:
        """The rows for JSON."""
        rows = [dict(zip(self.columns, values, strict=True)) for values in self.rows]
        return list(json.loads(text_of({"rows": rows}))["rows"])

    @property
    def flat(self) -> list[list[object]]:
        """The rows for CSV, lists as texts."""
        return [[_flat(value) for value in values] for values in self.rows]


def listing_page(listing: Listing, empty: str) -> blocks.Page:
    """A table of the listing; `empty` is said where there is nothing in it."""
    if not listing.rows:
        return (blocks.Paragraph(empty),)
    head = tuple(name.replace("_", " ") for name in listing.columns)
    rows = tuple(tuple(map(_cell, values)) for values in listing.rows)
    shares = tuple(int(name in listing.wide) for name in listing.columns)
    return (blocks.Table(head, rows, shares),)


def entries_listing(entries: Iterable[Entry], subject: str | None = None) -> Listing:
    """Every entry (of a subject), the corrected ones too, each with what became of it."""
    listed = list(entries)
    corrected = corrected_by(listed)
    columns = (
        *("entry", "subject", "screening_date", "verdict", "open", "failed", "clears_on", "by"),
        *("at", "seal", "corrects", "corrected_by", "note"),
    )
    rows: list[tuple[object, ...]] = []
    for one in listed:
        if subject not in (None, one.screened.subject):
            continue
        screened, outcome = one.screened, one.screened.outcome
        corrects = None if screened.corrects is None else screened.corrects.of
        rows.append(
            (
                *(one.number, screened.subject, screened.on, outcome.verdict, outcome.open),
                *(list(outcome.failed), outcome.clears_on, one.by, one.at, one.seal),
                *(corrects, corrected.get(one.number), screened.note),
            )
        )
    return Listing(columns, rows, ("failed", "note"))


SHORT = ("entry", "subject", "screening_date", "verdict", "open", "failed", "corrected_by")


def short(listing: Listing) -> Listing:
    """The columns of `entries_listing` that a terminal has room for."""
    places = [listing.columns.index(name) for name in SHORT]
    rows = [tuple(values[place] for place in places) for values in listing.rows]
    return Listing(SHORT, rows, ("failed",))


def due_listing(found: Iterable[Due], today: date) -> Listing:
    columns = ("subject", "due", "in_days", "entry", "screening_date", "failed")
    rows: list[tuple[object, ...]] = [
        (
            *(one.entry.screened.subject, one.day, max((one.day - today).days, 0)),
            *(one.entry.number, one.entry.screened.on, list(one.entry.screened.outcome.failed)),
        )
        for one in found
    ]
    return Listing(columns, rows, ("failed",))


def rescreen_listing(found: Iterable[Again]) -> Listing:
    columns = ("subject", "entry", "was", "now", "changes", "problems")
    rows: list[tuple[object, ...]] = []
    for one in found:
        screened = one.entry.screened
        now = "cannot be told" if one.now is None else _verdict(one.now.verdict, one.now.open)
        was = _verdict(screened.outcome.verdict, screened.outcome.open)
        changes = [_flip_words(flip) for flip in one.flips]
        rows.append((screened.subject, one.entry.number, was, now, changes, list(one.problems)))
    return Listing(columns, rows, ("was", "now", "changes", "problems"))


def _verdict(verdict: str, still_open: str | None) -> str:
    return verdict if still_open is None else f"{verdict} ({still_open})"


def _flip_words(flip: Flip) -> str:
    by = "by the date" if flip.cause == "date" else "by the criteria"
    return f"{flip.id} {_passing(flip.was)} → {_passing(flip.now)}, {by}"


def _passing(passes: bool | None) -> str:
    return {True: "passes", False: "fails", None: "open"}[passes]


# One entry, and the check of all.


def entry_page(entry: Entry) -> blocks.Page:
    """An entry as it stands in the log."""
    screened, outcome = entry.screened, entry.screened.outcome
    return (
        blocks.Banner(
            f"Entry {entry.number}: {screened.subject} {outcome.verdict.upper()} on {screened.on}",
            _outcome_detail(entry),
            VERDICT_TONES[outcome.verdict],
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


def _findings(entry: Entry) -> Iterable[blocks.Block]:
    if not entry.screened.found:
        return
    yield blocks.Heading("Criteria")
    rows = []
    for one in entry.screened.found:
        status = STATUSES[one.kind, truth.of(one.met)]
        why = [*one.reasons, *([f"clears on {one.clears_on}"] if one.clears_on else [])]
        rows.append(
            blocks.row(one.id, one.label, blocks.Cell(str(status), status.tone), "\n".join(why))
        )
    yield blocks.Table(("", "Criterion", "Status", "Why"), tuple(rows), (0, 2, 0, 4))


def _answers(entry: Entry) -> Iterable[blocks.Block]:
    if not entry.screened.answers:
        return
    yield blocks.Heading("Answers")
    rows = []
    for name, one in entry.screened.answers.items():
        evidence = [f"{key.replace('_', ' ')}: {text}" for key, text in one.notes.items()]
        rows.append(blocks.row(name, one.text, one.by, "\n".join(evidence)))
    yield blocks.Table(("Element", "Answer", "Given by", "Evidence"), tuple(rows), (0, 1, 0, 1))


def _about(entry: Entry) -> Iterable[blocks.Block]:
    screened, criteria = entry.screened, entry.screened.criteria
    yield blocks.Heading("About this entry")
    lines = [f"Added {entry.at:%Y-%m-%d %H:%M:%S} UTC by {entry.by}, with trialscreen {entry.tool}"]
    lines.append(
        f"Criteria {criteria.nct_id}, version {criteria.version}, SHA-256 {criteria.sha256}"
    )
    if screened.corrects is not None:
        lines.append(f"Corrects entry {screened.corrects.of}: {screened.corrects.reason}")
    if screened.note:
        lines.append(f"Note: {screened.note}")
    lines.append(f"Seal {entry.seal}")
    yield blocks.Items(tuple(map(blocks.Cell, lines)))


def entry_data(entry: Entry) -> dict[str, Any]:
    """An entry as plain data, for JSON."""
    head, detail = texts(entry.screened, entry.at, entry.by, entry.tool)
    corrects = None if entry.screened.corrects is None else entry.screened.corrects.of
    seals = {"corrects": corrects, "seal": entry.seal}
    return {"entry": entry.number, **json.loads(head), **seals, **json.loads(detail)}


def checked_page(checked: Checked) -> blocks.Page:
    """What a check of the whole log found."""
    if not checked.faults:
        told = f"Every entry is there, in its order, with its seal. Last: {checked.noted}"
        return (
            blocks.Banner(
                f"VERIFIED: {count_of(checked.entries, 'entry', 'entries')}", told, "good"
            ),
        )
    items = tuple(blocks.Cell(str(fault), "bad") for fault in checked.faults)
    told = "The log is not as it was written. Keep this file, and find out what happened."
    return (
        blocks.Banner(f"NOT VERIFIED: {count_of(len(items), 'finding')}", told, "bad"),
        blocks.Items(items),
    )


def checked_words(checked: Checked) -> str:
    """What a check of the whole log found, on a page of it."""
    if checked.faults:
        first = "; ".join(str(fault) for fault in checked.faults[:MOST_FAULTS])
        more = len(checked.faults) - MOST_FAULTS
        return f"NOT VERIFIED: {first}{f' and {more} more' if more > 0 else ''}"
    if not checked.entries:
        return "Verified: it is empty"
    entries = count_of(checked.entries, "entry", "entries")
    return f"Verified: {entries}, seal of the last {checked.noted}"


MOST_FAULTS = 3


def checked_data(checked: Checked) -> dict[str, Any]:
    """What a check found, as plain data for JSON."""
    return {
        "verified": not checked.faults,
        "entries": checked.entries,
        "seal": checked.seal,
        "faults": [{"entry": one.entry, "message": one.message} for one in checked.faults],
    }


def _cell(value: object) -> blocks.Cell:
    flat = _flat(value)
    text = "" if flat is None else str(flat)
    tones: dict[str, blocks.Tone] = {str(verdict): tone for verdict, tone in VERDICT_TONES.items()}
    return blocks.Cell(text, tones.get(text, "plain"))


def _flat(value: object) -> object:
    return "; ".join(map(str, value)) if isinstance(value, list) else value
