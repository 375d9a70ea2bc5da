"""Which entries of a log stand: each subject's latest one that no other corrects."""

from collections.abc import Sequence

from trialscreen.log.entry import Entry


def corrected_by(entries: Sequence[Entry]) -> dict[int, int]:
    """The number of each corrected entry, and of the entry that stands in for it."""
    return {
        entry.screened.corrects.of: entry.number
        for entry in entries
        if entry.screened.corrects is not None
    }


def latest_entries(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Each subject's latest screening by its day, then by its number; corrected ones are out."""
    corrected = corrected_by(entries)
    latest: dict[str, Entry] = {}
    for entry in sorted(entries, key=lambda one: (one.screened.on, one.number)):
        if entry.number not in corrected:
            latest[entry.screened.subject] = entry
    return tuple(latest.values())
