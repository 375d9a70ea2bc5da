"""Parses what accompanies a value: its sample date, or since when and from whom it is awaited.

It is given in keys (`date`, `since`, `from`), or after the value: `3.1 on 2026-05-20`, `pending
since 2026-05-20 from the reference laboratory`, `no despite Condition/12`. Tables have a column
`tsh_date` for `tsh`. By default a value is awaited since its sample was taken.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date

from trialscreen.answers import values
from trialscreen.answers.answer import Answer, Answers, Key, day_or_text
from trialscreen.answers.written_dates import days_of
from trialscreen.model.errors import Problem, ValueProblem
from trialscreen.model.facts import Dates, Exactly
from trialscreen.model.trial import Element, Trial
from trialscreen.screening.samples import SAMPLE_DAY, Awaited, Samples, awaited_from, day_column
from trialscreen.text.characters import folded, shown

# Few answers say so much: `re` compiles these, and keeps them, when one does.
_DATED = r"(?is)(.+?)\s+on\s+(\S.*)"
_DATED_IN_BRACKETS = r"(?s)(.+?)\s*\(\s*([^()]*[^()\s])\s*\)"
_DESPITE = r"(?i)\sdespite\s"
_AWAITED = r"(?i)\s+(since|from)\s+(?=\S)"


def told_apart(trial: Trial, answers: Answers, problems: list[Problem]) -> dict[str, Answer]:
    """Moves what follows a value in its text to notes; a conflicting note is a problem."""
    known = trial.answerable_by_name
    return {
        name: _told_apart(trial, known[name], one, problems) if name in known else one
        for name, one in answers.items()
    }


def _told_apart(trial: Trial, element: Element, answer: Answer, problems: list[Problem]) -> Answer:
    text, said = answer.text, {}
    is_long = element.type == "boolean" and len(text) > len(Key.DESPITE)
    if is_long and (found := re.search(_DESPITE, text)) is not None:
        text, said = text[: found.start()].rstrip(), {Key.DESPITE: text[found.end() :].lstrip()}
    if len(text) > values.MAX_LENGTH:  # which is refused; to look for words in it could take long
        return answer
    if (dated := with_day_behind(element, text)) is not None:
        text, said = dated[1], {Key.SAMPLED: dated[2]}
    if (waits := said_pending(trial, element, text)) is not None:
        text, said = values.PENDING_WORD, {**said, **waits}
    elif len(words := text.split()) > 1 and values.is_pending(
        trial, element, words[0].rstrip(",;:.")
    ):
        message = "expected pending, with since DAY and from WHOM behind it, if known"
        problems.append(Problem(answer.where, f"{shown(text)}; {message}"))
        text = values.PENDING_WORD
    for key in filter(answer.notes.__contains__, said):
        if day_or_text(note := answer.notes[key]) != day_or_text(said[key]):
            message = f"{shown(said[key])} behind the value, and {shown(note)}; give one"
            problems.append(Problem(f"{answer.where} {key}", message))
    return answer._replace(text=text, notes={**said, **answer.notes})


def with_day_behind(element: Element, text: str) -> re.Match[str] | None:
    """A value, and the day of its sample behind it: `3.1 on 2026-05-20`, `3.1 (2026-05-20)`."""
    if element.type == "date":
        return None
    if _says(text, "on") and (dated := re.fullmatch(_DATED, text)) is not None:
        is_day = element.valid_for is not None and values.LIMITS.search(dated[2]) is None
        return dated if is_day or _is_date(dated[2]) else None
    dated = re.fullmatch(_DATED_IN_BRACKETS, text) if text.rstrip().endswith(")") else None
    return dated if dated is not None and is_day_in_brackets(dated[2]) else None


def is_day_in_brackets(text: str) -> bool:
    """Whether it can only be a day: a year or a month may also be read as a limit."""
    return not text.isdigit() and _is_date(text, whole=True)


def said_pending(trial: Trial, element: Element, text: str) -> dict[str, str] | None:
    """Since when and from whom a value is awaited, if stated; None if it is not awaited."""
    if not _says(text, "since", "from"):
        return {} if values.is_pending(trial, element, text) else None
    if len(text) > values.MAX_LENGTH:
        return None
    word, *behind = re.split(_AWAITED, text)
    said = {key.lower(): told.strip() for key, told in zip(*[iter(behind)] * 2, strict=True)}
    is_once = 2 * len(said) == len(behind)
    return said if is_once and values.is_pending(trial, element, word) else None


def _says(text: str, *words: str) -> bool:
    """Whether one of the words may stand behind a value."""
    behind = text.casefold().split()[1:]
    return any(word in behind for word in words)


def with_days(
    trial: Trial, answers: Answers, problems: list[Problem], *, whole: bool = True
) -> dict[str, Answer]:
    """The answers, with `tsh_date`, as a table has it, in the notes of `tsh`; a flag wins.

    Of the `whole` answers, a day whose value is not given is a problem.
    """
    found = dict(answers)
    for element in trial.answerable():
        column = day_column(element.name)
        if element.valid_for is None or column not in found or column in trial.elements:
            continue
        day, value = found[column], found.get(element.name)
        if value is None and not whole:
            continue
        del found[column]
        if value is not None:
            found[element.name] = _with_day(value, day, problems)
        elif not values.is_unknown(trial, day.text):
            message = f"is the day of a sample of {element.name}, which is not given"
            problems.append(Problem(day.where, message))
    return found


def _with_day(value: Answer, day: Answer, problems: list[Problem]) -> Answer:
    for key in filter(day.notes.__contains__, _BESIDE):
        message = "is for a value, not for the day of a sample"
        problems.append(Problem(f"{day.where} {key}", message))
    if value.date is not None and day_or_text(value.date) != day_or_text(day.text):
        if value.by == day.by:
            message = f"{shown(day.text)}, and {shown(value.date)} beside the value; give one"
            problems.append(Problem(day.where, message))
        if value.by == "flag":
            return value
    return value._replace(notes={**value.notes, Key.SAMPLED: day.text})


def told_together(answer: Answer) -> str:
    """An answer and its notes as a single text, the inverse of `told_apart`."""
    beside = [(key, "on" if key == Key.SAMPLED else key) for key in (*_BESIDE, Key.DESPITE)]
    said = (f" {word} {answer.notes[key]}" for key, word in beside if key in answer.notes)
    return "".join((answer.text, *said))


def _is_date(text: str, *, whole: bool = False) -> bool:
    try:
        first, last = days_of(folded(text), text)
    except ValueProblem:
        return False
    return first == last or not whole


_BESIDE = (Key.SAMPLED, Key.AWAITED_SINCE, Key.AWAITED_FROM)
_ANY_BESIDE = {*_BESIDE, Key.DESPITE}


def read_samples(trial: Trial, answers: Answers, on: date, problems: list[Problem]) -> Samples:
    """Sample dates and awaited values, in answers processed by `told_apart`.

    Adds to `problems`: dates after the screening date `on`, sample dates of elements that have
    none, and awaited values that are present.
    """
    days: dict[str, Dates] = {}
    awaited: list[Awaited] = []
    said_of = {
        name: one
        for name, one in answers.items()
        if one.is_pending or (one.notes and not _ANY_BESIDE.isdisjoint(one.notes))
    }
    for name in filter(said_of.__contains__, trial.answerable_by_name):
        element, answer = trial.elements[name], said_of[name]
        notes = {key: answer.notes[key] for key in _BESIDE if key in answer.notes}
        said = {key: text for key, text in notes.items() if not values.is_unknown(trial, text)}
        found = _read_days(trial, said, answer.where, on, problems)
        for key, message in _out_of_place(trial, element, answer, said, on):
            problems.append(Problem(f"{answer.where} {key}", message))
        if answer.is_pending:
            answered = on
            with suppress(KeyError, ValueError):
                answered = min(on, date.fromisoformat(answer.notes[Key.ANSWERED]))
            told = (found[key] for key in (Key.AWAITED_SINCE, Key.SAMPLED) if key in found)
            since = next((one.low for one in told if one.exact), answered)
            source = said.get(Key.AWAITED_FROM) or awaited_from(trial.elements, element)
            awaited.append(Awaited(name, since, source))
        elif Key.SAMPLED in found and folded(answer.text) not in values.unknown_words(
            trial, element
        ):
            days[name] = found[Key.SAMPLED]
    return Samples(days, tuple(awaited))


def _read_days(
    trial: Trial, said: Mapping[str, str], where: str, on: date, problems: list[Problem]
) -> dict[str, Dates]:
    """The days among what is said, each as far as it is known; one since when must be one day."""
    found: dict[str, Dates] = {}
    for key in filter(said.__contains__, (Key.SAMPLED, Key.AWAITED_SINCE)):
        try:
            days = values.read_value(trial, SAMPLE_DAY, said[key], on)
        except ValueProblem as problem:
            problems.append(Problem(f"{where} {key}", str(problem)))
            continue
        if isinstance(days, Dates) and (days.exact or key == Key.SAMPLED):
            found[key] = days
        else:
            message = f"{shown(said[key])} is not one day; expected YYYY-MM-DD"
            problems.append(Problem(f"{where} {key}", message))
    return found


def _out_of_place(
    trial: Trial, element: Element, answer: Answer, said: Mapping[str, str], on: date
) -> Iterator[tuple[str, str]]:
    """What is said of a value of which it cannot be said: the key, and what is wrong."""
    if Key.SAMPLED in said and element.valid_for is None:
        yield Key.SAMPLED, f"{element.label} carries no day of a sample; leave it out"
    for key in (Key.AWAITED_SINCE, Key.AWAITED_FROM):
        if key in said and not answer.is_pending:
            yield key, f"is for a value that is {values.PENDING_WORD}"
    if Key.AWAITED_FROM in said and _is_date(said[Key.AWAITED_FROM]):
        day = shown(said[Key.AWAITED_FROM])
        yield Key.AWAITED_FROM, f"{day} is a day, and from tells who gives the value; write since"
    if Key.DESPITE in answer.notes:
        text = answer.notes.get(Key.SET_ASIDE, answer.text)
        with suppress(ValueProblem):  # told where the answers are read
            if values.read_value(trial, element, text, on) != Exactly(value=False):
                yield Key.DESPITE, "is for a no, and names what in the record says yes"
