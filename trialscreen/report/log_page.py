"""The page of a screening log: how many were screened, why some cannot take part, who is left."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from trialscreen.log.entry import Entry
from trialscreen.log.later import current, latest
from trialscreen.report.blocks import (
    Banner,
    Block,
    Cell,
    Flow,
    Heading,
    Page,
    Paragraph,
    Share,
    Stage,
    Table,
    Terms,
    Tone,
    row,
)
from trialscreen.report.log_counts import Counts, counted
from trialscreen.report.statuses import AID, verdict_status
from trialscreen.screening import Open
from trialscreen.text import count_of
from trialscreen.trial import Trial


class LogReport(NamedTuple):
    """A log to be told: its entries in order, and what was found of its seals, in words."""

    trial: Trial
    entries: Sequence[Entry]
    seals: str


def log_page(report: LogReport) -> Page:
    """Counts, the flow from screened to eligible, reasons, the subjects, the corrections."""
    registration = report.trial.registration
    subjects = latest(report.entries)
    counts = counted(subjects.values(), [one.id for one in report.trial.criteria])
    return (
        Heading(f"Screening log of {registration.nct_id}", 1),
        Paragraph(registration.title),
        Terms(tuple((name, Cell(text)) for name, text in _about(report, counts))),
        Banner(
            f"{counts.eligible:,} eligible of {counts.screened:,} screened",
            f"Ineligible: {counts.ineligible:,}. Undetermined because data are missing:"
            f" {counts.lacking_data:,}; because only consent or the investigator's judgement is"
            f" open: {counts.judgement_only:,}.",
            "plain",
        ),
        *(_flow(report.trial, counts) if counts.screened else ()),
        *(_reasons(report.trial, counts) if counts.reasons else ()),
        *_subjects(report.entries, subjects),
        *_corrections(report.entries),
        Paragraph(AID, "muted"),
    )


def _about(report: LogReport, counts: Counts) -> Iterator[tuple[str, str]]:
    standing = current(report.entries)
    yield "Log", report.seals
    yield "Screenings", f"{len(standing):,} of {counts.screened:,} subjects"
    if standing:
        days = [one.screened.on for one in standing]
        yield "Screened", f"from {min(days)} to {max(days)}"
        before = count_of(counts.before_consent, "subject")
        yield "Before consent", f"{before}; no answers are kept of these"
    versions = dict.fromkeys(one.screened.criteria for one in standing)
    told = (f"version {one.version}, SHA-256 {one.sha256[:16]}…" for one in versions)
    yield "Criteria", "\n".join(told) or f"version {report.trial.version}"


# Counts.


def _flow(trial: Trial, counts: Counts) -> Iterator[Block]:
    excluded = tuple(
        row(_name(trial, one.id), _counted(one.first, counts.screened, "bad"))
        for one in counts.reasons
    )
    waiting = (
        row("Data are missing", _counted(counts.lacking_data, counts.screened, "open")),
        row(
            "Only consent or the investigator's judgement is open",
            _counted(counts.judgement_only, counts.screened, "open"),
        ),
    )
    yield Heading("From screened to eligible")
    yield Flow(
        (
            Stage(
                "Screened",
                f"{counts.screened:,}",
                "plain",
                f"Ineligible: {counts.ineligible:,}, each at the first criterion that fails",
                Table(("Criterion", "Ineligible"), excluded, (1, 0), (1,)) if excluded else None,
            ),
            Stage(
                "Not excluded",
                f"{counts.not_excluded:,}",
                "open",
                "Undetermined, and why",
                Table(("Why", "Undetermined"), waiting, (1, 0), (1,)),
            ),
            Stage("Eligible", f"{counts.eligible:,}", "good"),
        )
    )


def _reasons(trial: Trial, counts: Counts) -> Iterator[Block]:
    yield Heading("Reasons for screen failure")
    yield Paragraph("A subject who fails several criteria is counted at each of them.")
    yield Table(
        ("Criterion", "It alone", "Subjects"),
        tuple(
            row(
                _name(trial, one.id),
                f"{one.alone:,}",
                _counted(one.failed, counts.ineligible, "bad"),
            )
            for one in counts.reasons
        ),
        (1, 0, 0),
        (1, 2),
    )


def _name(trial: Trial, criterion_id: str) -> str:
    labels = {one.id: one.label for one in trial.criteria}
    return f"{criterion_id} {labels.get(criterion_id, '')}".strip()


def _counted(count: int, of: int, tone: Tone) -> Cell:
    return Cell(f"{count:,}", bar=(Share(count / max(of, 1), tone),))


# Entries.


def _subjects(entries: Sequence[Entry], subjects: dict[str, Entry]) -> Iterator[Block]:
    """The subjects, each with the latest screening."""
    yield Heading("Subjects")
    if not subjects:
        yield Paragraph("Nobody has been screened yet.")
        return
    times = Counter(one.screened.subject for one in current(entries))
    yield Table(
        ("Subject", "Last screened", "Verdict", "Fails", "Clears on", "By", "Entry", "Screenings"),
        tuple(_subject(subjects[code], times[code]) for code in sorted(subjects)),
        (0, 0, 0, 2, 0, 0, 0, 0),
        (6, 7),
    )


def _subject(entry: Entry, times: int) -> tuple[Cell, ...]:
    screened, outcome = entry.screened, entry.screened.outcome
    status = verdict_status(outcome.verdict)
    details = [_OPEN[outcome.open]] if outcome.open else []
    details += ["before consent"] if screened.stage == "before consent" else []
    return row(
        screened.subject,
        str(screened.on),
        Cell(f"{status}\n{', '.join(details)}".strip(), status.tone),
        ", ".join(outcome.failed),
        "" if outcome.clears_on is None else str(outcome.clears_on),
        entry.by,
        str(entry.number),
        str(times),
    )


_OPEN: dict[Open, str] = {"data": "data missing", "judgement": "judgement open"}


def _corrections(entries: Sequence[Entry]) -> Iterator[Block]:
    rows = tuple(
        row(str(one.number), str(made.of), f"{one.at:%Y-%m-%d %H:%M} UTC", one.by, made.reason)
        for one in entries
        if (made := one.screened.corrects) is not None
    )
    if rows:
        yield Heading("Corrections")
        yield Table(("Entry", "Corrects", "Recorded", "By", "Reason"), rows, (0, 0, 0, 0, 1))
