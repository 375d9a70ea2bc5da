"""Compiles each element to the two ends of its interval in a row, including formula results."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import NamedTuple, assert_never

from trialscreen.model import expr
from trialscreen.model.facts import DIGITS_THAT_COUNT, UNLIMITED, half_of
from trialscreen.model.formulas import FORMULAS, FormulaSpec, Input
from trialscreen.model.rules import Operator
from trialscreen.model.trial import SCREENING_DATE, Formula
from trialscreen.tables.compile.simplify import (
    both,
    calculated,
    coalesce,
    compare,
    completed_years,
    either,
    if_,
    known,
    negated,
    one_of,
    rounded_to,
)


class Bounds(NamedTuple):
    """An interval; both ends null for unknown. Equal ends: one value, or unknown.

    `low_open` and `high_open`: whether that end is left out; false or null if not. Of a
    yes/no or a choice, which has no order, both ends are the one value.
    """

    low: expr.Scalar
    high: expr.Scalar
    low_open: expr.Scalar = expr.FALSE
    high_open: expr.Scalar = expr.FALSE

    @property
    def is_one_value(self) -> bool:
        """Whether the two ends are one expression, so that no row can hold a wider interval."""
        return self.low == self.high


NO_BOUNDS = Bounds(expr.NULL, expr.NULL)


def one_value(value: expr.Scalar) -> Bounds:
    return Bounds(value, value)


def is_exact(bounds: Bounds) -> expr.Scalar:
    """Whether one value only is left; never null."""
    if bounds.is_one_value:
        return known(bounds.low)
    return both(known(bounds.low), compare("==", bounds.low, bounds.high))


def where(condition: expr.Scalar, then: Bounds, otherwise: Bounds) -> Bounds:
    """`then` in the rows in which the condition is true, else `otherwise`."""
    ends = (if_(condition, *pair) for pair in zip(then, otherwise, strict=True))
    return Bounds(*ends)


def judge(operator: Operator, value: Bounds, bound: Bounds) -> expr.Scalar:
    """A value against a bound, as `evaluate` compares them: certain only if all values agree."""
    if value.is_one_value and bound.is_one_value:
        return compare(operator.sign, value.low, bound.low)
    match operator:
        case Operator.AT_LEAST:
            holds, fails = compare(">=", value.low, bound.high), _above(bound, value)
        case Operator.ABOVE:
            holds, fails = _above(value, bound), compare("<=", value.high, bound.low)
        case Operator.AT_MOST:
            holds, fails = compare("<=", value.high, bound.low), _above(value, bound)
        case Operator.BELOW:
            holds, fails = _above(bound, value), compare(">=", value.low, bound.high)
        case _:
            assert_never(operator)
    return if_(holds, expr.TRUE, if_(fails, expr.FALSE, expr.NULL))


def _above(one: Bounds, other: Bounds) -> expr.Scalar:
    """Whether every value of `one` is above every value of `other`."""
    touching = either(one.low_open, other.high_open)
    return if_(touching, compare(">=", one.low, other.high), compare(">", one.low, other.high))


def overlap(one: Bounds, other: Bounds) -> expr.Scalar:
    """Whether some value lies within both; null if one is unknown."""
    return both(_reaches(one, other), _reaches(other, one))


def _reaches(one: Bounds, other: Bounds) -> expr.Scalar:
    """Whether some value of `other` is as high as some value of `one`."""
    touching = either(one.low_open, other.high_open)
    return if_(touching, compare("<", one.low, other.high), compare("<=", one.low, other.high))


def first_known(one: Bounds, other: Bounds) -> Bounds:
    if expr.NULL in (one.low, other.low):
        return other if one.low == expr.NULL else one
    low, high = coalesce(one.low, other.low), coalesce(one.high, other.high)
    opens = where(known(one.low), one, other)
    return Bounds(low, high, opens.low_open, opens.high_open)


def combined(entered: Bounds, wide: Bounds, derived: Bounds, half: expr.Scalar) -> Bounds:
    """A number as `evaluate.combine` has it.

    `wide` is the entry without the ends of its range; `half` as of an entry that is exact.
    """
    as_written = written(entered, half)
    is_near = both(
        is_exact(entered), negated(overlap(entered, derived)), overlap(as_written, derived)
    )
    near = _cut(as_written, as_written, derived)
    cut = where(is_near, near, _cut(entered, wide, derived))
    return where(is_exact(derived), derived, cut)


def written(value: Bounds, half: expr.Scalar) -> Bounds:
    """`Numbers.written` of an exact number."""
    low = rounded_to(calculated("-", value.low, half))
    halved = calculated("/", value.low, expr.Constant(2.0))
    is_less = both(compare(">=", value.low, expr.Constant(0.0)), compare("<", low, halved))
    return Bounds(if_(is_less, halved, low), rounded_to(calculated("+", value.high, half)))


def half_of_shown(value: expr.Scalar) -> expr.Scalar:
    """As `facts.half_of_shown`."""
    half: expr.Scalar = expr.Constant(half_of(DIGITS_THAT_COUNT))
    for decimals in reversed(range(DIGITS_THAT_COUNT)):
        shows_it = compare("==", rounded_to(value, decimals), value)
        half = if_(shows_it, expr.Constant(half_of(decimals)), half)
    return half


def unlimited(entered: Bounds, limits: tuple[float, float], half: expr.Scalar) -> Bounds:
    """As `evaluate.unlimited`; `limits` are the ends of the element's range.

    `half` is null where the table does not tell how numbers are written.
    """
    if entered.is_one_value:
        return entered
    is_bound = either(negated(is_exact(entered)), compare("==", half, expr.Constant(0.0)))
    least, most = map(expr.Constant, limits)
    from_range = both(is_bound, compare("==", entered.low, least), _is_closed(entered.low_open))
    to_range = both(is_bound, compare("==", entered.high, most), _is_closed(entered.high_open))
    return entered._replace(
        low=if_(from_range, expr.Constant(-UNLIMITED), entered.low),
        high=if_(to_range, expr.Constant(UNLIMITED), entered.high),
    )


def _is_closed(is_open: expr.Scalar) -> expr.Scalar:
    """Whether an end is not left out; never null."""
    return if_(is_open, expr.FALSE, expr.TRUE)


def _cut(entered: Bounds, wide: Bounds, derived: Bounds) -> Bounds:
    """Both together where they overlap; else the entered one, or the only one."""
    meet = overlap(wide, derived)
    first = first_known(entered, derived)
    from_low = both(meet, _is_sharper(">", derived.low, derived.low_open, wide.low))
    from_high = both(meet, _is_sharper("<", derived.high, derived.high_open, wide.high))
    return Bounds(
        if_(from_low, derived.low, first.low),
        if_(from_high, derived.high, first.high),
        if_(from_low, derived.low_open, first.low_open),
        if_(from_high, derived.high_open, first.high_open),
    )


def _is_sharper(
    sign: expr.ComparisonSign, end: expr.Scalar, is_open: expr.Scalar, other: expr.Scalar
) -> expr.Scalar:
    return either(compare(sign, end, other), both(is_open, compare("==", end, other)))


def computed(formula: Formula, inputs: tuple[Bounds, ...], on: expr.Scalar) -> Bounds:
    """A formula of inputs in the units of their elements; not yet rounded. As `formulas.derive`."""
    spec = FORMULAS[formula.name]
    scaled = tuple(map(_times, inputs, formula.factors or (1,) * len(inputs)))
    taken = [one for pair in zip(spec.inputs, scaled, strict=True) for one in _takes(*pair)]
    applies = both(*reversed(taken))
    low, low_open = _end(spec, scaled, on, high=False)
    high, high_open = _end(spec, scaled, on, high=True)
    return Bounds(if_(applies, low, expr.NULL), if_(applies, high, expr.NULL), low_open, high_open)


def _times(bounds: Bounds, factor: float) -> Bounds:
    if factor == 1:
        return bounds
    low, high = (calculated("*", end, expr.Constant(factor)) for end in (bounds.low, bounds.high))
    return bounds._replace(low=low, high=high)


def _takes(given: Input, bounds: Bounds) -> Iterator[expr.Scalar]:
    """As `Input.takes`."""
    if given.choices:
        yield one_of(bounds.low, given.choices)
    if given.sign is not None:
        yield compare(given.sign, bounds.low, expr.Constant(0))


def _end(
    spec: FormulaSpec, inputs: tuple[Bounds, ...], on: expr.Scalar, *, high: bool
) -> tuple[expr.Scalar, expr.Scalar]:
    """One end of the result, and whether it is left out."""
    values = {SCREENING_DATE: on}
    by_rising: list[expr.Scalar] = []
    by_falling: list[expr.Scalar] = []
    divided: list[expr.Scalar] = []
    for given, bounds in zip(spec.inputs, inputs, strict=True):
        is_high = given.rises is high
        value = values[given.name] = bounds.high if is_high else bounds.low
        is_open = bounds.high_open if is_high else bounds.low_open
        if given.rises:
            by_rising.append(is_open)
            divided.append(negated(compare("==", value, expr.Constant(0.0))))
        else:
            by_falling.append(is_open)
    is_open = either(*by_rising, both(either(*by_falling), *divided))
    return _over(values, spec.term), is_open


def _over(columns: Mapping[str, expr.Scalar], term: expr.Scalar) -> expr.Scalar:
    """A formula over these expressions, simplified."""
    over = partial(_over, columns)
    assert isinstance(term, expr.Term)
    match term:
        case expr.Column(name):
            return columns[name]
        case expr.Constant():
            return term
        case expr.Arithmetic(sign, left, right):
            return calculated(sign, over(left), over(right))
        case expr.Comparison(sign, left, right):
            return compare(sign, over(left), over(right))
        case expr.If(condition, then, otherwise):
            return if_(over(condition), over(then), over(otherwise))
        case expr.CompletedYears(since, on):
            return completed_years(over(since), over(on))
        case _:
            assert_never(term)
