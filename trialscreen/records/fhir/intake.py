"""From JSON documents to resources that matter, each kept for its own patient."""

from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import NamedTuple

import msgspec
from msgspec import Raw

from trialscreen.model.errors import Problem
from trialscreen.records.codes import Codes
from trialscreen.records.fhir import resources as fhir
from trialscreen.records.fhir.codings import known_by, readable
from trialscreen.records.fhir.files import Document, place
from trialscreen.records.fhir.references import (
    Contained,
    Names,
    Whose,
    full_url_id,
    identifier_name,
    key_of,
    whose,
)
from trialscreen.records.fhir.store import ANYBODY, Kept, Store

Note = Callable[[Problem], None]

CODED = ("Observation", "Condition", "AllergyIntolerance", "Procedure", "ServiceRequest")
MEDICINES = (
    *("MedicationRequest", "MedicationStatement"),
    *("MedicationAdministration", "MedicationDispense"),
)
_ABOUT_PATIENTS = frozenset((*CODED, *MEDICINES, "Patient", "QuestionnaireResponse"))
_HOLDERS = frozenset((*CODED, *MEDICINES, "DiagnosticReport"))
"""Of these, what they contain is looked at."""
_OTHERS = frozenset(("Medication", "DiagnosticReport"))

MOST_DEEP = 5
"""Bundles in bundles."""
_MOST_KNOWN = 100_000

_head = msgspec.json.Decoder(fhir.Head).decode


class Where(NamedTuple):
    """Where a resource stands: its place, and what its references are resolved with."""

    place: str
    names: Names = MappingProxyType({})
    full_url: str | None = None
    holder: "tuple[str, Raw] | None" = None
    siblings: Sequence[Raw] = ()
    deep: int = 0


