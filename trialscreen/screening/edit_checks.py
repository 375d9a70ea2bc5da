"""Edit checks on one patient's answers: contradictions, implausible values, close thresholds."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Literal, NamedTuple, assert_never

from trialscreen.model import rules
from trialscreen.model.contradictions import (
    Contradiction,
    Disagreement,
    agreement_of,
    contradictions,
    thresholds,
)
from trialscreen.model.dates import completed_years, last_day
from trialscreen.model.evidence import Evidence, is_old, value_in_words
from trialscreen.model.facts import (
    Dates,
    Fact,
    Numbers,
    closed,
    is_exact,
    meet,
    number,
    rounded,
)
from trialscreen.model.formulas import FORMULAS, derive
from trialscreen.model.trial import SCREENING_DATE, Check, Element, Formula, Trial
from trialscreen.model.truth import FALSE, TRUE
from trialscreen.model.wording import as_written, show_dates, show_fact, show_typical
from trialscreen.screening.compare import comparing
from trialscreen.screening.evaluate import Evaluation, Resolved, unlimited
from trialscreen.screening.explain import show_stated, support_of
from trialscreen.screening.samples import SAMPLE_DAY
from trialscreen.text.characters import count_of


class Notice(NamedTuple):
    """A message about the answers; an error is a contradiction. `elements` are those concerned."""

    level: Literal["error", "warning", "note"]
    elements: tuple[str, ...]
    message: str


_NO_DAYS: Mapping[str, Dates] = {}


def review(
    patient: Evaluation,
    days: Mapping[str, Dates] = _NO_DAYS,
    recorded: Iterable[Evidence] = (),
) -> tuple[Notice, ...]:
    """Every contradiction, implausible value and note for these facts, errors first.

    `days`: sample dates, by element. `recorded`: the evidence of values taken from a record.
    """
    soft = (one for one in patient.trial.checks if one.level != "error")
    found = [
        *_different_sides(patient, days),
        *(notice for one in soft for notice in _checked(patient, one)),
        *_unusual(patient),
        *_of_long_ago(patient, recorded),
        *_near_thresholds(patient),
    ]
    return (*patient.once(all_contradicted), *sorted(found, key=lambda one: one.level == "note"))


def all_contradicted(patient: Evaluation) -> tuple[Notice, ...]:
    """Every contradiction among these facts; a patient with any cannot be screened."""
    return tuple(contradicted(patient))


def contradicted(patient: Evaluation) -> Iterator[Notice]:
    """Yields the contradictions among these facts."""
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
    """Each with sets of elements; it is possible only if at least one of each set is known."""
    return [
        (one, [frozenset((one.element.name,))])
        if isinstance(one, Disagreement)
        else (one, _needed(trial, one.when))
        for one in contradictions(trial)
    ]


def _needed(trial: Trial, rule: rules.Rule) -> list[frozenset[str]]:
    """For each value that the rule's necessary tests read: itself and what it derives from."""
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
        entered = show_fact(element, one.entered)
        derived = show_stated(one, one.derived, patient.on)
        message = f"{element.label} {entered} contradicts {_list(patient, others)}"
        yield Notice("error", (element.name, *others), f"{message}, from which it is {derived}")


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
    """The values possible for an element if its entry, or its formula's inputs, were rounded.

    Counts, bounds and completed years are not rounded numbers, and are returned unchanged.
    """
    if not isinstance(one.fact, Numbers) or not one.fact.exact or one.element.type == "integer":
        return one.fact
    formula = one.element.derive
    if one.fact is one.entered:
        return one.fact.written()
    if not isinstance(formula, Formula) or FORMULAS[formula.name].whole:
        return one.fact
    return derive(formula, tuple(by_digits(part, on) for part in one.inputs), on)


def _derived_elements(trial: Trial) -> tuple[Element, ...]:
    return tuple(one for one in trial.elements.values() if one.derive is not None)


def _with_typical_values(trial: Trial) -> tuple[Element, ...]:
    return tuple(one for one in trial.elements.values() if one.typical is not None)


def _different_sides(patient: Evaluation, days: Mapping[str, Dates]) -> Iterator[Notice]:
    """Entered and computed values that agree, yet lie on different sides of a threshold."""
    for element in patient.trial.once(_derived_elements):
        if element.name not in patient.facts:
            continue
        one, on = patient.resolve(element.name), patient.on
        if one.entered is None or one.derived is None:
            continue
        differ = _decide_differently(patient.trial, element, one.entered, one.derived)
        if differ and (element.reported_wins or agree(one, on)):
            message = f"{element.label} {_used(one, on)}, on the other side of a threshold"
            sources = _sources(patient, one)
            newer = _newer(patient, element, sources, days)
            yield Notice("warning", (element.name, *sources), message + newer)


