"""Random patients in tables of typed columns, and what the reference says of every row."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from random import Random
from typing import Any

import polars as pl

from tests.generate import ON
from trialscreen.model.dates import Period
from trialscreen.model.facts import Dates, Exactly, Fact, Numbers, half_of
from trialscreen.model.formulas import FORMULAS
from trialscreen.model.rules import Compare, ElementRef, Test, Within
from trialscreen.model.trial import SCREENING_DATE, Element, Formula, Trial
from trialscreen.screening.evaluate import Evaluation
from trialscreen.screening.screen import screening_of

DAYS = (ON, date(2024, 2, 29), date(2023, 2, 28), date(2025, 3, 31), date(2026, 11, 23))
"""Screening dates, most of them ends of a month."""

Row = Mapping[str, Any]


# Patients.


@dataclass(frozen=True)
class Patients:
    """Random patients of one trial. Their numbers and dates often lie on its thresholds.

    Numbers and dates of the elements in `bounded` are often known within bounds only;
    numbers of those in `whole` are whole numbers, and those of `as_written` can have an end
    that is left out, or digits that the value does not show.
    """

    trial: Trial
    bounded: Set[str] = frozenset()
    whole: Set[str] = frozenset()
    as_written: Set[str] = frozenset()

    def facts(self, rng: Random, on: date) -> dict[str, Fact]:
        """What is known of one. Values that can be derived are entered too, right or wrong."""
        world = self.true_of(rng, on)
        evaluation = Evaluation(self.trial, dict(world), on)
        for element in self.trial.answerable():
            if element.derive is not None:
                derived = evaluation.resolve(element.name).derived
                world[element.name] = self._entered(rng, element, derived, on)
        return dict(self._known(rng, world, on))

    def true_of(self, rng: Random, on: date) -> dict[str, Fact]:
        """An exact fact for every element that nothing is derived from."""
        return {
            element.name: self._exact(rng, element, on)
            for element in self.trial.answerable()
            if element.derive is None and element.name != SCREENING_DATE
        }

    def _entered(self, rng: Random, element: Element, derived: Fact | None, on: date) -> Fact:
        if derived is None or rng.random() < 0.2:
            return self._exact(rng, element, on)
        if not isinstance(derived, Numbers):
            return derived
        spec = FORMULAS[element.derive.name] if isinstance(element.derive, Formula) else None
        if spec is not None and spec.whole:
            value = derived.low + rng.choice((0, 0, 0.9, 1))
        else:
            decimals = rng.choice((0, 1, 2, 3, 9))
            off = rng.choice((0.0, 0.0, 0.4, 0.5, -0.5, 0.6)) * 10.0**-decimals
            value = round(derived.low + off, decimals)
        return Numbers(value, value)

    def _exact(self, rng: Random, element: Element, on: date) -> Fact:
        match element.type:
            case "boolean":
                return Exactly(rng.random() < 0.5)
            case "choice":
                return Exactly(rng.choice(list(element.choices)))
            case "date":
                day = self._day(rng, on)
                return Dates(day, day)
            case _:
                value = self._number(rng, element)
                return Numbers(value, value)

    def _number(self, rng: Random, element: Element) -> float:
        assert element.range is not None
        low, high = (float(end) for end in element.range)  # type: ignore[arg-type]
        step = 1.0 if element.type == "integer" else rng.choice((0.1, 0.01, 1.0))
        bounds = self._bounds.get(element.name)
        if bounds and rng.random() < 0.5:
            value = round(float(rng.choice(bounds)) + rng.choice((-1, 0, 1)) * step, 9)
        else:
            value = round(rng.uniform(low, min(high, low + 200)) / step) * step
        return min(max(round(value, 9), low), high)

    def _day(self, rng: Random, on: date) -> date:
        if self._periods and rng.random() < 0.6:
            start = rng.choice(self._periods).before(on)
            day = start + timedelta(days=rng.choice((-1, 0, 1)))
        else:
            day = on - timedelta(days=rng.choice((rng.randint(0, 900), rng.randint(0, 36_000))))
        return min(max(day, date(1900, 1, 1)), on)

    def _known(
        self, rng: Random, world: Mapping[str, Fact], on: date
    ) -> Iterator[tuple[str, Fact]]:
        """Some facts left out, some within bounds."""
        share = rng.choice((0.3, 0.6, 0.9, 1.0))
        for name, true in world.items():
            if rng.random() > share:
                continue
            fact = true
            if isinstance(true, Numbers) and name in self.whole:
                fact = Numbers(round(true.low), round(true.high))
            if name in self.bounded and rng.random() < 0.4 and not isinstance(fact, Exactly):
                fact = _widened(rng, self.trial.elements[name], fact, on)
            yield name, _as_written(rng, fact) if name in self.as_written else fact

    @cached_property
    def _tests(self) -> list[Test]:
        rules = [criterion.rule for criterion in self.trial.criteria]
        return [test for rule in rules for test in self.trial.reached(rule)]

    @cached_property
    def _periods(self) -> list[Period]:
        return [test.period for test in self._tests if isinstance(test, Within)]

    @cached_property
    def _bounds(self) -> dict[str, list[float]]:
        found: dict[str, list[float]] = {}
        for test in self._tests:
            if isinstance(test, Compare) and not isinstance(test.bound, ElementRef):
                found.setdefault(test.element, []).append(test.bound)
        return found


def _as_written(rng: Random, fact: Fact) -> Fact:
    if not isinstance(fact, Numbers):
        return fact
    if fact.exact:
        return fact._replace(half=rng.choice((half_of(rng.randrange(5)), 0.2268, 0.0)))
    return fact._replace(low_open=rng.random() < 0.5, high_open=rng.random() < 0.5)


def _widened(rng: Random, element: Element, fact: Fact, on: date) -> Fact:
    if isinstance(fact, Dates):
        month = fact.low.replace(day=1)
        month_end = (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        year, year_end = month.replace(month=1), month.replace(month=12, day=31)
        first, last = rng.choice(((month, month_end), (year, year_end)))
        return Dates(first, min(last, on))
    assert isinstance(fact, Numbers) and element.range is not None
    least, most = (float(end) for end in element.range)  # type: ignore[arg-type]
    value = fact.low
    low = rng.choice((value, math.nextafter(value, -math.inf), value - 1, value - 20, least))
    high = rng.choice((value, math.nextafter(value, math.inf), value + 1, value + 20, most))
    return Numbers(min(value, max(least, low)), max(value, min(most, high)))


# Tables.


def random_table(rng: Random, trial: Trial, rows: int, *, as_written: bool = False) -> pl.DataFrame:
    """Patients in typed columns, under `id`; sometimes each with a screening date of her own.

    `as_written`: some elements have the columns of `compile.Table.as_written`.
    """
    own_days = rng.random() < 0.4
    days = [rng.choice(DAYS) if own_days else ON for _ in range(rows)]
    share, names = rng.choice((0.0, 0.4, 0.8)), list(trial.elements)
    bounded = {name for name in names if rng.random() < share}
    whole = {name for name in names if rng.random() < 0.3}
    share = 0.5 * as_written
    numbers = [one.name for one in trial.answerable() if one.type == "quantity"]
    written = {name for name in numbers if rng.random() < share}
    patients = Patients(trial, bounded, whole, written)
    facts = [patients.facts(rng, day) for day in days]
    columns = [pl.Series("id", range(rows))]
    if own_days:
        columns.append(pl.Series(SCREENING_DATE, days))
    for element in trial.answerable():
        of_element = [patient.get(element.name) for patient in facts]
        if element.name != SCREENING_DATE and rng.random() < 0.97:  # else the table lacks it
            if element.name in written:
                columns.extend(_written_columns(element.name, of_element))
            else:
                columns.extend(_columns(rng, element, of_element))
    return pl.DataFrame(columns)


def one_row(facts: Mapping[str, Fact]) -> pl.DataFrame:
    """One patient, every number and date in bounds, numbers as they are written."""
    row: dict[str, Any] = {"id": 0}
    for name, fact in facts.items():
        if isinstance(fact, Exactly):
            row[name] = fact.value
        else:
            row |= {f"{name}_{part}": value for part, value in fact._asdict().items()}
    return pl.DataFrame([row])


def _columns(rng: Random, element: Element, facts: Sequence[Fact | None]) -> Iterable[pl.Series]:
    """One column of exact values, or two of bounds, or all three."""
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


def _written_columns(name: str, facts: Sequence[Fact | None]) -> Iterable[pl.Series]:
    kinds = (pl.Float64(), pl.Float64(), pl.Boolean(), pl.Boolean(), pl.Float64())
    for part, kind in zip(Numbers._fields, kinds, strict=True):
        yield pl.Series(f"{name}_{part}", [getattr(fact, part, None) for fact in facts], kind)


def _dtype(rng: Random, element: Element, facts: Sequence[Numbers | Dates | None]) -> pl.DataType:
    if element.type == "date":
        return pl.Date()
    ends = [end for fact in facts if fact is not None for end in (fact.low, fact.high)]
    whole = all(isinstance(end, int | float) and end == int(end) for end in ends)
    return pl.Int64() if whole and rng.random() < 0.7 else pl.Float64()


# What a table says, read back: the contract of `compile.Table`, one row at a time.


def facts_of(trial: Trial, row: Row) -> dict[str, Fact]:
    """The facts that one row states."""
    found: dict[str, Fact] = {}
    for element in trial.answerable():
        name = element.name
        low: Any = row.get(name)
        high: Any = low
        if low is None:
            low, high = row.get(f"{name}_low"), row.get(f"{name}_high")
        if f"{name}_half" in row and low is not None:
            found[name] = Numbers(*(row[f"{name}_{part}"] for part in Numbers._fields))
        elif low is not None and name != SCREENING_DATE:
            found[name] = _fact(element, low, high)
    return found


def _fact(element: Element, low: Any, high: Any) -> Fact:
    if element.type in ("boolean", "choice"):
        return Exactly(low)
    return Dates(low, high) if element.type == "date" else Numbers(low, high)


def evaluation_of(trial: Trial, row: Row, on: date) -> Evaluation:
    return Evaluation(trial, facts_of(trial, row), row.get(SCREENING_DATE) or on)


def reference(trial: Trial, row: Row, on: date) -> dict[str, Any]:
    """The columns of `screen_frame` for one row, as the reference finds them."""
    found = screening_of(evaluation_of(trial, row, on))
    met = {finding.criterion.id: finding.met for finding in found.findings}
    return {"verdict": found.verdict, "open": found.open, **met}
