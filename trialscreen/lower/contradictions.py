"""What cannot be right together in one row: the errors of `consistency`, as expressions.

Where the reference names the elements that the contradiction rests on in this patient,
a table needs one list for all rows: every column that it can rest on.
"""

from collections.abc import Iterable, Iterator

from trialscreen.derive import DECIMALS
from trialscreen.derive import FORMULAS as SPECS
from trialscreen.lower.bounds import Bounds, is_exact, overlap
from trialscreen.lower.folding import (
    both,
    calculated,
    compare,
    either,
    floor,
    if_,
    known,
    negated,
    rounded_to,
    unknown,
)
from trialscreen.lower.lowering import Lowering
from trialscreen.lower.program import Contradiction
from trialscreen.rule import Given, Rule
from trialscreen.scalar import NULL, Column, Constant, Scalar
from trialscreen.trial import Element, Formula


def contradictions(lowering: Lowering) -> tuple[Contradiction, ...]:
    """Those that some row can hold; without the columns for one, it is left out."""
    elements = [one for one in lowering.trial.elements.values() if one.derive is not None]
    found = [
        *(one for element in elements for one in _disagreement(lowering, element)),
        *(one for element in elements for one in _impossible(lowering, element)),
        *_checks(lowering),
    ]
    return tuple(found)


def _disagreement(lowering: Lowering, element: Element) -> Iterator[Contradiction]:
    """An entered value against the one that follows from other elements."""
    held = lowering.element(element.name)
    if element.reported_wins or NULL in (held.entered.low, held.derived.low):
        return
    if element.type == "boolean":
        disagree = negated(compare("==", held.entered.low, held.derived.low))
    elif isinstance(element.derive, Formula) and SPECS[element.derive.name].whole:
        whole = Bounds(floor(held.entered.low), floor(held.entered.high))
        disagree = negated(overlap(whole, held.derived))
    else:
        disagree = _numbers_disagree(lowering, element, held.entered, held.derived)
    others = _entered(lowering, _behind(lowering, element))
    yield Contradiction(
        f"{element.name}_disagrees",
        _entered(lowering, (element.name, *others)),
        f"{element.label} contradicts {_labels(lowering, others)}, from which it follows",
        disagree,
    )


def _numbers_disagree(
    lowering: Lowering, element: Element, entered: Bounds, derived: Bounds
) -> Scalar:
    """As `consistency.agree` has it: by more than the rounding of an exact entered number."""
    half = _half_digit(lowering, element.name, entered.low)
    above = rounded_to(calculated("-", derived.low, entered.low))
    below = rounded_to(calculated("-", entered.low, derived.high))
    exact_one = either(compare(">=", above, half), compare(">", below, half))
    return if_(is_exact(entered), exact_one, negated(overlap(entered, derived)))


def _half_digit(lowering: Lowering, name: str, value: Scalar) -> Scalar:
    """Half a unit of the last decimal that an entered number was written with."""
    whole = lowering.table.whole
    from_bounds = {f"{name}_low", f"{name}_high"} <= lowering.table.columns - whole
    if name in whole and not from_bounds:
        return Constant(0.5)
    half: Scalar = Constant(0.5 * 10.0**-DECIMALS)
    for decimals in range(DECIMALS - 1, 0, -1):
        written = compare("==", rounded_to(value, decimals), value)
        half = if_(written, Constant(0.5 * 10.0**-decimals), half)
    return if_(known(Column(name)), Constant(0.5), half) if name in whole else half


def _impossible(lowering: Lowering, element: Element) -> Iterator[Contradiction]:
    """A derived number outside its accepted range: its sources cannot all be right."""
    held = lowering.element(element.name)
    if element.range is None or held.derived.low == NULL or not isinstance(element.derive, Formula):
        return
    least, most = element.range
    outside = either(
        compare("<", held.derived.high, Constant(least)),
        compare(">", held.derived.low, Constant(most)),
    )
    others = _entered(lowering, _behind(lowering, element))
    yield Contradiction(
        f"{element.name}_impossible",
        others,
        f"{_labels(lowering, others)} cannot be right together: {element.label} would lie"
        " outside its range",
        both(unknown(held.entered.low), outside),
    )


def _checks(lowering: Lowering) -> Iterator[Contradiction]:
    for check in lowering.trial.checks:
        holds = lowering.rule(check.when, check.id).truth if check.level == "error" else NULL
        if not isinstance(holds, Constant):
            behind = lowering.trial.elements_behind(check.when)
            yield Contradiction(check.id, _entered(lowering, behind), check.say, holds)


def _behind(lowering: Lowering, element: Element) -> tuple[str, ...]:
    """The elements that the derivation of `element` can rest on."""
    rules: Iterable[Rule]
    if isinstance(element.derive, Formula):
        rules = map(Given, element.derive.inputs)
    else:
        rules = () if element.derive is None else (element.derive,)
    return tuple(name for rule in rules for name in lowering.trial.elements_behind(rule))


def _entered(lowering: Lowering, names: Iterable[str]) -> tuple[str, ...]:
    """Those of `names` that the table has columns for, in the trial's order."""
    wanted = {name for name in names if lowering.element(name).entered.low != NULL}
    return tuple(name for name in lowering.trial.elements if name in wanted)


def _labels(lowering: Lowering, names: Iterable[str]) -> str:
    return " and ".join(lowering.trial.elements[name].label for name in names)
