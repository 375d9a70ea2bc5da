"""Statistical disclosure control of an attrition table: small counts redacted, the rest rounded.

The practice is OpenSAFELY's (https://docs.opensafely.org/outputs/sdc): they redact counts of 7
or fewer and round all others to the nearest 5. `base` stands for their 5, and their 7 follows
from it: every count is redacted that would round to less than twice the base. If only counts
below the base were redacted, a published 5 could be nothing but 5, 6 or 7.

Each count is published by itself: a reader learns of it that it is 0, or redacted, or one of
the `base` numbers around a multiple. Call the numbers from 1 to `base` - 1 small.
`test_disclosure.py` proves of any two published counts, even if the reader knows that one of
them is at most the other: their difference cannot be a small number at all, or else it can be
every small number, and also 0 or one that is not small. Their sum is never certain to be small.

This is not claimed of three or more counts. Parts and their total, all published, tell more:
that a redacted part is below the base or, where all of them happen to lie at the ends of what
they are rounded from, even which number it is. The how-to page says so.
"""

from collections.abc import Callable
from itertools import takewhile
from operator import attrgetter
from typing import Any, TypeVar

from trialscreen.tables.attrition import counts

Row = TypeVar("Row", counts.Attrition, counts.CriterionCounts, counts.Order, counts.MissingElement)


def disclosed(exact: counts.Attrition, base: int) -> counts.Attrition:
    """The counts of `exact` as they may be published, for a `base` of at least 2 patients.

    If the number assessed is itself redacted, even a zero would say something about each of
    those patients: all other counts are hidden. What stands in the order of the counts is put
    in the order of the published ones; of the orders, the first to be redacted ends the list,
    since its place tells how it compares with those before it.
    """

    def publish(count: int) -> counts.Count:
        return published(count, base)

    found = _counts_of(exact, publish)
    if isinstance(found.assessed, counts.Hidden):
        hidden = _counts_of(exact, _nothing)
        criteria = tuple(_counts_of(one, _nothing) for one in exact.criteria)
        return hidden._replace(assessed=found.assessed, criteria=criteria, orders=(), missing=())
    orders = (_counts_of(one, publish) for one in exact.orders)
    missing = (_counts_of(one, publish) for one in exact.missing)
    return found._replace(
        criteria=tuple(_counts_of(one, publish) for one in exact.criteria),
        orders=tuple(takewhile(lambda one: not isinstance(one.settled, counts.Hidden), orders)),
        missing=tuple(sorted(missing, key=attrgetter("place"))),
    )


def published(count: int, base: int) -> counts.Count:
    """0, redacted, or the nearest multiple of `base`: the upper one if two are as near."""
    if 0 < count < (least := least_shown(base)):
        return counts.Hidden(f"<{least}")
    return (count + base // 2) // base * base


def least_shown(base: int) -> int:
    """The least count that rounds to twice the base: counts from 1 up to it are redacted."""
    return 2 * base - base // 2


def _nothing(_: int) -> counts.Count:
    return counts.Hidden("hidden")


def _counts_of(row: Row, publish: Callable[[int], counts.Count]) -> Row:
    exact = {name: n for name, n in row._asdict().items() if isinstance(n, int)}
    told: dict[str, Any] = {name: publish(n) for name, n in exact.items()}
    return row._replace(**told)
