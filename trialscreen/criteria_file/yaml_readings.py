"""The readings of unclear texts: what was chosen, and what the alternative would make of a rule."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import get_args

from trialscreen.criteria_file.reader import Cursor, read_record
from trialscreen.criteria_file.yaml_nodes import Sequence
from trialscreen.criteria_file.yaml_rules import read_rule
from trialscreen.model import rules
from trialscreen.model.trial import Alternative, Confirmed, Criterion, Direction, Reading
from trialscreen.text.characters import nearest, shown

_OF_ALTERNATIVE = ("alternative_rule", "alternative_is", "alternative_answers")


def read_reading(at: Cursor) -> Reading:
    """A reading, without what can be computed of its alternative."""
    readers = {"confirmed": _read_confirmed}
    return read_record(at, Reading, readers, keys=(*_OF_ALTERNATIVE, "elsewhere"))


def _read_confirmed(at: Cursor) -> Confirmed:
    found = read_record(at, Confirmed)
    if found.on is not None and found.on > date.today():  # noqa: DTZ011 - the user's own
        at.down("on").problem(f"{found.on} lies in the future; leave it out until it is confirmed")
    return found


def with_alternatives(read: Iterable[tuple[Cursor, Criterion]]) -> tuple[Criterion, ...]:
    """The criteria, which stand at these places, each with the readings that it may turn on.

    All criteria have been read: a name in an alternative's rule may be that of a criterion or
    clause, for its rule as chosen.
    """
    found: dict[str, list[tuple[Reading, Alternative]]] = {one.id: [] for _, one in read}
    for at, criterion in read:
        for place, reading in zip(at.items_of("readings"), criterion.readings, strict=False):
            found[criterion.id].append((reading, _read_alternative(place)))
            for name, other in place.entries_of("elsewhere"):
                if name not in found:
                    other.problem(f"no criterion has the id {shown(name)}.{nearest(name, found)}")
                other.known_keys(_OF_ALTERNATIVE)
                found.setdefault(name, []).append((reading, _read_alternative(other)))
    return tuple(one._replace(alternatives=tuple(found[one.id])) for _, one in read)


def clauses_of(criteria: Iterable[Criterion]) -> Mapping[str, rules.Rule]:
    """Each criterion's rule, and each clause in it, by its id."""
    found: dict[str, rules.Rule] = {}
    for one in criteria:
        found[one.id] = one.rule
        found.update((clause.id, clause) for clause in rules.clauses_of(one.rule))
    return found


def _read_alternative(at: Cursor) -> Alternative:
    return Alternative(
        at.optional("alternative_rule", _read_rules, ()),
        at.optional("alternative_is", lambda place: place.word(get_args(Direction)), None),
        at.optional("alternative_answers", lambda place: tuple(map(_name, place.items())), ()),
    )


def _read_rules(at: Cursor) -> tuple[rules.Rule, ...]:
    """A rule, or a list of them: each thing that the alternative may mean."""
    if not isinstance(at.node, Sequence):
        return (read_rule(at),)
    if not at.node.items:
        at.problem("expected at least one rule")
    return tuple(map(read_rule, at.items()))


def _name(at: Cursor) -> str:
    name = at.text()
    at.element(name)
    return name
