"""Named formulas over facts, with their sources. Bounds go through: sets in, a set out.

Each formula is monotone in each of its numbers, so the ends of its result are found at
the ends of its inputs. Results are rounded to 9 decimals, so that decimal inputs that
lie on a threshold stay on it (46.08 kg and 160 cm are BMI 18, not 17.999...96).
"""

import math
from collections.abc import Callable, Mapping
from datetime import date
from typing import NamedTuple

from trialscreen.dates import completed_years
from trialscreen.fact import Dates, Exactly, Fact, Numbers

DECIMALS = 9
ALL_WHOLE = 2.0**52
"""From here on, every number of double precision is a whole one."""


class FormulaSpec(NamedTuple):
    """A formula: the kinds of its inputs, where it comes from, and how it is computed.

    `compute` gets one fact per input and the screening date; None means not computable.
    `whole` results are counts: an entered value agrees when its whole part does.
    """

    inputs: tuple[type[Numbers] | type[Dates] | type[Exactly], ...]
    source: str
    compute: Callable[[tuple[Fact, ...], date], Numbers | None]
    whole: bool = False


def derive(name: str, inputs: tuple[Fact | None, ...], on: date) -> Numbers | None:
    """The value of formula `name`; None when an input is unknown or the formula does not apply."""
    known = tuple(fact for fact in inputs if fact is not None)
    return FORMULAS[name].compute(known, on) if len(known) == len(inputs) else None


def rounded(value: float, decimals: int = DECIMALS) -> float:
    """`value` to some decimals: plain arithmetic, which finds the same bits in every engine."""
    scale = 10.0**decimals
    if abs(value) * scale >= ALL_WHOLE:
        return value
    return math.floor(value * scale + 0.5) / scale


def _interval(low: float, high: float) -> Numbers:
    return Numbers(rounded(low), rounded(high))


def _bmi(facts: tuple[Fact, ...], _on: date) -> Numbers | None:
    """Weight in kg and height in cm to kg/m2."""
    weight, height = facts
    assert isinstance(weight, Numbers) and isinstance(height, Numbers)
    if height.low <= 0:
        return None
    return _interval(
        weight.low / _square(height.high / 100), weight.high / _square(height.low / 100)
    )


def _square(value: float) -> float:
    # Not a power: the engines' powers may differ in the last bit, their products do not.
    return value * value


def _ratio(facts: tuple[Fact, ...], _on: date) -> Numbers | None:
    """A value as a multiple of its upper limit of normal."""
    value, limit = facts
    assert isinstance(value, Numbers) and isinstance(limit, Numbers)
    if limit.low <= 0 or value.low < 0:
        return None
    return _interval(value.low / limit.high, value.high / limit.low)


def _completed_years(facts: tuple[Fact, ...], on: date) -> Numbers:
    """Whole years from a date to the screening date."""
    (since,) = facts
    assert isinstance(since, Dates)
    return Numbers(completed_years(since.high, on), completed_years(since.low, on))


def _completed_years_between(facts: tuple[Fact, ...], _on: date) -> Numbers:
    """Whole years from the first date to the second; negative when it lies before."""
    first, second = facts
    assert isinstance(first, Dates) and isinstance(second, Dates)
    return Numbers(
        completed_years(first.high, second.low),
        completed_years(first.low, second.high),
    )


UMOL_PER_L_IN_MG_PER_DL = 88.42
"""Creatinine: 1 mg/dL in µmol/L."""


def ckd_epi_2021(creatinine: float, age: float, female: bool) -> float:
    """Creatinine in µmol/L and age in years to mL/min/1.73 m2."""
    kappa, alpha, sex_factor = (0.7, -0.241, 1.012) if female else (0.9, -0.302, 1.0)
    relative = creatinine / UMOL_PER_L_IN_MG_PER_DL / kappa
    return float(
        142 * min(relative, 1) ** alpha * max(relative, 1) ** -1.2 * 0.9938**age * sex_factor
    )


def _ckd_epi_2021(facts: tuple[Fact, ...], _on: date) -> Numbers | None:
    creatinine, age, sex = facts
    assert isinstance(creatinine, Numbers) and isinstance(age, Numbers) and isinstance(sex, Exactly)
    if sex.value not in ("female", "male") or creatinine.low <= 0:
        return None
    female = sex.value == "female"
    return _interval(
        ckd_epi_2021(creatinine.high, age.high, female),
        ckd_epi_2021(creatinine.low, age.low, female),
    )


FORMULAS: Mapping[str, FormulaSpec] = {
    "bmi": FormulaSpec(
        (Numbers, Numbers),
        "Body mass index, weight in kg / (height in m)²: WHO Technical Report Series 894 (2000).",
        _bmi,
    ),
    "ratio": FormulaSpec(
        (Numbers, Numbers), "A value as a multiple of its upper limit of normal.", _ratio
    ),
    "completed_years": FormulaSpec(
        (Dates,),
        "Whole years from a date to the screening date, counted on anniversaries"
        " (29 February on 1 March).",
        _completed_years,
        whole=True,
    ),
    "completed_years_between": FormulaSpec(
        (Dates, Dates),
        "Whole years from one date to another, counted on anniversaries.",
        _completed_years_between,
        whole=True,
    ),
    "ckd_epi_2021": FormulaSpec(
        (Numbers, Numbers, Exactly),
        "CKD-EPI 2021 creatinine equation, without race: Inker et al., N Engl J Med 2021;385:1737."
        " Creatinine in µmol/L (88.42 to the mg/dL); sex female or male.",
        _ckd_epi_2021,
    ),
}
