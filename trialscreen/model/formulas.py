"""Named formulas, each one tree with its source: computed here for one patient, bounds included.

`tables/compile/intervals.py` turns the same trees into expressions over columns, and
`export/redcap/calc.py` into REDCap's calculations. Each formula is monotone in each of its
numbers, so the ends of its result are found at the ends of its inputs, and an end that is
left out of an input is left out of the result (`<80` of 40 is below 2). Results are rounded
to 9 decimals, so that decimal inputs that lie on a threshold stay on it (46.08 kg and 160 cm
are BMI 18, not 17.999...96).
"""

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from operator import itemgetter
from typing import Any, Literal, NamedTuple, assert_never

from trialscreen.model.dates import completed_years
from trialscreen.model.facts import Dates, Exactly, Fact, Numbers, is_exact, number, rounded
from trialscreen.model.trial import Formula


class Argument(NamedTuple):
    """The value at this place: an input, in the unit that the formula computes in, or the day."""

    place: int


SCREENING_DAY = Argument(-1)
"""The screening date, which stands behind the inputs."""


class Number(NamedTuple):
    """The same for every patient."""

    value: float


class Operation(NamedTuple):
    """Two numbers in double precision; a square is a product: powers of engines may differ."""

    sign: Literal["*", "/", "**"]
    left: "Term"
    right: "Term"


class ByChoice(NamedTuple):
    """`then` where the input at this place is `choice`, else `otherwise`."""

    place: int
    choice: str
    then: float
    otherwise: float


class PowerAroundOne(NamedTuple):
    """`base` to the power of `below` where it is below 1, else to that of `above`."""

    base: "Term"
    below: "Term"
    above: "Term"


class Years(NamedTuple):
    """Whole years from one day to another, as `dates.completed_years` counts them."""

    since: "Term"
    until: "Term"


Term = Argument | Number | Operation | ByChoice | PowerAroundOne | Years
"""What formulas are made of; closed, as `rules.Rule` is."""


class Input(NamedTuple):
    """One input of a formula: the kind of its facts, and what the element must be.

    `units` maps each UCUM code that can be used to its factor: value x factor = value in
    the unit that the formula computes in. The formula applies to the `choices` named, and to
    numbers that are all above 0, or at least 0, as `sign` says. The result `rises` with it, or
    else falls.
    """

    kind: type[Numbers] | type[Dates] | type[Exactly]
    name: str
    units: Mapping[str, float] = {}
    choices: tuple[str, ...] = ()
    sign: Literal[">", ">="] | None = None
    rises: bool = False

    def takes(self, fact: Fact) -> bool:
        """Whether the formula applies to every value that a fact allows."""
        if isinstance(fact, Exactly):
            return fact.value in self.choices
        if self.sign is None or not isinstance(fact, Numbers):
            return True
        return fact.low > 0 or (self.sign == ">=" and fact.low == 0)


class FormulaSpec(NamedTuple):
    """A formula: its inputs, the unit of its result, where it comes from, how it is computed.

    `gives` are the UCUM codes of the result: spellings of one unit. Inputs of
    `same_unit` can be in any unit, but both in one. `whole` results are counts, which are
    not rounded: an entered value agrees when its whole part does. What `needs_inputs` nobody
    knows without them, as an age can be known without the birth date.
    """

    inputs: tuple[Input, ...]
    gives: tuple[str, ...]
    source: str
    term: Term
    whole: bool = False
    same_unit: bool = False
    needs_inputs: bool = False


def terms_in(term: Term) -> Iterator[Term]:
    """`term`, and every term inside it."""
    yield term
    for part in term:
        if isinstance(part, Term):
            yield from terms_in(part)


def derive(formula: Formula, inputs: tuple[Fact | None, ...], on: date) -> Numbers | None:
    """Of facts in the units of their elements; None if one is unknown or does not fit."""
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
    """A fact in another unit."""
    if factor == 1 or not isinstance(fact, Numbers):
        return fact
    return fact._replace(low=fact.low * factor, high=fact.high * factor)


def _end(formula: str, facts: Sequence[Fact], on: date, *, high: bool) -> tuple[float, bool]:
    """One end of the result, and whether it is left out.

    It is, if an end that it is found at is: but nothing, however it is divided, is nothing.
    """
    values: list[Any] = []
    by_rising = by_falling = is_nothing = False
    for given, fact in zip(FORMULAS[formula].inputs, facts, strict=True):
        value, is_open = _end_of(fact, high=given.rises is high)
        values.append(value)
        if given.rises:
            by_rising |= is_open
            is_nothing |= value == 0
        else:
            by_falling |= is_open
    return _computing_of(formula)([*values, on]), by_rising or (by_falling and not is_nothing)


