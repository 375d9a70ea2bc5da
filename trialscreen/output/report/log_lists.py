"""Lists made from the log: entries, subjects due or waiting, re-screening, verification.

Also the effect of an amendment: which criteria changed, and whose results change with them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from trialscreen.criteria_file.differences import criteria_touched
from trialscreen.log import entry
from trialscreen.log.entry import Kept
from trialscreen.log.follow_up import Again, Due, Flip, Wait, Waiting
from trialscreen.log.saved import Saved
from trialscreen.log.verify import Checked
from trialscreen.model.registration import as_data
from trialscreen.model.trial import Trial
from trialscreen.output.report.listing import Columns, Listing, listed
from trialscreen.output.report.render import blocks
from trialscreen.output.report.verdict_words import criteria_file, file_data
from trialscreen.screening.finding import UNCONFIRMED
from trialscreen.screening.samples import old_values
from trialscreen.text.characters import count_of, some

COLUMNS = (
    *("entry", "kind", "subject", "on", "screening_date", "verdict", "open", "unconfirmed"),
    *("failed", "clears_on", "decision", "dose_cohort", "state", "reason", "by", "at", "seal"),
    *("corrects", "corrected_by", "note", "file"),
)


def entries_listing(
    entries: Iterable[Kept], subject: str | None = None, saved: Sequence[Saved] = ()
) -> Listing:
    """Every entry (of a subject), including corrected ones, with its correction if any.

    `verdict` and the following columns are for screenings, `decision` for decisions, `state` for
    dose cohorts. `saved` answers that are not logged come last; `file` is where answers are saved.
    """
    rows: list[tuple[object, ...]] = []
    for one, later, file in _wanted(entries, subject, saved):
        cells: dict[str, object] = {"file": None if file is None else str(file)}
        if isinstance(one, Saved):
            cells |= {"kind": "saved answers", "subject": one.subject, "on": one.on}
        else:
            cells |= {"failed": (), "unconfirmed": (), "note": "", **one._asdict()}
            cells |= {"entry": one.number, "kind": entry.KINDS[type(one)], "corrected_by": later}
            cells["corrects"] = None if one.corrects is None else one.corrects.of
        if isinstance(one, entry.ScreeningEntry):
            cells |= {"screening_date": one.on, **one.outcome._asdict()}
        rows.append(tuple(map(cells.get, COLUMNS)))
    return Listing(COLUMNS, rows)


def entries_page(
    entries: Iterable[Kept], subject: str | None = None, saved: Sequence[Saved] = ()
) -> blocks.Page:
    """The same, as far as a terminal has room for it."""
    rows: list[tuple[object, ...]] = []
    for one, later, file in _wanted(entries, subject, saved):
        details = [] if isinstance(one, Saved) else list(_details(one))
        details += [] if later is None else [f"corrected by {later}"]
        details += [] if file is None else [f"answers in {file.name}"]
        if isinstance(one, Saved):
            rows.append(("-", one.subject, one.on, "not logged", details))
        else:
            name = None if isinstance(one, entry.CohortState) else one.subject
            rows.append((one.number, name, one.on, _result(one), details))
    columns = ("entry", "subject", "on", "result", "details")
    return Listing(columns, rows, wide=("details",)).page("No entries.")


def _wanted(
    entries: Iterable[Kept], subject: str | None, saved: Sequence[Saved]
) -> Iterator[tuple[Kept | Saved, int | None, Path | None]]:
    """A subject's entries, each with the number of its correction and its answers file.

    Followed by saved answers that are not logged.
    """
    every = list(entries)
    corrected, files = entry.corrected_by(every), {one.number: one.path for one in saved}
    for one in every:
        if subject is None or (not isinstance(one, entry.CohortState) and one.subject == subject):
            yield one, corrected.get(one.number), files.get(one.number)
    for answers in saved:
        if answers.number is None and subject in (None, answers.subject):
            yield answers, None, answers.path


def _result(one: Kept) -> str:
    if isinstance(one, entry.ScreeningEntry):
        return _verdict(one.outcome)
    return one.decision if isinstance(one, entry.Decision) else one.state


def _details(one: Kept) -> Iterator[str]:
    if isinstance(one, entry.ScreeningEntry):
        yield from one.outcome.failed
        if one.outcome.unconfirmed:
            yield UNCONFIRMED
    elif one.dose_cohort is not None:
        yield one.dose_cohort


def due_listing(found: Iterable[Due], today: date) -> Listing:
    """Who is to be screened again, and from which day; `in_days` is negative if that is past."""
    columns: Columns[Due] = {
        "subject": lambda one: one.entry.subject,
        "due": lambda one: one.day,
        "in_days": lambda one: (one.day - today).days,
        "entry": lambda one: one.entry.number,
        "screening_date": lambda one: one.entry.on,
        "failed": lambda one: one.entry.outcome.failed,
    }
    return listed(columns, found, wide=("failed",))


def rescreen_listing(found: Iterable[Again], enrolled: Mapping[str, str]) -> Listing:
    """Each subject's verdict before and after re-screening, and the criteria that changed.

    `enrolled` maps each enrolled subject to the dose cohort.
    """
    columns: Columns[Again] = {
        "subject": lambda one: one.entry.subject,
        "enrolled": lambda one: enrolled.get(one.entry.subject),
        "entry": lambda one: one.entry.number,
        "was": lambda one: _verdict(one.entry.outcome),
        "now": lambda one: _verdict(one.now),
        "changes": lambda one: list(map(_flip_words, one.flips)),
        "stale": lambda one: tuple(each.in_words for each in one.stale),
        "problems": lambda one: one.problems,
    }
    return listed(columns, found, {"stale": old_values})


def rescreen_page(found: Iterable[Again], enrolled: Mapping[str, str], empty: str) -> blocks.Page:
    """The same, as far as a terminal has room for it; `empty` is said where there is nobody."""
    columns: Columns[Again] = {
        "subject": lambda one: one.entry.subject,
        "entry": lambda one: one.entry.number,
        "enrolled": lambda one: enrolled.get(one.entry.subject),
        "verdict": lambda one: " → ".join(
            dict.fromkeys((_verdict(one.entry.outcome), _verdict(one.now)))
        ),
        "details": lambda one: [
            *map(_flip_words, one.flips),
            *filter(None, [old_values(one.stale)]),
            *one.problems,
        ],
    }
    return listed(columns, found, wide=("verdict", "details")).page(empty)


def _verdict(outcome: entry.Outcome | None) -> str:
    if outcome is None:
        return "cannot be told"
    return outcome.verdict if outcome.open is None else f"{outcome.verdict} ({outcome.open})"


def _flip_words(flip: Flip) -> str:
    if flip.cause == "removed":
        return f"{flip.id} {_passing(flip.was)} → no criterion any more"
    by = "by the date" if flip.cause == "date" else "by the criteria"
    return f"{flip.id} {_passing(flip.was)} → {_passing(flip.now)}, {by}"


def _passing(passes: bool | None) -> str:
    return {True: "passes", False: "fails", None: "open"}[passes]


MOST_FAULTS = 3
"""Faults named in a line; the page and the data list them all."""


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
    return {"verified": not checked.faults, **as_data(checked)}


def queue_listing(found: Iterable[Waiting], on: date) -> Listing:
    """Who waits; `days` until the next date are negative if it is overdue on day `on`."""
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
    labels = {name: one.label for name, one in trial.elements.items()}
    columns: Columns[Waiting] = {
        "subject": lambda one: one.entry.subject,
        "waits for": lambda one: [wait_words(each, MOST, labels) for each in one.waits],
        "since": lambda one: one.since,
        "next date": lambda one: one.next_date,
        "days": lambda one: _days(one, on),
    }
    return listed(columns, found, wide=("waits for",)).page(f"Nobody waits on {on}.")


MOST = 3
"""Names that a terminal has room for; the data hold them all."""


def _days(one: Waiting, on: date) -> int | None:
    return None if one.next_date is None else (one.next_date - on).days


def wait_words(one: Wait, most: int = 1000, labels: Mapping[str, str] | None = None) -> str:
    """What a subject waits for, with the first names concerned, and how many more there are."""
    about = [(labels or {}).get(name, name) for name in one.about]
    return f"{one.what}: {some(about, most)}" if about else one.what


class Amendment(NamedTuple):
    """Two criteria files, and a log's subjects re-screened by the newer one.

    `enrolled` maps each enrolled subject to the dose cohort. `everyone`: also list subjects whose
    verdict is unchanged.
    """

    old: Trial
    new: Trial
    found: Sequence[Again]
    enrolled: Mapping[str, str]
    everyone: bool

    @property
    def shown(self) -> list[Again]:
        """Subjects whose verdict changes or is not known, and enrolled ones with any change."""
        touched = self.touched
        return [one for one in self.found if self.everyone or one.to_be_told or one in touched]

    @property
    def listing(self) -> Listing:
        """Those who are shown."""
        return rescreen_listing(self.shown, self.enrolled)

    @property
    def touched(self) -> list[Again]:
        """Enrolled subjects for whom a criterion's result changes by the new file, or may."""
        return [
            one
            for one in self.found
            if one.entry.subject in self.enrolled
            and (one.now is None or any(flip.cause != "date" for flip in one.flips))
        ]

    @property
    def by_others(self) -> int:
        """How many subjects were screened by neither of the two files."""
        known = (self.old.sha256, self.new.sha256)
        return sum(one.entry.criteria.sha256 not in known for one in self.found)


