"""Whole tables through Polars find what the reference finds, in every cell."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, NamedTuple, get_args

import polars as pl
import pytest

from tests.differential import (
    Case,
    Difference,
    consent_cases,
    differences,
    generated_cases,
    judgement_cases,
    packaged_cases,
    screened,
)
from tests.frames import screen_frame, without_contradictions
from tests.generate import ON
from tests.sizes import FULL, size
from tests.spec import chapters, spec_trial
from tests.tables import evaluation_of, facts_of, one_row
from trialscreen import Trial, load_trial
from trialscreen.answers.answer import Answer, read_facts
from trialscreen.model.dates import Period, PeriodUnit
from trialscreen.model.expr import Arithmetic, ArithmeticSign, Comparison, ComparisonSign, Scalar
from trialscreen.model.expr import parts_of as scalar_parts_of
from trialscreen.model.formulas import FORMULAS
from trialscreen.model.rules import (
    Compare,
    ElementRef,
    Given,
    Operator,
    Rule,
    Within,
    parts_of,
)
from trialscreen.model.trial import SCREENING_DATE, Criterion, Element, Formula
from trialscreen.screening.edit_checks import Notice, review
from trialscreen.screening.evaluate import Evaluation
from trialscreen.tables.compile import compile_trial
from trialscreen.tables.expressions import computed, table_of


class Family(NamedTuple):
    """Generated trials with tables: how many there are, and those of some seeds."""

    number: int
    cases_of: Callable[[range], Iterator[Case]]

    def cases(self, share: slice = slice(None)) -> Iterator[Case]:
        return self.cases_of(range(self.number)[share])


ROWS, FEW = size(150, part=60), size(60, part=40)
"""Of a table of generated trials; the reference takes most of the time."""
FAMILIES = {
    # With fewer trials, some operator would compare no two dates.
    "generated": Family(
        size(160, part=20), lambda seeds: generated_cases(seeds, spec_trial(), ROWS)
    ),
    "for judgement": Family(size(150, part=6), lambda seeds: judgement_cases(seeds, FEW)),
    "before consent": Family(size(150, part=6), lambda seeds: consent_cases(seeds, FEW)),
    "as written": Family(
        size(80, part=6),
        lambda seeds: generated_cases(seeds, spec_trial(), ROWS, as_written=True),
    ),
    "real elements": Family(
        size(12, part=2), lambda seeds: generated_cases(seeds, load_trial(), FEW)
    ),
    "packaged": Family(size(12, part=2), lambda seeds: packaged_cases(seeds, FEW)),
}
CELLS = {
    "generated": 10,
    "for judgement": 3,
    "before consent": 4,
    "as written": 9,
    "real elements": 8,
    "packaged": 20,
}
"""How many a row has at least, in the mean."""


class Screened(NamedTuple):
    """A trial and a table, with what is found of it."""

    case: Case
    found: pl.DataFrame


class Reviewed(NamedTuple):
    """A trial and a table, with the contradictions of each row: its errors with their ids."""

    case: Case
    errors: list[dict[str, Notice]]


@pytest.fixture(scope="module")
def cases() -> dict[str, list[Screened]]:
    """The generated trials and tables that every test here looks at."""
    return {
        name: [Screened(case, screened(case)) for case in family.cases()]
        for name, family in FAMILIES.items()
    }


@pytest.mark.parametrize("family", FAMILIES)
def test_every_cell_is_as_the_reference_has_it(
    cases: dict[str, list[Screened]], family: str
) -> None:
    cells = rows = 0
    wrong: list[Difference] = []
    for case, found in cases[family]:
        rows += found.height
        cells += found.height * (found.width - 1)
        wrong += differences(case, found)
    assert not wrong[:20]
    assert cells >= CELLS[family] * rows


# Contradictions.


@pytest.fixture(scope="module")
def reviewed(cases: dict[str, list[Screened]]) -> list[Reviewed]:
    return [
        Reviewed(
            case,
            [
                dict(_errors(case.trial, evaluation_of(case.trial, row, ON)))
                for row in case.frame.iter_rows(named=True)
            ],
        )
        for case in _some(cases)
    ]


def test_contradictions_are_the_errors_of_the_review(reviewed: list[Reviewed]) -> None:
    seen: Counter[str] = Counter()
    for case, errors in reviewed:
        program = compile_trial(case.trial, table_of(case.frame.schema, ON))
        outputs = {one.id: one.holds for one in program.contradictions}
        found = computed(case.frame.lazy(), program, outputs).collect()
        by_id = {one.id: one for one in program.contradictions}
        for expected, flags in zip(errors, found.iter_rows(named=True), strict=True):
            assert {name for name, holds in flags.items() if holds} == set(expected)
            for name, notice in expected.items():
                assert set(notice.elements) <= set(by_id[name].elements)
            seen.update(name.rpartition("_")[2] if name[0] != "K" else "check" for name in expected)
    assert min(seen[kind] for kind in ("disagrees", "check")) > 50


def test_what_contradicts_is_unknown_in_that_row(reviewed: list[Reviewed]) -> None:
    struck = 0
    for case, errors in reviewed:
        lazy = case.frame.lazy()
        cleaned = without_contradictions(case.trial, lazy, ON).collect()
        by_id = {
            one.id: one
            for one in compile_trial(case.trial, table_of(case.frame.schema, ON)).contradictions
        }
        for row, kept, told in zip(
            case.frame.iter_rows(named=True), cleaned.iter_rows(named=True), errors, strict=True
        ):
            gone = {name for error in told for name in by_id[error].elements}
            facts = facts_of(case.trial, row)
            assert facts_of(case.trial, kept) == {n: f for n, f in facts.items() if n not in gone}
            struck += bool(gone)
        assert cleaned.schema == case.frame.schema
    assert struck > 100


def _some(cases: dict[str, list[Screened]]) -> list[Case]:
    """Reviews are slow: fewer trials, and fewer rows of each."""
    every = 4 if FULL else 3
    families = ("generated", "as written", "real elements", "packaged")
    chosen = [one.case for family in families for one in cases[family][::every]]
    return [case._replace(frame=case.frame.head(40)) for case in chosen]


def _errors(trial: Trial, evaluation: Evaluation) -> Iterator[tuple[str, Notice]]:
    """Each error with the id that it has in a table."""
    checks = {check.say: check.id for check in trial.checks}
    for notice in review(evaluation):
        if notice.level != "error":
            continue
        if notice.message in checks:
            yield checks[notice.message], notice
        else:
            yield f"{notice.elements[0]}_disagrees", notice


# The language reference.


def test_every_case_of_the_language_reference_holds_in_a_table() -> None:
    trial = spec_trial()
    for case in (case for chapter in chapters() for case in chapter.cases):
        answers = {name: Answer(text, "flag", name) for name, text in case.given.items()}
        facts = read_facts(trial, answers, case.on)
        criterion = Criterion("C1", "inclusion", "", "", case.rule)
        asked = replace(trial, criteria=(criterion,), checks=())
        found = screen_frame(asked, one_row(facts).lazy(), case.on, "id").collect()
        expected = {"yes": True, "no": False, "unknown": None}[case.truth]
        assert found["C1"].to_list() == [expected], case


# What was generated: a test of the tests above.


def test_everything_there_is_was_generated(cases: dict[str, list[Screened]]) -> None:
    seen: Counter[str] = Counter()
    for case, found in (one for some in cases.values() for one in some):
        seen.update(set(_features(case, found)))
    assert not {name for name in EVERYTHING if not seen[name]}


def _names(kinds: Iterable[Any]) -> set[str]:
    return {kind.__name__ for kind in kinds}


EVERYTHING = {
    *_names(get_args(Rule)),
    *_names(get_args(Scalar)),
    *(f"{operator.name} a number" for operator in Operator),
    *(f"{operator.name} another number" for operator in Operator),
    *(f"{operator.name} another date" for operator in Operator),
    *(f"sign {sign}" for kind in (ComparisonSign, ArithmeticSign) for sign in get_args(kind)),
    *(f"formula {name}" for name in FORMULAS),
    *(f"window of {unit}" for unit in get_args(PeriodUnit)),
    *(f"{kind} {end}" for kind in ("Numbers", "Dates") for end in ("exact", "bounds", "both")),
    *("a month", "a year", "an open bound", "whole numbers", "own screening dates"),
    *("a window cut at the end of a month", "a window to 29 February"),
    *("derived by a rule", "implied", "valid_if", "reported wins", "entered and derived"),
    *("eligible", "ineligible", "undetermined", "data", "consent", "judgement"),
    *("met", "not met", "unknown", "no column"),
}


def _features(case: Case, found: pl.DataFrame) -> Iterator[str]:
    yield from _of_rules(case)
    yield from _of_columns(case)
    program = compile_trial(case.trial, table_of(case.frame.schema, ON))
    values = [*(step.value for step in program.steps), *program.results.values()]
    for scalar in _inside([*values, *(one.holds for one in program.contradictions)]):
        yield type(scalar).__name__
        if isinstance(scalar, Comparison | Arithmetic):
            yield f"sign {scalar.sign}"
    for column in ("verdict", "open"):
        yield from (value for value in found[column].unique() if value is not None)
    words = {True: "met", False: "not met", None: "unknown"}
    for criterion in case.trial.criteria:
        yield from (words[value] for value in found[criterion.id].unique())


def _of_rules(case: Case) -> Iterator[str]:
    elements = case.trial.elements
    days = set(case.frame.to_dict().get(SCREENING_DATE, [ON]))
    for criterion in case.trial.criteria:
        for rule in _parts(criterion.rule):
            yield type(rule).__name__
        for name in case.trial.elements_behind(criterion.rule):
            yield from _of_element(case, elements[name])
        for test in case.trial.reached(criterion.rule):
            yield type(test).__name__
            if isinstance(test, Compare):
                kind = "a number"
                if isinstance(test.bound, ElementRef):
                    kind = (
                        "another date"
                        if elements[test.element].type == "date"
                        else "another number"
                    )
                yield f"{test.operator.name} {kind}"
            if isinstance(test, Within):
                yield f"window of {test.period.unit}"
                yield from _of_window(test.period, days)


def _of_window(period: Period, days: set[date]) -> Iterator[str]:
    starts = [(period.before(day), day) for day in days if period.unit in ("months", "years")]
    if any(start.day < day.day for start, day in starts):
        yield "a window cut at the end of a month"
    if any((start.month, start.day) == (2, 29) for start, _ in starts):
        yield "a window to 29 February"


def _of_element(case: Case, element: Element) -> Iterator[str]:
    match element.derive:
        case Formula(name):
            yield f"formula {name}"
        case Given():
            yield "implied"
        case None:
            pass
        case _:
            yield "derived by a rule"
    if element.valid_if is not None:
        yield "valid_if"
    has_column = {element.name, f"{element.name}_low"} & set(case.frame.columns)
    if element.derive is not None and has_column:
        yield "reported wins" if element.reported_wins else "entered and derived"
    if not has_column:
        yield "no column"


def _of_columns(case: Case) -> Iterator[str]:
    names = set(case.frame.columns)
    if SCREENING_DATE in names:
        yield "own screening dates"
    for name, element in case.trial.elements.items():
        if element.type in ("boolean", "choice"):
            continue
        kind = "Dates" if element.type == "date" else "Numbers"
        exact, bounds = name in names, f"{name}_low" in names
        if exact or bounds:
            yield f"{kind} {'both' if exact and bounds else 'exact' if exact else 'bounds'}"
        if exact and case.frame.schema[name].is_integer():
            yield "whole numbers"
        if bounds:
            ends = case.frame.select(f"{name}_low", f"{name}_high").drop_nulls().iter_rows()
            yield from (feature for low, high in ends for feature in _of_bounds(low, high))


def _of_bounds(low: Any, high: Any) -> Iterator[str]:
    if isinstance(low, date):
        if (low.month, low.day, high.month, high.day) == (1, 1, 12, 31):
            yield "a year"
        elif low.day == 1 and (high + timedelta(days=1)).day == 1 and high.month == low.month:
            yield "a month"
    elif repr(float(low))[-4:] == "0001" or repr(float(high))[-4:] == "9999":
        yield "an open bound"


def _parts(rule: Rule) -> Iterator[Rule]:
    yield rule
    for part in parts_of(rule):
        yield from _parts(part)


def _inside(scalars: Iterable[Scalar]) -> Iterator[Scalar]:
    for scalar in scalars:
        yield scalar
        yield from _inside(scalar_parts_of(scalar))
