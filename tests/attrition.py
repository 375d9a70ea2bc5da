"""Attrition counted one patient at a time, from reference screenings."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

import polars as pl

from tests.differential import Case
from tests.frames import screen_frame
from tests.generate import ON
from tests.tables import evaluation_of
from trialscreen import Trial
from trialscreen.screening.screen import Screening, screening_of
from trialscreen.tables.attrition.counting import Counting
from trialscreen.tables.attrition.counts import (
    Attrition,
    Count,
    CriterionCounts,
    Hidden,
    MissingElement,
    Order,
    bits_of,
    orders,
)
from trialscreen.tables.compile import compile_trial
from trialscreen.tables.expressions import table_of

Table = tuple[Trial, pl.DataFrame]


def counting_of(trial: Trial, typed: pl.Schema, on: date | None) -> Counting:
    """Nothing counted yet, for a table of these columns."""
    return Counting(trial, compile_trial(trial, table_of(typed, on), with_needed=True))


def screenings(case: Case) -> list[Screening]:
    """Each row as the reference screens it, contradictions and all."""
    rows = case.frame.iter_rows(named=True)
    return [screening_of(evaluation_of(case.trial, row, ON)) for row in rows]


def counted(case: Case, batch: int) -> Attrition:
    """As the columns have it, some rows at a time."""
    on: date = ON
    screened = screen_frame(case.trial, case.frame.lazy(), on, "id").collect()
    counting = counting_of(case.trial, case.frame.schema, on)
    whole = case.frame.hstack(screened.drop("id"))
    for rows in whole.iter_slices(batch):
        counting.add(rows)
    return counting.attrition()


def by_hand(trial: Trial, cohort: Sequence[Screening]) -> Attrition:
    """The same counts, each as its definition says."""
    lacking = [one for one in cohort if one.open == "data"]
    needs = [_needed_data(one) for one in lacking]
    missing = Counter(name for names in needs for name in names)
    alone = Counter(name for names in needs for name in names if len(names) == 1)
    sections = Counter(
        bits_of(trial, (trial.elements[n].section for n in names)) for names in needs
    )
    return Attrition(
        assessed=len(cohort),
        ineligible=_many(one.verdict == "ineligible" for one in cohort),
        remaining=_many(one.verdict != "ineligible" for one in cohort),
        lacking_data=len(lacking),
        consent_pending=_many(one.open == "consent" for one in cohort),
        judgement_only=_many(one.open == "judgement" for one in cohort),
        eligible=_many(one.verdict == "eligible" for one in cohort),
        criteria=tuple(_of_criterion(n, cohort) for n in range(len(trial.criteria))),
        orders=orders(trial, sections),
        missing=tuple(
            MissingElement(name, trial.elements[name].section, missing[name], alone[name])
            for name in sorted(missing, key=lambda name: (-missing[name], name))
        ),
    )


def _of_criterion(n: int, cohort: Sequence[Screening]) -> CriterionCounts:
    passes = [[finding.passes for finding in one.findings] for one in cohort]
    met = [one.findings[n].met for one in cohort]
    return CriterionCounts(
        criterion=cohort[0].findings[n].criterion,
        met=met.count(True),
        not_met=met.count(False),
        unknown=met.count(None),
        failed_alone=_many(row[n] is False and row.count(False) == 1 for row in passes),
        stopped=_many(row[n] is False and False not in row[:n] for row in passes),
        passed_so_far=_many(set(row[: n + 1]) == {True} for row in passes),
        gained=_many(
            row[n] is not True and set(row[:n] + row[n + 1 :]) <= {True} for row in passes
        ),
    )


def _needed_data(screening: Screening) -> set[str]:
    elements = screening.trial.elements
    names = {name for group in screening.needed.values() for name in group}
    return {name for name in names if not elements[name].is_judgement}


def _many(flags: Iterable[bool]) -> int:
    return sum(flags)


def cells(found: Attrition) -> Iterator[tuple[str, Count]]:
    """Every count, under a name of its own."""
    yield from _counts("", found)
    for one in found.criteria:
        yield from _counts(f" {one.criterion.id}", one)
    for order in found.orders:
        yield from _counts(f" {' '.join(order.sections)}", order)
    for element in found.missing:
        yield f"missing {element.name}", element.patients
        yield f"missing alone {element.name}", element.alone


def _counts(of: str, row: Attrition | CriterionCounts | Order) -> Iterator[tuple[str, Count]]:
    for name, count in row._asdict().items():
        if isinstance(count, int | Hidden):
            yield name + of, count
