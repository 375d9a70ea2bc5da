"""Reads a site's column map (`--columns`): what its columns contain, and how cells are written.

Also drafts one from the titles of a table, for a person to correct.
"""

import json
import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from difflib import SequenceMatcher
from pathlib import Path
from typing import NamedTuple

from trialscreen.answers.values import check_unit, read_value
from trialscreen.criteria_file import yaml_nodes
from trialscreen.criteria_file.reader import Cursor, Document, read_document
from trialscreen.model.errors import ValueProblem, refuse
from trialscreen.model.trial import Element, Trial
from trialscreen.tables.cohort.column_map import ColumnMap, Target
from trialscreen.tables.cohort.readers.cells import Form, check_date_format, code_of
from trialscreen.tables.cohort.readers.inputs import open_tables
from trialscreen.text.characters import nearest, plain_name, printable, shown
from trialscreen.text.text_files import temporary_folder

MISSING = "missing"
"""The key of the codes for no value; for all columns where a list stands under it."""

KEYS = (
    *("element", "unit", "values", MISSING, "date_format", "decimal"),
    *("unit_column", "comparator_column", "date_column"),
)
_NUMERIC = ("integer", "quantity")


def read_targets(trial: Trial, path: Path) -> ColumnMap:
    """A site's file: `its column: element`, or `its column: {element: ..., unit: ...}`.

    A list under `missing` holds for all columns. Raises InputError with every mistake in it.
    """
    origin = printable(str(path))
    at = read_document(path, origin)
    root, document = at.node, at.document
    if not isinstance(root, yaml_nodes.Mapping):
        refuse(origin, "expected one 'column: element' per line")
    targets: dict[str, Target] = {}
    missing: tuple[str, ...] = ()
    for name, node in root.items.items():
        place = Cursor(node, name, document)
        if name == MISSING and isinstance(node, yaml_nodes.Sequence):
            missing = _codes(place)
        else:
            targets[name] = _target(trial, place)
    _check_uses(targets, root, document)
    document.raise_any()
    return ColumnMap(targets, missing)


def _target(trial: Trial, place: Cursor) -> Target:
    node = place.node
    if isinstance(node, yaml_nodes.Mapping):
        place.known_keys(KEYS)
    elif not isinstance(node, yaml_nodes.Scalar):
        place.problem("expected the name of a data element")
        return Target("")
    bare = node.text if isinstance(node, yaml_nodes.Scalar) else None
    name = place.required("element", Cursor.text, "") if bare is None else bare
    known = {element.name: element for element in trial.answerable()}
    if name not in known:
        if name:
            hint = nearest(name, known)
            if not hint and place.path == MISSING:
                hint = f" For a code in every column write a list, [{name}]"
            place.problem(f"no data element is named {shown(name)}.{hint}")
        return Target("")
    element, of_days = known[name], place.optional("date_column", Cursor.text, None)
    form = _form(trial, element, place)
    if of_days is None or element.valid_for is None:
        return Target(name, form)
    return Target(name, form._replace(date_format=None), of_days, form.date_format)


def _form(trial: Trial, element: Element, place: Cursor) -> Form:
    numeric = element.type in _NUMERIC
    given = place.node.items if isinstance(place.node, yaml_nodes.Mapping) else {}
    for key, fits in (
        ("decimal", numeric),
        ("unit_column", numeric),
        ("comparator_column", numeric or element.type == "date"),
        ("date_format", element.type == "date" or "date_column" in given),
        ("date_column", element.valid_for is not None),
    ):
        if key in given and not fits:
            kind = f"is of type {element.type}" if key != "date_column" else "carries no day"
            place.down(key).problem(f"{element.name} {kind}, and has no {key}")

    def checked(check: Callable[[str], None]) -> Callable[[Cursor], str]:
        def read(at: Cursor) -> str:
            text = at.text()
            try:
                if text:
                    check(text)
            except ValueProblem as problem:
                at.problem(str(problem))
            return text

        return read

    none: dict[str, str] = {}
    values = place.optional("values", lambda at: _values(trial, element, at), none)
    no_codes: tuple[str, ...] = ()
    missing = place.optional(MISSING, _codes, no_codes)
    if both := {code_of(cell) for cell in missing} & {code_of(cell) for cell in values}:
        codes = ", ".join(shown(cell) for cell in missing if code_of(cell) in both)
        place.down(MISSING).problem(f"{codes}: has a meaning under 'values'")
    return Form(
        unit=place.optional("unit", checked(lambda text: check_unit(element, text)), None),
        values=values,
        missing=missing,
        date_format=place.optional("date_format", checked(check_date_format), None),
        decimal=place.optional("decimal", lambda at: at.word((".", ",")), "."),
        unit_column=place.optional("unit_column", Cursor.text, None),
        comparator_column=place.optional("comparator_column", Cursor.text, None),
    )


