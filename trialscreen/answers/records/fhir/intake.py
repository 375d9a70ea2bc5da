"""From JSON documents to resources that matter, each kept for its own patient."""

import msgspec
from msgspec import Raw

from trialscreen.answers.records.fhir import resources as fhir
from trialscreen.answers.records.fhir.bundles import entries_of
from trialscreen.answers.records.fhir.datatypes import ConceptReader
from trialscreen.answers.records.fhir.documents import JsonDocument, Lines, Note
from trialscreen.answers.records.fhir.outdone import Comparing
from trialscreen.answers.records.fhir.references import (
    Where,
    Whose,
    decode_head,
    id_of,
    identifier_name,
    is_about_another,
    key_of,
    known_as,
    medicine_of,
    plain_text,
    same_urn,
    source_of,
    subject_of,
    whose,
)
from trialscreen.answers.records.fhir.repeated import code_repeated, concepts_in
from trialscreen.answers.records.fhir.resources import NOTHING
from trialscreen.answers.records.fhir.spool import ANYBODY, Kept, Spool
from trialscreen.model.errors import ValueProblem
from trialscreen.text.characters import shown

CODED = frozenset(("Observation", "Condition", "AllergyIntolerance", "Procedure", "ServiceRequest"))
MEDICINES = frozenset(
    f"Medication{kind}" for kind in ("Request", "Statement", "Administration", "Dispense")
)
_STATEMENTS = CODED | MEDICINES
_ABOUT_PATIENTS = _STATEMENTS | {"QuestionnaireResponse"}
_HOLDERS = _STATEMENTS | {"DiagnosticReport"}
"""Of these, what they contain is looked at."""
_LOOKED_AT = _ABOUT_PATIENTS | _HOLDERS | {"Patient", "Medication", "Bundle"}

MOST_DEEP = 5
"""Bundles in bundles."""
_MOST_KNOWN = 100_000

_parts = msgspec.json.Decoder(list[fhir.PartOfPanel] | None).decode
_raws = msgspec.json.Decoder(list[Raw]).decode
_reference = msgspec.json.Decoder(fhir.Reference | None).decode


