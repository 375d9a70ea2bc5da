"""Answers, edits and back-steps in any order find what `screen` finds on the same answers."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.generate import ON, random_exact, random_trial, random_world
from tests.interviewing import open_elements
from tests.sizes import examples
from tests.spec import spec_trial
from trialscreen import Trial, load_trial
from trialscreen.answers.answer import VERSION_DIGITS, Answer, read_facts
from trialscreen.answers.interview.ordering import Question, next_question
from trialscreen.answers.interview.state import ContradictingAnswer, State
from trialscreen.model.errors import ValueProblem
from trialscreen.model.facts import Dates, Exactly, Fact
from trialscreen.model.trial import Element
from trialscreen.screening.screen import Screening, screen

NCT = load_trial()
SMALL = spec_trial()
MOST_DETOURS = 25
seeds = st.integers(min_value=0, max_value=2**63).map(Random)


def text_of(element: Element, fact: Fact) -> str:
    """An exact fact as a person would write it, within what is accepted."""
    match fact:
        case Exactly(bool() as value):
            return "yes" if value else "no"
        case Exactly(value):
            return str(value)
        case Dates():
            return fact.low.isoformat()
        case _:
            assert element.range is not None
            low, high = element.range
            return repr(min(max(fact.low, low), high))


def found(screening: Screening) -> list[bool | None]:
    return [finding.met for finding in screening.findings]


class Interviewer:
    """Someone who answers from `world`, and now and then goes back, edits or mistypes."""

    def __init__(self, rng: Random, trial: Trial, world: Mapping[str, Fact]) -> None:
        self.rng, self.world, self.state = rng, world, State(screen(trial, {}, ON))

    def hold(self) -> None:
        detours = self.rng.randint(0, MOST_DETOURS)
        asked = 0
        while (question := self.question()) is not None:
            self.check_question(question)
            self.answer([(element, self.reply(element)) for element in question.elements])
            asked += 1
            assert asked <= len(self.state.trial.elements) + MOST_DETOURS * 10, "does not end"
            if detours and self.rng.random() < 0.3:
                detours -= 1
                self.rng.choice((self.back, self.edit, self.mistype))()
                self.check()
        self.check()

    def question(self) -> Question | None:
        """The next one in either order, or any that is open."""
        state, closed = self.state, self.state.answers.keys()
        ahead = open_elements(state.screening, closed)
        if ahead and self.rng.random() < 0.2:
            return Question((self.rng.choice(ahead),))
        return next_question(state.screening, closed, quick=self.rng.random() < 0.5)

    def reply(self, element: Element) -> str:
        if element.name not in self.world or self.rng.random() < 0.125:
            return "unknown"
        return text_of(element, self.world[element.name])

    def answer(self, texts: list[tuple[Element, str]]) -> None:
        """On a contradiction, keeps the new answer or says unknown."""
        before = dict(self.state.answers)
        try:
            self.state.answer(texts)
        except ContradictingAnswer as problem:
            assert self.state.answers == before
            if problem.others and self.rng.random() < 0.5:
                self.set_aside(texts, problem.others)
            else:
                self.state.answer((element, "unknown") for element, _ in texts)

    def set_aside(self, texts: list[tuple[Element, str]], others: tuple[str, ...]) -> None:
        try:
            self.state.answer(texts, others)
        except (
            ContradictingAnswer
        ):  # the new answers contradict each other, or what stands in for one
            self.state.answer((element, "unknown") for element, _ in texts)
            return
        assert self.state.set_aside.keys() >= set(others)
        assert self.state.set_aside.keys().isdisjoint(self.state.answers)

    def back(self) -> None:
        """Answers the question before again, as from the world."""
        for name in list(self.state.answers)[-1:]:
            element = self.state.trial.elements[name]
            self.answer([(element, self.reply(element))])

    def edit(self) -> None:
        """Another value for an answer; most are mended later, some stay."""
        if self.state.answers:
            element = self.state.trial.elements[self.rng.choice(list(self.state.answers))]
            fact = random_exact(self.rng, self.state.trial, element, ON)
            self.answer([(element, text_of(element, fact))])

    def mistype(self) -> None:
        before = dict(self.state.answers)
        element = self.rng.choice(list(self.state.trial.elements.values()))
        with pytest.raises(ValueProblem):
            self.state.answer([(element, "?")])
        assert self.state.answers == before

    def check_question(self, question: Question) -> None:
        matter = {name for finding in self.state.screening.findings for name in finding.missing}
        for element in question.elements:
            assert element.name not in self.state.answers, "asked twice"
            assert element.name in matter or element.source == "derived", "cannot matter"

    def check(self) -> None:
        """The findings are those of `screen` on the same answers; the unused change nothing."""
        state = self.state
        answers = [(name, Answer(one.text, "flag", name)) for name, one in state.answers.items()]
        self.rng.shuffle(answers)
        facts = read_facts(state.trial, dict(answers), ON)
        assert found(state.screening) == found(screen(state.trial, facts, ON))
        used = {name: fact for name, fact in facts.items() if name not in state.unused()}
        assert found(state.screening) == found(screen(state.trial, used, ON))


@given(seeds)
@examples(40)
def test_whatever_the_order_edits_and_back_steps_on_the_packaged_trial(rng: Random) -> None:
    Interviewer(rng, NCT, random_world(rng, NCT)).hold()


@given(seeds)
@examples(300)
def test_whatever_the_order_edits_and_back_steps_on_generated_trials(rng: Random) -> None:
    trial = random_trial(rng, SMALL)
    Interviewer(rng, trial, random_world(rng, trial)).hold()


@given(seeds)
@examples(60)
def test_an_answer_that_is_used_is_behind_some_finding(rng: Random) -> None:
    trial = replace(random_trial(rng, SMALL), checks=())
    state = State(screen(trial, {}, ON))
    world = random_world(rng, trial)
    for name in rng.sample(list(world), rng.randint(1, len(world))):
        try:
            state.answer([(trial.elements[name], text_of(trial.elements[name], world[name]))])
        except ContradictingAnswer:
            continue
    behind = {name for one in trial.criteria for name in trial.elements_behind(one.rule)}
    assert state.screening.facts.keys() - behind <= set(state.unused())


def entered(**texts: str) -> State:
    state = State(screen(NCT, {}, date(2026, 6, 1)))
    for name, text in texts.items():
        state.answer([(NCT.elements[name], text)])
    return state


def test_an_answer_that_another_made_needless_is_not_used() -> None:
    state = entered(sex="female", pth_analog_use="no", rankl_inhibitor_use="yes")
    assert state.unused() == ()
    state.answer([(NCT.elements["rankl_inhibitor_last_dose_date"], "2026-01")])
    assert state.unused() == ("pth_analog_use",)


def test_two_grounds_that_exclude_each_alone_are_both_used() -> None:
    dates = {"rankl_inhibitor_last_dose_date": "2026-01", "pth_analog_last_dose_date": "2026-02"}
    assert entered(**dates).unused() == ()


def test_what_an_edit_contradicts_is_set_aside_asked_again_and_then_forgotten() -> None:
    state = entered(pth_analog_use="yes", pth_analog_last_dose_date="2020")
    use, last = (NCT.elements[f"pth_analog_{part}"] for part in ("use", "last_dose_date"))
    with pytest.raises(ContradictingAnswer) as caught:
        state.answer([(use, "no")])
    assert caught.value.others == ("pth_analog_last_dose_date",)
    state.answer([(use, "no")], caught.value.others)
    assert state.set_aside["pth_analog_last_dose_date"].notes["set_aside"] == "2020"
    assert list(state.screening.facts) == ["pth_analog_use"]
    state.answer([(use, "yes")])
    assert last in open_elements(state.screening, state.answers.keys())
    state.answer([(last, "2021")])
    assert not state.set_aside


def test_answers_of_another_version_of_the_criteria_are_known() -> None:
    old, new = {"criteria": "0" * VERSION_DIGITS}, {"criteria": NCT.sha256[:VERSION_DIGITS]}
    answers = {
        "sex": Answer("female", "file", notes=old),
        "smoker": Answer("unknown", "file"),
        "weight": Answer("unknown", "file", notes=new),
    }
    assert State(screen(NCT, {}, ON), answers).of_other_versions() == ("sex",)
