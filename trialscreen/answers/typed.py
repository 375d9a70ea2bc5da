"""A fast path for Python values of an element's own type, with the same results as the parser.

Booleans and None are parsed once per trial, and texts without notes once each. A number within its
range, or a date, can have one meaning only. Everything else is left to the parser.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import lru_cache
from typing import Any, Literal

from trialscreen.answers.answer import Answer, as_text
from trialscreen.answers.sampled import told_apart
from trialscreen.answers.values import read_value
from trialscreen.model.errors import Problem, ValueProblem
from trialscreen.model.facts import Dates, Fact, Numbers, half_of
from trialscreen.model.trial import SCREENING_DATE, Element, Trial
from trialscreen.screening.samples import day_column
from trialscreen.text.characters import folded

_Stated = Fact | Literal["nothing"] | None  # None: the parser must be asked
_Read = Callable[[Any, date], _Stated]  # of a value, on the screening date
MOST_TEXTS = 1000  # of an element, of which is remembered what they state


def typed_facts(
    trial: Trial, answers: Mapping[str, object], on: date
) -> tuple[dict[str, Fact], dict[str, object]]:
    """The facts of the values that need no parser; and the other answers."""
    readers, yes_or_no = trial.once(_readers), trial.once(_yes_or_no)
    facts: dict[str, Fact] = {}
    others: dict[str, object] = {}
    for name, value in answers.items():
        is_yes_or_no = value is True or value is False
        if is_yes_or_no and (fact := yes_or_no[value].get(name)) is not None:
            facts[name] = fact
            continue
        read = readers.get((name, type(value)))
        stated = None if read is None else read(value, on)
        if stated is None:
            others[name] = value
        elif not isinstance(stated, str):
            facts[name] = stated
            if is_yes_or_no and not isinstance(stated, Dates):  # these are of one day
                yes_or_no[value][name] = stated
    values = trial.once(_values_by_day) if others else {}
    for name in [values[column] for column in values.keys() & others.keys()]:
        if name in answers:  # a value goes with the day of its sample
            facts.pop(name, None)
            others[name] = answers[name]
    return facts, others


def _yes_or_no(_: Trial) -> dict[object, dict[str, Fact]]:
    """What yes and no state, by element: most answers are one of them."""
    return {True: {}, False: {}}


def _values_by_day(trial: Trial) -> Mapping[str, str]:
    return {day_column(one.name): one.name for one in trial.answerable()}


def _readers(trial: Trial) -> Mapping[tuple[str, type], _Read]:
    """How values are read, by element and type."""
    found: dict[tuple[str, type], _Read] = {}
    for element in trial.answerable():
        if element.name == SCREENING_DATE:
            continue
        for kind in (type(None), bool, str):
            found[element.name, kind] = _parsing_once(trial, element)
        # A spelling of the criteria file may be the text of a number or a day: `9` for no.
        words = map(folded, (*trial.spellings, *element.spellings))
        if not any(word[:1] in "-0123456789" for word in words):
            found.update(((element.name, kind), read) for kind, read in _measured(element))
    return found


def _parsing_once(trial: Trial, element: Element) -> _Read:
    """What the parser makes of a value, as text; None if it refuses it, or more is said in it."""

    @lru_cache(MOST_TEXTS)
    def parsed(value: object, on: date) -> _Stated:
        problems: list[Problem] = []
        given = {element.name: Answer(as_text(value), "file")}
        told = told_apart(trial, given, problems)
        if told != given or told[element.name].is_pending or problems:
            return None
        try:
            return read_value(trial, element, given[element.name].text, on) or "nothing"
        except ValueProblem:
            return None

    return parsed if element.type == "date" else lambda value, _: parsed(value, date.max)


def _measured(element: Element) -> Iterator[tuple[type, _Read]]:
    """How numbers, or days, of an element are read; what is out of its range is not."""
    if element.type == "date":
        first, last = element.range or (date.min, date.max)
        assert isinstance(first, date) and isinstance(last, date)

        def read_day(day: date, on: date) -> _Stated:
            return Dates(day, day) if first <= day <= last and day <= on else None

        yield date, read_day
    elif element.type in ("integer", "quantity"):
        assert element.range is not None
        least, most = (float(end) for end in element.range)  # type: ignore[arg-type]

        def read(value: float, _: date) -> _Stated:
            if not least <= value <= most or (half := _half_as_shown(value)) is None:
                return None
            number = float(value)
            return Numbers(number, number, half=half)

        for kind in (int, float) if element.type == "quantity" else (int,):
            yield kind, read


@lru_cache(4096, typed=True)  # many patients have the same
def _half_as_shown(value: float) -> float | None:
    """`half_of` the decimals of its shortest text; None if that has an exponent."""
    text = repr(value).removesuffix(".0")
    return None if "e" in text else half_of(len(text.partition(".")[2]))
