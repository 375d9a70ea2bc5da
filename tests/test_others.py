"""What the benchmark of other engines asks them is the same trial: known answers agree."""

from datetime import date
from importlib import import_module

import pytest

from tests.bench.peer_cql import Cql
from tests.tools.simulate import ON, columns, facts_of
from trialscreen import load_trial
from trialscreen.screening.evaluate import Evaluation


@pytest.mark.parametrize("on", [ON, date(2026, 8, 31)], ids=str)
@pytest.mark.parametrize(
    ("package", "module"), [("zen", "peer_zen"), ("rule_engine", "peer_rule_engine")]
)
def test_known_answers_agree(package: str, module: str, on: date) -> None:
    pytest.importorskip(package, reason=f"not run: {package} is only for benchmarks")
    trial = load_trial()
    rows = columns(trial, 100, seed=4, on=on).to_dicts()
    evaluations = [Evaluation(trial, facts_of(row), on) for row in rows]
    for engine in import_module(f"tests.bench.{module}").engines(trial, on):
        answers = engine.run(rows).answers
        for criterion in trial.criteria:
            truths = [one.truth(criterion.rule).to_optional() for one in evaluations]
            pairs = [
                (truth, answer[criterion.id]) for truth, answer in zip(truths, answers, strict=True)
            ]
            assert {(True, False), (False, True)}.isdisjoint(pairs), engine.name
            assert {(True, True), (False, False)} & {*pairs}, engine.name


def test_elm_defines_every_criterion_after_what_it_reads() -> None:
    trial = load_trial()
    library = Cql(trial, ON).library()["library"]
    names = [one["name"] for one in library["statements"]["def"]]
    assert names[-len(trial.criteria) :] == [one.id for one in trial.criteria]
