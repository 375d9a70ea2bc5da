"""The REDCap data dictionary: its format, its round trip, and what its logic hides."""

import html
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from random import Random
from typing import Any

import pytest

from tests.generate import ON, random_exact, random_trial, random_world, unreviewed
from tests.redcap import Expression, choices_in, read_dictionary
from tests.sizes import size
from tests.trials import some_internal, vary, with_criteria
from trialscreen import InputError, load_trial
from trialscreen.answers.values import read_value
from trialscreen.model.facts import Dates, Exactly, Fact, Numbers
from trialscreen.model.rules import Compare, Given, Is, Operator, all_of, any_of
from trialscreen.model.trial import SCREENING_DATE, Criterion, Element, Formula, Section, Trial
from trialscreen.model.wording import show_number
from trialscreen.output.export.redcap.dictionary import (
    COLUMNS,
    RECORD_ID,
    choices_of,
    data_dictionary,
)
from trialscreen.screening.evaluate import Evaluation
from trialscreen.screening.screen import Screening
from trialscreen.text import csvtext

TRIAL = load_trial()
BRANCHING = "Branching Logic (Show field only if...)"
TYPES = {"integer": "integer", "number": "quantity", "date_ymd": "date"}


def dictionary(trial: Trial) -> list[dict[str, str]]:
    return read_dictionary(csvtext.render(COLUMNS, data_dictionary(trial)))


@cache
def packaged() -> list[dict[str, str]]:
    return dictionary(TRIAL)


@cache
def random_variant(seed: int) -> Trial:
    rng = Random(seed)
    varied = vary(rng, TRIAL)
    made = with_criteria(rng, varied, 3) if seed % 2 else random_trial(rng, varied)
    return some_internal(rng, made)


@pytest.fixture
def trial(request: pytest.FixtureRequest) -> Trial:
    """The packaged trial, then random ones."""
    return random_variant(request.param - 1) if request.param else TRIAL


# The format, and the way back.


def test_the_packaged_trial_makes_a_dictionary_that_an_upload_takes() -> None:
    rows = packaged()
    assert rows[0]["Variable / Field Name"] == RECORD_ID
    assert {row["Form Name"] for row in rows} == {"eligibility_screening"}
    assert [row["Section Header"] for row in rows if row["Section Header"]][:3] == [
        "Screening date",
        "Consent",
        "Age and sex",
    ]
    assert max(len(row[BRANCHING]) for row in rows) < 2000


def rebuilt(row: Mapping[str, str]) -> tuple[str, str, Mapping[str, str], tuple[str, str]]:
    """Name, type, choices and range of the element that a row was made from."""
    choices: dict[str, str] = {}
    if row["Field Type"] == "radio":
        choices = {code: html.unescape(label) for code, label in choices_in(row).items()}
        yes_no = set(choices) == {"yes", "no", "unknown"}
        kind = "boolean" if yes_no else "choice"
    else:
        kind = TYPES[row["Text Validation Type OR Show Slider Number"]]
    limits = (row["Text Validation Min"], row["Text Validation Max"])
    return row["Variable / Field Name"], kind, choices, limits


def expected(element: Element) -> tuple[str, str, Mapping[str, str], tuple[str, str]]:
    low, high = element.range or ("", "")
    limits = tuple(
        str(end) if isinstance(end, date | str) else show_number(end) for end in (low, high)
    )
    return element.name, element.type, dict(choices_of(element)), limits  # type: ignore[return-value]


@pytest.mark.parametrize("trial", range(5), indirect=True)
def test_every_element_comes_back_with_its_type_choices_and_range(trial: Trial) -> None:
    entered = [row for row in dictionary(trial)[1:] if row["Field Type"] != "calc"]
    assert list(map(rebuilt, entered)) == [expected(one) for one in trial.answerable()]


