"""The rule language: a small tree of immutable nodes without behaviour.

Interpreters give them meaning (`screening/evaluate.py` is the reference) and end each `match` with
`assert_never`, so that mypy finds a node without a handler. Named tuples are faster to define and
compare than dataclasses; `kind` keeps nodes of different kinds from comparing equal.
"""

from collections.abc import Iterator
from enum import Enum
from typing import Literal, NamedTuple, assert_never

from trialscreen.model.dates import Period


class Operator(Enum):
    """A comparison: its word in a criteria file, its sign in code, its symbol in text."""

    AT_LEAST = "at_least", ">=", "≥"
    AT_MOST = "at_most", "<=", "≤"
    ABOVE = "above", ">", ">"
    BELOW = "below", "<", "<"

    _value_: str
    sign: Literal[">=", "<=", ">", "<"]
    symbol: str

    def __new__(cls, word: str, sign: Literal[">=", "<=", ">", "<"], symbol: str) -> "Operator":
        one = object.__new__(cls)
        one._value_, one.sign, one.symbol = word, sign, symbol
        return one

    __hash__ = object.__hash__  # faster: Enum hashes the member's name on every call

    @property
    def opposite(self) -> "Operator":
        """The operator that holds for two numbers exactly where this one does not."""
        return _OPPOSITES[self]


_OPPOSITES = dict(zip(Operator, reversed(Operator), strict=True))


class Written(float):
    """A number with its text in the criteria file, if `str` would give another: `0.50`, `1e3`."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, text: str) -> "Written":
        number = super().__new__(cls, text)
        number.text = text
        return number


class ElementRef(NamedTuple):
    """A bound that is another element's value, such as the printed upper limit of normal."""

    name: str
    kind: Literal["element ref"] = "element ref"


class AtLeastN(NamedTuple):
    """At least `least` of the parts hold; AND and OR are the special cases all and one."""

    least: int
    parts: tuple["Rule", ...]
    kind: Literal["at least n"] = "at least n"

    @property
    def is_all(self) -> bool:
        """Whether this is AND: every part must hold."""
        return self.least == len(self.parts)

    @property
    def is_any(self) -> bool:
        """Whether this is OR: one part that holds is enough."""
        return self.least == 1


def all_of(parts: tuple["Rule", ...]) -> AtLeastN:
    """Every part holds."""
    return AtLeastN(len(parts), parts)


def any_of(parts: tuple["Rule", ...]) -> AtLeastN:
    """At least one part holds."""
    return AtLeastN(1, parts)


class Not(NamedTuple):
    """The part does not hold."""

    part: "Rule"
    kind: Literal["not"] = "not"


class Clause(NamedTuple):
    """A named part of a criterion, with the words it encodes; its truth is that of its part."""

    id: str
    text: str
    part: "Rule"
    kind: Literal["clause"] = "clause"


class Is(NamedTuple):
    """A yes/no element or a choice has exactly this value."""

    element: str
    value: bool | str
    kind: Literal["is"] = "is"


class OneOf(NamedTuple):
    """A choice has one of these values."""

    element: str
    values: tuple[str, ...]
    kind: Literal["one of"] = "one of"


class Compare(NamedTuple):
    """Compares a number with a constant, or a number or date with another element of its kind.

    The constant keeps the form it was written in (10.0 or 10; `Written`), to be shown that way.
    """

    element: str
    operator: Operator
    bound: int | float | ElementRef
    kind: Literal["compare"] = "compare"


class Within(NamedTuple):
    """A date lies in the period up to the screening date, both ends included.

    No date is later than the screening date, so a date outside the period lies before it.
    """

    element: str
    period: Period
    kind: Literal["within"] = "within"


class Given(NamedTuple):
    """True if anything is known about the element, else unknown: absence is not evidence."""

    element: str
    kind: Literal["given"] = "given"


Compound = AtLeastN | Not | Clause
Test = Is | OneOf | Compare | Within | Given
Rule = Compound | Test


def parts_of(rule: Rule) -> tuple[Rule, ...]:
    """The rules directly inside `rule`; none for a test."""
    match rule:
        case AtLeastN(_, parts):
            return parts
        case Not(part) | Clause(_, _, part):
            return (part,)
        case Is() | OneOf() | Compare() | Within() | Given():
            return ()
        case _:
            assert_never(rule)


def rules_in(rule: Rule) -> Iterator[Rule]:
    """`rule` and every rule inside it, in preorder."""
    yield rule
    for part in parts_of(rule):
        yield from rules_in(part)


def tests_of(rule: Rule) -> Iterator[Test]:
    """Every test in `rule`."""
    return (one for one in rules_in(rule) if isinstance(one, Test))


def elements_of_test(test: Test) -> tuple[str, ...]:
    """The elements that one test reads."""
    if isinstance(test, Compare) and isinstance(test.bound, ElementRef):
        return (test.element, test.bound.name)
    return (test.element,)


def elements_of(rule: Rule) -> Iterator[str]:
    """The elements that `rule` reads directly (not through derivations), each once, in order."""
    names = (name for test in tests_of(rule) for name in elements_of_test(test))
    return iter(dict.fromkeys(names))
