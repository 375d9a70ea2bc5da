"""Parses a code mapping file (YAML), and checks it against its trial."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

from trialscreen.answers.records import codes
from trialscreen.answers.records.codes import Codes, Key
from trialscreen.answers.records.entries import Coding
from trialscreen.criteria_file import yaml_nodes
from trialscreen.criteria_file.reader import Cursor, read_document
from trialscreen.criteria_file.yaml_elements import read_rule
from trialscreen.model.limits import limits_by_value
from trialscreen.model.trial import Element, ElementType, Trial
from trialscreen.text.characters import folded, printable, shown
from trialscreen.text.text_files import packaged

FILE_NAME = "codes.yaml"

_KEYS = (
    *("format", "trial", "seen", "systems", "results"),
    *("routes", "persons", "elements", "medicines"),
)
_ABOUT = ("name", "status", "seen", "note")
_SPAN = re.compile(r"([A-Z])([0-9]{2})-\1([0-9]{2})")
_STATUSES = ("confirmed", "confirmed-2", "site")
_FACTOR = re.compile(r"([0-9]+(?:\.[0-9]+)?)(?:/([0-9]+(?:\.[0-9]+)?))?")
_FURTHER = ("side", "sites", "elsewhere", "only_active", "gives_way_to")
_PERSON: Mapping[str, tuple[ElementType, ...]] = {"sex": ("choice",), "birth_date": ("date",)}
_ABOUT_MEDICINES: Mapping[str, tuple[ElementType, ...]] = {
    **dict.fromkeys(("ever", "now"), ("boolean",)),
    "last": ("date",),
    **dict.fromkeys(("months", "course"), ("quantity", "integer")),
    "dose": ("quantity",),
}
_MEDICINE_ROLES: tuple[codes.Role, ...] = ("sets", "proposes")
_MISTYPED = (
    "{} has a wrong check digit: is it mistyped? A system of your own codes is named under"
    " systems: {}"
)
_JUDGED = "{} is judged by a person: codes can only propose it"

_FORMS: Mapping[str, re.Pattern[str]] = {
    "loinc": re.compile(r"[0-9]{1,7}-[0-9]"),  # its answers and parts have letters, and others
    "snomed": re.compile(r"[1-9][0-9]{5,17}"),
}
"""How the codes of systems with a check digit are written."""

_PERMUTED = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def load_codes(trial: Trial, files: Sequence[str] = ()) -> Codes:
    """The packaged mapping for the packaged trial, with `files` on top, the last one winning.

    Raises InputError with every problem: file, line, column.
    """
    found = trial.once(_packaged).copy()
    for path in map(Path, files):
        found.take_in(_read(trial, path, printable(str(path))))
    return found


def _packaged(trial: Trial) -> Codes:
    """What the packaged mapping says of a trial; reading it takes as long as many a record."""
    found = _read(trial, packaged_path(), FILE_NAME, packaged=True)
    return replace(found, limits=limits_by_value(trial))


def packaged_path() -> Path:
    return packaged(__file__, FILE_NAME)


def _read(trial: Trial, path: Path, origin: str, *, packaged: bool = False) -> Codes:
    """One file; of a packaged one for another trial, what holds for any."""
    root = read_document(path, origin, trial.elements)
    root.known_keys(_KEYS)
    root.required("format", lambda at: at.word(("1",)), "1")
    found, of = Codes(), root.optional("trial", Cursor.text, "")
    for name, uris in root.entries_of("systems"):
        found.systems.update({one.text(): name for one in uris.items()})
    if not packaged:  # that one's are tested
        own = found.systems.values()
        _check_digits(root, [name for name in _FORMS if name not in own])
    for at in root.items_of("results"):
        words = tuple(_listed(at, "means"))
        found.meanings.update(dict.fromkeys(_codes_of(at, ("means",)), words))
    for name, at in root.entries_of("routes"):
        found.routes.update(dict.fromkeys(_codes_of(at), name))
    if of in ("", trial.registration.nct_id):
        _Reader(trial, found, packaged=packaged).read(root)
    elif not packaged:
        root.down("trial").problem(f"is for {shown(of)}")
    root.document.raise_any()
    return found


def _codes_of(at: Cursor, others: tuple[str, ...] = ()) -> list[Key]:
    """The keys of the codes of a line; `others` it may have beside, and what is told of them."""
    at.known_keys((*codes.SYSTEMS, *_ABOUT, *others))
    at.optional("status", lambda one: one.word(_STATUSES), "site")
    _listed(at, "seen")
    keys = [
        key for name, place in at.entries() if name in codes.SYSTEMS for key in _keys(name, place)
    ]
    if not keys:
        at.problem(f"a code is missing: one of {', '.join(codes.SYSTEMS)}")
    return keys


def _keys(system: str, at: Cursor) -> Iterator[Key]:
    """The keys of one code, or of a list; of ICD-10, C81-C96 is all from one to the other."""
    for one in _one_or_more(at):
        code = one.text()
        if system == codes.ICD10 and (span := _SPAN.fullmatch(code)) is not None:
            for number in range(int(span[2]), int(span[3]) + 1):
                yield system, f"{span[1]}{number:02}"
        elif system == codes.ICD10 and "-" in code:
            one.problem(f"{shown(code)} is not a span of codes; expected one such as C81-C96")
        else:
            yield codes.key_of(system, code)


def _one_or_more(at: Cursor) -> list[Cursor]:
    return at.items() if isinstance(at.node, yaml_nodes.Sequence) else [at]


def _check_digits(at: Cursor, systems: Collection[str]) -> None:
    """Problems for the mistyped codes of these systems, wherever they stand."""
    if isinstance(at.node, yaml_nodes.Sequence):
        for one in at.items():
            _check_digits(one, systems)
    elif isinstance(at.node, yaml_nodes.Mapping):
        for name, place in at.entries():
            for one in _one_or_more(place) if name in systems else ():
                if is_mistyped(name, code := one.text()):
                    one.problem(_MISTYPED.format(shown(code), name))
            _check_digits(place, systems)


def _twins(keys: list[Key]) -> dict[Key, Key]:
    """The one code of a line and the OMOP concept that stands for it, each by the other."""
    concepts = [key for key in keys if key[0] == "omop"]
    others = [key for key in keys if key[0] in ("loinc", "snomed", "rxnorm")]
    is_pair = len(concepts) == len(others) == 1
    return {concepts[0]: others[0], others[0]: concepts[0]} if is_pair else {}


def _listed(at: Cursor, key: str) -> list[str]:
    """The texts in the list under `key`, if there is one."""
    return [one.text() for one in at.items_of(key)]


class _Reader:
    """The part of a mapping that is about one trial."""

    def __init__(self, trial: Trial, found: Codes, *, packaged: bool) -> None:
        self.trial, self.found, self.packaged = trial, found, packaged

    def read(self, root: Cursor) -> None:
        for key, at in root.entries_of("persons"):
            if key not in _PERSON:
                at.problem(f"{shown(key)}; expected {', '.join(_PERSON)}")
            elif (element := self._of_type(at, _PERSON[key], judged=False)) is not None:
                self.found.persons[key] = element.name
        for name, at in root.entries_of("elements"):
            self._element(name, at)
        for name, at in root.entries_of("medicines"):
            self._medicine(name, at)

    def _of_type(self, at: Cursor, types: Sequence[ElementType], *, judged: bool) -> Element | None:
        """The element that is named; the packaged file passes over those that a trial lacks."""
        name = at.text()
        if self.packaged and name not in self.trial.elements:
            return None
        element = at.element(name)
        if element is not None and element.type not in types:
            at.problem(f"{name} is of type {element.type}; expected {' or '.join(types)}")
            return None
        if element is not None and element.is_judgement and not judged:
            at.problem(_JUDGED.format(name))
        return element

    def _element(self, name: str, at: Cursor) -> None:
        if self.packaged and name not in self.trial.elements:
            return
        at.known_keys(("units", "select", "yes_if", "codes"))
        element = at.element(name)
        if element is None:
            return
        self.found.units[name] = {unit: _factor(one) for unit, one in at.entries_of("units")}
        if at.optional("select", lambda one: one.word(("latest", "lowest")), "latest") == "lowest":
            self.found.lowest.add(name)
        if (rule := at.optional("yes_if", read_rule, None)) is not None:
            self.found.yes_if[name] = rule
            if element.type != "boolean":
                at.down("yes_if").problem(f"{name} is not a yes/no element")
        for line in at.items_of("codes"):
            binding = self._binding(element, line)
            keys = _codes_of(line, (*codes.ROLES, *_FURTHER))
            for key in keys:
                self.found.bound[key] = (*self.found.bound.get(key, ()), binding)
            self.found.twins.update(_twins(keys))

    def _binding(self, element: Element, line: Cursor) -> codes.Binding:
        keys = dict(line.entries())
        roles = [role for role in codes.ROLES if role in keys]
        if len(roles) != 1:
            line.problem(f"expected one of {', '.join(codes.ROLES)}")
            return codes.Binding(element.name, "near")
        role, place = roles[0], keys[roles[0]]
        if role in codes.BESIDE:
            return codes.Binding(element.name, role, codes.VALUE, place.text())
        if role == "sets" and element.is_judgement:
            place.problem(_JUDGED.format(element.name))
        sites, elsewhere = (
            tuple(Coding(*key) for key in line.optional(name, _codes_of, list[Key]()))
            for name in ("sites", "elsewhere")
        )
        better = line.optional("gives_way_to", lambda at: at.element(at.text()), None)
        return codes.Binding(
            element.name,
            role,
            place.word(_sayable(element)),
            line.optional("note", Cursor.text, ""),
            line.optional("side", lambda at: at.word(("left", "right")), ""),
            sites,
            elsewhere,
            line.optional("only_active", Cursor.yes_no, False),
            "" if better is None else better.name,
        )

    def _medicine(self, name: str, at: Cursor) -> None:
        at.known_keys((*_ABOUT_MEDICINES, "role", "routes", "names", "note", "codes"))
        role: codes.Role = at.optional("role", lambda one: one.word(_MEDICINE_ROLES), "sets")
        about: dict[str, Any] = {}
        for about_it, types in _ABOUT_MEDICINES.items():
            read = partial(self._of_type, types=types, judged=role == "proposes")
            if (element := at.optional(about_it, read, None)) is not None:
                about[about_it] = element.name
        if not about and self.packaged:
            return
        medicine = codes.Medicine(
            name,
            role,
            routes=tuple(_listed(at, "routes")),
            note=at.optional("note", Cursor.text, ""),
            **about,
        )
        for written in map(folded, _listed(at, "names")):
            self.found.names[written] = (*self.found.names.get(written, ()), medicine)
        for line in at.items_of("codes"):
            one = codes.MedicineCode(
                medicine,
                line.optional("needs_route", Cursor.yes_no, False),
                equivalent=line.optional("equivalent", _factor, None),
            )
            for key in _codes_of(line, ("needs_route", "equivalent")):
                self.found.medicines[key] = (*self.found.medicines.get(key, ()), one)


def _sayable(element: Element) -> tuple[str, ...]:
    others = {
        "boolean": ("yes", codes.VALUE, codes.ABOVE_LIMIT, codes.OUTSIDE_LIMITS),
        "choice": (codes.VALUE, *element.choices),
        "date": (codes.START,),
    }
    return others.get(element.type, (codes.VALUE,))


def _factor(at: Cursor) -> Fraction:
    """A positive number, or one divided by another."""
    if (match := _FACTOR.fullmatch(at.text())) is not None:
        number, divisor = Fraction(match[1]), Fraction(match[2] or 1)
        if number and divisor:
            return number / divisor
    at.problem("expected a factor above 0, such as 10 or 1/4.008")
    return Fraction(0)


# Check digits: a code with a wrong one is a slip, and matches nothing in a record.


def is_mistyped(system: str, code: str) -> bool:
    """Whether a code has the form of its system's codes, and a wrong check digit."""
    if system not in _FORMS or _FORMS[system].fullmatch(code) is None:
        return False
    return not (mod_10(code) if system == "loinc" else verhoeff(code))


def mod_10(code: str) -> bool:
    """https://loinc.org/kb/users-guide/calculating-mod-10-check-digits/."""
    body, _, digit = code.partition("-")
    doubled = str(int(body[::-1][::2]) * 2)  # every second digit, from the right
    return -sum(map(int, body[::-1][1::2] + doubled)) % 10 == int(digit)


def verhoeff(code: str) -> bool:
    """J. Verhoeff, Error Detecting Decimal Codes (1969): the dihedral group of order 10."""
    total = 0
    for place, digit in enumerate(reversed(code)):
        value = int(digit)
        for _ in range(place % 8):
            value = _PERMUTED[value]
        flipped = total >= 5
        turned = (total + (-value if flipped else value)) % 5
        total = turned + 5 * (flipped != (value >= 5))
    return total == 0
