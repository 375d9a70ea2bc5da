"""A site's file that says which of its columns holds which data element, and how written."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

from trialscreen.cohort.forms import Form, check_date_format, code_of
from trialscreen.cohort.matching import ColumnMap, Target
from trialscreen.errors import InputError, Problem, ValueProblem
from trialscreen.parse.cursor import Cursor, Problems
from trialscreen.parse.yamltree import Mapping, Scalar, Sequence, parse_yaml
from trialscreen.text import decode, nearest, printable, read_bytes, shown
from trialscreen.trial import Element, Trial
from trialscreen.values import check_unit, read_value

MISSING = "missing"
"""The key of the codes for no value; for all columns where a list stands under it."""

KEYS = (
    *("element", "unit", "values", MISSING, "date_format", "decimal"),
    *("unit_column", "comparator_column"),
)
_NUMERIC = ("integer", "quantity")


def read_targets(trial: Trial, path: Path) -> ColumnMap:
    """A site's file: `its column: element`, or `its column: {element: ..., unit: ...}`.

    A list under `missing` holds for all columns. Raises InputError with every mistake in it.
    """
    origin = printable(str(path))
    problems = Problems(origin)
    root = parse_yaml(decode(read_bytes(path, origin), origin), origin, problems.found)
    if not isinstance(root, Mapping):
        raise InputError([Problem(origin, "expected one 'column: element' per line")])
    targets: dict[str, Target] = {}
    missing: tuple[str, ...] = ()
    for name, node in root.items.items():
        place = Cursor(node, name, problems)
        if name == MISSING and isinstance(node, Sequence):
            missing = _codes(place)
        else:
            targets[name] = _target(trial, place)
    _check_uses(targets, root, problems)
    problems.raise_any()
    return ColumnMap(targets, missing)


def _target(trial: Trial, place: Cursor) -> Target:
    node = place.node
    if isinstance(node, Mapping):
        place.known_keys(KEYS)
    elif not isinstance(node, Scalar):
        place.problem("expected the name of a data element")
        return Target("")
    name = node.text if isinstance(node, Scalar) else place.required("element", Cursor.text, "")
    known = {element.name: element for element in trial.answerable()}
    if name not in known:
        if name:
            hint = nearest(name, known)
            if not hint and place.path == MISSING:
                hint = f" For a code in every column write a list, [{name}]"
            place.problem(f"no data element is named {shown(name)}.{hint}")
        return Target("")
    return Target(name, _form(trial, known[name], place))


def _form(trial: Trial, element: Element, place: Cursor) -> Form:
    numeric = element.type in _NUMERIC
    given = place.node.items if isinstance(place.node, Mapping) else {}
    for key, fits in (
        ("decimal", numeric),
        ("unit_column", numeric),
        ("comparator_column", numeric or element.type == "date"),
        ("date_format", element.type == "date"),
    ):
        if key in given and not fits:
            place.down(key).problem(f"{element.name} is of type {element.type}, and has no {key}")

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
        unit=place.optional("unit", checked(lambda text: check_unit(trial, element, text)), None),
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
    nodes = [place] if isinstance(place.node, Scalar) else place.items()
    codes = []
    for at in nodes:
        if isinstance(at.node, Scalar) and at.node.text.strip():
            codes.append(at.node.text.strip())
        else:
            at.problem("expected a code such as NA; an empty cell is unknown anyway")
    return tuple(codes)


def _check_uses(targets: dict[str, Target], root: Mapping, problems: Problems) -> None:
    """A column holds an element, or stands beside one."""
    for name, target in targets.items():
        place = Cursor(root.items[name], name, problems)
        for key in ("unit_column", "comparator_column"):
            other = getattr(target.form, key)
            if other is not None and (other == name or other in targets):
                place.down(key).problem(f"{shown(other)} holds a data element of its own")
        beside = target.form.beside
        if len({*beside}) < len(beside):
            place.problem(f"{shown(beside[0])} is given for the comparators and for the units")
