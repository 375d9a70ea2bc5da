"""Which elements a row needs, as `screening.missing.needed` names them for one patient."""

from collections.abc import Iterable

from trialscreen.model.expr import FALSE, TRUE, Known, Scalar
from trialscreen.model.rules import Rule, Test, elements_of_test, parts_of
from trialscreen.model.trial import Element, Formula
from trialscreen.tables.compile.compiler import Compiler
from trialscreen.tables.compile.intervals import is_exact
from trialscreen.tables.compile.simplify import both, either, known, negated, unknown

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
