"""Builds one view of events from the relevant rows of an OMOP source."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from trialscreen.answers.records.codes import Key
from trialscreen.answers.records.omop import cdm
from trialscreen.answers.records.omop.cdm import Domain
from trialscreen.answers.records.omop.source import QUIET, Relation, TableSource, quoted
from trialscreen.answers.records.omop.vocabulary import Bound, Vocabulary, is_one_of
from trialscreen.model.errors import Problem
from trialscreen.text.characters import count_of, printable


@dataclass(frozen=True)
class DomainRows(Relation):
    """The rows of a domain's table that a mapping can use; their columns are those of an event.

    `ids`: what stands behind IN for the concepts that can be used, if some rows may have none.
    """

    domain: Domain
    where: str = "true"
    ids: str = ""


@dataclass(frozen=True)
class Staged:
    """A source of which `source.here` has the tables person and death, and rows of events."""

    source: TableSource
    bound: Bound
    rows: tuple[DomainRows, ...]
    notices: tuple[str, ...]

    def bring(self, of: str, *, by_concept: bool = False) -> Vocabulary:
        """Makes the table event, of the persons in the table `of`, and of concepts in it."""
        parts: list[str] = []
        for one in self.rows or (DomainRows(_NOTHING.sql, _NOTHING.kinds, cdm.DOMAINS[0]),):
            of_concept = f"{cleaned(one, 'concept')} IN (SELECT concept FROM {of})"
            told = f"'{one.domain.table}' AS \"table\", '{one.domain.kind}' AS kind"
            names = ("person_id", *cdm.EVENT)
            listed = ", ".join(f"{cleaned(one, name)} AS {quoted(name)}" for name in names)
            if one.kinds.get("person_id") in _WHOLE:  # numbers are compared as they are
                is_in = f"person_id IN (SELECT TRY_CAST(person_id AS BIGINT) FROM {of})"
            else:
                is_in = f"{cleaned(one, 'person_id')} IN (SELECT person_id FROM {of})"
            where = f"{of_concept if by_concept else one.where} AND {is_in}"
            parts.append(f"SELECT {told}, {listed} FROM {one.sql} WHERE {where}")
        union = " UNION ALL ".join(parts)
        self.source.here.execute(f"CREATE OR REPLACE TABLE event AS {union}")
        return Vocabulary.of(self.source, "event", self.bound)


def stage(source: TableSource, keys: Collection[Key], names: Collection[str] = ()) -> Staged:
    """Finds persons, deaths and the events that a mapping can use.

    `keys`: the systems and codes that it binds; `names`: of medicines, in small letters.
    Raises InputError for tables that cannot be read.
    """
    with source.reading():
        bound = Bound.of(source, keys, "|".join(map(re.escape, sorted(names))))
        _bring(source, "person", cdm.PERSON)
        _bring(source, "death", cdm.DEATH)
        there = [one for one in cdm.DOMAINS if one.table in source.tables]
        found = [_rows(source, one, bound) for one in there]
        return Staged(source, bound, tuple(found), tuple(_notices(source)))


_WHOLE = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT"})
_IDS = frozenset({"person_id", "id", "gender_concept_id"})
_NOTHING = Relation("(SELECT 1 WHERE false) AS none", {})


def _bring(source: TableSource, table: str, names: Sequence[str]) -> None:
    """A table with these columns as text, empty if the source has none."""
    relation = source.tables.get(table, _NOTHING)
    listed = ", ".join(f"{relation.text(name)} AS {quoted(name)}" for name in names)
    query = f"SELECT {listed} FROM {relation.sql}"
    brought = source.brought(query, dict.fromkeys(names, "VARCHAR"))
    listed = ", ".join(f"{cleaned(brought, name)} AS {quoted(name)}" for name in names)
    source.here.execute(f"CREATE TABLE {table} AS SELECT {listed} FROM {brought.sql}")


def _rows(source: TableSource, domain: Domain, bound: Bound) -> DomainRows:
    """Where the rows of a domain are: in the source, or brought over."""
    is_in_place = domain.table in source.in_place
    names = {"person_id": "person_id", **domain.columns}
    names |= {"rowid": "rowid"} if is_in_place else {}
    relation = source.tables[domain.table].renamed(names)
    ids = {*bound.direct, *(bound.ancestors if domain.has_wider else ())}
    is_medicine = domain.kind == "medication"
    listed = source.ids({*ids, *bound.named} if is_medicine else ids)
    both = [name for name in ("concept", "source_concept") if name in relation.kinds]
    known = [source.id_in(relation, name) for name in both]
    unmapped = _unmapped(source, domain, relation, bound)
    where = " OR ".join(filter(None, (*(f"{one} IN {listed}" for one in known), unmapped)))
    ids_of_some = listed if unmapped else ""
    if is_in_place:
        return DomainRows(relation.sql, relation.kinds, domain, f"({where})", ids_of_some)
    brought = source.brought(f"SELECT * FROM {relation.sql} WHERE {where}", relation.kinds)
    # Ids of concepts are read often: once they are brought, they are numbers.
    ids_in_texts = [n for n in cdm.IDS_OF_CONCEPTS if brought.kinds.get(n) == "VARCHAR"]
    numbers = ", ".join(f"{cleaned(brought, n)} AS {quoted(n)}" for n in ids_in_texts)
    replaced = f"REPLACE ({numbers})" if numbers else ""
    table = f"raw_{domain.table}"
    source.here.execute(f"CREATE TABLE {table} AS SELECT * {replaced} FROM {brought.sql}")
    kinds = {**brought.kinds, **dict.fromkeys(ids_in_texts, "BIGINT")}
    return DomainRows(table, kinds, domain, ids=ids_of_some)


def _unmapped(source: TableSource, domain: Domain, relation: Relation, bound: Bound) -> str:
    """SQL: whether a row that is mapped to no concept has a code or name of the mapping.

    Empty if there is none: what is read where it is should not be searched for texts twice.
    """
    if "source_code" not in relation.kinds:
        return ""
    text = f"trim({relation.text('source_code')})"
    tests = [is_one_of(text, system, bound.keys) for system in domain.systems]
    if domain.kind == "medication" and bound.names:
        tests.append(source.matches(text, bound.names))
    if not (some := " OR ".join(filter(None, tests))):
        return ""
    where = f"coalesce({source.id_in(relation, 'concept')}, 0) = 0 AND ({some})"
    if (kind := relation.kinds["concept"]) not in _WHOLE:
        # No id may be written in many ways, such as 0 and NULL; an id begins with 1 to 9.
        is_none = "(concept IS NULL OR concept < '1' OR concept >= ':')"
        return f"{is_none} AND {where}" if kind == "VARCHAR" else where
    # A column of numbers is compared as it is: whole blocks of rows are passed over.
    unmapped = (
        source.fetch(f"SELECT 1 FROM {relation.sql} WHERE concept {none} AND ({some}) LIMIT 1")
        for none in ("= 0", "IS NULL")
    )
    return where if any(unmapped) else ""


def cleaned(relation: Relation, name: str) -> str:
    """SQL: a column of an event, or of a person: the id of a concept as a number, or 0.

    All else is a text without blanks around it.
    """
    is_whole = relation.kinds.get(name) in _WHOLE
    text = f"nullif(trim({relation.text(name)}), '')"
    if name in cdm.IDS_OF_CONCEPTS:
        number = f"CAST({quoted(name)} AS BIGINT)" if is_whole else f"TRY_CAST({text} AS BIGINT)"
        return f"coalesce({number}, 0)"
    if name in _IDS:
        # As pandas writes whole numbers.
        return relation.text(name) if is_whole else f"regexp_replace({text}, '\\.0+$', '')"
    if name in {"number", "low", "high"}:
        # A column of numbers has no digits that somebody wrote: 168.0 is 168, on every route.
        return f"regexp_replace({text}, '^([+-]?[0-9]+)(\\.0*|(\\.[0-9]*[1-9])0+)$', '\\1\\3')"
    return text


def _notices(source: TableSource) -> Iterator[str]:
    """What a reader should know of a source that lacks tables."""
    for domain in cdm.DOMAINS:
        if domain.table not in source.tables:
            yield f"there is no table {domain.table}: what it would tell stays unknown"
    if "concept" not in source.tables:
        yield "there is no table concept: rows are found by the concept ids of the mapping only"
    only_listed = "concepts are found that the mapping lists, not those below them"
    if "concept_ancestor" not in source.tables:
        yield f"there is no table concept_ancestor: {only_listed}"
    elif not source.fetch(f"SELECT 1 FROM {source.tables['concept_ancestor'].sql} LIMIT 1"):
        yield f"the table concept_ancestor is empty: {only_listed}"


def problems(staged: Staged) -> Iterator[Problem]:
    """What of the source could not be read, or belongs to nobody.

    Raises InputError where nobody can tell how many rows are lost.
    """
    yield from staged.source.problems()
    counted = [
        f"SELECT '{rows.domain.table}' AS \"table\", {cleaned(rows, 'person_id')} AS person_id,"
        " times FROM (SELECT person_id, count(*) AS times"
        f" FROM {rows.sql} WHERE {rows.where} GROUP BY ALL)"
        for rows in staged.rows
    ]
    if counted:
        yield from strangers(staged, f"({' UNION ALL '.join(counted)})")


def strangers(staged: Staged, counted: str) -> Iterator[Problem]:
    """Persons whom the table person does not have; `counted`: table, person_id, times."""
    found = staged.source.here.execute(
        f'SELECT "table", person_id, sum(times)::BIGINT FROM {counted}'
        " ANTI JOIN person USING (person_id) GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    for table, person, count in found:
        of = printable(str(person))
        yield Problem(
            table, f"{count_of(count, 'row')} of person {of}, who is not in the table person"
        )


def dicts(here: duckdb.DuckDBPyConnection, query: str) -> Iterator[dict[str, Any]]:
    """The rows that a query gives, by the names of their columns."""
    cursor = here.cursor()
    cursor.execute(QUIET)
    cursor.execute(query)
    names = [column[0] for column in cursor.description or ()]
    while rows := cursor.fetchmany(10_000):
        for row in rows:
            yield dict(zip(names, row, strict=True))
