"""What must hold for every rule and every patient, on generated ones."""

import math
from collections.abc import Mapping
from datetime import date, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tests.generate import ON, blur, learn, random_rule, random_trial, random_world, unreviewed
from tests.sizes import examples
from tests.spec import spec_trial
from trialscreen import Trial, load_trial
from trialscreen.model.facts import Dates, Fact, Numbers
from trialscreen.model.rules import Rule
from trialscreen.model.truth import FALSE, TRUE, UNKNOWN, Truth
from trialscreen.screening.evaluate import Evaluation
from trialscreen.screening.explain import minimal_support
from trialscreen.screening.finding import Finding
from trialscreen.screening.missing import missing, ways_to
from trialscreen.screening.screen import screen, screening_of

NCT = load_trial()
SMALL = spec_trial()
seeds = st.integers(min_value=0, max_value=2**63).map(Random)


def truth_of(trial: Trial, facts: Mapping[str, Fact], rule: Rule, on: date = ON) -> Truth:
    return Evaluation(trial, facts, on).truth(rule)


@given(seeds)
@examples(400)
def test_what_is_certain_is_true_of_the_patient(rng: Random) -> None:
    rule = random_rule(rng, SMALL.elements)
    trial = random_trial(rng, SMALL)
    world = random_world(rng, trial)
    known = truth_of(SMALL, blur(rng, SMALL, world), rule)
    assert known in (UNKNOWN, truth_of(SMALL, world, rule))


@given(seeds)
@examples(400)
def test_more_knowledge_never_reverses_a_certain_finding(rng: Random) -> None:
    rule = random_rule(rng, SMALL.elements)
    world = random_world(rng, SMALL)
    facts = blur(rng, SMALL, world)
    before = truth_of(SMALL, facts, rule)
    after = truth_of(SMALL, learn(rng, world, facts), rule)
    assert before in (UNKNOWN, after)


@given(seeds)
@examples(60)
def test_more_knowledge_never_reverses_a_finding_of_the_packaged_trial(rng: Random) -> None:
    world = random_world(rng, NCT)
    facts = blur(rng, NCT, world)
    less = Evaluation(NCT, facts, ON)
    more = Evaluation(NCT, learn(rng, world, facts), ON)
    for criterion in NCT.criteria:
        before, after = less.truth(criterion.rule), more.truth(criterion.rule)
        assert before in (UNKNOWN, after), criterion.id


@given(seeds)
@examples(200)
def test_bounds_that_shrink_to_a_value_agree_with_it(rng: Random) -> None:
    rule = random_rule(rng, SMALL.elements)
    world = random_world(rng, SMALL)
    exact = truth_of(SMALL, world, rule)

    def around(fact: Fact) -> Fact:
        if isinstance(fact, Numbers):
            return Numbers(math.nextafter(fact.low, -math.inf), math.nextafter(fact.high, math.inf))
        if isinstance(fact, Dates):
            return Dates(fact.low - timedelta(days=1), fact.high + timedelta(days=1))
        return fact

    nearly = {name: around(fact) for name, fact in world.items()}
    assert truth_of(SMALL, nearly, rule) in (UNKNOWN, exact)
    shrunk = {
        name: type(fact)(fact.low, fact.high)  # type: ignore[arg-type]
        if isinstance(fact, Numbers | Dates)
        else fact
        for name, fact in nearly.items()
    } | world
    assert truth_of(SMALL, shrunk, rule) is exact


@given(seeds)
@examples(60)
def test_the_order_of_answers_is_irrelevant(rng: Random) -> None:
    facts = blur(rng, NCT, random_world(rng, NCT))
    shuffled = list(facts.items())
    rng.shuffle(shuffled)
    one, other = _findings(NCT, facts), _findings(NCT, dict(shuffled))
    assert [f.met for f in one] == [f.met for f in other]
    assert [f.missing for f in one] == [f.missing for f in other]


def _findings(trial: Trial, facts: Mapping[str, Fact]) -> tuple[Finding, ...]:
    return unreviewed(trial, facts).findings


@given(seeds)
@examples(200)
def test_a_decided_rule_misses_nothing_and_an_open_one_names_what_is_open(rng: Random) -> None:
    rule = random_rule(rng, SMALL.elements)
    facts = blur(rng, SMALL, random_world(rng, SMALL))
    trace = Evaluation(SMALL, facts, ON).trace(rule)
    assert bool(missing(trace)) == (trace.truth is UNKNOWN)


@given(seeds)
@examples(200)
def test_what_a_status_rests_on_forces_it_and_is_minimal(rng: Random) -> None:
    rule = random_rule(rng, SMALL.elements)
    facts = blur(rng, SMALL, random_world(rng, SMALL))
    patient = Evaluation(SMALL, facts, ON)
    trace = patient.trace(rule)
    if trace.truth is UNKNOWN:
        return
    names = minimal_support(patient, trace)
    needed = {name: facts[name] for name in names}
    assert truth_of(SMALL, needed, rule) is trace.truth
    for name in names:
        fewer = {other: fact for other, fact in needed.items() if other != name}
        assert truth_of(SMALL, fewer, rule) is not trace.truth


@given(seeds)
@examples(150)
def test_no_set_smaller_than_the_smallest_ways_settles_a_rule(rng: Random) -> None:
    """Every answer that settles an open rule in one step is among the ways."""
    rule = random_rule(rng, SMALL.elements, depth=2)
    world = random_world(rng, SMALL)
    facts = blur(rng, SMALL, world)
    evaluation = Evaluation(SMALL, facts, ON)
    trace = evaluation.trace(rule)
    if trace.truth is not UNKNOWN:
        return
    for name, fact in world.items():
        truth = truth_of(SMALL, {**facts, name: fact}, rule)
        if truth is not UNKNOWN:
            assert any(way <= {name} for way in ways_to(evaluation, trace, truth)), (name, truth)


@given(seeds)
@examples(60)
def test_the_day_a_criterion_clears_is_the_first_on_which_it_no_longer_fails(rng: Random) -> None:
    facts = {
        name: fact
        for name, fact in blur(rng, NCT, random_world(rng, NCT)).items()
        if NCT.elements[name].type == "date"
    }
    screening = screening_of(Evaluation(NCT, facts, ON))
    for finding in screening.failing:
        day = finding.clears_on
        if day is None:
            continue
        rule = finding.criterion.rule
        failing = FALSE if finding.criterion.kind == "inclusion" else TRUE
        latest = {n: Dates(f.high, f.high) for n, f in facts.items() if isinstance(f, Dates)}
        assert truth_of(NCT, latest, rule, day) is not failing
        eve = day - timedelta(days=1)
        assert truth_of(NCT, latest, rule, eve) is failing or eve == ON


@given(seeds)
@examples(40)
def test_data_alone_never_make_a_patient_eligible(rng: Random) -> None:
    world = random_world(rng, NCT)
    facts = {n: f for n, f in world.items() if not NCT.elements[n].is_judgement}
    evaluation = Evaluation(NCT, facts, ON)
    passes = [
        evaluation.truth(c.rule) is (TRUE if c.kind == "inclusion" else FALSE) for c in NCT.criteria
    ]
    assert not all(passes)


def test_nothing_known_decides_nothing() -> None:
    result = screen(NCT, {}, ON)
    assert {finding.met for finding in result.findings} == {None}
    assert (result.verdict, result.open) == ("undetermined", "data")
