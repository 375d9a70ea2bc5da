"""Tables in files: a folder or zip of CSV or Parquet, or a DuckDB database."""

import csv
import gzip
import shutil
import zipfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import duckdb

from trialscreen.answers.records.omop.cdm import NEEDED
from trialscreen.answers.records.omop.source import (
    Columns,
    literal,
    quoted,
    refusing,
    schema_with_tables,
)
from trialscreen.model.errors import InputError, Problem, raise_any, refuse
from trialscreen.text.characters import printable

ENDINGS = (".csv", ".csv.gz", ".tsv", ".txt", ".parquet")
EXPECTED = (
    "expected a folder or a .zip of CSV or Parquet files named after the tables (person.csv),"
    " a DuckDB database, or a URL postgresql://user@host/database"
)
DELIMITERS = ",\t;|"


class SourceFiles:
    """A source that our own database reads by itself."""

    def __init__(self, name: str, here: duckdb.DuckDBPyConnection) -> None:
        self.name = name
        self.here = here
        self.is_typed = True
        self._lists = 0
        self.in_place: set[str] = set()
        self.tables: dict[str, tuple[str, Columns]] = {}

    def reading(self) -> AbstractContextManager[None]:
        return refusing(self.name, duckdb.InvalidInputException, duckdb.IOException)

    def id_in(self, table: str, column: str) -> str:
        name, kind = self.tables[table][1][column]
        # A column of numbers is compared as it is: whole blocks of rows are passed over.
        return (
            quoted(name) if kind in {"INTEGER", "BIGINT"} else f"TRY_CAST({quoted(name)} AS BIGINT)"
        )

    def matches(self, text: str, pattern: str) -> str:
        return f"regexp_matches({text}, {literal(pattern)}, 'i')"

    def ids(self, ids: Collection[int]) -> str:
        # A table is looked up; a long list of values is gone through for every row.
        self._lists += 1
        table = f"ids_{self._lists}"
        rows = ", ".join(f"({one})" for one in sorted(ids)) or "(NULL)"
        self.here.execute(
            f"CREATE TABLE {table} AS SELECT id::BIGINT AS id FROM (VALUES {rows}) t(id)"
        )
        return f"(FROM {table})"

    def fetch(self, query: str) -> list[tuple[Any, ...]]:
        return self.here.execute(query).fetchall()

    def brought(self, query: str) -> str:
        return f"({query})"

    def problems(self) -> Iterator[Problem]:
        """Lines of CSV that are no rows of their table.

        Raises InputError where a quote that is not closed hides an unknown number of rows.
        """
        if not self._kept_aside():
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

    def _kept_aside(self) -> bool:
        """Whether any file of CSV was read."""
        query = "SELECT 1 FROM duckdb_tables() WHERE table_name = 'reject_errors'"
        return self.here.execute(query).fetchone() is not None


_WRONG = {
    "MISSING COLUMNS": "has fewer columns than the table",
    "TOO MANY COLUMNS": "has more columns than the table",
    "UNQUOTED VALUE": "has a quote inside a value",
    "INVALID ENCODING": "is not UTF-8",
    "LINE SIZE OVER MAXIMUM": "is too long",
}


def in_files(source: str, here: duckdb.DuckDBPyConnection, folder: Path) -> SourceFiles:
    """The tables of a folder, zip or database. Raises InputError."""
    path, files = Path(source), SourceFiles(source, here)
    try:
        if path.is_dir():
            _add_files(files, _by_table(path))
        elif zipfile.is_zipfile(path):
            _add_files(files, _by_table(_unpacked(path, folder / "zip")))
        elif path.is_file() and _first_bytes(path)[8:] == b"DUCK":
            _attach(files, path)
        elif path.exists():
            refuse(printable(source), EXPECTED)
        else:
            refuse(printable(source), f"no such file or folder; {EXPECTED}")
    except OSError as error:
        message = f"cannot be read: {error.strerror or error}"
        refuse(printable(source), message)
    except (zipfile.BadZipFile, duckdb.Error) as error:
        refuse(printable(source), f"cannot be read: {printable(str(error).splitlines()[0])}")
    return files


def _attach(files: SourceFiles, path: Path) -> None:
    files.here.execute(f"ATTACH {literal(str(path))} AS cdm (READ_ONLY)")
    found = files.here.execute(
        "SELECT table_schema, table_name, table_type FROM information_schema.tables"
        " WHERE table_catalog = 'cdm'"
    ).fetchall()
    schema = schema_with_tables([one[:2] for one in found], printable(str(path)))
    for one, name, kind in found:
        if one == schema and name.lower() in NEEDED:
            _add(files, name.lower(), f"cdm.{quoted(schema)}.{quoted(name)}")
            files.in_place |= {name.lower()} if kind == "BASE TABLE" else set()


