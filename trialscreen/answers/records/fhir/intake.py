"""Takes the relevant resources from JSON documents, and stores each under its patient."""

from collections.abc import Sequence

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from trialscreen.answers.records.fhir import resources as fhir
from trialscreen.answers.records.fhir.datatypes import Coded, ConceptReader
from trialscreen.answers.records.fhir.documents import Note
from trialscreen.answers.records.fhir.references import (
    Found,
    decode_head,
    entries_of,
    identifier_name,
    is_about_another,
    key_of,
    known_as,
    medicine_of,
    reference_in,
    same_urn,
    subject_of,
    whose,
)
from trialscreen.answers.records.fhir.repeated import code_repeated, concepts_in
from trialscreen.answers.records.fhir.resources import NOTHING
from trialscreen.answers.records.fhir.spool import ANYBODY, Comparing, Kept, Spool
from trialscreen.answers.records.fhir.standings import WITHDRAWN
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
_GROUPING = frozenset(("DiagnosticReport", "Observation"))
_LOOKED_AT = _ABOUT_PATIENTS | _HOLDERS | {"Patient", "Medication", "Bundle"}

MOST_DEEP = 5
"""Bundles in bundles."""
_MOST_KNOWN = 100_000
_NO_PARTS = "component"
"""What parts are called of which no code can be read."""

_parts = msgspec.json.Decoder(list[fhir.PartOfPanel] | None).decode
_raws = msgspec.json.Decoder(list[Raw]).decode


def _withdrawn(head: fhir.Head) -> str:
    """The status of what no longer stands; empty for any other."""
    status = bytes(head.status).strip(b'"').decode(errors="replace")
    return status if status in WITHDRAWN else ""


