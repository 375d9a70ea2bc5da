"""Every criterion, contradiction and value against the cases in tests/data/criteria."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given as given_any
from hypothesis import strategies as st

from tests.cases import (
    FOLDER,
    NOTICES,
    VALUES,
    Case,
    CriterionCase,
    NoticeCase,
    ValueCase,
    criterion_cases,
    given_in,
    notice_cases,
    value_cases,
)
from tests.sizes import examples
from trialscreen import InputError, load_trial, screen

TRIAL = load_trial()
CRITERION_CASES = list(criterion_cases())
NOTICE_CASES = list(notice_cases())
VALUE_CASES = list(value_cases())
ELIGIBLE, ON = given_in(Path(__file__).parent.parent / "docs" / "patients" / "eligible.yaml")
JUDGEMENTS = [name for name in ELIGIBLE if TRIAL.elements[name].is_judgement]

EXCLUDING = {
    "rankl_inhibitor_last_dose_date": "2026-01",
    "tsh": "12.1",
    "hiv_antibody": "positive",
    "prior_cell_therapy": "yes",
    "weight": "38",
    "sex": "male",
    "willing_to_participate": "no",
}
"""Answers that each fail a criterion for certain, whatever else is known."""


def named(case: Case) -> str:
    """How pytest shows a case."""
    return f"{case.criterion}: {case.name}" if isinstance(case, CriterionCase) else case.name


@pytest.mark.parametrize("case", CRITERION_CASES, ids=named)
def test_criterion_is_judged_as_the_text_is_read(case: CriterionCase) -> None:
    assert case.difference(screen(TRIAL, case.given, on=case.on)) is None


@pytest.mark.parametrize("case", CRITERION_CASES, ids=named)
def test_criterion_alone_is_judged_as_in_the_whole_screening(case: CriterionCase) -> None:
    assert case.failure(TRIAL) is None


@pytest.mark.parametrize("case", NOTICE_CASES, ids=named)
def test_contradictions_and_oddities_are_told(case: NoticeCase) -> None:
    assert case.failure(TRIAL) is None


@pytest.mark.parametrize("case", [c for c in NOTICE_CASES if c.error], ids=named)
def test_contradictory_answers_are_refused(case: NoticeCase) -> None:
    with pytest.raises(InputError) as refusal:
        screen(TRIAL, case.given, on=case.on)
    assert case.error in "; ".join(map(str, refusal.value.problems))


@pytest.mark.parametrize("case", VALUE_CASES, ids=named)
def test_value_is_read_as_it_is_meant(case: ValueCase) -> None:
    assert case.failure(TRIAL) is None


def test_every_criterion_has_its_file_of_cases() -> None:
    expected = {criterion.id for criterion in TRIAL.criteria}
    assert {path.stem for path in FOLDER.iterdir()} == expected | {*NOTICES, VALUES}
    assert {case.criterion for case in CRITERION_CASES} == expected


def test_no_case_name_repeats() -> None:
    cases: list[Case] = [*CRITERION_CASES, *NOTICE_CASES, *VALUE_CASES]
    names = [named(case) for case in cases]
    assert [name for name, count in Counter(names).items() if count > 1] == []


def test_every_criterion_has_a_case_for_yes_no_and_unknown() -> None:
    seen = {(case.criterion, case.met) for case in CRITERION_CASES}
    wanted = {(c.id, met) for c in TRIAL.criteria for met in ("yes", "no", "unknown")}
    assert wanted - seen == set()


def test_every_number_has_cases_at_the_ends_of_its_range() -> None:
    numeric = {one.name for one in TRIAL.answerable() if one.type in ("integer", "quantity")}
    assert numeric - {case.element for case in VALUE_CASES if case.refused} == set()


def test_nothing_known_leaves_every_criterion_unknown() -> None:
    screening = screen(TRIAL, {}, on=ON)
    assert {finding.met for finding in screening.findings} == {None}
    assert screening.verdict == "undetermined"


def test_the_example_patient_is_eligible() -> None:
    assert screen(TRIAL, ELIGIBLE, on=ON).verdict == "eligible"


@pytest.mark.parametrize("name", [*JUDGEMENTS, None])
def test_favourable_data_never_suffice_without_the_judgements(name: str | None) -> None:
    """One judgement left out, or all of them (None).

    It stays eligible only where the data settle the criterion: a T-score diagnoses, and a
    recent fracture satisfies I4 whatever the risk of falling.
    """
    dropped = JUDGEMENTS if name is None else [name]
    answers = {key: text for key, text in ELIGIBLE.items() if key not in dropped}
    settled = name in ("osteoporosis_diagnosis", "high_fall_risk", "other_skeletal_harm_medication")
    expected = "eligible" if settled else "undetermined"
    assert screen(TRIAL, answers, on=ON).verdict == expected


@examples(150)
@given_any(
    excluding=st.sampled_from(sorted(EXCLUDING)),
    kept=st.sets(st.sampled_from(sorted(ELIGIBLE))),
)
def test_a_certain_exclusion_stays_however_little_else_is_known(
    excluding: str, kept: set[str]
) -> None:
    answers = {name: ELIGIBLE[name] for name in sorted(kept)}
    answers[excluding] = EXCLUDING[excluding]
    assert screen(TRIAL, answers, on=ON).verdict == "ineligible"


@examples(150)
@given_any(kept=st.sets(st.sampled_from(sorted(ELIGIBLE))))
def test_fewer_answers_of_an_eligible_patient_never_exclude(kept: set[str]) -> None:
    answers = {name: ELIGIBLE[name] for name in sorted(kept)}
    assert screen(TRIAL, answers, on=ON).verdict != "ineligible"
