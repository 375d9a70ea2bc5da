"""The reference interpreter: evaluates rules on one patient's facts, with a trace of the result.

A test is true if it holds for every value that its element may still have, false if it holds for
none, and otherwise unknown. Tests are combined by strong Kleene logic.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from math import prod
from operator import itemgetter
from typing import NamedTuple

from trialscreen.model import rules, truth
from trialscreen.model.facts import UNLIMITED, Exactly, Fact, Numbers, meet
from trialscreen.model.formulas import derive
from trialscreen.model.kept import Keeps, kept
from trialscreen.model.trial import ByRule, Element, Formula, Trial
from trialscreen.model.truth import Truth
from trialscreen.screening.compare import holding


class Resolved(NamedTuple):
    """What is known about one element, and how.

    `fact` is what rules see. `entered` is the value entered directly, `derived` the one derived
    from other elements (by a formula from `inputs`, or by the rule whose trace is `basis`).
    `validity` is the trace of the element's `valid_if`. `not_yet`: the no that was entered may
    still become a yes, so that it counts as unknown.
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
    """A rule, its truth, and the traces of its parts or, for a test, the elements it used."""

    rule: rules.Rule
    truth: Truth
    parts: tuple["Trace", ...] = ()
    used: tuple[Resolved, ...] = ()


class KeptTrace(Trace, Keeps):
    """A trace shared by all patients who give the same answers to a rule's few elements."""

    def __getstate__(self) -> None:
        """Drops what is cached."""


MOST_KEPT = 729
"""How many traces of one rule may be shared."""


class _Answers(dict[str, Fact | None]):
    """The facts by element, None for all other elements."""

    def __missing__(self, _: str) -> None:
        return None


@dataclass(frozen=True, init=False)
class Evaluation(Keeps):
    """One patient's facts, by element, on one date; caches what it resolves and evaluates."""

    trial: Trial
    facts: Mapping[str, Fact]
    on: date
    answers: Mapping[str, Fact | None] = field(init=False, repr=False, compare=False)
    resolved: dict[str, Resolved] = field(init=False, repr=False, compare=False)
    known: dict[int, Truth] = field(init=False, repr=False, compare=False)

    def __init__(self, trial: Trial, facts: Mapping[str, Fact], on: date) -> None:
        # Faster than the one-by-one assignment of a frozen class: a screening makes dozens.
        self.__dict__.update(trial=trial, facts=facts, on=on, answers=_Answers(facts))
        self.__dict__.update(resolved={}, known={})

    def __reduce__(self) -> tuple[type["Evaluation"], tuple[Trial, Mapping[str, Fact], date]]:
        """Pickles the facts without the caches."""
        return Evaluation, (self.trial, self.facts, self.on)

    @property
    def elements(self) -> Mapping[str, Element]:
        return self.trial.elements

    @kept
    def _plan(self) -> "_Plan":
        return self.trial.once(_Plan)

    def trace(self, rule: rules.Rule) -> Trace:
        """The truth of `rule`, with everything it was derived from."""
        return self._plan.tracing(rule)(self)

    def truth(self, rule: rules.Rule) -> Truth:
        """The truth of `rule` only, stopping as soon as it is decided."""
        return self._plan.judging(rule)(self)

    def resolve(self, name: str) -> Resolved:
        """What is known about an element: entered, derived or both; unknown unless valid."""
        return self._plan.resolving(name)(self)


def combine(element: Element, entered: Fact | None, derived: Fact | None) -> Fact | None:
    """Combines an element's entered and derived values, which do not contradict each other.

    If only one is known, it is used. Otherwise a number derived from exact entries wins, since the
    entered one was rounded; a derived interval is intersected with the entry. If the element says
    `reported_wins`, the two are different measurements and the entry is used.
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
    """An entered bound without the end that came from the range, which limits entries only.

    An open end was written by the user, as the ends of a range are closed. A bound at an end of
    the range leaves a single number (then `half` is 0).
    """
    if element.range is None or (entered.exact and entered.half != 0):
        return entered
    least, most = element.range
    low = -UNLIMITED if entered.low == least and not entered.low_open else entered.low
    high = UNLIMITED if entered.high == most and not entered.high_open else entered.high
    return entered._replace(low=low, high=high)


Tracing = Callable[[Evaluation], Trace]
Judging = Callable[[Evaluation], Truth]
Resolving = Callable[[Evaluation], Resolved]

_YES, _NO = Exactly(value=True), Exactly(value=False)


def _depends_on_others(element: Element) -> bool:
    """Whether an element's fact depends on more than its own answer."""
    return element.derive is not None or element.valid_if is not None


