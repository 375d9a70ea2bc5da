"""Small counts stay hidden, from someone who knows everything that adds up."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations, combinations_with_replacement, pairwise, product
from random import Random
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.sizes import size
from trialscreen import Trial, load_trial
from trialscreen.attrition import Attrition, Hidden, Tally, attrition
from trialscreen.smallcells import cells as cells_of
from trialscreen.smallcells import counts, identities, without_small
from trialscreen.suppression import Identity, Table

OUTCOMES = ("passes", "fails", "data", "judgement")
"""Of one criterion for one patient; the last two are what an unknown one lacks."""

Patient = tuple[str, ...]


def trial_of(criteria: int) -> Trial:
    """Inclusion and exclusion criteria in turn."""
    trial = load_trial()
    kinds = [
        one for pair in zip(trial.criteria[:4], trial.criteria[4:8], strict=True) for one in pair
    ]
    return replace(trial, criteria=(*kinds, *trial.criteria[8:])[:criteria])


def cohort(trial: Trial, patients: Sequence[Patient]) -> Attrition:
    tally = Tally()
    for patient in patients:
        _count(trial, patient, tally)
    return attrition(trial, tally)


def _count(trial: Trial, patient: Patient, tally: Tally) -> None:
    failing = [n for n, outcome in enumerate(patient) if outcome == "fails"]
    lacking = [n for n, outcome in enumerate(patient) if outcome != "passes"]
    if failing:
        tally.verdicts["ineligible", None] += 1
    elif lacking:
        tally.verdicts["undetermined", "data" if "data" in patient else "judgement"] += 1
    else:
        tally.verdicts["eligible", None] += 1
    if not failing and "data" in patient:
        tally.sections[frozenset({trial.sections[2 + patient.index("data") % 2].id})] += 1
    ids = [one.id for one in trial.criteria]
    for n, (one, outcome) in enumerate(zip(trial.criteria, patient, strict=True)):
        met = "passes" if one.kind == "inclusion" else "fails"
        tally.criteria["met", ids[n]] += outcome == met
        tally.criteria["unknown", ids[n]] += outcome in ("data", "judgement")
        tally.criteria["stopped", ids[n]] += failing[:1] == [n]
        tally.criteria["failed_alone", ids[n]] += failing == [n]
        tally.criteria["first_lack", ids[n]] += lacking[:1] == [n]
        tally.criteria["lacks_alone", ids[n]] += lacking == [n]


def lacking(patients: Sequence[Sequence[str]]) -> Attrition:
    """A cohort in which each patient lacks these elements."""
    trial = trial_of(1)
    tally = Tally()
    for names in patients:
        _count(trial, ("data",) if names else ("passes",), tally)
        tally.missing.update(names)
        tally.missing_alone.update(names if len(names) == 1 else ())
    tally.sections = Counter(
        frozenset(trial.elements[name].section for name in names) for names in patients if names
    )
    return attrition(trial, tally)


# All that adds up is known.


@pytest.mark.parametrize("criteria", [1, 2, 3, 4])
def test_the_identities_are_all_there_are(criteria: int) -> None:
    """A count is a sum over the kinds of patients: more dependencies than these do not exist."""
    trial = trial_of(criteria)
    kinds = list(product(OUTCOMES, repeat=criteria))
    tables = [_table(cohort(trial, [kind])) for kind in kinds]
    names = sorted({name for table in tables for name in table})
    matrix = np.array([[table.get(name, 0) for name in names] for table in tables])
    known = _matrix(names, identities(cohort(trial, kinds)))
    assert not (matrix @ known.T).any()
    assert len(names) - np.linalg.matrix_rank(matrix) == np.linalg.matrix_rank(known)


def _table(found: Attrition) -> dict[str, int]:
    """The counts but those of orders, whose places depend on all patients together."""
    return {name: n for name, n in counts(found) if not name.startswith("settled")}


def _matrix(names: list[str], found: Sequence[Identity]) -> NDArray[np.int64]:
    """The identities in which nothing but cells of the table stands, as rows."""
    inside = [one for one in found if set(one.cells) <= set(names)]
    rows = np.zeros((len(inside), len(names)), dtype=np.int64)
    for row, one in zip(rows, inside, strict=True):
        row[names.index(one.total)] += 1
        for part in one.parts:
            row[names.index(part)] -= 1
    return rows


# No hidden count follows from what is shown.


class World(NamedTuple):
    """Every cohort of so many patients, its counts in the columns of `names`."""

    names: list[str]
    cohorts: list[Attrition]
    counts: NDArray[np.int64]


def every_cohort(criteria: int, patients: int) -> World:
    trial, kinds = trial_of(criteria), list(product(OUTCOMES, repeat=criteria))
    found = [cohort(trial, some) for some in combinations_with_replacement(kinds, patients)]
    return _world(found, [_table(one) for one in found])


def every_lack(elements: Sequence[str], patients: int) -> World:
    """As `every_cohort`, of patients who lack some of these elements."""
    kinds = [some for n in range(len(elements) + 1) for some in combinations(elements, n)]
    found = [lacking(some) for some in combinations_with_replacement(kinds, patients)]
    return _world(found, [dict(counts(one)) for one in found])


def _world(found: list[Attrition], tables: list[dict[str, int]]) -> World:
    names = list(dict.fromkeys(name for table in tables for name in table))
    rows = [[table.get(name, 0) for name in names] for table in tables]
    return World(names, found, np.array(rows))


@pytest.mark.parametrize(
    ("criteria", "patients", "below", "allowed"),
    # Of a handful of patients and two criteria, a few counts follow from more than sums.
    [(1, 12, 5, 0), (1, 16, 5, 0), (1, 9, 3, 0), (2, 5, 3, 0.01)],
)
def test_several_cohorts_fit_what_is_shown(
    criteria: int, patients: int, below: int, allowed: float
) -> None:
    small, followed = _followed(every_cohort(criteria, patients), below)
    assert small > size(500)
    assert followed <= allowed * small


@pytest.mark.parametrize(
    ("elements", "patients", "below", "allowed"),
    [("weight", 14, 5, 0), ("weight height", 10, 5, 0), ("weight alt", 10, 5, 0.03)],
)
def test_several_cohorts_fit_what_is_shown_of_missing_data(
    elements: str, patients: int, below: int, allowed: float
) -> None:
    small, followed = _followed(every_lack(elements.split(), patients), below)
    assert small > size(30)
    assert followed <= allowed * small


def _followed(world: World, below: int) -> tuple[int, int]:
    """Of some cohorts, the small counts, and those for which only one value fits."""
    chosen = Random(0).sample(range(len(world.cohorts)), min(len(world.cohorts), size(400)))
    small = followed = 0
    for place in chosen:
        shown = dict(cells_of(without_small(world.cohorts[place], below)))
        if isinstance(shown["assessed"], Hidden):
            continue  # other numbers of patients would fit, too
        fits = np.ones(len(world.cohorts), dtype=bool)
        for name, column in zip(world.names, world.counts.T, strict=True):
            fits &= _as_shown(shown.get(name, 0), column, below)
        assert fits[place]
        for column in world.counts.T:
            if 0 < column[place] < below:
                small += 1
                followed += len(set(column[fits])) == 1
    return small, followed


def _as_shown(shown: Any, column: NDArray[np.int64], below: int) -> NDArray[np.bool_]:
    if shown == Hidden("hidden"):
        return np.ones(len(column), dtype=bool)
    if isinstance(shown, Hidden):
        return (column > 0) & (column < below)
    return np.asarray(column == shown)


def large_cohorts() -> Iterator[Attrition]:
    for seed in range(size(60)):
        rng = Random(seed)
        trial = trial_of(rng.choice((3, 8, 12)))
        chances = [
            (rng.uniform(0.5, 9), rng.random(), rng.random() * 2, rng.random())
            for _ in trial.criteria
        ]
        patients = [
            tuple(rng.choices(OUTCOMES, chance)[0] for chance in chances)
            for _ in range(rng.choice((7, 40, 300, 2_000)))
        ]
        yield cohort(trial, patients)


def test_hidden_counts_of_larger_tables_do_not_follow_from_sums() -> None:
    """By linear algebra: no sum of identities leaves one hidden count alone."""
    hidden = 0
    for found in large_cohorts():
        exact, shown = dict(counts(found)), dict(cells_of(without_small(found, 5)))
        assert not [name for name, count in shown.items() if count in (1, 2, 3, 4)]
        names = [name for name, count in shown.items() if isinstance(count, Hidden)]
        assert {n: c for n, c in shown.items() if n not in names}.items() <= exact.items()
        rows = _matrix(list(shown), identities(found))[:, [list(shown).index(n) for n in names]]
        rank = np.linalg.matrix_rank(rows)
        for one in np.eye(len(names)):
            assert np.linalg.matrix_rank(np.vstack([rows, one])) == rank + 1
            hidden += 1
    assert hidden > size(1_000)


def test_a_step_between_shown_counts_is_not_small() -> None:
    steps = 0
    for found in large_cohorts():
        shown = without_small(found, 5)
        passed = [shown.assessed, *(one.passed_so_far for one in shown.criteria)]
        for one, other in pairwise(passed):
            if isinstance(one, int) and isinstance(other, int):
                steps += 1
                assert not 0 < one - other < 5
    assert steps > size(50)


def test_the_order_of_hidden_counts_tells_nothing_of_them() -> None:
    found = [lacking([["weight"]] * 9 + [["height"]] * n + [["alt"]] * (4 - n)) for n in (1, 2, 3)]
    shown = [without_small(one, 5).missing for one in found]
    assert [one.name for one in shown[0]] == ["weight", "alt", "height"]
    assert shown[0] == shown[1] == shown[2]


# By example.


def test_of_four_counts_a_small_one_takes_another_with_it() -> None:
    cells = {"all": 100, "a": 3, "b": 60, "c": 20, "d": 17}
    table = Table(cells, {}, [Identity("all", ("a", "b", "c", "d"))], 5, frozenset({"all"}))
    table.hide()
    assert table.marks == {"a": "small", "d": "hidden"}


def test_counts_that_can_only_be_the_largest_small_ones_are_told_less_of() -> None:
    table = Table(
        {"all": 8, "a": 4, "b": 4}, {}, [Identity("all", ("a", "b"))], 5, frozenset({"all"})
    )
    table.hide()
    assert sorted(table.marks.values()) == ["hidden", "small"]


def test_nothing_small_hides_nothing() -> None:
    found = cohort(trial_of(1), [("passes",)] * 7 + [("fails",)] * 9)
    assert without_small(found, 5) == found


def test_of_a_few_patients_nothing_is_told() -> None:
    shown = without_small(cohort(trial_of(2), [("passes", "fails"), ("data", "passes")]), 5)
    assert shown.assessed == Hidden("<5")
    assert not shown.orders and not shown.missing
    assert {count for name, count in cells_of(shown) if name != "assessed"} == {Hidden("hidden")}


def test_of_nobody_everything_is_told() -> None:
    found = cohort(trial_of(2), [])
    assert without_small(found, 5) == found
