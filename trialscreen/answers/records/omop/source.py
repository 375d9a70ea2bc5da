"""Where the tables are, whichever way: files, a DuckDB database, a PostgreSQL server."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

import duckdb

from trialscreen.model.errors import Problem, refuse
from trialscreen.text.characters import printable

QUIET = "SET enable_progress_bar = false"
"""For each connection: its bar would be printed among results."""

Columns = dict[str, tuple[str, str]]
"""By the name in lower case: the column's own name, and its type."""


class TableSource(Protocol):
    """The tables of one database or folder; SQL that both DuckDB and PostgreSQL take."""

    name: str
    here: duckdb.DuckDBPyConnection
    """A database of our own, in which everything is worked out."""

    tables: dict[str, tuple[str, Columns]]
    """Each table that is there: how SQL names it, and its columns."""

    is_typed: bool
    """Whether what is brought has the types that the source has; else all is text."""

    @property
    def in_place(self) -> Collection[str]:
        """Tables that `here` reads where they are, often, and whose rows have ids."""

    def reading(self) -> AbstractContextManager[None]:
        """Turns what the source says against being read into an InputError."""

    def id_in(self, table: str, column: str) -> str:
        """SQL: a column that holds ids of concepts, as a number; null where it is none."""

    def matches(self, text: str, pattern: str) -> str:
        """SQL: whether a pattern is found in a text, in whichever case."""

    def ids(self, ids: Collection[int]) -> str:
        """SQL: these ids of concepts, to stand behind IN."""

    def fetch(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query in the source."""

    def brought(self, query: str) -> str:
        """The rows of a query in the source, as what `here` can select from."""

    def problems(self) -> Iterator[Problem]:
        """Lines that could not be read so far."""


def quoted(name: str) -> str:
    """A name in SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text in SQL."""
    return "'" + text.replace("'", "''") + "'"


def text_of(columns: Columns, name: str | None) -> str:
    """SQL: a column as text; null if there is none."""
    if name is None or name not in columns:
        return "CAST(NULL AS text)"
    return f"CAST({quoted(columns[name][0])} AS text)"


def schema_with_tables(found: Sequence[tuple[str, str]], name: str) -> str:
    """The one schema, of pairs of schema and table, that holds a table `person`.

    Raises InputError if several do.
    """
    schemas = sorted({schema for schema, table in found if table.lower() == "person"})
    if len(schemas) > 1:
        refuse(name, f"a table person stands in {', '.join(schemas)}: say which schema is meant")
    return schemas[0] if schemas else "main"


@contextmanager
def refusing(name: str, *errors: type[Exception]) -> Iterator[None]:
    """Turns these errors into an InputError about the source of this name."""
    try:
        yield
    except errors as error:
        said = (str(error).strip().splitlines() or [type(error).__name__])[0]
        refuse(printable(name), f"cannot be read: {printable(said)}")
