"""Which resource it is, and whose, before it is read: references, in all their forms, to one key.

`Patient/x`, `Patient/x/_history/2`, an absolute address, `urn:uuid:…` by the fullUrl of a
bundle's entry, and `#x` for what is contained.
"""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import msgspec
from msgspec import Raw, Struct

from trialscreen.answers.records.fhir import resources as fhir
from trialscreen.model.errors import ValueProblem
from trialscreen.text.characters import shown

_VERSION = re.compile(r"/_history/[^/]+$")
_TYPED = re.compile(r"(?:^|/)([A-Z][A-Za-z]+)/([A-Za-z0-9.\-_]+)$")
_URN = re.compile(r"urn:(?:uuid|oid):(.+)$", re.IGNORECASE)

Names = Mapping[str, str]
"""Keys such as `Patient/x` of the resources of a bundle, by their fullUrl, as `same_urn` has it."""


decode_head = msgspec.json.Decoder(fhir.Head).decode
_medication = msgspec.json.Decoder(fhir.MedicationChoice).decode
_reference = msgspec.json.Decoder(fhir.Reference | None).decode
_text = msgspec.json.Decoder(str).decode


class Where(Struct, gc=False):
    """Where a resource stands: its file and line, and what its references are resolved with.

    `deep`: in how many bundles it is.
    """

    file: str
    line: int
    names: Names = MappingProxyType({})
    full_url: str | None = None
    holder: "tuple[str, Raw] | None" = None
    siblings: Sequence[Raw] = ()
    deep: int = 0

    @property
    def place(self) -> str:
        """For messages."""
        return f"{self.file}:{self.line}"


def same_urn(name: str) -> str:
    """A fullUrl, or a reference to it: a urn in any capitals is the same, by RFC 9562."""
    return name.lower() if _URN.match(name) is not None else name


def key_of(reference: str, kind: str, names: Names) -> str:
    """The key that a reference to a resource comes to; `kind` is that of a bare urn."""
    plain = _VERSION.sub("", reference.strip())
    if (named := names.get(same_urn(plain))) is not None:
        return named
    if (urn := _URN.match(plain)) is not None:
        return f"{kind}/{urn[1]}"
    typed = _TYPED.search(plain)
    return f"{typed[1]}/{typed[2]}" if typed is not None else ""


def full_url_id(full_url: str | None) -> str:
    """The id that a fullUrl ends with."""
    plain = _VERSION.sub("", full_url or "")
    urn = _URN.match(plain)
    return urn[1] if urn is not None else plain.rpartition("/")[2]


def identifier_name(one: fhir.Identifier | None) -> str:
    """What a patient is known by; empty for an identifier without a value."""
    return f"{one.system or ''}|{one.value}" if one is not None and one.value else ""


def reference_in(raw: Raw) -> fhir.Reference:
    """What is written as a reference; an empty one for nothing. Raises one of `UNREADABLE`."""
    return (_reference(raw) if bytes(raw) else None) or fhir.Reference()


def whose(reference: fhir.Reference, names: Names) -> tuple[str, Sequence[str]]:
    """The id of the patient that a `subject` refers to, outside of the resource itself.

    Where that takes what other files say, also what the patient may be known by, the first that
    is known winning; the id is that otherwise. Raises ValueProblem if it is nobody's.
    """
    text = (reference.reference or "").strip()
    if not text:
        if not (name := identifier_name(reference.identifier)):
            raise ValueProblem("names no patient")
        return name.partition("|")[2], (name,)
    key = key_of(text, "Patient", names)
    kind, _, patient = key.partition("/")
    if kind != "Patient":
        raise ValueProblem(f"is about {shown(text)}, which is not a patient")
    is_urn = _URN.match(text) is not None and same_urn(text) not in names
    return patient, (same_urn(text), key) if is_urn else ()


def is_about_another(head: fhir.Head) -> bool:
    """Whether the focus of an observation is other than its subject: a fetus, a donor, a device."""
    if not fhir.is_given(head.focus):
        return False
    try:
        meant = msgspec.json.decode(subject_of(head), type=fhir.Reference | None)
        others = msgspec.json.decode(head.focus, type=list[fhir.Reference])
    except msgspec.DecodeError:
        return True
    own = meant.reference if meant is not None else None
    return any(one.reference != own for one in others)


# Heads.


def id_of(head: fhir.Head, full_url: str | None) -> str:
    """The id of a resource, or that in its fullUrl; empty without either."""
    return fhir.readable(_text, head.id) or full_url_id(full_url)


def subject_of(head: fhir.Head) -> Raw:
    """The reference to the patient, unread."""
    return head.subject if fhir.is_given(head.subject) else head.patient


def source_of(head: fhir.Head, where: Where) -> str:
    """What a resource is called in evidence: `Observation/1`, `DiagnosticReport/2#tsh`."""
    name = id_of(head, where.full_url)
    if where.holder is not None:
        return f"{where.holder[0]}#{name}"
    return f"{head.resource_type}/{name}" if name else head.resource_type


def known_as(raw: Raw) -> tuple[str, str]:
    """Kind and id of a resource; empty if they cannot be read."""
    head = fhir.readable(decode_head, raw)
    return ("", "") if head is None else (head.resource_type, fhir.readable(_text, head.id) or "")


def medicine_of(head: fhir.Head) -> fhir.MedicationChoice:
    """The concept of a medicine, or the reference to it, as R4 or R5 has them."""
    found = fhir.readable(_medication, head.medication) or fhir.MedicationChoice()
    if fhir.is_given(head.medication_codeable_concept):
        found.concept = head.medication_codeable_concept
    if fhir.is_given(head.medication_reference):
        found.reference = head.medication_reference
    return found
