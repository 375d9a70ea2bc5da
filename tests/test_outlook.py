"""What a result says of later days, and of values that lie beside their threshold."""

from dataclasses import replace
from datetime import date
from random import Random

import pytest

from tests.process import spawn
from tests.spec import spec_trial
from trialscreen import InputError, load_trial, screen
from trialscreen.model.dates import Period
from trialscreen.model.facts import Dates, Fact, Numbers
from trialscreen.model.rules import Is, Within, all_of
from trialscreen.model.trial import Criterion
from trialscreen.screening.evaluate import Evaluation
from trialscreen.screening.explain import reasons
from trialscreen.screening.finding import Finding
from trialscreen.screening.screen import Screening

TRIAL = load_trial()
ON = date(2026, 6, 1)


def _detail(**answers: str) -> str:
    """Of somebody without a fracture under treatment, whom reading A12 does not concern."""
    given = {"fracture_on_osteoporosis_therapy": "no", **answers}
    return screen(TRIAL, given, on=ON).summary


def test_the_verdict_says_when_to_screen_again() -> None:
    said = _detail(rankl_inhibitor_last_dose_date="2025-11-18")
    assert said.endswith("excluded by E8. Re-screen on 2026-11-19 or later.")


def test_it_does_on_an_unconfirmed_reading_too() -> None:
    said = _detail(
        rankl_inhibitor_last_dose_date="2025-11-18", fracture_on_osteoporosis_therapy="unknown"
    )
    assert said == (
        "E8: excludes, on reading A12 (not confirmed by the sponsor): ineligible on an"
        " unconfirmed reading. Re-screen on 2026-11-19 or later."
    )


def test_it_does_not_when_another_criterion_fails_by_then() -> None:
    said = _detail(rankl_inhibitor_last_dose_date="2025-11-18", birth_date="1940-10-02")
    assert said.endswith("E8 would clear on 2026-11-19, but I2 fails by then.")


def test_a_missing_signature_is_not_yet_and_hides_no_date() -> None:
    said = _detail(rankl_inhibitor_last_dose_date="2025-11-18", informed_consent_signed="no")
    assert said.endswith("excluded by E8. Re-screen on 2026-11-19 or later.")
    said = _detail(informed_consent_signed="no")
    assert said.startswith("Prescreen: nothing excludes so far; consent pending; 21 criteria open")


def test_an_inclusion_fails_and_an_exclusion_excludes() -> None:
    assert "fails I3, excluded by E7." in _detail(weight="38", prior_cell_therapy="yes")


@pytest.mark.parametrize(("month", "day"), [("2026-02", "2026-09-01"), ("2025-12", "2026-07-01")])
def test_a_yes_with_a_date_known_in_part_clears_with_the_latest_day(month: str, day: str) -> None:
    answers = {"other_trial_last_6_months": "yes", "other_trial_last_participation_date": month}
    (finding,) = screen(TRIAL, answers, on=ON).failing
    assert finding.clears_on == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("answers", "on", "day"),
    [
        ({"other_trial_last_6_months": "yes"}, ON, "2026-12-02"),
        ({"other_trial_last_6_months": "yes"}, date(2026, 8, 31), "2027-03-01"),
        (
            {"substance_abuse_last_12_months": "yes", "substance_abuse_may_interfere": "yes"},
            *(ON, "2027-06-02"),
        ),
        ({"age": "44"}, ON, "2027-06-01"),
        ({"age": "43 to 44"}, ON, "2028-06-01"),
        ({"age": "44"}, date(2028, 2, 29), "2029-03-01"),
        ({"age": "44", "birth_date": "1981-07"}, ON, "2026-07-31"),
        ({"years_since_menopause": "1"}, ON, "2027-06-01"),
        ({"years_since_menopause": "<2"}, ON, "2028-06-01"),
        ({"years_since_malignancy_cure": "4", "malignancy_history": "yes"}, ON, "2027-06-01"),
    ],
)
def test_what_is_entered_instead_of_a_date_clears_with_the_latest_day(
    answers: dict[str, str], on: date, day: str
) -> None:
    (finding,) = screen(TRIAL, answers, on=on).failing
    assert finding.clears_on == date.fromisoformat(day)


def test_an_age_that_is_too_high_clears_on_no_day() -> None:
    assert screen(TRIAL, {"age": "86"}, on=ON).clears_on is None


def test_what_is_entered_for_today_fails_by_no_later_day() -> None:
    said = _detail(
        rankl_inhibitor_last_dose_date="2025-11-18", fragility_fracture_last_2_years="yes", age="85"
    )
    assert said.endswith("excluded by E8. Re-screen on 2026-11-19 or later.")


def test_with_very_many_dates_known_in_part_no_day_is_named() -> None:
    base = spec_trial()
    dates = {f"d{n}": replace(base.elements["last_dose"], name=f"d{n}") for n in range(9)}
    rule = all_of(tuple(Within(name, Period(6, "months")) for name in dates))
    criterion = Criterion("E1", "exclusion", "", "", rule)
    trial = replace(base, elements={**base.elements, **dates}, criteria=(criterion,), checks=())
    facts: dict[str, Fact] = {name: Dates(date(2026, 5, 1), date(2026, 5, 31)) for name in dates}
    patient = Evaluation(trial, facts, ON)
    finding = Finding(criterion, patient)
    screening = Screening(patient, (finding,))
    assert screening.verdict == "ineligible"
    assert screening.clears_on is None