class Intake:
    """Takes documents in, of which a store keeps what matters by its codes; without, all."""

    def __init__(self, store: Store, codes: Codes | None, note: Note) -> None:
        self._store = store
        self._codes = codes
        self._note = note
        self._known: dict[bytes, bool] = {}

    def document(self, document: Document) -> None:
        """A resource, or a bundle of them."""
        try:
            head = _head(document.data)
        except msgspec.ValidationError as error:
            self._wrong(place(document), f"is no FHIR resource: {error}")
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            if document.line is None and "trailing" in str(error):
                self._lines_of(document)
            else:
                self._wrong(place(document), f"is no JSON, and is not read: {error}")
        else:
            kind = head.resource_type
            if kind == "Bundle":
                self._bundle(document.data, document, 0, 0)
            elif kind in _ABOUT_PATIENTS or kind in _OTHERS:
                self._resource(head, document.data, Where(place(document)))
            elif not kind:
                self._wrong(place(document), "is no FHIR resource: it has no resourceType")

    def _lines_of(self, document: Document) -> None:
        """A file of lines under a name that says it is one document."""
        for number, line in enumerate(document.data.splitlines(), 1):
            if line.strip():
                self.document(document._replace(data=line, line=number))

    def _wrong(self, where: str, message: str) -> None:
        self._note(Problem(where, message))

    # Bundles.

    def _bundle(self, data: bytes, document: Document, before: int, deep: int) -> None:
        """`before`: the lines of the document before the bundle."""
        try:
            bundle, damaged = fhir.decode(fhir.Bundle, data)
        except (msgspec.DecodeError, RecursionError) as error:
            self._wrong(place(document, before + 1), f"is no bundle: {error}")
            return
        for name, message in damaged:
            self._wrong(place(document, before + 1), f"Bundle {name}: {message}")
        entries = [one for one in bundle.entry or () if fhir.is_given(one.resource)]
        if bundle.type == "history":
            entries = _newest(bundle.entry or ())
        heads = [self._head_of(one.resource) for one in entries]
        names = _names(entries, heads)
        at, line = 0, before
        for entry, head in zip(entries, heads, strict=True):
            text = bytes(entry.resource)
            begins = data.find(text, at)
            if begins >= 0:
                line += data.count(b"\n", at, begins)
                at = begins
            here = Where(place(document, line + 1), names, entry.full_url, deep=deep)
            if head is None:
                self._wrong(here.place, "is no FHIR resource, and is not read")
            elif head.resource_type != "Bundle":
                self._resource(head, text, here)
            elif deep < MOST_DEEP:
                self._bundle(text, document, line, deep + 1)
            else:
                self._wrong(here.place, f"bundles in more than {MOST_DEEP} others are not read")

    def _head_of(self, data: Raw) -> fhir.Head | None:
        try:
            return _head(data)
        except (msgspec.DecodeError, RecursionError):
            return None

    # Resources.

    def _resource(self, head: fhir.Head, data: bytes, where: Where) -> None:
        kind = head.resource_type
        source = _source(head, where)
        inside = self._contained(head) if kind in _HOLDERS else ()
        if kind in _ABOUT_PATIENTS and self._matters(head, where):
            self._keep(head, data, source, where._replace(siblings=inside or where.siblings))
        elif kind == "Medication":
            key = f"Medication/{_id(head, where)}"
            self._store.keep_medicine(key, where.place, data)
        for one in inside:
            part = self._head_of(one)
            if part is not None and part.resource_type in (*CODED, *MEDICINES):
                holder = (source, _subject(head))
                inner = where._replace(full_url=None, holder=holder, siblings=inside)
                self._resource(part, bytes(one), inner)

    def _contained(self, head: fhir.Head) -> tuple[Raw, ...]:
        if not fhir.is_given(head.contained):
            return ()
        try:
            return tuple(msgspec.json.decode(head.contained, type=list[Raw]))
        except msgspec.DecodeError:
            return ()

    def _matters(self, head: fhir.Head, where: Where) -> bool:
        kind = head.resource_type
        if kind in MEDICINES:
            return self._medicine_matters(head, where)
        if kind not in CODED:
            return True
        return self._relevant(head.code, where) or (
            fhir.is_given(head.component) and self._part_matters(head.component, where)
        )

    def _part_matters(self, component: Raw, where: Where) -> bool:
        try:
            parts = msgspec.json.decode(component, type=list[fhir.Head] | None)
        except msgspec.ValidationError as error:
            self._wrong(where.place, f"component: {error}")
            return False
        return any(self._relevant(part.code, where) for part in parts or ())

    def _medicine_matters(self, head: fhir.Head, where: Where) -> bool:
        """What refers to a medicine may matter: the medicine may come later."""
        concept = head.medication_codeable_concept
        if fhir.is_given(head.medication) and not fhir.is_given(concept):
            try:
                concept = msgspec.json.decode(head.medication, type=_RawChoice).concept
            except msgspec.ValidationError as error:
                self._wrong(where.place, f"medication: {error}")
        return self._relevant(concept, where) if fhir.is_given(concept) else True

    def _relevant(self, code: Raw, where: Where) -> bool:
        """Whether codes matter; the same codes are written alike many times over."""
        text = bytes(code)
        known = self._known.get(text)
        if known is None:
            codes, wrong = readable(code) if fhir.is_given(code) else ((), "")
            mapping = self._codes
            known = mapping is None or mapping.is_relevant(known_by(mapping, codes))
            if wrong:
                self._wrong(where.place, f"code: {wrong}")
                return known and bool(codes)
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[text] = known
        return known

    def _keep(self, head: fhir.Head, data: bytes, source: str, where: Where) -> None:
        kind = head.resource_type
        if kind == "Patient":
            self._keep_patient(head, data, where)
            return
        owner = self._owner(head, source, where)
        if owner.problem and kind == "QuestionnaireResponse":
            owner = Whose(source, (ANYBODY,))
        if owner.problem:
            self._wrong(where.place, f"{source} {owner.problem}")
            return
        medicine = self._medicine(head, source, where)
        kept = Kept(owner.patient, kind, source, where.place, medicine, data)
        self._store.keep(kept, owner.names)

    def _keep_patient(self, head: fhir.Head, data: bytes, where: Where) -> None:
        name = _id(head, where)
        if not name:
            self._wrong(where.place, "a Patient without an id")
            return
        patient, _ = fhir.decode(fhir.Patient, data)
        identifiers = map(identifier_name, patient.identifier or ())
        url = where.full_url
        self._store.know((f"Patient/{name}", *filter(None, (url, *identifiers))), name)
        self._store.keep(Kept(name, "Patient", f"Patient/{name}", where.place, "", data))

    def _owner(self, head: fhir.Head, source: str, where: Where) -> Whose:
        given = _subject(head)
        if not fhir.is_given(given) and where.holder is not None:
            given = where.holder[1]
        try:
            reference = (
                msgspec.json.decode(given, type=fhir.Reference | None)
                if fhir.is_given(given)
                else None
            )
        except msgspec.ValidationError as error:
            return Whose("", problem=f"names no patient that can be read: {error}")
        outer = where.holder[0] if where.holder is not None else source
        patients = () if reference is None else _patients(reference, where.siblings)
        owner = whose(reference, outer, where.names, patients)
        if patients and owner.patient:
            data = next(raw for raw in where.siblings if _is_patient(raw, patients[0].id))
            one = Kept(
                owner.patient, "Patient", f"{outer}#{patients[0].id}", where.place, "", bytes(data)
            )
            self._store.keep(one, owner.names)
        return owner

    def _medicine(self, head: fhir.Head, source: str, where: Where) -> str:
        """The key of the Medication that is referred to; a contained one is kept under its own."""
        given = head.medication_reference
        if fhir.is_given(head.medication) and not fhir.is_given(given):
            try:
                given = msgspec.json.decode(head.medication, type=_RawChoice).reference
            except msgspec.ValidationError:
                return ""
        if not fhir.is_given(given):
            return ""
        try:
            reference = msgspec.json.decode(given, type=fhir.Reference | None)
        except msgspec.ValidationError as error:
            self._wrong(where.place, f"medicationReference: {error}")
            return ""
        text = (reference.reference or "") if reference is not None else ""
        if not text.startswith("#"):
            return key_of(text, "Medication", where.names)
        key = f"{source}{text}"
        for raw in where.siblings:
            if _known_as(raw) == ("Medication", text[1:]):
                self._store.keep_medicine(key, where.place, bytes(raw))
        return key


