"""The record of one screening, for a physician to check and sign.

Its evidence is a table: what each finding rests on, as it was written, and how it came in.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from trialscreen.answers.answer import (
    ANSWERED,
    CRITERIA,
    SET_ASIDE,
    Answer,
    Answers,
    of_another_version,
)
from trialscreen.log.entry import Entry
from trialscreen.model.trial import SCREENING_DATE, Kind, Trial
from trialscreen.model.wording import rule_in_words, show_fact, with_unit
from trialscreen.output.report.render import blocks
from trialscreen.output.report.screening_page import (
    SOURCE_WORDS,
    TITLES,
    needed_text,
    notice_blocks,
)
from trialscreen.output.report.signing import identity, signatures
from trialscreen.output.report.statuses import (
    distances,
    status_of,
    verdict_detail,
    verdict_tone,
    why,
)
from trialscreen.output.report.trial_page import cohort_blocks
from trialscreen.screening.explain import in_use
from trialscreen.screening.outlook import clears_on
from trialscreen.screening.screen import Finding, Screening

_BY = {"flag": "command line", "file": "answers file", "interview": "interview"}


class _Evidence(NamedTuple):
    """The value of an element, as written too if that differs, and where it is from."""

    value: str
    origin: str


def evidence_table(screening: Screening, answers: Answers, names: Iterable[str]) -> blocks.Table:
    """The elements that are named, in the file's order; yes/no that are alike share a row."""
    wanted = set(names)
    grouped: dict[tuple[_Evidence, str], list[str]] = {}
    for element in screening.trial.elements.values():
        if element.name in wanted:
            alone = "" if element.type == "boolean" else element.name
            key = (_evidence(screening, answers, element.name), alone)
            grouped.setdefault(key, []).append(element.label)
    return blocks.Table(
        ("Data element", "Value", "From"),
        tuple(
            blocks.row("; ".join(labels), one.value, one.origin)
            for (one, _), labels in grouped.items()
        ),
        (4, 2, 3),
    )


def answered(screening: Screening, answers: Answers) -> frozenset[str]:
    """The elements of which something is given, be it "unknown"."""
    return (frozenset(answers) | screening.facts.keys()) - {SCREENING_DATE}


def _evidence(screening: Screening, answers: Answers, name: str) -> _Evidence:
    trial, given = screening.trial, answers.get(name)
    element = trial.elements[name]
    value = show_fact(trial, element, screening.facts.get(name))
    if given is None:
        return _Evidence(value, SOURCE_WORDS[element.source])
    written = given.text.strip()
    if value.casefold() not in (written.casefold(), with_unit(trial, element, written).casefold()):
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


class Record(NamedTuple):
    """One screening with the answers behind it, and its entry if it stands in a log.

    `tool` is the version of trialscreen that screened.
    """

    screening: Screening
    answers: Answers
    tool: str
    entry: Entry | None = None


def record_page(record: Record) -> blocks.Page:
    """Verdict, every criterion with its evidence, what is open, and room for signatures."""
    screening, trial = record.screening, record.screening.trial
    return (
        blocks.Heading("Eligibility screening record", 1),
        blocks.Paragraph(trial.registration.title),
        identity(trial, screening.on, record.tool, record.entry),
        blocks.Banner(
            screening.verdict.upper(), verdict_detail(screening), verdict_tone(screening)
        ),
        *_failures(screening),
        *_overview(screening),
        *notice_blocks(screening),
        *_missing(screening),
        *_judgements(screening),
        blocks.Together(tuple(signatures(record.entry))),
        *_criteria(record, "inclusion"),
        *_criteria(record, "exclusion"),
        *_other_answers(record),
        *cohort_blocks(trial),
    )


def _failures(screening: Screening) -> Iterator[blocks.Block]:
    """What fails, and why."""
    rows = []
    for finding in screening.failing:
        day = clears_on(screening, finding)
        cleared = () if day is None else (f"clears on {day}",)
        told = "; ".join((*why(screening, finding), *cleared))
        rows.append((finding.criterion.id, blocks.Cell(f"{finding.criterion.label}: {told}")))
    if rows:
        yield blocks.Terms(tuple(rows))


def _overview(screening: Screening) -> Iterator[blocks.Block]:
    yield blocks.Heading("All criteria")
    yield blocks.Table(
        ("", "Criterion", "Status"), tuple(map(_line, screening.findings)), (0, 1, 0)
    )


def _line(finding: Finding) -> tuple[blocks.Cell, ...]:
    status, criterion = status_of(finding), finding.criterion
    return blocks.row(criterion.id, criterion.label, blocks.Cell(str(status), status.tone))


# What is open.


def _open_names(screening: Screening, *, judgement: bool) -> Iterator[str]:
    elements = screening.trial.elements
    for names in screening.needed.values():
        yield from (name for name in names if elements[name].is_judgement is judgement)


def _missing(screening: Screening) -> Iterator[blocks.Block]:
    """The data still needed, by who can give them."""
    elements = screening.trial.elements
    by_source: dict[str, list[str]] = {}
    for name in _open_names(screening, judgement=False):
        texts = by_source.setdefault(SOURCE_WORDS[elements[name].source], [])
        texts.append(needed_text(screening, name))
    if by_source:
        yield blocks.Heading("Data still missing")
        yield blocks.Table(
            ("From", "What, and for which criterion"),
            tuple(blocks.row(source, "; ".join(texts)) for source, texts in by_source.items()),
            (0, 1),
        )


def _judgements(screening: Screening) -> Iterator[blocks.Block]:
    """Consent and the investigator's judgements still open, with space to write."""
    elements = screening.trial.elements
    rows = tuple(
        blocks.row(needed_text(screening, name), elements[name].ask, "")
        for name in _open_names(screening, judgement=True)
    )
    if rows:
        yield blocks.Heading("Consent and judgements still open")
        yield blocks.Table(
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
    yield blocks.Terms(
        tuple((name, blocks.Cell(text)) for name, text in _terms(record.screening, finding))
    )
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


def _other_answers(record: Record) -> Iterator[blocks.Block]:
    """The answers that no criterion rests on, so that every answer is on the record."""
    used = frozenset().union(*(in_use(one.trace) for one in record.screening.findings))
    if names := answered(record.screening, record.answers) - used:
        yield blocks.Heading("Other answers given")
        yield blocks.Paragraph("No finding rests on them.")
        yield evidence_table(record.screening, record.answers, names)