def _end_of(fact: Fact, *, high: bool) -> tuple[Any, bool]:
    if isinstance(fact, Exactly):
        return fact.value, False
    is_open = isinstance(fact, Numbers) and (fact.high_open if high else fact.low_open)
    return fact.high if high else fact.low, is_open


Computing = Callable[[Sequence[Any]], Any]
"""From the inputs, in the formula's units, and the screening date to the result."""

_OPERATORS = {"*": operator.mul, "/": operator.truediv, "**": operator.pow}


@cache
def _computing_of(formula: str) -> Computing:
    """Made once: to find what would settle a criterion, thousands of answers are tried."""
    return _computing(FORMULAS[formula].term)


def _computing(term: Term) -> Computing:
    match term:
        case Argument(place):
            return itemgetter(place)
        case Number(value):
            return lambda _: value
        case Operation(sign, left, right):
            operate, one, other = _OPERATORS[sign], _computing(left), _computing(right)
            return lambda values: operate(one(values), other(values))
        case ByChoice(place, choice, then, otherwise):
            return lambda values: then if values[place] == choice else otherwise
        case PowerAroundOne(base, below, above):
            powered, low, high = _computing(base), _computing(below), _computing(above)
            return lambda values: (x := powered(values)) ** (low if x < 1 else high)(values)
        case Years(since, until):
            first, last = _computing(since), _computing(until)
            return lambda values: completed_years(first(values), last(values))
        case _:
            assert_never(term)


UMOL_PER_L_IN_MG_PER_DL = 88.42
"""Creatinine: 1 mg/dL in µmol/L."""

_METRES = Operation("/", Argument(1), Number(100.0))
_BMI = Operation("/", Argument(0), Operation("*", _METRES, _METRES))


def _ckd_epi_2021() -> Term:
    """142 x min(Scr/k, 1)^a x max(Scr/k, 1)^-1.2 x 0.9938^age (x 1.012 for women).

    Of its two powers of creatinine one is always a power of 1.
    """

    def by_sex(of_women: float, of_men: float) -> Term:
        return ByChoice(2, "female", of_women, of_men)

    milligrams = Operation("/", Argument(0), Number(UMOL_PER_L_IN_MG_PER_DL))
    relative = Operation("/", milligrams, by_sex(0.7, 0.9))
    power = PowerAroundOne(relative, by_sex(-0.241, -0.302), Number(-1.2))
    by_age = Operation("**", Number(0.9938), Argument(1))
    result = Operation("*", Operation("*", Number(142.0), power), by_age)
    return Operation("*", result, by_sex(1.012, 1.0))


_WEIGHT = Input(Numbers, "weight", {"kg": 1, "g": 0.001, "[lb_av]": 0.45359237}, rises=True)
_LENGTHS = {"cm": 1, "m": 100, "mm": 0.1, "[in_i]": 2.54, "[ft_i]": 12 * 2.54}
_HEIGHT = Input(Numbers, "height", _LENGTHS, sign=">")
_AMOUNTS = {"umol/L": 1, "mmol/L": 1000, "mg/dL": UMOL_PER_L_IN_MG_PER_DL}
_CREATININE = Input(Numbers, "creatinine", _AMOUNTS, sign=">")
_AGE = Input(Numbers, "age", {"a": 1})
_SEX = Input(Exactly, "sex", choices=("female", "male"))
_VALUE = Input(Numbers, "the value", sign=">=", rises=True)
_LIMIT = Input(Numbers, "its limit", sign=">")
_SINCE = Input(Dates, "the date")

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
        Operation("/", Argument(0), Argument(1)),
        same_unit=True,
        needs_inputs=True,
    ),
    "completed_years": FormulaSpec(
        (_SINCE,),
        ("a",),
        "Whole years from a date to the screening date, counted on anniversaries"
        " (29 February on 1 March).",
        Years(Argument(0), SCREENING_DAY),
        whole=True,
    ),
    "completed_years_between": FormulaSpec(
        (_SINCE, _SINCE._replace(rises=True)),
        ("a",),
        "Whole years from one date to another, counted on anniversaries.",
        Years(Argument(0), Argument(1)),
        whole=True,
    ),
    "ckd_epi_2021": FormulaSpec(
        (_CREATININE, _AGE, _SEX),
        ("mL/min/{1.73_m2}", "mL/min/{1.73m2}"),
        "CKD-EPI 2021 creatinine equation, without race: Inker et al., N Engl J Med 2021;385:1737."
        " Creatinine in µmol/L (88.42 to the mg/dL); sex female or male.",
        _ckd_epi_2021(),
    ),
}
