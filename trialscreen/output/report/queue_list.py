"""The queue: who waits for what, since when, until when."""

from collections.abc import Iterable
from datetime import date

from trialscreen.log.follow_up import Wait, Waiting
from trialscreen.model.trial import Trial
from trialscreen.output.report.listing import Columns, Listing, listed
from trialscreen.output.report.render import blocks
from trialscreen.text.characters import some


def queue_listing(found: Iterable[Waiting], on: date) -> Listing:
    """Who waits; `days` until the next date are negative where it is overdue on day `on`."""
    columns: Columns[Waiting] = {
        "subject": lambda one: one.entry.subject,
        "waits_for": lambda one: [each.what for each in one.waits],
        "details": lambda one: list(map(wait_words, one.waits)),
        "since": lambda one: one.since,
        "next_date": lambda one: one.next_date,
        "days": lambda one: _days(one, on),
        "verdict": lambda one: one.entry.outcome.verdict,
        "open": lambda one: one.entry.outcome.open,
        "failed": lambda one: one.entry.outcome.failed,
        "entry": lambda one: one.entry.number,
        "screening_date": lambda one: one.entry.on,
    }
    return listed(columns, found, wide=("details",))


def queue_page(trial: Trial, found: Iterable[Waiting], on: date) -> blocks.Page:
    """Who waits, as far as a terminal has room for it; elements by their labels."""

    def labelled(one: Wait) -> Wait:
        elements = trial.elements
        labels = (elements[name].label if name in elements else name for name in one.about)
        return one._replace(about=tuple(labels))

    columns: Columns[Waiting] = {
        "subject": lambda one: one.entry.subject,
        "waits for": lambda one: [wait_words(labelled(each), MOST) for each in one.waits],
        "since": lambda one: one.since,
        "next date": lambda one: one.next_date,
        "days": lambda one: _days(one, on),
    }
    return listed(columns, found, wide=("waits for",)).page(f"Nobody waits on {on}.")


MOST = 3
"""Names that a terminal has room for; the data hold them all."""


def _days(one: Waiting, on: date) -> int | None:
    return None if one.next_date is None else (one.next_date - on).days


def wait_words(one: Wait, most: int = 1000) -> str:
    """What is waited for, and what it is about; the first names, and how many more."""
    return f"{one.what}: {some(one.about, most)}" if one.about else one.what