class Intake:
    """Takes documents in, of which a spool keeps what matters by its codes."""

    def __init__(self, spool: Spool, words: ConceptReader, note: Note) -> None:
        self._spool = spool
        self._words = words
        self.note = note
        self._owners: dict[bytes, str] = {}
        self._comparing = Comparing()
        self._pages: set[str] = set()
        self._next: dict[str, str] = {}

    def take(self, data: bytes, file: str, line: int | None = None) -> None:
        """A document: a resource, or a bundle of them; or many, each a line, where it has none."""
        try:
            head = decode_head(data)
        except msgspec.ValidationError as error:
            self.note(f"{file}:{line or 1}", f"is not a FHIR resource: {error}")
        except fhir.UNREADABLE as error:
            if line is None and "trailing" in str(error):
                for number, one in enumerate(data.split(b"\n"), 1):
                    self.take(one, file, number)
            elif line is None or data.strip():
                self.note(f"{file}:{line or 1}", f"is not JSON, and is not read: {error}")
        else:
            if head.resource_type in _LOOKED_AT:
                self._resource(Found(head, data, file, line or 1))
            elif not head.resource_type:
                what = "is not a FHIR resource: it has no resourceType"
                self.note(f"{file}:{line or 1}", what)

    def finish(self) -> None:
        """After the last document: what pages of a search are lacking."""
        for url, place in self._next.items():
            if url not in self._pages:
                self.note(place, "is a page of a search, and the next one is not among the files")

    def _bundle(self, bundle: Found) -> None:
        if bundle.deep > MOST_DEEP:
            self.note(bundle.place, f"bundles in more than {MOST_DEEP} others are not read")
            return

        def linked(relation: str, url: str) -> None:
            if relation == "self":
                self._pages.add(url)
            elif relation == "next":
                self._next[url] = bundle.place

        for one in entries_of(bundle, self.note, self._spool.delete, linked):
            if one.head.resource_type:
                self._resource(one)
            else:
                self.take(one.data, one.file, one.line)

    def _resource(self, one: Found) -> None:
        kind, contained = one.head.resource_type, one.head.contained
        inside: Sequence[Raw] = ()
        if contained is not NOTHING and kind in _HOLDERS:
            inside = fhir.readable(_raws, contained) or ()
            one = replace(one, siblings=inside or one.siblings)
        if kind in _GROUPING:
            self._doubt_results(one)
        if kind in _ABOUT_PATIENTS:
            if self._matters(one):
                self._keep(one)
        elif kind == "Patient":
            self._keep_patient(one)
        elif kind == "Medication":
            self._spool.keep_medicine(f"Medication/{one.id}", one.place, one.data)
        elif kind == "Bundle":
            self._bundle(one)
        for raw in inside:
            part = fhir.readable(decode_head, raw)
            if part is not None and part.resource_type in _STATEMENTS:
                self._contained(one, part, bytes(raw))

    def _contained(self, holder: Found, part: fhir.Head, data: bytes) -> None:
        """A statement that another resource contains; none of one that no longer stands."""
        if status := _withdrawn(holder.head):
            told = f"{holder.source} is {status}: {part.resource_type} in it is left out"
            self.note(holder.place, told)
            return
        whose = (holder.source, subject_of(holder.head))
        self._resource(replace(holder, head=part, data=data, full_url=None, holder=whose))

    def _doubt_results(self, report: Found) -> None:
        """That results of a withdrawn report are not certain, whatever they say of themselves."""
        if not (status := _withdrawn(report.head)):
            return
        read, _ = fhir.decode(fhir.Grouping, report.data)
        for one in (*(read.result or ()), *(read.has_member or ())):
            if one is not None and one.reference:
                key = key_of(one.reference, "Observation", report.names)
                self._spool.doubt(key, f"a result of {report.source}, which is {status}")

    def _matters(self, one: Found) -> bool:
        """Whether a code of a resource matters, or of a part; what of them is wrong is told."""
        head, kind, matters = one.head, one.head.resource_type, False
        if kind in CODED:
            code = self._words.known(bytes(head.code))
            if head.component is NOTHING and not code.wrong:  # as most are
                if code.matters:
                    return True
                if concepts_in(one.data, is_code=True) == code.is_given:
                    return False
            found = [("code", code), *self._parts(head.component)]
        elif kind in MEDICINES:
            medicine = medicine_of(head)
            found = [("medication", self._words.coded(medicine.concept))]
            # What refers to a medicine may matter: the medicine may come later.
            matters = fhir.is_given(medicine.reference) or not fhir.is_given(medicine.concept)
        else:
            return True
        wrong = [f"{name}: {coded.wrong}" for name, coded in found if coded.wrong]
        for told in wrong:
            self.note(one.place, told)
        if matters or any(coded.matters for _, coded in found):
            return True
        given = sum(coded.is_given for _, coded in found)
        may_hide = wrong or found[-1][0] == _NO_PARTS  # others that stand before it
        is_plain = not may_hide and concepts_in(one.data, is_code=kind in CODED) == given
        if not is_plain and (hidden := code_repeated(one.data)):
            told = f"{one.source} is not used: the key {shown(hidden)} stands twice"
            self.note(one.place, told)
        return False

    def _parts(self, component: Raw) -> list[tuple[str, Coded]]:
        """What the codes of an observation's parts are called, and say."""
        if component is NOTHING:
            return []
        wrong = ""
        try:
            parts = _parts(component)
        except fhir.UNREADABLE as error:
            parts, wrong = None, str(error)
        if parts is None:
            return [(_NO_PARTS, Coded((), False, wrong, is_given=False))]
        return [("component code", self._words.coded(part.code)) for part in parts]

    def _keep(self, one: Found) -> None:
        head, kind = one.head, one.head.resource_type
        owner = self._owner(one)
        if owner and head.focus is not NOTHING and is_about_another(head):
            self.note(one.place, f"{one.source} has another focus than its subject")
        elif owner:
            medicine = self._medicine(one) if kind in MEDICINES else ""
            dated = self._comparing.dated(head, one.data)
            self._spool.keep(owner, Kept(kind, one.source, one.place, medicine, *dated), one.data)

    def _keep_patient(self, one: Found) -> None:
        name = one.id
        if not name:
            self.note(one.place, "a Patient without an id")
            return
        patient, _ = fhir.decode(fhir.Patient, one.data)
        if patient.active is False:
            self.note(one.place, f"Patient/{name} is said not to be an active record")
        for link in patient.link or ():
            if link.type == "replaced-by":
                other = shown((link.other and link.other.reference) or "another")
                told = f"Patient/{name} is replaced by {other}; what is recorded under each stays"
                self.note(one.place, f"{told} apart")
        identifiers = map(identifier_name, patient.identifier or ())
        url = same_urn(one.full_url or "")
        self._spool.know((f"Patient/{name}", *filter(None, (url, *identifiers))), name)
        self._spool.keep(name, Kept("Patient", f"Patient/{name}", one.place), one.data)

    def _owner(self, one: Found) -> str:
        """The patient whose a resource is, or a key of the spool; empty, and told, if nobody's."""
        given = subject_of(one.head)
        if one.holder is not None and not fhir.is_given(given):
            given = one.holder[1]
        if (text := bytes(given)) in self._owners and not one.names:
            return self._owners[text]
        try:
            reference = reference_in(given)
            if (inner := (reference.reference or "").strip()).startswith("#"):
                return self._contained_patient(one, inner)
            key = self._spool.owner(*whose(reference, one.names))
        except (ValueProblem, *fhir.UNREADABLE) as problem:
            if one.head.resource_type == "QuestionnaireResponse":
                return self._spool.owner(one.source, (ANYBODY,))
            is_read = isinstance(problem, ValueProblem)
            why = problem if is_read else f"names no patient that can be read: {problem}"
            self.note(one.place, f"{one.source} {why}")
            return ""
        if not one.names:
            if len(self._owners) >= _MOST_KNOWN:
                self._owners.clear()
            self._owners[text] = key
        return key

    def _contained_patient(self, one: Found, reference: str) -> str:
        """The key of a patient whom a resource contains, or what contains it, and who is kept."""
        name = reference[1:]
        raw = next((part for part in one.siblings if known_as(part) == ("Patient", name)), None)
        if raw is None:
            raise ValueProblem(f"refers to {shown(reference)}, which it does not contain")
        patient, _ = fhir.decode(fhir.Patient, raw)
        names = filter(None, map(identifier_name, patient.identifier or ()))
        source = f"{one.source if one.holder is None else one.holder[0]}{reference}"
        key = self._spool.owner(source, (*names, f"Patient/{name}"))
        self._spool.keep(key, Kept("Patient", source, one.place), bytes(raw))
        return key

    def _medicine(self, one: Found) -> str:
        """The key of the Medication that is referred to; a contained one is kept under its own."""
        try:
            text = reference_in(medicine_of(one.head).reference).reference or ""
        except fhir.UNREADABLE as error:
            self.note(one.place, f"medicationReference: {error}")
            return ""
        if not text.startswith("#"):
            return key_of(text, "Medication", one.names)
        key = f"{one.source}{text}"
        for raw in one.siblings:
            if known_as(raw) == ("Medication", text[1:]):
                self._spool.keep_medicine(key, one.place, bytes(raw))
        return key
