"""No two published counts tell a reader of a few patients."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import chain, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.attrition import cells
from tests.sizes import examples
from trialscreen import Trial, load_trial
from trialscreen.tables.attrition.counts import (
    Attrition,
    Count,
    Hidden,
    MissingElement,
    Order,
    Tally,
    bits_of,
)
from trialscreen.tables.attrition.disclosure import disclosed, least_shown, published

BASES = (2, 3, 4, 5, 6, 7, 10, 11)


# What a reader knows of one count: what the how-to page says.


def can_be(shown: Count, base: int) -> range:
    """Every count that is published as `shown`."""
    if isinstance(shown, Hidden):
        return range(1, int(shown.text.removeprefix("<")))
    if shown == 0:
        return range(1)
    return range(shown - base // 2, shown - base // 2 + base)


@pytest.mark.parametrize("base", BASES)
def test_a_published_count_says_which_counts_it_can_be(base: int) -> None:
    told = {n: published(n, base) for n in range(9 * base)}
    for n, shown in told.items():
        fits = [one for one in told if told[one] == shown]
        assert n in fits
        assert len(fits) >= base or n == 0 or fits[-1] == 9 * base - 1
        assert all(one in can_be(shown, base) for one in fits)
        assert len(fits) == len(can_be(shown, base)) or fits[-1] == 9 * base - 1
        assert isinstance(shown, Hidden) or shown % base == 0


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        *((0, 0), (1, Hidden("<8")), (5, Hidden("<8")), (7, Hidden("<8"))),
        *((8, 10), (12, 10), (13, 15), (17, 15), (18, 20), (1_000, 1_000), (1_002, 1_000)),
    ],
)
def test_a_base_of_5_is_the_rule_of_opensafely(count: int, shown: Count) -> None:
    assert published(count, 5) == shown


# What a reader knows of two.


def tells_of_few(known: set[int], base: int) -> bool:
    """Whether these values narrow a number of few patients down, or make one certain."""
    few = set(range(1, base))
    return bool(known & few) and not (few < known)


def differences(whole: range, part: range) -> set[int]:
    """What they can differ by, if the part is known not to be above the whole."""
    return {one - other for one, other in product(whole, part) if one >= other}


def given_away(publish: Callable[[int, int], Count], base: int) -> list[tuple[Count, Count]]:
    """The pairs of published counts whose difference or sum tells of few patients."""
    fits: dict[Count, list[int]] = {}
    for n in range(9 * base):
        fits.setdefault(publish(n, base), []).append(n)
    inside = {shown: ns for shown, ns in fits.items() if ns[-1] < 9 * base - 1}
    found = []
    for (one, whole), (other, part) in product(inside.items(), repeat=2):
        apart = {n - m for n, m in product(whole, part) if n >= m}
        together = {n + m for n, m in product(whole, part)}
        if tells_of_few(apart, base) or together <= set(range(1, base)):
            found.append((one, other))
    return found


@pytest.mark.parametrize("base", BASES)
def test_no_pair_of_published_counts_tells_of_few_patients(base: int) -> None:
    """Of all pairs: from four times the base on, everything repeats."""
    assert not given_away(published, base)


@pytest.mark.parametrize(
    "publish",
    [
        pytest.param(lambda n, _: n, id="exact"),
        pytest.param(lambda n, base: Hidden("few") if 0 < n < base else n, id="only redacted"),
        pytest.param(lambda n, base: (n + base // 2) // base * base, id="only rounded"),
        pytest.param(
            lambda n, base: Hidden("few") if 0 < n < base else (n + base // 2) // base * base,
            id="redacted below the base",
        ),
        pytest.param(
            lambda n, base: Hidden("few") if 0 < n < 2 * base else n // (base - 1) * (base - 1),
            id="rounded to less than the base",
        ),
    ],
)
def test_weaker_rules_are_found_to_tell(publish: Callable[[int, int], Count]) -> None:
    assert given_away(publish, 5)


def test_three_counts_and_their_total_can_tell_more() -> None:
    """Which is not claimed; the how-to page has this example."""
    parts = [can_be(published(n, 5), 5) for n in (58, 43, 1)]
    total = can_be(published(102, 5), 5)
    assert [one for one in product(*parts) if sum(one) in total] == [(58, 43, 1)]


# Tables.

OPEN = ("data", "consent", "judgement")
"""What an unknown criterion may lack; of several, the first counts."""

OUTCOMES = ("passes", "fails", *OPEN)
"""Of one criterion for one patient."""

ELEMENTS = ("weight", "height", "alt")


@cache
def trial_of(criteria: int) -> Trial:
    """Inclusion and exclusion criteria in turn."""
    trial = load_trial()
    pairs = zip(trial.criteria[:4], trial.criteria[4:8], strict=True)
    return replace(trial, criteria=tuple(chain.from_iterable(pairs))[:criteria])


def cohort(patients: dict[tuple[str, ...], int]) -> Attrition:
    """So many patients of each kind: an outcome for each criterion."""
    trial = trial_of(len(next(iter(patients))))
    tally = Tally()
    for patient, times in patients.items():
        _count(trial, patient, times, tally)
    return tally.attrition(trial)


def _count(trial: Trial, patient: tuple[str, ...], times: int, tally: Tally) -> None:
    failing = [n for n, outcome in enumerate(patient) if outcome == "fails"]
    lacking = [n for n, outcome in enumerate(patient) if outcome != "passes"]
    if failing:
        tally.verdicts["ineligible", None] += times
    elif lacking:
        tally.verdicts["undetermined", next(one for one in OPEN if one in patient)] += times
    else:
        tally.verdicts["eligible", None] += times
    if not failing and "data" in patient:
        names = {ELEMENTS[n % 3] for n, outcome in enumerate(patient) if outcome == "data"}
        sections = (trial.elements[name].section for name in names)
        tally.sections[bits_of(trial, sections)] += times
        tally.missing.update(dict.fromkeys(names, times))
        tally.missing_alone.update(dict.fromkeys(names, times) if len(names) == 1 else {})
    for n, (one, outcome) in enumerate(zip(trial.criteria, patient, strict=True)):
        met = "passes" if one.kind == "inclusion" else "fails"
        tally.criteria["met", one.id] += times * (outcome == met)
        tally.criteria["not_met", one.id] += times * (outcome not in (met, *OPEN))
        tally.criteria["unknown", one.id] += times * (outcome in OPEN)
        tally.criteria["failed_alone", one.id] += times * (failing == [n])
        tally.criteria["stopped", one.id] += times * (failing[:1] == [n])
        tally.criteria["passed_so_far", one.id] += times * (set(patient[: n + 1]) == {"passes"})
        tally.criteria["gained", one.id] += times * (lacking == [n])


@st.composite
def cohorts(draw: st.DrawFn) -> Attrition:
    criteria = draw(st.integers(1, 4))
    kinds = st.tuples(*[st.sampled_from(OUTCOMES)] * criteria)
    times = st.one_of(st.integers(1, 12), st.integers(1, 3_000))
    return cohort(draw(st.dictionaries(kinds, times, min_size=1, max_size=12)))


@given(cohorts(), st.sampled_from(BASES))
@examples(500, part=100)
def test_no_pair_of_counts_of_a_table_tells_of_few_patients(found: Attrition, base: int) -> None:
    exact, told = dict(cells(found)), dict(cells(disclosed(found, base)))
    if isinstance(told["assessed"], Hidden):
        assert {count for name, count in told.items() if name != "assessed"} == {Hidden("hidden")}
        return
    assert all(exact[name] in can_be(shown, base) for name, shown in told.items())
    for whole, part in product(set(told.values()), repeat=2):
        apart = differences(can_be(whole, base), can_be(part, base))
        assert not tells_of_few(apart, base), (whole, part)


@given(cohorts(), st.sampled_from(BASES))
@examples(500, part=100)
def test_tables_of_counts_that_are_published_alike_are_published_alike(
    found: Attrition, base: int
) -> None:
    """So no form, order, share or bar can depend on more than the published counts."""
    shown = disclosed(found, base)
    for end in (0, -1):
        assert disclosed(_moved(found, base, end), base) == shown


def _moved(found: Attrition, base: int, end: int) -> Attrition:
    """Each count at one end of what it can be; the elements are sorted by their counts."""

    def moved(row: Any) -> Any:
        exact = {name: n for name, n in row._asdict().items() if isinstance(n, int)}
        ends = {name: can_be(published(n, base), base)[end] for name, n in exact.items()}
        return row._replace(**ends)

    whole: Attrition = moved(found)
    missing = sorted(map(moved, found.missing), key=lambda one: (-one.patients, one.name))
    return whole._replace(
        criteria=tuple(map(moved, found.criteria)),
        orders=tuple(map(moved, found.orders)),
        missing=tuple(missing),
    )


def test_of_a_few_patients_nothing_is_told() -> None:
    found = cohort({("passes", "fails"): 3, ("data", "passes"): least_shown(5) - 4})
    shown = disclosed(found, 5)
    assert shown.assessed == Hidden("<8")
    assert not shown.orders and not shown.missing
    assert {count for name, count in cells(shown) if name != "assessed"} == {Hidden("hidden")}


def test_of_nobody_everything_is_told() -> None:
    found = cohort({("passes", "fails"): 0})
    assert disclosed(found, 5) == found


def test_the_order_of_redacted_counts_tells_nothing_of_them() -> None:
    found = cohort({("passes",): 90})
    for few in (1, 2, 3):
        exact = (
            *(MissingElement("weight", "s", 9, 0), MissingElement("height", "s", 5 - few, 0)),
            MissingElement("alt", "s", few, 0),
        )
        shown = disclosed(found._replace(missing=exact), 5).missing
        assert [(one.name, one.patients) for one in shown] == [
            *(("weight", 10), ("alt", Hidden("<8")), ("height", Hidden("<8")))
        ]


def test_orders_end_before_the_first_that_is_redacted() -> None:
    """It settles fewer per section than those before it: that would tell of its count."""
    settled = (("a", 40), ("b", 9), ("c", 7), ("d", 11))
    orders = tuple(Order((name,), count) for name, count in settled)
    found = cohort({("passes",): 90})._replace(orders=orders)
    assert disclosed(found, 5).orders == (Order(("a",), 40), Order(("b",), 10))
