"""Whether what was given fits together: contradictions, and what should be looked at twice."""

import math
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Literal, NamedTuple, assert_never

from trialscreen.model import rules, truth
from trialscreen.model.contradictions import (
    Contradiction,
    Disagreement,
    agreement_of,
    contradictions,
)
from trialscreen.model.facts import (
    Dates,
    Exactly,
    Fact,
    Numbers,
    closed,
    is_exact,
    meet,
    number,
    rounded,
)
from trialscreen.model.formulas import FORMULAS, derive
from trialscreen.model.rules import Compare, ElementRef
from trialscreen.model.trial import SCREENING_DATE, Check, Element, Formula, Trial
from trialscreen.model.wording import as_written, show_fact, show_typical
from trialscreen.screening.compare import comparing
from trialscreen.screening.evaluate import Evaluation, Resolved, unlimited
from trialscreen.screening.explain import told
from trialscreen.screening.rests_on import support_of, support_of_resolved


class Notice(NamedTuple):
    """Something to tell the user; an error is a contradiction. `elements` are those at fault."""

    level: Literal["error", "warning", "note"]
    elements: tuple[str, ...]
    message: str


def review(patient: Evaluation) -> tuple[Notice, ...]:
    """Every contradiction, implausible value and note for these facts, errors first."""
    found = [
        *_different_sides(patient),
        *_soft_checks(patient),
        *_unusual(patient),
        *_near_thresholds(patient),
    ]
    rank = {"warning": 1, "note": 2}
    return (*patient.once(all_contradicted), *sorted(found, key=lambda one: rank[one.level]))


def all_contradicted(patient: Evaluation) -> tuple[Notice, ...]:
    """Every contradiction of these facts: with one, nothing is found of a patient."""
    return tuple(contradicted(patient))


def contradicted(patient: Evaluation) -> Iterator[Notice]:
    """The contradictions of these facts, one after another."""
    facts = patient.facts.keys()
    for one, needed in patient.trial.once(_contradictions):
        if any(map(facts.isdisjoint, needed)):
            continue
        match one:
            case Disagreement(element):
                yield from _disagreement(patient, patient.resolve(element.name))
            case Check():
                yield from _checked(patient, one)
            case _:
                assert_never(one)


def _contradictions(trial: Trial) -> list[tuple[Contradiction, list[frozenset[str]]]]:
    """Each with sets of elements, of each of which one must be known: or nothing is certain."""
    return [
        (one, [frozenset((one.element.name,))])
        if isinstance(one, Disagreement)
        else (one, _needed(trial, one.when))
        for one in contradictions(trial)
    ]


def _needed(trial: Trial, rule: rules.Rule) -> list[frozenset[str]]:
    """Of all tests of a rule that must hold, and of each value: itself, or what it follows from."""
    tests = rule.parts if isinstance(rule, rules.AtLeastN) and rule.is_all else (rule,)
    sets = [
        frozenset((name, *trial.sources_of(name)))
        for test in tests
        if isinstance(test, rules.Test)
        for name in rules.elements_of_test(test)
    ]
    # The day is always known.
    return [names for names in sets if SCREENING_DATE not in names]


def _disagreement(patient: Evaluation, one: Resolved) -> Iterator[Notice]:
    if one.entered is not None and one.derived is not None and not agree(one, patient.on):
        element, others = one.element, _sources(patient, one)
        yield Notice(
            "error",
            (element.name, *others),
            f"{element.label} {show_fact(element, one.entered)} contradicts"
            f" {_list(patient, others)},"
            f" from which it is {told(one, one.derived, patient.on)}",
        )


def agree(one: Resolved, on: date) -> bool:
    """Whether an entered value and its derivation, both known, can both be right."""
    entered, derived, agreement = one.entered, one.derived, agreement_of(one.element)
    assert entered is not None and derived is not None
    if isinstance(entered, Numbers):
        entered = unlimited(one.element, entered)
        match agreement:
            case "years":
                ends = closed(entered)
                entered = Numbers(math.floor(ends.low), math.floor(ends.high))
            case "digits" if entered.exact:
                entered = entered.written()
                if is_exact(derived):
                    allowed = by_digits(one._replace(entered=None, fact=derived), on)
                    assert allowed is not None
                    derived = allowed
            case "same" | "digits":
                pass
            case _:
                assert_never(agreement)
    return meet(entered, derived) is not None


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


def _that_follow(trial: Trial) -> tuple[Element, ...]:
    return tuple(one for one in trial.elements.values() if one.derive is not None)


def _with_thresholds(trial: Trial) -> tuple[tuple[Element, tuple[float, ...]], ...]:
    """The elements that are rounded when they are reported, and what they are compared with."""
    return tuple(
        (one, tuple(dict.fromkeys(_thresholds(trial, one))))
        for one in trial.once(_that_follow)
        if one.reported_to is not None
    )


def _with_typical_values(trial: Trial) -> tuple[Element, ...]:
    return tuple(one for one in trial.elements.values() if one.typical is not None)


