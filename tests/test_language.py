"""The rule language does what its reference says."""

from itertools import product

import pytest

from tests.spec import Case, chapters, read_rule_text, spec_trial
from trialscreen.answers.answer import Answer, read_facts
from trialscreen.model.rules import (
    AtLeastN,
    Clause,
    Compare,
    Given,
    Is,
    Not,
    OneOf,
    Operator,
    Rule,
    Within,
    parts_of,
)
from trialscreen.model.truth import FALSE, TRUE, UNKNOWN
from trialscreen.screening.evaluate import Evaluation

CASES = [case for chapter in chapters() for case in chapter.cases]
TRUTHS = {"yes": TRUE, "no": FALSE, "unknown": UNKNOWN}


def _case_name(case: Case) -> str:
    return f"{case.rule_text} | {case.given} | {case.on}"


@pytest.mark.parametrize("case", CASES, ids=_case_name)
def test_a_case_has_the_truth_that_the_reference_states(case: Case) -> None:
    trial = spec_trial()
    answers = {name: Answer(text, "flag", name) for name, text in case.given.items()}
    facts = read_facts(trial, answers, case.on)
    assert Evaluation(trial, facts, case.on).truth(case.rule) is TRUTHS[case.truth]


def test_no_case_stands_twice() -> None:
    names = list(map(_case_name, CASES))
    assert len(names) == len(set(names))


@pytest.mark.parametrize("operator", ["all", "any"])
def test_all_nine_cells_of_a_truth_table_are_stated(operator: str) -> None:
    rule = read_rule_text(f"{{{operator}: [smoker, diabetic]}}")
    stated = {(c.given["smoker"], c.given["diabetic"]) for c in CASES if c.rule == rule}
    assert stated == set(product(TRUTHS, TRUTHS))


def test_every_node_and_every_operator_is_stated_with_each_truth() -> None:
    seen: set[tuple[object, str]] = set()
    for case in CASES:
        seen.update((kind, case.truth) for kind in _kinds(case.rule))
    nodes = (AtLeastN, Not, Clause, Is, OneOf, Within, *Operator)
    missing = set(product(nodes, TRUTHS)) - seen - {(Clause, "no")}
    assert not missing
    assert any(isinstance(e.derive, Given) for e in spec_trial().elements.values())


def _kinds(rule: Rule) -> set[object]:
    kinds: set[object] = {rule.operator if isinstance(rule, Compare) else type(rule)}
    return kinds.union(*map(_kinds, parts_of(rule)))
