"""The reference interpreter: a rule and what is known of one patient, to truth with its grounds.

Every test is judged on its own: true when it holds for all values that its element may
still have, false when it holds for none, else unknown. Tests combine by strong Kleene logic.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple, TypeVar, assert_never

from trialscreen import truth
from trialscreen.derive import derive
from trialscreen.fact import Dates, Exactly, Fact, Numbers, meet
from trialscreen.rule import (
    AllOf,
    AnyOf,
    AtLeastN,
    Clause,
    Compare,
    ElementRef,
    Given,
    Is,
    LongerAgoThan,
    Not,
    OneOf,
    Operator,
    Rule,
    Test,
    Within,
    elements_of_test,
    parts_of,
)
from trialscreen.trial import Element, Formula
from trialscreen.truth import Truth


class Resolved(NamedTuple):
    """What is known of one element, and from where.

    `fact` is what rules see. `entered` is the value given directly, `derived` the one
    that follows from other elements (`inputs` of a formula, or `basis`, a rule's trace).
    `validity` is the trace of the element's `valid_if`.
    """

    element: Element
    fact: Fact | None
    entered: Fact | None = None
    derived: Fact | None = None
    inputs: tuple["Resolved", ...] = ()
    basis: "Trace | None" = None
    validity: "Trace | None" = None


class Trace(NamedTuple):
    """A rule, its truth, and what that was found from: the parts' traces, or the elements used."""

    rule: Rule
    truth: Truth
    parts: tuple["Trace", ...] = ()
    used: tuple[Resolved, ...] = ()


@dataclass(frozen=True)
class Evaluation:
    """One patient's facts on one screening date; remembers each element it has resolved.

    `facts` maps element names to what was given; an element without an entry is unknown.
    """

    elements: Mapping[str, Element]
    facts: Mapping[str, Fact]
    on: date
    _resolved: dict[str, Resolved] = field(default_factory=dict, repr=False, compare=False)

    def trace(self, rule: Rule) -> Trace:
        """The truth of `rule`, with everything it was found from."""
        if isinstance(rule, Test):
            used = tuple(self.resolve(name) for name in elements_of_test(rule))
            return Trace(rule, self._test(rule, [one.fact for one in used]), used=used)
        parts = tuple(self.trace(part) for part in parts_of(rule))
        return Trace(rule, _combine(rule, [part.truth for part in parts]), parts)

    def truth(self, rule: Rule) -> Truth:
        return self.trace(rule).truth

    def resolve(self, name: str) -> Resolved:
        """What is known of an element: entered, derived, or both; unknown while not valid."""
        if name not in self._resolved:
            self._resolved[name] = self._resolve(self.elements[name])
        return self._resolved[name]

    def _resolve(self, element: Element) -> Resolved:
        entered = self.facts.get(element.name)
        inputs: tuple[Resolved, ...] = ()
        basis: Trace | None = None
        derived: Fact | None = None
        if isinstance(element.derive, Formula):
            inputs = tuple(self.resolve(name) for name in element.derive.inputs)
            derived = derive(element.derive, tuple(one.fact for one in inputs), self.on)
        elif element.derive is not None:
            basis = self.trace(element.derive)
            known = basis.truth.to_optional()
            derived = None if known is None else Exactly(known)
        fact = combine(element, entered, derived)
        validity = self.trace(element.valid_if) if element.valid_if is not None else None
        if validity is not None and validity.truth is not truth.TRUE:
            fact = None
        return Resolved(element, fact, entered, derived, inputs, basis, validity)

    def _test(self, test: Test, facts: list[Fact | None]) -> Truth:
        match test, facts:
            case Given(), [fact]:
                return truth.UNKNOWN if fact is None else truth.TRUE
            case _ if None in facts:
                return truth.UNKNOWN
            case Is(_, value), [Exactly(known)]:
                return truth.of(known == value)
            case OneOf(_, values), [Exactly(known)]:
                return truth.of(known in values)
            case Compare(_, operator, float() | int() as bound), [Numbers(low, high)]:
                return _compare(operator, low, high, bound, bound)
            case Compare(_, operator, ElementRef()), [Numbers(low, high), Numbers(least, most)]:
                return _compare(operator, low, high, least, most)
            case Compare(_, operator, ElementRef()), [Dates(first, last), Dates(least, most)]:
                return _compare(operator, first, last, least, most)
            case ((Within(_, period) | LongerAgoThan(_, period)), [Dates(first, last)]):
                start = period.before(self.on)
                operator = Operator.AT_LEAST if isinstance(test, Within) else Operator.BELOW
                return _compare(operator, first, last, start, start)
            case _:
                raise TypeError(f"{test} cannot be judged by {[type(fact) for fact in facts]}")


def combine(element: Element, entered: Fact | None, derived: Fact | None) -> Fact | None:
    """One fact from what was entered and what follows.

    An entered value stands in for its derivation; a bounded one is narrowed by it. Where
    the element says that a reported value wins, the two are different measurements.
    """
    if entered is None or derived is None:
        return derived if entered is None else entered
    return entered if element.reported_wins else meet(entered, derived) or entered


def _combine(rule: Rule, parts: list[Truth]) -> Truth:
    match rule:
        case AllOf():
            return truth.conjunction(parts)
        case AnyOf():
            return truth.disjunction(parts)
        case AtLeastN(count, _):
            return truth.at_least(count, parts)
        case Not():
            return truth.negation(parts[0])
        case Clause():
            return parts[0]
        case Is() | OneOf() | Compare() | Within() | LongerAgoThan() | Given():
            raise TypeError("a test has no parts")
        case _:
            assert_never(rule)


Ordered = TypeVar("Ordered", float, date)


def _compare(
    operator: Operator, low: Ordered, high: Ordered, least: Ordered, most: Ordered
) -> Truth:
    """`low`..`high` against a bound in `least`..`most`: certain only if all values agree."""
    match operator:
        case Operator.AT_LEAST:
            holds, fails = low >= most, high < least
        case Operator.ABOVE:
            holds, fails = low > most, high <= least
        case Operator.AT_MOST:
            holds, fails = high <= least, low > most
        case Operator.BELOW:
            holds, fails = high < least, low >= most
        case _:
            assert_never(operator)
    return truth.TRUE if holds else truth.FALSE if fails else truth.UNKNOWN
