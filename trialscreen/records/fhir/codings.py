"""Codes of FHIR resources; their systems are named by their addresses."""

from collections.abc import Iterable

import msgspec
from msgspec import Raw

from trialscreen.records.codes import Codes
from trialscreen.records.entries import Coding
from trialscreen.records.fhir import resources as fhir


def known_by(codes: Codes | None, found: tuple[Coding, ...]) -> tuple[Coding, ...]:
    """The same codes, with the short names of their systems where a mapping has them."""
    if codes is None:
        return found
    return tuple(one._replace(system=codes.system(one.system)) for one in found)


def codings(concept: fhir.Concept | None) -> tuple[Coding, ...]:
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
    if system.startswith("http://snomed.info/sct/"):  # an edition of it
        system = "http://snomed.info/sct"
    return Coding(system, (one.code or "").strip(), one.display or "")


def all_codings(concepts: Iterable[fhir.Concept] | None) -> tuple[Coding, ...]:
    """The codes of several concepts."""
    return tuple(one for concept in concepts or () for one in codings(concept))


def readable(raw: Raw) -> tuple[tuple[Coding, ...], str]:
    """The codes in the JSON of a concept that can be read, and what is wrong with others."""
    try:
        return codings(msgspec.json.decode(raw, type=fhir.Concept | None)), ""
    except msgspec.ValidationError as error:
        wrong = str(error)
    try:
        parts = msgspec.json.decode(raw, type=_Parts).coding or ()
    except msgspec.ValidationError:
        return (), wrong
    found = []
    for part in parts:
        try:
            found.append(coding(msgspec.json.decode(part, type=fhir.Coding)))
        except msgspec.ValidationError:
            continue
    return tuple(found), wrong


class _Parts(fhir.Part):
    coding: list[Raw] | None = None
