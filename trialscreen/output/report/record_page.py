"""The record of one screening, for a physician to check and sign.

Its evidence is a table: what each finding rests on, as it was written, and how it came in.
"""

from collections.abc import Iterator
from typing import NamedTuple

from trialscreen.answers.answer import (
    Answers,
    read_facts,
)
from trialscreen.answers.sampled import read_samples
from trialscreen.log.entry import Decision, ScreeningEntry
from trialscreen.log.recording import outcome_of
from trialscreen.log.verify import noted_as
from trialscreen.model.errors import refuse
from trialscreen.model.trial import Trial
from trialscreen.output.report.about import AID
from trialscreen.output.report.decision_page import decided_words
from trialscreen.output.report.record_evidence import applied, every_answer
from trialscreen.output.report.record_rows import open_blocks
from trialscreen.output.report.render import blocks, html
from trialscreen.output.report.screening_page import (
    needed_table,
    needed_text,
    notice_items,
)
from trialscreen.output.report.statuses import VERDICTS, status_of
from trialscreen.output.report.trial_page import cohort_notes, cohorts_in_short
from trialscreen.output.report.verdict_words import (
    headline,
    why_and_until,
)
from trialscreen.output.report.waiting import waiting_rows
from trialscreen.screening.screen import Screening, screen
from trialscreen.text.characters import count_of


class ScreeningRecord(NamedTuple):
    """One screening with the answers behind it, and its entry if it stands in a log.

    `tool` is the version of trialscreen that screened, `decision` the last one of the subject,
    whose code is `subject` if it is known without an entry.
    """

    screening: Screening
    answers: Answers
    tool: str
    entry: ScreeningEntry | None = None
    decision: Decision | None = None
    subject: str = ""


def record_of(
    trial: Trial, entry: ScreeningEntry, decision: Decision | None = None
) -> ScreeningRecord:
    """The record of a log's entry, found again from its answers; it must come out the same.

    Raises InputError for an entry before consent, which has no answers, for one by another
    criteria file, and for one that comes out otherwise.
    """
    where = f"entry {entry.number}"
    if entry.stage == "before consent":
        message = "was recorded before consent, so that no answers were kept; see it in the log"
        refuse(where, message)
    if entry.criteria.sha256 != trial.sha256:
        message = (
            f"was screened by criteria version {entry.criteria.version} (SHA-256"
            f" {entry.criteria.sha256}); name that file with --criteria before the command"
        )
        refuse(where, message)
    answers = {
        name: one._replace(where=f"{where} {name}", notes={}) for name, one in entry.answers.items()
    }
    samples = read_samples(trial, entry.answers, entry.on, [])
    facts = read_facts(trial, answers, entry.on)
    screening = screen(trial, facts, entry.on, samples, entry.evidence)
    now, then = outcome_of(screening), entry.outcome
    if (now.verdict, now.failed) != (then.verdict, then.failed):
        message = f"comes out otherwise than with trialscreen {entry.tool}; report it with that"
        refuse(where, message)
    return ScreeningRecord(screening, entry.answers, entry.tool, entry, decision)


def record_document(record: ScreeningRecord) -> str:
    """The record as a whole HTML document; every sheet of it says whose it is.

    A browser that prints no feet of its own prints the title above each sheet.
    """
    told = _foot(record)
    return html.render(record_page(record), told, told)


def _foot(record: ScreeningRecord) -> str:
    """What identifies a sheet that lies alone."""
    screening, entry = record.screening, record.entry
    nct_id, on = screening.trial.registration.nct_id, screening.on
    if entry is None:
        return f"{nct_id} · subject {record.subject or '________'} · screened {on}"
    return (
        f"{nct_id} · subject {entry.subject} · screened {on} · log entry and seal"
        f" {noted_as(entry.number, entry.seal)}"
    )


def record_page(record: ScreeningRecord) -> blocks.Page:
    """Verdict, every criterion with its evidence, what is open, and room for signatures."""
    screening, trial = record.screening, record.screening.trial
    return (
        blocks.Heading("Eligibility screening record", 1),
        blocks.Paragraph(trial.registration.title),
        blocks.terms(_identity(record)),
        blocks.Banner(
            headline(screening),
            screening.summary,
            VERDICTS[screening.verdict].tone,
        ),
        *_overview(screening),
        *_to_check(screening),
        blocks.Group("together", tuple(_signatures(record.entry))),
        *_missing(screening),
        *_judgements(screening),
        *applied(screening),
        *every_answer(screening, record.answers),
        *open_blocks(screening),
        *cohorts_in_short(trial),
        cohort_notes(trial),
        *_against(record.decision),
    )


