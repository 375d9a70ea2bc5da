"""Parses data elements and rules from YAML: first all plain fields, then rules and derivations.

Derivations may refer to any element. The inputs and the result of `derive: bmi(weight, height)`
must fit the formula in kind and unit. A test is parsed according to its element's type.
"""

import re
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any, get_args

from trialscreen.criteria_file.reader import Cursor, Reader, read_record
from trialscreen.criteria_file.yaml_nodes import Mapping as MappingNode
from trialscreen.criteria_file.yaml_nodes import Scalar, Sequence
from trialscreen.model import rules
from trialscreen.model.dates import Period, PeriodUnit
from trialscreen.model.facts import Dates, Exactly, Numbers
from trialscreen.model.formulas import FORMULAS, Input
from trialscreen.model.rules import Given, Rule, elements_of
from trialscreen.model.trial import RESULT_COLUMNS, SOURCES, Element, Formula, Source
from trialscreen.screening.samples import day_column
from trialscreen.text.characters import DASH, WORDS, count_of, folded, is_dash, nearest, shown

COMBINATORS = ("all", "any", "not", "at_least_n")
CLAUSE_KEYS = ("clause", "text", "rule")
RESERVED = (*COMBINATORS, *CLAUSE_KEYS)

_COMPARISONS = {operator.value: operator for operator in rules.Operator}
_WINDOWS = ("within", "longer_ago_than")
_OPERATORS = ("is", "one_of", *_COMPARISONS, *_WINDOWS)
_PERIOD = re.compile(r"([0-9]{1,5}) (day|week|month|year)s?")

STAND_IN: rules.Rule = rules.all_of(())