def _different_sides(patient: Evaluation) -> Iterator[Notice]:
    """A value that was entered and one that was computed are both right, and decide differently."""
    for element in patient.trial.once(_that_follow):
        if element.name not in patient.facts:
            continue
        one, on = patient.resolve(element.name), patient.on
        if one.entered is None or one.derived is None:
            continue
        if (element.reported_wins or agree(one, on)) and _decide_differently(patient.trial, one):
            entered = show_fact(element, one.entered)
            derived = told(one, one.derived, on)
            used, other = f"{entered} as entered", f"computed it is {derived}"
            if one.fact == one.derived:
                used, other = f"{derived} as computed", f"entered is {entered}"
            yield Notice(
                "warning",
                (element.name, *_sources(patient, one)),
                f"{element.label} {used} is used; {other}, on the other side of a threshold",
            )


def _soft_checks(patient: Evaluation) -> Iterator[Notice]:
    for check in patient.trial.checks:
        if check.level != "error":
            yield from _checked(patient, check)


def _checked(patient: Evaluation, check: Check) -> Iterator[Notice]:
    if patient.truth(check.when) is truth.TRUE:
        support = support_of(patient, patient.trace(check.when)).names
        names = tuple(name for name in patient.elements if name in support)
        yield Notice(check.level, names, check.say)


def _unusual(patient: Evaluation) -> Iterator[Notice]:
    """Values that can be right but seldom are."""
    for element in patient.trial.once(_with_typical_values):
        fact = patient.facts.get(element.name)
        if element.name == SCREENING_DATE:
            fact = Dates(patient.on, patient.on)
        elif fact is None and element.derive is not None:
            fact = patient.resolve(element.name).derived
        if fact is None or isinstance(fact, Exactly):
            continue
        if is_unusual(element, fact):
            value = told(patient.resolve(element.name), fact, patient.on)
            yield Notice(
                "warning",
                (element.name,),
                f"{element.label} {value} is unusual"
                f" (typical: {show_typical(element)})"
                f"{f'. {element.typical_help}' if element.typical_help else ''}",
            )


def is_unusual(element: Element, fact: Numbers | Dates) -> bool:
    """Whether no value that a fact allows is typical of its element."""
    assert element.typical is not None
    low, high = element.typical
    if fact.low == fact.high:
        return not low <= fact.low <= high  # type: ignore[operator]
    if isinstance(low, date) or isinstance(high, date):
        return fact.high < low or fact.low > high  # type: ignore[operator]
    return meet(fact, Numbers(low, high)) is None


def _near_thresholds(patient: Evaluation) -> Iterator[Notice]:
    """A computed value so near a threshold that its usual rounding hides the side it is on."""
    for element, bounds in patient.trial.once(_with_thresholds):
        one = patient.resolve(element.name)
        fact = one.fact
        if fact is None or fact != one.derived:
            continue
        assert isinstance(fact, Numbers) and element.reported_to is not None
        for bound in bounds:
            half = element.reported_to / 2
            if fact.exact and rounded(abs(fact.low - bound)) < half:
                yield Notice(
                    "warning",
                    (element.name,),
                    f"{element.label} {show_fact(element, fact)} is close to the"
                    f" threshold {as_written(bound)}: it is compared without rounding",
                )


def _thresholds(trial: Trial, element: Element) -> Iterator[float]:
    for test in _comparisons(trial, element):
        assert not isinstance(test.bound, ElementRef)
        yield test.bound


def _comparisons(trial: Trial, element: Element) -> tuple[Compare, ...]:
    """The comparisons of an element with a number on which some criterion can rest."""
    return trial.once(_comparisons_by_element).get(element.name, ())


def _comparisons_by_element(trial: Trial) -> Mapping[str, tuple[Compare, ...]]:
    found: dict[str, tuple[Compare, ...]] = {}
    for criterion in trial.criteria:
        for test in trial.reached(criterion.rule):
            if isinstance(test, Compare) and not isinstance(test.bound, ElementRef):
                found[test.element] = (*found.get(test.element, ()), test)
    return found


def _decide_differently(trial: Trial, one: Resolved) -> bool:
    def side(test: Compare, fact: Fact | None) -> truth.Truth:
        assert fact is not None
        assert not isinstance(test.bound, ElementRef)
        return comparing(test.operator)(fact, number(test.bound))

    return any(
        {side(test, one.entered), side(test, one.derived)} == {truth.TRUE, truth.FALSE}
        for test in _comparisons(trial, one.element)
    )


def _sources(patient: Evaluation, one: Resolved) -> tuple[str, ...]:
    """The entered elements that a derived value rests on."""
    without_entry = Resolved(one.element, one.derived, None, one.derived, one.inputs, one.basis)
    return tuple(sorted(support_of_resolved(patient, without_entry).names))


def _list(patient: Evaluation, names: tuple[str, ...]) -> str:
    elements = map(patient.elements.__getitem__, names)
    return " and ".join(
        f"{one.label} {show_fact(one, patient.facts.get(one.name))}" for one in elements
    )
