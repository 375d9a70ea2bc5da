"""The log in lists: its entries, who would come out otherwise, who is due."""

from collections.abc import Iterable
from datetime import date

from trialscreen.log.entry import Entry
from trialscreen.log.follow_up import Again, Due, Flip, corrected_by
from trialscreen.output.report.listing import Columns, Listing, listed


def entries_listing(entries: Iterable[Entry], subject: str | None = None) -> Listing:
    """Every entry (of a subject), the corrected ones too, each with what became of it."""
    every = list(entries)
    corrected = corrected_by(every)
    columns: Columns[Entry] = {
        "entry": lambda one: one.number,
        "subject": lambda one: one.subject,
        "screening_date": lambda one: one.on,
        "verdict": lambda one: one.outcome.verdict,
        "open": lambda one: one.outcome.open,
        "failed": lambda one: one.outcome.failed,
        "clears_on": lambda one: one.outcome.clears_on,
        "by": lambda one: one.by,
        "at": lambda one: one.at,
        "seal": lambda one: one.seal,
        "corrects": lambda one: None if one.corrects is None else one.corrects.of,
        "corrected_by": lambda one: corrected.get(one.number),
        "note": lambda one: one.note,
    }
    wanted = (one for one in every if subject in (None, one.subject))
    return listed(columns, wanted, wide=("failed",))


SHORT = ("entry", "subject", "screening_date", "verdict", "open", "failed", "corrected_by")
"""The columns of `entries_listing` that a terminal has room for."""


def due_listing(found: Iterable[Due], today: date) -> Listing:
    """Who is to be screened again, from which day on."""
    columns: Columns[Due] = {
        "subject": lambda one: one.entry.subject,
        "due": lambda one: one.day,
        "in_days": lambda one: max((one.day - today).days, 0),
        "entry": lambda one: one.entry.number,
        "screening_date": lambda one: one.entry.on,
        "failed": lambda one: one.entry.outcome.failed,
    }
    return listed(columns, found, wide=("failed",))


def rescreen_listing(found: Iterable[Again]) -> Listing:
    """Each subject's verdict as it was and as it would be, and what changes it."""
    columns: Columns[Again] = {
        "subject": lambda one: one.entry.subject,
        "entry": lambda one: one.entry.number,
        "was": lambda one: _verdict(one.entry.outcome.verdict, one.entry.outcome.open),
        "now": lambda one: (
            "cannot be told" if one.now is None else _verdict(one.now.verdict, one.now.open)
        ),
        "changes": lambda one: list(map(_flip_words, one.flips)),
        "problems": lambda one: one.problems,
    }
    return listed(columns, found, wide=("was", "now", "changes", "problems"))


def _verdict(verdict: str, still_open: str | None) -> str:
    return verdict if still_open is None else f"{verdict} ({still_open})"


def _flip_words(flip: Flip) -> str:
    by = "by the date" if flip.cause == "date" else "by the criteria"
    return f"{flip.id} {_passing(flip.was)} → {_passing(flip.now)}, {by}"


def _passing(passes: bool | None) -> str:
    return {True: "passes", False: "fails", None: "open"}[passes]
