"""The record of one screening, for a physician to check and sign.

The sheet to sign is followed by the criteria as applied, and every answer as written, with its
origin and sample date.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from trialscreen.answers.answer import Answer, Answers, Key, of_another_version, read_facts
from trialscreen.answers.sampled import read_samples
from trialscreen.log.entry import Decision, ScreeningEntry, outcome_of
from trialscreen.log.verify import noted_as
from trialscreen.model.errors import refuse
from trialscreen.model.evidence import in_words
from trialscreen.model.trial import SCREENING_DATE, Element, Source, Trial
from trialscreen.model.wording import rule_in_words, show_fact, with_unit
from trialscreen.output.report import verdict_words
from trialscreen.output.report.entry_page import decided_words
from trialscreen.output.report.render import blocks, html
from trialscreen.output.report.screening_page import (
    needed_table,
    needed_text,
    notice_items,
    recorded_blocks,
)
from trialscreen.output.report.trial_page import cohort_notes, cohorts_in_short, confirmed_words
from trialscreen.screening.explain import in_use
from trialscreen.screening.screen import Screening, screen
from trialscreen.text.characters import count_of


class ScreeningRecord(NamedTuple):
    """One screening with its answers, and its entry if it is in a log.

    `tool` is the version of trialscreen used, `decision` the latest about the subject, and
    `subject` the subject's code if there is no entry.
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
    """The record of a log entry, re-screened from its answers, which must give the same result.

    Raises InputError for an entry before consent, which has no answers, for one made with another
    criteria file, and if the result differs.
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
    """The record as an HTML document that identifies the subject on every sheet.

    Browsers that do not support page footers print the title above each sheet.
    """
    entry, nct_id = record.entry, record.screening.trial.registration.nct_id
    subject = entry.subject if entry is not None else record.subject or "________"
    told = f"{nct_id} · subject {subject} · screened {record.screening.on}"
    if entry is not None:
        told += f" · log entry and seal {noted_as(entry.number, entry.seal)}"
    return html.render(record_page(record), told, told)


def record_page(record: ScreeningRecord) -> blocks.Page:
    """Verdict, every criterion with its evidence, what is open, and room for signatures."""
    screening, trial = record.screening, record.screening.trial
    yield blocks.Heading("Eligibility screening record", 1)
    yield blocks.Paragraph(trial.registration.title)
    yield blocks.terms(_identity(record))
    tone = verdict_words.VERDICTS[screening.verdict].tone
    yield blocks.Banner(verdict_words.headline(screening), screening.summary, tone)
    yield from _overview(screening)
    yield from _to_check(screening)
    yield blocks.Group("together", tuple(_signatures(record.entry)))
    yield from _still_open(screening)
    yield from applied(screening)
    yield from every_answer(screening, record.answers)
    yield from recorded_blocks(screening, to_sign=True)
    yield from cohorts_in_short(trial)
    yield cohort_notes(trial)
    decision = record.decision
    if decision is not None and (decision.despite or decision.reason):
        yield blocks.Heading("The decision in the log")
        yield blocks.Paragraph(_decided(decision))
        told = [f"although {one}" for one in decision.despite]
        yield blocks.items(told + [f"Reason: {decision.reason}"] * bool(decision.reason))


# Whose it is.


def _identity(record: ScreeningRecord) -> Iterator[tuple[str, str]]:
    """Subject, date and criteria file; empty values are to be filled in by hand."""
    trial, entry = record.screening.trial, record.entry
    yield "Trial", trial.registration.nct_id
    yield "Subject", record.subject if entry is None else entry.subject
    yield "Screening date", str(record.screening.on)
    if entry is not None:
        recorded = f"recorded {entry.at:%Y-%m-%d %H:%M} UTC by {entry.by}"
        yield "Log entry", f"{entry.number}, {recorded}"
        yield "Seal", f"{entry.number}:{entry.seal}"
        if (corrects := entry.corrects) is not None:
            yield "Corrects", f"entry {corrects.of}\nReason: {corrects.reason}"
        if entry.note:
            yield "Note", entry.note
    if (decision := record.decision) is not None:
        yield "Decision", _decided(decision)
    criteria = f"{trial.origin}, version {trial.version}, applied by trialscreen {record.tool}"
    yield "Criteria file", f"{criteria}\nSHA-256 {trial.sha256}"


def _decided(one: Decision) -> str:
    return f"{decided_words(one)}, {one.on}, by {one.by} (entry {one.number})"


def _signatures(entry: ScreeningEntry | None) -> Iterator[blocks.Part]:
    """The decision, to tick, and who signs it."""
    screener = "" if entry is None else entry.by
    yield blocks.Heading("Decision and signatures")
    yield blocks.Paragraph(verdict_words.AID)
    options = ("eligible", "not eligible", "re-screen on ____________")
    yield blocks.Choices("The investigator decides:", options)
    rows = (("Screened by", screener, "", ""), ("Investigator", "", "", ""))
    columns = ("", "Name", "Signature", "Date")
    yield blocks.table(columns, rows, (3, 4, 5, 3), to_fill=True)


# What is found.


def _overview(screening: Screening) -> Iterator[blocks.Block]:
    """Every criterion with what decides it, or what is missing."""
    yield blocks.Heading("All criteria")
    rows = []
    for one in screening.findings:
        why = "; ".join([*verdict_words.why_and_until(screening, one), *one.distances])
        rows.append((one.id, one.label, verdict_words.STATUSES[one.status].cell, why))
    yield blocks.table(("", "Criterion", "Status", "Decided by"), rows, (2, 11, 5, 31))


def _to_check(screening: Screening) -> Iterator[blocks.Part]:
    """Warnings to check, and how many values have no sample date."""
    items = [*notice_items(screening)]
    if screening.undated:
        undated = count_of(len(screening.undated), "value")
        note = f"note: No day of the sample is given for {undated}; see the answers."
        items.append(blocks.items([note]))
    if items:
        yield blocks.Heading("Please check")
        yield from items


# What is open.


def _still_open(screening: Screening) -> Iterator[blocks.Block]:
    """Data that are awaited, stale or still needed, by who can give them.

    Consent and the investigator's judgements are listed separately, with space to write.
    """
    elements = screening.trial.elements
    needed: dict[Source, list[str]] = {}
    judgements = []
    for source, names in screening.needed.items():
        for name in names:
            if elements[name].is_judgement:
                judgements.append((needed_text(screening, name), elements[name].ask, ""))
            else:
                needed.setdefault(source, []).append(name)
    yield from blocks.titled("Data still needed", needed_table(screening, needed))
    columns = ("What, and for which criterion", "Question", "Answer")
    table = blocks.table(columns, judgements, (4, 7, 3), to_fill=True)
    yield from blocks.titled("Consent and judgements still open", table)


_BY = {
    "flag": "command line",
    "file": "answers file",
    "interview": "interview",
    "site": "site file",
    "record": "patient's record",
}


def applied(screening: Screening) -> Iterator[blocks.Block]:
    """Every criterion word for word, with its rule, and the readings of unclear texts."""
    yield blocks.Heading("Criteria as registered, with the rules and readings applied")
    yield blocks.Paragraph("The sponsor has confirmed no reading but those that say so.", "muted")
    yield blocks.Group("columns", tuple(_criteria(screening)))


def _criteria(screening: Screening) -> Iterator[blocks.Part]:
    for finding in screening.findings:
        criterion = finding.criterion
        yield blocks.Heading(
            f"{criterion.id} {criterion.label}: {verdict_words.STATUSES[finding.status]}", 3
        )
        yield blocks.Paragraph(criterion.text)
        yield blocks.Paragraph(f"Rule: {rule_in_words(screening.trial, criterion.rule)}")
        for one in criterion.readings:
            told = f"{one.ref}: {one.issue} Taken: {one.chosen} Alternative: {one.alternative}"
            confirmed = confirmed_words(one) if one.confirmed else ""
            yield blocks.Paragraph(f"{told} {confirmed}".rstrip())


# Answers.


def every_answer(screening: Screening, answers: Answers) -> Iterator[blocks.Block]:
    """Every answer, grouped by origin, with the criteria that it decides."""
    origins: dict[str, list[str]] = {}
    answered = (answers.keys() | screening.facts.keys()) - {SCREENING_DATE}
    for element in screening.trial.elements.values():
        if element.name in answered:
            origin = _origin(screening.trial, element, answers.get(element.name))
            origins.setdefault(origin, []).append(element.name)
    if origins:
        yield blocks.Heading("Answers, with the criteria that rest on them")
        told = [_from(screening, answers, origin, names) for origin, names in origins.items()]
        yield blocks.Group("columns", tuple(part for parts in told for part in parts))


def _origin(trial: Trial, element: Element, given: Answer | None) -> str:
    """Who can give the answer, how it was entered, and its criteria file if another."""
    origin = ", ".join(verdict_words.SOURCE_WORDS[one] for one in element.sources)
    if given is not None:
        origin += f"; {_BY[given.by]}"
        if of_another_version(trial, given.notes):
            file = given.notes[Key.CRITERIA]
            origin += f"; taken under another version of the criteria file, {file}"
    return origin


def _from(
    screening: Screening, answers: Answers, origin: str, names: Sequence[str]
) -> Iterator[blocks.Part]:
    """The answers from one origin, one per line; equal yes/no answers share a line.

    If all have the same date, it is given once above them.
    """
    elements = screening.trial.elements
    used = {one.criterion.id: in_use(one.trace) for one in screening.findings}
    values = {name: _value(screening, elements[name], answers.get(name)) for name in names}
    days = {name: answers[name].notes.get(Key.ANSWERED) for name in names if name in answers}
    if len(set(days.values())) > 1:
        values |= {name: f"{values[name]}, answered {day}" for name, day in days.items() if day}
    elif day := next(iter(days.values()), None):
        origin += f"; answered {day}"
    placed = {one.element for one in screening.recorded}
    lines: dict[tuple[str, str], list[str]] = {}
    for name in names:
        ids = ", ".join(one for one in used if name in used[one]) or "no criterion"
        alone = name if elements[name].type != "boolean" or name in placed else ""
        lines.setdefault((alone, values[name]), []).append(f"{elements[name].label} ({ids})")
    yield blocks.Heading(origin, 3)
    yield blocks.terms(
        ("; ".join(labels), value) if alone else (value, "; ".join(labels))
        for (alone, value), labels in lines.items()
    )


def _value(screening: Screening, element: Element, given: Answer | None) -> str:
    """The value as used, as written if that differs, and notes on it alone."""
    value = show_fact(element, screening.facts.get(element.name))
    if given is None:
        return value
    places = [one for one in screening.recorded if one.element == element.name]
    in_record = [f"in the record: {in_words(screening.trial.elements, one)}" for one in places]
    written = given.text.strip()
    same = value.casefold() in (written.casefold(), with_unit(element, written).casefold())
    as_written = () if same else (f"written: {written}",)
    told = (*as_written, *_age(screening, element), *_notes(given), *in_record)
    return ", ".join((value, *told))


def _age(screening: Screening, element: Element) -> Iterator[str]:
    """A remark if a value is stale, or has no sample date."""
    if element.name in screening.undated:
        yield "undated"
    for one in screening.stale:
        if one.element == element.name:
            yield f"older than {one.valid_for}"


def _notes(given: Answer) -> Iterator[str]:
    """The notes beside an answer that are about it alone."""
    for key, text in given.notes.items():
        if key == Key.SET_ASIDE:
            yield f"set aside, not used: {text}"
        elif key == Key.SAMPLED:
            yield f"sampled {text}"
        elif key not in (Key.ANSWERED, Key.CRITERIA):
            yield f"{key}: {text}"