class Intake:
    """Takes documents in, of which a spool keeps what matters by its codes."""

    def __init__(self, spool: Spool, words: ConceptReader, note: Note) -> None:
        self._spool = spool
        self._words = words
        self.note = note
        self._owners: dict[bytes, str] = {}
        self._comparing = Comparing()

    def lines(self, lines: Lines) -> None:
        """Documents that are a line each: most hold nothing that matters, and are passed over."""
        owners, file = self._owners, lines.file
        for number, line in enumerate(lines.lines, 1):
            try:
                head = decode_head(line)
            except fhir.UNREADABLE:
                if line and not line.isspace():
                    self.document(JsonDocument(line, file, number))
                continue
            kind = head.resource_type
            if kind in _HOLDERS and head.contained is NOTHING:
                matters = self._at_a_glance(head, line)
                if matters is False:
                    continue
                is_own = matters and head.focus is NOTHING
                owner = owners.get(bytes(head.subject)) if is_own else None
                if owner and (name := plain_text(head.id)):
                    dated = self._comparing.dated(head, line)
                    kept = Kept(kind, f"{kind}/{name}", f"{file}:{number}", "", *dated)
                    self._spool.keep(owner, kept, line)
                    continue
            elif kind and kind not in _LOOKED_AT:
                continue
            self._found(head, JsonDocument(line, file, number))

    def _at_a_glance(self, head: fhir.Head, line: bytes) -> bool | None:
        """Whether a resource matters that contains none; None where its codes do not tell."""
        is_code = head.resource_type in CODED
        code = head.code if is_code else head.medication_codeable_concept
        looked_at = int(fhir.is_given(code))
        if not is_code:
            if head.resource_type not in MEDICINES:
                return False
            if not (looked_at and head.medication_reference is head.medication is NOTHING):
                return None
        _, matters, why = self._words.known(bytes(code))
        wrong = bool(why)
        if is_code and head.component is not NOTHING:
            parts = fhir.readable(_parts, head.component)
            found = [self._words.coded(part.code) for part in parts or ()]
            matters = matters or any(one.matters for one in found)
            wrong = wrong or parts is None or any(one.wrong for one in found)
            looked_at += sum(fhir.is_given(part.code) for part in parts or ())
        if wrong or matters:
            return None if wrong else True
        return False if concepts_in(line, is_code=is_code) == looked_at else None

    def document(self, document: JsonDocument) -> None:
        """A resource, or a bundle of them."""
        try:
            head = decode_head(document.data)
        except msgspec.ValidationError as error:
            self.note(document.place(), f"is not a FHIR resource: {error}")
        except fhir.UNREADABLE as error:
            if document.line is None and "trailing" in str(error):
                self.lines(Lines(document.file, document.data.split(b"\n")))
            else:
                self.note(document.place(), f"is not JSON, and is not read: {error}")
        else:
            self._found(head, document)

    def _found(self, head: fhir.Head, document: JsonDocument) -> None:
        kind = head.resource_type
        if kind == "Bundle":
            self._bundle(document.data, document, 1, 0)
        elif kind in _LOOKED_AT:
            self._resource(head, document.data, Where(document.place()))
        elif not kind:
            self.note(document.place(), "is not a FHIR resource: it has no resourceType")

    # Bundles.

    def _bundle(self, bundle: bytes, document: JsonDocument, line: int, deep: int) -> None:
        """`deep`: in how many others it is."""
        found = entries_of(bundle, document, line, self.note, self._spool.delete)
        for head, data, begins, where in found:
            if head is None or not head.resource_type:
                self.document(JsonDocument(data, document.file, document.line or begins))
            elif head.resource_type != "Bundle":
                self._resource(head, data, where)
            elif deep < MOST_DEEP:
                self._bundle(data, document, begins, deep + 1)
            else:
                self.note(where.place, f"bundles in more than {MOST_DEEP} others are not read")

    # Resources.

    def _resource(self, head: fhir.Head, data: bytes, where: Where) -> None:
        kind = head.resource_type
        inside = (fhir.readable(_raws, head.contained) or ()) if kind in _HOLDERS else ()
        if kind == "Patient":
            self._keep_patient(head, data, where)
        elif kind == "Medication":
            self._spool.keep_medicine(
                f"Medication/{id_of(head, where.full_url)}", where.place, data
            )
        elif kind in _ABOUT_PATIENTS and self._matters(head, where):
            self._keep(head, data, where._replace(siblings=inside or where.siblings))
        elif self._at_a_glance(head, data) is None and (wrong := code_repeated(data)):
            told = f"{source_of(head, where)} is not used: the key {shown(wrong)} stands twice"
            self.note(where.place, told)
        for one in inside:
            part = fhir.readable(decode_head, one)
            if part is not None and part.resource_type in _STATEMENTS:
                holder = (source_of(head, where), subject_of(head))
                inner = where._replace(full_url=None, holder=holder, siblings=inside)
                self._resource(part, bytes(one), inner)

    def _matters(self, head: fhir.Head, where: Where) -> bool:
        """Whether the code of a resource matters, or of a part; of each that is wrong is told."""
        if head.resource_type in MEDICINES:
            concept, reference = msgspec.structs.astuple(medicine_of(head))
            if fhir.is_given(concept) and self._relevant(concept, where, "medication"):
                return True
            # What refers to a medicine may matter: the medicine may come later.
            return fhir.is_given(reference) or not fhir.is_given(concept)
        if head.resource_type not in CODED:
            return True
        found = [self._relevant(head.code, where, "code")]
        try:
            parts = _parts(head.component) if fhir.is_given(head.component) else None
        except fhir.UNREADABLE as error:
            self.note(where.place, f"component: {error}")
            parts = None
        found += [self._relevant(part.code, where, "component code") for part in parts or ()]
        return any(found)

    def _relevant(self, code: Raw, where: Where, name: str) -> bool:
        _, matters, wrong = self._words.coded(code)
        if wrong:
            self.note(where.place, f"{name}: {wrong}")
        return matters

    def _keep(self, head: fhir.Head, data: bytes, where: Where) -> None:
        source = source_of(head, where)
        owner = self._owner(head, source, where)
        if owner and is_about_another(subject_of(head), head.focus):
            self.note(where.place, f"{source} has another focus than its subject")
        elif owner:
            medicine = self._medicine(head, source, where)
            dated = self._comparing.dated(head, data)
            kept = Kept(head.resource_type, source, where.place, medicine, *dated)
            self._spool.keep(owner, kept, data)

    def _keep_patient(self, head: fhir.Head, data: bytes, where: Where) -> None:
        name = id_of(head, where.full_url)
        if not name:
            self.note(where.place, "a Patient without an id")
            return
        patient, _ = fhir.decode(fhir.Patient, data)
        identifiers = map(identifier_name, patient.identifier or ())
        url = same_urn(where.full_url or "")
        self._spool.know((f"Patient/{name}", *filter(None, (url, *identifiers))), name)
        self._spool.keep(name, Kept("Patient", f"Patient/{name}", where.place), data)

    def _owner(self, head: fhir.Head, source: str, where: Where) -> str:
        """The patient whose a resource is, or a key of the spool; empty, and told, if nobody's."""
        given = subject_of(head)
        if not fhir.is_given(given) and where.holder is not None:
            given = where.holder[1]
        if (text := bytes(given)) in self._owners and not where.names:
            return self._owners[text]
        try:
            owner = self._found_owner(given, source, where)
        except ValueProblem as problem:
            if head.resource_type != "QuestionnaireResponse":
                self.note(where.place, f"{source} {problem}")
                return ""
            owner = Whose(source, (ANYBODY,), is_local=True)
        key = self._spool.loose(owner.names, owner.patient) if owner.names else owner.patient
        if not (where.names or owner.is_local):
            if len(self._owners) >= _MOST_KNOWN:
                self._owners.clear()
            self._owners[text] = key
        return key

    def _found_owner(self, given: Raw, source: str, where: Where) -> Whose:
        try:
            reference = _reference(given) if bytes(given) else None
        except fhir.UNREADABLE as error:
            raise ValueProblem(f"names no patient that can be read: {error}") from None
        text = (reference.reference or "").strip() if reference is not None else ""
        if not text.startswith("#"):
            return whose(reference, where.names)
        outer = where.holder[0] if where.holder is not None else source
        raw = next((one for one in where.siblings if known_as(one) == ("Patient", text[1:])), None)
        if raw is None:
            raise ValueProblem(f"refers to {shown(text)}, which it does not contain")
        patient, _ = fhir.decode(fhir.Patient, raw)
        names = filter(None, map(identifier_name, patient.identifier or ()))
        owner = Whose(f"{outer}{text}", (*names, f"Patient/{text[1:]}"), is_local=True)
        key = self._spool.loose(owner.names, owner.patient)
        self._spool.keep(key, Kept("Patient", owner.patient, where.place), bytes(raw))
        return owner

    def _medicine(self, head: fhir.Head, source: str, where: Where) -> str:
        """The key of the Medication that is referred to; a contained one is kept under its own."""
        if head.resource_type not in MEDICINES:
            return ""
        given = medicine_of(head).reference
        try:
            reference = _reference(given) if bytes(given) else None
        except fhir.UNREADABLE as error:
            self.note(where.place, f"medicationReference: {error}")
            return ""
        text = (reference.reference or "") if reference is not None else ""
        if not text.startswith("#"):
            return key_of(text, "Medication", where.names)
        key = f"{source}{text}"
        for raw in where.siblings:
            if known_as(raw) == ("Medication", text[1:]):
                self._spool.keep_medicine(key, where.place, bytes(raw))
        return key
