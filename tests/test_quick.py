"""The quick order: what excludes most likely and cheapest comes first, and nothing else changes."""

from collections.abc import Mapping
from dataclasses import replace
from math import isclose
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.generate import random_trial, random_world, unreviewed
from tests.interviewing import DAY, open_elements
from tests.process import PATIENTS
from tests.sizes import examples
from tests.spec import spec_trial
from trialscreen import Trial, load_trial
from trialscreen.answers.answers_file import read_answers
from trialscreen.answers.interview.ordering import chances, next_question
from trialscreen.answers.interview.state import State
from trialscreen.model.errors import Problem
from trialscreen.model.facts import Exactly, Fact
from trialscreen.model.rules import AtLeastN, Is, Not, Rule, all_of, any_of
from trialscreen.model.trial import Criterion, Kind
from trialscreen.screening.screen import screen

NCT = load_trial()
SMALL = spec_trial()
seeds = st.integers(min_value=0, max_value=2**63).map(Random)


def _first(trial: Trial, facts: Mapping[str, Fact] | None = None) -> tuple[str, ...]:
    question = next_question(unreviewed(trial, facts or {}), set(facts or {}), quick=True)
    return tuple(one.name for one in question.elements) if question else ()


Stated = tuple[Kind, float, Rule]
"""A criterion: its kind, the share expected to fail it, its rule."""


def _trial(*criteria: Stated) -> Trial:
    made = tuple(
        Criterion(f"C{n}", kind, "", "", rule, (), share)
        for n, (kind, share, rule) in enumerate(criteria)
    )
    return replace(NCT, criteria=made)


WALKS, TRIAL, FALLS = "unable_to_ambulate", "other_trial_last_6_months", "high_fall_risk"


def test_the_likelier_failure_is_asked_first() -> None:
    rare: Stated = ("exclusion", 0.1, Is(WALKS, True))
    common: Stated = ("exclusion", 0.3, Is(TRIAL, True))
    assert _first(_trial(rare, common)) == (TRIAL,)
    assert _first(_trial(common, rare)) == (TRIAL,)


def test_an_inclusion_fails_by_what_does_not_hold() -> None:
    often: Stated = ("inclusion", 0.3, Is(TRIAL, True))
    seldom: Stated = ("inclusion", 0.1, Is(WALKS, True))
    assert _first(_trial(seldom, often)) == (TRIAL,)


def test_of_equals_the_cheaper_source_is_asked_first() -> None:
    judged: Stated = ("exclusion", 0.2, Is(FALLS, True))
    told: Stated = ("exclusion", 0.2, Is(WALKS, True))
    assert _first(_trial(judged, told)) == (WALKS,)


def test_what_takes_two_answers_comes_after_what_takes_one() -> None:
    both = all_of((Is(WALKS, True), Is(TRIAL, True)))
    one = Is("substance_abuse_last_12_months", True)
    assert _first(_trial(("exclusion", 0.2, both), ("exclusion", 0.2, one))) == (
        "substance_abuse_last_12_months",
    )
    assert _first(_trial(("exclusion", 0.5, both), ("exclusion", 0.1, one))) == (WALKS,)


def test_a_half_answered_way_comes_next() -> None:
    both = all_of((Is(WALKS, True), Is(TRIAL, True)))
    trial = _trial(("exclusion", 0.2, both), ("exclusion", 0.3, Is("cirrhosis", True)))
    assert _first(trial) == ("cirrhosis",)
    assert _first(trial, {WALKS: Exactly(True)}) == (TRIAL,)


def test_a_card_counts_as_one_question() -> None:
    card = any_of((Is("metabolic_bone_disease", True), Is("acromegaly", True)))
    trial = _trial(("exclusion", 0.2, Is(WALKS, True)), ("exclusion", 0.25, card))
    assert _first(trial) == ("metabolic_bone_disease", "acromegaly")


