"""Random rules, trials and patients, for any set of elements; all from one seeded source.

A *world* is what is true of a patient: an exact fact for each element. *Knowledge* of a
world is a set of facts that allow it: exact, within bounds, or absent.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from random import Random

from trialscreen.model.dates import Period
from trialscreen.model.facts import Dates, Exactly, Fact, Numbers
from trialscreen.model.rules import (
    AtLeastN,
    Clause,
    Compare,
    ElementRef,
    Is,
    Not,
    OneOf,
    Operator,
    Rule,
    Within,
    all_of,
    any_of,
)
from trialscreen.model.trial import SCREENING_DATE, Criterion, Element, Formula, Trial
from trialscreen.screening.evaluate import Evaluation
from trialscreen.screening.screen import Screening, screening_of

ON = date(2026, 8, 31)  # a month end, so that windows are clamped


def random_rule(rng: Random, elements: Mapping[str, Element], depth: int = 3) -> Rule:
    """A rule over `elements`, at most `depth` combinators deep."""
    if depth == 0 or rng.random() < 0.25:
        return random_test(rng, elements)
    parts = tuple(random_rule(rng, elements, depth - 1) for _ in range(rng.randint(1, 3)))
    return rng.choice(
        (
            all_of(parts),
            any_of(parts),
            AtLeastN(rng.randint(1, len(parts)), parts),
            Not(parts[0]),
            Clause("clause", "words", parts[0]),
        )
    )


def random_test(rng: Random, elements: Mapping[str, Element]) -> Rule:
    """A test that fits the type of its element."""
    element = rng.choice([e for e in elements.values() if e.name != SCREENING_DATE])
    match element.type:
        case "boolean":
            return Is(element.name, rng.random() < 0.5)
        case "choice":
            names = tuple(element.choices)
            if rng.random() < 0.5:
                return Is(element.name, rng.choice(names))
            return OneOf(element.name, tuple(rng.sample(names, rng.randint(1, len(names)))))
        case "date" if rng.random() < 0.8:
            within = rng.choice((True, False))
            window = Within(element.name, random_period(rng))
            return window if within else Not(window)
        case _:
            return Compare(element.name, rng.choice(list(Operator)), _bound(rng, element, elements))


def random_period(rng: Random) -> Period:
    unit, most = rng.choice((("days", 400), ("weeks", 60), ("months", 30), ("years", 60)))
    return Period(rng.randint(0, most), unit)  # type: ignore[arg-type]


def _bound(
    rng: Random, element: Element, elements: Mapping[str, Element]
) -> int | float | ElementRef:
    alike = [
        e.name
        for e in elements.values()
        if e.type == element.type and e.unit == element.unit and e.name != SCREENING_DATE
    ]
    if element.type == "date" or rng.random() < 0.3:
        return ElementRef(rng.choice(alike))
    return _number(rng, element)


def random_trial(rng: Random, base: Trial, criteria: int = 4) -> Trial:
    """`base` with random criteria, and without its checks."""
    made = tuple(
        Criterion(
            f"C{i}", rng.choice(("inclusion", "exclusion")), "", "", random_rule(rng, base.elements)
        )
        for i in range(criteria)
    )
    return replace(base, criteria=made, checks=())


# Patients.


def random_world(rng: Random, trial: Trial, on: date = ON) -> dict[str, Fact]:
    """An exact fact for each element that is not computed by a formula.

    An element that a rule derives gets the value that follows, if one does.
    """
    world: dict[str, Fact] = {}
    for element in trial.answerable():
        if element.name != SCREENING_DATE and not isinstance(element.derive, Formula):
            world[element.name] = random_exact(rng, trial, element, on)
    for element in trial.answerable():
        if element.derive is not None and not isinstance(element.derive, Formula):
            others = {name: fact for name, fact in world.items() if name != element.name}
            derived = Evaluation(trial, others, on).resolve(element.name).derived
            world[element.name] = derived or world[element.name]
    return world


def random_exact(rng: Random, trial: Trial, element: Element, on: date) -> Fact:
    """One exact value; numbers and dates often lie on or beside a threshold of the trial."""
    match element.type:
        case "boolean":
            return Exactly(rng.random() < 0.5)
        case "choice":
            return Exactly(rng.choice(list(element.choices)))
        case "date":
            day = _date(rng, trial, on)
            return Dates(day, day)
        case _:
            value = _near_threshold(rng, trial, element)
            return Numbers(value, value)


def _number(rng: Random, element: Element) -> float:
    assert element.range is not None
    low, high = (float(end) for end in element.range)  # type: ignore[arg-type]
    if element.type == "integer":
        return rng.randint(int(low), int(high))
    return round(rng.uniform(low, min(high, low + 200)), rng.choice((0, 1, 2)))


def _near_threshold(rng: Random, trial: Trial, element: Element) -> float:
    bounds = [
        test.bound
        for criterion in trial.criteria
        for test in trial.reached(criterion.rule)
        if isinstance(test, Compare)
        and test.element == element.name
        and not isinstance(test.bound, ElementRef)
    ]
    if not bounds or rng.random() < 0.5:
        return _number(rng, element)
    assert element.range is not None
    low, high = (float(end) for end in element.range)  # type: ignore[arg-type]
    step = 1.0 if element.type == "integer" else rng.choice((0.1, 0.01, 1.0))
    value = round(float(rng.choice(bounds)) + rng.choice((-1, 0, 1)) * step, 9)
    return min(max(value, low), high)


def _date(rng: Random, trial: Trial, on: date) -> date:
    periods = [
        test.period
        for criterion in trial.criteria
        for test in trial.reached(criterion.rule)
        if isinstance(test, Within)
    ]
    if periods and rng.random() < 0.6:
        edge = rng.choice(periods).before(on) + timedelta(days=rng.choice((-1, 0, 1)))
    else:
        edge = on - timedelta(days=rng.choice((rng.randint(0, 900), rng.randint(0, 36_000))))
    return min(max(edge, date(1900, 1, 1)), on)


def unreviewed(trial: Trial, facts: Mapping[str, Fact], on: date = ON) -> Screening:
    """What is found without a review for contradictions: a random patient may hold some."""
    return screening_of(Evaluation(trial, facts, on))


# Knowledge.


def blur(rng: Random, trial: Trial, world: Mapping[str, Fact], on: date = ON) -> dict[str, Fact]:
    """Some knowledge of `world`: each fact kept, widened or left out."""
    facts: dict[str, Fact] = {}
    for name, fact in world.items():
        chance = rng.random()
        if chance < 0.5:
            facts[name] = fact
        elif chance < 0.75 and not isinstance(fact, Exactly):
            facts[name] = _widen(rng, trial.elements[name], fact, on)
    return facts


def _widen(rng: Random, element: Element, fact: Numbers | Dates, on: date) -> Fact:
    if isinstance(fact, Dates):
        if rng.random() < 0.5:
            return Dates(
                fact.low.replace(month=1, day=1), min(fact.low.replace(month=12, day=31), on)
            )
        low = fact.low - timedelta(days=rng.randint(0, 400))
        return Dates(low, min(fact.high + timedelta(days=rng.randint(0, 400)), on))
    assert element.range is not None
    least, most = (float(end) for end in element.range)  # type: ignore[arg-type]
    spread = float(rng.choice((1, 2, 10, 1000)))
    return Numbers(
        max(least, fact.low - rng.choice((0.0, spread))),
        min(most, fact.high + rng.choice((0.0, spread))),
    )


def learn(rng: Random, world: Mapping[str, Fact], facts: Mapping[str, Fact]) -> dict[str, Fact]:
    """More knowledge of the same world: nothing forgotten, some of it sharper."""
    more = dict(facts)
    for name, fact in world.items():
        if rng.random() < 0.4:
            more[name] = fact
        elif isinstance(known := more.get(name), Numbers) and isinstance(fact, Numbers):
            more[name] = Numbers((known.low + fact.low) / 2, (known.high + fact.high) / 2)
    return more
