"""The formulas of `derive`, end by end, as expressions."""

from collections.abc import Callable, Mapping

from trialscreen.derive import UMOL_PER_L_IN_MG_PER_DL
from trialscreen.lower.bounds import Bounds
from trialscreen.lower.folding import (
    both,
    calculated,
    compare,
    completed_years,
    either,
    if_,
    negated,
    one_of,
)
from trialscreen.scalar import NULL, Constant, Scalar
from trialscreen.trial import Formula

_Compute = Callable[[tuple[Bounds, ...], Scalar], Bounds]
"""From the inputs, in the formula's units, and the screening date to the two ends."""


def computed(formula: Formula, inputs: tuple[Bounds, ...], on: Scalar) -> Bounds:
    """A formula of inputs in the units of their elements; not yet rounded."""
    factors = formula.factors or (1,) * len(inputs)
    return FORMULAS[formula.name](tuple(map(_times, inputs, factors)), on)


def _times(bounds: Bounds, factor: float) -> Bounds:
    if factor == 1:
        return bounds
    low, high = (calculated("*", end, Constant(factor)) for end in (bounds.low, bounds.high))
    return bounds._replace(low=low, high=high)


def _ends(low: Scalar, high: Scalar, applies: Scalar) -> Bounds:
    return Bounds(if_(applies, low, NULL), if_(applies, high, NULL))


def _quotient(dividend: Bounds, divisor: Bounds, ends: Bounds) -> Bounds:
    """`ends`, with which of them are left out: as `derive` has it."""
    nothing = Constant(0.0)
    low_open = both(divisor.high_open, negated(compare("==", dividend.low, nothing)))
    high_open = both(divisor.low_open, negated(compare("==", dividend.high, nothing)))
    return ends._replace(
        low_open=either(dividend.low_open, low_open),
        high_open=either(dividend.high_open, high_open),
    )


def _bmi(inputs: tuple[Bounds, ...], _on: Scalar) -> Bounds:
    weight, height = inputs
    low = calculated("/", weight.low, _square_metres(height.high))
    high = calculated("/", weight.high, _square_metres(height.low))
    return _quotient(weight, height, _ends(low, high, compare(">", height.low, Constant(0))))


def _square_metres(centimetres: Scalar) -> Scalar:
    metres = calculated("/", centimetres, Constant(100.0))
    return calculated("*", metres, metres)


def _ratio(inputs: tuple[Bounds, ...], _on: Scalar) -> Bounds:
    value, limit = inputs
    ends = _ends(
        calculated("/", value.low, limit.high),
        calculated("/", value.high, limit.low),
        both(compare(">", limit.low, Constant(0)), compare(">=", value.low, Constant(0))),
    )
    return _quotient(value, limit, ends)


def _completed_years(inputs: tuple[Bounds, ...], on: Scalar) -> Bounds:
    (since,) = inputs
    return Bounds(completed_years(since.high, on), completed_years(since.low, on))


def _completed_years_between(inputs: tuple[Bounds, ...], _on: Scalar) -> Bounds:
    first, second = inputs
    return Bounds(completed_years(first.high, second.low), completed_years(first.low, second.high))


def _ckd_epi_2021(inputs: tuple[Bounds, ...], _on: Scalar) -> Bounds:
    creatinine, age, sex = inputs
    ends = _ends(
        _egfr(creatinine.high, age.high, sex.low),
        _egfr(creatinine.low, age.low, sex.low),
        both(one_of(sex.low, ("female", "male")), compare(">", creatinine.low, Constant(0))),
    )
    return ends._replace(
        low_open=either(creatinine.high_open, age.high_open),
        high_open=either(creatinine.low_open, age.low_open),
    )


def _egfr(creatinine: Scalar, age: Scalar, sex: Scalar) -> Scalar:
    """As `derive.ckd_epi_2021`, in its order; of its two powers one is always a power of 1."""
    female = compare("==", sex, Constant("female"))

    def by_sex(of_women: float, of_men: float) -> Scalar:
        return if_(female, Constant(of_women), Constant(of_men))

    milligrams = calculated("/", creatinine, Constant(UMOL_PER_L_IN_MG_PER_DL))
    relative = calculated("/", milligrams, by_sex(0.7, 0.9))
    low = compare("<", relative, Constant(1.0))
    power = calculated("**", relative, if_(low, by_sex(-0.241, -0.302), Constant(-1.2)))
    by_age = calculated("**", Constant(0.9938), age)
    result = calculated("*", calculated("*", Constant(142.0), power), by_age)
    return calculated("*", result, by_sex(1.012, 1.0))


FORMULAS: Mapping[str, _Compute] = {
    "bmi": _bmi,
    "ratio": _ratio,
    "completed_years": _completed_years,
    "completed_years_between": _completed_years_between,
    "ckd_epi_2021": _ckd_epi_2021,
}
"""By the names of `derive.FORMULAS`."""
