"""Which column of a table holds which data element: by name, or as a site's file says."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from trialscreen.errors import InputError, Problem
from trialscreen.text import nearest, shown, some
from trialscreen.trial import SCREENING_DATE, Element, Trial


class Column(NamedTuple):
    """A column of the table: the element it holds, and the unit of its bare numbers."""

    name: str
    element: Element
    unit: str | None = None


class Matched(NamedTuple):
    """The columns that hold an element, and the names of those that do not."""

    columns: tuple[Column, ...]
    strange: tuple[str, ...]


class Target(NamedTuple):
    """What a site's file says of one of its columns."""

    element: str
    unit: str | None = None


def match_columns(
    trial: Trial, names: Iterable[str], key: str, targets: Mapping[str, Target]
) -> Matched:
    """Matches the columns `names`; `key` is the column of ids, and no element.

    Raises InputError if there is no such column, if `targets` speaks of columns that do
    not exist, if two columns hold one element, or none holds any.
    """
    names = tuple(names)
    known = {element.name: element for element in trial.answerable()}
    problems = [
        Problem("--columns", f"the table has no column {shown(name)}.{nearest(name, names)}")
        for name in targets
        if name not in names
    ]
    if key not in names:
        message = f"the table has no column {shown(key)}.{nearest(key, names)}"
        problems.append(Problem("--id", f"{message} Name the column that holds each patient's id"))
    columns: dict[str, Column] = {}
    strange: list[str] = []
    for name in names:
        target = targets.get(name, Target(name))
        if name == key:
            continue
        if target.element not in known:
            strange.append(name)
        elif target.element in columns:
            both = f"{shown(columns[target.element].name)} and {shown(name)}"
            problems.append(Problem(both, f"two columns for the element {target.element}"))
        else:
            columns[target.element] = Column(name, known[target.element], target.unit)
    if not problems and not columns.keys() - {SCREENING_DATE}:
        names = some([f"{shown(name)}{nearest(name, known)}" for name in strange])
        message = f"no column is named like a data element (see --columns): {names}"
        problems.append(Problem("the table", message))
    if problems:
        raise InputError(problems)
    return Matched(tuple(columns.values()), tuple(strange))
