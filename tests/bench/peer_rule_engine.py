"""NCT06949137 for rule-engine, the Python package: one compiled rule per criterion."""

from datetime import date
from typing import Literal

import rule_engine

from tests.bench.peer import Answer, Answers, Engine, Row, Sign, one_by_one
from tests.bench.peer_text import Text
from trialscreen.model.dates import Period
from trialscreen.model.trial import Trial


class RuleEngine(Text):
    def first_known(self, first: str, second: str) -> str:
        return f"({first} == null ? {second} : {first})"

    def compare_days(self, sign: Sign, left: str, right: str) -> str:
        return f"({left} {sign} {right})"

    def before(self, period: Period) -> str:
        # It knows no months: the day is written in, and rules serve one screening date only.
        return f"d'{period.before(self.on)}'"

    def completed_years(self, since: str) -> str:
        on = (self.on.year, self.on.month, self.on.day)
        parts = [f"{since}.{part}" for part in ("year", "month", "day")]
        return self.years_apart(parts, [str(part) for part in on])

    def arithmetic(self, sign: Literal["*", "/", "^"], left: str, right: str) -> str:
        return f"({left} {'**' if sign == '^' else sign} {right})"

    def extreme(self, which: Literal["min", "max"], left: str, right: str) -> str:
        return f"${which}([{left}, {right}])"

    def rounded(self, value: str) -> str:
        return value  # it cannot round, and need not: its numbers are decimal


def engines(trial: Trial, on: date) -> list[Engine]:
    context = rule_engine.Context(default_value=None)
    rules = {
        key: rule_engine.Rule(code, context=context)
        for key, code in RuleEngine(trial, on).criteria().items()
    }

    def answers(patient: Row) -> Answers:
        return {key: _answer(rule, patient) for key, rule in rules.items()}

    return [one_by_one("rule-engine", dict, answers)]


def _answer(rule: rule_engine.Rule, patient: Row) -> Answer:
    try:
        found: Answer = rule.evaluate(patient)
    except rule_engine.EngineError:
        return "error"
    return found
