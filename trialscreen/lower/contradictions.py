"""What cannot be right together in one row: the errors of `consistency`, as expressions.

Where the reference names the elements that the contradiction rests on in this patient,
a table needs one list for all rows: every column that it can rest on.
"""

from collections.abc import Callable, Iterable, Iterator

from trialscreen.derive import DECIMALS
from trialscreen.derive import FORMULAS as SPECS
from trialscreen.lower.bounds import Bounds, is_exact, overlap
from trialscreen.lower.folding import (
    calculated,
    compare,
    either,
    floor,
    if_,
    known,
    negated,
    rounded_to,
)
from trialscreen.lower.lowering import Lowering
from trialscreen.lower.program import Contradiction, Table
from trialscreen.rule import Given, Rule
from trialscreen.scalar import NULL, Column, Constant, Scalar
from trialscreen.trial import Element, Formula


def contradictions(lowering: Lowering) -> tuple[Contradiction, ...]:
    """Those that some row can hold; without the columns for one, it is left out."""
    elements = [one for one in lowering.trial.elements.values() if one.derive is not None]
    found = [
        *(one for element in elements for one in _disagreement(lowering, element)),
        *_checks(lowering),
    ]
    return tuple(found)


def cleaned(table: Table, found: Iterable[Contradiction]) -> dict[str, Scalar]:
    """The columns that `found` can strike: null where one of them holds."""
    strikes: dict[str, list[Scalar]] = {}
    for one in found:
        for name in one.elements:
            strikes.setdefault(name, []).append(one.holds)
    return {
        column: if_(either(*holds), NULL, Column(column))
        for name, holds in strikes.items()
        for column in (name, f"{name}_low", f"{name}_high")
        if column in table.columns
    }


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
    above = _difference(lowering, element, derived.low, entered.low)
    below = _difference(lowering, element, entered.low, derived.high)

    def off(decimals: int) -> Scalar:
        """Whether they are too far apart for a number written with so many decimals."""
        half = Constant(0.5 * 10.0**-decimals)
        return either(compare(">=", above, half), compare(">", below, half))

    as_float = _too_precise(entered.low, off)
    exact_one = if_(_written_whole(lowering, element.name), off(0), as_float)
    return if_(is_exact(entered), exact_one, negated(overlap(entered, derived)))


def _difference(lowering: Lowering, element: Element, more: Scalar, less: Scalar) -> Scalar:
    value = calculated("-", more, less)
    about = f"{element.label}, entered against computed"
    return rounded_to(lowering.share(f"{element.name}_difference", about, value))


def _too_precise(value: Scalar, off: Callable[[int], Scalar]) -> Scalar:
    """Whether a number written with a point has as many decimals as are too many.

    What is too far apart for some decimals is so for more of them. So the least number
    of them tells whether `value` has as many: it has, if it does not survive with fewer.
    """
    scale: Scalar = NULL
    for decimals in range(DECIMALS, 1, -1):
        scale = if_(off(decimals), Constant(10.0 ** (decimals - 1)), scale)
    half_up = calculated("+", calculated("*", value, scale), Constant(0.5))
    with_fewer = calculated("/", floor(half_up), scale)
    return either(off(1), negated(compare("==", with_fewer, value)))


def _written_whole(lowering: Lowering, name: str) -> Scalar:
    """Whether the entered number was written without a point."""
    table = lowering.table
    from_bounds = Constant({f"{name}_low", f"{name}_high"} <= table.whole)
    if name not in table.columns:
        return from_bounds
    return if_(known(Column(name)), Constant(name in table.whole), from_bounds)


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
