"""OMOP tables on a PostgreSQL server, whose query results are transferred as CSV."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from duckdb import DuckDBPyConnection

from trialscreen.answers.records.omop.cdm import NEEDED
from trialscreen.answers.records.omop.source import Relation, TableSource, literal, quoted, refusing
from trialscreen.model.errors import refuse
from trialscreen.text.characters import printable

_NUMBERS = {"smallint", "integer", "bigint", "numeric", "double precision", "real"}


class Server(TableSource):
    """A source on a server."""

    def __init__(self, name: str, here: DuckDBPyConnection, there: Any, folder: Path) -> None:
        super().__init__(name, here)
        self._there, self._folder = there, folder

    def reading(self) -> AbstractContextManager[None]:
        return refusing(self.name, psycopg.Error)

    def id_in(self, relation: Relation, column: str) -> str:
        if relation.kinds[column] in _NUMBERS:
            return column
        text = relation.text(column)
        number = f"CAST(CAST({text} AS numeric) AS bigint)"
        return f"CASE WHEN {text} ~ '^ *[0-9]+([.]0*)? *$' THEN {number} END"

    def matches(self, text: str, pattern: str) -> str:
        return f"{text} ~* {literal(pattern)}"

    def ids(self, ids: Collection[int]) -> str:
        return f"({', '.join(map(str, sorted(ids))) or 'NULL'})"

    def fetch(self, query: str) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = self._there.execute(query).fetchall()
        return rows

    def brought(self, query: str, kinds: Mapping[str, str]) -> Relation:
        self._made += 1
        path = self._folder / f"{self._made}.csv"
        with (
            path.open("wb") as file,
            self._there.cursor() as cursor,
            cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT csv, HEADER)") as copy,
        ):
            for part in copy:
                file.write(part)
        form = "header=true, all_varchar=true, delim=',', quote='\"', escape='\"'"
        texts = dict.fromkeys(kinds, "VARCHAR")
        return Relation(f"read_csv({literal(str(path))}, {form})", texts)


@contextmanager
def connected(url: str, here: DuckDBPyConnection, folder: Path) -> Iterator[Server]:
    """The tables of a server's database. Raises InputError."""
    parts = urlsplit(url)
    if parts.password is not None or "password=" in parts.query:  # a list of processes shows it
        message = "leave the password out of the URL, and give it in the variable PGPASSWORD"
        refuse("SOURCE", message)
    name = printable(f"{parts.scheme}://{parts.netloc}{parts.path}")
    try:
        there = psycopg.connect(url)
    except psycopg.Error as error:
        lines = str(error).strip().splitlines() or ["no answer"]
        refuse(name, f"cannot be reached: {printable(lines[-1])}")
    with there:
        there.read_only = True
        there.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        there.execute("SET LOCAL datestyle TO 'ISO, YMD'")
        there.execute("SET LOCAL timezone TO 'UTC'")
        source = Server(name, here, there, folder)
        _find_tables(source)
        yield source


def _find_tables(source: Server) -> None:
    """The tables on the search path; else in the one schema that has them."""
    visible = source.fetch(
        "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE pg_table_is_visible(c.oid) AND c.relkind IN ('r', 'v', 'm', 'p', 'f')"
    )
    if not any(name.lower() == "person" for _, name in visible):
        all_of_them = source.fetch("SELECT table_schema, table_name FROM information_schema.tables")
        schema = source.schema_with_tables(all_of_them, source.name)
        visible = [(one, name) for one, name in all_of_them if one == schema]
    for schema, name in visible:
        if name.lower() in NEEDED:
            rows = source.fetch(
                "SELECT column_name, data_type FROM information_schema.columns"
                f" WHERE table_schema = {literal(schema)} AND table_name = {literal(name)}"
            )
            own = Relation(f"{quoted(schema)}.{quoted(name)}", dict(rows))
            source.tables[name.lower()] = own.renamed({one.lower(): one for one in own.kinds})
