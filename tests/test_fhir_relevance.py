"""What the exported questions enable: never hidden while it matters, never missed once hidden."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fhir import answers_in, enabled, facts_of, items
from tests.generate import ON, random_trial, unreviewed
from tests.sizes import examples
from tests.spec import spec_trial
from tests.tables import Patients
from tests.trials import some_internal, vary, with_criteria
from trialscreen import Trial, load_trial
from trialscreen.model.facts import Exactly, Fact, Numbers, half_of_shown
from trialscreen.model.rules import Is, any_of
from trialscreen.model.trial import Criterion
from trialscreen.output.export.fhir.datatypes import answer_of
from trialscreen.output.export.fhir.forms import (
    BASE,
    Variant,
    questionnaire,
    questions_of,
    response,
)
from trialscreen.screening.screen import Screening

NCT = load_trial()
SMALL = spec_trial()
AT = datetime(2026, 8, 31, 12, 0, tzinfo=UTC)
seeds = st.integers(min_value=0, max_value=2**63).map(Random)
Json = Mapping[str, Any]


@cache
def _form() -> Json:
    return questionnaire(NCT)


def _everything(trial: Trial, facts: Mapping[str, Fact]) -> Json:
    """A form with an answer for every fact that has one, enabled or not."""
    found = []
    for element in questions_of(trial):
        fact = facts.get(element.name)
        answer = None if fact is None else answer_of(trial, element, fact, ON, BASE)
        if answer is not None:
            found.append({"linkId": element.name, "answer": [answer]})
    return {"resourceType": "QuestionnaireResponse", "item": [{"linkId": "all", "item": found}]}


def _questions(form: Json) -> dict[str, Json]:
    return {item["linkId"]: item for item in items(form)}


def _nothing_needed_is_hidden(form: Json, screening: Screening) -> None:
    """Whatever answers are given, what the reference still misses is asked."""
    questions = _questions(form)
    pruned = response(screening, AT).resource
    missed = {name for finding in screening.findings for name in finding.missing}
    answers = _everything(screening.trial, screening.facts)
    for name in missed - {n for n, one in screening.trial.elements.items() if one.internal}:
        assert enabled(questions[name], answers), name
        assert enabled(questions[name], pruned), name


def _nothing_is_missed(form: Json, screening: Screening) -> None:
    """A response holds what is enabled; every criterion is found as from all that FHIR can say."""
    questions = _questions(form)
    made = response(screening, AT)
    for name in answers_in(made.resource):
        assert enabled(questions[name], made.resource), name
    for name in made.not_enabled:
        assert not enabled(questions[name], made.resource), name
    facts = facts_of(screening.trial, made.resource, ON)
    left_out = {*made.not_enabled, *made.no_such_answer}
    assert facts == {n: _shown(fact) for n, fact in screening.facts.items() if n not in left_out}
    again = [finding.met for finding in unreviewed(screening.trial, facts).findings]
    said = {n: fact for n, fact in screening.facts.items() if n not in made.no_such_answer}
    assert again == [finding.met for finding in unreviewed(screening.trial, said).findings]


def _shown(fact: Fact) -> Fact:
    """A fact as it is read from the digits that show it."""
    if not isinstance(fact, Numbers) or not fact.exact:
        return fact
    return fact._replace(half=half_of_shown(fact.low))


def _screened(rng: Random, trial: Trial) -> Screening:
    names = frozenset(name for name in trial.elements if rng.random() < 0.3)
    facts = Patients(trial, bounded=names).facts(rng, ON)
    given = {n: one for n, one in facts.items() if not trial.elements[n].internal}
    return unreviewed(trial, {n: one for n, one in given.items() if _accepted(trial, n, one)})


def _in_another_order(rng: Random, trial: Trial) -> Trial:
    """What is worked out may be asked before what it is worked out from."""
    names = list(trial.elements)
    rng.shuffle(names)
    return replace(trial, elements={name: trial.elements[name] for name in names})


def _accepted(trial: Trial, name: str, fact: Fact) -> bool:
    """Whether the value lies in the range in which answers are read."""
    ends = trial.elements[name].range
    if ends is None or isinstance(fact, Exactly):
        return True
    return ends[0] <= fact.low and fact.high <= ends[1]  # type: ignore[operator]


@given(seeds)
@examples(6, part=2)
def test_the_packaged_questions_hide_nothing_that_is_needed(rng: Random) -> None:
    screening = _screened(rng, NCT)
    _nothing_needed_is_hidden(_form(), screening)
    _nothing_is_missed(_form(), screening)


@pytest.mark.parametrize("kind", ["random", "varied"])
@given(rng=seeds)
@examples(150, part=15)
def test_questions_of_generated_trials_hide_nothing_that_is_needed(kind: str, rng: Random) -> None:
    if kind == "random":
        trial = random_trial(rng, SMALL)
    else:
        trial = with_criteria(rng, vary(rng, SMALL), 3)
    trial = _in_another_order(rng, some_internal(rng, trial))
    form = questionnaire(trial)
    for _ in range(2):
        screening = _screened(rng, trial)
        _nothing_needed_is_hidden(form, screening)
        _nothing_is_missed(form, screening)


def test_only_earlier_questions_decide_about_a_question() -> None:
    order = [element.name for element in questions_of(NCT)]
    for place, name in enumerate(order):
        text = str(_questions(_form())[name].get("enableWhen", ""))
        text += str(_questions(_form())[name].get("extension", ""))
        for later in order[place:]:
            assert f"'{later}'" not in text, (name, later)


@pytest.mark.parametrize(
    ("given", "hidden", "shown"),
    [
        ({}, (), ("pth_analog_last_dose_date", "t4", "height")),
        ({"pth_analog_use": "no"}, ("pth_analog_last_dose_date",), ("t4",)),
        ({"pth_analog_use": "yes"}, (), ("pth_analog_last_dose_date",)),
        ({"tsh": "3"}, ("t4", "t4_uln", "t4_outside_normal"), ("tsh_lln",)),
        ({"tsh": "7"}, (), ("t4", "t4_uln", "t4_outside_normal", "tsh_lln")),
        ({"tsh": ">7"}, (), ("t4", "tsh_lln")),
        ({"tsh": ">10"}, ("t4", "tsh_lln"), ()),
        ({"tsh": ">=10"}, (), ("t4", "tsh_lln")),
        ({"tsh": "<5.5"}, ("t4",), ("tsh_lln",)),
        ({"hypercalcemia": "yes"}, ("hypocalcemia",), ("serum_calcium_lln", "bone_tumor")),
        ({"fragility_fracture_last_2_years": "no"}, ("last_fragility_fracture_date",), ()),
    ],
)
def test_what_the_packaged_questions_enable(
    given: dict[str, str], hidden: tuple[str, ...], shown: tuple[str, ...]
) -> None:
    from trialscreen.answers.answer import Answer, read_facts

    facts = read_facts(NCT, {name: Answer(text, "flag", name) for name, text in given.items()}, ON)
    made = response(unreviewed(NCT, facts), AT)
    questions = _questions(_form())
    assert [name for name in hidden if enabled(questions[name], made.resource)] == []
    assert [name for name in shown if not enabled(questions[name], made.resource)] == []


def test_what_is_never_asked_decides_by_what_it_is_derived_from() -> None:
    trial = SMALL
    smoker, fasting = trial.elements["smoker"], trial.elements["fasting"]
    internal = replace(smoker, name="at_risk", derive=Is("smoker", True), internal=True)
    rule = any_of((Is("at_risk", True), Is("fasting", True)))
    trial = replace(
        trial,
        elements={"smoker": smoker, "at_risk": internal, "fasting": fasting},
        criteria=(Criterion("E1", "exclusion", "", "", rule),),
    )
    made = response(unreviewed(trial, {"smoker": Exactly(True)}), AT)
    assert not enabled(_questions(questionnaire(trial))["fasting"], made.resource)
    made = response(unreviewed(trial, {"smoker": Exactly(False)}), AT)
    assert enabled(_questions(questionnaire(trial))["fasting"], made.resource)


def test_every_question_can_be_asked() -> None:
    every = Variant(every_question=True)
    form = questionnaire(NCT, every)
    assert not any("enableWhen" in str(item) for item in items(form))
    assert form["url"] != _form()["url"]
    facts = Patients(NCT).true_of(Random(1), ON)
    made = response(unreviewed(NCT, facts), AT, variant=every)
    assert made.resource["questionnaire"].startswith(f"{form['url']}|")
    assert (made.not_enabled, made.no_such_answer) == ((), ())
    assert facts_of(NCT, made.resource, ON) == {n: _shown(fact) for n, fact in facts.items()}
