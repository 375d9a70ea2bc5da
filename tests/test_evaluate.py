"""What a trial is made ready to, against the plainest interpreter of its rules, written here."""

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import date
from itertools import product
from pickle import dumps, loads
from random import Random
from typing import assert_never

import pytest

from tests.generate import ON, blur, random_rule, random_trial, random_world, unreviewed
from tests.sizes import size
from tests.spec import spec_trial
from tests.trials import before_consent, some_internal, vary, with_criteria
from trialscreen import Trial, load_trial
from trialscreen.model import rules, truth
from trialscreen.model.facts import Dates, Exactly, Fact, Numbers
from trialscreen.model.formulas import derive
from trialscreen.model.trial import Check, Formula
from trialscreen.model.truth import Truth
from trialscreen.screening.edit_checks import contradicted
from trialscreen.screening.evaluate import Evaluation, Resolved, Trace, combine
from trialscreen.screening.explain import minimal_support, support_of

NCT, SMALL = load_trial(), spec_trial()


class Plain:
    """Walks a rule for one patient; remembers nothing, and looks at every part."""

    def __init__(self, trial: Trial, facts: Mapping[str, Fact], on: date) -> None:
        self.trial, self.facts, self.on = trial, facts, on

    def trace(self, rule: rules.Rule) -> Trace:
        if isinstance(rule, rules.Test):
            used = tuple(map(self.resolve, rules.elements_of_test(rule)))
            return Trace(rule, self._test(rule, *(one.fact for one in used)), (), used)
        parts = tuple(map(self.trace, rules.parts_of(rule)))
        return Trace(rule, _joined(rule, [part.truth for part in parts]), parts)

    def resolve(self, name: str) -> Resolved:
        element = self.trial.elements[name]
        given = self.facts.get(name)
        no = Exactly(value=False) if element.no_is_not_yet else None
        entered = None if given == no else given
        inputs: tuple[Resolved, ...] = ()
        derived, basis = None, None
        if isinstance(element.derive, Formula):
            inputs = tuple(map(self.resolve, element.derive.inputs))
            derived = derive(element.derive, tuple(one.fact for one in inputs), self.on)
        elif element.derive is not None:
            basis = self.trace(element.derive)
            known = basis.truth.to_optional()
            follows = None if known is None else Exactly(known)
            derived = None if follows == no else follows  # type: ignore[assignment]
        fact = combine(element, entered, derived)
        validity = None if element.valid_if is None else self.trace(element.valid_if)
        if validity is not None and validity.truth is not truth.TRUE:
            fact = None
        not_yet = given is not None and entered is None
        return Resolved(element, fact, entered, derived, inputs, basis, validity, not_yet)

    def _test(self, test: rules.Test, fact: Fact | None, limit: Fact | None = None) -> Truth:
        if fact is None or (len(rules.elements_of_test(test)) == 2 and limit is None):
            return truth.UNKNOWN
        match test:
            case rules.Given():
                return truth.TRUE
            case rules.Is(_, value):
                return truth.of(fact == Exactly(value))
            case rules.OneOf(_, values):
                return truth.of(any(fact == Exactly(value) for value in values))
            case rules.Compare(_, operator, bound):
                other = limit or Numbers(bound, bound)  # type: ignore[arg-type]
                return _compared(operator, fact, other)
            case rules.Within(_, period):
                start = period.before(self.on)
                return _compared(rules.Operator.AT_LEAST, fact, Dates(start, start))
            case _:
                assert_never(test)


def _joined(rule: rules.Compound, parts: list[Truth]) -> Truth:
    ranks = [part.value for part in parts]
    match rule:
        case rules.AtLeastN(least, _):
            most = sorted(ranks, reverse=True)
            return tuple(truth.Truth)[most[least - 1]]
        case rules.Not():
            return tuple(truth.Truth)[2 - ranks[0]]
        case rules.Clause():
            return parts[0]
        case _:
            assert_never(rule)


def _compared(operator: rules.Operator, one: Fact, other: Fact) -> Truth:
    """By the ends of both: the pairs of values that are the furthest apart, either way."""
    assert not isinstance(one, Exactly) and not isinstance(other, Exactly)
    lowest, highest = _order(one, other, low=True), _order(one, other, low=False)
    held = {
        rules.Operator.AT_LEAST: (lowest >= 0, highest < 0),
        rules.Operator.ABOVE: (lowest > 0, highest <= 0),
        rules.Operator.AT_MOST: (highest <= 0, lowest > 0),
        rules.Operator.BELOW: (highest < 0, lowest >= 0),
    }
    always, never = held[operator]
    return truth.TRUE if always else truth.FALSE if never else truth.UNKNOWN


