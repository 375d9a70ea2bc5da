"""The mapping from codes in records to a trial's elements, and its lookup.

Codes are looked up by system and code, never by display text. An ICD-10 or ATC code in a mapping
stands for all codes that begin with it, with or without the point.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, fields
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Literal, NamedTuple, get_args

from trialscreen.answers.records.entries import Coding
from trialscreen.model.limits import Role as LimitRole
from trialscreen.model.rules import Rule
from trialscreen.text.characters import folded

Role = Literal["sets", "proposes", "shows", "near"]
"""`sets`: it is the element's value. `proposes`: a candidate for it. `shows`: what helps a person
to judge. `near`: it is about something else that is easily taken for the element."""

ROLES: tuple[Role, ...] = get_args(Role)
_RANKS: tuple[Role, ...] = ("near", "sets", "proposes", "shows")

VALUE, ABOVE_LIMIT, OUTSIDE_LIMITS, START = "value", "above_limit", "outside_limits", "start"
"""What a code can say beside yes, no and the names of choices: the result itself; what result
and printed limits say together; the day on which it began."""

BESIDE: tuple[Role, ...] = ("near", "shows")
"""Roles of what is no more than shown."""

RESULTS = (VALUE, ABOVE_LIMIT, OUTSIDE_LIMITS)
"""What only the result of a measurement can say."""

ICD10, ATC = "icd10", "atc"

SYSTEMS = ("loinc", "snomed", ICD10, "rxnorm", ATC, "omop", "interpretation")
"""The systems that a mapping binds codes of; its `systems` says how records name them."""

BY_BEGINNING = {ICD10: ICD10, "icd10cm": ICD10, ATC: ATC}
"""Systems of which a code in a mapping stands for all codes that begin with it, and the name
that they have there."""
_SHORTEST = 3
_NO_MEDICINES = ("loinc", "snomed", "icd10", "questionnaire")
_MOST_KNOWN = 50_000
"""Combinations of codes, of which what they say is remembered: an export has them over and over."""

Key = tuple[str, str]
"""System and code, as a mapping has them."""


class Binding(NamedTuple):
    """What a code says of an element: yes, a choice, or one of the words above.

    `side`: the side of the body that it is about. What sets only proposes where the record does
    not say that it is in one of the `sites`, or says that it is `elsewhere`; or that it is present,
    if `only_active`; nor beside a result of the element `gives_way_to`, unless that is older.
    """

    element: str
    role: Role
    says: str = VALUE
    note: str = ""
    side: str = ""
    sites: tuple[Coding, ...] = ()
    elsewhere: tuple[Coding, ...] = ()
    only_active: bool = False
    gives_way_to: str = ""


class Medicine(NamedTuple):
    """A group of medicines, and the elements that are about it.

    `ever`: whether it was used; `now`: whether it is; `last`: the day of the last dose;
    `months`: for how long in all; `course`: for how long it has been taken now; `dose`: how much a
    day. `routes`: the names of those by which it is meant.
    """

    name: str
    role: Role = "sets"
    ever: str = ""
    now: str = ""
    last: str = ""
    months: str = ""
    course: str = ""
    dose: str = ""
    routes: tuple[str, ...] = ()
    note: str = ""

    @property
    def elements(self) -> list[str]:
        """Those that are about it."""
        every = (self.ever, self.now, self.last, self.months, self.course, self.dose)
        return [name for name in every if name]


class MedicineCode(NamedTuple):
    """A code of a medicine; `needs_route` if it may be given by others than the group's.

    `by_name`: the code itself is not known, only a name that is displayed beside it. `equivalent`:
    what a dose is multiplied by to be one of the medicine that the group's dose is stated in.
    """

    medicine: Medicine
    needs_route: bool = False
    by_name: bool = False
    equivalent: Fraction | None = None


def keys_of(codes: Iterable[Coding]) -> Iterator[Key]:
    """System and code of all that these codes may stand under in a mapping."""
    for system, code, _ in codes:
        if (group := BY_BEGINNING.get(system)) is None:
            yield system, code
        else:
            plain = plain_code(code)
            for length in range(_SHORTEST, len(plain) + 1):
                yield group, plain[:length]


def key_of(system: str, code: str) -> Key:
    """The key of a code of a mapping."""
    return system, plain_code(code) if system in BY_BEGINNING else code


def plain_code(code: str) -> str:
    """A code of ICD-10 or ATC without its point: M81.0 and M81.000x001 begin with M81."""
    return code.replace(".", "").strip().upper()


@dataclass(frozen=True)
class Codes:
    """A mapping of codes, read and checked against a trial.

    `systems`: short names by URI and OID. `bound`, `medicines`: by system and code. `twins`: the
    OMOP concept that stands for a code, each by the other. `units`: of
    each element, the units of records that it takes beside those of the criteria file, with
    their factors. `lowest`: elements of which the lowest side counts. `yes_if`: rules that make
    elements true, and never false. `meanings`: coded results in words, the first that an element
    takes. `routes`: names of routes. `names`: of medicines, for codes that are not known.
    `persons`: the element that is the patient's sex, and that of the birth date. `limits`: of
    each measured element, the elements that are its limits of normal.
    """

    systems: dict[str, str] = field(default_factory=dict)
    bound: dict[Key, tuple[Binding, ...]] = field(default_factory=dict)
    twins: dict[Key, Key] = field(default_factory=dict)
    medicines: dict[Key, tuple[MedicineCode, ...]] = field(default_factory=dict)
    units: dict[str, dict[str, Fraction]] = field(default_factory=dict)
    lowest: set[str] = field(default_factory=set)
    names: dict[str, tuple[Medicine, ...]] = field(default_factory=dict)
    yes_if: dict[str, Rule] = field(default_factory=dict)
    meanings: dict[Key, tuple[str, ...]] = field(default_factory=dict)
    routes: dict[Key, str] = field(default_factory=dict)
    persons: dict[str, str] = field(default_factory=dict)
    limits: Mapping[str, Mapping[str, LimitRole]] = field(default_factory=dict)

    def copy(self) -> "Codes":
        """The same mapping, into which others can be taken without changing this one."""
        return Codes(**{one.name: copy(getattr(self, one.name)) for one in fields(self)})

    def take_in(self, later: "Codes") -> None:
        """What a later file says of a code replaces what the earlier ones say of it."""
        for key, said in later.bound.items():
            # What replaces it for a code does so for its concept in OMOP, too.
            if (twin := self.twins.get(key)) is not None and twin not in later.bound:
                self.bound[twin] = said
        for name, factors in self.units.items():
            later.units[name] = factors | later.units.get(name, {})
        for one in fields(self):
            getattr(self, one.name).update(getattr(later, one.name))

    def system(self, uri: str) -> str:
        """The short name of a system of codes; the URI or OID itself if it is not known."""
        return self.systems.get(uri, uri)

    def is_relevant(self, codes: Sequence[Coding]) -> bool:
        """Whether an entry with these codes can say anything; readers drop the others early."""
        known = any(key in self.bound or key in self.medicines for key in keys_of(codes))
        return known or next(self._named(codes), None) is not None

    @cached_property
    def firsts(self) -> Callable[[tuple[Coding, ...]], tuple[tuple[Coding, Binding], ...]]:
        """What codes say, once for each element; of beginnings, the longest bound counts.

        A code that is near an element says that the entry is about something else, whatever the
        other codes say; of the others, one that sets comes first.
        """

        def found(codes: tuple[Coding, ...]) -> tuple[tuple[Coding, Binding], ...]:
            said: dict[str, list[tuple[Coding, Binding]]] = {}
            for coding in codes:
                longest: dict[str, list[tuple[Coding, Binding]]] = {}
                for key in keys_of((coding,)):
                    bound = self.bound.get(key, ())
                    longest |= {one.element: [] for one in bound}
                    for one in bound:
                        longest[one.element].append((coding, one))
                for name, of in longest.items():
                    said.setdefault(name, []).extend(of)
            return tuple(min(of, key=lambda one: _RANKS.index(one[1].role)) for of in said.values())

        return lru_cache(_MOST_KNOWN)(found)

    def medicine_codes(self, codes: Iterable[Coding]) -> Iterator[tuple[Coding, MedicineCode]]:
        """The groups of medicines that these codes are in; where none is known, by their names."""
        is_known = False
        for coding in codes:
            for key in keys_of((coding,)):
                is_known = is_known or key in self.bound
                for one in self.medicines.get(key, ()):
                    is_known = True
                    yield coding, one
        if not is_known:
            yield from self._named(codes)

    def _named(self, codes: Iterable[Coding]) -> Iterator[tuple[Coding, MedicineCode]]:
        """The groups of medicines with a name that is displayed beside one of these codes."""
        for coding in codes:
            if coding.display and coding.system not in _NO_MEDICINES:
                shown = folded(coding.display)
                for name, medicines in self.names.items():
                    for medicine in medicines if name in shown else ():
                        yield coding, MedicineCode(medicine, by_name=True)

    def meaning(self, codes: Iterable[Coding]) -> tuple[str, ...]:
        """The words for a coded result; none if no code of it is known, or they differ."""
        said = {self.meanings[key] for key in keys_of(codes) if key in self.meanings}
        return said.pop() if len(said) == 1 else ()

    def routes_of(self, codes: Iterable[Coding]) -> set[str]:
        """The names of the routes that codes say; none if they are not known."""
        return {self.routes[key] for key in keys_of(codes) if key in self.routes}
