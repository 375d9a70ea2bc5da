"""The reference interpreter: a rule and what is known of one patient, to truth with its grounds.

Every test is judged on its own: true when it holds for all values that its element may
still have, false when it holds for none, else unknown. Tests combine by strong Kleene logic.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any, NamedTuple, TypeVar, assert_never

from trialscreen.model import rules, truth
from trialscreen.model.facts import UNLIMITED, Dates, Exactly, Fact, Numbers, day, meet, number
from trialscreen.model.formulas import FORMULAS, derive
from trialscreen.model.trial import ByRule, Element, Formula, Trial
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

    trial: Trial
    facts: Mapping[str, Fact]
    on: date
    _resolved: dict[str, Resolved] = field(default_factory=dict, repr=False, compare=False)

    @property
    def elements(self) -> Mapping[str, Element]:
        return self.trial.elements

    def trace(self, rule: rules.Rule) -> Trace:
        """The truth of `rule`, with everything it was found from."""
        return self.trial.once(_Plan).tracing(rule)(self)

    def truth(self, rule: rules.Rule) -> Truth:
        return self.trace(rule).truth

    def resolve(self, name: str) -> Resolved:
        """What is known of an element: entered, derived, or both; unknown while not valid."""
        if (found := self._resolved.get(name)) is None:
            found = self._resolved[name] = self.trial.once(_Plan).resolving(name)(self)
        return found


Tracing = Callable[[Evaluation], Trace]
Resolving = Callable[[Evaluation], Resolved]
Judging = Callable[[list[Any], date], Truth]
"""A test of known facts on a screening date."""


class _Plan:
    """A trial made ready to screen: each rule and each element as a function of a patient.

    They are made when first asked for, and kept with the trial.
    """

    def __init__(self, trial: Trial) -> None:
        self._elements = trial.elements
        self._resolving: dict[str, Resolving] = {}
        self.tracing = ByRule(self._tracing)

    def _tracing(self, rule: rules.Rule) -> Tracing:
        if isinstance(rule, rules.Test):
            return self._testing(rule)
        parts = tuple(map(self._tracing, rules.parts_of(rule)))
        combine = _combining(rule)

        def trace(patient: Evaluation) -> Trace:
            found = tuple([part(patient) for part in parts])
            return Trace(rule, combine([one.truth for one in found]), found)

        return trace

    def _testing(self, test: rules.Test) -> Tracing:
        names, judge = rules.elements_of_test(test), _judging(test)

        def trace(patient: Evaluation) -> Trace:
            used = tuple([patient.resolve(name) for name in names])
            facts = [one.fact for one in used]
            found = truth.UNKNOWN if None in facts else judge(facts, patient.on)
            return Trace(test, found, (), used)

        if _is_answered(self._elements[test.element]) and not isinstance(test, rules.Compare):
            return _kept_by_answer(test.element, trace)
        return trace

    def resolving(self, name: str) -> Resolving:
        if name not in self._resolving:
            self._resolving[name] = self._resolving_element(self._elements[name])
        return self._resolving[name]

    def _resolving_element(self, element: Element) -> Resolving:
        if element.derive is None and element.valid_if is None:
            return partial(_entered, element)
        follows = self._following(element)
        is_valid = None if element.valid_if is None else self._tracing(element.valid_if)

        def resolve(patient: Evaluation) -> Resolved:
            one = follows(patient)
            if is_valid is None:
                return one
            validity = is_valid(patient)
            return one._replace(
                validity=validity, fact=one.fact if validity.truth is truth.TRUE else None
            )

        return resolve

    def _following(self, element: Element) -> Resolving:
        """What is known of an element that may be derived, valid or not."""
        formula = element.derive
        if formula is None:
            return partial(_entered, element)
        if isinstance(formula, Formula):

            def computed(patient: Evaluation) -> Resolved:
                inputs = tuple([patient.resolve(name) for name in formula.inputs])
                derived = derive(formula, tuple([one.fact for one in inputs]), patient.on)
                return _both(_entered(element, patient), derived)._replace(inputs=inputs)

            return computed
        tracing = self._tracing(formula)

        def implied(patient: Evaluation) -> Resolved:
            basis = tracing(patient)
            known = basis.truth.to_optional()
            derived = _unless_not_yet(element, None if known is None else Exactly(known))
            return _both(_entered(element, patient), derived)._replace(basis=basis)

        return implied


def _is_answered(element: Element) -> bool:
    """Whether an element is a yes/no or a choice of which nothing is known but its answer."""
    is_choice = element.type in ("boolean", "choice")
    return is_choice and element.derive is None and element.valid_if is None


def _kept_by_answer(name: str, tracing: Tracing) -> Tracing:
    """`tracing` of a test of one such element: there is a trace for each answer, and no more."""
    kept: dict[Fact | None, Trace] = {}

    def trace(patient: Evaluation) -> Trace:
        answer = patient.facts.get(name)
        if (found := kept.get(answer)) is None:
            found = kept[answer] = tracing(patient)
        return found

    return trace


def _entered(element: Element, patient: Evaluation) -> Resolved:
    """What is known of an element by itself."""
    given = patient.facts.get(element.name)
    fact = _unless_not_yet(element, given)
    return Resolved(element, fact, fact, not_yet=fact is not given)


def _both(one: Resolved, derived: Fact | None) -> Resolved:
    """What is known of an element, with what follows from others."""
    return one._replace(fact=combine(one.element, one.entered, derived), derived=derived)


def _judging(test: rules.Test) -> Judging:
    match test:
        case rules.Given():
            return lambda *_: truth.TRUE
        case rules.Is(_, value):
            return lambda facts, _: truth.of(_value(facts[0]) == value)
        case rules.OneOf(_, values):
            return lambda facts, _: truth.of(_value(facts[0]) in values)
        case rules.Compare(_, operator, int() | float() as bound):
            limit = number(bound)
            return lambda facts, _: compare(operator, facts[0], limit)
        case rules.Compare(_, operator, _):
            return lambda facts, _: compare(operator, *facts)
        case rules.Within(_, period):
            since = rules.Operator.AT_LEAST
            return lambda facts, on: compare(since, facts[0], day(period.before(on)))
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


def _combining(rule: rules.Compound) -> Callable[[list[Truth]], Truth]:
    match rule:
        case rules.AtLeastN(least, _):
            return partial(truth.at_least, least)
        case rules.Not():
            return lambda parts: truth.negation(parts[0])
        case rules.Clause():
            return lambda parts: parts[0]
        case _:
            assert_never(rule)


def _value(fact: Fact) -> bool | str:
    if isinstance(fact, Exactly):
        return fact.value
    raise TypeError(f"expected a yes/no or a choice, not {type(fact).__name__}")


def compare(operator: rules.Operator, value: Fact, limit: Fact) -> Truth:
    """Whether one fact is above, at or below another: certain only if all their values agree."""
    if isinstance(value, Numbers) and isinstance(limit, Numbers):
        return _compare_intervals(operator, value, limit)
    if isinstance(value, Dates) and isinstance(limit, Dates):
        return _compare_intervals(operator, value, limit)
    raise TypeError(f"{type(value).__name__} and {type(limit).__name__} cannot be compared")


Interval = TypeVar("Interval", Numbers, Dates)


def _compare_intervals(operator: rules.Operator, value: Interval, limit: Interval) -> Truth:
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
