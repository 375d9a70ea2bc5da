"""A mapping file: YAML to bindings, checked against the trial that it is for."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from trialscreen.criteria_file import yaml_nodes
from trialscreen.criteria_file.reader import Cursor, Document
from trialscreen.model.trial import Element, Trial
from trialscreen.records.bindings import (
    ABOVE_LIMIT,
    OUTSIDE_LIMITS,
    ROLES,
    START,
    VALUE,
    Binding,
    Medicine,
    MedicineCode,
    Role,
)
from trialscreen.records.entries import Coding
from trialscreen.records.systems import SYSTEMS, key_of
from trialscreen.text.characters import printable, shown
from trialscreen.text.text_files import decode, read_bytes

_KEYS = ("format", "trial", "seen", "systems", "results", "persons", "elements", "medicines")
_ABOUT = ("name", "status", "seen", "note", "side", "sites")
_STATUSES = ("confirmed", "confirmed-2", "site")
_FACTOR = re.compile(r"([0-9]+(?:\.[0-9]+)?)(?:/([0-9]+(?:\.[0-9]+)?))?")
_SIDES = ("left", "right")
_PERSON = ("sex", "birth_date")

_NO_CODES: tuple[Coding, ...] = ()

Key = tuple[str, str]


@dataclass
class Written:
    """What one mapping file says."""

    trial: str = ""
    systems: dict[str, str] = field(default_factory=dict)
    bound: dict[Key, tuple[Binding, ...]] = field(default_factory=dict)
    medicines: dict[Key, tuple[MedicineCode, ...]] = field(default_factory=dict)
    units: dict[str, dict[str, Fraction]] = field(default_factory=dict)
    lowest: set[str] = field(default_factory=set)
    meanings: dict[Key, str] = field(default_factory=dict)
    persons: dict[str, str] = field(default_factory=dict)


def read_codes_file(
    trial: Trial, path: Path, origin: str = "", *, packaged: bool = False
) -> Written:
    """A mapping file for `trial`; of a packaged one for another trial, what holds for any.

    Raises InputError with every mistake in it.
    """
    origin = origin or printable(str(path))
    document = Document(origin, elements=trial.elements)
    text = decode(read_bytes(path, origin), origin)
    root = Cursor(yaml_nodes.parse_yaml(text, origin, document.problems), "", document)
    root.known_keys(_KEYS)
    root.required("format", lambda at: at.word(("1",)), "1")
    found = Written(root.optional("trial", Cursor.text, ""))
    for name, uris in _under(root, "systems"):
        found.systems |= {one.text(): name for one in uris.items()}
    for meaning, at in _under(root, "results"):
        found.meanings |= {(one.system, one.code): meaning for one in _codes_in(at)}
    if found.trial in ("", trial.registration.nct_id):
        _Reader(trial, found).read(root)
    elif not packaged:
        root.down("trial").problem(f"is for {shown(found.trial)}")
    document.raise_any()
    return found


def _codes_in(at: Cursor) -> tuple[Coding, ...]:
    """The codes of a mapping by system: `{snomed: [a, b], loinc: c}`."""
    at.known_keys(SYSTEMS)
    return tuple(
        Coding(*key_of(system, one.text()))
        for system, place in at.entries()
        for one in _listed(place)
    )


def _under(at: Cursor, key: str) -> list[tuple[str, Cursor]]:
    """Keys and values of the mapping under `key`, if there is one."""
    nothing: list[tuple[str, Cursor]] = []
    return at.optional(key, lambda place: list(place.entries()), nothing)


def _lines(at: Cursor) -> list[Cursor]:
    """The lines of codes."""
    nothing: list[Cursor] = []
    return at.optional("codes", Cursor.items, nothing)


def _listed(at: Cursor) -> list[Cursor]:
    return at.items() if isinstance(at.node, yaml_nodes.Sequence) else [at]


class _Reader:
    """The part of a mapping that is about one trial."""

    def __init__(self, trial: Trial, found: Written) -> None:
        self.trial, self.found = trial, found

    def read(self, root: Cursor) -> None:
        for key, at in _under(root, "persons"):
            if key not in _PERSON:
                at.problem(f"{shown(key)}; expected {', '.join(_PERSON)}")
            elif at.element(at.text()) is not None:
                self.found.persons[key] = at.text()
        for name, at in _under(root, "elements"):
            self._element(name, at)
        for name, at in _under(root, "medicines"):
            self._medicine(name, at)

    def _element(self, name: str, at: Cursor) -> None:
        at.known_keys(("units", "select", "codes"))
        element = at.element(name)
        if element is None:
            return
        units = _under(at, "units")
        self.found.units[name] = {unit: _factor(one) for unit, one in units}
        if at.optional("select", lambda one: one.word(("latest", "lowest")), "latest") == "lowest":
            self.found.lowest.add(name)
        for line in _lines(at):
            binding = self._binding(element, line)
            for coding in self._codes(line, ROLES):
                self._add(self.found.bound, (coding.system, coding.code), binding)

    def _binding(self, element: Element, line: Cursor) -> Binding:
        role, place = self._role(line)
        note = line.optional("note", Cursor.text, "")
        if role in ("shows", "near"):
            return Binding(element.name, role, VALUE, place.text())
        side = line.optional("side", lambda at: at.word(_SIDES), "")
        sites = line.optional("sites", _codes_in, _NO_CODES)
        says = place.word(_sayable(element))
        if role == "sets" and element.is_judgement:
            place.problem(f"{element.name} is judged by a person: codes can only propose it")
        return Binding(element.name, role, says, note, side, sites)

    def _role(self, line: Cursor) -> tuple[Role, Cursor]:
        roles = [key for key, _ in line.entries() if key in ROLES]
        if len(roles) != 1:
            line.problem(f"expected one of {', '.join(ROLES)}")
            return "near", line
        return roles[0], line.down(roles[0])

    def _codes(self, line: Cursor, others: tuple[str, ...]) -> Iterator[Coding]:
        """The codes of a line, whose other keys are `others` and what is told about them."""
        line.known_keys((*SYSTEMS, *_ABOUT, *others))
        line.optional("status", lambda at: at.word(_STATUSES), "site")
        found = 0
        for key, at in line.entries():
            if key in SYSTEMS:
                for one in _listed(at):
                    found += 1
                    yield Coding(*key_of(key, one.text()))
        if not found:
            line.problem(f"a code is missing: one of {', '.join(SYSTEMS)}")

    def _medicine(self, name: str, at: Cursor) -> None:
        keys = ("ever", "now", "last", "months")
        at.known_keys((*keys, "role", "routes", "note", "codes"))
        about: dict[str, Any] = {}
        for key in keys:
            element = at.optional(key, lambda one: one.element(one.text()), None)
            if element is not None:
                about[key] = element.name
        medicine = Medicine(
            name,
            at.optional("role", lambda one: one.word(("sets", "proposes")), "sets"),
            routes=at.optional("routes", _codes_in, _NO_CODES),
            note=at.optional("note", Cursor.text, ""),
            **about,
        )
        for line in _lines(at):
            one = MedicineCode(medicine, line.optional("needs_route", Cursor.yes_no, False))
            for coding in self._codes(line, ("needs_route",)):
                self._add(self.found.medicines, (coding.system, coding.code), one)

    @staticmethod
    def _add(to: dict[Key, tuple[Any, ...]], key: Key, one: Any) -> None:
        to[key] = (*to.get(key, ()), one)


def _sayable(element: Element) -> tuple[str, ...]:
    match element.type:
        case "boolean":
            return ("yes", VALUE, ABOVE_LIMIT, OUTSIDE_LIMITS)
        case "choice":
            return (VALUE, *element.choices)
        case "date":
            return (START,)
        case _:
            return (VALUE,)


def _factor(at: Cursor) -> Fraction:
    """A positive number, or one divided by another."""
    match = _FACTOR.fullmatch(at.text())
    value = Fraction(0)
    if match is not None and (divisor := Fraction(match[2] or 1)):
        value = Fraction(match[1]) / divisor
    if not value:
        at.problem("expected a factor above 0, such as 10 or 1/4.008")
    return value
