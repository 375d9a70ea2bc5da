"""The cases in tests/data/criteria: what is given of a patient, and what must come of it.

Three kinds: of one criterion, of what is noticed (contradictions, warnings, notes), and of
how one value is read. Files are read with the project's own strict parser, so that `no`,
dates and numbers stay the text that a user would write.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from trialscreen.answers.answer import Answer, read_facts
from trialscreen.answers.values import read_value
from trialscreen.criteria_file.yaml_nodes import Mapping as MappingNode
from trialscreen.criteria_file.yaml_nodes import Node, Sequence, parse_yaml
from trialscreen.model.errors import InputError, ValueProblem
from trialscreen.model.facts import Dates, Exactly, Fact, closed
from trialscreen.model.trial import Trial
from trialscreen.screening.edit_checks import review
from trialscreen.screening.evaluate import Evaluation
from trialscreen.screening.finding import Finding
from trialscreen.screening.screen import Screening

FOLDER = Path(__file__).parent / "data" / "criteria"
ABSENT = "absent"
"""As a value in a case: the base's value is taken away."""

UNUSUAL = "is unusual"
"""Words of the warning that a value is outside its typical range."""

NOTICES = ("conflicts", "warnings")
VALUES = "values"

_MET = {"yes": True, "no": False, "unknown": None}


@dataclass(frozen=True)
class CriterionCase:
    """One patient's answers, and what is found of one criterion. Empty: not looked at."""

    name: str
    criterion: str
    given: Mapping[str, str]
    on: date
    met: str
    missing: frozenset[str] | None = None
    clears_on: str = ""

    def failure(self, trial: Trial) -> str | None:
        """What is otherwise than expected when this criterion alone is judged."""
        try:
            facts = _facts(trial, self.given, self.on)
        except InputError as error:
            return f"refused: {error}"
        criterion = next(one for one in trial.criteria if one.id == self.criterion)
        patient = Evaluation(trial, facts, self.on)
        return self.difference(Screening(patient, (Finding(criterion, patient),)))

    def difference(self, screening: Screening) -> str | None:
        """What is otherwise than expected in a screening of these answers."""
        finding = next(f for f in screening.findings if f.criterion.id == self.criterion)
        if finding.met is not _MET[self.met]:
            return f"met is {finding.met}, expected {self.met}"
        if self.missing is not None and self.missing != set(finding.missing):
            return f"missing are {sorted(finding.missing)}, expected {sorted(self.missing)}"
        if self.clears_on:
            day = str(finding.clears_on or "none")
            if day != self.clears_on:
                return f"clears on {day}, expected {self.clears_on}"
        return None


@dataclass(frozen=True)
class NoticeCase:
    """Answers, and the words that must (or, for `silent`, must not) be told.

    Without any of the words the answers must be accepted.
    """

    name: str
    given: Mapping[str, str]
    on: date
    error: str = ""
    warning: str = ""
    note: str = ""
    silent: str = ""

    def failure(self, trial: Trial) -> str | None:
        """What is otherwise than expected."""
        try:
            facts = _facts(trial, self.given, self.on)
        except InputError as error:
            return self._compared([("error", "; ".join(map(str, error.problems)))])
        notices = review(Evaluation(trial, facts, self.on))
        return self._compared([(notice.level, notice.message) for notice in notices])

    def _compared(self, found: list[tuple[str, str]]) -> str | None:
        errors = [message for level, message in found if level == "error"]
        if errors and not self.error:
            return f"refused: {'; '.join(errors)}"
        for level in ("error", "warning", "note"):
            words = getattr(self, level)
            if words and not any(words in text for kind, text in found if kind == level):
                return f"no {level} says {words!r}; found {found}"
        if self.silent and any(self.silent in text for _, text in found):
            return f"{self.silent!r} is told, and should not be"
        return None


@dataclass(frozen=True)
class ValueCase:
    """The text of one value, and the fact that it is read as, or words of the refusal."""

    name: str
    element: str
    text: str
    on: date
    reads: str = ""
    refused: str = ""

    def failure(self, trial: Trial) -> str | None:
        """What is otherwise than expected."""
        try:
            found = shown_fact(read_value(trial, trial.elements[self.element], self.text, self.on))
        except ValueProblem as problem:
            if self.refused and self.refused in str(problem):
                return None
            return f"refused: {problem}"
        if self.refused:
            return f"read as {found}, expected a refusal"
        return None if found == self.reads else f"read as {found}, expected {self.reads}"


