"""The truth of a rule, with what can still settle it: data, consent, or only judgement.

As `screening.missing`, not which elements are open, but whether one is of the kind that is sought;
the comments speak of data.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from trialscreen.model.expr import FALSE, TRUE, Constant, Scalar
from trialscreen.model.trial import Element
from trialscreen.tables.compile.intervals import Bounds, is_exact
from trialscreen.tables.compile.simplify import at_least, both, either, if_, known, negated, unknown

Share = Callable[[Scalar], Scalar]
"""Gives an expression that is read more than once a name, and returns that."""


class Judged(NamedTuple):
    """`truth`: null while unknown. `lacks`: an element that is sought is open.

    `lacks` counts only where the truth is unknown. It is true for a rule that rests on such
    alone, and false for one that rests on none: both are known without a row.
    """

    truth: Scalar
    lacks: Scalar

    @property
    def open(self) -> Scalar:
        """Whether the truth is unknown; never null."""
        return unknown(self.truth)

    @property
    def open_for_it(self) -> Scalar:
        """`lacks`, for a row in which the truth may be known."""
        return FALSE if self.lacks == FALSE else both(self.open, self.lacks)


def _joined(join: Callable[..., Scalar], parts: Sequence[Judged], share: Share) -> Judged:
    """Those that rest on data are judged together, so that one look tells whether one is open.

    No part of an unknown `all` is false: its data parts together are unknown just when one
    of them is. Likewise no part of an unknown `any` is true.
    """
    for lacks in (TRUE, FALSE):
        if all(part.lacks == lacks for part in parts):
            return Judged(join(*(part.truth for part in parts)), lacks)
    by_data = [part.truth for part in parts if part.lacks == TRUE]
    others = [part for part in parts if part.lacks != TRUE]
    data = Judged(share(join(*by_data)), TRUE)
    others = [one if one.lacks == FALSE else Judged(share(one.truth), one.lacks) for one in others]
    truth = join(data.truth, *(part.truth for part in others))
    open_parts = [part.open_for_it for part in others]
    return Judged(truth, either(*([data.open_for_it] if by_data else []), *open_parts))


def judged_at_least(count: int, parts: Sequence[Judged], share: Share) -> Judged:
    if count in (1, len(parts)):
        return _joined(either if count == 1 < len(parts) else both, parts, share)
    parts = [Judged(share(part.truth), part.lacks) for part in parts]
    truth = at_least(count, tuple(part.truth for part in parts))
    if all(part.lacks == TRUE for part in parts):
        return Judged(truth, TRUE)
    return Judged(truth, either(*(part.open_for_it for part in parts)))


def judged_not(part: Judged) -> Judged:
    return Judged(negated(part.truth), part.lacks)


class ElementBounds(NamedTuple):
    """What a row holds of one element: what rules see, and what that was made from.

    `lacks`, as of a rule, counts only in a row in which `fact` is not exact.
    """

    fact: Bounds
    entered: Bounds
    derived: Bounds
    lacks: Scalar

    @property
    def open(self) -> Scalar:
        """Whether it is not known exactly; never null."""
        return negated(is_exact(self.fact))


def judged_test(truth: Scalar, used: Sequence[ElementBounds]) -> Judged:
    """A test lacks data if one of the elements that it uses does."""
    lacking = [one.lacks for one in used]
    if all(lacks == TRUE for lacks in lacking):
        return Judged(truth, TRUE)
    return Judged(truth, either(*(both(one.open, one.lacks) for one in used)))


def element_lacks(
    element: Element,
    entered: Bounds,
    sources: Sequence[ElementBounds | Judged],
    validity: Judged | None,
    *,
    sought: bool,
) -> Scalar:
    """Whether an element that is not known exactly is open for data: itself, or its `sources`.

    `sought`: whether it is itself of that kind. One that is only ever derived stands for itself
    only when nothing behind is open.
    """
    lacking = [one.lacks for one in sources]
    lacking += [] if validity is None else [validity.lacks]
    is_data = Constant(sought)
    if all(lacks == is_data for lacks in lacking):
        return is_data
    by_itself: Scalar = TRUE
    if element.source == "derived":
        nothing_behind = negated(either(*(one.open for one in sources)))
        by_itself = either(known(entered.low), nothing_behind)
    behind = (both(one.open, one.lacks) for one in sources)
    lacks = either(both(is_data, by_itself), *behind)
    if validity is None:
        return lacks
    lacks = either(validity.open_for_it, both(negated(is_exact(entered)), lacks))
    return if_(negated(validity.truth), is_data, lacks)
