"""What is counted of a cohort is what counting it by hand gives, and what it gives away."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from random import Random

import polars as pl
import pytest

from tests.attrition import by_hand, cells, counted, counting_of, screenings
from tests.differential import Case, generated_cases, packaged_cases
from tests.frames import screen_frame
from tests.generate import ON
from tests.sizes import size
from tests.spec import spec_trial
from tests.tools.simulate import columns
from trialscreen import load_trial
from trialscreen.screening.screen import Screening
from trialscreen.tables.attrition import counting
from trialscreen.tables.attrition.counts import Attrition, bits_of, orders
from trialscreen.tables.compile import compile_trial
from trialscreen.tables.expressions import computed, table_of


@cache
def screened_cases() -> Sequence[tuple[Case, list[Screening]]]:
    """Each with what the reference finds of its rows."""
    return [(case, screenings(case)) for case in cases()]


def cases() -> Iterator[Case]:
    for case in generated_cases(range(size(60, part=16)), spec_trial(), rows=40):
        few = case.trial.criteria[: case.seed % 3 + 1]  # with more of them hardly anyone passes
        yield case if case.seed % 4 == 0 else case._replace(trial=replace(case.trial, criteria=few))
    yield from packaged_cases(range(size(8)), rows=50)
    yield from (simulated(250, unknown) for unknown in (0.0, 0.01, 0.03))


def simulated(rows: int, unknown: float) -> Case:
    patients = columns(load_trial(), rows, seed=1, on=ON, unknown=unknown)
    return Case(0, load_trial(), patients.select(pl.int_range(rows).alias("id"), pl.all()))


def test_counts_are_those_of_the_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "_ENOUGH", 25)
    monkeypatch.setattr(counting, "_MANY", 50)
    monkeypatch.setattr(counting, "_BITS", 2)
    seen: Counter[str] = Counter()
    for case, reference in screened_cases():
        found = counted(case, batch=17)
        assert found == by_hand(case.trial, reference), case.seed
        seen.update(name.split(" ")[0] for name, n in cells(found) if n)
    assert not [name for name in NAMES if seen[name] < 3]


def test_sections_may_be_called_like_the_columns_of_counts() -> None:
    case = simulated(250, unknown=0.1)
    trial, names = case.trial, ("rows", "len", "open", "verdict", "0")
    called = dict(zip((one.id for one in trial.sections), names, strict=False))
    sections = tuple(one._replace(id=called.get(one.id, one.id)) for one in trial.sections)
    elements = {
        name: replace(element, section=called.get(element.section, element.section))
        for name, element in trial.elements.items()
    }
    case = case._replace(trial=replace(trial, sections=sections, elements=elements))
    assert counted(case, batch=100) == by_hand(case.trial, screenings(case))


NAMES = (
    *("eligible", "ineligible", "remaining", "lacking_data"),
    *("consent_pending", "judgement_only"),
    *("met", "not_met", "unknown", "failed_alone", "stopped", "passed_so_far", "gained"),
    *("settled", "missing"),
)


def test_what_a_row_needs_is_what_the_reference_asks_for() -> None:
    rows = 0
    for case, reference in screened_cases():
        program = compile_trial(case.trial, table_of(case.frame.schema, ON), with_needed=True)
        needed = computed(case.frame.lazy(), program, program.needed, "id").drop("id").collect()
        for flags, one in zip(needed.iter_rows(named=True), reference, strict=True):
            expected = {name for group in one.needed.values() for name in group}
            assert {name for name, flag in flags.items() if flag} == expected, case.seed
            rows += 1
    assert rows > size(3_000)


def test_rows_that_lack_data_may_be_looked_at_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "_ENOUGH", 40)
    case = simulated(2_000, unknown=0.05)
    assert counted(case, batch=50) == counted(case, batch=2_000)


def test_a_table_without_any_element_lacks_everything() -> None:
    trial = load_trial()
    case = Case(0, trial, pl.DataFrame({"id": [1, 2, 3]}))
    found = counted(case, batch=2)
    assert found == by_hand(trial, screenings(case))
    assert (found.lacking_data, found.eligible, found.criteria[0].unknown) == (3, 0, 3)


def test_counts_can_be_asked_for_before_the_end() -> None:
    case = simulated(100, unknown=0.05)
    screened = screen_frame(case.trial, case.frame.lazy(), ON, "id").collect()
    rows = case.frame.hstack(screened.drop("id"))
    counter = counting_of(case.trial, case.frame.schema, ON)
    counter.add(rows.head(60))
    assert counter.attrition() == counted(case._replace(frame=case.frame.head(60)), batch=60)
    counter.add(rows.tail(40))
    assert counter.attrition() == counted(case, batch=100)


# What to order first.


def test_orders_take_what_settles_most_for_each_section() -> None:
    trial = load_trial()
    patterns = {
        frozenset({"calcium"}): 5,
        frozenset({"thyroid"}): 7,
        frozenset({"calcium", "thyroid"}): 4,
        frozenset({"imaging", "infection"}): 9,
        frozenset({"imaging", "calcium"}): 1,
    }
    by_bits = {bits_of(trial, names): times for names, times in patterns.items()}
    found = [(one.sections, one.settled) for one in orders(trial, by_bits)]
    assert found == [(("thyroid",), 7), (("calcium",), 9), (("imaging", "infection"), 10)]


def test_orders_settle_everyone_if_there_are_few_sections() -> None:
    rng = Random(3)
    trial = load_trial()
    names = [section.id for section in trial.sections][:6]
    for _ in range(50):
        patterns = {
            bits_of(trial, rng.sample(names, rng.randint(1, 4))): rng.randint(1, 50)
            for _ in range(8)
        }
        found = orders(trial, patterns)
        assert sum(one.settled for one in found if isinstance(one.settled, int)) == sum(
            patterns.values()
        )
        assert len({name for one in found for name in one.sections}) == sum(
            len(one.sections) for one in found
        )


def test_without_criterion_is_what_gained_says() -> None:
    """Leaving a criterion out makes as many more eligible as was counted."""
    for case in generated_cases(range(size(12, part=1)), spec_trial(), rows=40):
        whole = counted(case, batch=40)
        for n, one in enumerate(whole.criteria[: size(6, part=3)]):
            criteria = case.trial.criteria[:n] + case.trial.criteria[n + 1 :]
            fewer = replace(case.trial, criteria=criteria)
            assert one.gained == _eligible(counted(case._replace(trial=fewer), 40)) - _eligible(
                whole
            )


def _eligible(found: Attrition) -> int:
    assert isinstance(found.eligible, int)
    return found.eligible
