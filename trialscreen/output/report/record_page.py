"""The record of one screening, for a physician to check and sign.

Its evidence is a table: what each finding rests on, as it was written, and how it came in.
"""

from collections.abc import Iterator, Set
from typing import NamedTuple

from trialscreen.answers.answer import (
    ANSWERED,
    CRITERIA,
    SET_ASIDE,
    Answer,
    Answers,
    of_another_version,
    read_facts,
)
from trialscreen.answers.sampled import read_samples
from trialscreen.log.entry import Entry
from trialscreen.log.recording import outcome_of
from trialscreen.log.verify import noted_as
from trialscreen.model.errors import InputError, Problem
from trialscreen.model.trial import SCREENING_DATE, Element, Kind, Trial
from trialscreen.model.wording import rule_in_words, show_fact, with_unit
from trialscreen.output.report.about import AID
from trialscreen.output.report.render import blocks, html
from trialscreen.output.report.screening_page import (
    SOURCE_WORDS,
    TITLES,
    needed_table,
    needed_text,
    notice_blocks,
)
from trialscreen.output.report.statuses import VERDICTS, status_of
from trialscreen.output.report.trial_page import cohort_blocks
from trialscreen.output.report.verdict_words import (
    distances,
    headline,
    verdict_detail,
    why,
    why_and_until,
)
from trialscreen.screening.clearing import clears_on
from trialscreen.screening.explain import in_use
from trialscreen.screening.screen import Finding, Screening, screen

_BY = {
    "flag": "command line",
    "file": "answers file",
    "interview": "interview",
    "site": "site file",
}


class Record(NamedTuple):
    """One screening with the answers behind it, and its entry if it stands in a log.

    `tool` is the version of trialscreen that screened.
    """

    screening: Screening
    answers: Answers
    tool: str
    entry: Entry | None = None


def record_of(trial: Trial, entry: Entry) -> Record:
    """The record of a log's entry, found again from its answers; it must come out the same.

    Raises InputError for an entry before consent, which has no answers, for one by another
    criteria file, and for one that comes out otherwise.
    """
    where = f"entry {entry.number}"
    if entry.stage == "before consent":
        message = "was recorded before consent, so that no answers were kept; see it in the log"
        raise InputError([Problem(where, message)])
    if entry.criteria.sha256 != trial.sha256:
        message = (
            f"was screened by criteria version {entry.criteria.version} (SHA-256"
            f" {entry.criteria.sha256}); name that file with --criteria before the command"
        )
        raise InputError([Problem(where, message)])
    answers = {
        name: one._replace(where=f"{where} {name}", notes={}) for name, one in entry.answers.items()
    }
    samples = read_samples(trial, entry.answers, entry.on, [])
    screening = screen(trial, read_facts(trial, answers, entry.on), entry.on, samples)
    now, then = outcome_of(screening), entry.outcome
    if (now.verdict, now.failed) != (then.verdict, then.failed):
        message = f"comes out otherwise than with trialscreen {entry.tool}; report it with that"
        raise InputError([Problem(where, message)])
    return Record(screening, entry.answers, entry.tool, entry)


def record_document(record: Record) -> str:
    """The record as a whole HTML document; every sheet of it says whose it is.

    A browser that prints no feet of its own prints the title above each sheet.
    """
    told = _foot(record)
    return html.render(record_page(record), told, told)


def _foot(record: Record) -> str:
    """What identifies a sheet that lies alone."""
    screening, entry = record.screening, record.entry
    nct_id, on = screening.trial.registration.nct_id, screening.on
    if entry is None:
        return f"{nct_id} · subject ________ · screened {on}"
    return (
        f"{nct_id} · subject {entry.subject} · screened {on} · log entry and seal"
        f" {noted_as(entry.number, entry.seal)}"
    )


def record_page(record: Record) -> blocks.Page:
    """Verdict, every criterion with its evidence, what is open, and room for signatures."""
    screening, trial = record.screening, record.screening.trial
    return (
        blocks.Heading("Eligibility screening record", 1),
        blocks.Paragraph(trial.registration.title),
        blocks.terms(_identity(record)),
        blocks.Banner(
            headline(screening),
            verdict_detail(screening),
            VERDICTS[screening.verdict].tone,
        ),
        *_failures(screening),
        *_overview(screening),
        *notice_blocks(screening),
        *_missing(screening),
        *_judgements(screening),
        blocks.Together(tuple(_signatures(record.entry))),
        *_criteria(record, "inclusion"),
        *_criteria(record, "exclusion"),
        *_other_answers(record),
        *cohort_blocks(trial),
    )


# Whose it is.


def _identity(record: Record) -> Iterator[tuple[str, str]]:
    """Whose record it is and by which criteria; what is left empty is filled in by hand."""
    trial, entry = record.screening.trial, record.entry
    yield "Trial", trial.registration.nct_id
    yield "Subject", "" if entry is None else entry.subject
    yield "Screening date", str(record.screening.on)
    if entry is not None:
        yield from _in_the_log(entry)
    criteria = f"{trial.origin}, version {trial.version}, applied by trialscreen {record.tool}"
    yield "Criteria file", f"{criteria}\nSHA-256 {trial.sha256}"


def _in_the_log(entry: Entry) -> Iterator[tuple[str, str]]:
    recorded = f"recorded {entry.at:%Y-%m-%d %H:%M} UTC by {entry.by}"
    yield "Log entry", f"{entry.number}, {recorded}"
    yield "Seal", f"{entry.number}:{entry.seal}"
    if (corrects := entry.corrects) is not None:
        yield "Corrects", f"entry {corrects.of}\nReason: {corrects.reason}"
    if entry.note:
        yield "Note", entry.note


