"""Reads FHIR files into records, one patient at a time; `read_one` is for a single patient."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import Raw

from trialscreen.answers.beside_record import FromRecord
from trialscreen.answers.records.codes import Codes
from trialscreen.answers.records.codes_file import load_codes
from trialscreen.answers.records.entries import Entry, Person, Record
from trialscreen.answers.records.fhir import histories, observations
from trialscreen.answers.records.fhir import resources as fhir
from trialscreen.answers.records.fhir.datatypes import ConceptReader, Origin
from trialscreen.answers.records.fhir.documents import Note, find, opened
from trialscreen.answers.records.fhir.intake import MEDICINES, Intake
from trialscreen.answers.records.fhir.spool import Kept, Left, Spool, left
from trialscreen.answers.records.fhir.standings import (
    OBSERVATION,
    WITHDRAWN,
    modified,
    weakest,
)
from trialscreen.answers.records.gathered import Selection
from trialscreen.answers.records.select import check_sections, select
from trialscreen.model.errors import InputError, Problem, refuse
from trialscreen.model.trial import Trial
from trialscreen.text.characters import shown, some
from trialscreen.text.text_files import temporary_folder

if TYPE_CHECKING:
    from trialscreen.answers.records.fact_tables import FactTables

Made = Person | Entry
Resource = fhir.Resource | fhir.Observation

KINDS: Mapping[str, type[Resource]] = {
    "Patient": fhir.Patient,
    "Observation": fhir.Observation,
    "QuestionnaireResponse": fhir.QuestionnaireResponse,
    **dict.fromkeys(("Condition", "AllergyIntolerance"), fhir.Condition),
    **dict.fromkeys(("Procedure", "ServiceRequest"), fhir.Procedure),
    **dict.fromkeys(MEDICINES, fhir.Medication),
}
_HISTORIES: Mapping[str, Callable[[Any, Origin], Entry]] = {
    "Condition": histories.condition,
    "AllergyIntolerance": histories.allergy,
    "Procedure": histories.procedure,
    "ServiceRequest": histories.request,
    "MedicationRequest": histories.prescription,
    "MedicationStatement": histories.statement,
    "MedicationAdministration": histories.administration,
    "MedicationDispense": histories.dispense,
}
MOST_NAMED = 50
"""Patients, where one is expected."""
_WHOSE = frozenset({"resourceType", "id", "subject", "patient"})
"""What tells which resource it is, and whose: without it, it is nobody's."""


class Read(NamedTuple):
    """The records that were read, by patient, and everything that could not be read."""

    records: tuple[Record, ...]
    problems: tuple[Problem, ...]


def read(paths: Sequence[str | Path], codes: Codes) -> Read:
    """The records in FHIR files, or in folders of them: JSON, NDJSON, also with .gz.

    `codes` says which entries matter, and what systems of codes are called. Raises InputError for
    a file that is not there.
    """
    problems: list[Problem] = []
    words, note = ConceptReader(codes), _noting(problems.append)
    with Spool() as spool:
        take_in(find(paths), Intake(spool, words, note))
        maker = _Maker(spool, words, note)
        records = tuple(maker.record(one, Left(kept, [])) for one, kept in spool.patients())
    return Read(records, tuple(problems))


def read_one(
    trial: Trial,
    paths: Sequence[str | Path],
    on: date,
    codes: Sequence[str] = (),
    assume_absent: Collection[str] = (),
) -> FromRecord:
    """What the FHIR files and folders at `paths` say of one patient, on the screening date `on`.

    `codes` are files of a site's codes, `assume_absent` sections whose yes/no elements are no
    where nothing codes them. Raises InputError for a file that cannot be opened, for none or
    several patients, and for one who has died.
    """
    check_sections(trial, assume_absent)
    by = Selection(trial, load_codes(trial, codes), on, assume_absent)
    records, problems = read(paths, by.codes)
    if len(records) != 1:
        ids = some([shown(one.patient) for one in records], MOST_NAMED)
        told = f"{len(records)} patients: {ids}; give the files of one"
        wrong = Problem("paths", told if records else "no patient in it")
        raise InputError([*([] if records else problems), wrong])
    for one in records[0].persons:
        if one.deceased:
            died = ", ".join(filter(None, (one.source, one.deceased.removeprefix("yes"))))
            refuse("paths", f"the patient has died, and is not screened: {died}")
    selected = select(by, records[0])
    return selected._replace(problems=(*problems, *selected.problems))


