"""What follows the sheet to sign: the criteria as they were applied, and every answer.

An answer stands as it was written, with how it came in and the day of its sample.
"""

from collections.abc import Iterator, Mapping

from trialscreen.answers.answer import (
    ANSWERED,
    CRITERIA,
    SAMPLED,
    SET_ASIDE,
    Answer,
    Answers,
    of_another_version,
)
from trialscreen.model.trial import SCREENING_DATE, Criterion, Element, Trial
from trialscreen.model.wording import rule_in_words, show_fact, with_unit
from trialscreen.output.report.render import blocks
from trialscreen.output.report.statuses import source_words, status_of
from trialscreen.output.report.trial_page import confirmed_words
from trialscreen.screening.explain import in_use
from trialscreen.screening.screen import Screening

_BY = {
    "flag": "command line",
    "file": "answers file",
    "interview": "interview",
    "site": "site file",
}


def applied(screening: Screening) -> Iterator[blocks.Block]:
    """Every criterion word for word, its rule, and how it was read where it is unclear."""
    yield blocks.Heading("Criteria as registered, with the rules and readings applied")
    told: list[blocks.Part] = []
    for finding in screening.findings:
        criterion = finding.criterion
        told.append(
            blocks.Heading(f"{criterion.id} {criterion.label}: {status_of(finding)}", 3),
        )
        told += _applied(screening.trial, criterion)
    yield blocks.Columns(tuple(told))


def _applied(trial: Trial, criterion: Criterion) -> Iterator[blocks.Part]:
    yield blocks.Paragraph(criterion.text)
    yield blocks.Paragraph(f"Rule: {rule_in_words(trial, criterion.rule)}")
    for one in criterion.readings:
        yield blocks.Paragraph(
            f"{one.ref}: {one.issue} Taken: {one.chosen} Alternative: {one.alternative}"
            f" {confirmed_words(one)}"
        )


# Answers.


def every_answer(screening: Screening, answers: Answers) -> Iterator[blocks.Block]:
    """Every answer by where it is from, with the criteria that rest on it."""
    origins: dict[str, dict[str, str]] = {}
    answered = (answers.keys() | screening.facts.keys()) - {SCREENING_DATE}
    for element in screening.trial.elements.values():
        if element.name in answered:
            given = answers.get(element.name)
            origin = _origin(screening.trial, element, given)
            origins.setdefault(origin, {})[element.name] = _value(screening, element, given)
    if origins:
        told = [part for one, values in origins.items() for part in _from(screening, one, values)]
        yield blocks.Heading("Answers, with the criteria that rest on them")
        yield blocks.Columns(tuple(told))


def _from(screening: Screening, origin: str, values: Mapping[str, str]) -> Iterator[blocks.Part]:
    """The answers from one origin: those that are plainly yes or no together, others in rows."""
    elements = screening.trial.elements
    used = {one.criterion.id: in_use(one.trace) for one in screening.findings}
    labels = {
        name: f"{elements[name].label}"
        f" ({', '.join(one for one in used if name in used[one]) or 'no criterion'})"
        for name in values
    }
    alike = [name for name in values if elements[name].type == "boolean"]
    yield blocks.Heading(origin, 3)
    if rows := [(labels[name], values[name]) for name in values if name not in alike]:
        yield blocks.table(("Data element", "Value"), rows, (1, 0))
    for value in dict.fromkeys(values[name] for name in alike):
        told = "; ".join(labels[name] for name in alike if values[name] == value)
        yield blocks.Paragraph(f"{value}: {told}")


def _origin(trial: Trial, element: Element, given: Answer | None) -> str:
    """Who can give it, how it came in, and what is told of many answers alike."""
    source = source_words(element)
    return source if given is None else "; ".join([source, _BY[given.by], *_taken(trial, given)])


def _value(screening: Screening, element: Element, given: Answer | None) -> str:
    """The value as it is used, as written if that differs, and what is told of it alone."""
    value = show_fact(element, screening.facts.get(element.name))
    if given is None:
        return value
    written = given.text.strip()
    same = value.casefold() in (written.casefold(), with_unit(element, written).casefold())
    as_written = () if same else (f"written: {written}",)
    return ", ".join([value, *as_written, *_age(screening, element), *_notes(given)])


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


def _taken(trial: Trial, given: Answer) -> Iterator[str]:
    """When it was answered, and under which criteria file if that was another."""
    if ANSWERED in given.notes:
        yield f"answered {given.notes[ANSWERED]}"
    if of_another_version(trial, given.notes):
        yield f"taken under another version of the criteria file, {given.notes[CRITERIA]}"