def test_a_raw_export_of_the_form_is_what_trialscreen_reads() -> None:
    for element in TRIAL.answerable():
        for code, _ in choices_of(element):
            fact = read_value(TRIAL, element, code, ON)
            known = {"yes": True, "no": False, "unknown": None}.get(code, code)
            assert fact == (None if known is None else Exactly(known))


def test_every_date_is_an_identifier() -> None:
    for row in packaged()[1:]:
        is_date = row["Text Validation Type OR Show Slider Number"] == "date_ymd"
        assert row["Identifier?"] == ("y" if is_date else "")


def test_hostile_texts_are_shown_as_they_are() -> None:
    hostile = "<script>x</script> [weight] {sex} a | b =1+1 & é"
    element = replace(TRIAL.elements["sex"], ask=hostile, choices={"a": hostile, "b": "-1"})
    trial = replace(TRIAL, elements={**TRIAL.elements, "sex": element}, criteria=())
    section = replace(trial, sections=(Section("demographics", hostile),))
    (row,) = [one for one in dictionary(section) if one["Variable / Field Name"] == "sex"]
    for shown in (row["Field Label"], choices_in(row)["a"], row["Section Header"]):
        assert html.unescape(shown) == hostile
    assert list(choices_in(row)) == ["a", "b", "unknown"]


def test_names_and_codes_that_redcap_does_not_take_are_refused_together() -> None:
    names = ["record_id", "return", "a__b", "x" * 101, "bmi_calc"]
    made = {name: replace(TRIAL.elements["weight"], name=name) for name in names}
    sex = replace(TRIAL.elements["sex"], choices={"f-1": "Female"})
    trial = replace(TRIAL, elements={**TRIAL.elements, **made, "sex": sex})
    with pytest.raises(InputError) as caught:
        data_dictionary(trial)
    told = "\n".join(map(str, caught.value.problems))
    for part in (
        "'record_id': an element takes",
        "'return' cannot",
        "'a__b'",
        "'bmi_calc'",
        "'f-1'",
    ):
        assert part in told
    assert len(caught.value.problems) == 6


# What is hidden.

Record = dict[str, str]


def shown_fields(rows: list[dict[str, str]], record: Record, **how: Any) -> set[str]:
    """The fields that REDCap shows for a record, and the record's calculated fields filled in."""
    for row in rows:
        if row["Field Type"] == "calc":
            equation = row["Choices, Calculations, OR Slider Labels"]
            record[row["Variable / Field Name"]] = str(compiled(equation).value(record, **how))
    return {
        row["Variable / Field Name"]
        for row in rows
        if not row[BRANCHING] or compiled(row[BRANCHING]).value(record, **how)
    }


@cache
def compiled(text: str) -> Expression:
    return Expression(text)


def answered(rng: Random, trial: Trial) -> tuple[dict[str, Fact], Record]:
    """A form answered in part, exactly where it is: what trialscreen and REDCap know of it."""
    density = rng.choice((0.1, 0.4, 0.8))
    world = random_world(rng, trial)
    for element in trial.answerable():
        if isinstance(element.derive, Formula) and rng.random() < 0.3:  # right or wrong
            world[element.name] = random_exact(rng, trial, element, ON)
    record = {SCREENING_DATE: ON.isoformat(), RECORD_ID: "S-001"}
    facts: dict[str, Fact] = {}
    for element in trial.answerable():
        if element.name in world and rng.random() < density:
            facts[element.name] = world[element.name]
            record[element.name] = written(world[element.name])
        elif choices_of(element) and element.choices and rng.random() < 0.2:
            record[element.name] = "unknown"
    return facts, record


def written(fact: Fact) -> str:
    match fact:
        case Exactly(bool() as value):
            return "yes" if value else "no"
        case Exactly(value):
            return str(value)
        case Numbers(low, _):
            return repr(float(low))
        case Dates(low, _):
            return low.isoformat()


def still_needed(screening: Screening) -> set[str]:
    """The elements whose answer can still change a criterion."""
    return {name for one in screening.findings for name in (*one.missing, *one.needed)}


