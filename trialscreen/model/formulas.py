"""Named formulas over facts, with their sources. Bounds go through: sets in, a set out.

Each formula is monotone in each of its numbers, so the ends of its result are found at
the ends of its inputs, and an end that is left out of an input is left out of the result
(`<80` of 40 is below 2). Results are rounded to 9 decimals, so that decimal inputs that
lie on a threshold stay on it (46.08 kg and 160 cm are BMI 18, not 17.999...96).
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import NamedTuple

from trialscreen.model.dates import completed_years
from trialscreen.model.facts import Dates, Exactly, Fact, Numbers, rounded
from trialscreen.model.trial import Formula


class Input(NamedTuple):
    """One input of a formula: the kind of its facts, and what the element must be.

    `units` maps each UCUM code that can be used to its factor: value x factor = value in
    the unit that the formula computes in. `choices` are those that the formula knows.
    """

    kind: type[Numbers] | type[Dates] | type[Exactly]
    name: str
    units: Mapping[str, float] = {}
    choices: tuple[str, ...] = ()


class FormulaSpec(NamedTuple):
    """A formula: its inputs, the unit of its result, where it comes from, how it is computed.

    `gives` are the UCUM codes of the result: spellings of one unit. Inputs of
    `same_unit` can be in any unit, but both in one. `compute` gets one fact per input, in
    the unit it computes in, and the screening date; None means not computable.
    `whole` results are counts: an entered value agrees when its whole part does.
    """

    inputs: tuple[Input, ...]
    gives: tuple[str, ...]
    source: str
    compute: Callable[[tuple[Fact, ...], date], Numbers | None]
    whole: bool = False
    same_unit: bool = False


def derive(formula: Formula, inputs: tuple[Fact | None, ...], on: date) -> Numbers | None:
    """The value of a formula of facts in the units of their elements.

    None when an input is unknown or the formula does not apply.
    """
    known = tuple(fact for fact in inputs if fact is not None)
    if len(known) < len(inputs):
        return None
    factors = formula.factors or (1,) * len(known)
    return FORMULAS[formula.name].compute(tuple(map(_times, known, factors)), on)


def _times(fact: Fact, factor: float) -> Fact:
    """A fact in another unit."""
    if factor == 1 or not isinstance(fact, Numbers):
        return fact
    return fact._replace(low=fact.low * factor, high=fact.high * factor)


def _interval(low: float, high: float, *, low_open: bool, high_open: bool) -> Numbers:
    low, high = rounded(low), rounded(high)
    is_wide = low < high
    return Numbers(low, high, low_open and is_wide, high_open and is_wide)


def _bmi(facts: tuple[Fact, ...], _on: date) -> Numbers | None:
    """Weight in kg and height in cm to kg/m2."""
    weight, height = facts
    assert isinstance(weight, Numbers) and isinstance(height, Numbers)
    if height.low <= 0:
        return None
    return _quotient(
        weight,
        height,
        weight.low / _square(height.high / 100),
        weight.high / _square(height.low / 100),
    )


def _quotient(dividend: Numbers, divisor: Numbers, low: float, high: float) -> Numbers:
    """`low` to `high`, which fall with the divisor; nothing, however it is divided, is nothing."""
    return _interval(
        low,
        high,
        low_open=dividend.low_open or (divisor.high_open and dividend.low != 0),
        high_open=dividend.high_open or (divisor.low_open and dividend.high != 0),
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
    return _quotient(value, limit, value.low / limit.high, value.high / limit.low)


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
        low_open=creatinine.high_open or age.high_open,
        high_open=creatinine.low_open or age.low_open,
    )


_WEIGHT = Input(Numbers, "weight", {"kg": 1, "g": 0.001, "[lb_av]": 0.45359237})
_HEIGHT = Input(
    Numbers, "height", {"cm": 1, "m": 100, "mm": 0.1, "[in_i]": 2.54, "[ft_i]": 12 * 2.54}
)
_CREATININE = Input(
    Numbers,
    "creatinine",
    {"umol/L": 1, "mmol/L": 1000, "mg/dL": UMOL_PER_L_IN_MG_PER_DL},
)
_SINCE = Input(Dates, "the date")

FORMULAS: Mapping[str, FormulaSpec] = {
    "bmi": FormulaSpec(
        (_WEIGHT, _HEIGHT),
        ("kg/m2", "kg.m-2"),
        "Body mass index, weight in kg / (height in m)²: WHO Technical Report Series 894 (2000).",
        _bmi,
    ),
    "ratio": FormulaSpec(
        (Input(Numbers, "the value"), Input(Numbers, "its limit")),
        ("1",),
        "A value as a multiple of its upper limit of normal.",
        _ratio,
        same_unit=True,
    ),
    "completed_years": FormulaSpec(
        (_SINCE,),
        ("a",),
        "Whole years from a date to the screening date, counted on anniversaries"
        " (29 February on 1 March).",
        _completed_years,
        whole=True,
    ),
    "completed_years_between": FormulaSpec(
        (_SINCE, _SINCE),
        ("a",),
        "Whole years from one date to another, counted on anniversaries.",
        _completed_years_between,
        whole=True,
    ),
    "ckd_epi_2021": FormulaSpec(
        (
            _CREATININE,
            Input(Numbers, "age", {"a": 1}),
            Input(Exactly, "sex", choices=("female", "male")),
        ),
        ("mL/min/{1.73_m2}", "mL/min/{1.73m2}"),
        "CKD-EPI 2021 creatinine equation, without race: Inker et al., N Engl J Med 2021;385:1737."
        " Creatinine in µmol/L (88.42 to the mg/dL); sex female or male.",
        _ckd_epi_2021,
    ),
}