Case = CriterionCase | NoticeCase | ValueCase


def shown_fact(fact: Fact | None) -> str:
    """A fact as the cases write it: yes, 45.359237, 18..30, 2026-06-01..2026-06-30."""
    if fact is None:
        return "unknown"
    if isinstance(fact, Exactly):
        words: dict[bool | str, str] = {True: "yes", False: "no"}
        return words.get(fact.value) or str(fact.value)
    ends = (fact.low, fact.high) if isinstance(fact, Dates) else closed(fact)[:2]
    low, high = (f"{end:.14g}" if isinstance(end, float | int) else str(end) for end in ends)
    return low if low == high else f"{low}..{high}"


def criterion_cases() -> Iterator[CriterionCase]:
    """The cases of every criterion file."""
    for path in sorted(FOLDER.glob("*.yaml")):
        if path.stem not in (*NOTICES, VALUES):
            yield from _criterion_cases(_load(path))


def notice_cases() -> Iterator[NoticeCase]:
    """The cases of contradictions, warnings and notes."""
    for stem in NOTICES:
        data = _load(FOLDER / f"{stem}.yaml")
        for case in data["cases"]:
            words = {
                key: case[key] for key in ("error", "warning", "note", "silent") if key in case
            }
            yield NoticeCase(case["name"], case["given"], _day(case, data), **words)
        for element, texts in data.get("typical", {}).items():
            yield from _typical_cases(element, texts, _day({}, data))


def _typical_cases(element: str, texts: list[str], on: date) -> Iterator[NoticeCase]:
    """Two usual values, then an unusual one on either side (empty: none is accepted)."""
    for text in texts[:2]:
        yield NoticeCase(f"{element} {text} is usual", {element: text}, on, silent=UNUSUAL)
    for text in filter(None, texts[2:]):
        yield NoticeCase(f"{element} {text} is unusual", {element: text}, on, warning=UNUSUAL)


def value_cases() -> Iterator[ValueCase]:
    """The cases of single values: the ends of every range, then units and spellings."""
    data = _load(FOLDER / f"{VALUES}.yaml")
    for element, texts in data["ranges"].items():
        low, high, too_low, too_high = texts
        for text in (low, high):
            name = f"{element} accepts {text}"
            yield ValueCase(name, element, text, _day({}, data), reads=text)
        for text in (too_low, too_high):
            name = f"{element} refuses {text}"
            yield ValueCase(name, element, text, _day({}, data), refused="expected")
    for element, spellings in data["spellings"].items():
        for text, reads in spellings.items():
            yield ValueCase(f"{element} {text!r}", element, text, _day({}, data), reads=reads)
    for case in data["cases"]:
        name = f"{case['element']} {case['text']!r}"
        words = {key: case[key] for key in ("reads", "refused") if key in case}
        yield ValueCase(name, case["element"], case["text"], _day(case, data), **words)


def given_in(path: Path) -> tuple[dict[str, str], date]:
    """The answers of a patient file, and its screening date."""
    given = _load(path)
    return given, date.fromisoformat(given.pop("screening_date"))


def _criterion_cases(data: Any) -> Iterator[CriterionCase]:
    for case in data["cases"]:
        base = {} if case.get("alone") == "yes" else data.get("base", {})
        given = {**base, **case.get("given", {})}
        yield CriterionCase(
            name=case["name"],
            criterion=data["criterion"],
            given={name: text for name, text in given.items() if text != ABSENT},
            on=_day(case, data),
            met=case["met"],
            missing=frozenset(case["missing"]) if "missing" in case else None,
            clears_on=case.get("clears_on", ""),
        )


def _facts(trial: Trial, given: Mapping[str, str], on: date) -> dict[str, Fact]:
    return read_facts(trial, {name: Answer(text, "flag", name) for name, text in given.items()}, on)


def _day(case: Any, data: Any) -> date:
    return date.fromisoformat(case.get("on", data["on"]))


def _load(path: Path) -> Any:
    return _plain(parse_yaml(path.read_text(encoding="utf-8"), path.name))


def _plain(node: Node) -> Any:
    """A parsed tree as texts, lists and dictionaries."""
    if isinstance(node, MappingNode):
        return {key: _plain(value) for key, value in node.items.items()}
    if isinstance(node, Sequence):
        return [_plain(item) for item in node.items]
    return node.text