def test_a_missing_signature_is_not_asked_to_exclude() -> None:
    first = next_question(unreviewed(NCT, {}), set(), quick=True)
    assert first is not None
    assert "informed_consent_signed" not in [one.name for one in first.elements]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (all_of((Is("a", True), Is("b", True))), 0.5),
        (any_of((Is("a", True), Is("b", True))), 1 - 0.75**0.5),
        (Not(Is("a", True)), 0.75),
        (AtLeastN(2, (Is("a", True), Is("b", True), Is("c", True))), 0.25),
    ],
)
def test_a_share_is_divided_among_the_parts(rule: Rule, expected: float) -> None:
    found = chances(Criterion("C", "exclusion", "", "", rule, (), 0.25))
    assert all(isclose(chance, expected) for chance in found.values())


BY_PHONE = 6
"""Questions at most until a washout is found that the participant knows of."""

WASHOUTS = {
    "two of them, as docs/patients/ineligible_washout.yaml": {
        "rankl_inhibitor_use": "yes",
        "rankl_inhibitor_last_dose_date": "2025-11-18",
        "iv_bisphosphonate_use": "yes",
        "iv_bisphosphonate_last_dose_date": "2024-09",
    },
    "teriparatide": {"pth_analog_use": "yes", "pth_analog_last_dose_date": "2026-01"},
    "denosumab": {"rankl_inhibitor_use": "yes", "rankl_inhibitor_last_dose_date": "2026-02"},
    "tablets": {
        "oral_bisphosphonate_use": "yes",
        "oral_bisphosphonate_cumulative_duration": "20",
        "oral_bisphosphonate_last_dose_date": "2026-03-01",
    },
    "tablets for years": {
        "oral_bisphosphonate_use": "yes",
        "oral_bisphosphonate_cumulative_duration": "4 years",
    },
    "an infusion": {
        "iv_bisphosphonate_use": "yes",
        "iv_bisphosphonate_last_dose_date": "2025-01",
    },
}


@pytest.mark.parametrize("washout", WASHOUTS.values(), ids=WASHOUTS)
def test_a_washout_is_found_by_phone(washout: Mapping[str, str]) -> None:
    """The others of her answers are those of docs/patients/ineligible_washout.yaml."""
    problems: list[Problem] = []
    given = {**read_answers(str(PATIENTS / "ineligible_washout.yaml"), problems)}
    before = [name for name in given if "bisphosphonate" in name or "_inhibitor" in name]
    texts = {name: one.text for name, one in given.items() if name not in before}
    texts |= washout
    state = State(screen(NCT, {}, DAY))
    for _ in range(BY_PHONE):
        closed = state.answers.keys()
        question = next_question(state.screening, closed, ("participant",), quick=True)
        assert question is not None
        silent = "no" if question.card else "unknown"
        state.answer((one, texts.get(one.name, silent)) for one in question.elements)
        if [one.criterion.id for one in state.screening.failing] == ["E8"]:
            return
    pytest.fail(f"not found in {BY_PHONE} questions")


@given(seeds, st.booleans())
@examples(150)
def test_it_asks_only_what_matters_and_finds_the_same(rng: Random, nct: bool) -> None:
    trial = NCT if nct and rng.random() < 0.2 else random_trial(rng, SMALL)
    world = random_world(rng, trial)
    facts: dict[str, Fact] = {}
    closed: set[str] = set()
    while (
        question := next_question(here := unreviewed(trial, facts), closed, quick=True)
    ) is not None:
        open_now = [one.name for one in open_elements(here, closed)]
        assert {one.name for one in question.elements} <= set(open_now)
        for element in question.elements:
            assert element.name not in closed
            closed.add(element.name)
            if element.name in world and rng.random() > 0.125:
                facts[element.name] = world[element.name]
    found, full = unreviewed(trial, facts), unreviewed(trial, world)
    assert not open_elements(found, closed)
    for one, other in zip(found.findings, full.findings, strict=True):
        assert one.met in (None, other.met)
