"""What cannot be right together in one row: the errors of `edit_checks`, as expressions.

Where the reference names the elements that the contradiction rests on in this patient,
a table needs one list for all rows: every column that it can rest on.
"""

from collections.abc import Iterable, Iterator

from trialscreen.model.expr import NULL, Column, Constant, Scalar
from trialscreen.model.formulas import FORMULAS as SPECS
from trialscreen.model.rules import Given, Rule
from trialscreen.model.trial import Element, Formula
from trialscreen.tables.compile.intervals import Bounds, is_exact, overlap, where, written
from trialscreen.tables.compile.program import Contradiction, Table
from trialscreen.tables.compile.rules import Compiler
from trialscreen.tables.compile.simplify import calculated, compare, either, floor, if_, negated


def contradictions(compiler: Compiler) -> tuple[Contradiction, ...]:
    """Those that some row can hold; without the columns for one, it is left out."""
    elements = [one for one in compiler.trial.elements.values() if one.derive is not None]
    found = [
        *(one for element in elements for one in _disagreement(compiler, element)),
        *_checks(compiler),
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


def _disagreement(compiler: Compiler, element: Element) -> Iterator[Contradiction]:
    """An entered value against the one that follows from other elements."""
    held = compiler.element(element.name)
    if element.reported_wins or NULL in (held.entered.low, held.derived.low):
        return
    if element.type == "boolean":
        disagree = negated(compare("==", held.entered.low, held.derived.low))
    elif isinstance(element.derive, Formula) and not SPECS[element.derive.name].whole:
        disagree = _numbers_disagree(compiler, element, element.derive)
    else:
        years = _whole_years(held.entered, compiler.unlimited(element, held.entered))
        disagree = negated(overlap(years, held.derived))
    others = _entered(compiler, _behind(compiler, element))
    yield Contradiction(
        f"{element.name}_disagrees",
        _entered(compiler, (element.name, *others)),
        f"{element.label} contradicts {_labels(compiler, others)}, from which it follows",
        disagree,
    )


def _numbers_disagree(compiler: Compiler, element: Element, formula: Formula) -> Scalar:
    """As `edit_checks.agree` has it, of numbers that may have been rounded."""
    held = compiler.element(element.name)
    entered, derived = held.entered, held.derived
    allowed = where(is_exact(derived), compiler.derived_by_digits(formula), derived)
    apart = negated(overlap(written(entered, compiler.half(element.name)), allowed))
    wide = compiler.unlimited(element, entered)
    return if_(is_exact(wide), apart, negated(overlap(wide, derived)))


def _whole_years(entered: Bounds, wide: Bounds) -> Bounds:
    """The completed years of what was entered: 2 for 2.9, and for below 3.

    `wide` is `entered` without ends that a range has given; they are far too large for the whole
    numbers of Spark.
    """
    minus_one = Constant(-1.0)
    up = calculated("*", floor(calculated("*", entered.high, minus_one)), minus_one)
    below = calculated("-", up, Constant(1.0))
    high = if_(entered.high_open, below, floor(entered.high))
    if wide is entered:
        return Bounds(floor(entered.low), high)
    return Bounds(
        if_(compare("==", wide.low, entered.low), floor(entered.low), wide.low),
        if_(compare("==", wide.high, entered.high), high, wide.high),
    )


def _checks(compiler: Compiler) -> Iterator[Contradiction]:
    for check in compiler.trial.checks:
        holds = compiler.rule(check.when, check.id).truth if check.level == "error" else NULL
        if not isinstance(holds, Constant):
            behind = compiler.trial.elements_behind(check.when)
            yield Contradiction(check.id, _entered(compiler, behind), check.say, holds)


def _behind(compiler: Compiler, element: Element) -> tuple[str, ...]:
    """The elements that the derivation of `element` can rest on."""
    rules: Iterable[Rule]
    if isinstance(element.derive, Formula):
        rules = map(Given, element.derive.inputs)
    else:
        rules = () if element.derive is None else (element.derive,)
    return tuple(name for rule in rules for name in compiler.trial.elements_behind(rule))


def _entered(compiler: Compiler, names: Iterable[str]) -> tuple[str, ...]:
    """Those of `names` that the table has columns for, in the trial's order."""
    wanted = {name for name in names if compiler.element(name).entered.low != NULL}
    return tuple(name for name in compiler.trial.elements if name in wanted)


def _labels(compiler: Compiler, names: Iterable[str]) -> str:
    return " and ".join(compiler.trial.elements[name].label for name in names)
