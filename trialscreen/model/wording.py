"""Renders values, units and rules as text for people."""

from datetime import date, timedelta
from functools import lru_cache
from typing import Literal, assert_never

from trialscreen.model import rules
from trialscreen.model.facts import Dates, Exactly, Fact, Numbers
from trialscreen.model.trial import Element, Trial

_ONE_DAY = timedelta(days=1)


@lru_cache(4096)  # many patients share the same values
def show_number(value: float, decimals: int | None = None) -> str:
    """The shortest text of a number, with at most `decimals` decimals if given."""
    if decimals is not None:
        value = round(value, decimals)
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return repr(float(value))


def as_written(value: float | date) -> str:
    """A number or date of the criteria file, as it is written there."""
    return value.text if isinstance(value, rules.Written) else str(value)


def with_unit(element: Element, text: str) -> str:
    """`text`, usually a number, with the element's unit: `58.5 kg`, `4.6%`, `1 year`."""
    unit = element.shown_unit
    if text == "1" and element.unit is not None:
        unit = element.unit_named(element.unit).of_one
    return f"{text}{'' if unit in ('', '%') else ' '}{unit}"


def show_range(element: Element) -> str:
    """The accepted range of an element, with its unit."""
    return _span(element, element.range)


def show_typical(element: Element) -> str:
    return _span(element, element.typical)


def _span(element: Element, ends: tuple[float, float] | tuple[date, date] | None) -> str:
    assert ends is not None
    low, high = map(as_written, ends)
    return with_unit(element, f"{low} to {high}")


def show_fact(element: Element, fact: Fact | None) -> str:
    """A fact as a person would write it: `41 kg`, `<20 copies/mL`, `2026-03`, `yes`, `unknown`."""
    match fact:
        case Exactly():
            value = fact.value
            if isinstance(value, bool):
                return "yes" if value else element.no_text
            return element.choices.get(value, value)
        case Dates():
            return show_dates(element, fact)
        case Numbers():
            return with_unit(element, show_numbers(element, fact))
        case None:
            return "unknown"
        case _:
            assert_never(fact)


def show_numbers(element: Element, fact: Numbers) -> str:
    """Numbers without the unit; an end that is only the limit of the accepted range is omitted."""
    assert element.range is not None
    if fact.exact:
        return show_number(fact.low, _decimals(element))
    if (end := one_sided(element, fact)) is not None:
        return end[0] + show_number(end[1])
    if fact.low_open or fact.high_open:
        return f"{show_end(element, fact, 'low')} and {show_end(element, fact, 'high')}"
    decimals = _decimals(element)
    return f"{show_number(fact.low, decimals)} to {show_number(fact.high, decimals)}"


def show_end(element: Element, fact: Numbers, end: Literal["low", "high"]) -> str:
    """One end of an interval, such as `<20`, without the unit."""
    if end == "low":
        return f"{'>' if fact.low_open else '≥'}{show_number(fact.low, _decimals(element))}"
    return f"{'<' if fact.high_open else '≤'}{show_number(fact.high, _decimals(element))}"


def one_sided(element: Element, fact: Numbers) -> tuple[str, float] | None:
    """The sign (<, ≤, > or ≥) and bound of a fact that reaches a limit of the accepted range."""
    assert element.range is not None
    if fact.low == element.range[0] and not fact.low_open:
        return "<" if fact.high_open else "≤", fact.high
    if fact.high == element.range[1] and not fact.high_open:
        return ">" if fact.low_open else "≥", fact.low
    return None


def _decimals(element: Element) -> int | None:
    """At most 4 for computed numbers, which have more decimals than anyone wrote."""
    return 4 if element.derive is not None else None


def show_dates(element: Element, fact: Dates) -> str:
    """A day, a whole month or year, or the first and last possible day."""
    low, high = fact.low, fact.high
    if low == high:
        return low.isoformat()
    if low == (element.range or (date.min,))[0]:
        return f"{high} or earlier"
    starts_month, ends_month = low.day == 1, (high + _ONE_DAY).day == 1
    if low.year == high.year and starts_month and ends_month:
        if low.month == high.month:
            return low.isoformat()[:7]
        if (low.month, high.month) == (1, 12):
            return str(low.year)
    return f"{low} to {high}"


# Rules.


def rule_in_words(trial: Trial, rule: rules.Rule) -> str:
    """A rule as one readable line."""
    if isinstance(rule, rules.Test):
        return test_in_words(trial, rule)
    match rule:
        case rules.AtLeastN(_, parts) if rule.is_all or rule.is_any:
            word = " and " if rule.is_all else " or "
            return word.join(_inner(trial, part, rule) for part in parts)
        case rules.AtLeastN(count, parts):
            listed = "; ".join(rule_in_words(trial, part) for part in parts)
            return f"at least {count} of ({listed})"
        case rules.Not(rules.Within(name, period)):
            return f"{trial.elements[name].label} more than {period} before screening"
        case rules.Not(part):
            return f"not ({rule_in_words(trial, part)})"
        case rules.Clause(_, _, part):
            return rule_in_words(trial, part)
        case _:
            assert_never(rule)


def _inner(trial: Trial, rule: rules.Rule, around: rules.AtLeastN) -> str:
    """A part, in parentheses where "and" and "or" would mix."""
    words = rule_in_words(trial, rule)
    while isinstance(rule, rules.Clause):
        rule = rule.part
    if not isinstance(rule, rules.AtLeastN) or len(rule.parts) == 1:
        return words
    meet = rule.is_any if around.is_all else rule.is_all
    return f"({words})" if meet else words


def test_in_words(trial: Trial, test: rules.Test) -> str:
    """One test as a phrase, such as `body weight < 40 kg`."""
    element = trial.elements[test.element]
    match test:
        case rules.Is(_, bool() as value):
            return element.label if value else f"no {element.label}"
        case rules.Is(_, value):
            return f"{element.label} is {element.choices[str(value)]}"
        case rules.OneOf(_, values):
            listed = " or ".join(element.choices[value] for value in values)
            return f"{element.label} is {listed}"
        case rules.Compare(_, operator, bound):
            if isinstance(bound, rules.ElementRef):
                limit = trial.elements[bound.name].label
            else:
                limit = with_unit(element, as_written(bound))
            return f"{element.label} {operator.symbol} {limit}"
        case rules.Within(_, period):
            return f"{element.label} within {period} before screening"
        case rules.Given():
            return f"{element.label} known"
        case _:
            assert_never(test)