# Whose it is.


def _identity(record: ScreeningRecord) -> Iterator[tuple[str, str]]:
    """Whose record it is and by which criteria; what is left empty is filled in by hand."""
    trial, entry = record.screening.trial, record.entry
    yield "Trial", trial.registration.nct_id
    yield "Subject", record.subject if entry is None else entry.subject
    yield "Screening date", str(record.screening.on)
    if entry is not None:
        yield from _in_the_log(entry)
    if (decision := record.decision) is not None:
        yield "Decision", _decided(decision)
    criteria = f"{trial.origin}, version {trial.version}, applied by trialscreen {record.tool}"
    yield "Criteria file", f"{criteria}\nSHA-256 {trial.sha256}"


def _decided(one: Decision) -> str:
    return f"{decided_words(one)}, {one.on}, by {one.by} (entry {one.number})"


def _against(decision: Decision | None) -> Iterator[blocks.Block]:
    """What spoke against a decision, and why it was taken."""
    if decision is not None and (decision.despite or decision.reason):
        yield blocks.Heading("The decision in the log")
        yield blocks.Paragraph(_decided(decision))
        told = [f"although {one}" for one in decision.despite]
        yield blocks.items(told + [f"Reason: {decision.reason}"] * bool(decision.reason))


def _in_the_log(entry: ScreeningEntry) -> Iterator[tuple[str, str]]:
    recorded = f"recorded {entry.at:%Y-%m-%d %H:%M} UTC by {entry.by}"
    yield "Log entry", f"{entry.number}, {recorded}"
    yield "Seal", f"{entry.number}:{entry.seal}"
    if (corrects := entry.corrects) is not None:
        yield "Corrects", f"entry {corrects.of}\nReason: {corrects.reason}"
    if entry.note:
        yield "Note", entry.note


def _signatures(entry: ScreeningEntry | None) -> Iterator[blocks.Part]:
    """The decision, to tick, and who signs it."""
    screener = "" if entry is None else entry.by
    yield blocks.Heading("Decision and signatures")
    yield blocks.Paragraph(AID)
    yield blocks.Choices(
        "The investigator decides:", ("eligible", "not eligible", "re-screen on ____________")
    )
    yield blocks.table(
        ("", "Name", "Signature", "Date"),
        (("Screened by", screener, "", ""), ("Investigator", "", "", "")),
        (3, 4, 5, 3),
        to_fill=True,
    )


# What is found.


def _overview(screening: Screening) -> Iterator[blocks.Block]:
    """Every criterion with what decides it, or what is missing."""
    yield blocks.Heading("All criteria")
    yield blocks.table(
        ("", "Criterion", "Status", "Decided by"),
        (
            (
                one.criterion.id,
                one.criterion.label,
                status_of(one).cell,
                "; ".join([*why_and_until(screening, one), *one.distances]),
            )
            for one in screening.findings
        ),
        (2, 11, 5, 31),
    )


def _to_check(screening: Screening) -> Iterator[blocks.Part]:
    """What should be looked at twice, and how many values carry no day."""
    undated = count_of(len(screening.undated), "value")
    items = [*notice_items(screening)]
    if screening.undated:
        items.append(
            blocks.items([f"note: No day of the sample is given for {undated}; see the answers."])
        )
    if items:
        yield blocks.Heading("Please check")
        yield from items


# What is open.


def _missing(screening: Screening) -> Iterator[blocks.Block]:
    """The data that are awaited, too old, or still needed, by who can give them."""
    elements = screening.trial.elements
    data = {
        source: [name for name in names if not elements[name].is_judgement]
        for source, names in screening.needed.items()
    }
    needed = {source: names for source, names in data.items() if names}
    if needed or waiting_rows(screening):
        yield blocks.Heading("Data still needed")
        yield needed_table(screening, needed)


def _judgements(screening: Screening) -> Iterator[blocks.Block]:
    """Consent and the investigator's judgements still open, with space to write."""
    elements = screening.trial.elements
    rows = [
        (needed_text(screening, name), elements[name].ask, "")
        for names in screening.needed.values()
        for name in names
        if elements[name].is_judgement
    ]
    if rows:
        yield blocks.Heading("Consent and judgements still open")
        yield blocks.table(
            ("What, and for which criterion", "Question", "Answer"), rows, (4, 7, 3), to_fill=True
        )
