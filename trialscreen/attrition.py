"""How a cohort narrows from all who were assessed to those who are eligible, in counts.

A table is counted row by row, by any engine; here the counts become what a site reports.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from trialscreen.trial import Criterion, Trial


class CriterionCounts(NamedTuple):
    """What one criterion does to a cohort.

    `met`, `not_met` and `unknown` are about its own statement; the rest about eligibility.
    `failed`: certainly. `failed_alone`: it, and certainly no other. `stopped`: it, and none
    before it in protocol order. `passed_so_far`: certainly it and all before it.
    `gained`: how many more would be eligible without it.
    """

    criterion: Criterion
    met: int
    not_met: int
    unknown: int
    failed: int
    failed_alone: int
    stopped: int
    passed_so_far: int
    gained: int


class OrderFirst(NamedTuple):
    """Elements that, all known, would settle the data of so many more patients.

    `waiting` of them are missing nothing else; `settled` counts those who are done once the
    entries above are known as well.
    """

    elements: tuple[str, ...]
    waiting: int
    settled: int


class Attrition(NamedTuple):
    """The counts of one cohort. The four verdict groups add up to `assessed`."""

    assessed: int
    eligible: int
    ineligible: int
    lacking_data: int
    judgement_only: int
    criteria: tuple[CriterionCounts, ...]
    order_first: tuple[OrderFirst, ...] = ()


GROUPS = ("eligible", "ineligible", "lacking_data", "judgement_only")


def attrition(
    trial: Trial, counts: Mapping[str, int], patterns: Mapping[frozenset[str], int]
) -> Attrition:
    """From the counts of `lower.tallies`, and how many patients lack each set of elements."""
    return Attrition(
        counts["assessed"],
        *(counts[group] for group in GROUPS),
        tuple(_of_criterion(one, counts) for one in trial.criteria),
        order_first(trial, patterns),
    )


def _of_criterion(criterion: Criterion, counts: Mapping[str, int]) -> CriterionCounts:
    def count(what: str) -> int:
        return counts[tally(what, criterion)]

    met, unknown = count("met"), count("unknown")
    not_met = counts["assessed"] - met - unknown
    return CriterionCounts(
        criterion,
        met,
        not_met,
        unknown,
        not_met if criterion.kind == "inclusion" else met,
        count("failed_alone"),
        count("stopped"),
        count("passed_so_far"),
        count("gained"),
    )


def tally(what: str, criterion: Criterion) -> str:
    """The name of a count about one criterion."""
    return f"{criterion.id} {what}"


MOST_ORDERS = 10
"""Sets of elements that are worth listing."""


def order_first(
    trial: Trial, patterns: Mapping[frozenset[str], int], most: int = MOST_ORDERS
) -> tuple[OrderFirst, ...]:
    """What to find out first, greedily: at each step what settles most patients per element.

    `patterns`: how many patients lack just these elements.
    """
    left = Counter({names: n for names, n in patterns.items() if names and n})
    found: list[OrderFirst] = []
    known: frozenset[str] = frozenset()
    order = {name: n for n, name in enumerate(trial.elements)}
    while left and len(found) < most:
        still: Counter[frozenset[str]] = Counter()
        for names, n in left.items():
            still[names - known] += n
        best = min(still, key=lambda names: (-still[names] / len(names), sorted(names)))
        known |= best
        settled = {names: n for names, n in left.items() if names <= known}
        left = Counter({names: n for names, n in left.items() if names not in settled})
        found.append(
            OrderFirst(
                tuple(sorted(best, key=order.__getitem__)),
                patterns.get(best, 0),
                sum(settled.values()),
            )
        )
    return tuple(found)


# Small counts.


class Shown(NamedTuple):
    """A count as it may be told: itself, or hidden because it is small."""

    value: int | None
    below: int = 0

    def __str__(self) -> str:
        return f"<{self.below}" if self.value is None else f"{self.value:,}"
