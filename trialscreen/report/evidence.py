"""What a finding rests on, as a table: each value, as it was written, and how it came in."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from trialscreen.log.entry import Given
from trialscreen.notes import ANSWERED, CRITERIA, SET_ASIDE, of_another_version
from trialscreen.report.blocks import Table, row
from trialscreen.report.screening_page import SOURCE_WORDS
from trialscreen.screening import Screening
from trialscreen.trial import SCREENING_DATE, Trial
from trialscreen.words import show_fact, with_unit

_BY = {"flag": "command line", "file": "answers file", "interview": "interview"}

Answers = Mapping[str, Given]


class _Evidence(NamedTuple):
    """The value of an element, as written too if that differs, and where it is from."""

    value: str
    origin: str


def evidence_table(screening: Screening, answers: Answers, names: Iterable[str]) -> Table:
    """The elements that are named, in the file's order; yes/no that are alike share a row."""
    wanted = set(names)
    grouped: dict[tuple[_Evidence, str], list[str]] = {}
    for element in screening.trial.elements.values():
        if element.name in wanted:
            alone = "" if element.type == "boolean" else element.name
            key = (_evidence(screening, answers, element.name), alone)
            grouped.setdefault(key, []).append(element.label)
    return Table(
        ("Data element", "Value", "From"),
        tuple(
            row("; ".join(labels), one.value, one.origin) for (one, _), labels in grouped.items()
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


def _notes(trial: Trial, given: Given) -> Iterator[str]:
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