@pytest.mark.parametrize("less", [True, False])
@pytest.mark.parametrize("trial", range(9), indirect=True)
def test_no_question_that_is_still_needed_is_hidden(trial: Trial, less: bool) -> None:
    rows = dictionary(trial)
    rng = Random(11)
    fields = {row["Variable / Field Name"] for row in rows}
    for _ in range(size(40)):
        facts, record = answered(rng, trial)
        needed = still_needed(unreviewed(trial, facts)) & fields
        hidden = needed - shown_fields(rows, record, blank_is_less=less)
        assert not hidden, (hidden, record)


@pytest.mark.parametrize("trial", range(5), indirect=True)
def test_no_question_is_hidden_by_its_own_answer(trial: Trial) -> None:
    rows = dictionary(trial)
    rng = Random(3)
    for _ in range(15):
        _, record = answered(rng, trial)
        shown = shown_fields(rows, record)
        for name in rng.sample(sorted(set(record) & set(trial.elements)), 2):
            unanswered = {key: value for key, value in record.items() if key != name}
            assert (name in shown) is (name in shown_fields(rows, unanswered))


def test_nor_by_what_is_computed_from_it() -> None:
    above = (Compare("bmi", Operator.ABOVE, 25), Compare("bmi", Operator.ABOVE, 26))
    trial = replace(TRIAL, criteria=(Criterion("E1", "exclusion", "", "", any_of(above)),))
    record = {"weight": "80", "height": "160"}
    assert {"weight", "height"} <= shown_fields(dictionary(trial), record)
    assert record["bmi_calc"] == "31.25"


def test_nor_by_an_entered_value_that_a_computed_one_may_replace() -> None:
    """REDCap does not compute a BMI from a weight that may not count; the program does."""
    weight = replace(TRIAL.elements["weight"], valid_if=Is("unable_to_ambulate", False))
    rule = any_of((Compare("bmi", Operator.BELOW, 18), Is("high_fall_risk", True)))
    trial = replace(
        TRIAL,
        elements={**TRIAL.elements, "weight": weight},
        criteria=(Criterion("E1", "exclusion", "", "", rule),),
    )
    texts = {"bmi": "17", "weight": "80", "height": "160", "unable_to_ambulate": "no"}
    facts = {n: read_value(trial, trial.elements[n], text, ON) for n, text in texts.items()}
    screening = unreviewed(trial, {n: fact for n, fact in facts.items() if fact is not None})
    assert still_needed(screening) == {"high_fall_risk"}
    assert "high_fall_risk" in shown_fields(dictionary(trial), texts)


def test_nor_where_it_is_read_twice_under_the_same_conditions() -> None:
    cushing = Is("cushing_syndrome", True)
    twice = all_of(
        (all_of((cushing, Is("acromegaly", True))), all_of((cushing, Is("high_fall_risk", True))))
    )
    other = any_of((cushing, Is("hypoparathyroidism", True)))
    trial = replace(
        TRIAL,
        criteria=tuple(
            Criterion(f"E{i}", "exclusion", "", "", rule) for i, rule in enumerate((twice, other))
        ),
    )
    assert "cushing_syndrome" in shown_fields(dictionary(trial), {"hypoparathyroidism": "yes"})


def test_nor_because_unknown_was_entered() -> None:
    """That something is known of an element is not said by "unknown"."""
    used = replace(TRIAL.elements["acromegaly"], derive=Given("cushing_syndrome"))
    rule = any_of((Is("acromegaly", True), Is("high_fall_risk", True)))
    trial = replace(
        TRIAL,
        elements={**TRIAL.elements, "acromegaly": used},
        criteria=(Criterion("E1", "exclusion", "", "", rule),),
    )
    assert "high_fall_risk" in shown_fields(dictionary(trial), {"cushing_syndrome": "unknown"})
    assert "high_fall_risk" not in shown_fields(dictionary(trial), {"cushing_syndrome": "no"})


