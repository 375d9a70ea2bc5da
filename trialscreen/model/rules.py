"""The rule language: a small tree of frozen nodes that declare what they are, no more.

The interpreters (`evaluate` is the reference) give them meaning, and end their `match` with
`assert_never`: mypy finds a node without a handler. Named tuples are defined and compared faster
than data classes; `kind` keeps a node from being equal to one of another kind.
"""

from collections.abc import Iterator
from enum import Enum
from typing import Literal, NamedTuple, assert_never

from trialscreen.model.dates import Period


class Operator(Enum):
    """How a value is compared with its bound: in a criteria file, by programs, and for people."""

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

    __hash__ = object.__hash__  # there is one of each; Enum hashes their names, each time anew

    @property
    def opposite(self) -> "Operator":
        """What holds of two numbers where this does not."""
        return _OPPOSITES[self]


_OPPOSITES = dict(zip(Operator, reversed(Operator), strict=True))


class Written(float):
    """A number whose shortest text is another than the one in the criteria file: `0.50`, `1e3`."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, text: str) -> "Written":
        number = super().__new__(cls, text)
        number.text = text
        return number


class ElementRef(NamedTuple):
    """A bound that is the value of another element (a printed upper limit, say)."""

    name: str
    kind: Literal["element ref"] = "element ref"


class AtLeastN(NamedTuple):
    """`least` parts hold, or more: all of them, one of them, or some number between."""

    least: int
    parts: tuple["Rule", ...]
    kind: Literal["at least n"] = "at least n"

    @property
    def is_all(self) -> bool:
        """Whether every part must hold, so that one that does not decides the whole."""
        return self.least == len(self.parts)

    @property
    def is_any(self) -> bool:
        """Whether one part decides the whole by holding."""
        return self.least == 1


def all_of(parts: tuple["Rule", ...]) -> AtLeastN:
    """Every part holds."""
    return AtLeastN(len(parts), parts)


def any_of(parts: tuple["Rule", ...]) -> AtLeastN:
    """One part holds, or more."""
    return AtLeastN(1, parts)


class Not(NamedTuple):
    """The part does not hold."""

    part: "Rule"
    kind: Literal["not"] = "not"


class Clause(NamedTuple):
    """A named part of a criterion with the words that it encodes; as true as its rule."""

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
    """A number or date against a number, or against another element of the same kind.

    A number keeps the type it was written with (10.0 or 10; `Written`), to be shown as written.
    """

    element: str
    operator: Operator
    bound: int | float | ElementRef
    kind: Literal["compare"] = "compare"


class Within(NamedTuple):
    """A date lies in the period up to the screening date, both ends included.

    One that does not lies before it: no date is later than the screening date.
    """

    element: str
    period: Period
    kind: Literal["within"] = "within"


class Given(NamedTuple):
    """True once anything is known of the element; never false, for silence is not evidence."""

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
    """`rule` and every rule inside it: the outer before the inner, from left to right."""
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
    """The elements that `rule` reads itself (not through derivations), each once, in order."""
    names = (name for test in tests_of(rule) for name in elements_of_test(test))
    return iter(dict.fromkeys(names))
