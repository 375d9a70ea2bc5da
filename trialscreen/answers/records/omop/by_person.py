"""Records of patients, one after another, and what they give."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import groupby
from operator import itemgetter
from typing import Any

from trialscreen.answers.records.codes import Codes
from trialscreen.answers.records.entries import Entry, Person, Record
from trialscreen.answers.records.fact_tables import FactTables
from trialscreen.answers.records.omop.cdm import SEXES
from trialscreen.answers.records.omop.event_entries import entry_of
from trialscreen.answers.records.omop.events import Staged, dicts, event_rows, problems, stage
from trialscreen.answers.records.omop.opening import open_source

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_BY_PERSON = "ORDER BY TRY_CAST(person_id AS BIGINT), person_id"


@contextmanager
def staged_for(codes: Codes, source: str) -> Iterator[Staged]:
    """The rows of a source that a mapping can use. Raises InputError if it cannot be read."""
    with open_source(source) as opened:
        yield stage(opened, {*codes.bound, *codes.medicines}, codes.names)


def extract_one_by_one(staged: Staged, tables: FactTables, advance: Callable[[int], None]) -> None:
    """Adds every patient to the tables; `advance` is told of each. Raises InputError."""
    for problem in problems(staged):
        tables.note(problem)
    for record in records(staged):
        tables.add(record)
        advance(1)


def records(staged: Staged, of: str = "person") -> Iterator[Record]:
    """A record for every person in the table `of`, in the order of their ids."""
    vocabulary = staged.bring(of)
    entries = groupby(event_rows(staged), itemgetter("person_id"))
    patient, rows = next(entries, ("", iter(())))
    for record in without_entries(staged, of):
        of_them: tuple[Entry, ...] = ()
        if patient == record.patient:
            of_them = tuple(entry_of(row, vocabulary) for row in rows)
            patient, rows = next(entries, ("", iter(())))
        yield record._replace(entries=of_them)


def without_entries(staged: Staged, of: str) -> Iterator[Record]:
    """The records of the persons in the table `of`, as far as the table person has them."""
    query = (
        "FROM (SELECT DISTINCT one.*, death_date, death.person_id IS NOT NULL AS is_dead"
        f" FROM person AS one SEMI JOIN {of} AS wanted USING (person_id)"
        " LEFT JOIN death USING (person_id) WHERE person_id IS NOT NULL)"
        f" {_BY_PERSON}, COLUMNS(*)"  # of a person who stands there twice, the same one first
    )
    rows = dicts(staged.source.here, query)
    for patient, of_them in groupby(rows, itemgetter("person_id")):
        yield Record(patient, tuple(person for row in of_them for person in persons_of(row)))


def persons_of(row: dict[str, Any]) -> Iterator[Person]:
    """What a row of the table person says of the patient, who may be born on two days.

    Of the first, as much is known as its parts say; a day needs its month.
    """
    concept = row["gender_concept_id"] or "0"
    sex = SEXES.get(int(concept), "") if concept.isdigit() else ""
    if concept == "0":
        sex = row["gender_source_value"] or ""  # not mapped
    parts: list[str] = []
    for part, width in (("year_of_birth", 4), ("month_of_birth", 2), ("day_of_birth", 2)):
        text = (row[part] or "").removesuffix(".0")
        if not text.isdigit() or not int(text):
            break
        parts.append(text.zfill(width))
    deceased = (row["death_date"] or "yes")[:10] if row["is_dead"] else ""
    born = "-".join(parts)
    yield (person := Person(sex, born, deceased, f"person/{row['person_id']}"))
    day = (row["birth_datetime"] or born)[:10]
    known = len(born) if _DAY.fullmatch(day) else 4
    if day[:known] != born[:known] or not known:
        yield person._replace(birth_date=day)
