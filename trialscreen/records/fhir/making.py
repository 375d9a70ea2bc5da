"""One resource, as it was kept, to what it says: a person, or entries of a record."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from trialscreen.model.errors import Problem
from trialscreen.records.entries import Entry, Person
from trialscreen.records.fhir import observations, responses, statements
from trialscreen.records.fhir import resources as fhir
from trialscreen.records.fhir.codings import codings
from trialscreen.records.fhir.standings import weakest
from trialscreen.records.fhir.store import Kept, Store

Made = Person | Entry


class _Maker(NamedTuple):
    kind: type[fhir.Part]
    make: Callable[[Any, str], Entry]


_ONE_ENTRY: Mapping[str, _Maker] = {
    "Condition": _Maker(fhir.Condition, statements.condition),
    "AllergyIntolerance": _Maker(fhir.Condition, statements.allergy),
    "Procedure": _Maker(fhir.Procedure, statements.procedure),
    "ServiceRequest": _Maker(fhir.Procedure, statements.request),
    "MedicationRequest": _Maker(fhir.Medication, statements.prescription),
    "MedicationStatement": _Maker(fhir.Medication, statements.statement),
    "MedicationAdministration": _Maker(fhir.Medication, statements.administration),
    "MedicationDispense": _Maker(fhir.Medication, statements.dispense),
}


class What(NamedTuple):
    """What a resource says, and when it was last updated, if it tells."""

    updated: str
    made: list[Made]


def made_of(kept: Kept, store: Store, problems: list[Problem]) -> What:
    """What a resource says; its parts that cannot be read are noted in `problems`.

    Raises msgspec.DecodeError.
    """
    resource: fhir.Resource | fhir.Observation
    made: list[Made]
    if kept.kind == "Patient":
        patient, damaged = fhir.decode(fhir.Patient, kept.data)
        resource, made = patient, [statements.person(patient, kept.source, damaged)]
    elif kept.kind == "Observation":
        observation, damaged = fhir.decode(fhir.Observation, kept.data)
        resource = observation
        made = list(observations.entries(observation, kept.source, damaged))
    elif kept.kind == "QuestionnaireResponse":
        response, damaged = fhir.decode(fhir.QuestionnaireResponse, kept.data)
        resource, made = response, list(responses.entries(response, kept.source))
    else:
        resource, damaged, entry = _one_entry(kept, store, problems)
        made = [] if entry is None else [entry]
    problems.extend(
        Problem(kept.place, f"{kept.source} {one.name}: {one.message}") for one in damaged
    )
    if resource.modifier_extension:
        made = [_modified(one, resource.modifier_extension) for one in made]
    updated = resource.meta.last_updated if resource.meta is not None else None
    return What(updated or "", [one._replace(place=kept.place) for one in made])


def _one_entry(
    kept: Kept, store: Store, problems: list[Problem]
) -> tuple[fhir.Resource, list[fhir.Damage], Entry | None]:
    """As a part that cannot be read may be a status, the rest is not certain."""
    maker = _ONE_ENTRY[kept.kind]
    resource, damaged = fhir.decode(maker.kind, kept.data)
    assert isinstance(resource, fhir.Resource)
    entry = maker.make(resource, kept.source)
    if damaged:
        entry = entry._replace(standing=weakest(entry.standing, "provisional"))
    if kept.medicine and not entry.codes:
        return resource, damaged, _with_medicine(entry, kept, store, problems)
    return resource, damaged, entry


def _with_medicine(entry: Entry, kept: Kept, store: Store, problems: list[Problem]) -> Entry | None:
    """The entry with the codes of the Medication that it refers to."""
    data = store.medicine(kept.medicine)
    if data is None:
        name = kept.medicine.partition("#")[2] or kept.medicine
        message = f"{kept.source} refers to {name}, which is not among the files"
        problems.append(Problem(kept.place, message))
        return None
    medicine, damaged = fhir.decode(fhir.Medication, data)
    problems.extend(
        Problem(kept.place, f"{kept.medicine} {one.name}: {one.message}") for one in damaged
    )
    return entry._replace(codes=codings(medicine.code))


def _modified(one: Made, extensions: list[fhir.Extension]) -> Made:
    """What an extension that we do not know may change the meaning of is not certain."""
    if isinstance(one, Person):
        return one
    note = f"modified by {', '.join(extension.url or '?' for extension in extensions)}"
    is_undone = any((extension.url or "").lower().endswith("notdone") for extension in extensions)
    counts = weakest(one.standing, "refuted" if is_undone else "provisional")
    return one._replace(standing=counts, notes=(*one.notes, note))
