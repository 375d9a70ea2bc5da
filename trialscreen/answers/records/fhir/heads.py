"""What tells of a resource before it is read: its kind and id, whose it is, where it stands."""

from collections.abc import Sequence
from types import MappingProxyType
from typing import NamedTuple

import msgspec
from msgspec import Raw

from trialscreen.answers.records.fhir import resources as fhir
from trialscreen.answers.records.fhir.references import Names, full_url_id

decode_head = msgspec.json.Decoder(fhir.Head).decode
_medication = msgspec.json.Decoder(fhir.MedicationChoice).decode
_known = msgspec.json.Decoder(fhir.Contained).decode
_text = msgspec.json.Decoder(str | None).decode


class Where(NamedTuple):
    """Where a resource stands: its place, and what its references are resolved with."""

    place: str
    names: Names = MappingProxyType({})
    full_url: str | None = None
    holder: "tuple[str, Raw] | None" = None
    siblings: Sequence[Raw] = ()


def head_of(data: Raw) -> fhir.Head | None:
    """The head of what may be a resource."""
    try:
        return decode_head(data)
    except fhir.UNREADABLE:
        return None


def id_of(head: fhir.Head, where: Where) -> str:
    """The id of a resource, or that in its fullUrl; empty without either."""
    try:
        given = _text(head.id) if fhir.is_given(head.id) else None
    except fhir.UNREADABLE:
        given = None
    return given or full_url_id(where.full_url)


def subject_of(head: fhir.Head) -> Raw:
    """The reference to the patient, unread."""
    return head.subject if fhir.is_given(head.subject) else head.patient


def source_of(head: fhir.Head, where: Where) -> str:
    """What a resource is called in evidence: `Observation/1`, `DiagnosticReport/2#tsh`."""
    name = id_of(head, where)
    if where.holder is not None:
        return f"{where.holder[0]}#{name}"
    return f"{head.resource_type}/{name}" if name else head.resource_type


def known_as(raw: Raw) -> tuple[str, str]:
    """Kind and id of a resource; empty if they cannot be read."""
    try:
        one = _known(raw)
    except fhir.UNREADABLE:
        return "", ""
    return one.resource_type or "", one.id or ""


def plain_text(raw: Raw) -> str:
    """A text in JSON that needs no decoding; empty for anything else."""
    text = bytes(raw)
    is_plain = text[:1] == b'"' and b"\\" not in text and text.isascii()
    return text[1:-1].decode() if is_plain else ""


def choice_of(head: fhir.Head) -> fhir.MedicationChoice:
    """R5's medication; nothing if it cannot be read."""
    try:
        return _medication(head.medication)
    except fhir.UNREADABLE:
        return fhir.MedicationChoice()
