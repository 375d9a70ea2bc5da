"""The reference interpreter: a rule and what is known of one patient, to truth with its grounds.

Every test is judged on its own: true when it holds for all values that its element may
still have, false when it holds for none, else unknown. Tests combine by strong Kleene logic.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any, NamedTuple, assert_never

from trialscreen.model import rules, truth
from trialscreen.model.facts import Exactly, Fact, day, number
from trialscreen.model.formulas import derive
from trialscreen.model.trial import ByRule, Element, Formula, Trial
from trialscreen.model.truth import Truth
from trialscreen.screening.combine import combine
from trialscreen.screening.compare import compare


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
        """The truth alone: no part is looked at that cannot change it any more."""
        return self.trial.once(_Plan).judging(rule)(self)

    def resolve(self, name: str) -> Resolved:
        """What is known of an element: entered, derived, or both; unknown while not valid."""
        if (found := self._resolved.get(name)) is None:
            found = self._resolved[name] = self.trial.once(_Plan).resolving(name)(self)
        return found


Tracing = Callable[[Evaluation], Trace]
Judging = Callable[[Evaluation], Truth]
Resolving = Callable[[Evaluation], Resolved]
Knowing = Callable[[Evaluation], Fact | None]
Testing = Callable[[Sequence[Any], date], Truth]
"""A test of facts, all of them known, on a screening date."""


class _Plan:
    """A trial made ready to screen: each rule and each element as a function of a patient.

    They are made when first asked for, and kept with the trial.
    """

    def __init__(self, trial: Trial) -> None:
        self._elements = trial.elements
        self._resolving: dict[str, Resolving] = {}
        self.tracing = ByRule(self._tracing)
        self.judging = ByRule(self._judging)

    def _tracing(self, rule: rules.Rule) -> Tracing:
        if isinstance(rule, rules.Test):
            return self._tracing_test(rule)
        parts = tuple(map(self._tracing, rules.parts_of(rule)))
        combined = _combining(rule)

        def trace(patient: Evaluation) -> Trace:
            found = tuple([part(patient) for part in parts])
            return Trace(rule, combined([one.truth for one in found]), found)

        return trace

    def _tracing_test(self, test: rules.Test) -> Tracing:
        names, tested = rules.elements_of_test(test), _testing(test)

        def trace(patient: Evaluation) -> Trace:
            used = tuple([patient.resolve(name) for name in names])
            facts = [one.fact for one in used]
            found = truth.UNKNOWN if None in facts else tested(facts, patient.on)
            return Trace(test, found, (), used)

        if self._is_answered(test):
            return _kept_by_answer(test.element, trace)
        return trace

    def _judging(self, rule: rules.Rule) -> Judging:
        match rule:
            case rules.AtLeastN(least, parts):
                return _judging_some(least, tuple(map(self._judging, parts)))
            case rules.Not(part):
                judged = self._judging(part)
                return lambda patient: truth.negation(judged(patient))
            case rules.Clause(_, _, part):
                return self._judging(part)
            case _:
                return self._judging_test(rule)

    def _judging_test(self, test: rules.Test) -> Judging:
        if self._is_answered(test):
            trace = self._tracing_test(test)
            return lambda patient: trace(patient).truth
        known = tuple(map(self._knowing, rules.elements_of_test(test)))
        tested = _testing(test)

        def judged(patient: Evaluation) -> Truth:
            facts = [fact(patient) for fact in known]
            return truth.UNKNOWN if None in facts else tested(facts, patient.on)

        return judged

    def _is_answered(self, test: rules.Test) -> bool:
        """Whether a test is of a yes/no or a choice alone, of which only its answer is known."""
        element = self._elements[test.element]
        is_choice = element.type in ("boolean", "choice") and not isinstance(test, rules.Compare)
        return is_choice and element.derive is None and element.valid_if is None

    def _knowing(self, name: str) -> Knowing:
        """What rules see of an element."""
        element = self._elements[name]
        if element.derive is None and element.valid_if is None and not element.no_is_not_yet:
            return lambda patient: patient.facts.get(name)
        return lambda patient: patient.resolve(name).fact

    def resolving(self, name: str) -> Resolving:
        if name not in self._resolving:
            self._resolving[name] = self._resolving_element(self._elements[name])
        return self._resolving[name]

    def _resolving_element(self, element: Element) -> Resolving:
        follows = self._following(element)
        if element.valid_if is None:
            return follows
        validity = self._tracing(element.valid_if)

        def resolve(patient: Evaluation) -> Resolved:
            one, valid = follows(patient), validity(patient)
            fact = one.fact if valid.truth is truth.TRUE else None
            return one._replace(fact=fact, validity=valid)

        return resolve

    def _following(self, element: Element) -> Resolving:
        """What is known of an element that may follow from others, valid or not."""
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


def _judging_some(least: int, parts: tuple[Judging, ...]) -> Judging:
    """Whether at least so many of the parts hold."""
    if not 0 < least <= len(parts):
        return lambda _: truth.at_least(least, (truth.UNKNOWN,) * len(parts))
    most = len(parts) - least

    def judged(patient: Evaluation) -> Truth:
        holding = failing = 0
        for part in parts:
            found = part(patient)
            if found is truth.TRUE:
                holding += 1
                if holding == least:
                    return truth.TRUE
            elif found is truth.FALSE:
                failing += 1
                if failing > most:
                    return truth.FALSE
        return truth.UNKNOWN

    return judged


def _kept_by_answer(name: str, tracing: Tracing) -> Tracing:
    """`tracing` of a test that is all of an answer: there is a trace for each, and no more."""
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


def _unless_not_yet(element: Element, fact: Fact | None) -> Fact | None:
    """Nothing for a no that may still become a yes."""
    return None if element.no_is_not_yet and fact == Exactly(value=False) else fact


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


def _testing(test: rules.Test) -> Testing:
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


def _value(fact: Fact) -> bool | str:
    if isinstance(fact, Exactly):
        return fact.value
    raise TypeError(f"expected a yes/no or a choice, not {type(fact).__name__}")
