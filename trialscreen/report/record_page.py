"""The record of one screening, for a physician to check and sign."""

from collections.abc import Iterator
from typing import NamedTuple

from trialscreen.basis import in_use
from trialscreen.clearing import clears_on
from trialscreen.log.entry import Entry
from trialscreen.report.blocks import (
    Banner,
    Block,
    Cell,
    Heading,
    Page,
    Paragraph,
    Part,
    Table,
    Terms,
    Together,
    row,
)
from trialscreen.report.evidence import Answers, answered, evidence_table
from trialscreen.report.screening_page import (
    SOURCE_WORDS,
    TITLES,
    needed_text,
    notice_blocks,
)
from trialscreen.report.signing import identity, signatures
from trialscreen.report.statuses import (
    distances,
    status_of,
    verdict_detail,
    verdict_tone,
    why,
)
from trialscreen.report.trial_page import cohort_blocks
from trialscreen.screening import Finding, Screening
from trialscreen.trial import Kind
from trialscreen.words import rule_in_words


class Record(NamedTuple):
    """One screening with the answers behind it, and its entry if it stands in a log.

    `tool` is the version of trialscreen that screened.
    """

    screening: Screening
    answers: Answers
    tool: str
    entry: Entry | None = None


def record_page(record: Record) -> Page:
    """Verdict, every criterion with its evidence, what is open, and room for signatures."""
    screening, trial = record.screening, record.screening.trial
    return (
        Heading("Eligibility screening record", 1),
        Paragraph(trial.registration.title),
        identity(trial, screening.on, record.tool, record.entry),
        Banner(screening.verdict.upper(), verdict_detail(screening), verdict_tone(screening)),
        *_failures(screening),
        *_overview(screening),
        *notice_blocks(screening),
        *_missing(screening),
        *_judgements(screening),
        Together(tuple(signatures(record.entry))),
        *_criteria(record, "inclusion"),
        *_criteria(record, "exclusion"),
        *_other_answers(record),
        *cohort_blocks(trial),
    )


def _failures(screening: Screening) -> Iterator[Block]:
    """What fails, and why."""
    rows = []
    for finding in screening.failing:
        day = clears_on(screening, finding)
        cleared = () if day is None else (f"clears on {day}",)
        told = "; ".join((*why(screening, finding), *cleared))
        rows.append((finding.criterion.id, Cell(f"{finding.criterion.label}: {told}")))
    if rows:
        yield Terms(tuple(rows))


def _overview(screening: Screening) -> Iterator[Block]:
    yield Heading("All criteria")
    yield Table(("", "Criterion", "Status"), tuple(map(_line, screening.findings)), (0, 1, 0))


def _line(finding: Finding) -> tuple[Cell, ...]:
    status, criterion = status_of(finding), finding.criterion
    return row(criterion.id, criterion.label, Cell(str(status), status.tone))


# What is open.


def _open_names(screening: Screening, *, judgement: bool) -> Iterator[str]:
    elements = screening.trial.elements
    for names in screening.needed.values():
        yield from (name for name in names if elements[name].is_judgement is judgement)


def _missing(screening: Screening) -> Iterator[Block]:
    """The data still needed, by who can give them."""
    elements = screening.trial.elements
    by_source: dict[str, list[str]] = {}
    for name in _open_names(screening, judgement=False):
        texts = by_source.setdefault(SOURCE_WORDS[elements[name].source], [])
        texts.append(needed_text(screening, name))
    if by_source:
        yield Heading("Data still missing")
        yield Table(
            ("From", "What, and for which criterion"),
            tuple(row(source, "; ".join(texts)) for source, texts in by_source.items()),
            (0, 1),
        )


def _judgements(screening: Screening) -> Iterator[Block]:
    """Consent and the investigator's judgements still open, with space to write."""
    elements = screening.trial.elements
    rows = tuple(
        row(needed_text(screening, name), elements[name].ask, "")
        for name in _open_names(screening, judgement=True)
    )
    if rows:
        yield Heading("Consent and judgements still open")
        yield Table(
            ("What, and for which criterion", "Question", "Answer"), rows, (3, 4, 3), to_fill=True
        )


# Each criterion.


def _criteria(record: Record, kind: Kind) -> Iterator[Block]:
    yield Heading(f"{TITLES[kind]}, with the evidence", new_sheet=kind == "inclusion")
    for finding in record.screening.findings:
        if finding.criterion.kind == kind:
            yield Together(tuple(_criterion(record, finding)), status_of(finding).tone)


def _criterion(record: Record, finding: Finding) -> Iterator[Part]:
    criterion = finding.criterion
    yield Heading(f"{criterion.id} {criterion.label}: {status_of(finding)}", 3)
    yield Terms(tuple((name, Cell(text)) for name, text in _terms(record.screening, finding)))
    if names := in_use(finding.trace):
        yield evidence_table(record.screening, record.answers, names)


def _terms(screening: Screening, finding: Finding) -> Iterator[tuple[str, str]]:
    criterion = finding.criterion
    yield "Text", criterion.text
    if grounds := why(screening, finding):
        yield ("Decided by" if finding.met.known else "Still open"), "\n".join(grounds)
    if gaps := distances(screening, finding):
        yield "By how much", "\n".join(gaps)
    if (day := clears_on(screening, finding)) is not None:
        yield "Clears on", str(day)
    yield "Rule", rule_in_words(screening.trial, criterion.rule)
    for one in criterion.readings:
        yield (
            f"Reading {one.ref}",
            f"{one.issue}\nTaken: {one.chosen}\nAlternative: {one.alternative}",
        )


def _other_answers(record: Record) -> Iterator[Block]:
    """The answers that no criterion rests on, so that every answer is on the record."""
    used = frozenset().union(*(in_use(one.trace) for one in record.screening.findings))
    if names := answered(record.screening, record.answers) - used:
        yield Heading("Other answers given")
        yield Paragraph("No finding rests on them.")
        yield evidence_table(record.screening, record.answers, names)
