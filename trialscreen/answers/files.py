"""Answers from files, standard input and Python values to facts, with notes beside them."""

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import NamedTuple

from trialscreen.answers.values import UNKNOWN, is_unknown, read_day, read_value
from trialscreen.model.errors import InputError, Problem, ValueProblem
from trialscreen.model.facts import Fact
from trialscreen.model.trial import SCREENING_DATE, Trial
from trialscreen.text.characters import (
    MAX_BYTES,
    decode,
    first_control,
    nearest,
    printable,
    read_bytes,
    short,
    shown,
)


class Answer(NamedTuple):
    """What was written for one element, and where, for messages."""

    text: str
    where: str
    notes: Mapping[str, str] = {}

    @property
    def is_set_aside(self) -> bool:
        """Whether it only keeps, in a note, an answer that is not used."""
        return self.text == UNKNOWN and SET_ASIDE in self.notes


Answers = Mapping[str, Answer]


def read_answers(source: str, problems: list[Problem]) -> dict[str, Answer]:
    """The answers in a YAML or JSON file (`-`: standard input), one key per element.

    What cannot be read as an answer is noted in `problems`; names and values are not
    judged here.
    """
    origin = "standard input" if source == "-" else printable(source)
    try:
        data = _standard_input() if source == "-" else read_bytes(Path(source), origin)
        text = decode(data, origin)
        return _answers_in(text, origin, problems)
    except InputError as error:
        problems.extend(error.problems)
        return {}


def _standard_input() -> bytes:
    if sys.stdin is None:
        raise InputError([Problem("standard input", "it is closed")])
    return sys.stdin.buffer.read(MAX_BYTES + 1)


def _answers_in(text: str, origin: str, problems: list[Problem]) -> dict[str, Answer]:
    """JSON, else YAML. Raises InputError for what is neither, as the one that it looks like."""
    start = text.lstrip()
    if not start.startswith("{"):
        return _from_yaml(text, origin, problems)
    found: list[Problem] = []
    try:
        answers = _from_json(text, origin, found)
    except json.JSONDecodeError as error:
        place = f"{origin}:{error.lineno}:{error.colno}"
        not_json = InputError([Problem(place, f"not JSON: {error.msg}")])
    else:
        problems.extend(found)
        return answers
    if origin.lower().endswith(".json"):
        raise not_json
    try:
        return _from_yaml(text, origin, problems)
    except InputError:
        if start[1:].lstrip().startswith('"'):
            raise not_json from None
        raise


_HASHED = re.compile(r"#[^\s#]")
_UNREAD = (
    "is a comment to YAML, and is not read; write the whole value in quotes, or a blank behind"
    " the # of a comment"
)


def _from_yaml(text: str, origin: str, problems: list[Problem]) -> dict[str, Answer]:
    # Here and not above: the YAML parser is slow to import, and flags do not need it.
    from trialscreen.criteria_file.yaml_nodes import Mapping as MappingNode  # noqa: PLC0415
    from trialscreen.criteria_file.yaml_nodes import Scalar, parse_yaml  # noqa: PLC0415

    root = parse_yaml(text, origin, problems)
    if not isinstance(root, MappingNode):
        raise InputError([Problem(origin, "expected one 'element: value' per line")])
    answers = {}
    for name, node in root.items.items():
        where = f"{origin}:{node.line}:{node.column} {short(name)}"
        values: dict[str, object] = {VALUE_KEY: node}
        if isinstance(node, MappingNode):
            values = dict(node.items)
            places = {k: f"{origin}:{at.line}:{at.column} {name}" for k, at in node.keys.items()}
            problems.extend(strange_keys(places))
        scalars = {key: one for key, one in values.items() if isinstance(one, Scalar)}
        if (value := scalars.get(VALUE_KEY)) is not None and value.block:
            message = "a value stands on one line; if it begins with > or |, write it in quotes"
            problems.append(Problem(where, message))
            continue
        if value is not None and _HASHED.match(value.comment):
            problems.append(Problem(where, f"{shown(value.comment)} {_UNREAD}"))
            continue
        texts = {key: UNKNOWN if one.is_null else one.text for key, one in scalars.items()}
        problems.extend(not_single(where, values, texts))
        if VALUE_KEY in texts:
            answers[name] = Answer(texts.pop(VALUE_KEY), where, texts)
    return answers


