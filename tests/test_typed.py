"""Values of Python are read as the parser reads their texts, by a shorter way."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest

from tests.sizes import size
from tests.spec import spec_trial
from trialscreen import InputError, Screening, Trial, load_trial, screen
from trialscreen.answers.answer import answer_of, as_text, read_facts
from trialscreen.answers.sampled import told_apart
from trialscreen.answers.typed import typed_facts
from trialscreen.model.errors import Problem
from trialscreen.model.facts import Dates, Fact
from trialscreen.model.trial import SCREENING_DATE, Element

NCT = load_trial()
ON = date(2026, 6, 1)
WORDS = {"99": "unknown", "1960-01-01": "unknown", "-1": "pending", "3.5": "no", "Yes": "unknown"}


def spelt(trial: Trial, rng: Random) -> Trial:
    """The trial with words of its own that are the texts of typed values."""
    own = {
        name: replace(one, spellings={**one.spellings, **dict(rng.sample(list(WORDS.items()), 1))})
        for name, one in trial.elements.items()
    }
    return replace(trial, elements=own)


TRIALS = {
    "packaged": NCT,
    "specification": spec_trial(),
    "spelt, by element": spelt(NCT, Random(1)),
    "a number that is no answer": replace(NCT, spellings={**NCT.spellings, "99": "unknown"}),
    "yes that is no answer": replace(NCT, spellings={**NCT.spellings, "yes": "pending"}),
}


def values(rng: Random, element: Element) -> Iterator[Any]:
    """Typed values: at, beside and beyond the ends of the range, and of other kinds."""
    yield from (None, True, False, 0, 1, 99, -1, 3.5, 0.0, -0.0, 1e-7, 2.5e20, 10**30)
    yield from (float("nan"), float("inf"), ON, ON + timedelta(days=1), date(1960, 1, 1))
    yield from (
        datetime(2020, 5, 4, 3, tzinfo=UTC),
        date.min,
        *element.choices,
        "no such choice",
        "<20",
        "",
    )
    yield from (
        "yes",
        " No ",
        "pending",
        "unknown",
        "2026-03",
        "55.50",
        "121 lb",
        "1 on 2026-05-20",
    )
    low, high = element.range or (date(1900, 1, 1), ON)
    if isinstance(low, date) and isinstance(high, date):
        yield from (low, high, low + timedelta(days=rng.randint(0, 9000)))
    else:
        for end in (low, high):
            yield from (end, int(end), end + 1, end - 1, end + 0.25)  # type: ignore[operator,arg-type]
        for decimals in range(7):
            yield round(rng.uniform(low, high), decimals)  # type: ignore[arg-type]
        yield rng.uniform(low, high)  # type: ignore[arg-type]


def by_parser(trial: Trial, name: str, value: object) -> tuple[dict[str, Fact], bool]:
    """The fact that the text of a value states; and whether nothing else is said of it."""
    problems: list[Problem] = []
    answer = answer_of({"value": value}, name, problems)
    assert answer is not None
    told = told_apart(trial, {name: answer}, problems)
    facts = read_facts(trial, told, ON, problems)
    return facts, not problems and told == {name: answer} and not answer.is_pending


@pytest.mark.parametrize("trial", TRIALS.values(), ids=TRIALS)
def test_a_typed_value_is_what_the_parser_reads_in_its_text(trial: Trial) -> None:
    rng, typed = Random(3), 0
    for element in trial.answerable():
        for value in values(rng, element):
            facts, others = typed_facts(trial, {element.name: value}, ON)
            if others:
                assert list(map(id, others.values())) == [id(value)]
                assert not facts
            else:
                parsed, is_plain = by_parser(trial, element.name, value)
                assert is_plain, (element.name, value)
                assert repr(facts) == repr(parsed), (element.name, value)  # with -0.0 and types
                typed += 1
    assert typed > 2 * len(trial.elements)


def test_a_yes_that_is_spelt_as_a_date_ends_on_each_screening_date() -> None:
    name = "pth_analog_last_dose_date"
    spelt = replace(NCT.elements[name], spellings={"yes": "2026"})
    trial = replace(NCT, elements={**NCT.elements, name: spelt})
    for day in (ON, ON + timedelta(days=30)):
        assert typed_facts(trial, {name: True}, day)[0] == {name: Dates(date(2026, 1, 1), day)}


def test_most_values_need_no_parser() -> None:
    rng = Random(5)
    for element in NCT.answerable():
        if element.name != SCREENING_DATE:
            low = element.range[0] if element.range else date(2020, 1, 1)
            kinds: dict[str, object] = {"boolean": True, "choice": next(iter(element.choices), "")}
            value = kinds.get(element.type, low)
            if element.type == "quantity":
                value = round(float(low) + rng.random(), 2)  # type: ignore[arg-type]
            assert not typed_facts(NCT, {element.name: value}, ON)[1], element.name


def found(answers: dict[str, Any]) -> tuple[object, ...]:
    """What a patient comes to; of wrong answers, which they are."""
    try:
        one: Screening = screen(NCT, answers, ON)
    except InputError as error:
        return tuple(problem.where for problem in error.problems)
    return tuple(one.facts.items()), one.samples, one.verdict, one.missing


def in_words(value: Any) -> Any:
    """A value as text, which no typed reading takes."""
    if isinstance(value, dict):
        return {key: in_words(one) for key, one in value.items()}
    return f" {as_text(value)} "


def test_whole_patients_are_read_as_their_texts_are() -> None:
    """With days of samples, notes, pending and wrong values, and contradictions among them."""
    rng, kinds = Random(7), set()
    elements = [one for one in NCT.answerable() if one.name != SCREENING_DATE]
    for _ in range(size(600)):
        answers: dict[str, Any] = {}
        for element in rng.sample(elements, rng.randint(1, 60)):
            some = list(values(rng, element))
            plain = [one for one in some if typed_facts(NCT, {element.name: one}, ON)[1] == {}]
            answers[element.name] = rng.choice(plain if rng.random() < 0.99 else some)
            if rng.random() < 0.05:
                answers[element.name] = {"value": answers[element.name], "date": date(2026, 5, 2)}
            elif element.valid_for and rng.random() < 0.5:
                answers[f"{element.name}_date"] = date(2026, 5, 20)
        got = found(answers)
        words = found({name: in_words(one) for name, one in answers.items()})
        kinds.add(type(got[0]))
        assert got == words, answers
    assert kinds == {str, tuple}
