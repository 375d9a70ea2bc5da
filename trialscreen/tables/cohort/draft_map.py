"""A first map of a table's columns, made from their titles alone: for a person to correct."""

import json
import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from pathlib import Path
from typing import NamedTuple

from trialscreen.answers.values import check_unit
from trialscreen.model.errors import ValueProblem, refuse
from trialscreen.model.trial import Element, Trial
from trialscreen.tables.cohort.readers.inputs import open_tables
from trialscreen.text.characters import plain_name, printable
from trialscreen.text.text_files import temporary_folder

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