def extract(files: Sequence[Path], tables: "FactTables", advance: Callable[[int], None]) -> None:
    """Adds the records in these files to tables, a patient at a time.

    `advance` is told how many more bytes are read. What matters waits on the disk.
    """
    words, note = ConceptReader(tables.selection.codes), _noting(tables.note)
    with temporary_folder() as folder, Spool(folder) as spool:
        take_in(files, Intake(spool, words, note), advance)
        maker = _Maker(spool, words, note)
        for patient, kept in spool.patients():
            tables.add(maker.record(patient, left(kept, tables.selection.on)))


def _noting(take: Callable[[Problem], None]) -> Note:
    return lambda where, message: take(Problem(where, message))


def take_in(
    files: Sequence[Path], intake: Intake, advance: Callable[[int], None] = lambda _: None
) -> None:
    """Reads all files. `advance` is told how many more bytes are read."""
    for path in files:
        for data, file, line in opened(path, intake.note, advance):
            intake.take(data, file, line)
    intake.finish()


class _Version(NamedTuple):
    """What a resource says, and when it was last updated, if it tells."""

    updated: str
    made: list[Made]


class _Maker:
    """Makes records of what a spool has kept."""

    def __init__(self, spool: Spool, words: ConceptReader, note: Note) -> None:
        self._spool = spool
        self._words = words
        self._note = note

    def record(self, patient: str, resources: Left) -> Record:
        kept = resources.now
        made = self._all_of(kept)
        persons = tuple(one for one in made if isinstance(one, Person))
        if not persons and any(one.kind != "QuestionnaireResponse" for one in kept):
            message = f"{shown(patient)} is referred to, and no Patient among the files has this id"
            self._note(kept[0].place, message)
        record = Record(patient, persons, _entries(made))
        if not resources.older:
            return record
        return record._replace(older=lambda: _entries(self._all_of(resources.older)))

    def _all_of(self, kept: Sequence[Kept]) -> list[Made]:
        """What resources say, in the order in which they came; of one that comes twice, once."""
        found: dict[str, _Version] = {}
        for one in kept:
            try:
                version = self._made_of(one)
            except fhir.UNREADABLE as error:
                self._note(one.place, f"{one.source} is not read: {error}")
                continue
            source = one.source if "/" in one.source else f"{one.source} {one.number}"
            before = found.get(source)
            found[source] = self._one_of(before, version, one, source) if before else version
        return [one for version in found.values() for one in version.made]

    def _one_of(self, before: _Version, now: _Version, kept: Kept, source: str) -> _Version:
        """The newer of two, or both where they differ and it is not told which that is.

        Of two that differ about the patient, always both: one of them may be somebody else.
        """
        old, made = ([one._replace(place="") for one in each.made] for each in (before, now))
        if made == old:
            return before
        is_told = before.updated and now.updated and now.updated != before.updated
        if kept.kind != "Patient" and is_told:
            return now if _is_later(now.updated, before.updated) else before
        first = before.made[0].place if before.made else "before"
        self._note(kept.place, f"{source} says otherwise in {first}; both are kept")
        return _Version(before.updated, [*before.made, *now.made])

    def _made_of(self, kept: Kept) -> _Version:
        """What a resource says; its parts that cannot be read are noted. Raises DecodeError."""
        origin = Origin(kept.source, kept.place, self._words)
        resource, damaged = fhir.decode_whole(KINDS[kept.kind], self._spool.text(kept))
        made: list[Made]
        if isinstance(resource, fhir.Observation):
            made = [*observations.entries(resource, origin, damaged)]
            if OBSERVATION.get(resource.status or "") == "error":
                self._note(kept.place, f"{kept.source} is {resource.status}: left out")
        elif isinstance(resource, fhir.Patient):
            made = [*histories.persons(resource, origin, damaged)]
        elif isinstance(resource, fhir.QuestionnaireResponse):
            made = [*observations.answers(resource, origin)]
        else:
            entry = _HISTORIES[kept.kind](resource, origin)
            if damaged:  # what cannot be read may be a status
                entry = entry._replace(standing=weakest(entry.standing, "provisional"))
            is_elsewhere = kept.medicine and not entry.codes
            made = self._with_medicine(entry, kept) if is_elsewhere else [entry]
        for name, message in damaged:
            self._note(kept.place, f"{kept.source} {name}: {message}")
        if any(one.name in _WHOSE for one in damaged):
            made = []
        if resource.modifier_extension or resource.implicit_rules:
            made = self._modified(made, resource, kept)
        if why := self._spool.doubted(kept.source):
            self._note(kept.place, f"{kept.source} is {why}")
            made = [_doubted(one, why) for one in made]
        updated = resource.meta.last_updated if resource.meta is not None else None
        return _Version(updated or "", made)

    def _modified(self, made: Sequence[Made], resource: Resource, kept: Kept) -> list[Made]:
        """Statements that are not certain; of a Patient, what modifies it is told."""
        extensions, rules = resource.modifier_extension or (), resource.implicit_rules
        if kept.kind == "Patient":
            urls = filter(None, (*(one.url or "?" for one in extensions), rules))
            self._note(kept.place, f"{kept.source} is modified by {', '.join(map(shown, urls))}")
        return [modified(one, extensions, rules) if isinstance(one, Entry) else one for one in made]

    def _with_medicine(self, entry: Entry, kept: Kept) -> list[Made]:
        """The entry with the codes of the Medication that it refers to, if they matter."""
        data = self._spool.medicine(kept.medicine)
        if data is None:
            name = kept.medicine.partition("#")[2] or kept.medicine
            message = f"{kept.source} refers to {name}, which is not among the files"
            self._note(kept.place, message)
            return []
        medicine, _ = fhir.decode_whole(fhir.Medication, data)
        if medicine.status in WITHDRAWN:
            notes = (*entry.notes, f"{kept.medicine} is {medicine.status}")
            entry = entry._replace(standing=weakest(entry.standing, "provisional"), notes=notes)
        parts = medicine.ingredient or ()
        extensions = [medicine.modifier_extension, *(one.modifier_extension for one in parts)]
        every = [one for some in extensions for one in some or ()]
        entry = modified(entry, every, medicine.implicit_rules)
        found = [self._words.coded(one) for one in (medicine.code, *_ingredients(medicine))]
        for one in found:
            if one.wrong:
                self._note(kept.place, f"{kept.medicine} code: {one.wrong}")
        codes = tuple(code for one in found if one.matters for code in one.codes)
        return [entry._replace(codes=codes)] if any(one.matters for one in found) else []


def _doubted(one: Made, why: str) -> Made:
    if isinstance(one, Person):
        return one
    counts = weakest(one.standing, "provisional")
    return one._replace(standing=counts, notes=(*one.notes, why))


def _is_later(one: str, other: str) -> bool:
    try:
        return datetime.fromisoformat(one) > datetime.fromisoformat(other)
    except (ValueError, TypeError):
        return one > other


def _entries(made: Sequence[Made]) -> tuple[Entry, ...]:
    return tuple(one for one in made if isinstance(one, Entry))


def _ingredients(medicine: fhir.Medication) -> Iterator[Raw]:
    """What a medicine is made of, which says as much as its code."""
    for one in medicine.ingredient or ():
        yield one.item_codeable_concept
        if one.item is not None:
            yield one.item.concept