def _order(one: Numbers | Dates, other: Numbers | Dates, *, low: bool) -> float:
    """-1, 0 or 1: how the lowest value of one lies to the highest of the other; or the reverse.

    Half of it where an end is left out: nearer than any other value, and never the same.
    """
    near, far = (one.low, other.high) if low else (one.high, other.low)
    if near != far:
        return 1 if near > far else -1  # type: ignore[operator]
    ends = [(one, low), (other, not low)]
    is_open = any(
        isinstance(fact, Numbers) and (fact.low_open if at_low else fact.high_open)
        for fact, at_low in ends
    )
    return (0.5 if low else -0.5) if is_open else 0


def trials(rng: Random) -> list[Trial]:
    return [
        NCT,
        random_trial(rng, SMALL),
        with_criteria(rng, vary(rng, SMALL), 4),
        with_criteria(rng, before_consent(rng, SMALL), 4),
        with_criteria(rng, some_internal(rng, vary(rng, NCT)), 4),
    ]


def test_every_trace_and_truth_is_that_of_the_plainest_interpreter() -> None:
    rng, seen = Random(15), set[Truth]()
    for _ in range(size(25)):
        for trial in trials(rng):
            for _ in range(3):  # the second and the third find traces that were kept
                facts = blur(rng, trial, random_world(rng, trial))
                open_ended = {
                    name: one._replace(high_open=True)
                    for name, one in facts.items()
                    if isinstance(one, Numbers) and not one.exact and rng.random() < 0.5
                }
                facts |= open_ended
                plain, patient = Plain(trial, facts, ON), Evaluation(trial, facts, ON)
                for rule in (
                    *(one.rule for one in trial.criteria),
                    *(one.when for one in trial.checks),
                ):
                    expected = plain.trace(rule)
                    assert Evaluation(trial, facts, ON).truth(rule) is expected.truth
                    assert patient.trace(rule) == expected
                    seen.add(expected.truth)
    assert len(seen) == 3


def test_what_a_criterion_rests_on_is_irreducible_also_where_that_is_not_tried() -> None:
    rng = Random(16)
    for _ in range(size(150)):
        trial = random_trial(rng, SMALL)
        facts = blur(rng, trial, random_world(rng, trial))
        patient = Evaluation(trial, facts, ON)
        for _ in range(4):
            rule = random_rule(rng, trial.elements, depth=2)
            trace = patient.trace(rule)
            needed = support_of(patient, trace).names
            for name in sorted(needed):
                fewer = {one: facts[one] for one in needed - {name}}
                if Plain(trial, fewer, ON).trace(rule).truth is trace.truth:
                    needed -= {name}
            assert set(minimal_support(patient, trace)) == needed


def test_a_contradiction_is_found_wherever_its_rule_holds() -> None:
    """Though it is not looked for without the elements that it needs."""
    rng, held = Random(17), 0
    for _ in range(size(100)):
        rules_ = [random_rule(rng, SMALL.elements, depth=2) for _ in range(6)]
        checks = tuple(Check(f"c{n}", "error", rule, f"c{n}") for n, rule in enumerate(rules_))
        for trial in (NCT, replace(SMALL, checks=checks)):
            facts = blur(rng, trial, random_world(rng, trial))
            plain = Plain(trial, facts, ON)
            found = {one.message for one in contradicted(Evaluation(trial, facts, ON))}
            errors = [one for one in trial.checks if one.level == "error"]
            holding = {one.say for one in errors if plain.trace(one.when).truth is truth.TRUE}
            assert holding == found & {one.say for one in errors}
            held += len(holding)
    assert held


def test_what_was_made_of_a_trial_is_not_carried_to_another_process() -> None:
    screening = unreviewed(NCT, random_world(Random(1), NCT))
    first = [(one.met, one.reasons, one.readings) for one in screening.findings]
    again = loads(dumps(screening))  # noqa: S301 - our own
    assert vars(again.trial).keys() == {one.name for one in fields(again.trial)}
    assert [(one.met, one.reasons, one.readings) for one in again.findings] == first


@pytest.mark.parametrize("least", [0, 1, 2, 3, 4])
def test_as_many_of_the_parts_as_asked_for(least: int) -> None:
    """Also of none, and of more than there are: a stand-in for a rule with a fault has no parts."""
    plain = [one for one in NCT.elements.values() if one.type == "boolean" and not one.consent]
    names = [one.name for one in plain if one.derive is None][:8]
    for parts in (names[:0], names[:3], names):
        rule = rules.AtLeastN(least, tuple(rules.Is(name, value=True) for name in parts))
        for answers in product((None, True, False), repeat=min(3, len(parts))):
            facts: dict[str, Fact] = {
                name: Exactly(value)
                for name, value in zip(parts, answers, strict=False)
                if value is not None
            }
            patient = Evaluation(NCT, facts, ON)
            held, known = sum(one is True for one in answers), len(parts) - answers.count(False)
            expected = held >= least or (None if known >= least else False)
            assert patient.truth(rule) is patient.trace(rule).truth is truth.of(expected)
