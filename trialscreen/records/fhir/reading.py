"""Files of FHIR resources to records, a patient at a time."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from trialscreen.model.errors import Problem
from trialscreen.records.entries import Coding, Entry, Person, Record
from trialscreen.records.fhir.files import documents, find
from trialscreen.records.fhir.intake import Intake, Relevant
from trialscreen.records.fhir.making import Made, made_of
from trialscreen.records.fhir.store import Kept, Store
from trialscreen.text.characters import shown


class Read(NamedTuple):
    """The records that were read, by patient, and everything that could not be read."""

    records: tuple[Record, ...]
    problems: tuple[Problem, ...]


def everything(codes: Sequence[Coding]) -> bool:
    """That any entry matters."""
    del codes
    return True


def read(paths: Sequence[str | Path], relevant: Relevant = everything) -> Read:
    """The records in FHIR files, or in folders of them: JSON, NDJSON, also with .gz.

    `relevant` says which entries matter by their codes, as `Codes.is_relevant`; the others are
    left out. Raises InputError for a file that is not there.
    """
    problems: list[Problem] = []
    with Store() as store:
        take_in(find(paths), store, relevant, problems)
        records = tuple(records_of(store, relevant, problems))
    return Read(records, tuple(problems))


def take_in(
    files: Sequence[Path],
    store: Store,
    relevant: Relevant,
    problems: list[Problem],
    advance: Callable[[int], None] = lambda _: None,
) -> None:
    """Reads files into a store. `advance` is told how many more bytes are read."""
    intake = Intake(store, relevant, problems)
    for path in files:
        for document in documents(path, problems, advance):
            intake.document(document)


def records_of(store: Store, relevant: Relevant, problems: list[Problem]) -> Iterator[Record]:
    """The records in a store, one after the other."""
    for patient, kept in store.patients():
        yield _record(patient, kept, store, relevant, problems)


def _record(
    patient: str,
    kept: Sequence[Kept],
    store: Store,
    relevant: Relevant,
    problems: list[Problem],
) -> Record:
    versions = _Versions(problems)
    for one in kept:
        try:
            versions.add(one, *made_of(one, store, problems))
        except msgspec.DecodeError as error:
            problems.append(Problem(one.place, f"{one.source} is not read: {error}"))
    persons = [made for made in versions.all() if isinstance(made, Person)]
    entries = [made for made in versions.all() if isinstance(made, Entry)]
    if not persons:
        message = f"{shown(patient)} is referred to, and no Patient among the files has this id"
        problems.append(Problem(kept[0].place, message))
    return Record(
        patient,
        tuple(persons),
        tuple(one for one in entries if one.kind == "answer" or relevant(one.codes)),
    )


class _Versions:
    """What resources say; of one that comes twice, the newer, or both where that is not told."""

    def __init__(self, problems: list[Problem]) -> None:
        self._problems = problems
        self._found: dict[str, tuple[str, list[Made]]] = {}

    def add(self, kept: Kept, updated: str, made: list[Made]) -> None:
        source = kept.source if "/" in kept.source else f"{kept.source} {kept.place}"
        if source not in self._found:
            self._found[source] = (updated, made)
            return
        before, old = self._found[source]
        if [one._replace(place="") for one in made] == [one._replace(place="") for one in old]:
            return
        if updated and before and updated != before:
            if _later(updated, before):
                self._found[source] = (updated, made)
            return
        first = old[0].place if old else "before"
        message = f"{source} says otherwise in {first}; both are kept, and neither is newer"
        self._problems.append(Problem(kept.place, message))
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
