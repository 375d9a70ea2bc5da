"""The rows of a source that can say anything, brought over into one table of events."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from trialscreen.model.errors import Problem
from trialscreen.records.omop.cdm import CONCEPTS, DEATH, DOMAINS, EVENT, PERSON, Domain
from trialscreen.records.omop.source import Source, quoted, text_of
from trialscreen.records.omop.vocabulary import (
    Bound,
    Key,
    Vocabulary,
    bound_concepts,
    lacks_descendants,
    vocabulary,
)
from trialscreen.text.characters import printable


@dataclass(frozen=True)
class Staged:
    """A source of which all that matters stands in the tables person, death and event."""

    source: Source
    vocabulary: Vocabulary
    notices: tuple[str, ...]


def stage(source: Source, keys: Collection[Key]) -> Staged:
    """Brings persons, deaths and the events that a mapping can use into `source.here`.

    `keys`: the systems and codes that it binds.
    Raises InputError for tables that cannot be read.
    """
    with source.reading():
        return _staged(source, keys)


def _staged(source: Source, keys: Collection[Key]) -> Staged:
    bound = bound_concepts(source, keys)
    _bring(source, "person", PERSON)
    _bring(source, "death", DEATH)
    parts = [_events(source, domain, bound) for domain in DOMAINS if domain.table in source.tables]
    none = ", ".join(f"CAST(NULL AS {_type(name)}) AS {quoted(name)}" for name in _COLUMNS)
    empty = f"SELECT {none} WHERE false"
    source.here.execute(f"CREATE TABLE event AS {' UNION ALL '.join([empty, *parts])}")
    used = source.here.execute(
        " UNION ".join(f"SELECT {quoted(name)} FROM event" for name in CONCEPTS)
    ).fetchall()
    known = vocabulary(source, {int(one) for (one,) in used}, bound)
    return Staged(source, known, tuple(_notices(source)))


_COLUMNS = ("table", "kind", "person_id", *EVENT)


def _type(name: str) -> str:
    return "BIGINT" if name in CONCEPTS or name == "status" else "VARCHAR"


def _bring(source: Source, table: str, names: Iterable[str]) -> None:
    """A table with these columns as text, empty if the source has none."""
    relation, columns = source.tables.get(table, ("(SELECT 1)", {}))
    listed = ", ".join(f"{text_of(columns, name)} AS {quoted(name)}" for name in names)
    where = "" if columns else " AS none WHERE false"
    brought = source.brought(f"SELECT {listed} FROM {relation}{where}")
    cleaned = ", ".join(f"{_clean(name)} AS {quoted(name)}" for name in names)
    source.here.execute(f"CREATE TABLE {table} AS SELECT {cleaned} FROM {brought}")


def _events(source: Source, domain: Domain, bound: Bound) -> str:
    """SQL of our own database: the events of a table."""
    relation, columns = source.tables[domain.table]
    ids = {*bound.direct, *(bound.ancestors if domain.has_wider else ())}
    listed = ", ".join(map(str, sorted(ids))) or "NULL"
    tests = [
        f"{source.id_in(domain.table, domain.columns[name])} IN ({listed})"
        for name in ("concept", "source_concept")
        if domain.columns[name] in columns
    ]
    texts = ", ".join(
        f"{text_of(columns, domain.columns.get(name, name))} AS {quoted(name)}"
        for name in ("person_id", *EVENT)
    )
    brought = source.brought(f"SELECT {texts} FROM {relation} WHERE {' OR '.join(tests)}")
    cleaned = ", ".join(f"{_clean(name)} AS {quoted(name)}" for name in ("person_id", *EVENT))
    return (
        f"SELECT '{domain.table}' AS \"table\", '{domain.kind}' AS kind, {cleaned} FROM {brought}"
    )


def _clean(name: str) -> str:
    """SQL: a column's text without blanks around it; the id of a concept as a number, or 0."""
    text = f"nullif(trim({quoted(name)}), '')"
    if name in CONCEPTS or name == "status":
        return f"coalesce(TRY_CAST({text} AS BIGINT), 0)"
    if name in {"person_id", "id"}:
        return f"regexp_replace({text}, '\\.0+$', '')"  # as pandas writes whole numbers
    if name in {"number", "low", "high"}:
        # A column of numbers has no digits that somebody wrote: 168.0 is 168, on every route.
        return f"regexp_replace({text}, '^([+-]?[0-9]+)(\\.0*|(\\.[0-9]*[1-9])0+)$', '\\1\\3')"
    return text


def _notices(source: Source) -> Iterator[str]:
    """What a reader should know of a source that lacks tables."""
    for domain in DOMAINS:
        if domain.table not in source.tables:
            yield f"there is no table {domain.table}: what it would tell stays unknown"
    if "concept" not in source.tables:
        yield "there is no table concept: rows are found by the concept ids of the mapping only"
    if why := lacks_descendants(source):
        yield f"{why}: concepts are found that the mapping lists, not those below them"


def problems(staged: Staged) -> Iterator[Problem]:
    """What of the source could not be read, or belongs to nobody.

    Raises InputError where nobody can tell how many rows are lost.
    """
    yield from staged.source.problems()
    yield from _strangers(staged)


def _strangers(staged: Staged) -> Iterator[Problem]:
    """Rows of persons that the table person does not have."""
    rows = staged.source.here.execute(
        'SELECT "table", person_id, count(*) FROM event ANTI JOIN person USING (person_id)'
        " GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    for table, person, count in rows:
        said = "1 row" if count == 1 else f"{count} rows"
        message = f"{said} of person {printable(str(person))}, who is not in the table person"
        yield Problem(table, message)


def event_rows(staged: Staged) -> Iterator[dict[str, Any]]:
    """Every event of a known person, by person."""
    cursor = staged.source.here.cursor()
    cursor.execute(
        "SELECT * FROM event SEMI JOIN person USING (person_id)"
        ' ORDER BY TRY_CAST(person_id AS BIGINT), person_id, "table", TRY_CAST(id AS BIGINT), id'
    )
    names = [column[0] for column in cursor.description or ()]
    while rows := cursor.fetchmany(10_000):
        for row in rows:
            yield dict(zip(names, row, strict=True))
