"""Random trials: other sources, derivations and validity rules, and random criteria."""

from dataclasses import replace
from random import Random

from tests.generate import ON, random_period, random_rule, random_test
from tests.tables import Patients
from trialscreen.model.facts import Numbers
from trialscreen.model.rules import Compare, Given, Not, Operator, Within, all_of
from trialscreen.model.trial import SCREENING_DATE, Check, Criterion, Element, Formula, Trial
from trialscreen.screening.evaluate import Evaluation


def vary(rng: Random, trial: Trial, *kinds: str) -> Trial:
    """`trial` with other sources, derivations and validity rules for some of its elements."""
    for name in rng.sample(list(trial.elements), len(trial.elements) // 2):
        if name != SCREENING_DATE:
            kind = rng.choice(kinds or CHANGES)
            changed = _varied(rng, trial, trial.elements[name], kind)
            trial = replace(trial, elements={**trial.elements, name: changed})
    return trial


CHANGES = ("source", "source", "judgement", "consent", "valid", "rule", "implied", "wins")


def left_to_judgement(rng: Random, trial: Trial) -> Trial:
    """`trial` with most of its elements judged by the investigator or only ever derived."""
    trial = vary(rng, vary(rng, trial, "judgement", "consent"), "judgement", "consent")
    return vary(rng, trial, "source", "valid", "rule", "implied")


def before_consent(rng: Random, trial: Trial) -> Trial:
    """`trial` left to judgement, with signatures that are given, or derived, among its elements."""
    trial = left_to_judgement(rng, trial)
    signed = {
        name: replace(one, consent=True, no_text="not yet")
        for name, one in trial.elements.items()
        if one.type == "boolean" and rng.random() < 0.5
    }
    return replace(trial, elements={**trial.elements, **signed})


def _varied(rng: Random, trial: Trial, element: Element, kind: str) -> Element:
    def others() -> dict[str, Element]:
        """Those that it may rest on."""
        return {
            name: other
            for name, other in trial.elements.items()
            if name != SCREENING_DATE and element.name not in trial.elements_behind(Given(name))
        }

    match kind:
        case "source":
            return replace(element, source=rng.choice(("derived", "derived", "chart")))
        case "judgement":
            return replace(element, source="investigator")
        case "consent":
            no_text = rng.choice(("no", "not yet")) if element.type == "boolean" else "no"
            return replace(element, consent=True, no_text=no_text)
        case "valid":
            return replace(element, valid_if=random_rule(rng, others(), depth=1))
        case "rule" if element.type == "boolean":
            return replace(element, derive=random_rule(rng, others(), depth=2))
        case "implied" if element.type == "boolean":
            return replace(element, derive=Given(rng.choice(list(others()))))
        case _:
            return replace(element, reported_wins=not element.reported_wins)


def some_internal(rng: Random, trial: Trial) -> Trial:
    """`trial`, with some of what is derived never asked."""
    hidden = {
        name: replace(element, internal=True, source="derived")
        for name, element in trial.elements.items()
        if element.derive is not None and rng.random() < 0.3
    }
    return replace(trial, elements={**trial.elements, **hidden})


def with_criteria(rng: Random, trial: Trial, count: int) -> Trial:
    """`trial` with random criteria: one window in months, some bounds that derived values hit."""
    made = [random_rule(rng, trial.elements) for _ in range(count)]
    dates = [one.name for one in trial.elements.values() if one.type == "date"]
    within = rng.choice((True, False))
    window = Within(rng.choice(dates[1:]), random_period(rng))
    made.append(window if within else Not(window))
    patients = Patients(trial)
    for element in trial.elements.values():
        if isinstance(element.derive, Formula) and rng.random() < 0.5:
            facts = patients.true_of(rng, ON)
            derived = Evaluation(trial, facts, ON).resolve(element.name).derived
            if isinstance(derived, Numbers):
                made.append(Compare(element.name, rng.choice(list(Operator)), derived.low))
    criteria = tuple(
        Criterion(f"C{i}", rng.choice(("inclusion", "exclusion")), "", "", rule)
        for i, rule in enumerate(made)
    )
    checks = tuple(
        Check(
            f"K{i}",
            "error",
            all_of(tuple(random_test(rng, trial.elements) for _ in range(2))),
            f"K{i}",
        )
        for i in range(2)
    )
    return replace(trial, criteria=criteria, checks=checks)
