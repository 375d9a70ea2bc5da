"""Builds the JSON Schema of criteria files, for editors, from what the parser reads.

`python -m tests.tools.schema_build` writes trialscreen/criteria_file/criteria.schema.json.
"""

import json
import types
from datetime import date
from pathlib import Path
from typing import Any, get_args, get_origin

import trialscreen
from trialscreen.criteria_file.elements import KEYS as ELEMENT_KEYS
from trialscreen.criteria_file.trial import CRITERION_KEYS
from trialscreen.model.formulas import FORMULAS
from trialscreen.model.registration import Registration
from trialscreen.model.rules import Operator
from trialscreen.model.trial import ELEMENT_TYPES, LEVELS, SOURCES, Reading, Section
from trialscreen.text.spelling import WORDS

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


def texts() -> Schema:
    return {"type": "object", "additionalProperties": TEXT}


def record(kind: Any) -> Schema:
    """A named tuple of `registry` or `trial`."""
    properties = {name.rstrip("_"): of_type(kind.__annotations__[name]) for name in kind._fields}
    required = tuple(n.rstrip("_") for n in kind._fields if n not in kind._field_defaults)
    return closed(properties, required)


def of_type(annotation: Any) -> Schema:
    if get_origin(annotation) is types.UnionType:
        annotation = next(arg for arg in get_args(annotation) if arg is not type(None))
    if get_origin(annotation) is tuple:
        return array(of_type(get_args(annotation)[0]))
    if annotation is int:
        return {"type": "integer"}
    if annotation is date:
        return DAY
    return TEXT if annotation is str else record(annotation)


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
    known: Schema = {
        "type": {"enum": list(ELEMENT_TYPES)},
        "source": {"enum": list(SOURCES)},
        "accepts": {"type": "object", "additionalProperties": {"type": ["number", "string"]}},
        "refuses": texts(),
        "choices": texts(),
        "spellings": texts(),
        "range": span,
        "typical": span,
        "consent": YES_NO,
        "internal": YES_NO,
        "reported_wins": YES_NO,
        "reported_to": NUMBER,
        "valid_if": RULE,
        "derive": {
            "anyOf": [
                {"type": "string", "pattern": f"^({'|'.join(FORMULAS)})\\(.*\\)$"},
                RULE,
            ]
        },
    }
    return closed({key: known.get(key, TEXT) for key in ELEMENT_KEYS}, ("label", "type", "source"))


def criterion() -> Schema:
    share = {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}
    known: Schema = {"rule": RULE, "readings": array(record(Reading)), "expected_to_fail": share}
    return closed(
        {key: known.get(key, TEXT) for key in CRITERION_KEYS}, ("id", "label", "text", "rule")
    )


def build() -> Schema:
    check = {"id": TEXT, "level": {"enum": list(LEVELS)}, "when": RULE, "say": TEXT}
    unit = closed({"show": {"type": ["string", "null"]}, "spellings": array(TEXT)}, ("show",))
    properties: Schema = {
        "format": {"const": 1},
        "version": TEXT,
        "trial": record(Registration),
        "units": {"type": "object", "additionalProperties": unit},
        "spellings": {"type": "object", "additionalProperties": {"enum": [*WORDS, True, False]}},
        "sections": array(record(Section)),
        "cards": texts(),
        "elements": {"type": "object", "additionalProperties": element()},
        "inclusion": array(criterion()),
        "exclusion": array(criterion()),
        "checks": array(closed(check, tuple(check))),
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
