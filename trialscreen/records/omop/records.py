"""Records of patients, one after another, from the staged tables."""

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

from trialscreen.records.entries import Entry, Person, Record
from trialscreen.records.omop.cdm import SEXES
from trialscreen.records.omop.entry import entry_of
from trialscreen.records.omop.events import Staged, event_rows

_BY_PERSON = "ORDER BY TRY_CAST(person_id AS BIGINT), person_id"


def records(staged: Staged) -> Iterator[Record]:
    """A record for every person of the table person, in the order of their ids."""
    persons = groupby(_persons(staged), itemgetter(0))
    entries = groupby(event_rows(staged), itemgetter("person_id"))
    patient, rows = next(entries, ("", iter(())))
    for one, found in persons:
        said = tuple(person for _, person in found)
        of_them: tuple[Entry, ...] = ()
        if patient == one:
            of_them = tuple(entry_of(row, staged.vocabulary) for row in rows)
            patient, rows = next(entries, ("", iter(())))
        yield Record(one, said, of_them)


def _persons(staged: Staged) -> Iterator[tuple[str, Person]]:
    cursor = staged.source.here.cursor()
    cursor.execute(
        "SELECT DISTINCT person.*, death_date, death.person_id IS NOT NULL AS is_dead FROM person"
        f" LEFT JOIN death USING (person_id) WHERE person_id IS NOT NULL {_BY_PERSON}"
    )
    names = [column[0] for column in cursor.description or ()]
    while rows := cursor.fetchmany(10_000):
        for values in rows:
            row = dict(zip(names, values, strict=True))
            yield row["person_id"], (person := _person(row))
            moment = row["birth_datetime"] or person.birth_date
            if moment[:4] != person.birth_date[:4]:
                yield row["person_id"], person._replace(birth_date=moment[:10])


def _person(row: dict[str, Any]) -> Person:
    concept = row["gender_concept_id"] or ""
    sex = SEXES.get(int(concept), "") if concept.isdigit() else ""
    if concept in {"", "0"}:
        sex = row["gender_source_value"] or ""  # not mapped
    source = f"person/{row['person_id']}"
    deceased = (row["death_date"] or "yes")[:10] if row["is_dead"] else ""
    return Person(sex, _birth_date(row), deceased, source)


def _birth_date(row: dict[str, Any]) -> str:
    """As much of the date as its parts say; a day needs its month."""
    parts = (row["year_of_birth"], row["month_of_birth"], row["day_of_birth"])
    known: list[str] = []
    for part, width in zip(parts, (4, 2, 2), strict=True):
        text = (part or "").removesuffix(".0")
        if not text.isdigit() or not int(text):
            break
        known.append(text.zfill(width))
    return "-".join(known)
