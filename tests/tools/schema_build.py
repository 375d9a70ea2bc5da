"""Builds the JSON Schema of criteria files, for editors, from what the parser reads.

`python -m tests.tools.schema_build` writes trialscreen/criteria_file/criteria.schema.json.
"""

import json
import types
from collections.abc import Mapping
from datetime import date
from inspect import Parameter
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import trialscreen
from trialscreen.criteria_file.reader import fields_of
from trialscreen.model.formulas import FORMULAS
from trialscreen.model.registration import Registration
from trialscreen.model.rules import Operator
from trialscreen.model.trial import (
    Check,
    Criterion,
    Direction,
    Element,
    Reading,
    Section,
    Source,
    Unit,
)
from trialscreen.text.characters import WORDS

PATH = Path(trialscreen.__file__).parent / "criteria_file" / "criteria.schema.json"

Schema = dict[str, Any]

TEXT: Schema = {"type": ["string", "number"]}  # YAML reads `6.0` as a number; the parser as text
NUMBER: Schema = {"type": "number"}
YES_NO: Schema = {"enum": ["yes", "no", True, False]}  # editors follow YAML 1.1 or 1.2
DAY: Schema = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
PERIOD: Schema = {"type": "string", "pattern": r"^\d+ (day|week|month|year)s?$"}
RULE: Schema = {"$ref": "#/$defs/rule"}


def closed(properties: Schema, required: tuple[str, ...] = ()) -> Schema:
    """An object with these keys and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def array(items: Schema, **limits: int) -> Schema:
    return {"type": "array", "items": items, **limits}


def record(kind: Any, *without: str, **known: Schema) -> Schema:
    """A record of `model`, but for the fields that no key gives; `known` are keys of their own."""
    fields = fields_of(kind, *without)
    properties = {key: known.get(key) or of_type(one.annotation) for key, one in fields.items()}
    required = tuple(key for key, one in fields.items() if one.default is Parameter.empty)
    return closed({**properties, **known}, required)


def of_type(annotation: Any) -> Schema:
    if get_origin(annotation) is types.UnionType:
        annotation = next(arg for arg in get_args(annotation) if arg is not type(None))
    of = get_args(annotation)
    match get_origin(annotation):
        case origin if origin is tuple:
            return array(of_type(of[0]))
        case origin if origin is Mapping:
            return {"type": "object", "additionalProperties": of_type(of[1])}
        case origin if origin is Literal:
            return {"enum": list(of)}
    scalars = {str: TEXT, int: {"type": "integer"}, float: NUMBER, bool: YES_NO, date: DAY}
    return scalars[annotation] if annotation in scalars else record(annotation)


def tests() -> Schema:
    """The operators under the name of an element."""
    bound = {"type": ["number", "string"]}
    return closed(
        {
            "is": TEXT,
            "one_of": array(TEXT, minItems=1),
            **{operator.value: bound for operator in Operator},
            "within": PERIOD,
            "longer_ago_than": PERIOD,
        }
    )


def rule() -> Schema:
    parts = array(RULE, minItems=1)
    count: Schema = closed({"n": {"type": "integer", "minimum": 1}, "of": parts}, ("n", "of"))
    return {
        "anyOf": [
            {"type": "string", "description": "A yes/no element: it is yes."},
            closed({"all": parts}, ("all",)),
            closed({"any": parts}, ("any",)),
            closed({"not": RULE}, ("not",)),
            closed({"at_least_n": count}, ("at_least_n",)),
            closed({"clause": TEXT, "text": TEXT, "rule": RULE}, ("clause", "text", "rule")),
            {
                "type": "object",
                "minProperties": 1,
                "maxProperties": 1,
                "propertyNames": {"not": {"enum": ["all", "any", "not", "at_least_n", "clause"]}},
                "additionalProperties": {"anyOf": [YES_NO, tests()]},
            },
        ]
    }


def element() -> Schema:
    ends = {"anyOf": [NUMBER, DAY]}
    span = array(ends, minItems=2, maxItems=2)
    factors: Schema = {"type": "object", "additionalProperties": {"type": ["number", "string"]}}
    formula: Schema = {"type": "string", "pattern": f"^({'|'.join(FORMULAS)})\\(.*\\)$"}
    derive: Schema = {"anyOf": [formula, RULE]}
    source = of_type(Source)
    own = {
        "accepts": factors,
        "range": span,
        "typical": span,
        "derive": derive,
        "valid_for": PERIOD,
        "warn_after": PERIOD,
        "window": PERIOD,
        "source": {"anyOf": [source, array(source, minItems=1)]},
    }
    rules = {"implied_by": TEXT, "valid_if": RULE, "runs_while": RULE}
    return record(Element, "name", "units", "other_sources", **own, **rules)


def criterion() -> Schema:
    share = {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}
    own = {"rule": RULE, "expected_to_fail": share, "readings": array(reading())}
    return record(Criterion, "kind", "alternatives", **own)


def reading() -> Schema:
    alternative = {
        "alternative_rule": {"anyOf": [RULE, array(RULE, minItems=1)]},
        "alternative_is": of_type(Direction),
        "alternative_answers": array(TEXT, minItems=1),
    }
    elsewhere = {"type": "object", "additionalProperties": closed(alternative)}
    return record(Reading, **alternative, elsewhere=elsewhere)


def build() -> Schema:
    unit = record(Unit, "code", show={"type": ["string", "null"]})
    properties: Schema = {
        "format": {"const": 1},
        "version": TEXT,
        "trial": record(Registration),
        "units": {"type": "object", "additionalProperties": unit},
        "spellings": {"type": "object", "additionalProperties": {"enum": [*WORDS, True, False]}},
        "sections": array(record(Section)),
        "cards": of_type(Mapping[str, str]),
        "elements": {"type": "object", "additionalProperties": element()},
        "inclusion": array(criterion()),
        "exclusion": array(criterion()),
        "checks": array(record(Check, when=RULE)),
    }
    required = ("format", "version", "trial", "sections", "elements", "inclusion", "exclusion")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "trialscreen criteria file, format 1",
        **closed(properties, required),
        "$defs": {"rule": rule()},
    }


def render() -> str:
    return json.dumps(build(), indent=1) + "\n"


if __name__ == "__main__":
    PATH.write_text(render(), encoding="utf-8")
