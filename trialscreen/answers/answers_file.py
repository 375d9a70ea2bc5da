"""Reads answers, with their notes, from YAML and JSON files and standard input."""

import json
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from trialscreen.answers.answer import Answer, Key, answer_of
from trialscreen.model.errors import InputError, Problem, refuse
from trialscreen.text.characters import first_control, printable, short, shown
from trialscreen.text.text_files import MAX_BYTES, decode, read_bytes

if TYPE_CHECKING:
    from trialscreen.criteria_file import yaml_nodes


KEPT = "# Answers for {nct_id}, kept by trialscreen."
"""How a file begins in which an interview keeps answers."""

_TABLES = (".csv", ".csv.gz", ".tsv", ".parquet", ".ndjson", ".xlsx")


def read_answers(
    source: str, problems: list[Problem], blank: set[str] | None = None
) -> dict[str, Answer]:
    """The answers in a YAML or JSON file (`-`: standard input), one key per element.

    What cannot be read as an answer is noted in `problems`; names and values are not
    judged here. Keys of YAML that have no value are unknown, and noted in `blank`.
    """
    origin = "standard input" if source == "-" else printable(source)
    blank = set() if blank is None else blank
    if source.lower().endswith(_TABLES):
        message = "is a table of patients; screen it with 'trialscreen cohort'"
        problems.append(Problem(origin, message))
        return {}
    try:
        if source == "-" and sys.stdin is None:
            refuse(origin, "it is closed")
        is_file = source != "-"
        data = read_bytes(Path(source), origin) if is_file else sys.stdin.buffer.read(MAX_BYTES + 1)
        return _answers_in(decode(data, origin), origin, problems, blank)
    except InputError as error:
        problems.extend(error.problems)
        return {}


def _answers_in(
    text: str, origin: str, problems: list[Problem], blank: set[str]
) -> dict[str, Answer]:
    """JSON, else YAML. Raises InputError for what is neither, as the one that it looks like."""
    start = text.lstrip()
    if not start.startswith("{"):
        return _from_yaml(text, origin, problems, blank)
    try:
        return _from_json(text, origin, problems)
    except json.JSONDecodeError as error:
        place = f"{origin}:{error.lineno}:{error.colno}"
        not_json = InputError([Problem(place, f"not JSON: {error.msg}")])
    if origin.lower().endswith(".json"):
        raise not_json
    try:
        return _from_yaml(text, origin, problems, blank)
    except InputError:
        if start[1:].lstrip().startswith('"'):
            raise not_json from None
        raise


_ONE_PATIENT = (
    "expected one patient, with a key for each element; a table of patients is for"
    " 'trialscreen cohort'"
)
_HASHED = re.compile(r"#[^\s#]")
_UNREAD = (
    "is a comment to YAML, and is not read; write the whole value in quotes, or a blank behind"
    " the # of a comment"
)


def _from_yaml(
    text: str, origin: str, problems: list[Problem], blank: set[str]
) -> dict[str, Answer]:
    # Here and not above: the YAML parser is slow to import, and flags do not need it.
    from trialscreen.criteria_file import yaml_nodes  # noqa: PLC0415

    root = yaml_nodes.parse_yaml(text, origin, problems)
    if isinstance(root, yaml_nodes.Sequence):
        refuse(origin, f"a list; {_ONE_PATIENT}")
    if not isinstance(root, yaml_nodes.Mapping):
        refuse(origin, "expected one 'element: value' per line")
    answers: dict[str, Answer] = {}
    for name, node in root.items.items():
        where = f"{origin}:{node.line}:{node.column} {short(name)}"
        if isinstance(node, yaml_nodes.Scalar) and node.plain and not node.text:
            blank.add(name)
        values, keys = {Key.VALUE: node}, {}
        if isinstance(node, yaml_nodes.Mapping):
            values, keys = node.items, node.keys
        places = {k: f"{origin}:{at.line}:{at.column} {name}" for k, at in keys.items()}
        given = {
            key: one.value if isinstance(one, yaml_nodes.Scalar) else one.items
            for key, one in values.items()
        }
        answer = answer_of(given, where, problems, places)
        value = values.get(Key.VALUE)
        if isinstance(value, yaml_nodes.Scalar) and (message := _cut_short(value)):
            problems.append(Problem(where, message))
        elif answer is not None:
            answers[name] = answer
    return answers


def _cut_short(value: "yaml_nodes.Scalar") -> str:
    """Why a value may not be all that was meant; empty if it is."""
    if value.block:
        return "a value stands on one line; if it begins with > or |, write it in quotes"
    if _HASHED.match(value.comment):
        return f"{shown(value.comment)} {_UNREAD}"
    return ""


def _from_json(text: str, origin: str, problems: list[Problem]) -> dict[str, Answer]:
    twice: list[str] = []

    def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found: dict[str, object] = {}
        for key, value in pairs:
            if key in found:
                twice.append(key)
            found.setdefault(key, _AS_WRITTEN[value] if isinstance(value, bool) else value)
        return found

    try:
        # Numbers, true and false stay as written, so that a value means the same here as in a flag.
        root = json.loads(
            text, object_pairs_hook=unique, parse_float=_number, parse_int=str, parse_constant=str
        )
    except RecursionError:
        refuse(origin, "nested too deep")
    if isinstance(root.get("resourceType"), str):
        refuse(origin, "is a FHIR resource, and holds no answers; name it with --fhir")
    problems.extend(_placed_keys(text, origin, twice) if twice else ())
    answers: dict[str, Answer] = {}
    places = _key_places(text, root)
    for name, given in root.items():
        where = f"{origin}{next(places)} {short(name)}"
        if (control := first_control(name)) is not None:
            problems.append(Problem(where, f"control character {control} in the key"))
            continue
        if (answer := answer_of(given, where, problems)) is not None:
            answers[name] = answer
    return answers


def _placed_keys(text: str, origin: str, twice: list[str]) -> list[Problem]:
    """Keys that stand twice, with their lines, which the parser of JSON does not tell."""
    from trialscreen.criteria_file.yaml_nodes import parse_yaml  # noqa: PLC0415

    found: list[Problem] = []
    with suppress(InputError):  # JSON that is not YAML, for its escapes
        parse_yaml(text, origin, found)
    return found or [Problem(f"{origin} {short(key)}", "the key stands twice") for key in twice]


def _number(written: str) -> str:
    """A number of JSON without `.0`, which programs write and which says nothing of digits."""
    return re.sub(r"\.0+$", "", written)


_AS_WRITTEN = {True: "true", False: "false"}
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
