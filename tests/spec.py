"""The language specification: cases as data, run by the tests and rendered for docs/.

`python -m tests.tools.docs_build` writes docs/reference/language.md from it.
"""

from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from trialscreen import Trial, load_trial
from trialscreen.criteria_file.reader import Cursor, Document
from trialscreen.criteria_file.yaml_elements import read_rule
from trialscreen.criteria_file.yaml_nodes import parse_yaml
from trialscreen.model.rules import Rule

FOLDER = Path(__file__).parent / "data" / "spec"
ON = "2026-06-30"


class Case(NamedTuple):
    """A rule, what is given, and the truth that follows: yes, no or unknown."""

    rule_text: str
    given: dict[str, str]
    on: date
    truth: str

    @property
    def rule(self) -> Rule:
        return read_rule_text(self.rule_text)


class Chapter(NamedTuple):
    title: str
    text: str
    cases: tuple[Case, ...]


@cache
def spec_trial() -> Trial:
    """The small trial whose elements the cases use."""
    return load_trial(FOLDER / "trial.yaml")


def chapters() -> Iterator[Chapter]:
    """The chapters in the order of their files."""
    for path in sorted(FOLDER.glob("[0-9]*.yaml")):
        # Every scalar stays text, as a user would write it.
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CBaseLoader)  # noqa: S506
        yield Chapter(data["title"], data["text"], tuple(map(_case, data["cases"])))


def _case(data: dict[str, Any]) -> Case:
    on = date.fromisoformat(data.get("on", ON))
    return Case(flow(data["rule"]), data["given"], on, data["truth"])


def read_rule_text(text: str) -> Rule:
    """A rule written in YAML's flow style."""
    document = Document("rule", elements=spec_trial().elements)
    rule = read_rule(Cursor(parse_yaml(text, "rule"), "", document))
    document.raise_any()
    return rule


def flow(value: Any) -> str:
    """A value in YAML's flow style, on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    return str(value)


def render() -> str:
    """docs/reference/language.md."""
    lines = [
        "# The rule language",
        "",
        "This page shows what each rule of a [criteria file](criteria-file.md) means, case by",
        "case. It is generated from the cases in `tests/data/spec/`, which every test run checks.",
        f"The screening date is {ON} unless a row says otherwise.",
    ]
    for chapter in chapters():
        lines += ["", f"## {chapter.title}", "", chapter.text, ""]
        lines += ["| rule | given | is |", "| --- | --- | --- |"]
        lines += map(_row, chapter.cases)
    return "\n".join(lines) + "\n"


def _row(case: Case) -> str:
    given = ", ".join(f"{name} {value}" for name, value in case.given.items()) or "nothing"
    day = "" if case.on.isoformat() == ON else f", on {case.on}"
    return f"| `{case.rule_text}` | {given}{day} | {case.truth} |"
