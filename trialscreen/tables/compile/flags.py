"""What is wrong with a row, as expressions: contradictions, doubts, and values that are too old.

Where the reference names the elements that a contradiction rests on in this patient, a table
needs one list for all rows: every column that it can rest on.
"""

from collections.abc import Iterable, Iterator
from typing import assert_never

from trialscreen.model.contradictions import (
    Agreement,
    Contradiction,
    Disagreement,
    contradictions,
    thresholds,
)
from trialscreen.model.expr import NULL, Column, Constant, Scalar
from trialscreen.model.rules import Given
from trialscreen.model.trial import Check, Element, Formula
from trialscreen.screening.samples import day_column
from trialscreen.tables.compile.compiler import Compiler
from trialscreen.tables.compile.intervals import (
    Bounds,
    is_exact,
    judge,
    one_value,
    overlap,
    where,
    written,
)
from trialscreen.tables.compile.program import Flag
from trialscreen.tables.compile.simplify import (
    before,
    both,
    calculated,
    compare,
    either,
    floor,
    if_,
    known,
    negated,
)
from trialscreen.tables.compile.table import Table


def contradiction_flags(compiler: Compiler) -> tuple[Flag, ...]:
    """Those that some row can hold; without the columns for one, it is left out."""
    found = contradictions(compiler.trial)
    return tuple(flag for one in found for flag in _flagged(compiler, one))


def warning_flags(compiler: Compiler) -> tuple[Flag, ...]:
    """What `edit_checks.review` warns of in values beside each other, as contradictions are."""
    checks = (one for one in compiler.trial.checks if one.level == "warning")
    sides = (one for one in compiler.trial.elements.values() if one.derive is not None)
    return (
        *(flag for one in checks for flag in _flagged(compiler, one)),
        *(flag for one in sides for flag in _different_sides(compiler, one)),
    )


def cleaned(table: Table, found: Iterable[Flag]) -> dict[str, Scalar]:
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


def _flagged(compiler: Compiler, one: Contradiction) -> Iterator[Flag]:
    match one:
        case Disagreement(element, agreement):
            holds = _disagree(compiler, element, agreement)
            names, labels = _beside(compiler, element)
            reason = f"{element.label} contradicts {labels}, from which it follows"
        case Check(when=rule, say=reason):
            holds = compiler.rule(rule, one.id).truth
            names = _entered(compiler, compiler.trial.elements_behind(rule))
        case _:
            assert_never(one)
    if not isinstance(holds, Constant):
        yield Flag(one.id, names, reason, holds)


def _different_sides(compiler: Compiler, element: Element) -> Iterator[Flag]:
    """An entered and a derived value that decide differently: who enters both is told."""
    held = compiler.element(element.name)
    if NULL in (held.entered.low, held.derived.low):
        return
    tests = (
        [judge(operator, one, one_value(Constant(bound))) for one in (held.entered, held.derived)]
        for bound, operators in thresholds(compiler.trial, element).items()
        for operator in operators
    )
    holds = either(*(negated(compare("==", one, other)) for one, other in tests))
    if not isinstance(holds, Constant):
        names, labels = _beside(compiler, element)
        reason = f"{element.label} as entered, and as it follows from {labels}, "
        yield Flag(
            f"{element.name}_sides", names, f"{reason}lie on two sides of a threshold", holds
        )


def _beside(compiler: Compiler, element: Element) -> tuple[tuple[str, ...], str]:
    """The columns of an element and of what it follows from; and the latter in words."""
    rule = element.derive
    assert rule is not None
    rests_on = map(Given, rule.inputs) if isinstance(rule, Formula) else [rule]
    behind = (name for one in rests_on for name in compiler.trial.elements_behind(one))
    others = _entered(compiler, behind)
    labels = " and ".join(compiler.trial.elements[name].label for name in others)
    return _entered(compiler, (element.name, *others)), labels


def _disagree(compiler: Compiler, element: Element, agreement: Agreement) -> Scalar:
    """Where both are known, not `edit_checks.agree`."""
    held = compiler.element(element.name)
    entered, derived = held.entered, held.derived
    if NULL in (entered.low, derived.low):
        return NULL
    wide = compiler.unlimited(element, entered)
    match agreement:
        case "same":
            return negated(compare("==", entered.low, derived.low))
        case "years":
            return negated(overlap(_whole_years(entered, wide), derived))
        case "digits":
            assert isinstance(element.derive, Formula)
            by_digits = compiler.derived_by_digits(element.derive)
            allowed = where(is_exact(derived), by_digits, derived)
            apart = negated(overlap(written(entered, compiler.half(element.name)), allowed))
            return if_(is_exact(wide), apart, negated(overlap(wide, derived)))
        case _:
            assert_never(agreement)


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


def _entered(compiler: Compiler, names: Iterable[str]) -> tuple[str, ...]:
    """Those of `names` that the table has columns for, in the trial's order."""
    wanted = {name for name in names if compiler.element(name).entered.low != NULL}
    return tuple(name for name in compiler.trial.elements if name in wanted)


def stale(compiler: Compiler) -> dict[str, Scalar]:
    """By element with a column for its sample's day: true where a row's value is certainly old."""
    elements, found = compiler.trial.elements, {}
    for name, element in elements.items():
        day = day_column(name)
        if element.valid_for is None or day not in elements:
            continue
        value, latest = compiler.element(name).entered.low, compiler.element(day).entered.high
        oldest = before(compiler.table.screening_day, element.valid_for)
        if NULL not in (value, latest):
            found[name] = both(known(value), compare("<", latest, oldest))
    return found