def amendment_page(amendment: Amendment) -> blocks.Page:
    yield blocks.Paragraph(f"Old: {criteria_file(amendment.old)}")
    yield blocks.Paragraph(f"New: {criteria_file(amendment.new)}")
    yield blocks.Heading("Criteria that can come out otherwise")
    yield from _criteria(amendment).page("None: no rule, and nothing behind one, is another.")
    yield blocks.Heading("Subjects who do")
    yield from rescreen_page(amendment.shown, amendment.enrolled, "Nobody: every verdict stays.")
    yield blocks.items(_sums(amendment))


def _sums(amendment: Amendment) -> Iterator[str]:
    changed = sum(one.is_changed for one in amendment.found)
    untold = sum(one.now is None for one in amendment.found)
    comes = "comes" if changed == 1 else "come"
    yield f"{changed} of {count_of(len(amendment.found), 'subject')} {comes} out otherwise."
    if untold:
        yield f"Of {untold} nothing can be told; the reasons are listed."
    touched = ", ".join(
        f"{one.entry.subject} ({amendment.enrolled[one.entry.subject]})"
        for one in amendment.touched
    )
    yield f"Enrolled, and touched: {touched or 'nobody'}."
    if amendment.by_others:
        yield (
            f"{count_of(amendment.by_others, 'subject')} last screened by another criteria file"
            " than the old one; what changed since then is not among the criteria above."
        )


def _criteria(amendment: Amendment) -> Listing:
    labels = {one.id: one.label for one in (*amendment.old.criteria, *amendment.new.criteria)}
    columns: Columns[tuple[str, tuple[str, ...]]] = {
        "criterion": lambda one: one[0],
        "label": lambda one: labels[one[0]],
        "changed": lambda one: list(one[1]),
    }
    touched = criteria_touched(amendment.old, amendment.new)
    return listed(columns, touched.items(), wide=("label", "changed"))


def amendment_data(amendment: Amendment) -> dict[str, Any]:
    """The amendment as JSON data; `enrolled` are the codes of the enrolled subjects affected."""
    return {
        "old": file_data(amendment.old),
        "new": file_data(amendment.new),
        "criteria": _criteria(amendment).data(),
        "subjects": amendment.listing.data(),
        "enrolled": [one.entry.subject for one in amendment.touched],
        "screened_by_others": amendment.by_others,
    }
