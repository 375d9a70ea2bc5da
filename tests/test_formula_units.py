"""Formulas over many units: right by an independent computation in every engine, or refused."""

from collections.abc import Iterator
from datetime import date
from itertools import product
from pathlib import Path

import polars as pl

from tests.frames import screen_frame
from trialscreen import InputError, Trial
from trialscreen.criteria_file.yaml_trial import parse_trial
from trialscreen.model.facts import Exactly, Fact, Numbers, number
from trialscreen.screening.evaluate import Evaluation

TINY = (Path(__file__).parent / "data" / "tiny_trial.yaml").read_text("utf-8")
ON = date(2026, 6, 1)
RESULTS = ("kg/m2", "g/cm2", "1", "%", "a", "mo", "mL/min/{1.73_m2}", "mL/min")

# What one of each unit is in kg, in m, and in mg/dL of creatinine (113.12 g/mol), by UCUM.
KILOGRAMS = {"kg": 1.0, "g": 1e-3, "mg": 1e-6, "[lb_av]": 0.45359237, "[stone_av]": 6.35029318}
METRES = {"cm": 0.01, "m": 1.0, "mm": 0.001, "[in_i]": 0.0254, "[ft_i]": 0.3048, "km": 1e3}
CREATININE = {"mg/dL": 1.0, "umol/L": 1 / 88.42, "mmol/L": 1000 / 88.42, "mg/L": 0.1}
YEARS = {"a": 1.0, "mo": 1 / 12, "wk": 7 / 365.25}
UNITS = (*KILOGRAMS, *METRES, *CREATININE, *YEARS)


def trial_of(first: str, second: str, result: str, formula: str) -> Trial | None:
    """The tiny trial with these units and this formula; None if it is refused."""
    text = TINY
    for plain, changed in (
        ("unit: kg,", f'unit: "{first}",'),
        ("unit: cm,", f'unit: "{second}",'),
        ("unit: kg/m2", f'unit: "{result}"'),
        ("bmi(weight, height)", formula),
        ("[20, 300]", "[0, 1e9]"),
        ("[90, 250]", "[0, 1e9]"),
        ("[8, 80]", "[0, 1e9]"),
        ("{f: Female, m: Male}", "{female: Female, male: Male}"),
        ("{is: m}", "{is: male}"),
    ):
        assert text.count(plain) == 1
        text = text.replace(plain, changed)
    try:
        return parse_trial(text.encode(), "units.yaml")
    except InputError:
        return None


def bmi(weight: float, height: float, first: str, second: str) -> float:
    return weight * KILOGRAMS[first] / (height * METRES[second]) ** 2


def egfr(creatinine: float, age: float, first: str, second: str) -> float:
    """Of a woman: Inker et al., N Engl J Med 2021;385:1737."""
    relative, years = creatinine * CREATININE[first] / 0.7, age * YEARS[second]
    of_creatinine = min(relative, 1) ** -0.241 * max(relative, 1) ** -1.2
    return float(142 * of_creatinine * 0.9938**years * 1.012)


def ratio(value: float, limit: float, first: str, second: str) -> float:
    assert first == second
    return value / limit


FORMULAS = {
    "bmi(weight, height)": (bmi, "kg/m2"),
    "ckd_epi_2021(weight, height, sex)": (egfr, "mL/min/{1.73_m2}"),
    "ratio(weight, height)": (ratio, "1"),
}


def accepted() -> Iterator[tuple[str, str, str, Trial]]:
    for formula, (_, result) in FORMULAS.items():
        for first, second in product(UNITS, UNITS):
            if (trial := trial_of(first, second, result, formula)) is not None:
                yield formula, first, second, trial


def test_what_is_accepted_is_right_by_an_independent_computation() -> None:
    count = 0
    for formula, first, second, trial in accepted():
        compute, _ = FORMULAS[formula]
        weight, height = 61.5, 72.25
        expected = compute(weight, height, first, second)  # a KeyError: not to be accepted
        facts: dict[str, Fact] = {
            "weight": number(weight),
            "height": number(height),
            "sex": Exactly("female"),
        }
        derived = Evaluation(trial, facts, ON).resolve("bmi").derived
        assert isinstance(derived, Numbers) and derived.exact
        assert abs(derived.low - expected) <= 1e-9 * (1 + expected), (formula, first, second)
        row = {"patient_id": ["1"], "weight": [weight], "height": [height], "sex": ["female"]}
        found = screen_frame(trial, pl.LazyFrame(row), ON, "patient_id").collect()
        assert found["I1"].to_list() == [derived.low >= 18]
        count += 1
    assert count == 3 * 5 + 3 + len(set(UNITS))


def test_a_result_in_another_unit_is_refused() -> None:
    for formula, (_, right) in FORMULAS.items():
        units = ("mg/dL", "a") if "sex" in formula else ("kg", "cm" if "bmi" in formula else "kg")
        taken = [result for result in RESULTS if trial_of(*units, result, formula) is not None]
        assert taken == [right]
