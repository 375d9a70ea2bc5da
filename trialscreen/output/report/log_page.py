"""The page of a screening log: numbers screened, reasons for failure, subjects, dose cohorts.

Each subject counts once. Then who was enrolled, in order of time: the subject enrolment log of
ICH E6(R2) Good Clinical Practice, 8.3.22; and the board of the dose cohorts: places, who holds
them, whether the next may be dosed.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from trialscreen.log.board import Board, CohortBoard, Holder, board
from trialscreen.log.entry import (
    CohortState,
    Decision,
    Kept,
    ScreeningEntry,
    current,
    latest,
    standing,
)
from trialscreen.log.verify import noted_as
from trialscreen.model.trial import Open, Trial
from trialscreen.output.report.attrition_page import counted, flow, show_count
from trialscreen.output.report.entry_page import NOT_REGISTERED, terms_words
from trialscreen.output.report.listing import Columns, Listing, listed
from trialscreen.output.report.render import blocks, html
from trialscreen.output.report.verdict_words import AID, VERDICTS
from trialscreen.screening.finding import UNCONFIRMED
from trialscreen.tables.attrition.counts import Attrition, Tally
from trialscreen.text.characters import count_of, some


class Reason(NamedTuple):
    """How many subjects fail a criterion: at all, as the only one, and as the first in order."""

    id: str
    failed: int
    alone: int
    first: int


def counts_of(trial: Trial, entries: Iterable[ScreeningEntry]) -> Attrition:
    """The attrition counts of a log, from one entry per subject."""
    outcomes = (one.outcome for one in entries)
    verdicts = Counter[tuple[str, str | None]]((one.verdict, one.open) for one in outcomes)
    return Tally(verdicts).attrition(trial)


def reasons_of(
    entries: Iterable[ScreeningEntry], protocol_order: Iterable[str]
) -> Iterator[Reason]:
    """The criteria that anyone fails, from one entry per subject; unknown criteria come last."""
    failures = [one.outcome.failed for one in entries]
    failed = Counter(name for names in failures for name in names)
    alone = Counter(names[0] for names in failures if len(names) == 1)
    first = Counter(names[0] for names in failures if names)
    for name in dict.fromkeys((*protocol_order, *sorted(failed))):
        if name in failed:
            yield Reason(name, failed[name], alone[name], first[name])


class LogReport(NamedTuple):
    """A log to report on: its entries in order, and the result of verifying its seals, in words."""

    trial: Trial
    entries: Sequence[Kept]
    seals: str

    @property
    def screenings(self) -> list[ScreeningEntry]:
        return [one for one in self.entries if isinstance(one, ScreeningEntry)]


def log_document(report: LogReport) -> str:
    """The page as an HTML document; every sheet states the last entry that it covers."""
    told = f"Screening log of {report.trial.registration.nct_id}"
    if not report.entries:
        told += ", no entry"
    else:
        last = report.entries[-1]
        seal = noted_as(last.number, last.seal)
        told += f" · up to {last.at:%Y-%m-%d %H:%M} UTC, entry and seal {seal}"
    return html.render(log_page(report), told, told)


def log_page(report: LogReport) -> blocks.Page:
    """The counts, the flow from screened to eligible, reasons, the subjects, the corrections."""
    registration = report.trial.registration
    subjects = latest(report.screenings)
    labels = {one.id: one.label for one in report.trial.criteria}
    counts = counts_of(report.trial, subjects.values())
    reasons = list(reasons_of(subjects.values(), labels))
    yield blocks.Heading(f"Screening log of {registration.nct_id}", 1)
    yield blocks.Paragraph(registration.title)
    yield blocks.terms(_about(report, subjects.values()))
    yield blocks.Banner(
        f"{show_count(counts.eligible)} eligible of {show_count(counts.assessed)} screened",
        f"Ineligible: {show_count(counts.ineligible)}. Undetermined because data are missing:"
        f" {show_count(counts.lacking_data)}; because consent is pending:"
        f" {show_count(counts.consent_pending)}; because only the investigator's judgement"
        f" is open: {show_count(counts.judgement_only)}.",
        "plain",
    )
    if subjects:
        firsts = ((one, counted(one.first, counts.assessed, "bad")) for one in reasons)
        leaving = ((_name(one, labels), cell) for one, cell in firsts)
        why = f"Ineligible: {show_count(counts.ineligible)}, each at the first criterion that fails"
        yield from flow("Screened", why, leaving, counts)
    if reasons:
        yield blocks.Heading("Reasons for screen failure")
        yield blocks.Paragraph("A subject who fails several criteria is counted at each of them.")
        rows = (
            (_name(one, labels), f"{one.alone:,}", counted(one.failed, counts.ineligible, "bad"))
            for one in reasons
        )
        yield blocks.counts(("Criterion", "It alone", "Subjects"), rows)
    yield from decisions(report.trial, report.entries)
    yield from _subjects(report, subjects)
    corrections = (
        (str(one.number), str(made.of), f"{one.at:%Y-%m-%d %H:%M} UTC", one.by, made.reason)
        for one in report.entries
        if (made := one.corrects) is not None
    )
    columns = ("Entry", "Corrects", "Recorded", "By", "Reason")
    yield from blocks.titled("Corrections", blocks.table(columns, corrections, (0, 0, 0, 0, 1)))
    yield blocks.Paragraph(AID, "muted")


def _about(report: LogReport, subjects: Collection[ScreeningEntry]) -> Iterator[tuple[str, str]]:
    standing = current(report.screenings)
    yield "Log", report.seals
    yield "Screenings", f"{len(standing):,} of {count_of(len(subjects), 'subject')}"
    if standing:
        days = [one.on for one in standing]
        yield "Screened", f"from {min(days)} to {max(days)}"
        before = count_of(sum(one.stage == "before consent" for one in subjects), "subject")
        yield "Before consent", f"{before}; no answers are kept of these"
    versions = dict.fromkeys(one.criteria for one in standing)
    told = (f"version {one.version}, SHA-256 {one.sha256[:16]}…" for one in versions)
    yield "Criteria", "\n".join(told) or f"version {report.trial.version}"


def _name(one: Reason, labels: Mapping[str, str]) -> str:
    return f"{one.id} {labels.get(one.id, '')}".strip()


# Entries.


def _subjects(report: LogReport, subjects: dict[str, ScreeningEntry]) -> Iterator[blocks.Block]:
    """The subjects, each with the latest screening."""
    yield blocks.Heading("Subjects")
    if not subjects:
        yield blocks.Paragraph("Nobody has been screened yet.")
        return
    times = Counter(one.subject for one in current(report.screenings))
    decided_of = latest(standing(report.entries))
    columns = "Subject,Last screened,Verdict,Fails,Clears on,By,Entry,Screenings"
    yield blocks.table(
        columns.split(","),
        (_subject(subjects[code], times[code], decided_of.get(code)) for code in sorted(subjects)),
        (0, 0, 0, 2, 0, 0, 0, 0),
        (6, 7),
    )


def _subject(
    entry: ScreeningEntry, times: int, decision: Decision | None
) -> tuple[blocks.Cell, ...]:
    outcome = entry.outcome
    status = VERDICTS[outcome.verdict]
    details = [_OPEN[outcome.open]] if outcome.open else []
    details += [UNCONFIRMED] if outcome.unconfirmed else []
    details += ["before consent"] if entry.stage == "before consent" else []
    told = [str(status), ", ".join(details), "" if decision is None else decision.decision]
    return blocks.row(
        entry.subject,
        str(entry.on),
        blocks.Cell("\n".join(filter(None, told)), status.tone),
        ", ".join(outcome.failed),
        "" if outcome.clears_on is None else str(outcome.clears_on),
        entry.by,
        str(entry.number),
        str(times),
    )


_OPEN: dict[Open, str] = {
    "data": "data missing",
    "consent": "consent pending",
    "judgement": "judgement open",
}


def decisions(trial: Trial, entries: Sequence[Kept]) -> Iterator[blocks.Block]:
    """Who was enrolled, in order of time; who was turned away or left; the dose cohorts."""
    made = sorted(standing(entries), key=lambda one: (one.on, one.number))
    for title, what, are_enrolled in (
        ("Enrolled", "Dose cohort", True),
        ("Declined, withdrawn, screen failures decided", "Decision", False),
    ):
        rows = [_decided(one) for one in made if (one.decision == "enrolled") is are_enrolled]
        columns = ("Subject", "On", what, "By", "Entry", "Remarks")
        yield from blocks.titled(title, blocks.table(columns, rows, (0, 0, 1, 0, 0, 2), (1, 4)))
    if any(isinstance(one, CohortState) for one in entries):
        last = max(one.on for one in entries)
        yield blocks.Heading(f"Dose cohorts on {last}")
        yield from cohorts_table(board(trial, entries, last))
        yield blocks.Paragraph(NOT_REGISTERED, "muted")


def _decided(one: Decision) -> tuple[str, ...]:
    what = (one.dose_cohort or "") if one.decision == "enrolled" else one.decision
    return one.subject, str(one.on), what, one.by, str(one.number), "\n".join(_remarks(one))


def _remarks(one: Decision) -> Iterator[str]:
    if one.not_dosed:
        yield "not dosed"
    if one.reason:
        yield one.reason
    yield from (f"although {against}" for against in one.despite)


# The board of the dose cohorts.


def board_listing(board: Board) -> Listing:
    """A row per dose cohort, as registered and as decided."""
    columns: Columns[CohortBoard] = {
        "dose_cohort": lambda one: one.name,
        "state": lambda one: one.terms.state,
        "since": lambda one: one.terms.since,
        "by": lambda one: one.terms.by or None,
        "places": lambda one: one.terms.places,
        "free": lambda one: one.free,
        "sentinel_days": lambda one: one.terms.sentinel_days,
        "observation_days": lambda one: one.terms.observation_days,
        "holders": lambda one: one.holders,
        "next_may_be_dosed": lambda one: not one.obstacles,
        "next_on": lambda one: one.next_on,
        "why_not": lambda one: [each.why for each in one.obstacles],
    }
    return listed(
        columns, board.cohorts, {"holders": lambda held: "; ".join(map(_holder_words, held))}
    )


def _holder_words(one: Holder) -> str:
    withdrawn = "" if one.withdrawn_on is None else f", withdrawn {one.withdrawn_on}"
    return f"{one.subject} {one.enrolled_on}{withdrawn}"


def board_data(board: Board) -> dict[str, Any]:
    """The board as plain data, for JSON."""
    return {
        "on": board.on.isoformat(),
        "enrolled": board.enrolled,
        "enrollment": board.enrollment,
        "cohorts": board_listing(board).data(),
        "undecided": [one.subject for one in board.undecided],
        "note": NOT_REGISTERED,
    }


def board_page(board: Board) -> blocks.Page:
    """The board: a row per dose cohort, and who is eligible and waits for a decision."""
    of = "" if board.enrollment is None else f" of {board.enrollment}"
    waiting = "Nobody who was found eligible waits for a decision"
    if board.undecided:
        names = some([one.subject for one in board.undecided], MOST_NAMES)
        waiting = f"Found eligible, and not decided: {names}"
    enrolled = f"{board.enrolled}{of} participants enrolled on {board.on}"
    yield blocks.Banner(enrolled, waiting, "plain")
    yield from cohorts_table(board)
    yield blocks.Paragraph(NOT_REGISTERED, "muted")
    yield blocks.Paragraph("The board proposes no dose and assigns nobody.", "muted")


MOST_NAMES = 12
"""Subjects named on the page; the data hold them all."""


def cohorts_table(board: Board) -> Iterator[blocks.Block]:
    """Each dose cohort with its terms, its places, and whether the next dose may be given."""
    if board.cohorts:
        columns = ("Dose cohort", "As decided", "Places", "Next")
        yield blocks.table(columns, map(_row, board.cohorts), (2, 2, 2, 3))


def _row(one: CohortBoard) -> tuple[blocks.Cell, ...]:
    terms = one.terms
    decided = f"{terms.state} since {terms.since}, {terms.by}" if terms.state else ""
    said = [decided or "nothing decided yet"]
    said += terms_words(None, terms.sentinel_days, terms.observation_days)
    held = list(map(_holder_words, one.holders))
    places = "places not decided" if terms.places is None else count_of(terms.places, "place")
    free = "" if one.free is None else f", {one.free} free"
    return blocks.row(one.name, "\n".join(said), "\n".join((places + free, *held)), _next(one))


def _next(one: CohortBoard) -> blocks.Cell:
    if one.terms.state == "completed":
        return blocks.Cell("no more doses")
    if not one.obstacles:
        return blocks.Cell("next dose may be given", "good")
    on = "no next dose now" if one.next_on is None else f"next dose from {one.next_on}"
    return blocks.Cell("\n".join((on, *(each.why for each in one.obstacles))))
