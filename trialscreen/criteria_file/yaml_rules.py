"""YAML to rules. A test is read by the type of its element."""

import re
from typing import get_args

from trialscreen.criteria_file.reader import Cursor
from trialscreen.criteria_file.yaml_nodes import Mapping as MappingNode
from trialscreen.criteria_file.yaml_nodes import Scalar
from trialscreen.model import rules
from trialscreen.model.dates import Period, PeriodUnit
from trialscreen.model.trial import Element
from trialscreen.text.characters import shown

COMBINATORS = ("all", "any", "not", "at_least_n")
CLAUSE_KEYS = ("clause", "text", "rule")
RESERVED = (*COMBINATORS, *CLAUSE_KEYS)

_COMPARISONS = {operator.value: operator for operator in rules.Operator}
_WINDOWS = ("within", "longer_ago_than")
_OPERATORS = ("is", "one_of", *_COMPARISONS, *_WINDOWS)
_PERIOD = re.compile(r"([0-9]{1,5}) (day|week|month|year)s?")

STAND_IN: rules.Rule = rules.all_of(())


def read_rule(at: Cursor) -> rules.Rule:
    """The rule at `at`; every problem in it is noted. What stands in several places is one rule.

    A reading's alternative differs in a part of the rule; all else is then made ready once.
    """
    rule = _read_rule(at)
    return at.document.rules.setdefault(repr(rule), rule)


def _read_rule(at: Cursor) -> rules.Rule:
    if isinstance(at.node, Scalar) and not at.node.is_null:
        return _yes(at)
    if not isinstance(at.node, MappingNode) or not at.node.items:
        at.problem("expected a rule: the name of a yes/no element, or a mapping")
        return STAND_IN
    if "clause" in at.node.items:
        at.known_keys(CLAUSE_KEYS)
        return rules.Clause(
            at.required("clause", Cursor.verbatim, ""),
            at.required("text", Cursor.verbatim, ""),
            at.required("rule", read_rule, STAND_IN),
        )
    if len(at.node.items) > 1:
        at.problem(
            f"one rule has one key; found {', '.join(map(shown, at.node.items))}."
            " Put several rules in a list under all: or any:"
        )
        return STAND_IN
    ((key, value),) = at.entries()
    if key in COMBINATORS:
        return _combinator(key, value)
    return _tests(key, at, value)


def _combinator(key: str, at: Cursor) -> rules.Rule:
    if key == "not":
        return rules.Not(read_rule(at))
    if key == "at_least_n":
        at.known_keys(("n", "of"))
        count = at.required("n", Cursor.whole, 1)
        parts = at.required("of", read_rules, tuple[rules.Rule, ...]())
        if not 1 <= count <= max(1, len(parts)):
            at.problem(f"n is {count}; expected 1 to {len(parts)}, the number of rules in `of`")
        return rules.AtLeastN(count, parts)
    parts = read_rules(at)
    return rules.all_of(parts) if key == "all" else rules.any_of(parts)


def read_rules(at: Cursor) -> tuple[rules.Rule, ...]:
    """A list of rules."""
    parts = tuple(map(read_rule, at.items()))
    if not parts:
        at.problem("expected at least one rule")
    return parts


def _yes(at: Cursor) -> rules.Rule:
    name = at.text()
    if (clause := at.document.clauses.get(name)) is not None:
        return clause
    element = at.element(name, *RESERVED, *at.document.clauses) if name else None
    if element is not None and element.type != "boolean":
        at.problem(f"{name} is a {element.type}; a name alone tests a yes/no element")
    return rules.Is(name, value=True)


def _tests(name: str, at: Cursor, value: Cursor) -> rules.Rule:
    """One element under one operator or several, which all must hold."""
    element = at.element(name, *RESERVED)
    if element is None:
        return STAND_IN
    if element.type == "boolean":
        return rules.Is(name, value.yes_no())
    value.known_keys(_OPERATORS)
    tests = [_test(element, operator, bound) for operator, bound in value.entries()]
    if not tests:
        value.problem(f"expected a test such as {{{_usual_operator(element)}: …}}")
        return STAND_IN
    return tests[0] if len(tests) == 1 else rules.all_of(tuple(tests))


def _test(element: Element, operator: str, at: Cursor) -> rules.Rule:
    if operator in _COMPARISONS and element.type in ("integer", "quantity", "date"):
        return rules.Compare(element.name, _COMPARISONS[operator], _bound(element, at))
    if operator in _WINDOWS and element.type == "date":
        within = rules.Within(element.name, read_period(at))
        return within if operator == "within" else rules.Not(within)
    if operator == "is" and element.type == "choice":
        return rules.Is(element.name, _choice(element, at))
    if operator == "one_of" and element.type == "choice":
        names = tuple(_choice(element, item) for item in at.items())
        if not names:
            at.problem("expected at least one choice")
        return rules.OneOf(element.name, names)
    if operator in _OPERATORS:
        at.problem(
            f"{operator!r} does not fit {element.name}, a {element.type};"
            f" {_usual_operator(element)!r} does"
        )
    return rules.Is(element.name, value=True)


def _choice(element: Element, at: Cursor) -> str:
    # That a choice has no choices is noted where it is defined.
    return at.word(tuple(element.choices)) if element.choices else at.text()


def _usual_operator(element: Element) -> str:
    return {"choice": "is", "date": "within", "boolean": "yes"}.get(element.type, "at_least")


def _bound(element: Element, at: Cursor) -> int | float | rules.ElementRef:
    """A number, or an element of the same type and unit."""
    if isinstance(at.node, Scalar) and (element.type == "date" or at.written[:1].isalpha()):
        other = at.element(at.text(), *RESERVED)
        if other is not None and (other.type == "date") != (element.type == "date"):
            at.problem(f"{other.name} is a {other.type}; {element.name} is a {element.type}")
        elif other is not None and other.unit != element.unit:
            at.problem(f"{other.name} is in {other.unit}; {element.name} is in {element.unit}")
        return rules.ElementRef(at.text())
    return at.number()


def read_period(at: Cursor) -> Period:
    """A whole number of days, weeks, months or years."""
    match = _PERIOD.fullmatch(at.text())
    if match is None:
        at.problem(
            f"{shown(at.text())}; expected a period such as 6 months, 6 weeks, 30 days or 2 years"
        )
        return Period(1, "days")
    unit = next(one for one in get_args(PeriodUnit) if one.startswith(match[2]))
    return Period(int(match[1]), unit)
