"""Strong Kleene three-valued logic: true, false and unknown.

Kleene, S. C. (1952), Introduction to Metamathematics, section 64.
"""

from collections.abc import Sequence
from enum import Enum


class Truth(Enum):
    """Ordered FALSE < UNKNOWN < TRUE: AND is the minimum, OR the maximum."""

    FALSE = 0
    UNKNOWN = 1
    TRUE = 2

    def __bool__(self) -> bool:
        raise TypeError("a Truth has three values; compare it with `is`")

    @property
    def known(self) -> bool:
        return self is not UNKNOWN

    def to_optional(self) -> bool | None:
        """True, False or None, as written to JSON and tables."""
        return None if self is UNKNOWN else self is TRUE


TRUE, FALSE, UNKNOWN = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN


def of(value: bool | None) -> Truth:
    """The Truth of a boolean; None is unknown."""
    if value is None:
        return UNKNOWN
    return TRUE if value else FALSE


def negation(value: Truth) -> Truth:
    if value is UNKNOWN:
        return UNKNOWN
    return FALSE if value is TRUE else TRUE


def at_least(count: int, values: Sequence[Truth]) -> Truth:
    """Whether at least `count` of `values` are true."""
    if (true_count := values.count(TRUE)) >= count:
        return TRUE
    return FALSE if true_count + values.count(UNKNOWN) < count else UNKNOWN