def _values(trial: Trial, element: Element, place: Cursor) -> dict[str, str]:
    """What codes mean; each meaning is a text that the element takes."""
    found: dict[str, str] = {}
    cells: dict[str, str] = {}
    for cell, at in place.entries():
        meaning = at.text()
        if not code_of(cell):
            at.problem("expected a code; an empty cell is unknown, whatever is said of it")
        first = cells.setdefault(code_of(cell), cell)
        if first is not cell:
            at.problem(f"{shown(cell)} is the same code as {shown(first)}")
        try:
            if meaning:
                read_value(trial, element, meaning, date.max)
        except ValueProblem as problem:
            at.problem(str(problem))
        found[cell] = meaning
    return found


def _codes(place: Cursor) -> tuple[str, ...]:
    """Codes for no value: a list, or one alone. `null` and `~` are texts here."""
    nodes = [place] if isinstance(place.node, yaml_nodes.Scalar) else place.items()
    codes = []
    for at in nodes:
        if isinstance(at.node, yaml_nodes.Scalar) and at.node.text.strip():
            codes.append(at.node.text.strip())
        else:
            at.problem("expected a code such as NA; an empty cell is unknown anyway")
    return tuple(codes)


def _check_uses(targets: dict[str, Target], root: yaml_nodes.Mapping, document: Document) -> None:
    """A column holds an element, or stands beside one."""
    for name, target in targets.items():
        place = Cursor(root.items[name], name, document)
        form = target.form
        others = (form.unit_column, form.comparator_column, target.date_column)
        for key, other in zip(
            ("unit_column", "comparator_column", "date_column"), others, strict=True
        ):
            if other is not None and (other == name or other in targets):
                place.down(key).problem(f"{shown(other)} holds a data element of its own")
        beside = target.form.beside
        if len({*beside}) < len(beside):
            place.problem(f"{shown(beside[0])} is given for the comparators and for the units")


SURE, CLEARLY, NEAR = 0.8, 0.02, 0.5
"""How like a title is its element, how much less like all others; and what is named as a guess."""

_IN_THE_QUESTION = 0.7
"""The likeness of a title all of whose words are in the question for an element."""

_BESIDE = re.compile(r"(.*?)\s*[(\[（]([^()\[\]（）]+)[)\]）]\s*(.*)|(.*),\s*([^,]+)")
"""A unit in brackets, or behind a comma."""

_HEAD = """\
# A draft for --columns, made from the titles of {names} alone. Nobody has checked it.
# Look at every line, above all at the units; then use it. Other keys of a column are values,
# missing, date_format, decimal, unit_column, comparator_column and date_column:
#   "Sex": {{element: sex, values: {{"1": male, "2": female}}}}
# Codes for a missing value in any column, if there are some:
#   missing: [NA, ".", UNK]
"""


class _Guess(NamedTuple):
    score: float
    element: Element
    unit: str | None


class Drafted(NamedTuple):
    """The text of a map, how many columns it names of how many, and notes on their table."""

    text: str
    matched: int
    columns: int
    notes: tuple[str, ...] = ()


def draft_of(
    trial: Trial, paths: Sequence[Path], key: str, sheet: str | None, encoding: str | None
) -> Drafted:
    """A map of the columns of a table, but for that of ids. Raises InputError."""
    with temporary_folder(ignore_cleanup_errors=True) as folder:
        tables = open_tables(paths, folder, sheet, encoding)
        if tables.frame is None:  # what is wrong with a text is told while it is read
            deque(tables.pieces({}), maxlen=0)
    titles = tables.schema.names()
    names = ", ".join(printable(path.name) for path in paths)
    drafted = draft(trial, [title for title in titles if title != key], names)
    return drafted._replace(notes=tuple(tables.notes))


