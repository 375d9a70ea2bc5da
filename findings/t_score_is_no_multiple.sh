#!/usr/bin/env bash
# T-scores are reported to a tenth; a schema says so by multipleOf 0.1. jsonschema 4.26.0, fastjsonschema 2.22.3,
# jsonschema-rs 0.61.2, pydantic 2.14.4, msgspec 0.23.0: the fifty from 0.0 to -4.9.
#
# Expected: all are multiples of a tenth, as they are in decimals; at least, the same of all by each library.
# Seen: fastjsonschema, jsonschema-rs and pydantic accept all fifty. jsonschema refuses 16 of them, and msgspec 43,
# -1.0 and -2.5 among them, which are the limits of osteopenia and osteoporosis. What is refused is left out, or
# read as if no score had been measured; and two libraries for one schema keep other patients.
# trialscreen compares the digits as they were entered, and wants no step.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'jsonschema==4.26.0' 'fastjsonschema==2.22.3' 'jsonschema-rs==0.61.2' 'pydantic==2.14.4' \
  'msgspec==0.23.0'
cd "$place" && python - <<'END'
from typing import Annotated

import fastjsonschema
import jsonschema
import jsonschema_rs
import msgspec
from pydantic import Field, TypeAdapter

SCHEMA = {"type": "number", "multipleOf": 0.1}
SCORES = [float(f"-{whole}.{tenth}") for whole in range(5) for tenth in range(10)]
tenths = Annotated[float, msgspec.Meta(multiple_of=0.1)]
validators = {
    "jsonschema": jsonschema.Draft202012Validator(SCHEMA).validate,
    "fastjsonschema": fastjsonschema.compile(SCHEMA),
    "jsonschema-rs": jsonschema_rs.validator_for(SCHEMA).validate,
    "pydantic": TypeAdapter(Annotated[float, Field(multiple_of=0.1)]).validate_python,
    "msgspec": lambda score: msgspec.convert(score, tenths),
}
refused = {name: [] for name in validators}
for name, validate in validators.items():
    for score in SCORES:
        try:
            validate(score)
        except (ValueError, jsonschema.ValidationError):
            refused[name].append(score)
    print(f"{name} refuses {len(refused[name])}:", *refused[name][:8], "...")
counts = {name: len(scores) for name, scores in refused.items()}
assert counts == dict(zip(validators, (16, 0, 0, 0, 43))), "the behaviour has changed"
assert {-1.0, -2.5} <= set(refused["msgspec"]) and -2.3 in refused["jsonschema"], "the behaviour has changed"
END