def _signatures(entry: Entry | None) -> Iterator[blocks.Part]:
    """The decision, to tick, and who signs it."""
    screener = "" if entry is None else entry.by
    yield blocks.Heading("Decision and signatures")
    yield blocks.Paragraph(f"{AID} The evidence for each criterion is on the sheets that follow.")
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


def _failures(screening: Screening) -> Iterator[blocks.Block]:
    """What fails, and why."""
    if screening.failing:
        yield blocks.terms(
            (
                one.criterion.id,
                f"{one.criterion.label}: {'; '.join(why_and_until(screening, one))}",
            )
            for one in screening.failing
        )


def _overview(screening: Screening) -> Iterator[blocks.Block]:
    yield blocks.Heading("All criteria")
    yield blocks.table(
        ("", "Criterion", "Status"),
        (
            (one.criterion.id, one.criterion.label, status_of(one).cell)
            for one in screening.findings
        ),
        (0, 1, 0),
    )


# What is open.


def _missing(screening: Screening) -> Iterator[blocks.Block]:
    """The data still needed, by who can give them."""
    elements = screening.trial.elements
    data = {
        source: [name for name in names if not elements[name].is_judgement]
        for source, names in screening.needed.items()
    }
    if needed := {source: names for source, names in data.items() if names}:
        yield blocks.Heading("Data still missing")
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
            ("What, and for which criterion", "Question", "Answer"), rows, (3, 4, 3), to_fill=True
        )


# Each criterion.


def _criteria(record: Record, kind: Kind) -> Iterator[blocks.Block]:
    yield blocks.Heading(f"{TITLES[kind]}, with the evidence", new_sheet=kind == "inclusion")
    for finding in record.screening.findings:
        if finding.criterion.kind == kind:
            yield blocks.Together(tuple(_criterion(record, finding)), status_of(finding).tone)


def _criterion(record: Record, finding: Finding) -> Iterator[blocks.Part]:
    criterion = finding.criterion
    yield blocks.Heading(f"{criterion.id} {criterion.label}: {status_of(finding)}", 3)
    yield blocks.terms(_terms(record.screening, finding))
    if names := in_use(finding.trace):
        yield _evidence_table(record, names)


def _terms(screening: Screening, finding: Finding) -> Iterator[tuple[str, str]]:
    criterion = finding.criterion
    yield "Text", criterion.text
    if grounds := why(finding):
        yield ("Decided by" if finding.met.known else "Still open"), "\n".join(grounds)
    if gaps := distances(finding):
        yield "By how much", "\n".join(gaps)
    if (day := clears_on(screening, finding)) is not None:
        yield "Clears on", str(day)
    yield "Rule", rule_in_words(screening.trial, criterion.rule)
    for one in criterion.readings:
        yield (
            f"Reading {one.ref}",
            f"{one.issue}\nTaken: {one.chosen}\nAlternative: {one.alternative}",
        )


def _other_answers(record: Record) -> Iterator[blocks.Block]:
    """The answers that no criterion rests on, so that every answer is on the record."""
    used = frozenset().union(*(in_use(one.trace) for one in record.screening.findings))
    answered = (record.answers.keys() | record.screening.facts.keys()) - {SCREENING_DATE}
    if names := answered - used:
        yield blocks.Heading("Other answers given")
        yield blocks.Paragraph("No finding rests on them.")
        yield _evidence_table(record, names)


# The evidence.


class _Evidence(NamedTuple):
    """The value of an element, as written too if that differs, and where it is from."""

    value: str
    origin: str


def _evidence_table(record: Record, names: Set[str]) -> blocks.Table:
    """The elements that are named, in the file's order; yes/no that are alike share a row."""
    grouped: dict[tuple[_Evidence, str], list[str]] = {}
    for element in record.screening.trial.elements.values():
        if element.name in names:
            alone = "" if element.type == "boolean" else element.name
            key = (_evidence(record, element), alone)
            grouped.setdefault(key, []).append(element.label)
    return blocks.table(
        ("Data element", "Value", "From"),
        (("; ".join(labels), one.value, one.origin) for (one, _), labels in grouped.items()),
        (4, 2, 3),
    )


def _evidence(record: Record, element: Element) -> _Evidence:
    trial, given = record.screening.trial, record.answers.get(element.name)
    value = show_fact(element, record.screening.facts.get(element.name))
    if given is None:
        return _Evidence(value, SOURCE_WORDS[element.source])
    written = given.text.strip()
    if value.casefold() not in (written.casefold(), with_unit(element, written).casefold()):
        value = f"{value}\nwritten: {written}"
    lines = (f"{SOURCE_WORDS[element.source]}; {_BY[given.by]}", *_notes(trial, given))
    return _Evidence(value, "\n".join(lines))


def _notes(trial: Trial, given: Answer) -> Iterator[str]:
    """The notes beside an answer, a line each; the criteria file only if it was another."""
    for key, text in given.notes.items():
        if key == ANSWERED:
            yield f"answered {text}"
        elif key == SET_ASIDE:
            yield f"set aside, not used: {text}"
        elif key != CRITERIA:
            yield f"{key}: {text}"
    if of_another_version(trial, given.notes):
        yield f"taken under another version of the criteria file, {given.notes[CRITERIA]}"
