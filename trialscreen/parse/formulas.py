"""`derive: bmi(weight, height)` to a Formula whose inputs and result fit in kind and unit."""

import re
from collections.abc import Mapping

from trialscreen.derive import FORMULAS, FormulaSpec, Input
from trialscreen.fact import Dates, Exactly, Numbers
from trialscreen.parse.cursor import Cursor
from trialscreen.parse.yamltree import Scalar
from trialscreen.text import nearest, shown
from trialscreen.trial import Element, Formula

NUMERIC = ("integer", "quantity")
_CALL = re.compile(r"([a-z][a-z0-9_]*)\(\s*([a-z0-9_]+(?:\s*,\s*[a-z0-9_]+)*)\s*\)")
_FACT_KINDS = {
    "boolean": Exactly,
    "choice": Exactly,
    "integer": Numbers,
    "quantity": Numbers,
    "date": Dates,
}


def is_call(at: Cursor) -> bool:
    """Whether a formula is called here, be it a known one or not."""
    return isinstance(at.node, Scalar) and _CALL.fullmatch(at.node.text) is not None


def read_formula(element: Element, at: Cursor, elements: Mapping[str, Element]) -> Formula | None:
    """The formula that derives `element`, with the factors from its inputs' units to its own."""
    call = _CALL.fullmatch(at.node.text) if isinstance(at.node, Scalar) else None
    if call is None:
        at.problem(f"expected a formula such as bmi(weight, height); known: {', '.join(FORMULAS)}")
        return None
    name, names = call[1], tuple(part.strip() for part in call[2].split(","))
    spec = FORMULAS.get(name)
    if spec is None:
        at.problem(f"no formula is named {shown(name)}.{nearest(name, FORMULAS)}")
        return None
    _check_result(name, spec, element, at)
    if len(names) != len(spec.inputs):
        at.problem(f"{name} takes {len(spec.inputs)} elements, not {len(names)}")
        return None
    for given in names:
        if given not in elements:
            at.problem(f"no data element is named {shown(given)}.{nearest(given, elements)}")
    if not elements.keys() >= set(names):
        return None
    inputs = [elements[given] for given in names]
    factors = tuple(
        _factor(name, needed, given, at) for needed, given in zip(spec.inputs, inputs, strict=True)
    )
    if spec.same_unit:
        factors = _to_one_unit(name, inputs[0], inputs[1], at)
    return Formula(name, names, factors if set(factors) != {1} else ())


def _check_result(name: str, spec: FormulaSpec, element: Element, at: Cursor) -> None:
    if element.type not in NUMERIC:
        at.problem(f"a formula gives a number; {element.name} is a {element.type}")
    elif element.unit is not None and element.unit not in spec.gives:
        at.problem(f"{name} gives {spec.gives[0]}; {element.name} is in {element.unit}")


def _factor(name: str, needed: Input, given: Element, at: Cursor) -> float:
    """What takes numbers of `given` to the unit that the formula computes in; 1 without units."""
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
    """Factors that take two elements to one unit: one of theirs, which the other accepts."""
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