def read_rule(at: Cursor) -> rules.Rule:
    """The rule at `at`, with its problems collected; equal rules become one object.

    An alternative reading usually differs in a part of the rule; the rest is then compiled once.
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
    """A test of one element, or several that must all hold."""
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
    # An element of type choice without choices is reported where it is defined.
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


_NAME = re.compile(r"[a-z][a-z0-9_]*")
_UNKNOWN = ("unknown", "pending")
KEYS_OF_RULES = ("derive", "implied_by", "valid_if", "runs_while")
"""Keys of an element that are read once all elements are known."""
_NUMERIC = ("integer", "quantity")
_FACT_KINDS = {
    **dict.fromkeys(_NUMERIC, Numbers),
    **dict.fromkeys(("boolean", "choice"), Exactly),
    "date": Dates,
}
_CALL = re.compile(r"([a-z][a-z0-9_]*)\(\s*([a-z0-9_]+(?:\s*,\s*[a-z0-9_]+)*)\s*\)")
_DIVISION = re.compile(r"1/([0-9]+(?:\.[0-9]+)?)")


def read_elements(at: Cursor) -> dict[str, Element]:
    """Every element with its derivation; makes them known to rules that are read later."""
    places = dict(at.entries())
    at.document.elements = {name: _read_plain(name, one) for name, one in places.items()}
    for one in at.document.elements.values():
        if one.valid_for is not None and (day := day_column(one.name)) in places:
            message = f"is the day of a sample of {one.name}, which has valid_for"
            places[day].problem(f"{message}; name it otherwise")
    at.document.elements = {
        name: replace(element, **_read_derivation(element, places[name]))
        for name, element in at.document.elements.items()
    }
    return dict(at.document.elements)


def _read_plain(name: str, at: Cursor) -> Element:
    if not _NAME.fullmatch(name) or name in RESERVED:
        at.problem(f"{shown(name)} cannot name an element: use a-z, 0-9 and _, and no rule word")
    if name in RESULT_COLUMNS:
        at.problem(
            f"{shown(name)} cannot name an element: a column of screened tables is called so"
        )
    source, *others = at.required("source", _read_sources, SOURCES[:1])
    given: dict[str, Any] = {"name": name, "source": source, "other_sources": tuple(others)}
    keys = ("source", *KEYS_OF_RULES)
    given |= {"derive": None, "valid_if": None, "runs_while": None, "units": {}}
    element = read_record(at, Element, _readers(at), keys, **given)
    _check_type(element, at)
    _check_spellings(element, at)
    return element


def _check_type(element: Element, at: Cursor) -> None:
    """Checks the keys that a type requires or does not allow."""
    if element.type in _NUMERIC:
        for key, value in (("unit", element.unit), ("range", element.range)):
            if value is None:
                at.problem(f"the key {key!r} is missing; a {element.type} needs it")
    elif element.unit is not None:
        at.problem(f"a {element.type} has no unit")
    if (element.type == "choice") != bool(element.choices):
        at.problem("choices: are needed for a choice, and only there")
    if element.valid_for is not None and element.type == "date":
        at.down("valid_for").problem("a date is not measured, so it does not become old")
    if element.warn_after is not None and (element.type == "date" or element.valid_for is not None):
        at.down("warn_after").problem("is for what is measured, and carries no day by valid_for")
    if element.window is not None and element.type != "boolean":
        at.down("window").problem("a window is for a yes/no element")
    if not element.ask and not element.internal:
        at.problem("the key 'ask' is missing")


def _check_spellings(element: Element, at: Cursor) -> None:
    """Checks that each word has one meaning, and that the element accepts that meaning."""
    if not (element.spellings or element.choices):
        return
    meanings = {word: meant for meant in _UNKNOWN for word in WORDS[meant]}
    if element.type == "boolean":
        meanings = {word: meant for meant, words in WORDS.items() for word in words}
        meanings.setdefault(folded(element.no_text), "no")
    known = (*element.choices, *(WORDS if element.type == "boolean" else _UNKNOWN))
    for name, label in element.choices.items():
        for word in (folded(name), folded(name).replace("_", " "), folded(label)):
            if meanings.setdefault(word, name) != name:
                at.down("choices", name).problem(f"{shown(word)} already means {meanings[word]}")
    for spelling, place in at.entries_of("spellings"):
        meant = element.spellings.get(spelling, "")
        if element.type in ("boolean", "choice") and meant not in known:
            place.problem(f"{shown(meant)}; expected one of {', '.join(known)}")
        elif meanings.setdefault(folded(spelling), meant) != meant:
            place.problem(f"{shown(spelling)} already means {meanings[folded(spelling)]}")


def _read_sources(at: Cursor) -> tuple[Source, ...]:
    """One source, or a list; the first is asked first."""
    if not isinstance(at.node, Sequence):
        return (at.word(SOURCES),)
    before = len(at.document.problems)
    sources = tuple(one.word(SOURCES) for one in at.items())
    are_fit = sources and len(set(sources)) == len(sources)
    are_fit = are_fit and (len(sources) == 1 or "derived" not in sources)
    if not are_fit and len(at.document.problems) == before:
        at.problem("expected one source, or several different ones; derived stands alone")
    return sources or SOURCES[:1]


def _readers(at: Cursor) -> dict[str, Reader]:
    """Readers for fields that their type alone does not describe."""
    is_date = at.down("type").written == "date"
    span = partial(_read_range, read_end=Cursor.day if is_date else Cursor.number)
    return {
        **dict.fromkeys(("section", "unit", "card", "typical_help"), Cursor.text),
        **dict.fromkeys(("range", "typical"), span),
        "accepts": lambda place: {key: _read_factor(one) for key, one in place.entries()},
        "spellings": _read_spellings,
        **dict.fromkeys(("valid_for", "warn_after", "window"), read_period),
    }


def _read_spellings(at: Cursor) -> dict[str, str]:
    for spelling, place in at.entries():
        if is_dash(folded(spelling)):
            place.problem(DASH)
    return {key: place.verbatim() for key, place in at.entries()}


def _read_factor(at: Cursor) -> float:
    """A positive number, or 1/number."""
    if division := _DIVISION.fullmatch(at.written):
        divisor = float(division[1])
        factor = 1 / divisor if divisor else 0.0
    else:
        factor = float(at.number())
    if not 0 < factor < float("inf"):
        at.problem("a factor must be above 0")
    return factor


def _read_range(at: Cursor, read_end: Any) -> Any:
    ends = tuple(map(read_end, at.items()))
    if len(ends) == 2 and ends[0] <= ends[1]:
        return ends
    at.problem("expected two ends, [lowest, highest]")
    return (date.min, date.max) if read_end is Cursor.day else (0, 1)


def _read_derivation(element: Element, at: Cursor) -> dict[str, Any]:
    """The fields that are rules, or formulas."""
    derive = at.optional("derive", partial(_read_derive, element), None)
    implied = at.optional("implied_by", lambda place: Given(place.element_name()), None)
    if derive is not None and implied is not None:
        at.problem("derive: and implied_by: cannot stand together")
    if implied is not None and element.type != "boolean":
        at.problem("implied_by: is for a yes/no element")
    if element.internal and derive is None:
        at.problem("an internal element needs derive:, for nobody can enter it")
    if derive is not None and element.window is not None:
        at.problem("derive: and window: cannot stand together; say within: in the rule")
    runs_while = at.optional("runs_while", read_rule, None)
    if runs_while is not None and element.unit != "mo":
        at.problem("runs_while: is for a number of months (mo)")
    valid_if = at.optional("valid_if", read_rule, None)
    return {"derive": derive or implied, "valid_if": valid_if, "runs_while": runs_while}


def _read_derive(element: Element, at: Cursor) -> Formula | Rule | None:
    """A rule, for a yes/no element, or a formula with conversion factors for its inputs."""
    call = _CALL.fullmatch(at.written)
    if call is None and element.type == "boolean":
        return read_rule(at)
    if call is None:
        at.problem(f"expected a formula such as bmi(weight, height); known: {', '.join(FORMULAS)}")
        return None
    name, names = call[1], tuple(part.strip() for part in call[2].split(","))
    spec = FORMULAS.get(name)
    if spec is None:
        at.problem(f"no formula is named {shown(name)}.{nearest(name, FORMULAS)}")
        return None
    if element.type not in _NUMERIC:
        at.problem(f"a formula gives a number; {element.name} is a {element.type}")
    elif element.unit is not None and element.unit not in spec.gives:
        at.problem(f"{name} gives {spec.gives[0]}; {element.name} is in {element.unit}")
    if len(names) != len(spec.inputs):
        at.problem(f"{name} takes {count_of(len(spec.inputs), 'element')}, not {len(names)}")
        return None
    inputs = [one for one in map(at.element, names) if one is not None]
    if len(inputs) < len(names):
        return None
    needed = zip(spec.inputs, inputs, strict=True)
    factors = tuple(_factor(name, *one, at) for one in needed)
    if spec.same_unit:
        factors = _to_one_unit(name, inputs[0], inputs[1], at)
    return Formula(name, names, factors if set(factors) != {1} else ())


def _factor(name: str, needed: Input, given: Element, at: Cursor) -> float:
    """The factor from the unit of `given` to that of the formula; 1 for inputs without units."""
    if _FACT_KINDS[given.type] is not needed.kind:
        at.problem(f"{name} cannot use {given.name}, a {given.type}, there")
    elif missing := [one for one in needed.choices if one not in given.choices]:
        at.problem(
            f"{name} needs the choices {' and '.join(needed.choices)} for {needed.name};"
            f" {given.name} has no {' and no '.join(missing)}"
        )
    elif needed.units and (unit := given.unit) is not None:
        if unit in needed.units:
            return needed.units[unit]
        *most, last = needed.units
        units = f"{', '.join(most)} or {last}" if most else last
        at.problem(f"{name} needs {needed.name} in {units}; {given.name} is in {unit}")
    return 1


def _to_one_unit(name: str, one: Element, other: Element, at: Cursor) -> tuple[float, float]:
    """Factors that convert two elements to the same unit: one's own, which the other accepts."""
    if one.unit is None or other.unit is None or one.unit == other.unit:
        return 1, 1
    if other.unit in one.accepts:
        return 1, one.accepts[other.unit]
    if one.unit in other.accepts:
        return other.accepts[one.unit], 1
    at.problem(
        f"{name} needs both in one unit; {one.name} is in {one.unit}, {other.name} in"
        f" {other.unit}, and neither accepts the other's"
    )
    return 1, 1


def inputs_of(element: Element) -> tuple[str, ...]:
    """The elements that `element` is derived from or validated by."""
    computed = element.derive.inputs if isinstance(element.derive, Formula) else ()
    return (*computed, *(name for rule in element.rules for name in elements_of(rule)))
