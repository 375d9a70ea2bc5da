"""One resource, as it was kept, to what it says: a person, or entries of a record."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from msgspec import Raw

from trialscreen.answers.records.entries import Entry, Person
from trialscreen.answers.records.fhir import histories, observations, responses
from trialscreen.answers.records.fhir import resources as fhir
from trialscreen.answers.records.fhir.codings import ConceptReader, Origin
from trialscreen.answers.records.fhir.documents import Note
from trialscreen.answers.records.fhir.spool import Kept, Spool
from trialscreen.answers.records.fhir.standings import OBSERVATION, weakest
from trialscreen.model.errors import Problem

Made = Person | Entry


_WHOSE = frozenset({"resourceType", "id", "subject", "patient"})
"""What tells which resource it is, and whose: without it, it is nobody's."""


class _Form(NamedTuple):
    kind: type[fhir.Part]
    make: Callable[[Any, Origin], Entry]


FORMS: Mapping[str, _Form] = {
    "Condition": _Form(fhir.Condition, histories.condition),
    "AllergyIntolerance": _Form(fhir.Condition, histories.allergy),
    "Procedure": _Form(fhir.Procedure, histories.procedure),
    "ServiceRequest": _Form(fhir.Procedure, histories.request),
    "MedicationRequest": _Form(fhir.Medication, histories.prescription),
    "MedicationStatement": _Form(fhir.Medication, histories.statement),
    "MedicationAdministration": _Form(fhir.Medication, histories.administration),
    "MedicationDispense": _Form(fhir.Medication, histories.dispense),
}


class What(NamedTuple):
    """What a resource says, and when it was last updated, if it tells."""

    updated: str
    made: list[Made]


class Maker:
    """Makes persons and entries of what a spool has kept."""

    def __init__(self, spool: Spool, words: ConceptReader, note: Note) -> None:
        self._spool = spool
        self._words = words
        self._note = note

    def made_of(self, kept: Kept) -> What:
        """What a resource says; its parts that cannot be read are noted.

        Raises msgspec.DecodeError.
        """
        resource: fhir.Resource | fhir.Observation
        made: list[Made]
        data, origin = self._spool.text(kept), Origin(kept.source, kept.place, self._words)
        if kept.kind == "Observation":
            observation, damaged = fhir.decode_whole(fhir.Observation, data)
            resource = observation
            made = list(observations.entries(observation, origin, damaged))
            if OBSERVATION.get(observation.status or "") == "error":
                self._note(Problem(kept.place, f"{kept.source} is {observation.status}: left out"))
        elif kept.kind == "Patient":
            patient, damaged = fhir.decode_whole(fhir.Patient, data)
            resource, made = patient, [histories.person(patient, origin, damaged)]
        elif kept.kind == "QuestionnaireResponse":
            response, damaged = fhir.decode_whole(fhir.QuestionnaireResponse, data)
            resource, made = response, list(responses.entries(response, origin))
        else:
            resource, damaged, entry = self._one_entry(kept, data, origin)
            made = [] if entry is None else [entry]
        for name, message in damaged:
            self._note(Problem(kept.place, f"{kept.source} {name}: {message}"))
        if any(one.name in _WHOSE for one in damaged):
            made = []
        if resource.modifier_extension:
            made = [_modified(one, resource.modifier_extension) for one in made]
        updated = resource.meta.last_updated if resource.meta is not None else None
        return What(updated or "", made)

    def _one_entry(
        self, kept: Kept, data: bytes, origin: Origin
    ) -> tuple[fhir.Resource, list[fhir.Damage], Entry | None]:
        """As a part that cannot be read may be a status, the rest is not certain."""
        form = FORMS[kept.kind]
        resource, damaged = fhir.decode_whole(form.kind, data)
        assert isinstance(resource, fhir.Resource)
        entry = form.make(resource, origin)
        if damaged:
            entry = entry._replace(standing=weakest(entry.standing, "provisional"))
        if kept.medicine and not entry.codes:
            return resource, damaged, self._with_medicine(entry, kept)
        return resource, damaged, entry

    def _with_medicine(self, entry: Entry, kept: Kept) -> Entry | None:
        """The entry with the codes of the Medication that it refers to, if they matter."""
        data = self._spool.medicine(kept.medicine)
        if data is None:
            name = kept.medicine.partition("#")[2] or kept.medicine
            message = f"{kept.source} refers to {name}, which is not among the files"
            self._note(Problem(kept.place, message))
            return None
        medicine, _ = fhir.decode_whole(fhir.Medication, data)
        found = [self._words.coded(one) for one in (medicine.code, *_ingredients(medicine))]
        for one in found:
            if one.wrong:
                self._note(Problem(kept.place, f"{kept.medicine} code: {one.wrong}"))
        codes = tuple(code for one in found if one.matters for code in one.codes)
        return entry._replace(codes=codes) if any(one.matters for one in found) else None


def _ingredients(medicine: fhir.Medication) -> Iterator[Raw]:
    """What a medicine is made of, which says as much as its code."""
    for one in medicine.ingredient or ():
        yield one.item_codeable_concept
        if one.item is not None:
            yield one.item.concept


def _modified(one: Made, extensions: list[fhir.Extension]) -> Made:
    """What an extension that we do not know may change the meaning of is not certain."""
    if isinstance(one, Person):
        return one
    note = f"modified by {', '.join(extension.url or '?' for extension in extensions)}"
    is_undone = any((extension.url or "").lower().endswith("notdone") for extension in extensions)
    counts = weakest(one.standing, "refuted" if is_undone else "provisional")
    return one._replace(standing=counts, notes=(*one.notes, note))
