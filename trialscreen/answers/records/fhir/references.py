"""Identifies a resource and its patient before it is decoded, and unpacks Bundles.

All forms of references are normalized to one key: `Patient/x`, `Patient/x/_history/2`, absolute
URLs, `urn:uuid:…` via the fullUrl of a Bundle entry, and `#x` for contained resources.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType

import msgspec
from msgspec import Raw, Struct

from trialscreen.answers.records.fhir import resources as fhir
from trialscreen.answers.records.fhir.documents import Note
from trialscreen.answers.records.fhir.repeated import repeated
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


class Found(Struct, gc=False):
    """A resource: its head, its text, where it begins, and what its references are resolved with.

    `holder`: what contains it is called so, and is about that; `siblings`: all that it contains.
    `deep`: in how many bundles it is.
    """

    head: fhir.Head
    data: bytes
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

    @property
    def id(self) -> str:
        """Its id, or that in its fullUrl; empty without either."""
        return id_of(self.head, self.full_url)

    @property
    def source(self) -> str:
        """What it is called in evidence: `Observation/1`, `DiagnosticReport/2#tsh`."""
        name, kind = self.id, self.head.resource_type
        if self.holder is not None:
            return f"{self.holder[0]}#{name}"
        return f"{kind}/{name}" if name else kind


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


# Bundles.


def entries_of(
    bundle: Found, note: Note, gone: Callable[[str], None], linked: Callable[[str, str], None]
) -> Iterator[Found]:
    """The resources in a bundle; of a history, the newest of each.

    Of what is none, the head is empty. `gone` is told of those that another bundle deletes,
    `linked` how the bundle is related to others, and their address.
    """
    place = bundle.place
    try:
        read, damaged = fhir.decode(fhir.Bundle, bundle.data)
    except fhir.UNREADABLE as error:
        note(place, f"is not a Bundle: {error}")
        return
    for name, message in damaged:
        note(place, f"Bundle {name}: {message}")
    if wrong := _given_twice(bundle.data, read.entry or ()):
        note(place, f"is not read: the key {shown(wrong)} stands twice")
        return
    for link in read.link or ():
        linked(link.relation or "", link.url or "")
    entries = []
    for number, raw in enumerate(read.entry or (), 1):
        if (one := _entry_of(raw)) is not None:
            entries.append(one)
        else:
            note(place, f"entry {number} of the Bundle is not read")
    if read.type == "history":
        entries = _newest(entries)
    else:
        for one in entries:  # as the `deleted` files of a bulk export have it
            if one.request is not None and one.request.method == "DELETE":
                gone(key_of(one.request.url or one.full_url or "", "", {}))
    entries = [one for one in entries if fhir.is_given(one.resource)]
    yield from _placed(entries, bundle)


def _placed(entries: Sequence[fhir.BundleEntry], bundle: Found) -> Iterator[Found]:
    """Each with its line, and what its references are resolved with."""
    heads = [fhir.readable(decode_head, one.resource) for one in entries]
    names = {
        same_urn(one.full_url): f"{head.resource_type}/{id_of(head, one.full_url)}"
        for one, head in zip(entries, heads, strict=True)
        if head is not None and one.full_url
    }
    at, line = 0, bundle.line
    for one, head in zip(entries, heads, strict=True):
        text = bytes(one.resource)
        begins = bundle.data.find(text, at)
        if begins >= 0:
            line += bundle.data.count(b"\n", at, begins)
            at = begins
        deep = bundle.deep + 1
        yield Found(head or fhir.Head(), text, bundle.file, line, names, one.full_url, deep=deep)


def _newest(entries: Sequence[fhir.BundleEntry]) -> list[fhir.BundleEntry]:
    """Of a history, which has the newest version first, the first of each; or that it is gone."""
    found: dict[str, fhir.BundleEntry] = {}
    for entry in entries:
        url = entry.request.url if entry.request is not None else None
        if fhir.is_given(entry.resource):
            kind, given = known_as(entry.resource)
            name = f"{kind}/{given or full_url_id(entry.full_url)}"
        else:
            name = key_of(url or entry.full_url or "", "", {})
        found.setdefault(name, entry)
    return list(found.values())


def _entry_of(raw: Raw) -> fhir.BundleEntry | None:
    """An entry of a bundle; None if that is not one, or more than one in one."""
    try:
        entry, _ = fhir.decode(fhir.BundleEntry, raw)
    except fhir.UNREADABLE:
        return None
    before, _, after = bytes(raw).rpartition(bytes(entry.resource) or b"}")
    rest = before + after
    return None if any(rest.count(key) > 1 for key in _KEYS_OF_ENTRY) else entry


_KEYS_OF_ENTRY = (b'"resource"', b'"fullUrl"', b'"request"')


def _given_twice(bundle: bytes, entries: Sequence[Raw]) -> str:
    """A key of a Bundle itself that stands twice, so that entries would be lost."""
    begins, ends = 0, 0
    if entries:
        last = bytes(entries[-1])
        begins, ends = bundle.find(bytes(entries[0])), bundle.rfind(last) + len(last)
    keys = repeated(bundle[:begins] + bundle[ends:])
    return next((key for key in ("resourceType", "type", "entry") if keys.get(key) == key), "")
