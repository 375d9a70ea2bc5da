"""Which unconfirmed readings a finding and a verdict turn on."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

from tests.cases import ABSENT, given_in
from tests.generate import ON as RANDOM_ON
from tests.generate import blur, random_exact, random_rule, random_world
from tests.process import run
from tests.sizes import size
from tests.spec import spec_trial
from trialscreen import load_trial, screen
from trialscreen.model.trial import Alternative, Confirmed, Criterion, Kind, Reading, Trial
from trialscreen.screening.evaluate import Evaluation
from trialscreen.screening.finding import Finding
from trialscreen.screening.screen import Screening, screening_of

ROOT = Path(__file__).parent.parent
TRIAL = load_trial()
ELIGIBLE, ON = given_in(ROOT / "docs" / "patients" / "eligible.yaml")
DATA = (ROOT / "tests/data/readings.yaml").read_text("utf-8")
CASES: list[dict[str, Any]] = yaml.load(DATA, yaml.CBaseLoader)  # noqa: S506 - texts only: no is "no"
DECIDES = {"yes": True, "no": False, "unknown": None}


def of_eligible(given: Mapping[str, str], trial: Trial = TRIAL) -> Screening:
    """The eligible patient, but for what is given."""
    answers = {name: text for name, text in {**ELIGIBLE, **given}.items() if text != ABSENT}
    return screen(trial, answers, ON)


def finding_of(screening: Screening, criterion: str) -> Finding:
    return next(one for one in screening.findings if one.criterion.id == criterion)


@pytest.mark.parametrize("case", CASES, ids=lambda one: f"{one['of']} {one['reading']}")
def test_the_alternative_of_a_reading_decides_what_it_would_change(case: dict[str, Any]) -> None:
    finding = finding_of(of_eligible(case.get("given", {})), case["of"])
    found = {one.id: one.decides for one in finding.readings}
    assert found[case["reading"]] is DECIDES[case["decides"]]


def test_every_reading_has_cases_at_every_criterion_that_it_may_change() -> None:
    wanted = {(one.id, r.ref) for one in TRIAL.criteria for r, _ in one.alternatives}
    assert {(case["of"], case["reading"]) for case in CASES} == wanted
    assert {ref for _, ref in wanted} == {f"A{n}" for n in range(1, 33)}


# What a verdict rests on.

NEUROLOGICAL = {"neurological_disorder_history": "yes"}


def confirming(*refs: str) -> Trial:
    """The packaged trial, with these readings confirmed."""
    by = Confirmed("the sponsor", date(2026, 5, 20))

    def confirmed(one: Reading) -> Reading:
        return one._replace(confirmed=by) if one.ref in refs else one

    return replace(
        TRIAL,
        criteria=tuple(
            one._replace(
                readings=tuple(map(confirmed, one.readings)),
                alternatives=tuple((confirmed(r), other) for r, other in one.alternatives),
            )
            for one in TRIAL.criteria
        ),
    )


@pytest.mark.parametrize(
    ("given", "unconfirmed"),
    [
        ({}, ("A8",)),  # denosumab, once
        ({"rankl_inhibitor_last_dose_date": ABSENT, "rankl_inhibitor_use": "no"}, ()),
        (NEUROLOGICAL, ("A19",)),
        ({**NEUROLOGICAL, "prior_cell_therapy": "yes"}, ()),  # which excludes in any case
        ({**NEUROLOGICAL, "alt": "100"}, ("A19", "A24")),  # each way needs one
        ({**NEUROLOGICAL, "sex": ABSENT}, ("A19",)),
        ({"alt": "100"}, ("A24",)),
        ({"alt": "100", "alp": "200"}, ()),
        ({"sex": ABSENT}, ()),  # undetermined
        # Each alone leaves the other reason; together they leave none.
        (
            {"syphilis_antibody": "positive", "hbv_dna": ABSENT, "hbv_dna_above_uln": "yes"},
            ("A21", "A23"),
        ),
    ],
)
def test_a_verdict_rests_on_readings_where_every_way_to_it_needs_one(
    given: dict[str, str], unconfirmed: tuple[str, ...]
) -> None:
    assert of_eligible(given).unconfirmed == unconfirmed


def test_nothing_is_said_once_the_sponsor_has_confirmed() -> None:
    found = of_eligible({**NEUROLOGICAL, "alt": "100"}, confirming("A19"))
    assert found.unconfirmed == ()
    e12 = finding_of(found, "E12")
    assert [(one.id, one.confirmed, one.decides) for one in e12.readings] == [("A19", True, None)]
    assert e12.unconfirmed == ()
    assert finding_of(found, "E14").unconfirmed == ("A24",)


# A rule of its own against what the reference finds.


def test_with_a_rule_of_the_alternative_it_decides_as_the_two_rules_compare() -> None:
    rng, base = Random(14), spec_trial()
    seen = []
    for _ in range(size(2000, part=300)):
        rule, other = (random_rule(rng, base.elements, depth=2) for _ in range(2))
        reading = Reading("A1", "", "", "", "")
        alternative = Alternative((rule, other) if rng.random() < 0.3 else (other,))
        kind: Kind = rng.choice(("inclusion", "exclusion"))
        criterion = Criterion("C1", kind, "", "", rule, alternatives=((reading, alternative),))
        trial = replace(base, criteria=(criterion,), checks=())
        facts = blur(rng, trial, random_world(rng, trial))
        found = screening_of(Evaluation(trial, facts, RANDOM_ON))
        one = Evaluation(trial, facts, RANDOM_ON)
        differs = one.truth(rule) is not one.truth(other)
        (finding,) = found.findings
        assert [turn.decides for turn in finding.readings] == [differs]
        assert found.unconfirmed == (("A1",) if differs and found.verdict != "undetermined" else ())
        seen.append((found.verdict, differs))
    assert len(set(seen)) == 6


def test_what_does_not_decide_holds_whatever_the_alternative_makes_of_the_answers() -> None:
    """Where only answers would be given otherwise, every other answer finds the same."""
    rng, seen = Random(14), 0
    for criterion in TRIAL.criteria:
        for reading, alternative in criterion.alternatives:
            if alternative.rules or not alternative.answers or alternative.direction:
                continue
            for _ in range(size(60, part=15)):
                facts = blur(rng, TRIAL, random_world(rng, TRIAL, ON), ON)
                patient = Evaluation(TRIAL, facts, ON)
                finding = Finding(criterion, patient)
                turn = next(one for one in finding.readings if one.id == reading.ref)
                if turn.decides is not False or finding.met is None:
                    continue
                seen += 1
                for name in alternative.answers:
                    element = TRIAL.elements[name]
                    facts = {**facts, name: random_exact(rng, TRIAL, element, ON)}
                other = Evaluation(TRIAL, facts, ON).truth(criterion.rule)
                assert other.to_optional() is finding.met
    assert seen > 20


def test_a_verdict_that_rests_on_no_reading_stands_by_every_alternative_rule() -> None:
    """The alternatives of a reading taken in a trial of their own, wherever it changes a rule."""
    rng, seen = Random(14), Counter[str]()
    others = [other for ref in range(1, 33) for other in with_alternative(f"A{ref}")]
    never = {"rankl_inhibitor_last_dose_date": ABSENT, "rankl_inhibitor_use": "no"}
    eligible = of_eligible(never).facts
    for _ in range(size(300, part=60)):
        world = random_world(rng, TRIAL, ON)
        changed = {name: world[name] for name in rng.sample(sorted(world), rng.randint(0, 5))}
        patient = Evaluation(TRIAL, {**eligible, **changed}, ON)
        found = screening_of(patient)
        seen[f"{found.verdict} {bool(found.unconfirmed)}"] += 1
        if found.verdict != "undetermined" and not found.unconfirmed:
            for other in others:
                assert (
                    screening_of(Evaluation(other, patient.facts, patient.on)).verdict
                    == found.verdict
                )
    assert len(seen) == 5 and min(seen.values()) > 1, seen


def with_alternative(ref: str) -> Iterator[Trial]:
    """The packaged trial with each rule of one reading's alternatives, at all its criteria."""
    rules = {
        one.id: alternative.rules
        for one in TRIAL.criteria
        for reading, alternative in one.alternatives
        if reading.ref == ref and alternative.rules and one.id != "I1"  # it sees what was answered
    }
    for place in range(max(map(len, rules.values()), default=0)):
        yield replace(
            TRIAL,
            criteria=tuple(
                one._replace(rule=rules[one.id][min(place, len(rules[one.id]) - 1)])
                if one.id in rules
                else one
                for one in TRIAL.criteria
            ),
        )


