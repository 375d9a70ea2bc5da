"""What a small table knows of units, against factors from textbooks."""

from dataclasses import replace

import pytest

from trialscreen import load_trial
from trialscreen.criteria_file.lint import grams_per_mole, lint, ratio, scale


@pytest.mark.parametrize(
    ("code", "other", "factor"),
    [
        ("[lb_av]", "kg", 0.45359237),
        ("[in_i]", "cm", 2.54),
        ("[ft_i]", "m", 0.3048),
        ("mo", "a", 1 / 12),
        ("wk", "d", 7),
        ("ukat/L", "U/L", 60),
        ("m[IU]/L", "u[IU]/mL", 1),
        ("ng/dL", "pg/mL", 10),
        ("g/L", "mg/dL", 100),
        ("10*9/L", "10*3/uL", 1),
        ("/uL", "10*9/L", 1e-3),
        ("kg.m-2", "kg/m2", 1),
        ("mmol/mol", "%", 0.1),
        ("{copies}/mL", "{copies}/L", 1000),
    ],
)
def test_units_of_one_kind(code: str, other: str, factor: float) -> None:
    assert ratio(code, other) == pytest.approx(factor)
    assert ratio(other, code) == pytest.approx(1 / factor)


@pytest.mark.parametrize(
    ("code", "other"),
    [
        ("mg/dL", "mmol/L"),
        ("meq/L", "mmol/L"),
        ("mL/min", "mL/min/{1.73_m2}"),
        ("[IU]/mL", "{copies}/mL"),
        ("{copies}/mL", "{cells}/mL"),
        ("kg", "cm"),
        ("Cel", "[degF]"),
        ("mm[Hg]", "kPa"),
    ],
)
def test_what_depends_on_more_than_the_units_is_not_judged(code: str, other: str) -> None:
    assert ratio(code, other) is None


@pytest.mark.parametrize("code", ["", "xyz", "kkg", "[xx]", "mo2x", "2m"])
def test_what_the_table_does_not_know(code: str) -> None:
    assert ratio(code, "kg") is None
    assert scale(code) is None or code == ""


@pytest.mark.parametrize(
    ("code", "other", "factor", "mole"),
    [
        ("mg/dL", "umol/L", 88.42, 113.1),  # creatinine
        ("mg/dL", "mmol/L", 1 / 18.016, 180.16),  # glucose
        ("mmol/L", "mg/dL", 4.008, 40.08),  # calcium
        ("ng/dL", "pmol/L", 12.87, 777),  # free thyroxine
    ],
)
def test_molar_masses(code: str, other: str, factor: float, mole: float) -> None:
    assert grams_per_mole(code, other, factor) == pytest.approx(mole, rel=1e-3)


def test_factors_between_masses_and_moles_written_upside_down() -> None:
    trial = load_trial()
    calcium, creatinine = trial.elements["serum_calcium"], trial.elements["serum_creatinine"]
    assert not lint(trial)
    changed = {
        "serum_calcium": replace(calcium, accepts={"mg/dL": 4.008}),
        "serum_creatinine": replace(creatinine, accepts={"mg/dL": 1 / 88.42}),
    }
    found = lint(replace(trial, elements={**trial.elements, **changed}))
    assert [(one.where, one.level, one.rule) for one in found] == [
        ("elements.serum_calcium", "error", "factor-fits"),
        ("elements.serum_creatinine", "warning", "factor-fits"),
    ]


def test_two_units_of_one_kind_beside_one_of_another() -> None:
    trial = load_trial()
    t4 = replace(trial.elements["t4"], accepts={"ng/dL": 12.87, "pg/mL": 12.87})
    (found,) = lint(replace(trial, elements={**trial.elements, "t4": t4}))
    assert found.message == "1 ng/dL is 10 pg/mL, and not 1"
