"""The cases notice every slip in the criteria file that a mutation stands for."""

from tests.sizes import FULL
from tests.tools.mutate_criteria import EXPLAINED, run, unexplained
from trialscreen import load_trial


def test_every_mutant_of_the_criteria_is_noticed() -> None:
    result = run(load_trial(), every=1 if FULL else 6)
    assert result.made.total() > 1000
    assert unexplained(result.survivors) == []
    if FULL:
        assert set(EXPLAINED) == {str(mutant) for mutant in result.survivors}