class _Plan:
    """A trial compiled for screening: a function of a patient for each rule and element."""

    def __init__(self, trial: Trial) -> None:
        self._elements = trial.elements
        self._resolving: dict[str, Resolving] = {}
        self._few_answers = ByRule(self._few_answers_to)
        self.tracing = ByRule(self._tracing)
        self.judging = ByRule(self._judging)

    def _tracing(self, rule: rules.Rule) -> Tracing:
        """Shares one trace among patients with the same answers, for rules of few answers."""
        tracing, names = self._tracing_anew(rule), self._few_answers(rule)
        if names is None:
            return tracing
        kept: dict[object, KeptTrace] = {}
        answers_to = itemgetter(*names) if names else lambda _: None

        def trace(patient: Evaluation) -> Trace:
            answers = answers_to(patient.answers)
            if (found := kept.get(answers)) is None:
                found = kept[answers] = KeptTrace(*tracing(patient))
            return found

        return trace

    def _few_answers_to(self, rule: rules.Rule) -> frozenset[str] | None:
        """A rule's elements, if all are plain answers with few possible combinations; else None."""
        names: frozenset[str] = frozenset()
        parts = rules.parts_of(rule)
        if not parts and isinstance(rule, rules.Test):
            names = names.union(rules.elements_of_test(rule))
            tested = [self._elements[name] for name in names]
            is_answered = all(one.type in ("boolean", "choice") for one in tested)
            return names if is_answered and not any(map(_depends_on_others, tested)) else None
        for part in parts:
            if (answered := self._few_answers(part)) is None:
                return None
            names |= answered
        choices = (self._elements[name].choices or (True, False) for name in names)
        return names if prod(1 + len(one) for one in choices) <= MOST_KEPT else None

    def _tracing_anew(self, rule: rules.Rule) -> Tracing:
        match rule:
            case rules.AtLeastN(_, parts):
                return _tracing_some(rule, tuple(map(self.tracing, parts)))
            case rules.Not(part) | rules.Clause(_, _, part):
                trace_part, is_not = self.tracing(part), isinstance(rule, rules.Not)

                def trace_one(patient: Evaluation) -> Trace:
                    found = trace_part(patient)
                    known = truth.negation(found.truth) if is_not else found.truth
                    return _trace((rule, known, (found,), ()))

                return trace_one
            case _:
                return self._tracing_test(rule)

    def _tracing_test(self, test: rules.Test) -> Tracing:
        names, holds = rules.elements_of_test(test), holding(test)
        resolving = tuple(map(self.resolving, names))
        name, resolve = names[0], resolving[0]

        def trace_one(patient: Evaluation) -> Trace:
            used = patient.resolved.get(name) or resolve(patient)
            fact = used.fact
            found = truth.UNKNOWN if fact is None else holds((fact,), patient.on)
            return _trace((test, found, (), (used,)))

        def trace(patient: Evaluation) -> Trace:
            used = tuple([resolve(patient) for resolve in resolving])
            facts = [one.fact for one in used]
            found = truth.UNKNOWN if None in facts else holds(facts, patient.on)
            return _trace((test, found, (), used))

        return trace_one if len(names) == 1 else trace

    def _judging(self, rule: rules.Rule) -> Judging:
        if self._few_answers(rule) is not None:
            trace = self.tracing(rule)
            return lambda patient: trace(patient).truth
        match rule:
            case rules.AtLeastN(_, parts):
                return _judging_some(rule, tuple(map(self.judging, parts)))
            case rules.Not(part):
                judged = self.judging(part)
                return lambda patient: truth.negation(judged(patient))
            case rules.Clause(_, _, part):
                return self.judging(part)
            case _:
                return self._judging_test(rule)

    def _judging_test(self, test: rules.Test) -> Judging:
        names = rules.elements_of_test(test)
        if len(names) > 1:
            trace = self.tracing(test)
            return lambda patient: trace(patient).truth
        resolve, holds = self.resolving(names[0]), holding(test)

        def judged(patient: Evaluation) -> Truth:
            fact = resolve(patient).fact
            return truth.UNKNOWN if fact is None else holds((fact,), patient.on)

        return judged

    def resolving(self, name: str) -> Resolving:
        if name not in self._resolving:
            element = self._elements[name]
            if _depends_on_others(element) or element.no_is_not_yet:
                find = self._resolving_element(element)
            else:
                find = _answered(element)

            def resolve(patient: Evaluation) -> Resolved:
                if (found := patient.resolved.get(name)) is None:
                    found = patient.resolved[name] = find(patient)
                return found

            self._resolving[name] = resolve
        return self._resolving[name]

    def _resolving_element(self, element: Element) -> Resolving:
        name, no_is_not_yet, follows = element.name, element.no_is_not_yet, element.derive
        formula = follows if isinstance(follows, Formula) else None
        implying = self.tracing(follows) if isinstance(follows, rules.Rule) else None
        validating = None if element.valid_if is None else self.tracing(element.valid_if)
        resolving = tuple(map(self.resolving, formula.inputs if formula else ()))

        def resolve(patient: Evaluation) -> Resolved:
            derived: Fact | None = None
            entered, basis, validity = patient.facts.get(name), None, None
            if not_yet := no_is_not_yet and entered == _NO:
                entered = None
            inputs = tuple([one(patient) for one in resolving])
            if formula is not None:
                derived = derive(formula, tuple([one.fact for one in inputs]), patient.on)
            elif implying is not None:
                basis = implying(patient)
                if basis.truth is truth.TRUE:
                    derived = _YES
                elif basis.truth is truth.FALSE and not no_is_not_yet:
                    derived = _NO
            fact = combine(element, entered, derived)
            if validating is not None:
                validity = validating(patient)
                fact = fact if validity.truth is truth.TRUE else None
            found = (element, fact, entered, derived, inputs, basis, validity, not_yet)
            return _resolved(found)

        return resolve