def _newer(
    patient: Evaluation, element: Element, sources: Sequence[str], days: Mapping[str, Dates]
) -> str:
    """A remark on inputs sampled later than the entered value; empty if there are none."""
    if (own := days.get(element.name)) is None:
        return ""
    newer = [(name, days[name]) for name in sources if name in days and days[name].low > own.high]
    inputs = [
        f"{patient.elements[name].label} of {show_dates(SAMPLE_DAY, day)}" for name, day in newer
    ]
    since = f"newer than {element.label} of {show_dates(SAMPLE_DAY, own)}"
    return f"; {' and '.join(inputs)} is {since}" if newer else ""


def _used(one: Resolved, on: date) -> str:
    """Which value is used (entered, computed, or their intersection), and the others."""
    entered, derived = show_fact(one.element, one.entered), show_stated(one, one.derived, on)
    if one.fact == one.derived:
        return f"{derived} as computed is used; entered is {entered}"
    if one.fact == one.entered:
        return f"{entered} as entered is used; computed it is {derived}"
    both = show_stated(one, one.fact, on)
    return f"{both} is used, which both allow; entered is {entered}, computed it is {derived}"


def _checked(patient: Evaluation, check: Check) -> Iterator[Notice]:
    if patient.truth(check.when) is TRUE:
        support = support_of(patient, patient.trace(check.when)).names
        names = tuple(name for name in patient.elements if name in support)
        yield Notice(check.level, names, check.say)


def _unusual(patient: Evaluation) -> Iterator[Notice]:
    """Values outside their element's typical range."""
    for element in patient.trial.once(_with_typical_values):
        fact = patient.facts.get(element.name)
        if element.name == SCREENING_DATE:
            fact = Dates(patient.on, patient.on)
        elif fact is None and element.derive is not None:
            fact = patient.resolve(element.name).derived
        if isinstance(fact, Numbers | Dates) and is_unusual(element, fact):
            value = show_stated(patient.resolve(element.name), fact, patient.on)
            message = f"{element.label} {value} is unusual (typical: {show_typical(element)})"
            more = f". {element.typical_help}" if element.typical_help else ""
            yield Notice("warning", (element.name,), message + more)


def _of_long_ago(patient: Evaluation, recorded: Iterable[Evidence]) -> Iterator[Notice]:
    """Values that a record dates long ago; they are used all the same."""
    for one in recorded:
        element = patient.elements.get(one.element)
        if element is None or not is_old(element, one.date, patient.on):
            continue
        measured = last_day(one.date)
        assert measured is not None
        ago, unit = completed_years(measured, patient.on), "year"
        if not ago:
            ago, unit = (patient.on - measured).days, "day"
        value = value_in_words(patient.elements, one)
        said = f"{element.label} {value} is in the record of {one.date} ({one.source})"
        more = f"{count_of(ago, unit)} ago (typical: at most {element.warn_after})"
        yield Notice("warning", (element.name,), f"{said}, {more}; it counts, whatever its age")


def is_unusual(element: Element, fact: Numbers | Dates) -> bool:
    """Whether `fact` lies entirely outside its element's typical range."""
    assert element.typical is not None
    low, high = element.typical
    if fact.low == fact.high:
        return not low <= fact.low <= high  # type: ignore[operator]
    if isinstance(low, date) or isinstance(high, date):
        return fact.high < low or fact.low > high  # type: ignore[operator]
    return meet(fact, Numbers(low, high)) is None


def _near_thresholds(patient: Evaluation) -> Iterator[Notice]:
    """Computed values so close to a threshold that usual rounding would hide their side."""
    for element in patient.trial.once(_derived_elements):
        if element.reported_to is None or not (bounds := thresholds(patient.trial, element)):
            continue
        one = patient.resolve(element.name)
        fact = one.fact
        if not isinstance(fact, Numbers) or not fact.exact or fact != one.derived:
            continue
        for bound in bounds:
            if rounded(abs(fact.low - bound)) < element.reported_to / 2:
                said = f"{element.label} {show_fact(element, fact)} is close to the threshold"
                how = f"{as_written(bound)}: it is compared without rounding"
                yield Notice("warning", (element.name,), f"{said} {how}")


def _decide_differently(trial: Trial, element: Element, one: Fact, other: Fact) -> bool:
    """Whether two values of an element certainly lie on different sides of a threshold."""
    return any(
        {comparing(operator)(fact, number(bound)) for fact in (one, other)} == {TRUE, FALSE}
        for bound, operators in thresholds(trial, element).items()
        for operator in operators
    )


def _sources(patient: Evaluation, one: Resolved) -> tuple[str, ...]:
    """The entered elements that a derived value is based on."""
    without_entry = Resolved(one.element, one.derived, None, one.derived, one.inputs, one.basis)
    return tuple(sorted(support_of(patient, without_entry).names))


def _list(patient: Evaluation, names: tuple[str, ...]) -> str:
    elements = map(patient.elements.__getitem__, names)
    return " and ".join(
        f"{one.label} {show_fact(one, patient.facts.get(one.name))}" for one in elements
    )
