"""Mutation check of the criteria file: whether the cases would notice a slip in it.

Run as `python -m tests.tools.mutate_criteria`. Each mutant of the parsed trial is one wrong
change; it is killed when some case in tests/data/criteria then fails. Only the cases that
can see the change are run.
"""

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from tests.cases import Case, CriterionCase, criterion_cases, notice_cases, value_cases
from tests.tools.mutants import Mutant, mutants
from trialscreen import Trial, load_trial
from trialscreen.model.trial import SCREENING_DATE, Formula

_NEVER_ENTERED = "nobody enters it, and a range binds no value that follows: two checks do"
EXPLAINED: Mapping[str, str] = {
    f"age_at_menopause.range: range moved: (8, 70) to {moved}": _NEVER_ENTERED
    for moved in ((7, 70), (9, 70), (8, 69), (8, 71))
} | {
    f"age_less_years_since_{event}.range: range moved: ({low}, 120) to {moved}": _NEVER_ENTERED
    for event, low in (("menopause", -70), ("cure", -100))
    for moved in ((low - 1, 120), (low + 1, 120), (low, 119), (low, 121))
}
"""Mutants that no case can kill, as they are printed, and why."""


class Result(NamedTuple):
    """Every mutant that was made, and those that no case noticed."""

    made: Counter[str]
    survivors: tuple[Mutant, ...]


class Cases:
    """The cases that the trial passes as it is, found by what they can see."""

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        self.reads = {one.id: set(trial.elements_behind(one.rule)) for one in trial.criteria}
        self.of_criterion: defaultdict[str, list[CriterionCase]] = defaultdict(list)
        for case in criterion_cases():
            if case.failure(trial) is None:
                self.of_criterion[case.criterion].append(case)
        self.of_values = [case for case in value_cases() if case.failure(trial) is None]
        self.of_notices = [case for case in notice_cases() if case.failure(trial) is None]

    def seeing(self, mutant: Mutant) -> Iterator[Case]:
        """The cases whose outcome the mutant can change; the likeliest first."""
        yield from self.of_criterion[mutant.criterion] if mutant.criterion else ()
        yield from (case for case in self.of_values if case.element in mutant.elements)
        names = mutant.elements.union(*map(self._sources, mutant.elements))
        yield from (
            case for case in self.of_notices if not names.isdisjoint({SCREENING_DATE, *case.given})
        )
        if not mutant.path.startswith("checks."):
            for criterion, reads in self.reads.items():
                if not reads.isdisjoint(mutant.elements):
                    yield from self.of_criterion[criterion]

    def _sources(self, name: str) -> tuple[str, ...]:
        derive = self.trial.elements[name].derive
        if isinstance(derive, Formula):
            return derive.inputs
        return () if derive is None else self.trial.elements_behind(derive)


def run(trial: Trial, every: int = 1) -> Result:
    """Makes the mutants and shows them to the cases: all, or of each kind one in `every`."""
    cases = Cases(trial)
    made: Counter[str] = Counter()
    survivors = []
    for mutant in mutants(trial):
        made[mutant.kind] += 1
        is_shown = made[mutant.kind] % every == 1 % every
        if is_shown and not any(case.failure(mutant.trial) for case in cases.seeing(mutant)):
            survivors.append(mutant)
    return Result(made, tuple(survivors))


def unexplained(survivors: Iterable[Mutant]) -> list[str]:
    """The survivors that are not known to be harmless."""
    return [str(mutant) for mutant in survivors if str(mutant) not in EXPLAINED]


def table(result: Result) -> str:
    """One line for each kind of mutation."""
    left = Counter(mutant.kind for mutant in result.survivors)
    lines = [f"{'mutation':<26}{'mutants':>8}{'killed':>8}{'score':>8}"]
    for kind, count in sorted(result.made.items()):
        lines.append(_row(kind, count, count - left[kind]))
    lines.append(_row("all", result.made.total(), result.made.total() - left.total()))
    return "\n".join(lines)


def _row(kind: str, made: int, killed: int) -> str:
    return f"{kind:<26}{made:>8}{killed:>8}{killed / made:>8.1%}"


def main() -> int:
    """Prints the table and the survivors; 1 if one of them is not explained."""
    result = run(load_trial())
    sys.stdout.write(table(result) + "\n")
    for mutant in result.survivors:
        why = EXPLAINED.get(str(mutant), "NOT EXPLAINED")
        sys.stdout.write(f"survived: {mutant} ({why})\n")
    return 1 if unexplained(result.survivors) else 0


if __name__ == "__main__":
    sys.exit(main())
