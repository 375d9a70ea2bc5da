"""The codes that bind a trial's elements to records: the file beside the criteria, and a site's.

Codes are looked up by system and code, never by what is displayed beside them. A code of ICD-10
or ATC in a mapping stands for all that begin with it, with or without the point.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

from trialscreen.answers.records.bindings import Binding, Medicine, MedicineCode, Role
from trialscreen.answers.records.codes_file import CodesFile, Key, read_codes_file
from trialscreen.answers.records.entries import Coding
from trialscreen.answers.records.systems import keys_of
from trialscreen.model.limits import Role as LimitRole
from trialscreen.model.limits import limits_by_value
from trialscreen.model.rules import Rule
from trialscreen.model.trial import Trial
from trialscreen.text.spelling import folded
from trialscreen.text.text_files import packaged

FILE_NAME = "codes.yaml"

_RANKS: tuple[Role, ...] = ("near", "sets", "proposes", "shows")
_NO_MEDICINES = ("loinc", "snomed", "icd10", "questionnaire")
_MOST_KNOWN = 50_000
"""Combinations of codes, of which what they say is remembered: an export has them over and over."""

K = TypeVar("K")
T = TypeVar("T")


@dataclass(frozen=True)
class Codes:
    """A mapping of codes, read and checked against a trial.

    `systems`: short names by URI and OID. `bound`, `medicines`: by system and code. `units`: of
    each element, the units of records that it takes beside those of the criteria file, with
    their factors. `lowest`: elements of which the lowest side counts. `yes_if`: rules that make
    elements true, and never false. `meanings`: coded results in words, the first that an element
    takes. `routes`: names of routes. `names`: of medicines, for codes that are not known.
    `persons`: the element that is the patient's sex, and that of the birth date. `limits`: of
    each measured element, the elements that are its limits of normal.
    """

    systems: Mapping[str, str] = field(default_factory=dict)
    bound: Mapping[tuple[str, str], tuple[Binding, ...]] = field(default_factory=dict)
    medicines: Mapping[tuple[str, str], tuple[MedicineCode, ...]] = field(default_factory=dict)
    units: Mapping[str, Mapping[str, Fraction]] = field(default_factory=dict)
    lowest: frozenset[str] = frozenset()
    names: Mapping[str, tuple[Medicine, ...]] = field(default_factory=dict)
    yes_if: Mapping[str, Rule] = field(default_factory=dict)
    meanings: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    routes: Mapping[tuple[str, str], str] = field(default_factory=dict)
    persons: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, Mapping[str, LimitRole]] = field(default_factory=dict)
    _firsts: dict[tuple[Coding, ...], tuple[tuple[Coding, Binding], ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def system(self, uri: str) -> str:
        """The short name of a system of codes; the URI or OID itself if it is not known."""
        return self.systems.get(uri, uri)

    def is_relevant(self, codes: Sequence[Coding]) -> bool:
        """Whether an entry with these codes can say anything; readers drop the others early."""
        known = any(key in self.bound or key in self.medicines for key in keys_of(codes))
        return known or next(self._named(codes), None) is not None

    def bindings(self, codes: Iterable[Coding]) -> Iterator[tuple[Coding, Binding]]:
        """What these codes say, each with the code that says it.

        Of the beginnings of a code, the longest that is bound to an element counts for that.
        """
        for coding in codes:
            found: dict[str, tuple[Binding, ...]] = {}
            for key in keys_of((coding,)):
                for binding in self.bound.get(key, ()):
                    found[binding.element] = tuple(
                        one for one in self.bound[key] if one.element == binding.element
                    )
            for bindings in found.values():
                for binding in bindings:
                    yield coding, binding

    def firsts(self, codes: tuple[Coding, ...]) -> tuple[tuple[Coding, Binding], ...]:
        """What these codes say, once for each element.

        A code that is near an element says that the entry is about something else, whatever the
        other codes say; of the others, one that sets comes first.
        """
        found = self._firsts.get(codes)
        if found is None:
            bound: dict[str, tuple[Coding, Binding]] = {}
            for coding, binding in self.bindings(codes):
                known = bound.get(binding.element)
                if known is None or _RANKS.index(binding.role) < _RANKS.index(known[1].role):
                    bound[binding.element] = (coding, binding)
            if len(self._firsts) >= _MOST_KNOWN:
                self._firsts.clear()
            found = self._firsts[codes] = tuple(bound.values())
        return found

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


def load_codes(trial: Trial, files: Sequence[str] = ()) -> Codes:
    """The packaged mapping for the packaged trial, with `files` on top, the last one winning.

    What a later file says of a code replaces what the earlier ones say of it. Raises InputError
    with every problem: file, line, column.
    """
    written = [read_codes_file(trial, packaged_path(), FILE_NAME, packaged=True)]
    written += [read_codes_file(trial, Path(path)) for path in files]
    units: dict[str, Mapping[str, Fraction]] = {}
    for one in written:
        for name, factors in one.units.items():
            units[name] = {**units.get(name, {}), **factors}
    return Codes(
        systems=_together(one.systems for one in written),
        bound=_bound(written),
        medicines=_together(one.medicines for one in written),
        units=units,
        lowest=frozenset(name for one in written for name in one.lowest),
        names=_together(one.names for one in written),
        yes_if=_together(one.yes_if for one in written),
        meanings=_together(one.meanings for one in written),
        routes=_together(one.routes for one in written),
        persons=_together(one.persons for one in written),
        limits=limits_by_value(trial),
    )


def _bound(written: Sequence[CodesFile]) -> dict[Key, tuple[Binding, ...]]:
    """What every code says; what replaces it for a code does so for its concept in OMOP, too."""
    bound: dict[Key, tuple[Binding, ...]] = {}
    twins: dict[Key, Key] = {}
    for one in written:
        for key, said in one.bound.items():
            bound[key] = said
            if (twin := twins.get(key)) is not None and twin not in one.bound:
                bound[twin] = said
        twins |= one.twins
    return bound


def packaged_path() -> Path:
    return packaged(__file__, FILE_NAME)


def _together(mappings: Iterable[Mapping[K, T]]) -> dict[K, T]:
    return {key: value for one in mappings for key, value in one.items()}
