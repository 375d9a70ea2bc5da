"""The order of questions: nothing is asked in vain, it ends, and it finds what `screen` finds."""

from collections.abc import Mapping
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tests.generate import random_trial, random_world, unreviewed
from tests.interviewing import open_elements
from tests.sizes import examples
from tests.spec import spec_trial
from trialscreen import Trial, load_trial
from trialscreen.answers.interview.ordering import next_question
from trialscreen.model.facts import Fact
from trialscreen.model.trial import Source
from trialscreen.screening.screen import Screening

NCT = load_trial()
SMALL = spec_trial()
seeds = st.integers(min_value=0, max_value=2**63).map(Random)


def _decided(screening: Screening) -> int:
    return sum(finding.met is not None for finding in screening.findings)


def _interview(rng: Random, trial: Trial, world: Mapping[str, Fact]) -> Screening:
    """Asks and answers from `world`, one in eight answers being unknown; checks every question."""
    facts: dict[str, Fact] = {}
    closed: set[str] = set()
    screening = unreviewed(trial, facts)
    while (question := next_question(screening, closed)) is not None:
        before = _decided(screening)
        open_names = {name for finding in screening.findings for name in finding.missing}
        for element in question.elements:
            assert element.name not in closed, "asked twice"
            assert element.name in open_names or element.source == "derived", "cannot matter"
            closed.add(element.name)
            if element.name in world and rng.random() > 0.125:
                facts[element.name] = world[element.name]
        screening = unreviewed(trial, facts)
        assert _decided(screening) >= before
    return screening


@given(seeds)
@examples(40)
def test_an_interview_ends_and_finds_what_screen_finds(rng: Random) -> None:
    world = random_world(rng, NCT)
    screening = _interview(rng, NCT, world)
    again = unreviewed(NCT, dict(screening.facts))
    assert [f.met for f in screening.findings] == [f.met for f in again.findings]
    full = unreviewed(NCT, world)
    for mine, theirs in zip(screening.findings, full.findings, strict=True):
        assert mine.met in (None, theirs.met)


@given(seeds)
@examples(150)
def test_it_ends_on_generated_trials_too(rng: Random) -> None:
    trial = random_trial(rng, SMALL)
    _interview(rng, trial, random_world(rng, trial))


@given(seeds)
@examples(40)
def test_who_answers_everything_leaves_nothing_open(rng: Random) -> None:
    world = random_world(rng, NCT)
    facts: dict[str, Fact] = {}
    closed: set[str] = set()
    while (question := next_question(unreviewed(NCT, facts), closed)) is not None:
        for element in question.elements:
            closed.add(element.name)
            if element.name in world:
                facts[element.name] = world[element.name]
    mine, full = unreviewed(NCT, facts), unreviewed(NCT, world)
    for one, other in zip(mine.findings, full.findings, strict=True):
        assert one.met is other.met or one.met is None
    assert len(closed) < len(world)


def test_only_the_sources_asked_for_are_asked() -> None:
    nothing = unreviewed(NCT, {})
    names = open_elements(nothing, set(), ("participant",))
    assert all("participant" in element.sources for element in names)


def test_what_several_sources_can_give_is_asked_of_each() -> None:
    told, kept = (
        {element.name for element in open_elements(unreviewed(NCT, {}), set(), (source,))}
        for source in ("participant", "chart")
    )
    last = {name for name in told if name.endswith("_last_dose_date")}
    assert len(last) == 4
    assert told & kept == last


def test_what_can_no_longer_be_derived_is_asked_itself() -> None:
    nothing = unreviewed(NCT, {})
    before = {element.name for element in open_elements(nothing, set())}
    after = {element.name for element in open_elements(nothing, {"height"})}
    assert "bmi" not in before
    assert "bmi" in after


def test_what_is_derived_is_asked_of_who_can_give_what_it_is_derived_from() -> None:
    nothing, closed = unreviewed(NCT, {}), {"birth_date", "last_menstrual_period_date", "height"}
    derived = {"age", "years_since_menopause", "bmi"}
    givers: dict[Source, set[str]] = {
        "participant": {"age", "years_since_menopause"},
        "chart": {"bmi"},
        "laboratory": set(),
    }
    for source, expected in givers.items():
        names = {element.name for element in open_elements(nothing, closed, (source,))}
        assert names & derived == expected
