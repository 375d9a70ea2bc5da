"""The rule language: a small tree of frozen nodes that declare what they are, no more.

The interpreters (`evaluate` is the reference) give them meaning. The union `Rule` is
closed: an interpreter ends its `match` with `assert_never`, so that mypy finds a node
without a handler.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Literal

from trialscreen.dates import Period


class Operator(Enum):
    """How a value is compared with its bound."""

    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    ABOVE = "above"
    BELOW = "below"

    @property
    def sign(self) -> Literal[">=", "<=", ">", "<"]:
        """As programs write it; `words.SYMBOLS` is for people."""
        return _SIGNS[self]

    @property
    def opposite(self) -> "Operator":
        """What holds of two numbers where this does not."""
        return _OPPOSITES[self]


_SIGNS: Mapping[Operator, Literal[">=", "<=", ">", "<"]] = {
    Operator.AT_LEAST: ">=",
    Operator.AT_MOST: "<=",
    Operator.ABOVE: ">",
    Operator.BELOW: "<",
}
_OPPOSITES = {
    Operator.AT_LEAST: Operator.BELOW,
    Operator.BELOW: Operator.AT_LEAST,
    Operator.AT_MOST: Operator.ABOVE,
    Operator.ABOVE: Operator.AT_MOST,
}


@dataclass(frozen=True)
class ElementRef:
    """A bound that is the value of another element (a printed upper limit, say)."""

    name: str


@dataclass(frozen=True)
class AllOf:
    """Every part holds."""

    parts: tuple["Rule", ...]


@dataclass(frozen=True)
class AnyOf:
    """One part holds, or more."""

    parts: tuple["Rule", ...]


@dataclass(frozen=True)
class AtLeastN:
    """`count` parts hold, or more."""

    count: int
    parts: tuple["Rule", ...]


@dataclass(frozen=True)
class Not:
    """The part does not hold."""

    part: "Rule"


@dataclass(frozen=True)
class Clause:
    """A named part of a criterion with the words that it encodes; as true as its rule."""

    id: str
    text: str
    part: "Rule"


@dataclass(frozen=True)
class Is:
    """A yes/no element or a choice has exactly this value."""

    element: str
    value: bool | str


@dataclass(frozen=True)
class OneOf:
    """A choice has one of these values."""

    element: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Compare:
    """A number or date against a number, or against another element of the same kind.

    A number keeps the type it was written with (10.0 or 10), to be shown as written.
    """

    element: str
    operator: Operator
    bound: int | float | ElementRef


@dataclass(frozen=True)
class Within:
    """A date lies in the period up to the screening date, both ends included."""

    element: str
    period: Period


@dataclass(frozen=True)
class LongerAgoThan:
    """A date lies before the period that ends on the screening date."""

    element: str
    period: Period


@dataclass(frozen=True)
class Given:
    """True once anything is known of the element; never false, for silence is no evidence."""

    element: str


Test = Is | OneOf | Compare | Within | LongerAgoThan | Given
Rule = AllOf | AnyOf | AtLeastN | Not | Clause | Test


def parts_of(rule: Rule) -> tuple[Rule, ...]:
    """The rules directly inside `rule`; none for a test."""
    match rule:
        case AllOf(parts) | AnyOf(parts) | AtLeastN(_, parts):
            return parts
        case Not(part) | Clause(_, _, part):
            return (part,)
        case _:
            return ()


def tests_of(rule: Rule) -> Iterator[Test]:
    """Every test in `rule`, from left to right."""
    if isinstance(rule, Test):
        yield rule
    for part in parts_of(rule):
        yield from tests_of(part)


def elements_of_test(test: Test) -> tuple[str, ...]:
    """The elements that one test reads."""
    if isinstance(test, Compare) and isinstance(test.bound, ElementRef):
        return (test.element, test.bound.name)
    return (test.element,)


def elements_of(rule: Rule) -> tuple[str, ...]:
    """The elements that `rule` reads itself (not through derivations), each once, in order."""
    return tuple(dict.fromkeys(name for test in tests_of(rule) for name in elements_of_test(test)))
