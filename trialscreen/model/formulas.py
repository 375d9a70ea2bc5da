"""The named formulas (BMI, eGFR, ratios, ages) with their sources, computed here for one patient.

Each is one expression tree over columns named like its inputs. `tables/compile/intervals.py`
substitutes a table's columns for them, and `export/redcap/logic.py` translates the trees to REDCap
calculations. Squares are products, because engines' powers may differ. Every formula is monotone
in each of its numbers, so the ends of its result lie at the ends of its inputs, and an open end of
an input gives an open end of the result (`<80` over 40 is below 2). Results are rounded to 9
decimals, so that decimal inputs on a threshold stay on it (46.08 kg and 160 cm are BMI 18, not
17.999...96).
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cache, partial
from operator import itemgetter
from typing import Any, Literal, NamedTuple, assert_never

from trialscreen.model import expr
from trialscreen.model.dates import completed_years
from trialscreen.model.expr import Arithmetic, Column, CompletedYears, Constant, If, Scalar
from trialscreen.model.facts import Dates, Exactly, Fact, Numbers, is_exact, number, rounded
from trialscreen.model.trial import SCREENING_DATE, Formula

SCREENING_DAY = Column(SCREENING_DATE)
"""The one column that a formula may read besides its inputs."""

AGE = "completed_years"
"""The one formula that reads the screening date, so that its result changes from day to day."""


class Input(NamedTuple):
    """One input of a formula: its kind of fact, and the values that it may take.

    `units` maps each accepted UCUM code to its factor: value x factor = value in the unit that
    the formula computes in. `choices` are those that the formula applies to. `sign` restricts
    numbers to those above 0 (`>`) or not below 0 (`>=`). `rises`: the result rises with this
    input; otherwise it falls.
    """

    kind: type[Numbers] | type[Dates] | type[Exactly]
    name: str
    units: Mapping[str, float] = {}
    choices: tuple[str, ...] = ()
    sign: Literal[">", ">="] | None = None
    rises: bool = False

    def takes(self, fact: Fact) -> bool:
        """Whether the formula applies to every value that `fact` allows."""
        if isinstance(fact, Exactly):
            return fact.value in self.choices
        if self.sign is None or not isinstance(fact, Numbers):
            return True
        return fact.low > 0 or (self.sign == ">=" and fact.low == 0)


class FormulaSpec(NamedTuple):
    """A formula: its inputs, the unit of its result, its source and its expression.

    `gives`: the UCUM codes of the result, all spellings of one unit. `same_unit`: the inputs may
    be in any unit, as long as it is the same one. `whole`: the result is a count, which is not
    rounded; an entered value agrees if its whole part does. `needs_inputs`: nobody knows the
    result without the inputs (whereas an age may be known without the birth date).
    """

    inputs: tuple[Input, ...]
    gives: tuple[str, ...]
    source: str
    term: Scalar
    whole: bool = False
    same_unit: bool = False
    needs_inputs: bool = False


def derive(formula: Formula, inputs: tuple[Fact | None, ...], on: date) -> Numbers | None:
    """A formula's result for facts in their elements' units, as an interval if they are.

    None if an input is unknown, or is a value that the formula does not apply to.
    """
    spec = FORMULAS[formula.name]
    facts: list[Fact] = [one for one in inputs if one is not None]
    if len(facts) < len(inputs):
        return None
    if formula.factors:
        facts = list(map(_times, facts, formula.factors))
    if not all(map(Input.takes, spec.inputs, facts)):
        return None
    if all(map(is_exact, facts)):
        values = [_end_of(one, high=False)[0] for one in facts]
        found = _computing_of(formula.name)([*values, on])
        return number(found if spec.whole else rounded(found))
    low, low_open = _end(formula.name, facts, on, high=False)
    high, high_open = _end(formula.name, facts, on, high=True)
    if not spec.whole:
        low, high = rounded(low), rounded(high)
    is_wide = low < high
    return Numbers(low, high, low_open and is_wide, high_open and is_wide)


def _times(fact: Fact, factor: float) -> Fact:
    """`fact` converted to another unit."""
    if factor == 1 or not isinstance(fact, Numbers):
        return fact
    return fact._replace(low=fact.low * factor, high=fact.high * factor)


def _end(formula: str, facts: Sequence[Fact], on: date, *, high: bool) -> tuple[float, bool]:
    """One end of the result, and whether it is open.

    It is open if it is attained at an open end of an input; but 0 divided by anything is 0.
    """
    values: list[Any] = []
    rising_open = falling_open = is_zero = False
    for spec, fact in zip(FORMULAS[formula].inputs, facts, strict=True):
        value, is_open = _end_of(fact, high=spec.rises is high)
        values.append(value)
        if spec.rises:
            rising_open |= is_open
            is_zero |= value == 0
        else:
            falling_open |= is_open
    return _computing_of(formula)([*values, on]), rising_open or (falling_open and not is_zero)


def _end_of(fact: Fact, *, high: bool) -> tuple[Any, bool]:
    if isinstance(fact, Exactly):
        return fact.value, False
    is_open = isinstance(fact, Numbers) and (fact.high_open if high else fact.low_open)
    return fact.high if high else fact.low, is_open


Computing = Callable[[Sequence[Any]], Any]
"""Computes the result from the inputs, in the formula's units, followed by the screening date."""


