"""What the makers of scalar nodes fold away changes no value, and leaves little to compute."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from itertools import product
from random import Random
from typing import get_args

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.frames import screen_frame
from tests.generate import ON
from tests.spec import spec_trial
from trialscreen import load_trial
from trialscreen.model import truth
from trialscreen.model.dates import Period, PeriodUnit, completed_years
from trialscreen.model.expr import (
    FALSE,
    NULL,
    TRUE,
    Column,
    Comparison,
    ComparisonSign,
    Constant,
    In,
    Scalar,
    columns_of,
)
from trialscreen.model.facts import DECIMALS, number, rounded
from trialscreen.model.rules import AtLeastN, Compare, Is, Operator, Test, Within
from trialscreen.screening.edit_checks import agree
from trialscreen.screening.evaluate import Evaluation
from trialscreen.tables import expressions as columns
from trialscreen.tables.compile import Table, compile_trial
from trialscreen.tables.compile import simplify as folding
from trialscreen.tables.compile.compiler import Compiler
from trialscreen.tables.expressions import expression, table_of

VALUES = (True, False, None)
SIGNS: tuple[ComparisonSign, ...] = get_args(ComparisonSign)
NCT = load_trial()


def computed(scalar: Scalar, **columns: Sequence[object]) -> list[object]:
    """`scalar` in each row of a frame."""
    return pl.DataFrame(columns).select(expression(scalar).alias("found"))["found"].to_list()


# Kleene logic, folded and in Polars.


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4])
def test_at_least_n_counts_as_the_reference_does(count: int) -> None:
    rows = list(product(VALUES, repeat=3))
    expected = [truth.at_least(count, list(map(truth.of, row))).to_optional() for row in rows]
    folded = [folding.at_least(count, tuple(map(Constant, row))) for row in rows]
    assert [folding.if_(one, TRUE, one) for one in folded] == list(map(Constant, expected))
    columns = {
        name: list(values) for name, values in zip("abc", zip(*rows, strict=True), strict=True)
    }
    counted = folding.at_least(count, (Column("a"), Column("b"), Column("c")))
    if isinstance(counted, Constant):
        assert {counted.value} == set(expected)
    else:
        assert computed(counted, **columns) == expected


def test_and_or_and_not_are_strong_kleene_logic() -> None:
    rows = list(product(VALUES, repeat=2))
    any_true, both_true = partial(truth.at_least, 1), partial(truth.at_least, 2)
    for make, join in ((folding.both, both_true), (folding.either, any_true)):
        expected = [join(list(map(truth.of, row))).to_optional() for row in rows]
        assert [make(*map(Constant, row)) for row in rows] == list(map(Constant, expected))
        columns = {"a": [a for a, _ in rows], "b": [b for _, b in rows]}
        assert computed(make(Column("a"), Column("b")), **columns) == expected
        with_null = [join([truth.of(a), truth.UNKNOWN]).to_optional() for a in VALUES]
        assert computed(make(Column("a"), NULL), a=list(VALUES)) == with_null
    assert [folding.negated(Constant(value)) for value in VALUES] == [FALSE, TRUE, NULL]


# Roundings.


NUMBERS = st.one_of(
    st.integers(-(10**12), 10**12).map(lambda n: n / 10**9),
    st.integers(-(10**6), 10**6).map(lambda n: n / 1024),  # ties in the tenth decimal
    st.floats(-1e7, 1e7),
    st.floats(-1e300, 1e300),
)


@given(NUMBERS, st.integers(-3, 3), st.sampled_from([-5e-10, 0.0, 5e-10]), st.sampled_from(SIGNS))
def test_a_bound_moved_against_a_rounding_decides_the_same(
    bound: float, steps: int, off: float, sign: ComparisonSign
) -> None:
    value = bound + off
    for _ in range(abs(steps)):
        value = math.nextafter(value, math.copysign(math.inf, steps))
    direct = folding.compare(sign, Constant(rounded(value)), Constant(bound))
    moved = folding.compare(sign, folding.rounded_to(Column("x")), Constant(bound))
    if sign != "==":
        assert isinstance(moved, Comparison) and isinstance(moved.right, Constant)
        assert folding.compare(moved.sign, Constant(value), moved.right) == direct
    assert computed(moved, x=[value]) == [direct == TRUE]


def test_polars_rounds_to_the_same_bits() -> None:
    rng = Random(7)
    near = [rng.randint(-(10**12), 10**12) / 10**9 + rng.choice((0, 5e-10)) for _ in range(20_000)]
    values = [*near, *(n / 1024 for n in range(3000)), 2.0**22, -(2.0**22), 1e9 + 0.3, 1e17, 0.1]
    found = computed(folding.rounded_to(Column("x")), x=[*values, None])
    assert found == [*map(rounded, values), None]
    assert computed(folding.rounded_to(Column("x"), 2), x=[1.005, 1.015]) == [
        rounded(1.005, 2),
        rounded(1.015, 2),
    ]


@given(st.integers(-(10**15), 10**15))
def test_decimal_numbers_stay_what_they_are(n: int) -> None:
    assert rounded(n / 10**DECIMALS) == n / 10**DECIMALS
    assert rounded(n / 10**DECIMALS) == round(n / 10**DECIMALS, DECIMALS)


# Days.


ANY_DAY = st.dates(date(1896, 1, 1), date(2104, 12, 31))
NEAR_LEAP_DAYS = st.sampled_from(
    [date(year, 2, 28) + timedelta(days=n) for year in range(2016, 2030) for n in (0, 1, 2)]
)
DAYS = st.one_of(ANY_DAY, NEAR_LEAP_DAYS, st.sampled_from([date.min, date.max]))


@given(DAYS, DAYS, st.integers(-1, 1), st.sampled_from([0, 0.5]), st.sampled_from(SIGNS))
def test_a_bound_on_completed_years_becomes_a_day(
    since: date, on: date, off: int, part: float, sign: ComparisonSign
) -> None:
    years = completed_years(since, on)
    bound = years + off + part
    moved = folding.compare(
        sign, folding.completed_years(Column("since"), Constant(on)), Constant(bound)
    )
    expected = folding.compare(sign, Constant(years), Constant(bound)) == TRUE
    assert computed(moved, since=[since, None]) == [expected, None]


@given(DAYS, DAYS)
def test_polars_counts_completed_years_as_the_reference_does(since: date, on: date) -> None:
    counted = folding.completed_years(Column("since"), Column("on"))
    assert computed(counted, since=[since], on=[on]) == [completed_years(since, on)]


@pytest.mark.parametrize(
    "on", ["2024-02-29", "2023-02-28", "2024-03-01", "1900-03-01", "2026-12-31"]
)
def test_completed_years_are_right_for_every_day_of_the_calendar(on: str) -> None:
    to = date.fromisoformat(on)
    days = pl.DataFrame({"since": pl.date_range(date.min, to, eager=True)})
    day = pl.col("since").dt
    not_yet = (day.month() > to.month) | ((day.month() == to.month) & (day.day() > to.day))
    expected = days.select(years=to.year - day.year() - not_yet.cast(pl.Int32)).to_series()
    years = columns.expression(folding.completed_years(Column("since"), Constant(to)))
    assert days.select(years=years).to_series().equals(expected)


@pytest.mark.parametrize("on", [date.max, date(2026, 6, 1), date.min])
def test_a_power_of_completed_years_is_that_of_the_reference(on: date) -> None:
    days = [date(year, 7, 1) for year in range(1, 10_000)]
    years = folding.completed_years(Column("since"), Constant(on))
    found = computed(folding.calculated("**", Constant(0.9938), years), since=[*days, None])
    assert found == [*(0.9938 ** completed_years(day, on) for day in days), None]


@given(DAYS, st.integers(0, 99_999), st.sampled_from(get_args(PeriodUnit)))
def test_a_window_starts_on_the_same_day_in_every_row(day: date, count: int, unit: str) -> None:
    period = Period(count, unit)  # type: ignore[arg-type]
    start = period.before(day)
    for other in (date.min, date(1, 1, 2), start, Period(1, "days").after(start)):
        within = folding.compare(">=", Column("x"), folding.before(Column("day"), period))
        assert computed(within, x=[other], day=[day]) == [other >= start]


# Entered against derived.


def test_an_entered_number_disagrees_where_no_values_of_the_written_digits_fit() -> None:
    trial, rng = spec_trial(), Random(3)
    rows = []
    for decimals, finer in product(range(6), range(6)):
        for off in (0.0, 0.3, -0.3, 0.5, -0.5, 0.7, -0.7, 1.0, -1.0, 1.6, -1.6, 4.0):
            limit = round(rng.uniform(20, 60), finer)
            ratio = round(rng.uniform(0, 5), decimals)
            value = max(ratio + off * 10.0 ** -min(decimals, finer), 0.0) * limit
            rows.append((ratio, round(value, finer), limit))
    names = ("enzyme_ratio", "enzyme", "enzyme_limit")
    frame = pl.DataFrame(rows, names, orient="row")
    program = compile_trial(trial, table_of(frame.schema, ON))
    flags = {one.id: one.holds for one in program.contradictions}
    found = columns.computed(frame.lazy(), program, flags).collect()["enzyme_ratio_disagrees"]
    facts = [dict(zip(names, map(number, row), strict=True)) for row in rows]
    expected = [not agree(Evaluation(trial, one, ON).resolve("enzyme_ratio"), ON) for one in facts]
    assert [holds is True for holds in found] == expected
    assert min(map(expected.count, (True, False))) > 50


# What is left.


def test_without_columns_nothing_is_left_to_compute() -> None:
    program = compile_trial(NCT, Table(frozenset(), on=ON))
    assert not program.steps and not program.contradictions and not program.cleaned
    assert set(program.criteria.values()) == {NULL}
    assert program.results["verdict"] == Constant("undetermined")
    assert program.open == Constant("data")


def test_a_table_of_exact_columns_costs_one_comparison_per_test() -> None:
    trial = spec_trial()
    compiler = Compiler(trial, Table(frozenset(trial.elements), on=ON))
    exact = {name for name, one in trial.elements.items() if one.derive is one.valid_if is None}
    for test in _tests_of(exact):
        lowered = compiler.rule(test, "x").truth
        assert isinstance(lowered, Comparison | In)
    assert not compiler.steps


def _tests_of(names: set[str]) -> Iterator[Test]:
    trial = spec_trial()
    for name in names:
        match trial.elements[name].type:
            case "integer" | "quantity":
                yield from (Compare(name, operator, 3) for operator in Operator)
            case "date":
                yield Within(name, Period(6, "months"))
            case _:
                pass


def test_the_tests_of_the_packaged_trial_fold_to_days_and_numbers() -> None:
    compiler = Compiler(NCT, Table(frozenset({"birth_date", "weight", "height"}), on=ON))
    at_least_45 = compiler.rule(Compare("age", Operator.AT_LEAST, 45), "x").truth
    assert at_least_45 == Comparison("<=", Column("birth_date"), Constant(date(1981, 8, 31)))
    bmi = compiler.rule(Compare("bmi", Operator.BELOW, 18), "x").truth
    assert bmi == Comparison("<", Column("bmi_value"), Constant(17.999999999499998))
    assert [step.name for step in compiler.steps.values()] == ["bmi_value"]


def test_steps_stand_in_the_order_of_their_stages() -> None:
    program = compile_trial(NCT, Table(frozenset(NCT.elements) - {"screening_date"}, on=ON))
    stages = program.stages(program.results.values())
    before = set(program.inputs(program.results.values()))
    assert before <= NCT.elements.keys()
    for stage in stages:
        for step in stage:
            assert set(columns_of(step.value)) <= before
        before |= {step.name for step in stage}
    some = program.stages([program.criteria["I3"]])
    assert [step.name for stage in some for step in stage] == ["bmi_value", "I3_met"]


def test_columns_of_any_name_do_not_disturb_the_steps() -> None:
    plain = pl.DataFrame({"id": [1, 2], "weight": [39.9, 60.0], "height": [160.0, 160.0]})
    crowded = plain.with_columns(
        *(pl.lit(True).alias(name) for name in ("bmi_value", "i3_MET", "I3", "eligible", "open"))
    )
    expected = screen_frame(NCT, plain.lazy(), ON, "id").collect()
    assert screen_frame(NCT, crowded.lazy(), ON, "id").collect().equals(expected)
    assert expected["I3"].to_list() == [False, True]


def test_a_column_of_an_element_that_nobody_can_enter_is_not_read() -> None:
    internal = {name for name, element in NCT.elements.items() if element.internal}
    program = compile_trial(
        NCT, Table(frozenset({*internal, "birth_date", "screening_date"}), on=ON)
    )
    flags = (one.holds for one in program.contradictions)
    assert internal
    assert set(program.inputs([*program.results.values(), *flags])) == {"birth_date"}


def test_at_least_n_of_mixed_parts_is_open_for_data_while_data_are_missing() -> None:
    trial = spec_trial()
    parts = tuple(Is(name, value=True) for name in ("smoker", "pregnant", "diabetic"))
    judged = replace(trial.elements["diabetic"], source="investigator")
    trial = replace(
        trial,
        elements={**trial.elements, "diabetic": judged},
        criteria=(trial.criteria[0]._replace(rule=AtLeastN(2, parts)),),
    )
    frame = pl.DataFrame({"id": [0, 1], "smoker": [True, True], "pregnant": [False, None]})
    found = screen_frame(trial, frame.lazy(), ON, "id").collect()
    assert found["open"].to_list() == ["judgement", "data"]
