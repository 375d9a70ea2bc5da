"""Named formulas as REDCap calculations: those that REDCap computes to the same 9 decimals.

REDCap Help & FAQ, "Special Functions" and "Calculated Fields": year, month and day of a
date, round, min, max, (base)^(exponent), if. Not datediff in years, which divides days by
365.2425 and errs around birthdays. A calculation must not use another calculated field, so
an input that is itself derived is written out in full.
"""

from decimal import Decimal

from trialscreen.model.facts import DECIMALS
from trialscreen.model.formulas import UMOL_PER_L_IN_MG_PER_DL
from trialscreen.model.trial import SCREENING_DATE, Formula, Trial
from trialscreen.output.export.redcap.logic import (
    NEVER,
    Comparison,
    Logic,
    equal,
    every,
    filled,
    some,
    text,
)


def calc_name(name: str) -> str:
    """The field that holds the computed value of an element."""
    return f"{name}_calc"


def calculation(trial: Trial, name: str) -> str | None:
    """What computes element `name` from its inputs, blank while one is missing.

    None if no formula derives it, or if it rests on a value that may not be valid.
    """
    formula = trial.elements[name].derive
    names = (name, *trial.sources_of(name))
    if not isinstance(formula, Formula) or any(trial.elements[one].valid_if for one in names):
        return None
    if (known := _computable(trial, formula)) == NEVER:
        return None
    return f"if({text(known)}, {_computed(trial, formula)}, '')"


def _computable(trial: Trial, formula: Formula) -> Logic:
    """When every input is there, in the range that the formula is made for."""
    limits: list[Logic] = []
    values = [_value(trial, one) for one in formula.inputs]
    match formula.name:
        case "bmi":
            limits = [Comparison(values[1], ">", "0")]
        case "ratio":
            limits = [Comparison(values[0], ">=", "0"), Comparison(values[1], ">", "0")]
        case "completed_years":
            limits = [filled(SCREENING_DATE)]
        case "ckd_epi_2021":
            known = [equal(formula.inputs[2], one) for one in ("female", "male")]
            limits = [Comparison(values[0], ">", "0"), some(known)]
    return every([*(_known(trial, one) for one in formula.inputs), *limits])


def _known(trial: Trial, name: str) -> Logic:
    """When an input has a value, entered or computed."""
    element = trial.elements[name]
    ways: list[Logic] = [] if element.internal else [filled(name)]
    if isinstance(element.derive, Formula):
        ways.append(_computable(trial, element.derive))
    return some(ways)


def _value(trial: Trial, name: str) -> str:
    """An input: computed where it can be, else as entered; a reported value the other way."""
    element, entered = trial.elements[name], f"[{name}]"
    if not isinstance(element.derive, Formula):
        return entered
    computed = _computed(trial, element.derive)
    if element.internal:
        return computed
    if element.reported_wins:
        return f"if({text(filled(name))}, {entered}, {computed})"
    return f"if({text(_computable(trial, element.derive))}, {computed}, {entered})"


def _values(trial: Trial, formula: Formula) -> list[str]:
    """The inputs, in the units that the formula computes in."""
    factors = formula.factors or (1,) * len(formula.inputs)
    values = (_value(trial, one) for one in formula.inputs)
    return [
        value if factor == 1 else f"({value} * {Decimal(repr(factor)):f})"
        for value, factor in zip(values, factors, strict=True)
    ]


def _computed(trial: Trial, formula: Formula) -> str:
    values = _values(trial, formula)
    match formula.name:
        case "bmi":
            weight, height = values
            return _rounded(f"{weight} / (({height} / 100) * ({height} / 100))")
        case "ratio":
            return _rounded(f"{values[0]} / {values[1]}")
        case "completed_years":
            return _years(values[0], f"[{SCREENING_DATE}]")
        case "completed_years_between":
            return _years(*values)
        case "ckd_epi_2021":
            return _ckd_epi_2021(*values)
        case _:
            raise ValueError(formula.name)


def _rounded(expression: str) -> str:
    return f"round({expression}, {DECIMALS})"


def _years(since: str, until: str) -> str:
    """Whole years between two days, counted on anniversaries (29 February on 1 March)."""
    earlier = f"month({until}) * 100 + day({until}) < month({since}) * 100 + day({since})"
    return f"(year({until}) - year({since}) - if({earlier}, 1, 0))"


def _ckd_epi_2021(creatinine: str, age: str, sex: str) -> str:
    """As `derive.ckd_epi_2021`."""

    def of(kappa: str, alpha: str, factor: str) -> str:
        relative = f"({creatinine} / {UMOL_PER_L_IN_MG_PER_DL} / {kappa})"
        return _rounded(
            f"142 * (min({relative}, 1))^({alpha}) * (max({relative}, 1))^(-1.2)"
            f" * (0.9938)^({age}) * {factor}"
        )

    female = of("0.7", "-0.241", "1.012")
    return f"if({sex} = 'female', {female}, {of('0.9', '-0.302', '1')})"
