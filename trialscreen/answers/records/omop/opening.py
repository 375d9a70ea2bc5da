"""From what a user names to the tables there, whichever way they are kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb

from trialscreen.answers.records.omop.cdm import NEEDED
from trialscreen.answers.records.omop.source import QUIET, TableSource
from trialscreen.answers.records.omop.tables_in_files import in_files
from trialscreen.model.errors import Problem, raise_any
from trialscreen.text.characters import printable
from trialscreen.text.text_files import temporary_folder


@contextmanager
def open_source(source: str) -> Iterator[TableSource]:
    """The tables at a path or URL. Raises InputError."""
    with (
        temporary_folder() as folder,
        duckdb.connect(config=_config(folder)) as here,
        _opened(source, here, folder) as tables,
    ):
        here.execute(QUIET)
        _check(tables)
        yield tables


def _config(folder: Path) -> dict[str, Any]:
    """Nothing is installed from a network; what does not fit into memory goes to the folder."""
    return {
        "autoinstall_known_extensions": "false",
        "temp_directory": str(folder),
        "memory_limit": "2GB",
        "preserve_insertion_order": "false",
    }


@contextmanager
def _opened(source: str, here: duckdb.DuckDBPyConnection, folder: Path) -> Iterator[TableSource]:
    if urlsplit(source).scheme in {"postgresql", "postgres"}:
        # psycopg is imported for a server only.
        from trialscreen.answers.records.omop.postgres import connected  # noqa: PLC0415

        with connected(source, here, folder) as tables:
            yield tables
        return
    yield in_files(source, here, folder)


def _check(source: TableSource) -> None:
    """Raises InputError where the tables cannot be those of the common data model."""
    problems = [
        Problem(printable(source.name), f"no table {name}; expected the tables of OMOP CDM 5.4")
        for name in ("person",)
        if name not in source.tables
    ]
    for name, (_, columns) in source.tables.items():
        lacking = [column for column in NEEDED[name] if column not in columns]
        if lacking:
            message = f"the table {name} has no column {', '.join(lacking)}"
            problems.append(Problem(printable(source.name), message))
    raise_any(problems)