# In words and in data.


def test_a_finding_and_the_verdict_say_on_which_reading() -> None:
    patient = ROOT / "docs" / "patients" / "eligible.yaml"
    options = ("--from", patient, "--neurological-disorder-history", "yes")
    ran = run("screen", *options, "--format", "json")
    data = json.loads(ran.out)
    assert (ran.code, data["unconfirmed"]) == (3, ["A19"])
    said = "E12: excludes, on reading A19 (not confirmed by the sponsor)"
    assert data["summary"] == f"{said}: ineligible on an unconfirmed reading."
    e12 = next(one for one in data["criteria"] if one["id"] == "E12")
    assert e12["readings"] == [{"id": "A19", "confirmed": False, "decides": None}]
    for form in ("plain", "markdown", "table"):
        out = " ".join(run("screen", *options, "--format", form).out.split())
        assert "INELIGIBLE on an unconfirmed reading" in out
        assert "on reading A19 (not confirmed by the sponsor)" in out


def test_a_reading_is_confirmed_in_the_criteria_file(tmp_path: Path) -> None:
    text = (ROOT / "criteria.yaml").read_text("utf-8")
    at = text.index("alternative_is: narrower", text.index("- ref: A19"))
    path = tmp_path / "confirmed.yaml"
    key = "confirmed: {by: Dr. Li, on: 2026-05-20}\n        "
    path.write_text(text[:at] + key + text[at:], "utf-8")
    ran = run("--criteria", path, "criteria", "E12", "--format", "json")
    (reading,) = json.loads(ran.out)[0]["readings"]
    assert reading["confirmed"] == {"by": "Dr. Li", "on": "2026-05-20"}
    patient = ROOT / "docs" / "patients" / "eligible.yaml"
    options = ("--from", patient, "--neurological-disorder-history=yes", "--format", "plain")
    out = run("--criteria", path, "screen", *options).out
    assert "reading A19" not in out and "unconfirmed" not in out