_trace: Callable[[tuple[rules.Rule, Truth, tuple[Trace, ...], tuple[Resolved, ...]]], Trace]
_trace = partial(tuple.__new__, Trace)
"""Makes a trace of its fields, skipping the costly constructor: a patient has hundreds."""

_resolved: Callable[[tuple[object, ...]], Resolved] = partial(tuple.__new__, Resolved)
"""The same for `Resolved`."""


def _tracing_some(rule: rules.AtLeastN, parts: tuple[Tracing, ...]) -> Tracing:
    least, most, key = rule.least, len(parts) - rule.least, id(rule)

    def trace(patient: Evaluation) -> Trace:
        found: list[Trace] = []
        holding = failing = 0
        for part in parts:
            one = part(patient)
            found.append(one)
            if (known := one.truth) is truth.TRUE:
                holding += 1
            elif known is truth.FALSE:
                failing += 1
        known = truth.FALSE if failing > most else truth.UNKNOWN
        patient.known[key] = known = truth.TRUE if holding >= least else known
        return _trace((rule, known, tuple(found), ()))

    return trace


def _judging_some(rule: rules.AtLeastN, parts: tuple[Judging, ...]) -> Judging:
    least, most, key = rule.least, len(parts) - rule.least, id(rule)
    if not 0 < least <= len(parts):
        return lambda _: truth.at_least(least, (truth.UNKNOWN,) * len(parts))

    def judged(patient: Evaluation) -> Truth:
        if (known := patient.known.get(key)) is not None:
            return known
        holding = failing = 0
        known = truth.UNKNOWN
        for part in parts:
            found = part(patient)
            if found is truth.TRUE:
                holding += 1
                if holding == least:
                    known = truth.TRUE
                    break
            elif found is truth.FALSE:
                failing += 1
                if failing > most:
                    known = truth.FALSE
                    break
        patient.known[key] = known
        return known

    return judged


def _answered(element: Element) -> Resolving:
    """For an element whose fact is its answer."""
    name, unknown = element.name, Resolved(element, None)

    def resolve(patient: Evaluation) -> Resolved:
        fact = patient.facts.get(name)
        if fact is None:
            return unknown
        return _resolved((element, fact, fact, None, (), None, None, False))

    return resolve