class _RawChoice(fhir.Part):
    concept: Raw = fhir.NOTHING
    reference: Raw = fhir.NOTHING


def _id(head: fhir.Head, where: Where) -> str:
    try:
        given = msgspec.json.decode(head.id, type=str | None) if fhir.is_given(head.id) else None
    except msgspec.ValidationError:
        given = None
    return given or full_url_id(where.full_url)


def _subject(head: fhir.Head) -> Raw:
    return head.subject if fhir.is_given(head.subject) else head.patient


def _source(head: fhir.Head, where: Where) -> str:
    name = _id(head, where)
    if where.holder is not None:
        return f"{where.holder[0]}#{name}"
    return f"{head.resource_type}/{name}" if name else head.resource_type


def _names(entries: Sequence[fhir.BundleEntry], heads: Sequence[fhir.Head | None]) -> Names:
    """What the resources of a bundle are called by references within it."""
    return {
        entry.full_url: f"{head.resource_type}/{_id(head, Where('', full_url=entry.full_url))}"
        for entry, head in zip(entries, heads, strict=True)
        if head is not None and entry.full_url
    }


def _newest(entries: Sequence[fhir.BundleEntry]) -> list[fhir.BundleEntry]:
    """Of a history, which has the newest version first, what still is there."""
    found: dict[str, fhir.BundleEntry] = {}
    for entry in entries:
        url = entry.request.url if entry.request is not None else None
        if fhir.is_given(entry.resource):
            kind, given = _known_as(entry.resource)
            name = f"{kind}/{given or full_url_id(entry.full_url)}"
        else:
            name = key_of(url or entry.full_url or "", "", {})
        found.setdefault(name, entry)
    return [entry for entry in found.values() if fhir.is_given(entry.resource)]


def _known_as(raw: Raw) -> tuple[str, str]:
    try:
        one = msgspec.json.decode(raw, type=fhir.Contained)
    except msgspec.DecodeError:
        return "", ""
    return one.resource_type or "", one.id or ""


def _is_patient(raw: Raw, id: str) -> bool:
    return _known_as(raw) == ("Patient", id)


def _patients(reference: fhir.Reference, contained: Sequence[Raw]) -> tuple[Contained, ...]:
    """The contained patient that is referred to, if it is there."""
    text = (reference.reference or "").strip()
    if not text.startswith("#"):
        return ()
    for raw in contained:
        if _is_patient(raw, text[1:]):
            patient, _ = fhir.decode(fhir.Patient, raw)
            names = tuple(filter(None, map(identifier_name, patient.identifier or ())))
            return (Contained(text[1:], names),)
    return ()
