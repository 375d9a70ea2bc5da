"""Conditions are simplified, and mean the same."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tests.sizes import examples
from trialscreen.model.rules import Operator
from trialscreen.output.export.conditions import (
    ALWAYS,
    MOST_TESTS,
    NEVER,
    Answered,
    Bounded,
    Chosen,
    Compared,
    Condition,
    Joined,
    Test,
    Unanswered,
    every,
    implies,
    some,
    substituted,
)
from trialscreen.output.export.fhir.datatypes import Answer
from trialscreen.output.export.fhir.enable_when import holds

VALUES = (1, 2, 2.5, 3)
NUMBERS: list[Answer] = [
    {"valueQuantity": {"value": value, "code": "kg", **comparator}}
    for value in VALUES
    for comparator in ({}, *({"comparator": sign} for sign in ("<", "<=", ">", ">=")))
]
ANSWERS: dict[str, list[Answer]] = {
    "smoker": [{"valueBoolean": True}, {"valueBoolean": False}],
    "sex": [{"valueCoding": {"code": code}} for code in ("female", "male", "other")],
    "weight": [*NUMBERS, {"valueQuantity": {"value": 100, "code": "g"}}],
    "falls": [{"valueInteger": value} for value in (1, 2, 3)],
}
seeds = st.integers(min_value=0, max_value=2**63).map(Random)


def any_of(parts: tuple[Condition, ...]) -> Condition:
    return Joined[Test]("or", parts)


def all_of(parts: tuple[Condition, ...]) -> Condition:
    return Joined[Test]("and", parts)


def _condition(rng: Random, depth: int = 3) -> Condition:
    if depth == 0 or rng.random() < 0.3:
        return _test(rng)
    parts = tuple(_condition(rng, depth - 1) for _ in range(rng.randint(0, 3)))
    return any_of(parts) if rng.random() < 0.5 else all_of(parts or (_test(rng),))


def _test(rng: Random) -> Condition:
    question = rng.choice(list(ANSWERS))
    bounded = Bounded("weight", rng.choice(list(Operator)), rng.choice(VALUES), "kg")
    match question:
        case _ if rng.random() < 0.2:
            return Answered(question)
        case "smoker":
            return Chosen(question, rng.choice(((True,), (False,), (True, False))))
        case "sex":
            return Chosen(question, tuple(rng.sample(("female", "male", "other"), 2)))
        case "weight":
            return bounded
        case _:
            return Bounded(question, bounded.operator, bounded.bound, None)


def _answers(rng: Random) -> dict[str, Answer]:
    return {name: rng.choice(ways) for name, ways in ANSWERS.items() if rng.random() < 0.8}


@given(seeds)
@examples(500)
def test_what_is_put_together_means_the_same(rng: Random) -> None:
    parts = [_condition(rng) for _ in range(rng.randint(1, 4))]
    for _ in range(10):
        answers = _answers(rng)
        each = [holds(part, answers) for part in parts]
        assert holds(some(parts), answers) == any(each)
        assert holds(every(parts), answers) == all(each)


@given(seeds)
@examples(500)
def test_what_implies_another_holds_nowhere_without_it(rng: Random) -> None:
    one, other = _condition(rng, 1), _condition(rng, 1)
    if implies(one, other):
        for _ in range(30):
            answers = _answers(rng)
            assert holds(other, answers) or not holds(one, answers)


@given(seeds)
@examples(300)
def test_with_fewer_questions_no_more_is_said(rng: Random) -> None:
    whole, said = _condition(rng), ("smoker", "weight")
    part = substituted(whole, lambda test: test if test.field in said else NEVER)
    for _ in range(10):
        answers = _answers(rng)
        assert holds(whole, answers) or not holds(part, answers)


def test_what_is_known_of_one_field_is_put_in() -> None:
    """`weight` is blank: what needs it never holds, what needs it blank no longer asks."""
    yes, heavy = Chosen("smoker", (True,)), Compared("weight", Operator.ABOVE, "limit")
    whole = any_of((heavy, all_of((Unanswered("weight"), yes))))
    blank = substituted(
        whole,
        lambda test: test if test == yes else ALWAYS if isinstance(test, Unanswered) else NEVER,
    )
    assert blank == yes


def test_what_is_said_twice_is_said_once() -> None:
    yes, more, least = (
        Chosen("smoker", (True,)),
        *(Bounded("weight", Operator.AT_LEAST, value, "kg") for value in (3, 2)),
    )
    assert some((yes, all_of((yes, more)))) == yes
    assert some((more, least)) == least
    assert every((more, least)) == more
    assert every((yes, Answered("smoker"))) == yes
    assert every((any_of((yes, more)), any_of((yes, Answered("falls"))))) == any_of(
        (yes, all_of((more, Answered("falls"))))
    )
    assert some((all_of((yes, more)), all_of((more, yes)))) == all_of((yes, more))
    assert every((all_of((yes, more)), least)) == all_of((yes, more))
    assert every((yes, Compared("weight", Operator.ABOVE, "limit"), Answered("limit"))) == all_of(
        (yes, Compared("weight", Operator.ABOVE, "limit"))
    )
    assert some(()) == every((yes, NEVER)) == NEVER
    assert every(()) == every((ALWAYS, ALWAYS)) == some((ALWAYS, yes)) == ALWAYS


def test_what_nobody_reads_is_not_said() -> None:
    many = [Answered(f"question_{i}") for i in range(MOST_TESTS + 1)]
    assert some(many) == every(many) == NEVER
    assert some(many[1:]) != NEVER
