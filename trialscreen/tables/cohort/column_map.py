"""Matches the columns of a table to data elements, by name or by a site's column map."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from trialscreen.model.errors import Problem, raise_any
from trialscreen.model.trial import SCREENING_DATE, Element, Trial
from trialscreen.screening.samples import day_column
from trialscreen.tables.cohort.readers.cells import Form, Kind
from trialscreen.text.characters import nearest, plain_name, shown, some

KEY, ROW, LATEST = "(patient id)", "(row number)", "(latest day)"
"""Columns beside those of the elements, whose names are words; LATEST has the last day that a
date of the row can be."""

RESULTS = ("verdict", "open")
"""The columns of what is found beside the criteria."""


class ElementColumn(NamedTuple):
    """A column of the table: the element it holds, and how its cells are written.

    `alike`: its name is that of the element but for capitals and punctuation.
    """

    name: str
    element: Element
    form: Form = Form()
    alike: bool = False


class Matched(NamedTuple):
    """The columns that hold an element, and the names of those that are not used."""

    columns: tuple[ElementColumn, ...]
    strange: tuple[str, ...]


class Target(NamedTuple):
    """What a site's file says of one of its columns.

    `date_column` has the days of its samples, as it may have those of others, in `date_format`.
    """

    element: str
    form: Form = Form()
    date_column: str | None = None
    date_format: str | None = None


class ColumnMap(NamedTuple):
    """What a site's file says of its columns; `missing` are codes for no value in all of them."""

    targets: Mapping[str, Target] = {}
    missing: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that it speaks of."""
        days = (one.date_column for one in self.targets.values() if one.date_column is not None)
        return (*self.targets, *self.beside, *days)

    @property
    def written(self) -> Mapping[str, Kind]:
        """The columns whose numbers or days are texts in a form of the site's own."""
        forms = {name: one.form.written for name, one in self.targets.items()}
        days: dict[str, Kind] = {
            one.date_column: "day"
            for one in self.targets.values()
            if one.date_column is not None and one.date_format is not None
        }
        return days | {name: kind for name, kind in forms.items() if kind is not None}

    @property
    def beside(self) -> tuple[str, ...]:
        """The columns of units and comparators."""
        return tuple(name for one in self.targets.values() for name in one.form.beside)


NO_MAP = ColumnMap()


def match_columns(
    trial: Trial, names: Iterable[str], key: str, column_map: ColumnMap = NO_MAP
) -> Matched:
    """Matches the columns `names`; `key` is the column of ids, and no element.

    Raises InputError if there is no such column, if the map speaks of columns that do
    not exist, if two columns hold one element, or none holds any.
    """
    names = tuple(names)
    known = {element.name: element for element in trial.answerable()}
    problems = list(_absent(names, key, column_map))
    columns: dict[str, ElementColumn] = {}
    strange: list[str] = []
    for name in names:
        if name == key or name in column_map.beside:
            continue
        found = [*_columns(known, name, column_map)]
        if not found:
            strange.append(name)
        for column in found:
            if (first := columns.setdefault(column.element.name, column)) is not column:
                both = f"{shown(first.name)} and {shown(name)}"
                message = f"two columns for the element {column.element.name}"
                problems.append(Problem(both, message))
    problems.extend(_undeclared(columns.values(), strange, names))
    if not problems and not columns.keys() - {SCREENING_DATE}:
        names = some([f"{shown(name)}{nearest(name, known)}" for name in strange])
        others = (
            f" (see --columns): {names}" if names else ", for there is none but that of the ids"
        )
        problems.append(Problem("the table", f"no column is named like a data element{others}"))
    raise_any(problems)
    return Matched(tuple(columns.values()), tuple(strange))


def taken(trial: Trial, key: str, more: Iterable[str]) -> Iterator[Problem]:
    """That the column of ids is called as one of the output's own, of which there are `more`."""
    if key in (*RESULTS, *(one.id for one in trial.criteria), *more):
        message = f"the output has a column {shown(key)} of its own; rename that of the ids"
        yield Problem("--id", message)


