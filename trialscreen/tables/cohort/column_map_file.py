"""A site's file of `--columns`: which of its columns hold what, and how their cells are written."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

from trialscreen.answers.values import check_unit, read_value
from trialscreen.criteria_file import yaml_nodes
from trialscreen.criteria_file.reader import Cursor, Document, read_document
from trialscreen.model.errors import ValueProblem, refuse
from trialscreen.model.trial import Element, Trial
from trialscreen.tables.cohort.column_map import ColumnMap, Target
from trialscreen.tables.cohort.readers.cells import Form, check_date_format, code_of
from trialscreen.text.characters import nearest, printable, shown

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
