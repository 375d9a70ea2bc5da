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
from trialscreen.model.expr import FALSE, NULL, TRUE, Column, Constant, Known, Scalar
from trialscreen.model.rules import Given, Rule, Test, elements_of_test, parts_of
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
from trialscreen.tables.compile.program import Flag, Table
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
    unknown,
)


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


Opens = dict[str, Scalar]
"""By element: whether it is open."""


def needed(compiler: Compiler) -> Opens:
    """By element: whether a row needs it, as `Screening.needed` has it; false or null if not."""
    together = _any_of(_of_rule(compiler, one.rule, one.id) for one in compiler.trial.criteria)
    return {name: together[name] for name in compiler.trial.elements if name in together}


def _of_rule(compiler: Compiler, rule: Rule, name: str) -> Opens:
    """What is open while a rule is unknown."""
    parts = parts_of(rule)
    if len(parts) == 1:  # unknown just when its part is
        return _of_rule(compiler, parts[0], name)
    truth = _truth(compiler, rule, name)
    if isinstance(rule, Test):
        used = [compiler.trial.elements[one] for one in elements_of_test(rule)]
        return _where(unknown(truth), _any_of(_of_element(compiler, one) for one in used))
    return _where(unknown(truth), _any_of(_of_rule(compiler, part, name) for part in parts))


def _truth(compiler: Compiler, rule: Rule, name: str) -> Scalar:
    truth = compiler.rule(rule, name).truth
    if known(truth) == Known(truth):  # of a comparison, only its sides are looked at
        return compiler.share(f"{name}_part", f"a part of {name}", truth)
    return truth


def _of_element(compiler: Compiler, element: Element) -> Opens:
    """What is open in one element: itself, or what it is only ever derived from; its validity."""
    held = compiler.element(element.name)
    opens: Opens = {element.name: TRUE}
    if element.source == "derived" and (behind := _behind(compiler, element)):
        itself = either(known(held.entered.low), negated(either(*behind.values())))
        opens = _any_of(({element.name: itself}, _where(negated(itself), behind)))
    if element.valid_if is not None:
        valid = _truth(compiler, element.valid_if, element.name)
        never = both(known(valid), negated(valid))
        validity = _of_rule(compiler, element.valid_if, element.name)
        opens = _where(both(negated(never), negated(is_exact(held.entered))), opens)
        opens = _any_of(({element.name: never}, validity, opens))
    return _where(negated(is_exact(held.fact)), opens)


def _behind(compiler: Compiler, element: Element) -> Opens:
    match element.derive:
        case None:
            return {}
        case Formula(_, names):
            return _any_of(_of_element(compiler, compiler.trial.elements[one]) for one in names)
        case rule:
            return _of_rule(compiler, rule, element.name)


def _where(condition: Scalar, opens: Opens) -> Opens:
    found = {name: both(condition, one) for name, one in opens.items()}
    return {name: one for name, one in found.items() if one != FALSE}


def _any_of(several: Iterable[Opens]) -> Opens:
    found: dict[str, list[Scalar]] = {}
    for opens in several:
        for name, one in opens.items():
            found.setdefault(name, []).append(one)
    return {name: either(*ones) for name, ones in found.items()}
