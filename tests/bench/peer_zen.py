"""NCT06949137 for zen-engine (GoRules): expressions, alone and in a decision model (JDM)."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

import zen

from tests.bench.peer import Answer, Answers, Engine, Row, Sign, in_json, one_by_one
from tests.bench.peer_text import Text
from trialscreen.model.dates import Period
from trialscreen.model.trial import SCREENING_DATE, Trial

_DAYS: Mapping[Sign, str] = {
    ">=": "isSameOrAfter",
    "<=": "isSameOrBefore",
    ">": "isAfter",
    "<": "isBefore",
}
_UNITS = {"days": "d", "weeks": "w", "months": "M", "years": "y"}


class Zen(Text):
    def first_known(self, first: str, second: str) -> str:
        return f"({first} ?? {second})"

    def compare_days(self, sign: Sign, left: str, right: str) -> str:
        return f"d({left}).{_DAYS[sign]}({right})"

    def before(self, period: Period) -> str:
        return f"d({SCREENING_DATE}).sub({period.count}, '{_UNITS[period.unit]}')"

    def completed_years(self, since: str) -> str:
        # Its `diff` lets a birthday of 29 February fall on the 28th.
        parts = ("year", "month", "day")
        return self.years_apart(
            [f"d({since}).{part}()" for part in parts],
            [f"d({SCREENING_DATE}).{part}()" for part in parts],
        )

    def arithmetic(self, sign: Literal["*", "/", "^"], left: str, right: str) -> str:
        return f"({left} {sign} {right})"

    def extreme(self, which: Literal["min", "max"], left: str, right: str) -> str:
        return f"{which}([{left}, {right}])"

    def rounded(self, value: str) -> str:
        return f"round({value}, 9)"


def decision(criteria: Mapping[str, str]) -> dict[str, Any]:
    """One decision model that answers every criterion at once."""
    expressions = [{"id": key, "key": key, "value": code} for key, code in criteria.items()]
    nodes = [
        {"id": "in", "name": "patient", "type": "inputNode"},
        {
            "id": "criteria",
            "name": "criteria",
            "type": "expressionNode",
            "content": {"expressions": expressions},
        },
        {"id": "out", "name": "found", "type": "outputNode"},
    ]
    edges = [
        {"id": f"{start}-{end}", "type": "edge", "sourceId": start, "targetId": end}
        for start, end in (("in", "criteria"), ("criteria", "out"))
    ]
    return {"nodes": nodes, "edges": edges}


def engines(trial: Trial, on: date) -> list[Engine]:
    """All criteria in one decision; and one compiled expression for each."""
    criteria = Zen(trial, on).criteria()
    model = zen.ZenEngine().create_decision(json.dumps(decision(criteria)))
    compiled = {key: zen.compile_expression(code) for key, code in criteria.items()}

    def given(row: Row) -> dict[str, Any]:
        return in_json({**row, SCREENING_DATE: on})

    def decided(patient: dict[str, Any]) -> Answers:
        try:
            result = model.evaluate(patient)["result"]
        except RuntimeError:
            return dict.fromkeys(criteria, "error")
        return {key: result.get(key) for key in criteria}

    def each(patient: dict[str, Any]) -> Answers:
        return {key: _answer(expression, patient) for key, expression in compiled.items()}

    return [
        one_by_one("zen-engine, one decision", given, decided),
        one_by_one("zen-engine, an expression each", given, each),
    ]


def _answer(expression: Any, patient: dict[str, Any]) -> Answer:
    try:
        found: Answer = expression.evaluate(patient)
    except RuntimeError:
        return "error"
    return found