@cache
def _computing_of(formula: str) -> Computing:
    """Cached: the search for what would settle a criterion tries thousands of answers."""
    spec = FORMULAS[formula]
    return _computing(spec.term, [*(one.name for one in spec.inputs), SCREENING_DATE])


def _computing(term: Scalar, names: Sequence[str]) -> Computing:
    """`names` are the names of the values, in order."""
    inside = partial(_computing, names=names)
    assert isinstance(term, expr.Term)
    match term:
        case Column(name):
            return itemgetter(names.index(name))
        case Constant(value):
            return lambda _: value
        case Arithmetic(sign, left, right) | expr.Comparison(sign, left, right):
            operate, one, other = expr.BY_SIGN[sign], inside(left), inside(right)
            return lambda values: operate(one(values), other(values))
        case If(condition, then, otherwise):
            holds, one, other = inside(condition), inside(then), inside(otherwise)
            return lambda values: one(values) if holds(values) else other(values)
        case CompletedYears(since, on):
            first, last = inside(since), inside(on)
            return lambda values: completed_years(first(values), last(values))
        case _:
            assert_never(term)


UMOL_PER_L_IN_MG_PER_DL = 88.42
"""Creatinine: 1 mg/dL in µmol/L."""

_METRES = Arithmetic("/", Column("height"), Constant(100.0))
_BMI = Arithmetic("/", Column("weight"), Arithmetic("*", _METRES, _METRES))


def _ckd_epi_2021() -> Scalar:
    """142 x min(Scr/k, 1)^a x max(Scr/k, 1)^-1.2 x 0.9938^age (x 1.012 for women).

    One of the two powers of creatinine is always a power of 1, and is omitted.
    """
    is_female = expr.Comparison("==", Column("sex"), Constant("female"))

    def by_sex(female: float, male: float) -> Scalar:
        return If(is_female, Constant(female), Constant(male))

    milligrams = Arithmetic("/", Column("creatinine"), Constant(UMOL_PER_L_IN_MG_PER_DL))
    relative = Arithmetic("/", milligrams, by_sex(0.7, 0.9))
    is_low = expr.Comparison("<", relative, Constant(1.0))
    power = Arithmetic("**", relative, If(is_low, by_sex(-0.241, -0.302), Constant(-1.2)))
    by_age = Arithmetic("**", Constant(0.9938), Column("age"))
    result = Arithmetic("*", Arithmetic("*", Constant(142.0), power), by_age)
    return Arithmetic("*", result, by_sex(1.012, 1.0))


_WEIGHT = Input(Numbers, "weight", {"kg": 1, "g": 0.001, "[lb_av]": 0.45359237}, rises=True)
_LENGTHS = {"cm": 1, "m": 100, "mm": 0.1, "[in_i]": 2.54, "[ft_i]": 12 * 2.54}
_HEIGHT = Input(Numbers, "height", _LENGTHS, sign=">")
_AMOUNTS = {"umol/L": 1, "mmol/L": 1000, "mg/dL": UMOL_PER_L_IN_MG_PER_DL}
_CREATININE = Input(Numbers, "creatinine", _AMOUNTS, sign=">")
_AGE = Input(Numbers, "age", {"a": 1})
_SEX = Input(Exactly, "sex", choices=("female", "male"))
_VALUE = Input(Numbers, "value", sign=">=", rises=True)
_LIMIT = Input(Numbers, "limit", sign=">")
_SINCE, _UNTIL = Input(Dates, "since"), Input(Dates, "until", rises=True)

FORMULAS: Mapping[str, FormulaSpec] = {
    "bmi": FormulaSpec(
        (_WEIGHT, _HEIGHT),
        ("kg/m2", "kg.m-2"),
        "Body mass index, weight in kg / (height in m)²: WHO Technical Report Series 894 (2000).",
        _BMI,
    ),
    "ratio": FormulaSpec(
        (_VALUE, _LIMIT),
        ("1",),
        "A value as a multiple of its upper limit of normal.",
        Arithmetic("/", Column("value"), Column("limit")),
        same_unit=True,
        needs_inputs=True,
    ),
    AGE: FormulaSpec(
        (_SINCE,),
        ("a",),
        "Whole years from a date to the screening date, counted on anniversaries"
        " (29 February on 1 March).",
        CompletedYears(Column("since"), SCREENING_DAY),
        whole=True,
    ),
    "completed_years_between": FormulaSpec(
        (_SINCE, _UNTIL),
        ("a",),
        "Whole years from one date to another, counted on anniversaries.",
        CompletedYears(Column("since"), Column("until")),
        whole=True,
    ),
    "years_before": FormulaSpec(
        (_AGE._replace(rises=True), Input(Numbers, "years", {"a": 1})),
        ("a",),
        "An age less a number of years. Of completed years, the age at that time was this, or one"
        " less: in part of a year both go on.",
        Arithmetic("-", Column("age"), Column("years")),
    ),
    "ckd_epi_2021": FormulaSpec(
        (_CREATININE, _AGE, _SEX),
        ("mL/min/{1.73_m2}", "mL/min/{1.73m2}"),
        "CKD-EPI 2021 creatinine equation, without race: Inker et al., N Engl J Med 2021;385:1737."
        " Creatinine in µmol/L (88.42 to the mg/dL); sex female or male.",
        _ckd_epi_2021(),
    ),
}
