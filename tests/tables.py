"""Random trials and tables of typed columns, and the reference's answers for every row."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any

import polars as pl

from tests.generate import random_exact, random_rule, random_world
from trialscreen.derive import FORMULAS
from trialscreen.evaluate import Evaluation
from trialscreen.fact import Dates, Exactly, Fact, Numbers, just_above, just_below
from trialscreen.rule import Given
from trialscreen.screening import Finding, Screening
from trialscreen.trial import SCREENING_DATE, Element, Formula, Trial

MONTH_ENDS = (date(2026, 8, 31), date(2024, 2, 29), date(2023, 2, 28), date(2025, 3, 31))
"""Days from which a window in months or years can end in a shorter month."""

Row = Mapping[str, Any]


# Trials.


def vary(rng: Random, trial: Trial) -> Trial:
    """`trial` with other sources, derivations and validity rules for some of its elements."""
    for name in rng.sample(list(trial.elements), len(trial.elements) // 2):
        if name != SCREENING_DATE:
            changed = _varied(rng, trial, trial.elements[name])
            trial = replace(trial, elements={**trial.elements, name: changed})
    return trial


def _varied(rng: Random, trial: Trial, element: Element) -> Element:
    others = {
        name: other
        for name, other in trial.elements.items()
        if name != SCREENING_DATE and element.name not in trial.elements_behind(Given(name))
    }
    kind = rng.choice(("source", "source", "consent", "valid", "rule", "implied", "wins"))
    match kind:
        case "source":
            return replace(element, source=rng.choice(("investigator", "derived", "chart")))
        case "consent":
            return replace(element, consent=True)
        case "valid":
            return replace(element, valid_if=random_rule(rng, others, depth=1))
        case "rule" if element.type == "boolean":
            return replace(element, derive=random_rule(rng, others, depth=2))
        case "implied" if element.type == "boolean":
            return replace(element, derive=Given(rng.choice(list(others))))
        case _:
            return replace(element, reported_wins=not element.reported_wins)


# Patients, and the tables that hold them.


def random_facts(rng: Random, trial: Trial, on: date) -> dict[str, Fact]:
    """What is known of a patient; values that can be derived are entered too, right or wrong."""
    world = random_world(rng, trial, on)
    for element in trial.answerable():
        if isinstance(element.derive, Formula):
            derived = Evaluation(trial.elements, world, on).resolve(element.name).derived
            world[element.name] = _reported(rng, trial, element, derived, on)
    return {name: fact for name, fact in _known(rng, trial, world, on) if fact is not None}


def _reported(rng: Random, trial: Trial, element: Element, derived: Fact | None, on: date) -> Fact:
    if not isinstance(derived, Numbers) or rng.random() < 0.2:
        return random_exact(rng, trial, element, on)
    spec = FORMULAS[element.derive.name] if isinstance(element.derive, Formula) else None
    if spec is not None and spec.whole:
        value: float = derived.low + rng.choice((0, 0, 0.9, 1))
    else:
        value = round(derived.low, rng.choice((0, 1, 2, 9))) + rng.choice((0, 0, 0.05, 0.5))
    return Numbers(value, value)


def _known(
    rng: Random, trial: Trial, world: Mapping[str, Fact], on: date
) -> Iterable[tuple[str, Fact | None]]:
    knows_bounds = rng.random() < 0.5
    share_known = rng.choice((0.3, 0.6, 0.9, 1.0))
    for name, fact in world.items():
        if rng.random() > share_known:
            yield name, None
        elif knows_bounds and not isinstance(fact, Exactly) and rng.random() < 0.4:
            yield name, _widened(rng, trial.elements[name], fact, on)
        else:
            yield name, fact


def _widened(rng: Random, element: Element, fact: Numbers | Dates, on: date) -> Fact:
    if isinstance(fact, Dates):
        month = fact.low.replace(day=1)
        next_month = (month + timedelta(days=31)).replace(day=1)
        year, last = month.replace(month=1), month.replace(month=12, day=31)
        first, last = rng.choice(((month, next_month - timedelta(days=1)), (year, last)))
        return Dates(first, min(last, on))
    assert element.range is not None
    least, most = (float(end) for end in element.range)  # type: ignore[arg-type]
    value = fact.low
    lows = (value, just_below(value), value - 1, value - 20, least)
    highs = (value, just_above(value), value + 1, value + 20, most)
    return Numbers(
        min(value, max(least, rng.choice(lows))), max(value, min(most, rng.choice(highs)))
    )


def table(
    rng: Random, trial: Trial, patients: Sequence[Mapping[str, Fact]], days: Sequence[date] | None
) -> pl.DataFrame:
    """Typed columns; each element exact, in bounds, or both, and some integers as such."""
    columns: dict[str, pl.Series] = {"id": pl.Series("id", range(len(patients)))}
    if days is not None:
        columns[SCREENING_DATE] = pl.Series(SCREENING_DATE, days)
    for element in trial.answerable():
        facts = [patient.get(element.name) for patient in patients]
        if element.name != SCREENING_DATE and any(facts):
            for series in _columns(rng, element, facts):
                columns[series.name] = series
    return pl.DataFrame(list(columns.values()))


def _columns(rng: Random, element: Element, facts: Sequence[Fact | None]) -> Iterable[pl.Series]:
    if element.type in ("boolean", "choice"):
        values = [fact.value if isinstance(fact, Exactly) else None for fact in facts]
        kind = pl.Boolean() if element.type == "boolean" else pl.String()
        yield pl.Series(element.name, values, kind)
        return
    bounds = [fact if isinstance(fact, Numbers | Dates) else None for fact in facts]
    exact = [fact if fact is not None and fact.exact else None for fact in bounds]
    dtype = _dtype(rng, element, bounds)
    apart = rng.random() < 0.5  # exact values in a column of their own
    if apart or exact == bounds:
        yield pl.Series(element.name, [fact and fact.low for fact in exact], dtype, strict=False)
    if exact != bounds or rng.random() < 0.2:
        rest = [
            None if apart and one is not None else fact
            for fact, one in zip(bounds, exact, strict=True)
        ]
        for end in ("low", "high"):
            values = [getattr(fact, end, None) for fact in rest]
            yield pl.Series(f"{element.name}_{end}", values, dtype, strict=False)


def _dtype(rng: Random, element: Element, facts: Sequence[Numbers | Dates | None]) -> pl.DataType:
    if element.type == "date":
        return pl.Date()
    ends = [end for fact in facts if fact is not None for end in fact]
    whole = all(isinstance(end, int | float) and end == int(end) for end in ends)
    return pl.Int64() if whole and rng.random() < 0.7 else pl.Float64()


# What the table says, read back: the contract of `Table`, one row at a time.


def facts_of(trial: Trial, row: Row) -> dict[str, Fact]:
    found: dict[str, Fact] = {}
    for element in trial.answerable():
        name = element.name
        low: Any = row.get(name)
        high: Any = low
        if low is None:
            low, high = row.get(f"{name}_low"), row.get(f"{name}_high")
        if low is not None and name != SCREENING_DATE:
            found[name] = _fact(element, low, high)
    return found


def _fact(element: Element, low: Any, high: Any) -> Fact:
    if element.type in ("boolean", "choice"):
        return Exactly(low)
    return Dates(low, high) if element.type == "date" else Numbers(low, high)


def reference(trial: Trial, row: Row, on: date | None) -> dict[str, Any]:
    """The columns of `screen_frame` for one row, as the reference finds them."""
    facts, day = facts_of(trial, row), row.get(SCREENING_DATE) or on
    assert day is not None
    evaluation = Evaluation(trial.elements, facts, day)
    findings = tuple(Finding(one, evaluation.trace(one.rule)) for one in trial.criteria)
    found = Screening(trial, facts, day, findings, ())
    met = {finding.criterion.id: finding.met.to_optional() for finding in findings}
    return {"verdict": found.verdict, "open": found.open, **met}
