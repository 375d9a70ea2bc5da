"""What follows the sheet to sign: the criteria as they were applied, and every answer.

An answer stands as it was written, with how it came in and the day of its sample.
"""

from collections.abc import Iterator, Sequence

from trialscreen.answers.answer import (
    ANSWERED,
    CRITERIA,
    SAMPLED,
    SET_ASIDE,
    Answer,
    Answers,
    of_another_version,
)
from trialscreen.model.evidence import in_words
from trialscreen.model.trial import SCREENING_DATE, Criterion, Element, Trial
from trialscreen.model.wording import rule_in_words, show_fact, with_unit
from trialscreen.output.report.render import blocks
from trialscreen.output.report.statuses import source_words, status_of
from trialscreen.output.report.trial_page import confirmed_words
from trialscreen.screening.rests_on import in_use
from trialscreen.screening.screen import Screening

_BY = {
    "flag": "command line",
    "file": "answers file",
    "interview": "interview",
    "site": "site file",
    "record": "patient's record",
}


def applied(screening: Screening) -> Iterator[blocks.Block]:
    """Every criterion word for word, its rule, and how it was read where it is unclear."""
    yield blocks.Heading("Criteria as registered, with the rules and readings applied")
    yield blocks.Paragraph("The sponsor has confirmed no reading but those that say so.", "muted")
    told: list[blocks.Part] = []
    for finding in screening.findings:
        criterion = finding.criterion
        told.append(
            blocks.Heading(f"{criterion.id} {criterion.label}: {status_of(finding)}", 3),
        )
        told += _applied(screening.trial, criterion)
    yield blocks.Group("columns", tuple(told))


def _applied(trial: Trial, criterion: Criterion) -> Iterator[blocks.Part]:
    yield blocks.Paragraph(criterion.text)
    yield blocks.Paragraph(f"Rule: {rule_in_words(trial, criterion.rule)}")
    for one in criterion.readings:
        told = f"{one.ref}: {one.issue} Taken: {one.chosen} Alternative: {one.alternative}"
        yield blocks.Paragraph(f"{told} {confirmed_words(one) if one.confirmed else ''}".rstrip())


# Answers.


def every_answer(screening: Screening, answers: Answers) -> Iterator[blocks.Block]:
    """Every answer by where it is from, with the criteria that rest on it."""
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
    """Who can give it, how it came in, and under which criteria file if that was another."""
    origin = source_words(element)
    if given is not None:
        origin += f"; {_BY[given.by]}"
        if of_another_version(trial, given.notes):
            file = given.notes[CRITERIA]
            origin += f"; taken under another version of the criteria file, {file}"
    return origin


def _from(
    screening: Screening, answers: Answers, origin: str, names: Sequence[str]
) -> Iterator[blocks.Part]:
    """The answers from one origin, a line each; those that are alike yes or no share one.

    The day of the answers stands above them if it is the same for all.
    """
    elements = screening.trial.elements
    used = {one.criterion.id: in_use(one.trace) for one in screening.findings}
    values = {name: _value(screening, elements[name], answers.get(name)) for name in names}
    days = {name: answers[name].notes.get(ANSWERED) for name in names if name in answers}
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
    """The value as it is used, as written if that differs, and what is told of it alone."""
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
    """Whether a value is old, or no day of its sample was given."""
    if element.name in screening.undated:
        yield "undated"
    for one in screening.stale:
        if one.element == element.name:
            yield f"older than {one.valid_for}"


def _notes(given: Answer) -> Iterator[str]:
    """The notes beside an answer that are about it alone."""
    for key, text in given.notes.items():
        if key == SET_ASIDE:
            yield f"set aside, not used: {text}"
        elif key == SAMPLED:
            yield f"sampled {text}"
        elif key not in (ANSWERED, CRITERIA):
            yield f"{key}: {text}"