def _absent(names: tuple[str, ...], key: str, column_map: ColumnMap) -> Iterator[Problem]:
    for name in dict.fromkeys(column_map.names):
        if name not in names:
            message = f"the table has no column {shown(name)}.{nearest(name, names)}"
            yield Problem("--columns", message)
        elif name == key:
            message = f"{shown(name)} is the column of ids, and cannot be more"
            yield Problem("--columns", message)
    if key not in names:
        message = f"the table has no column {shown(key)}.{nearest(key, names)}"
        yield Problem("--id", f"{message} Name the column that holds each patient's id")


def _undeclared(
    columns: Iterable[ElementColumn], strange: Iterable[str], titles: tuple[str, ...]
) -> Iterator[Problem]:
    """Columns of units and comparators of which the map says nothing."""
    for column in columns:
        for one in beside(column.name, _unsaid(column), strange, titles):
            entry = f"{{element: {column.element.name}, {one.what}: {one.name}}}"
            advice = f"declare it in the file of --columns, as `{column.name}: {entry}`"
            yield one.problem(advice)


def _unsaid(column: ElementColumn) -> list[str]:
    """What may stand beside the column, and the map says nothing of it."""
    form = column.form
    said = {
        "unit_column": form.unit is not None or form.unit_column is not None,
        "comparator_column": form.comparator_column is not None,
    }
    return [kind for kind in kinds_beside(column.element) if not said[kind]]


def _columns(
    known: Mapping[str, Element], name: str, column_map: ColumnMap
) -> Iterator[ElementColumn]:
    """What a column holds; days are as the map says, also where its title says so already."""
    named = column_map.targets.get(name, Target(name if name in known else plain_name(name)))
    is_alike = name not in column_map.targets and name not in known
    days = {
        day_column(one.element): Form(date_format=one.date_format)
        for one in column_map.targets.values()
        if one.date_column == name
    }
    forms = days if named.element in days else {named.element: named.form, **days}
    for element, form in forms.items():
        if element in known:
            written = form._replace(missing=(*form.missing, *column_map.missing))
            alike = is_alike and element not in days
            yield ElementColumn(name, known[element], written, alike)


# Columns that stand beside another, whose title they repeat, and change what it means.

_ENDINGS: Mapping[str, tuple[str, ...]] = {
    "unit_column": ("unit", "units", "uom", "einheit", "单位"),
    "comparator_column": ("comparator", "operator", "qualifier", "sign"),
}
"""How the titles of such columns end, by the word for each in the file of --columns."""

_ALONE = re.compile(r"(unit|units|uom|einheit|单位|comparator)[_0-9]*")
"""Titles that say it without repeating another's: the second `unit` is `unit.1` to many."""


class Beside(NamedTuple):
    """A column that nothing is said of: its name, what it seems to be, and beside which."""

    name: str
    what: str
    of: str

    def problem(self, advice: str) -> Problem:
        """To pass over it would make 2.5 mg/dL 2.5 of another unit, and `<1000` 1000."""
        message = f"looks as if it said more of {shown(self.of)}; if so, {advice}, else rename it"
        return Problem(f"the column {shown(self.name)}", message)


def kinds_beside(element: Element) -> tuple[str, ...]:
    """What may stand beside the values of an element, in the words of the file of --columns."""
    has_unit = ("unit_column",) if element.unit is not None else ()
    is_ordered = element.type in ("integer", "quantity", "date")
    return (*has_unit, *(("comparator_column",) if is_ordered else ()))


def beside(
    title: str, kinds: Collection[str], others: Iterable[str], titles: Sequence[str]
) -> Iterator[Beside]:
    """Those of the columns `others` that seem to stand beside the one of this title.

    `titles` are all of the table, in their order: its own others, such as that of the days, may
    stand between.
    """
    others = [*others]
    if not others:
        return
    known, plain = {plain_name(name): name for name in others}, plain_name(title)
    behind = titles[titles.index(title) + 1 :] if title in titles else ()
    after = next((name for name in behind if not plain_name(name).startswith(f"{plain}_")), "")
    alone = _ALONE.fullmatch(plain_name(after)) if after in others else None
    for kind in kinds:
        for ending in _ENDINGS[kind]:
            if (name := known.get(f"{plain}_{ending}")) is not None:
                yield Beside(name, kind, title)
            elif alone is not None and alone[1] == ending:
                yield Beside(after, kind, title)