def draft(trial: Trial, titles: Sequence[str], names: str) -> Drafted:
    """A map of columns with these `titles`; `names` are those of the files."""
    guesses = {title: _guesses(trial, title) for title in titles}
    chosen: dict[str, str] = {}
    for title, found in sorted(guesses.items(), key=lambda item: -item[1][0].score):
        if _is_sure(found) and found[0].element.name not in chosen.values():
            chosen[title] = found[0].element.name
    lines = [_line(title, guesses[title][0]) for title in titles if title in chosen]
    rest = [_comment(title, guesses[title]) for title in titles if title not in chosen]
    if rest:
        lines += [
            "",
            "# Not recognised, with the nearest elements; to use one, take away the #.",
            *rest,
        ]
    # A map of no column at all is still a map.
    body = lines if chosen else ["{}", *lines]
    text = "\n".join([_HEAD.format(names=names), *body, ""])
    return Drafted(text, len(chosen), len(titles))


def write_draft(path: Path, text: str) -> None:
    """Raises InputError if there is such a file already, or it cannot be written."""
    name = printable(str(path))
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        refuse(name, "is there already; a draft is not written over a file")
    except OSError as error:
        refuse(name, f"cannot be written: {error.strerror}")


# Lines.


def _line(title: str, guess: _Guess) -> str:
    name = guess.element.name
    if guess.unit is None:
        return f"{_quoted(title)}: {name}"
    return f"{_quoted(title)}: {{element: {name}, unit: {_quoted(guess.unit)}}}"


def _comment(title: str, found: list[_Guess]) -> str:
    near = [one for one in found[:3] if one.score >= NEAR]
    if not near:
        return f"# {_quoted(title)}:"
    others = ", ".join(one.element.name for one in near[1:])
    return f"# {_line(title, near[0])}{f'  # or {others}' if others else ''}"


def _quoted(text: str) -> str:
    """As YAML, on one line whatever the text is."""
    return json.dumps(text, ensure_ascii=not text.isprintable())


# Guesses.


def _guesses(trial: Trial, title: str) -> list[_Guess]:
    """The elements that a title may mean, the likeliest first."""
    found = [
        max((_guess(element, *one) for one in _readings(title)), key=lambda one: one.score)
        for element in trial.answerable()
    ]
    return sorted(found, key=lambda one: -one.score)


def _readings(title: str) -> Iterator[tuple[str, str | None]]:
    """What a title names, and its unit if it may have one."""
    yield title, None
    if match := _BESIDE.fullmatch(title.strip()):
        named = f"{match[1]} {match[3]}" if match[2] else match[4]
        yield named, (match[2] or match[5]).strip()
    if match := re.fullmatch(r"(.+)[\s_]([^\s_]+)", title.strip()):
        yield match[1], match[2]


def _guess(element: Element, named: str, unit: str | None) -> _Guess:
    names = map(plain_name, (element.name, element.label))
    score = max(_likeness(plain_name(named), name) for name in names)
    if {*plain_name(named).split("_")} <= {*plain_name(element.ask).split("_")}:
        score = max(score, _IN_THE_QUESTION)
    if unit is None:
        return _Guess(score, element, None)
    try:
        check_unit(element, unit)
    except ValueProblem:
        return _Guess(score * NEAR, element, None)
    return _Guess(score + CLEARLY / 2, element, unit)  # a unit that fits says a little more


def _likeness(one: str, other: str) -> float:
    """From 0 to 1: in spelling, in words whatever their order, or as initials."""
    if one == other:
        return 1.0
    words, others = one.split("_"), other.split("_")
    if len(others) > 2 and one == "".join(word[:1] for word in others):
        return 0.9
    if one and {*words} <= {*others}:
        return 0.75 + 0.2 * len(words) / len(others)
    ordered = SequenceMatcher(None, " ".join(sorted(words)), " ".join(sorted(others))).ratio()
    return 0.95 * max(ordered, SequenceMatcher(None, one, other).ratio())


def _is_sure(found: list[_Guess]) -> bool:
    first, second = found[0], found[1] if len(found) > 1 else None
    clearly = second is None or first.score - second.score >= CLEARLY
    return first.score >= SURE and clearly
