"""Lints a criteria file: finds what is well formed but wrong, or worth a second look.

Conversion factors are checked with a small table of UCUM units (https://ucum.org/ucum), those
common in screening; factors between other units are not checked.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from itertools import chain, combinations, permutations
from math import isclose
from typing import Literal, NamedTuple

from trialscreen.criteria_file.reader import Cursor, Document
from trialscreen.criteria_file.yaml_elements import inputs_of
from trialscreen.criteria_file.yaml_nodes import Node
from trialscreen.model import rules, truth
from trialscreen.model.trial import SCREENING_DATE, Criterion, Element, Trial
from trialscreen.model.wording import as_written
from trialscreen.screening.evaluate import Evaluation


class Scale(NamedTuple):
    """A unit as a multiple of base units: `dimension` maps each to its power."""

    factor: float
    dimension: Mapping[str, int]


_PREFIXES = {"k": 3, "h": 2, "d": -1, "c": -2, "m": -3, "u": -6, "n": -9, "p": -12, "f": -15}
"""UCUM prefixes, as powers of ten."""

_BY_BASE: Mapping[str, Mapping[str, float]] = {
    "g": {"g": 1, "[lb_av]": 453.59237, "[oz_av]": 28.349523125, "[stone_av]": 6350.29318},
    "m": {"m": 1, "[in_i]": 0.0254, "[ft_i]": 0.3048},
    "s": {"s": 1, "min": 60, "h": 3600, "d": 86_400, "wk": 604_800, "mo": 2_629_800},
    "mol": {"mol": 1},
    "[IU]": {"[IU]": 1, "[iU]": 1},
    "eq": {"eq": 1},
}
_UNITS = {
    **{code: Scale(n, {base: 1}) for base, units in _BY_BASE.items() for code, n in units.items()},
    "a": Scale(365.25 * 86_400, {"s": 1}),
    "L": Scale(1e-3, {"m": 3}),
    "l": Scale(1e-3, {"m": 3}),
    "U": Scale(1e-6 / 60, {"mol": 1, "s": -1}),
    "kat": Scale(1, {"mol": 1, "s": -1}),
    "%": Scale(0.01, {}),
    "1": Scale(1, {}),
}
_METRIC = ("g", "m", "s", "mol", "L", "l", "U", "kat", "[IU]", "[iU]", "eq")
_POWER_OF_TEN = re.compile(r"10[*^](-?[0-9]+)")
_ATOM = re.compile(r"((?:[A-Za-z]*\[[^\]]+\])|[A-Za-z]+|%|1)(-?[0-9]+)?")


def ratio(code: str, other: str) -> float | None:
    """How many `other` one `code` is; None if unknown, or if their dimensions differ."""
    one, two = scale(code), scale(other)
    if one is None or two is None or one.dimension != two.dimension:
        return None
    return one.factor / two.factor


def grams_per_mole(code: str, other: str, factor: float) -> float | None:
    """The molar mass implied by `factor` from `code` to `other`, a mass and an amount (or v.v.)."""
    one, two = scale(code), scale(other)
    if one is None or two is None:
        return None
    difference = Counter(one.dimension)
    difference.subtract(two.dimension)
    match {base: count for base, count in difference.items() if count}:
        case {"g": 1, "mol": -1, **rest} if not rest:
            return one.factor / two.factor / factor
        case {"g": -1, "mol": 1, **rest} if not rest:
            return two.factor * factor / one.factor
        case _:
            return None


def scale(code: str) -> Scale | None:
    """The scale of a unit; None if the table lacks a part of it."""
    factor, dimension = 1.0, Counter[str]()
    for sign, term in re.findall(r"([./]?)([^./{]*(?:\{[^}]*\})?)", code):
        if not term:
            continue
        part = _part(term)
        if part is None:
            return None
        power = -1 if sign == "/" else 1
        factor *= part.factor**power
        for base, count in part.dimension.items():
            dimension[base] += power * count
    return Scale(factor, {base: count for base, count in dimension.items() if count})


def _part(term: str) -> Scale | None:
    """A unit with its power; an annotation in braces alone counts as a unit of its own."""
    word, brace, note = term.partition("{")
    if not word:
        return Scale(1, {brace + note: 1})
    if (power := _POWER_OF_TEN.fullmatch(term)) is not None:
        return Scale(10.0 ** int(power[1]), {})
    if (atom := _ATOM.fullmatch(term)) is None:
        return None
    name, count = atom[1], int(atom[2] or 1)
    prefix = 0
    if name not in _UNITS and name[1:] in _METRIC and name[0] in _PREFIXES:
        prefix, name = _PREFIXES[name[0]], name[1:]
    if name not in _UNITS:
        return None
    factor, dimension = _UNITS[name]
    powers = {base: power * count for base, power in dimension.items()}
    return Scale((10.0**prefix * factor) ** count, powers)


Level = Literal["error", "warning"]


class Lint(NamedTuple):
    """A finding on a criteria file: its place in the document, lint rule, level and message."""

    where: str
    rule: str
    level: Level
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message} [{self.rule}]"


def lint(trial: Trial) -> tuple[Lint, ...]:
    """Every finding, in the order of the document."""
    return tuple(
        Lint(where, rule, level, message)
        for rule, find in RULES.items()
        for where, level, message in find(trial)
    )


_Hits = Iterator[tuple[str, Level, str]]
"""Place, level and message."""


def _units(trial: Trial) -> _Hits:
    """Every unit code must be defined, so that it can be displayed and parsed."""
    for element in trial.elements.values():
        own = () if element.unit is None else (element.unit,)
        refused = () if element.choices else element.refuses
        for code in (*own, *element.accepts, *refused):
            if code not in element.units:
                yield _at(element), "error", f"the unit {code!r} is not defined under units:"


def _undated(trial: Trial) -> _Hits:
    """A date without limits accepts the default dates of databases."""
    for element in trial.elements.values():
        if element.type != "date" or element.internal:
            continue
        wanted = {"range": element.range, "typical": element.typical}
        if element.name == SCREENING_DATE:
            del wanted["range"]
        if lacking := [key for key, limits in wanted.items() if limits is None]:
            message = (
                f"a date without {' and '.join(lacking)}: days that databases write where none is"
                " known, such as 1900-01-01 or 1970-01-01, pass for dates"
            )
            yield _at(element), "warning", message


LIGHTEST, LARGE_PROTEIN = 5, 100_000
"""Plausible g/mol: nothing lighter than lithium (7) is measured, and few larger proteins."""


def _factors(trial: Trial) -> _Hits:
    """A conversion factor must agree with the units that it converts between.

    Factors to the element's unit are checked, and the ratios of those of other dimensions.
    """
    for element in trial.elements.values():
        unit, factors = element.unit, element.accepts
        if unit is None:
            continue
        taken = [(code, unit, factor) for code, factor in factors.items()]
        apart = [code for code in factors if ratio(code, unit) is None]
        taken += [(one, two, factors[one] / factors[two]) for one, two in combinations(apart, 2)]
        for one in taken:
            if (wrong := _wrong_factor(*one)) is not None:
                yield _at(element), *wrong


def _wrong_factor(code: str, other: str, factor: float) -> tuple[Level, str] | None:
    """What is wrong with `factor`, which converts from `code` to `other`; None if nothing is."""
    right = ratio(code, other)
    if right is not None and not isclose(factor, right, rel_tol=0.02):
        upside_down = isclose(factor * right, 1, rel_tol=0.02)
        why = "; the factor is upside down" if upside_down else ""
        return "error", f"1 {code} is {right:.6g} {other}, and not {factor:.6g}{why}"
    mole = grams_per_mole(code, other, factor)
    if mole is None or LIGHTEST <= mole <= LARGE_PROTEIN:
        return None
    implied = f"1 {code} as {factor:.6g} {other} makes {mole:.3g} g of a mole"
    if mole < LIGHTEST:
        return "error", f"{implied}, as nothing does; is the factor upside down?"
    return "warning", f"{implied}, as only large proteins do; is the factor upside down?"


def _unused(trial: Trial) -> _Hits:
    """An element that no criterion, check or derivation reads is asked for in vain."""
    read = [one.rule for one in trial.criteria] + [one.when for one in trial.checks]
    used = {SCREENING_DATE, *chain.from_iterable(map(rules.elements_of, read))}
    used.update(chain.from_iterable(map(inputs_of, trial.elements.values())))
    for element in trial.elements.values():
        if element.name not in used and not element.internal:
            yield _at(element), "warning", "no criterion, check or derivation reads it"


def _decided_by_nothing(trial: Trial) -> _Hits:
    """No criterion may be decided without any data."""
    nothing = Evaluation(trial, {}, date(2000, 1, 1))
    for criterion in trial.criteria:
        if nothing.truth(criterion.rule) is not truth.UNKNOWN:
            message = "it is decided for a patient of whom nothing is known"
            yield _at(criterion), "error", message


def _never_decided(trial: Trial) -> _Hits:
    """A test with a bound outside its element's accepted range has the same result for all."""
    for criterion in trial.criteria:
        for test in rules.tests_of(criterion.rule):
            if not isinstance(test, rules.Compare) or not isinstance(test.bound, int | float):
                continue
            span = trial.elements[test.element].range
            if span is not None and not span[0] <= test.bound <= span[1]:  # type: ignore[operator]
                message = (
                    f"{test.element} is compared with {as_written(test.bound)}, outside its"
                    f" range {as_written(span[0])} to {as_written(span[1])}"
                )
                yield _at(criterion), "error", message