def _from_json(text: str, origin: str, problems: list[Problem]) -> dict[str, Answer]:
    twice: list[str] = []

    def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found: dict[str, object] = {}
        for key, value in pairs:
            if key in found:
                twice.append(key)
            found.setdefault(key, value)
        return found

    try:
        # Numbers stay as written, so that a value means the same here as in a flag.
        root = json.loads(
            text, object_pairs_hook=unique, parse_float=_number, parse_int=str, parse_constant=str
        )
    except RecursionError:
        raise InputError([Problem(origin, "nested too deep")]) from None
    problems.extend(_placed_keys(text, origin, twice) if twice else ())
    answers = {}
    places = _key_places(text, root)
    for name, given in root.items():
        where = f"{origin}{next(places)} {short(name)}"
        if (control := first_control(name)) is not None:
            problems.append(Problem(where, f"control character {control} in the key"))
            continue
        values = given if isinstance(given, dict) else {VALUE_KEY: given}
        problems.extend(strange_keys(dict.fromkeys(values, where)))
        texts = {k: as_text(v) for k, v in values.items() if not isinstance(v, list | dict)}
        problems.extend(not_single(where, values, texts))
        if VALUE_KEY in texts:
            answers[name] = Answer(texts.pop(VALUE_KEY), where, texts)
    return answers


def _placed_keys(text: str, origin: str, twice: list[str]) -> list[Problem]:
    """Keys that stand twice, with their lines, which the parser of JSON does not tell."""
    from trialscreen.criteria_file.yaml_nodes import parse_yaml  # noqa: PLC0415

    found: list[Problem] = []
    try:
        parse_yaml(text, origin, found)
    except InputError:  # JSON that is not YAML, for its escapes
        found = []
    return found or [Problem(f"{origin} {short(key)}", "the key stands twice") for key in twice]


def _number(written: str) -> str:
    """A number of JSON without `.0`, which programs write and which says nothing of digits."""
    return re.sub(r"\.0+$", "", written)


_COLON = re.compile(r"\s*:")


def _key_places(text: str, names: Iterable[str]) -> Iterator[str]:
    """Line and column of each key in JSON, in order, as `:1:2`; empty for one with escapes."""
    start = line = 0
    for name in names:
        key = json.dumps(name, ensure_ascii=False)
        at = text.find(key, start)
        while at >= 0 and not _COLON.match(text, at + len(key)):
            at = text.find(key, at + 1)
        if at < 0:
            yield ""
            continue
        line += text.count("\n", start, at)
        yield f":{line + 1}:{at - text.rfind(chr(10), 0, at)}"
        start = at


def as_text(value: object) -> str:
    """A Python or JSON value as a person would write it."""
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return str(value).removesuffix(".0")  # a number, of which nobody wrote the digits
    return str(value)


def merge(
    trial: Trial, winning: Answers, other: Answers, problems: list[Problem]
) -> dict[str, Answer]:
    """Both together, the first winning; where both say the same, the other with its notes.

    Two different screening dates are a problem.
    """
    both = {**other, **{name: winning[name] for name in differing(winning, other)}}
    given = (other.get(SCREENING_DATE), winning.get(SCREENING_DATE))
    dated = [one for one in given if one is not None and not is_unknown(trial, one.text)]
    if dated:
        both[SCREENING_DATE] = dated[0]
    if len({day_or_text(one.text) for one in dated}) > 1:
        two, one = dated
        message = (
            f"{shown(one.text)}, and {shown(two.text)} in {two.where}; give one screening date"
        )
        problems.append(Problem(one.where, message))
    return both


def day_or_text(text: str) -> date | str:
    """The day that `text` states; `text`, if it states none."""
    try:
        return read_day(text)
    except ValueProblem:
        return text.strip()


def differing(winning: Answers, other: Answers) -> Iterator[str]:
    """The elements of which `winning` says what `other` does not."""
    return (
        name
        for name, one in winning.items()
        if name not in other or one.text.strip() != other[name].text.strip()
    )


def screening_date(
    trial: Trial, answers: Answers, today: date, problems: list[Problem]
) -> date | None:
    """The screening date that was given; else today. None, and a problem, for a wrong one."""
    given = answers.get(SCREENING_DATE)
    if given is None or is_unknown(trial, given.text):
        return today
    try:
        day = read_day(given.text)
    except ValueProblem as problem:
        problems.append(Problem(given.where, str(problem)))
        return None
    if day > today:
        message = f"{day} lies in the future; the latest screening date is today, {today}"
        problems.append(Problem(given.where, message))
        return None
    return day