def test_derivations_that_double_with_each_step_take_no_time() -> None:
    first, names = TRIAL.elements["cushing_syndrome"], [f"step{i}" for i in range(40)]
    steps = {
        name: replace(first, name=name, derive=any_of((Is(last, True), Is(last, False))))
        for last, name in zip([first.name, *names], names, strict=False)
    }
    criterion = Criterion("E1", "exclusion", "", "", Is(names[-1], True))
    trial = replace(TRIAL, elements={first.name: first, **steps}, criteria=(criterion,))
    assert {first.name, *names} <= shown_fields(dictionary(trial), {})


def shown_with(**answers: str) -> set[str]:
    return shown_fields(packaged(), {SCREENING_DATE: ON.isoformat(), **answers})


def test_nothing_but_the_answers_hides_a_question() -> None:
    assert shown_with() == {row["Variable / Field Name"] for row in packaged()}


@pytest.mark.parametrize(
    ("answers", "hidden"),
    [
        ({"pth_analog_use": "no"}, {"pth_analog_last_dose_date"}),
        ({"hcv_antibody": "negative"}, {"hcv_rna_above_uln"}),
        ({"malignancy_history": "no"}, {"malignancy_cure_date", "years_since_malignancy_cure"}),
        ({"menopause_type": "natural"}, {"ovarian_insufficiency_is_primary"}),
        ({"hiv_antibody": "positive"}, {"hbv_dna", "hcv_antibody", "syphilis_antibody"}),
        ({"weight": "80", "height": "160"}, set()),
        ({"weight": "39.5"}, {"height", "bmi"}),
        ({"bmi": "22"}, {"height"}),
        ({"alt": "90", "alt_uln": "40"}, {"ast", "ast_uln", "cirrhosis"}),
    ],
)
def test_what_can_no_longer_change_a_criterion_is_hidden(answers: Record, hidden: set[str]) -> None:
    assert hidden <= set(TRIAL.elements) - shown_with(**answers)
    assert shown_with(**answers) >= set(answers)


def test_unknown_hides_nothing() -> None:
    everything = {e.name: "unknown" for e in TRIAL.answerable() if dict(choices_of(e))}
    assert shown_with(**everything) == shown_with()


# What is computed.


IN_OTHER_UNITS = {"bmi": (0.00045359237, 2.54), "egfr": (88.42, 1, 1), "alt_x_uln": (1, 1 / 60)}


def in_other_units() -> Trial:
    """The packaged trial, with formulas whose inputs come in other units than their own."""
    elements = dict(TRIAL.elements)
    for name, factors in IN_OTHER_UNITS.items():
        formula = elements[name].derive
        assert isinstance(formula, Formula)
        elements[name] = replace(elements[name], derive=formula._replace(factors=factors))
    return replace(TRIAL, elements=elements)


@pytest.mark.parametrize("trial", [TRIAL, in_other_units()], ids=["own units", "other units"])
def test_what_redcap_computes_is_what_trialscreen_derives(trial: Trial) -> None:
    rows = [row for row in dictionary(trial) if row["Field Type"] == "calc"]
    assert len(rows) == 12
    rng = Random(5)
    compared = 0
    for _ in range(size(150)):
        facts, record = answered(rng, trial)
        shown_fields(rows, record)
        evaluation = Evaluation(trial, facts, ON)
        for row in rows:
            name = row["Variable / Field Name"].removesuffix("_calc")
            derived = evaluation.resolve(name).derived
            computed = record[f"{name}_calc"]
            compared += derived is not None
            assert (derived is None) is (computed == "")
            assert derived is None or derived == Numbers(float(computed), float(computed))
    assert compared > size(300)


def test_what_may_not_be_valid_is_not_computed_from() -> None:
    weight = replace(TRIAL.elements["weight"], valid_if=Is("unable_to_ambulate", False))
    trial = replace(TRIAL, elements={**TRIAL.elements, "weight": weight})
    names = {row["Variable / Field Name"] for row in dictionary(trial)}
    assert "bmi_calc" not in names and "age_calc" in names