def _never_met(trial: Trial) -> _Hits:
    """A lower bound above the upper bound can never be met."""
    for criterion, rule in _every_rule(trial):
        if isinstance(rule, rules.AtLeastN) and rule.is_all:
            for name, *bounds in _empty_spans(rule.parts):
                ends = " and ".join(f"{_SAID[one]} {as_written(end)}" for one, end in bounds)
                yield _at(criterion), "error", f"no {name} is {ends}"


_SAID = {one: one.value.replace("_", " ") for one in rules.Operator}
_LOWER = (rules.Operator.AT_LEAST, rules.Operator.ABOVE)
_End = tuple[rules.Operator, int | float]


def _empty_spans(parts: tuple[rules.Rule, ...]) -> Iterator[tuple[str, _End, _End]]:
    """Pairs of bounds on one element that exclude each other, although both must hold."""
    ends: dict[str, list[_End]] = {}
    for one in parts:
        if isinstance(one, rules.Compare) and not isinstance(one.bound, rules.ElementRef):
            ends.setdefault(one.element, []).append((one.operator, one.bound))
    for name, of_element in ends.items():
        for low, high in permutations(of_element, 2):
            if low[0] in _LOWER and high[0] not in _LOWER:
                is_closed = (low[0], high[0]) == (rules.Operator.AT_LEAST, rules.Operator.AT_MOST)
                if low[1] > high[1] or (low[1] == high[1] and not is_closed):
                    yield name, low, high


