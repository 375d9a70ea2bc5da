"""Where a patient's answers come from: files, standard input, Python values; then to facts."""

import json
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import NamedTuple, NoReturn

from trialscreen.errors import InputError, Problem, ValueProblem
from trialscreen.fact import Fact
from trialscreen.text import MAX_BYTES, decode, nearest, printable, read_bytes, shown
from trialscreen.trial import SCREENING_DATE, Trial
from trialscreen.values import UNKNOWN, read_value

VALUE_KEY = "value"
"""An answer may be a mapping that holds its value here, beside notes on it."""


class Answer(NamedTuple):
    """What was written for one element, and where, for messages."""

    text: str
    where: str


Answers = Mapping[str, Answer]


def read_answers(source: str) -> dict[str, Answer]:
    """The answers in a YAML or JSON file (`-`: standard input), one key per element.

    Raises InputError if it cannot be read as such; names and values are not judged here.
    """
    origin = "standard input" if source == "-" else printable(source)
    if source == "-":
        data = sys.stdin.buffer.read(MAX_BYTES + 1)
    else:
        data = read_bytes(Path(source), origin)
    text = decode(data, origin)
    return _from_json(text, origin) if text.lstrip().startswith("{") else _from_yaml(text, origin)


def _from_yaml(text: str, origin: str) -> dict[str, Answer]:
    # Here and not above: the YAML parser is slow to import, and flags do not need it.
    from trialscreen.parse.yamltree import Mapping as MappingNode  # noqa: PLC0415
    from trialscreen.parse.yamltree import Scalar, parse_yaml  # noqa: PLC0415

    root = parse_yaml(text, origin)
    if not isinstance(root, MappingNode):
        raise InputError([Problem(origin, "expected one 'element: value' per line")])
    answers, problems = {}, []
    for name, node in root.items.items():
        where = f"{origin}:{node.line}:{node.column} {printable(name)}"
        value = node.items.get(VALUE_KEY) if isinstance(node, MappingNode) else node
        if isinstance(value, Scalar):
            answers[name] = Answer(UNKNOWN if value.is_null else value.text, where)
        else:
            problems.append(Problem(where, "expected a single value"))
    if problems:
        raise InputError(problems)
    return answers


def _from_json(text: str, origin: str) -> dict[str, Answer]:
    def refuse(message: str) -> NoReturn:
        raise InputError([Problem(origin, message)])

    def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
        keys = [key for key, _ in pairs]
        for key in keys:
            if keys.count(key) > 1:
                refuse(f"the key {shown(key)} stands twice")
        return dict(pairs)

    try:
        # Numbers stay as written, so that a value means the same here as in a flag.
        root = json.loads(
            text, object_pairs_hook=unique, parse_float=str, parse_int=str, parse_constant=str
        )
    except json.JSONDecodeError as error:
        raise InputError(
            [Problem(f"{origin}:{error.lineno}:{error.colno}", f"not JSON: {error.msg}")]
        ) from None
    except RecursionError:
        refuse("nested too deep")
    answers, problems = {}, []
    for name, given in root.items():
        value = given.get(VALUE_KEY) if isinstance(given, dict) else given
        where = f"{origin} {printable(name)}"
        if isinstance(value, list | dict):
            problems.append(Problem(where, "expected a single value"))
        else:
            answers[name] = Answer(as_text(value), where)
    if problems:
        raise InputError(problems)
    return answers


def as_text(value: object) -> str:
    """A Python or JSON value as a person would write it."""
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def merge(winning: Answers, other: Answers) -> dict[str, Answer]:
    """Both together, the first winning. Two different screening dates are an InputError."""
    one, two = winning.get(SCREENING_DATE), other.get(SCREENING_DATE)
    if one is not None and two is not None and one.text.strip() != two.text.strip():
        message = (
            f"{shown(one.text)}, and {shown(two.text)} in {two.where}; give one screening date"
        )
        raise InputError([Problem(one.where, message)])
    return {**other, **winning}


def screening_date(answers: Answers, today: date) -> date:
    """The screening date that was given; else today. A day after today is an InputError."""
    given = answers.get(SCREENING_DATE)
    if given is None or given.text.strip().casefold() == UNKNOWN:
        return today
    try:
        day = date.fromisoformat(given.text.strip())
    except ValueError:
        message = f"{shown(given.text)}; expected a day of the calendar, YYYY-MM-DD"
        raise InputError([Problem(given.where, message)]) from None
    if day > today:
        message = f"{day} lies in the future; the latest screening date is today, {today}"
        raise InputError([Problem(given.where, message)])
    return day


def read_facts(trial: Trial, answers: Answers, on: date) -> dict[str, Fact]:
    """The facts that the answers state. Raises InputError with every answer that is wrong."""
    facts: dict[str, Fact] = {}
    problems = []
    known = {element.name: element for element in trial.answerable()}
    for name, answer in answers.items():
        if name == SCREENING_DATE:
            continue
        if name not in known:
            hint = nearest(name, known)
            problems.append(Problem(answer.where, f"no data element is named {shown(name)}.{hint}"))
            continue
        try:
            fact = read_value(trial, known[name], answer.text, on)
        except ValueProblem as problem:
            problems.append(Problem(answer.where, str(problem)))
        else:
            if fact is not None:
                facts[name] = fact
    if problems:
        raise InputError(problems)
    return {name: facts[name] for name in known if name in facts}
