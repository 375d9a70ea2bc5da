"""Whether what was given fits together: contradictions, and what should be looked at twice."""

import math
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Literal, NamedTuple, assert_never

from trialscreen.model import truth
from trialscreen.model.contradictions import Disagreement, agreement_of, contradictions
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
from trialscreen.model.rules import Compare, ElementRef
from trialscreen.model.trial import SCREENING_DATE, Check, Element, Trial
from trialscreen.model.wording import as_written, show_fact, show_typical
from trialscreen.screening.evaluate import Evaluation, Resolved, by_digits, compare, unlimited
from trialscreen.screening.explain import support_of, support_of_resolved, told


class Notice(NamedTuple):
    """Something to tell the user; an error is a contradiction. `elements` are those at fault."""

    level: Literal["error", "warning", "note"]
    elements: tuple[str, ...]
    message: str


def review(trial: Trial, evaluation: Evaluation) -> tuple[Notice, ...]:
    """Every contradiction, implausible value and note for these facts, errors first."""
    found = [
        *contradicted(trial, evaluation),
        *_different_sides(trial, evaluation),
        *_soft_checks(trial, evaluation),
        *_unusual(trial, evaluation),
        *_near_thresholds(trial, evaluation),
    ]
    rank = {"error": 0, "warning": 1, "note": 2}
    return tuple(sorted(found, key=lambda notice: rank[notice.level]))


def contradicted(trial: Trial, evaluation: Evaluation) -> Iterator[Notice]:
    for one in trial.once(contradictions):
        match one:
            case Disagreement(element):
                held = evaluation.resolve(element.name)
                if held.entered is not None and held.derived is not None:
                    yield from _disagreement(trial, evaluation, held)
            case Check():
                yield from _checked(trial, evaluation, one)
            case _:
                assert_never(one)


def _disagreement(trial: Trial, evaluation: Evaluation, one: Resolved) -> Iterator[Notice]:
    if not agree(one, evaluation.on):
        element, others = one.element, _sources(one)
        yield Notice(
            "error",
            (element.name, *others),
            f"{element.label} {show_fact(element, one.entered)} contradicts"
            f" {_list(trial, evaluation, others)},"
            f" from which it is {told(one, one.derived, evaluation.on)}",
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


def _derived(trial: Trial, evaluation: Evaluation) -> Iterator[Resolved]:
    for element in trial.elements.values():
        if element.derive is not None:
            yield evaluation.resolve(element.name)


def _different_sides(trial: Trial, evaluation: Evaluation) -> Iterator[Notice]:
    """A value that was entered and one that was computed are both right, and decide differently."""
    for one in _derived(trial, evaluation):
        element, on = one.element, evaluation.on
        if one.entered is None or one.derived is None:
            continue
        if (element.reported_wins or agree(one, on)) and _decide_differently(trial, one):
            entered = show_fact(element, one.entered)
            derived = told(one, one.derived, on)
            used, other = f"{entered} as entered", f"computed it is {derived}"
            if one.fact == one.derived:
                used, other = f"{derived} as computed", f"entered is {entered}"
            yield Notice(
                "warning",
                (element.name, *_sources(one)),
                f"{element.label} {used} is used; {other}, on the other side of a threshold",
            )


def _soft_checks(trial: Trial, evaluation: Evaluation) -> Iterator[Notice]:
    for check in trial.checks:
        if check.level != "error":
            yield from _checked(trial, evaluation, check)


def _checked(trial: Trial, evaluation: Evaluation, check: Check) -> Iterator[Notice]:
    trace = evaluation.trace(check.when)
    if trace.truth is truth.TRUE:
        support = support_of(trace)
        names = tuple(name for name in trial.elements if name in support)
        yield Notice(check.level, names, check.say)


def _unusual(trial: Trial, evaluation: Evaluation) -> Iterator[Notice]:
    """Values that can be right but seldom are."""
    for element in trial.elements.values():
        fact: Fact | None
        if element.typical is None:
            continue
        one = evaluation.resolve(element.name)
        fact = one.entered or one.derived
        if element.name == SCREENING_DATE:
            fact = Dates(evaluation.on, evaluation.on)
        if fact is None or isinstance(fact, Exactly):
            continue
        if is_unusual(element, fact):
            value = told(one, fact, evaluation.on)
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
    if isinstance(low, date) or isinstance(high, date):
        return fact.high < low or fact.low > high  # type: ignore[operator]
    return meet(fact, Numbers(low, high)) is None


def _near_thresholds(trial: Trial, evaluation: Evaluation) -> Iterator[Notice]:
    """A computed value so near a threshold that its usual rounding hides the side it is on."""
    for one in _derived(trial, evaluation):
        element, fact = one.element, one.fact
        if element.reported_to is None or fact is None or fact != one.derived:
            continue
        assert isinstance(fact, Numbers)
        for bound in dict.fromkeys(_thresholds(trial, element)):
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
        return compare(test.operator, fact, number(test.bound))

    return any(
        {side(test, one.entered), side(test, one.derived)} == {truth.TRUE, truth.FALSE}
        for test in _comparisons(trial, one.element)
    )


def _sources(one: Resolved) -> tuple[str, ...]:
    """The entered elements that a derived value rests on."""
    without_entry = Resolved(one.element, one.derived, None, one.derived, one.inputs, one.basis)
    return tuple(sorted(support_of_resolved(without_entry)))


def _list(trial: Trial, evaluation: Evaluation, names: tuple[str, ...]) -> str:
    facts: Mapping[str, Fact] = evaluation.facts
    return " and ".join(
        f"{trial.elements[name].label} {show_fact(trial.elements[name], facts.get(name))}"
        for name in names
    )
