"""A site's file that says which of its columns holds which data element."""

from pathlib import Path

from trialscreen.cohort.matching import Target
from trialscreen.errors import InputError, Problem, ValueProblem
from trialscreen.parse.cursor import Cursor, Problems
from trialscreen.parse.yamltree import Mapping, Scalar, parse_yaml
from trialscreen.text import decode, nearest, printable, read_bytes, shown
from trialscreen.trial import Trial
from trialscreen.values import check_unit


def read_targets(trial: Trial, path: Path) -> dict[str, Target]:
    """A site's file: `its column: element`, or `its column: {element: ..., unit: ...}`.

    Raises InputError with every mistake in it.
    """
    origin = printable(str(path))
    problems = Problems(origin)
    root = parse_yaml(decode(read_bytes(path, origin), origin), origin, problems.found)
    if not isinstance(root, Mapping):
        raise InputError([Problem(origin, "expected one 'column: element' per line")])
    targets = {
        name: _target(trial, Cursor(node, name, problems)) for name, node in root.items.items()
    }
    problems.raise_any()
    return targets


def _target(trial: Trial, place: Cursor) -> Target:
    node = place.node
    entries = node.items if isinstance(node, Mapping) else {"element": node}
    for key in entries:
        if key not in ("element", "unit"):
            place.problem(f"unknown key {shown(key)}; expected element or unit")
    texts = {key: item.text for key, item in entries.items() if isinstance(item, Scalar)}
    if "element" not in texts or len(texts) < len(entries):
        place.problem("expected the name of a data element")
        return Target("")
    target = Target(texts["element"], texts.get("unit"))
    known = {element.name: element for element in trial.answerable()}
    if target.element not in known:
        hint = nearest(target.element, known)
        place.problem(f"no data element is named {shown(target.element)}.{hint}")
    elif target.unit is not None:
        try:
            check_unit(trial, known[target.element], target.unit)
        except ValueProblem as problem:
            place.problem(str(problem))
    return target
