"""Which values of a row are stale, as `screening.samples.stale` finds for one patient."""

from trialscreen.model.expr import NULL, Scalar
from trialscreen.screening.samples import day_column
from trialscreen.tables.compile.compiler import Compiler
from trialscreen.tables.compile.simplify import before, both, compare, known


def stale(compiler: Compiler) -> dict[str, Scalar]:
    """By element with a column for the day of its sample: whether a row's value is certainly old.

    It is that where true: false and null do not matter.
    """
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
