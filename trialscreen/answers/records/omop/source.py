"""The common interface of OMOP sources: files, a DuckDB database or a PostgreSQL server."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from trialscreen.model.errors import Problem, refuse
from trialscreen.text.characters import printable

QUIET = "SET enable_progress_bar = false"
"""For each connection: its bar would be printed among results."""


@dataclass(frozen=True)
class Relation:
    """What SQL selects rows from, and the types of its columns by their names."""

    sql: str
    kinds: Mapping[str, str]

    def renamed(self, names: Mapping[str, str]) -> "Relation":
        """The same rows with some of the columns: those that are there, by their new names."""
        kinds = {new: self.kinds[old] for new, old in names.items() if old in self.kinds}
        listed = ", ".join(f"{quoted(names[new])} AS {quoted(new)}" for new in kinds)
        return Relation(f"(SELECT {listed} FROM {self.sql}) AS renamed", kinds)

    def text(self, name: str) -> str:
        """SQL: a column as text; null if there is none."""
        return f"CAST({quoted(name) if name in self.kinds else 'NULL'} AS text)"


_WRONG = {
    "MISSING COLUMNS": "has fewer columns than the table",
    "TOO MANY COLUMNS": "has more columns than the table",
    "UNQUOTED VALUE": "has a quote inside a value",
    "INVALID ENCODING": "is not UTF-8",
    "LINE SIZE OVER MAXIMUM": "is too long",
}


class TableSource:
    """The tables of files or of a DuckDB database, which our own database reads by itself.

    A server's are a `Server`. `here`: that database, in which everything is worked out.
    `tables`: each that is there, with its columns in lower case. `in_place`: those that `here`
    reads where they are, often, and whose rows have ids, in a column `rowid`.
    """

    def __init__(self, name: str, here: duckdb.DuckDBPyConnection) -> None:
        self.name, self.here = name, here
        self.in_place: set[str] = set()
        self.tables: dict[str, Relation] = {}
        self._made = 0

    def reading(self) -> AbstractContextManager[None]:
        """Turns what the source says against being read into an InputError."""
        return refusing(self.name, duckdb.InvalidInputException, duckdb.IOException)

    def id_in(self, relation: Relation, column: str) -> str:
        """SQL: a column that holds ids of concepts, as a number; null where it is none."""
        # A column of numbers is compared as it is: whole blocks of rows are passed over.
        is_number = relation.kinds[column] in {"INTEGER", "BIGINT"}
        return column if is_number else f"TRY_CAST({column} AS BIGINT)"

    def matches(self, text: str, pattern: str) -> str:
        """SQL: whether a pattern is found in a text, in whichever case."""
        return f"regexp_matches({text}, {literal(pattern)}, 'i')"

    def ids(self, ids: Collection[int]) -> str:
        """SQL: these ids of concepts, to stand behind IN."""
        # A table is looked up; a long list of values is gone through for every row.
        self._made += 1
        rows = ", ".join(f"({one})" for one in sorted(ids)) or "(NULL)"
        listed = f"SELECT id::BIGINT AS id FROM (VALUES {rows}) t(id)"
        self.here.execute(f"CREATE TABLE ids_{self._made} AS {listed}")
        return f"(FROM ids_{self._made})"

    def fetch(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query in the source."""
        return self.here.execute(query).fetchall()

    def brought(self, query: str, kinds: Mapping[str, str]) -> Relation:
        """The rows of a query in the source, with these columns, as `here` can select them."""
        return Relation(f"({query})", kinds)

    @staticmethod
    def schema_with_tables(found: Sequence[tuple[str, str]], name: str) -> str:
        """The one schema, of pairs with a table, that holds `person`; InputError for more."""
        schemas = sorted({schema for schema, table in found if table.lower() == "person"})
        if len(schemas) > 1:
            told = f"a table person stands in {', '.join(schemas)}: say which schema is meant"
            refuse(name, told)
        return schemas[0] if schemas else "main"

    def problems(self) -> Iterator[Problem]:
        """Lines of CSV so far that are no rows of their table.

        Raises InputError where a quote that is not closed hides an unknown number of rows.
        """
        query = "SELECT 1 FROM duckdb_tables() WHERE table_name = 'reject_errors'"
        if self.here.execute(query).fetchone() is None:  # no file of CSV was read
            return
        rows = self.here.execute(
            "SELECT DISTINCT file_path, line, error_type, contains(trim(csv_line, '\n'), '\n')"
            " FROM reject_errors JOIN reject_scans USING (scan_id, file_id) ORDER BY ALL"
        ).fetchall()
        for path, line, kind, is_long in rows:
            where = f"{printable(Path(path).name)} line {line}"
            if kind == "UNQUOTED VALUE" and is_long:
                refuse(where, "a quote that is not closed hides the lines that follow; close it")
            yield Problem(where, f"{_WRONG.get(kind, 'is not a row of the table')}; left out")


def quoted(name: str) -> str:
    """A name in SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text in SQL."""
    return "'" + text.replace("'", "''") + "'"


@contextmanager
def refusing(name: str, *errors: type[Exception]) -> Iterator[None]:
    """Turns these errors into an InputError about the source of this name."""
    try:
        yield
    except errors as error:
        said = str(getattr(error, "strerror", None) or error).strip().splitlines()
        told = said[0] if said else type(error).__name__
        refuse(printable(name), f"cannot be read: {printable(told)}")
