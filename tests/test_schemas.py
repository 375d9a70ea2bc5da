"""The published JSON Schemas describe what is read and written."""

import json
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.generate import ON, blur, random_world
from tests.process import ROOT
from tests.sizes import examples
from tests.spec import FOLDER
from tests.tools import schema_build
from trialscreen import InputError, load_trial, screen
from trialscreen.criteria_file.load import packaged_path
from trialscreen.output.report.screening_data import result
from trialscreen.screening.screen import screen as screen_facts

SCHEMAS = {path.name: path for path in (ROOT / "trialscreen").rglob("*.schema.json")}
TRIAL = load_trial()


def _validator(name: str) -> Any:
    schema = json.loads(SCHEMAS[name].read_text(encoding="utf-8"))
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    return kind(schema, format_checker=jsonschema.FormatChecker())


RESULTS = _validator("result.schema.json")
CRITERIA = _validator("criteria.schema.json")


class _Loader(yaml.CSafeLoader):
    """As an editor reads it, but dates stay text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if "timestamp" not in tag]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def test_the_criteria_schema_is_current() -> None:
    assert schema_build.PATH.read_text(encoding="utf-8") == schema_build.render()


@pytest.mark.parametrize("path", [packaged_path(), FOLDER / "trial.yaml"], ids=["NCT", "small"])
def test_a_criteria_file_is_valid_by_the_schema(path: Path) -> None:
    CRITERIA.validate(yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader))  # noqa: S506


def test_the_schema_finds_a_misspelt_key() -> None:
    data = yaml.load((FOLDER / "trial.yaml").read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506
    data["inclusion"][0]["lable"] = data["inclusion"][0].pop("label")
    with pytest.raises(jsonschema.ValidationError):
        CRITERIA.validate(data)


@given(st.integers(min_value=0).map(Random))
@examples(25)
def test_every_result_is_valid_by_the_schema(rng: Random) -> None:
    facts = blur(rng, TRIAL, random_world(rng, TRIAL))
    try:
        screening = screen_facts(TRIAL, facts, ON)
    except InputError:
        screening = screen_facts(TRIAL, {}, ON)
    RESULTS.validate(json.loads(json.dumps(result(screening, "0"))))


def test_a_result_with_an_unknown_key_is_not_valid() -> None:
    made = result(screen(TRIAL, {"weight": 38}, on=date(2026, 6, 1)), "0")
    with pytest.raises(jsonschema.ValidationError):
        RESULTS.validate({**made, "enrol": True})
