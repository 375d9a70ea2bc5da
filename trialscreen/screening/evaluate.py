"""The reference interpreter: a rule and what is known of one patient, to truth with its grounds.

Every test is judged on its own: true when it holds for all values that its element may
still have, false when it holds for none, else unknown. Tests combine by strong Kleene logic.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from math import prod
from operator import itemgetter
from typing import NamedTuple, TypeVar

from trialscreen.model import rules, truth
from trialscreen.model.facts import Exactly, Fact
from trialscreen.model.formulas import derive
from trialscreen.model.kept import Keeps, kept
from trialscreen.model.trial import ByRule, Element, Formula, Trial
from trialscreen.model.truth import Truth
from trialscreen.screening.combine import combine
from trialscreen.screening.holds import holding


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


class KeptTrace(Trace, Keeps):
    """The trace of a rule on a few answers, the same one for every patient who gives them."""

    def __getstate__(self) -> None:
        """Without what was made of it."""


MOST_KEPT = 729
"""Traces of a rule."""


class _Answers(dict[str, Fact | None]):
    """What was given of each element; None of the others."""

    def __missing__(self, _: str) -> None:
        return None


@dataclass(frozen=True, init=False)
class Evaluation(Keeps):
    """One patient's facts on one screening date; remembers each element it has resolved.

    `facts` maps element names to what was given; an element without an entry is unknown.
    """

    trial: Trial
    facts: Mapping[str, Fact]
    on: date
    answers: Mapping[str, Fact | None] = field(init=False, repr=False, compare=False)
    resolved: dict[str, Resolved] = field(init=False, repr=False, compare=False)

    def __init__(self, trial: Trial, facts: Mapping[str, Fact], on: date) -> None:
        # Not one after another, as a frozen class sets them: a screening makes dozens.
        self.__dict__.update(trial=trial, facts=facts, on=on, answers=_Answers(facts), resolved={})

    def __reduce__(self) -> tuple[type["Evaluation"], tuple[Trial, Mapping[str, Fact], date]]:
        """What was made of it is not carried to another process."""
        return Evaluation, (self.trial, self.facts, self.on)

    @property
    def elements(self) -> Mapping[str, Element]:
        return self.trial.elements

    @kept
    def _plan(self) -> "_Plan":
        return self.trial.once(_Plan)

    def trace(self, rule: rules.Rule) -> Trace:
        """The truth of `rule`, with everything it was found from."""
        return self._plan.tracing(rule)(self)

    def truth(self, rule: rules.Rule) -> Truth:
        """The truth alone: no part is looked at that cannot change it any more."""
        return self._plan.judging(rule)(self)

    def resolve(self, name: str) -> Resolved:
        """What is known of an element: entered, derived, or both; unknown while not valid."""
        return self._plan.resolving(name)(self)


Tracing = Callable[[Evaluation], Trace]
Judging = Callable[[Evaluation], Truth]
Resolving = Callable[[Evaluation], Resolved]
Knowing = Callable[[Evaluation], Fact | None]
Follows = tuple[Fact | None, tuple[Resolved, ...], Trace | None]
Following = Callable[[Evaluation], Follows]

_ANSWERS = {True: Exactly(value=True), False: Exactly(value=False)}


def _is_only_answered(element: Element) -> bool:
    """Whether nothing but an answer says what is known of a yes/no element or a choice."""
    is_of_words = element.type in ("boolean", "choice")
    return is_of_words and element.derive is None and element.valid_if is None


def _is_as_answered(element: Element) -> bool:
    """Whether what is known of an element is its answer, and nothing else."""
    return element.derive is None and element.valid_if is None and not element.no_is_not_yet


class _Plan:
    """A trial made ready to screen: each rule and each element as a function of a patient.

    They are made when first asked for, and kept with the trial.
    """

    def __init__(self, trial: Trial) -> None:
        self._elements = trial.elements
        self._resolving: dict[str, Resolving] = {}
        self._few_answers = ByRule(self._few_answers_to)
        self.tracing = ByRule(self._tracing)
        self.judging = ByRule(self._judging)

    def _tracing(self, rule: rules.Rule) -> Tracing:
        tracing, names = self._tracing_anew(rule), self._few_answers(rule)
        return tracing if names is None else _kept_by_answers(names, tracing)

    def _few_answers_to(self, rule: rules.Rule) -> frozenset[str] | None:
        """The few yes/no elements and choices that decide a rule by nothing but their answers."""
        names: frozenset[str] = frozenset()
        parts = rules.parts_of(rule)
        if not parts and isinstance(rule, rules.Test):
            names = names.union(rules.elements_of_test(rule))
            is_answered = all(_is_only_answered(self._elements[name]) for name in names)
            return names if is_answered else None
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
            case rules.AtLeastN(least, parts):
                return judging_some(least, tuple(map(self.judging, parts)))
            case rules.Not(part):
                judged = self.judging(part)
                return lambda patient: truth.negation(judged(patient))
            case rules.Clause(_, _, part):
                return self.judging(part)
            case _:
                return self._judging_test(rule)

    def _judging_test(self, test: rules.Test) -> Judging:
        names, holds = rules.elements_of_test(test), holding(test)
        knowing = tuple(map(self._knowing, names))
        name, element = names[0], self._elements[names[0]]
        resolve = self.resolving(name)

        def judged_answer(patient: Evaluation) -> Truth:
            fact = patient.answers[name]
            return truth.UNKNOWN if fact is None else holds((fact,), patient.on)

        def judged_one(patient: Evaluation) -> Truth:
            fact = (patient.resolved.get(name) or resolve(patient)).fact
            return truth.UNKNOWN if fact is None else holds((fact,), patient.on)

        def judged(patient: Evaluation) -> Truth:
            facts = [known(patient) for known in knowing]
            return truth.UNKNOWN if None in facts else holds(facts, patient.on)

        if len(names) > 1:
            return judged
        return judged_answer if _is_as_answered(element) else judged_one

    def _knowing(self, name: str) -> Knowing:
        """What rules see of an element."""
        resolving = self.resolving(name)
        if _is_as_answered(self._elements[name]):
            return lambda patient: patient.answers[name]
        return lambda patient: resolving(patient).fact

    def resolving(self, name: str) -> Resolving:
        if name not in self._resolving:
            self._resolving[name] = _once(name, self._resolving_element(self._elements[name]))
        return self._resolving[name]

    def _resolving_element(self, element: Element) -> Resolving:
        if _is_as_answered(element):
            return _resolving_answer(element)
        name, entering, following = element.name, _entering(element), self._following(element)
        validating = None if element.valid_if is None else self.tracing(element.valid_if)

        def resolve(patient: Evaluation) -> Resolved:
            entered = entering(patient)
            derived, inputs, basis = following(patient)
            fact = combine(element, entered, derived)
            validity = None if validating is None else validating(patient)
            if validity is not None and validity.truth is not truth.TRUE:
                fact = None
            not_yet = entered is None and name in patient.facts
            return Resolved(element, fact, entered, derived, inputs, basis, validity, not_yet)

        return resolve

    def _following(self, element: Element) -> Following:
        """What follows for an element from others, with a formula's inputs or a rule's trace."""
        formula = element.derive
        if formula is None:
            return lambda _: (None, (), None)
        if isinstance(formula, Formula):
            resolving = tuple(map(self.resolving, formula.inputs))

            def computed(patient: Evaluation) -> Follows:
                inputs = tuple([resolve(patient) for resolve in resolving])
                facts = tuple([one.fact for one in inputs])
                return derive(formula, facts, patient.on), inputs, None

            return computed
        tracing = self.tracing(formula)

        def implied(patient: Evaluation) -> Follows:
            basis = tracing(patient)
            known = basis.truth.to_optional()
            return _unless_not_yet(element, None if known is None else _ANSWERS[known]), (), basis

        return implied


_trace: Callable[[tuple[rules.Rule, Truth, tuple[Trace, ...], tuple[Resolved, ...]]], Trace]
_trace = partial(tuple.__new__, Trace)
"""A trace of its fields: a patient has hundreds, and a call to make each costs as much again."""


def _tracing_some(rule: rules.AtLeastN, parts: tuple[Tracing, ...]) -> Tracing:
    least, most = rule.least, len(parts) - rule.least

    def trace(patient: Evaluation) -> Trace:
        found = tuple([part(patient) for part in parts])
        holding = failing = 0
        for one in found:
            if (known := one.truth) is truth.TRUE:
                holding += 1
            elif known is truth.FALSE:
                failing += 1
        known = truth.FALSE if failing > most else truth.UNKNOWN
        return _trace((rule, truth.TRUE if holding >= least else known, found, ()))

    return trace


Given = TypeVar("Given")


def judging_some(
    least: int, parts: tuple[Callable[[Given], Truth], ...]
) -> Callable[[Given], Truth]:
    """Whether at least so many of the parts hold of what is given."""
    if not 0 < least <= len(parts):
        return lambda _: truth.at_least(least, (truth.UNKNOWN,) * len(parts))
    most = len(parts) - least

    def judged(given: Given) -> Truth:
        holding = failing = 0
        for part in parts:
            found = part(given)
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


def _kept_by_answers(names: frozenset[str], tracing: Tracing) -> Tracing:
    """`tracing` of a rule that is all of a few answers: one trace for all who give the same."""
    kept: dict[object, KeptTrace] = {}
    answers_to = itemgetter(*names) if names else lambda _: None

    def trace(patient: Evaluation) -> Trace:
        answers = answers_to(patient.answers)
        if (found := kept.get(answers)) is None:
            found = kept[answers] = KeptTrace(*tracing(patient))
        return found

    return trace


def _once(name: str, resolving: Resolving) -> Resolving:
    """`resolving`, which a patient remembers."""

    def resolve(patient: Evaluation) -> Resolved:
        if (found := patient.resolved.get(name)) is None:
            found = patient.resolved[name] = resolving(patient)
        return found

    return resolve


def _resolving_answer(element: Element) -> Resolving:
    """Of an element of which nothing but its answer says what is known."""
    name, unknown = element.name, Resolved(element, None)

    def resolve(patient: Evaluation) -> Resolved:
        fact = patient.facts.get(name)
        return unknown if fact is None else Resolved(element, fact, fact)

    return resolve


def _entering(element: Element) -> Knowing:
    name = element.name
    if element.no_is_not_yet:
        return lambda patient: _unless_not_yet(element, patient.facts.get(name))
    return lambda patient: patient.facts.get(name)


def _unless_not_yet(element: Element, fact: Fact | None) -> Fact | None:
    """Nothing for a no that may still become a yes."""
    return None if element.no_is_not_yet and fact == Exactly(value=False) else fact
