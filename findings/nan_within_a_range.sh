#!/usr/bin/env bash
# click 8.5.1, jsonschema 4.26.0, fastjsonschema 2.22.3: a weight from 40 to 200 kg, given as NaN.
#
# Expected: refused. It is no more at least 40 than it is below 40; pydantic 2.14.4, msgspec 0.23.0 and
# Typer 0.29.2, with a click of its own, refuse it.
# Seen: accepted by all three, for they ask whether a value is below the least or above the greatest.
# `--weight nan` is what a script hands over that computed a mean of nothing, and Python's json both
# writes and reads NaN. Each later `weight < 40` is false, so that nothing excludes the patient.
# trialscreen reads values as text by rules of its own: "nan" is not a number; in a column of numbers
# it is unknown.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'click==8.5.1' 'typer==0.29.2' 'jsonschema==4.26.0' 'fastjsonschema==2.22.3' \
  'pydantic==2.14.4' 'msgspec==0.23.0'
cd "$place" && python - <<'END'
import json
from typing import Annotated

import click
import fastjsonschema
import jsonschema
import msgspec
import typer
from pydantic import Field, TypeAdapter
from typer.testing import CliRunner

app = typer.Typer()


@app.command()
def screen(weight: Annotated[float, typer.Option(min=40, max=200)]) -> None:
    print(weight)


def by_typer(text):
    if CliRunner().invoke(app, ["--weight", text]).exit_code:
        raise ValueError


SCHEMA = {"properties": {"weight": {"type": "number", "minimum": 40, "maximum": 200}}}
checks = {
    "click": lambda text: click.FloatRange(40, 200)(text),
    "jsonschema": lambda text: jsonschema.validate(json.loads(f'{{"weight": {text}}}'), SCHEMA),
    "fastjsonschema": lambda text: fastjsonschema.validate(SCHEMA, json.loads(f'{{"weight": {text}}}')),
    "Typer": by_typer,
    "pydantic": TypeAdapter(Annotated[float, Field(ge=40, le=200)]).validate_python,
    "msgspec": lambda text: msgspec.convert(
        text, Annotated[float, msgspec.Meta(ge=40, le=200)], strict=False
    ),
}
REFUSALS = (
    ValueError,
    click.BadParameter,
    jsonschema.ValidationError,
    fastjsonschema.JsonSchemaException,
    msgspec.ValidationError,
)
seen = {}
for name, check in checks.items():
    for text in ("39", "NaN"):
        try:
            check(text)
            seen[name, text] = "accepted"
        except REFUSALS:
            seen[name, text] = "refused"
        print(name, text, seen[name, text])
lax = ("click", "jsonschema", "fastjsonschema")
assert all(seen[name, "39"] == "refused" for name in checks), "the behaviour has changed"
assert [name for name in checks if seen[name, "NaN"] == "accepted"] == [*lax], "that has changed"
END
