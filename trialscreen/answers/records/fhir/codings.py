"""Codes of FHIR resources, by the names that a mapping has for their systems."""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec
from msgspec import Raw

from trialscreen.answers.records.codes import Codes
from trialscreen.answers.records.entries import Coding
from trialscreen.answers.records.fhir import resources as fhir

_SNOMED = "http://snomed.info/sct"
_MOST_KNOWN = 50_000


_concept = msgspec.json.Decoder(fhir.Concept | None).decode


class Coded(NamedTuple):
    """The codes of a concept, whether they matter, and what of it cannot be read."""

    codes: tuple[Coding, ...]
    matters: bool
    wrong: str = ""


class ConceptReader:
    """Reads codes. A mapping names their systems, and says which matter; without one, all do."""

    def __init__(self, codes: Codes | None = None) -> None:
        self._codes = codes
        self.known: dict[bytes, Coded] = {}

    def coded(self, raw: Raw) -> Coded:
        """The concept that is written here; the same is written alike many times over."""
        text = bytes(raw)
        found = self.known.get(text)
        if found is None:
            if len(self.known) >= _MOST_KNOWN:
                self.known.clear()
            found = self.known[text] = self._read(raw)
        return found

    def named(self, concept: fhir.Concept | None) -> tuple[Coding, ...]:
        """The codes of a concept."""
        return self._named(_codings(concept))

    def all_named(self, concepts: Iterable[fhir.Concept] | None) -> tuple[Coding, ...]:
        """The codes of several concepts."""
        return tuple(one for concept in concepts or () for one in self.named(concept))

    def _named(self, found: tuple[Coding, ...]) -> tuple[Coding, ...]:
        codes = self._codes
        if codes is None or not found:
            return found
        return tuple(one._replace(system=codes.system(one.system)) for one in found)

    def _read(self, raw: Raw) -> Coded:
        found, wrong = _readable(raw) if fhir.is_given(raw) else ((), "")
        named = self._named(found)
        matters = self._codes is None or self._codes.is_relevant(named)
        return Coded(named, matters and (bool(named) or not wrong), wrong)


def _codings(concept: fhir.Concept | None) -> tuple[Coding, ...]:
    """The codes of a concept; its text as one of no system, if it has no other."""
    if concept is None:
        return ()
    found = tuple(coding(one) for one in concept.coding or () if one is not None)
    if not found and concept.text:
        return (Coding("", "", concept.text),)
    return found


def coding(one: fhir.Coding) -> Coding:
    """One code; the address of its system without a version."""
    system = (one.system or "").strip().rstrip("/").partition("|")[0]
    if system.startswith(f"{_SNOMED}/"):  # an edition of it
        system = _SNOMED
    return Coding(system, (one.code or "").strip(), one.display or "")


def _readable(raw: Raw) -> tuple[tuple[Coding, ...], str]:
    """The codes of a concept that can be read, and what is wrong with the others."""
    try:
        return _codings(_concept(raw)), ""
    except fhir.UNREADABLE as error:
        wrong = str(error)
    try:
        parts = msgspec.json.decode(raw, type=_Parts).coding or ()
    except fhir.UNREADABLE:
        return (), wrong
    found = []
    for part in parts:
        try:
            found.append(coding(msgspec.json.decode(part, type=fhir.Coding)))
        except fhir.UNREADABLE:
            continue
    return tuple(found), wrong


class _Parts(fhir.Part):
    coding: list[Raw] | None = None


class Origin(NamedTuple):
    """Where a statement comes from: a resource, its place, and the vocabulary of its codes."""

    source: str
    place: str
    words: ConceptReader
