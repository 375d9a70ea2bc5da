"""Files of FHIR resources to records, a patient at a time."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from trialscreen.answers.records.codes import Codes
from trialscreen.answers.records.entries import Entry, Person, Record
from trialscreen.answers.records.fhir.codings import ConceptReader
from trialscreen.answers.records.fhir.documents import JsonDocument, Lines, Note, find, opened
from trialscreen.answers.records.fhir.intake import Intake
from trialscreen.answers.records.fhir.making import Made, Maker
from trialscreen.answers.records.fhir.outdone import Left, left
from trialscreen.answers.records.fhir.resources import UNREADABLE
from trialscreen.answers.records.fhir.spool import Kept, Spool
from trialscreen.model.errors import Problem
from trialscreen.text.characters import shown
from trialscreen.text.text_files import temporary_folder

if TYPE_CHECKING:
    from trialscreen.answers.records.fact_tables import FactTables


class Read(NamedTuple):
    """The records that were read, by patient, and everything that could not be read."""

    records: tuple[Record, ...]
    problems: tuple[Problem, ...]


def read(paths: Sequence[str | Path], codes: Codes | None = None) -> Read:
    """The records in FHIR files, or in folders of them: JSON, NDJSON, also with .gz.

    `codes` says which entries matter, and what systems of codes are called; without, all are
    given. Raises InputError for a file that is not there.
    """
    problems: list[Problem] = []
    words = ConceptReader(codes)
    with Spool() as spool:
        take_in(find(paths), Intake(spool, words, problems.append), problems.append)
        maker = Maker(spool, words, problems.append)
        records = tuple(
            _record(patient, Left(kept, []), maker, problems.append)
            for patient, kept in spool.patients()
        )
    return Read(records, tuple(problems))


def extract(files: Sequence[Path], tables: "FactTables", advance: Callable[[int], None]) -> None:
    """Adds the records in these files to tables, a patient at a time.

    `advance` is told how many more bytes are read. What matters waits on the disk.
    """
    words, note = ConceptReader(tables.selection.codes), tables.note
    with temporary_folder() as folder, Spool(folder) as spool:
        take_in(files, Intake(spool, words, note), note, advance)
        maker = Maker(spool, words, note)
        for patient, kept in spool.patients():
            tables.add(_record(patient, left(kept, tables.selection.on), maker, note))


def take_in(
    files: Sequence[Path],
    intake: Intake,
    note: Note,
    advance: Callable[[int], None] = lambda _: None,
) -> None:
    """Reads all files. `advance` is told how many more bytes are read."""
    for path in files:
        match opened(path, note, advance):
            case Lines() as lines:
                intake.lines(lines)
            case JsonDocument() as document:
                intake.document(document)


def _record(patient: str, resources: Left, maker: Maker, note: Note) -> Record:
    kept = resources.now
    made = _made(kept, maker, note)
    persons = tuple(one for one in made if isinstance(one, Person))
    if not persons and any(one.kind != "QuestionnaireResponse" for one in kept):
        message = f"{shown(patient)} is referred to, and no Patient among the files has this id"
        note(Problem(kept[0].place, message))

    record = Record(patient, persons, _entries(made))
    if not resources.older:
        return record
    return record._replace(older=lambda: _entries(_made(resources.older, maker, note)))


def _made(kept: Sequence[Kept], maker: Maker, note: Note) -> list[Made]:
    """What resources say, in the order in which they came."""
    versions = _Versions(note)
    for one in kept:
        try:
            versions.add(one, *maker.made_of(one))
        except UNREADABLE as error:
            note(Problem(one.place, f"{one.source} is not read: {error}"))
    return list(versions.all())


def _entries(made: Sequence[Made]) -> tuple[Entry, ...]:
    return tuple(one for one in made if isinstance(one, Entry))


class _Versions:
    """What resources say; of one that comes twice, the newer, or both where that is not told.

    Of two that differ about the patient, always both: one of them may be somebody else.
    """

    def __init__(self, note: Note) -> None:
        self._note = note
        self._found: dict[str, tuple[str, list[Made]]] = {}

    def add(self, kept: Kept, updated: str, made: list[Made]) -> None:
        source = kept.source if "/" in kept.source else f"{kept.source} {kept.place}"
        if source not in self._found:
            self._found[source] = (updated, made)
            return
        before, old = self._found[source]
        if [one._replace(place="") for one in made] == [one._replace(place="") for one in old]:
            return
        if kept.kind != "Patient" and updated and before and updated != before:
            if _later(updated, before):
                self._found[source] = (updated, made)
            return
        first = old[0].place if old else "before"
        self._note(Problem(kept.place, f"{source} says otherwise in {first}; both are kept"))
        self._found[source] = (before, [*old, *made])

    def all(self) -> Iterator[Made]:
        """What is left, in the order in which it came."""
        for _, made in self._found.values():
            yield from made


def _later(one: str, other: str) -> bool:
    from datetime import datetime  # noqa: PLC0415

    try:
        return datetime.fromisoformat(one) > datetime.fromisoformat(other)
    except (ValueError, TypeError):
        return one > other
