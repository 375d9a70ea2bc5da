"""Converts FHIR codings, to a mapping's names of code systems, and quantities, as written."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

import msgspec
from msgspec import Raw

from trialscreen.answers.records.codes import Codes
from trialscreen.answers.records.entries import Amount, Coding
from trialscreen.answers.records.fhir import resources as fhir

_SNOMED = "http://snomed.info/sct"
_MOST_KNOWN = 50_000
UCUM = ("http://unitsofmeasure.org", "urn:oid:2.16.840.1.113883.6.8")
COMPARATORS = ("", "<", "<=", ">", ">=")

_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


class _Parts(fhir.Part):
    coding: list[Raw] | None = None


_concept = msgspec.json.Decoder(fhir.Concept | None).decode
_parts = msgspec.json.Decoder(_Parts).decode
_code = msgspec.json.Decoder(fhir.Coding).decode


class Coded(NamedTuple):
    """The codes of a concept, whether they matter, what of it cannot be read, and if it is one."""

    codes: tuple[Coding, ...]
    matters: bool
    wrong: str = ""
    is_given: bool = True


class ConceptReader:
    """Reads codes. A mapping names their systems, and says which matter."""

    def __init__(self, codes: Codes) -> None:
        self._codes = codes
        self.known = lru_cache(_MOST_KNOWN)(self._read)
        """As `coded`, of a text: the same is written alike many times over."""

    def coded(self, raw: Raw) -> Coded:
        """The concept that is written here."""
        return self.known(bytes(raw))

    def named(self, concept: fhir.Concept | None) -> tuple[Coding, ...]:
        """The codes of a concept."""
        return self._named(_codings(concept))

    def all_named(self, concepts: Iterable[fhir.Concept] | None) -> tuple[Coding, ...]:
        """The codes of several concepts."""
        return tuple(one for concept in concepts or () for one in self.named(concept))

    def _named(self, found: Iterable[Coding]) -> tuple[Coding, ...]:
        return tuple(one._replace(system=self._codes.system(one.system)) for one in found)

    def _read(self, text: bytes) -> Coded:
        found, wrong = _readable(text) if text else ((), "")
        named = self._named(found)
        matters = self._codes.is_relevant(named) and (bool(named) or not wrong)
        is_given = text not in (b"", b"null")
        return Coded(named, matters, wrong, is_given)


def _codings(concept: fhir.Concept | None) -> tuple[Coding, ...]:
    """The codes of a concept; its text as one of no system, if it has no other."""
    if concept is None:
        return ()
    found = tuple(coding(one) for one in concept.coding or () if one is not None)
    return found or ((Coding("", "", concept.text),) if concept.text else ())


def coding(one: fhir.Coding) -> Coding:
    """One code; the address of its system without a version."""
    system = (one.system or "").strip().rstrip("/").partition("|")[0]
    if system.startswith(f"{_SNOMED}/"):  # an edition of it
        system = _SNOMED
    return Coding(system, (one.code or "").strip(), one.display or "")


def _readable(text: bytes) -> tuple[Iterable[Coding], str]:
    """The codes of a concept that can be read, and what is wrong with the others."""
    try:
        return _codings(_concept(text)), ""
    except fhir.UNREADABLE as error:
        parts = fhir.readable(_parts, text) or _Parts()
        each = (fhir.readable(_code, part) for part in parts.coding or ())
        return [coding(one) for one in each if one is not None], str(error)


class Origin(NamedTuple):
    """Where a statement comes from: a resource, its place, and the vocabulary of its codes."""

    source: str
    place: str
    words: ConceptReader


# Quantities.


def amount(quantity: fhir.Quantity | None) -> Amount | str | None:
    """A number with its comparator and unit; a text if it is none; None if it is not there."""
    if quantity is None or not fhir.is_given(quantity.value):
        return None
    number, comparator = number_of(quantity.value), quantity.comparator or ""
    is_code = quantity.system in UCUM
    unit = quantity.unit or ("" if is_code else quantity.code) or ""
    if isinstance(number, str) or comparator not in COMPARATORS:
        digits = number if isinstance(number, str) else number.number
        return " ".join(part for part in (comparator, digits, unit) if part)
    return Amount(number.number, comparator, unit, (quantity.code or "") if is_code else "")


def number_of(raw: Raw) -> Amount | str:
    """A JSON number as written; for anything else, a text."""
    text = bytes(raw).decode(errors="replace").strip()
    return Amount(text) if _NUMBER.fullmatch(text) else f"no number: {text}"