def _repeated_clauses(trial: Trial) -> _Hits:
    """The same rule twice in one list is a mistake."""
    for criterion, rule in _every_rule(trial):
        parts = rules.parts_of(rule)
        if len(set(parts)) < len(parts):
            repeated = next(part for part in parts if parts.count(part) > 1)
            name = repeated.element if isinstance(repeated, rules.Test) else "a rule"
            yield _at(criterion), "warning", f"{name} stands twice in one list"


def _every_rule(trial: Trial) -> Iterator[tuple[Criterion, rules.Rule]]:
    """The rule of each criterion, and those inside it."""
    return ((one, rule) for one in trial.criteria for rule in rules.rules_in(one.rule))


RULES: Mapping[str, Callable[[Trial], _Hits]] = {
    "unit-defined": _units,
    "factor-fits": _factors,
    "date-limits": _undated,
    "element-used": _unused,
    "silence-decides": _decided_by_nothing,
    "bound-in-range": _never_decided,
    "span-not-empty": _never_met,
    "no-repetition": _repeated_clauses,
}


def _at(one: Element | Criterion) -> str:
    return f"elements.{one.name}" if isinstance(one, Element) else f"{one.kind}.{one.id}"


def place_of(root: Node, where: str) -> tuple[int, int]:
    """Line and column, from 1, of `section.name` in a criteria file: a key, or an item's id."""
    section, _, name = where.partition(".")
    top = Cursor(root, "", Document(""))
    if section == "elements":
        at = top.down(section, name)
    else:
        at = next(one for one in top.items_of(section) if one.down("id").text() == name)
    return at.node.line, at.node.column
