"""The reference interpreter: a rule and what is known of one patient, to truth with its grounds.

Every test is judged on its own: true when it holds for all values that its element may
still have, false when it holds for none, else unknown. Tests combine by strong Kleene logic.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple, TypeVar, assert_never

from trialscreen.model import rules, truth
from trialscreen.model.facts import UNLIMITED, Dates, Exactly, Fact, Numbers, day, meet, number
from trialscreen.model.formulas import FORMULAS, derive
from trialscreen.model.trial import Element, Formula
from trialscreen.model.truth import Truth


class Resolved(NamedTuple):
    """What is known of one element, and from where.

    `fact` is what rules see. `entered` is the value given directly, `derived` the one
    that follows from other elements (`inputs` of a formula, or `basis`, a rule's trace).
    `validity` is the trace of the element's `valid_if`. `not_yet`: a no was entered that may
    still become a yes, which is as good as nothing.
    """

    element: Element
    fact: Fact | None
    entered: Fact | None = None
    derived: Fact | None = None
    inputs: tuple["Resolved", ...] = ()
    basis: "Trace | None" = None
    validity: "Trace | None" = None
    not_yet: bool = False


class Trace(NamedTuple):
    """A rule, its truth, and what that was found from: the parts' traces, or the elements used."""

    rule: rules.Rule
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

    def trace(self, rule: rules.Rule) -> Trace:
        """The truth of `rule`, with everything it was found from."""
        if isinstance(rule, rules.Test):
            used = tuple(self.resolve(name) for name in rules.elements_of_test(rule))
            return Trace(rule, self._test(rule, [one.fact for one in used]), used=used)
        parts = tuple(self.trace(part) for part in rules.parts_of(rule))
        return Trace(rule, _combine(rule, [part.truth for part in parts]), parts)

    def truth(self, rule: rules.Rule) -> Truth:
        return self.trace(rule).truth

    def resolve(self, name: str) -> Resolved:
        """What is known of an element: entered, derived, or both; unknown while not valid."""
        if name not in self._resolved:
            self._resolved[name] = self._resolve(self.elements[name])
        return self._resolved[name]

    def _resolve(self, element: Element) -> Resolved:
        entered = _unless_not_yet(element, self.facts.get(element.name))
        inputs: tuple[Resolved, ...] = ()
        basis: Trace | None = None
        derived: Fact | None = None
        if isinstance(element.derive, Formula):
            inputs = tuple(self.resolve(name) for name in element.derive.inputs)
            derived = derive(element.derive, tuple(one.fact for one in inputs), self.on)
        elif element.derive is not None:
            basis = self.trace(element.derive)
            known = basis.truth.to_optional()
            derived = _unless_not_yet(element, None if known is None else Exactly(known))
        fact = combine(element, entered, derived)
        validity = self.trace(element.valid_if) if element.valid_if is not None else None
        if validity is not None and validity.truth is not truth.TRUE:
            fact = None
        not_yet = entered is None and element.name in self.facts
        return Resolved(element, fact, entered, derived, inputs, basis, validity, not_yet)

    def _test(self, test: rules.Test, facts: list[Fact | None]) -> Truth:
        known = [fact for fact in facts if fact is not None]
        if len(known) < len(facts):
            return truth.UNKNOWN
        match test:
            case rules.Given():
                return truth.TRUE
            case rules.Is(_, value):
                return truth.of(_value(known[0]) == value)
            case rules.OneOf(_, values):
                return truth.of(_value(known[0]) in values)
            case rules.Compare(_, operator, bound):
                limit = known[1] if isinstance(bound, rules.ElementRef) else number(bound)
                return _compare(operator, known[0], limit)
            case rules.Within(_, period):
                return _compare(rules.Operator.AT_LEAST, known[0], day(period.before(self.on)))
            case _:
                assert_never(test)


def _unless_not_yet(element: Element, fact: Fact | None) -> Fact | None:
    """Nothing for a no that may still become a yes."""
    return None if element.no_is_not_yet and fact == Exactly(value=False) else fact


def combine(element: Element, entered: Fact | None, derived: Fact | None) -> Fact | None:
    """One fact from what was entered and what follows, for two that do not contradict.

    An entered value stands in for a derivation that is unknown. Else a number that follows
    from exact entries decides, for the entered one was rounded; of one that is known within
    bounds, the fact is what both allow. Where the element says that a reported value wins,
    the two are different measurements.
    """
    if entered is None or derived is None:
        return derived if entered is None else entered
    if element.reported_wins or not isinstance(entered, Numbers):
        return entered
    assert isinstance(derived, Numbers)
    if derived.exact:
        return derived
    wide = unlimited(element, entered)
    both = meet(wide, derived)
    if wide.exact:
        return entered if both is not None else meet(entered.written(), derived) or entered
    return both or entered


def unlimited(element: Element, entered: Numbers) -> Numbers:
    """A bound without the end that the range has given it: a range binds no derived number.

    An end that is left out was written: the ends of a range are included. Of a bound at such an
    end (`half` is 0), the range has left one number.
    """
    if element.range is None or (entered.exact and entered.half != 0):
        return entered
    least, most = element.range
    low = -UNLIMITED if entered.low == least and not entered.low_open else entered.low
    high = UNLIMITED if entered.high == most and not entered.high_open else entered.high
    return entered._replace(low=low, high=high)


def by_digits(one: Resolved, on: date) -> Fact | None:
    """The values that the digits allow with which an element, or what it follows from, is written.

    A count, a bound and completed years are not rounded: they stand as they are.
    """
    if not isinstance(one.fact, Numbers) or not one.fact.exact or one.element.type == "integer":
        return one.fact
    formula = one.element.derive
    if one.fact is one.entered:
        return one.fact.written()
    if not isinstance(formula, Formula) or FORMULAS[formula.name].whole:
        return one.fact
    return derive(formula, tuple(by_digits(part, on) for part in one.inputs), on)


def _combine(rule: rules.Compound, parts: list[Truth]) -> Truth:
    match rule:
        case rules.AtLeastN(least, _):
            return truth.at_least(least, parts)
        case rules.Not():
            return truth.negation(parts[0])
        case rules.Clause():
            return parts[0]
        case _:
            assert_never(rule)


def _value(fact: Fact) -> bool | str:
    if isinstance(fact, Exactly):
        return fact.value
    raise TypeError(f"expected a yes/no or a choice, not {type(fact).__name__}")


def _compare(operator: rules.Operator, value: Fact, limit: Fact) -> Truth:
    if isinstance(value, Numbers) and isinstance(limit, Numbers):
        return _compare_intervals(operator, value, limit)
    if isinstance(value, Dates) and isinstance(limit, Dates):
        return _compare_intervals(operator, value, limit)
    raise TypeError(f"{type(value).__name__} and {type(limit).__name__} cannot be compared")


Interval = TypeVar("Interval", Numbers, Dates)


def _compare_intervals(operator: rules.Operator, value: Interval, limit: Interval) -> Truth:
    """Whether `value` is above, at or below `limit`: certain only if all their values agree."""
    match operator:
        case rules.Operator.AT_LEAST:
            holds, fails = value.low >= limit.high, _above(limit, value)
        case rules.Operator.ABOVE:
            holds, fails = _above(value, limit), value.high <= limit.low
        case rules.Operator.AT_MOST:
            holds, fails = value.high <= limit.low, _above(value, limit)
        case rules.Operator.BELOW:
            holds, fails = _above(limit, value), value.low >= limit.high
        case _:
            assert_never(operator)
    return truth.TRUE if holds else truth.FALSE if fails else truth.UNKNOWN


def _above(one: Interval, other: Interval) -> bool:
    """Whether every value of `one` is above every value of `other`."""
    if isinstance(one, Numbers) and isinstance(other, Numbers) and one.low == other.high:
        return one.low_open or other.high_open
    return one.low > other.high
