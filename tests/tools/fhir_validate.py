"""The exported resources, checked by a validator that others made: the npm package `fhir`.

    npm install --prefix FOLDER fhir
    python -m tests.tools.fhir_validate FOLDER

It needs node. Checked are the packaged trial with the example patients, and generated
trials with generated patients. Resources that are wrong on purpose show that the validator
looks.
"""

import copy
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import Any

from tests.fhir import items
from tests.generate import ON, blur, random_trial, random_world, unreviewed
from tests.spec import spec_trial
from tests.trials import vary, with_criteria
from trialscreen import load_trial
from trialscreen.answers.answer import read_facts, screening_date
from trialscreen.answers.answers_file import read_answers
from trialscreen.model.errors import Problem
from trialscreen.output.export.fhir.forms import questionnaire, response

PATIENTS = Path(__file__).parents[2] / "docs" / "patients"
AT = datetime(2026, 8, 31, 12, 0, tzinfo=UTC)
TRIALS = 200

_SCRIPT = """
const { Fhir } = require('fhir');
const fhir = new Fhir();
const given = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const told = given.map(one => fhir.validate(one, { errorOnUnexpected: true }).messages);
process.stdout.write(JSON.stringify(told));
"""


def resources() -> Iterator[dict[str, Any]]:
    """Everything that must be in order."""
    trial = load_trial()
    yield questionnaire(trial)
    for path in sorted(PATIENTS.glob("*.yaml")):
        problems: list[Problem] = []
        answers = read_answers(str(path), problems)
        on = screening_date(trial, answers, ON, problems) or ON
        facts = read_facts(trial, answers, on, problems)
        yield response(unreviewed(trial, facts, on), AT, "001-014").resource
    for seed in range(TRIALS):
        rng = Random(seed)
        small = spec_trial()
        made = with_criteria(rng, vary(rng, small), 3) if seed % 2 else random_trial(rng, small)
        yield questionnaire(made)
        facts = blur(rng, made, random_world(rng, made))
        yield response(unreviewed(made, facts), AT).resource


def wrong() -> Iterator[dict[str, Any]]:
    """Resources each with one mistake."""
    trial = load_trial()
    form = questionnaire(trial)
    of_form: list[tuple[str, Any]] = [("status", "done"), ("status", None), ("unknownKey", "x")]
    of_item: list[tuple[str, Any]] = [
        ("type", "number"),
        ("enableBehavior", "some"),
        ("required", "no"),
    ]
    for key, value in of_form:
        yield {**form, key: value}
    for key, value in of_item:
        broken = copy.deepcopy(form)
        broken["item"][0]["item"][0][key] = value
        yield broken
    facts = random_world(Random(1), trial)
    made = response(unreviewed(trial, facts, date(2026, 8, 31)), AT).resource
    yield {**made, "status": "done"}
    yield {**made, "item": [{"linkId": "x", "answer": [{"valueQuantity": {"value": "many"}}]}]}


def flat(resource: dict[str, Any]) -> dict[str, Any]:
    """The resource with every item at the top, for the validator does not look into items of items.

    A required false it takes for a missing value (validator.js, `!!obj[...]`): true instead.
    """
    found = [{key: one[key] for key in one if key != "item"} for one in items(resource)]
    text = json.dumps({**resource, "item": found})
    made: dict[str, Any] = json.loads(
        text.replace('"answerBoolean": false', '"answerBoolean": true')
    )
    return made


def told_by(folder: Path, given: list[dict[str, Any]]) -> list[list[dict[str, str]]]:
    """The validator's messages on each resource."""
    done = subprocess.run(
        ["node", "-e", _SCRIPT],
        input=json.dumps(given),
        cwd=folder,
        capture_output=True,
        check=True,
        text=True,
    )
    told: list[list[dict[str, str]]] = json.loads(done.stdout)
    return told


def main() -> int:
    """1 if the validator finds fault, or does not find a fault that is there."""
    folder = Path(sys.argv[1])
    given = [form for one in resources() for form in (one, flat(one))]
    faults = 0
    for resource, messages in zip(given, told_by(folder, given), strict=True):
        for message in messages:
            if message["severity"] != "info":
                faults += 1
                print(resource["resourceType"], json.dumps(message))
    mistakes = told_by(folder, [flat(one) for one in wrong()])
    missed = sum(not any(one["severity"] == "error" for one in told) for told in mistakes)
    print(f"{len(given)} resources, half of them with all items at the top: {faults} faults found")
    print(f"{len(mistakes)} wrong resources: {missed} not noticed")
    return 1 if faults or missed else 0


if __name__ == "__main__":
    sys.exit(main())