def _add(files: SourceFiles, table: str, relation: str) -> None:
    """Adds a table, with the columns that it turns out to have."""
    described = files.here.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
    files.tables[table] = (
        relation,
        {str(name).strip().lower(): (name, str(kind)) for name, kind, *_ in described},
    )


def _table_of(path: Path) -> str | None:
    """The table that a file's name tells: PERSON.csv, person.csv.gz."""
    name = path.name.lower()
    table, ending = name.split(".", 1) if "." in name else (name, "")
    return table if table in NEEDED and f".{ending}" in ENDINGS else None


def _by_table(folder: Path) -> dict[str, list[Path]]:
    """The files of each table: one of its name, or a folder of parts. Raises InputError."""
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        if path.is_dir() and path.name.lower() in NEEDED:
            parts = [
                part
                for part in sorted(path.iterdir())
                if not part.name.startswith((".", "_")) and part.name.lower().endswith(ENDINGS)
            ]
            found.setdefault(path.name.lower(), []).extend(parts)
        elif path.is_file() and (table := _table_of(path)) is not None:
            found.setdefault(table, []).append(path)
    inner = [path for path in folder.iterdir() if path.is_dir() and path.name[:2] != "__"]
    if not found and len(inner) == 1:
        return _by_table(inner[0])  # a zip of a folder
    twice = [
        Problem(printable(str(folder)), f"{table}: {', '.join(path.name for path in paths)}")
        for table, paths in found.items()
        if len({path.parent for path in paths}) > 1
        or (len(paths) > 1 and paths[0].parent == folder)
    ]
    if twice:
        raise InputError(
            [p._replace(message=f"several files of a table {p.message}") for p in twice]
        )
    return {table: paths for table, paths in found.items() if paths}


def _unpacked(path: Path, folder: Path) -> Path:
    """The tables' files of a zip, below `folder`, by names of our own."""
    folder.mkdir()
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            inner = Path(member.filename)
            if member.is_dir() or inner.name.startswith((".", "_")):
                continue
            table = _table_of(inner)
            parent = folder
            if table is None and inner.parent.name.lower() in NEEDED:
                parent = folder / inner.parent.name.lower()
                parent.mkdir(exist_ok=True)
            elif table is None:
                continue
            target = parent / inner.name
            if target.exists():
                refuse(printable(str(path)), f"{inner.name} is there twice")
            with archive.open(member) as packed, target.open("wb") as unpacked:
                shutil.copyfileobj(packed, unpacked, 1 << 20)
    return folder


def _add_files(files: SourceFiles, by_table: dict[str, list[Path]]) -> None:
    for table, paths in by_table.items():
        listed = ", ".join(literal(str(path)) for path in paths)
        if paths[0].name.lower().endswith(".parquet"):
            _add(files, table, f"read_parquet([{listed}])")
            continue
        header, delimiter, quote = _header(paths)
        names = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in header)
        # Nothing is guessed from a sample of lines; what is no row is kept aside, and told.
        _add(
            files,
            table,
            f"read_csv([{listed}], auto_detect=false, header=true, columns={{{names}}},"
            f" delim={literal(delimiter)}, quote={literal(quote)}, escape={literal(quote)},"
            " store_rejects=true, null_padding=false, strict_mode=true)",
        )


def _header(paths: Sequence[Path]) -> tuple[list[str], str, str]:
    """The columns of the files, how they are told apart, and the quote. Raises InputError."""
    headers = {path: _first_line(path) for path in paths}
    line = headers[paths[0]]
    problems = [
        Problem(printable(path.name), "an empty file; expected a line with the columns' names")
        for path, one in headers.items()
        if not one.strip()
    ] or [
        Problem(printable(path.name), f"has other columns than {paths[0].name}")
        for path, one in headers.items()
        if one != line
    ]
    raise_any(problems)
    delimiter = max(DELIMITERS, key=line.count)
    # The vocabularies as they are published are separated by tabs, and a quote is a quote there.
    quote = "" if delimiter == "\t" and '"' not in line else '"'
    names = next(csv.reader([line], delimiter=delimiter))
    return names, delimiter, quote


def _first_bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(12)


def _first_line(path: Path) -> str:
    with gzip.open(path) if path.name.lower().endswith(".gz") else path.open("rb") as file:
        line = file.readline(1 << 16)
    return line.decode("utf-8-sig", "replace").rstrip("\r\n")