def test_what_is_entered_beside_a_bound_holds_on_later_days_too() -> None:
    liver = {"alt": ">60", "alt_uln": "40", "alt_x_uln": "2.5"}  # 1.5 and more would not exclude
    said = _detail(rankl_inhibitor_last_dose_date="2025-11-18", **liver)
    assert said.endswith("excluded by E8, E14.")


def test_a_value_beside_its_computation_may_have_a_condition_of_validity() -> None:
    base = spec_trial()
    bmi = replace(base.elements["bmi"], valid_if=Is("fasting", value=True))
    trial = replace(base, elements={**base.elements, "bmi": bmi})
    answers = {"bmi": "23.4", "weight": "60", "height": "160", "fasting": "yes"}
    assert screen(trial, answers, on=ON).facts["bmi"] == Numbers(23.4, 23.4, half=0.05)


def test_a_half_may_have_been_rounded_either_way() -> None:
    exact = {"alp": "60.0000", "alp_uln": "40.0000"}
    for ratio in ("1.49999", "1.5", "1", "2"):
        screen(TRIAL, {**exact, "alp_x_uln": ratio}, on=ON)
    for ratio in ("0", "1.4", "1.6", "3"):
        with pytest.raises(InputError):
            screen(TRIAL, {**exact, "alp_x_uln": ratio}, on=ON)


def test_rounding_takes_no_value_from_a_patient() -> None:
    rng = Random(14)
    for _ in range(1000):
        weight, height = rng.uniform(35, 110), rng.uniform(140, 185)
        value, limit = rng.uniform(5, 300), rng.uniform(20, 60)
        digits = (rng.randrange(3) for _ in range(6))
        measured = {
            "weight": weight,
            "height": height,
            "bmi": weight / (height / 100) ** 2,
            "alt": value,
            "alt_uln": limit,
            "alt_x_uln": value / limit,
        }
        written = {n: f"{m:.{d}f}" for (n, m), d in zip(measured.items(), digits, strict=True)}
        assert screen(TRIAL, written, on=ON).facts.keys() == measured.keys()


def test_a_rounded_entry_on_the_other_side_of_a_threshold_is_told() -> None:
    notices = screen(TRIAL, {"bmi": "30", "weight": "77.8", "height": "160"}, on=ON).notices
    assert any("other side of a threshold" in notice.message for notice in notices)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        # What only the accepted range of an input says is not told.
        ({"alt": ">80", "alt_uln": "40"}, "ALT ratio >2 ×ULN (from ALT >80 U/L, ALT upper"),
        ({"alt": ">=80", "alt_uln": "39 to 40"}, "ALT ratio ≥2 ×ULN (from ALT ≥80 U/L, ALT"),
        ({"alt": "90 to 95", "alt_uln": "40"}, "ALT ratio 2.25 to 2.375 ×ULN (from ALT 90 to"),
        ({"alt": "80", "alt_uln": "<=40"}, "ALT ratio ≥2 ×ULN (from ALT 80 U/L, ALT upper"),
        (
            {"alt": ">80", "alt_uln": "40", "alt_x_uln": "<=3"},
            "ALT ratio >2 and ≤3 ×ULN (as entered",
        ),
    ],
)
def test_a_computed_bound_is_told_as_it_was_stated(given: dict[str, str], said: str) -> None:
    (reason,) = reasons(_finding("E14", given).trace, ON)
    assert reason.startswith(said)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"weight": "<80", "height": "158 to 160"}, "body mass index <32.0461 kg/m² (from body"),
        ({"weight": "<80", "height": "<160"}, "body mass index >7.8125 and <80 kg/m² (from body"),
    ],
)
def test_so_is_one_that_decides_nothing(given: dict[str, str], said: str) -> None:
    assert reasons(_finding("I3", given).trace, ON)[-1].startswith(said)


def test_an_age_from_a_bound_on_birth_has_no_upper_end() -> None:
    (doubt,) = reasons(_finding("I2", {"birth_date": "<2000"}).trace, ON)
    assert doubt.startswith("age ≥26 years (from date of birth 1999-12-31 or earlier)")


def test_a_contradiction_and_a_warning_tell_the_same_bound() -> None:
    with pytest.raises(InputError) as refused:
        screen(TRIAL, {"alt": ">80", "alt_uln": "40", "alt_x_uln": "1"}, on=ON)
    assert refused.value.problems[0].message.endswith("from which it is >2 ×ULN")
    notices = screen(TRIAL, {"alt": ">1200", "alt_uln": "40"}, on=ON).notices
    assert any(one.message.startswith("ALT ratio >30 ×ULN is unusual") for one in notices)


def _finding(criterion: str, given: dict[str, str]) -> Finding:
    findings = screen(TRIAL, given, on=ON).findings
    return next(one for one in findings if one.criterion.id == criterion)


def test_an_answer_for_another_screening_date_is_refused() -> None:
    with pytest.raises(InputError):
        screen(TRIAL, {"screening_date": "2026-05-31"}, on=ON)


def test_a_terminal_without_the_signs_gets_them_in_ascii() -> None:
    ran = spawn("screen", "--full", "--weight", "55", "--height", "160", PYTHONIOENCODING="ascii")
    assert "+ met" in ran.out
    assert "body weight 55 kg >= 40" in ran.out
