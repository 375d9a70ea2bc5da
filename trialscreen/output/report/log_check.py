"""What a check of the whole log found: as a page, in a line, as data."""

from typing import Any

from trialscreen.log.verify import Checked
from trialscreen.output.report.render import blocks
from trialscreen.text.characters import count_of

MOST_FAULTS = 3
"""Faults told in a line; the page and the data hold them all."""


def checked_page(checked: Checked) -> blocks.Page:
    """What a check of the whole log found."""
    if not checked.faults:
        told = f"Every entry is there, in its order, with its seal. Last: {checked.noted}"
        entries = count_of(checked.entries, "entry", "entries")
        return (blocks.Banner(f"VERIFIED: {entries}", told, "good"),)
    told = "The log is not as it was written. Keep this file, and find out what happened."
    return (
        blocks.Banner(f"NOT VERIFIED: {count_of(len(checked.faults), 'finding')}", told, "bad"),
        blocks.items(map(str, checked.faults), "bad"),
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


def checked_data(checked: Checked) -> dict[str, Any]:
    """What a check found, as plain data for JSON."""
    return {
        "verified": not checked.faults,
        "entries": checked.entries,
        "seal": checked.seal,
        "faults": [{"entry": one.entry, "message": one.message} for one in checked.faults],
    }