def read_facts(trial: Trial, answers: Answers, on: date) -> dict[str, Fact]:
    """The facts that the answers state. Raises InputError with every answer that is wrong."""
    problems: list[Problem] = []
    facts = readable_facts(trial, answers, on, problems)
    if problems:
        raise InputError(problems)
    return facts


def readable_facts(
    trial: Trial, answers: Answers, on: date, problems: list[Problem]
) -> dict[str, Fact]:
    """The facts of the answers that can be read; the others are noted in `problems`."""
    facts: dict[str, Fact] = {}
    known = {element.name: element for element in trial.answerable()}
    for name, answer in answers.items():
        if name == SCREENING_DATE:
            continue
        if name not in known:
            hint = PART_OF_A_NUMBER if name[:1].isdigit() else nearest(name, known)
            problems.append(Problem(answer.where, f"no data element is named {shown(name)}.{hint}"))
            continue
        try:
            fact = read_value(trial, known[name], answer.text, on)
            if answer.is_set_aside:
                read_value(trial, known[name], answer.notes[SET_ASIDE], on)
        except ValueProblem as problem:
            problems.append(Problem(answer.where, str(problem)))
        else:
            if fact is not None:
                facts[name] = fact
        problems.extend(wrong_notes(answer.where, answer.notes))
    return {name: facts[name] for name in known if name in facts}


VALUE_KEY = "value"
"""An answer may be a mapping that holds its value here, beside notes on it."""

ANSWERED = "answered"
"""The note of the day on which an answer was given."""

CRITERIA = "criteria"
"""The note of the version that the criteria file then had."""

SET_ASIDE = "set_aside"
"""The note that holds an answer which is kept and not used; the value is then unknown."""

ANSWER_KEYS = (VALUE_KEY, ANSWERED, CRITERIA, SET_ASIDE, "note")

VERSION_DIGITS = 12
"""Of the criteria file's SHA-256, as `criteria` notes it."""

_VERSION = re.compile(f"[0-9a-f]{{{VERSION_DIGITS}}}")


def criteria_version(trial: Trial) -> str:
    """The version of a criteria file, as answers note it."""
    return trial.sha256[:VERSION_DIGITS]


def of_another_version(trial: Trial, notes: Mapping[str, str]) -> bool:
    """Whether an answer was taken under another version of the criteria file."""
    now = criteria_version(trial)
    return notes.get(CRITERIA, now) != now


PART_OF_A_NUMBER = " If it is part of a number, write a decimal point (5.5): a comma ends it."
"""What to look at where a key begins with a digit: `{weight: 5,5}` has two keys."""


def strange_keys(places: Mapping[str, str]) -> Iterator[Problem]:
    """The keys, each with its place, that an answer does not have."""
    for key, where in places.items():
        if key not in ANSWER_KEYS:
            message = f"{shown(key)} is not a key of an answer; expected {', '.join(ANSWER_KEYS)}"
            hint = nearest(key, ANSWER_KEYS)
            if key[:1].isdigit():
                hint = PART_OF_A_NUMBER
            yield Problem(where, f"{message}{'.' if hint else ''}{hint}")


def not_single(
    where: str, values: Mapping[str, object], texts: Mapping[str, str]
) -> Iterator[Problem]:
    """The values of an answer that are no `texts`."""
    for key in (VALUE_KEY, *(key for key in ANSWER_KEYS[1:] if key in values)):
        if key not in texts:
            part = "" if key == VALUE_KEY else f" for {key!r}"
            yield Problem(where, f"expected a single value{part}")


def wrong_notes(where: str, notes: Mapping[str, str]) -> Iterator[Problem]:
    """Notes that cannot be shown, and a version that no criteria file can have."""
    for key, text in notes.items():
        if (control := first_control(text)) is not None:
            yield Problem(f"{where} {key}", f"control character {control}")
    version = notes.get(CRITERIA)
    if version is not None and _VERSION.fullmatch(version) is None:
        message = f"{shown(version)}; expected {VERSION_DIGITS} digits 0-9 and a-f, or no note"
        yield Problem(f"{where} {CRITERIA}", message)
