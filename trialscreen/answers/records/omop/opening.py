"""Opens an OMOP source named by the user: files, a DuckDB database or a PostgreSQL server."""

import csv
import gzip
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb

from trialscreen.answers.records.omop.cdm import NEEDED
from trialscreen.answers.records.omop.source import (
    QUIET,
    Relation,
    TableSource,
    literal,
    quoted,
    refusing,
)
from trialscreen.model.errors import Problem, raise_any, refuse
from trialscreen.text.characters import printable
from trialscreen.text.text_files import temporary_folder

ENDINGS = (".csv", ".csv.gz", ".tsv", ".txt", ".parquet")
EXPECTED = (
    "expected a folder or a .zip of CSV or Parquet files named after the tables (person.csv),"
    " a DuckDB database, or a URL postgresql://user@host/database"
)
DELIMITERS = ",\t;|"


@contextmanager
def open_source(source: str) -> Iterator[TableSource]:
    """The tables at a path or URL. Raises InputError."""
    with temporary_folder() as folder:
        # Nothing is installed from a network; what does not fit into memory goes to the folder.
        config: dict[str, Any] = {
            "autoinstall_known_extensions": "false",
            "temp_directory": str(folder),
            "memory_limit": "2GB",
            "preserve_insertion_order": "false",
        }
        with duckdb.connect(config=config) as here, _opened(source, here, folder) as tables:
            here.execute(QUIET)
            _check(tables)
            yield tables


def _opened(
    source: str, here: duckdb.DuckDBPyConnection, folder: Path
) -> AbstractContextManager[TableSource]:
    if urlsplit(source).scheme in {"postgresql", "postgres"}:
        # psycopg is imported for a server only.
        from trialscreen.answers.records.omop.postgres import connected  # noqa: PLC0415

        return connected(source, here, folder)
    return nullcontext(_in_files(source, here, folder))


def _check(source: TableSource) -> None:
    """Raises InputError where the tables cannot be those of the common data model."""
    no_person = "no table person; expected the tables of OMOP CDM 5.4"
    wrong = [] if "person" in source.tables else [no_person]
    for name, relation in source.tables.items():
        if lacking := [column for column in NEEDED[name] if column not in relation.kinds]:
            wrong.append(f"the table {name} has no column {', '.join(lacking)}")
    raise_any([Problem(printable(source.name), message) for message in wrong])


def _in_files(source: str, here: duckdb.DuckDBPyConnection, folder: Path) -> TableSource:
    """The tables of a folder, zip or database. Raises InputError."""
    path, files = Path(source), TableSource(source, here)
    with refusing(source, OSError, zipfile.BadZipFile, duckdb.Error):
        if path.is_dir():
            _add_files(files, _by_table(path))
        elif zipfile.is_zipfile(path):
            with refusing(source, RuntimeError):  # for a password, or a compression it lacks
                unpacked = _unpacked(path, folder / "zip")
            _add_files(files, _by_table(unpacked))
        elif path.is_file() and _first_bytes(path)[8:] == b"DUCK":
            _attach(files, path)
        elif path.exists():
            refuse(printable(source), EXPECTED)
        else:
            refuse(printable(source), f"no such file or folder; {EXPECTED}")
    return files


def _attach(files: TableSource, path: Path) -> None:
    files.here.execute(f"ATTACH {literal(str(path))} AS cdm (READ_ONLY)")
    found = files.here.execute(
        "SELECT table_schema, table_name, table_type FROM information_schema.tables"
        " WHERE table_catalog = 'cdm'"
    ).fetchall()
    schema = files.schema_with_tables([one[:2] for one in found], printable(str(path)))
    for one, name, kind in found:
        if one == schema and name.lower() in NEEDED:
            files.in_place |= {name.lower()} if kind == "BASE TABLE" else set()
            _add(files, name.lower(), f"cdm.{quoted(schema)}.{quoted(name)}")


def _add(files: TableSource, table: str, sql: str) -> None:
    """Adds a table, with the columns that it turns out to have."""
    columns = "rowid, *" if table in files.in_place else "*"
    described = files.here.execute(f"DESCRIBE SELECT {columns} FROM {sql}").fetchall()
    own = Relation(sql, {name: str(kind) for name, kind, *_ in described})
    files.tables[table] = own.renamed({name.strip().lower(): name for name in own.kinds})


def _table_of(path: Path) -> str | None:
    """The table that a file's name tells: PERSON.csv, person.csv.gz."""
    name = path.name.lower()
    table, ending = name.split(".", 1) if "." in name else (name, "")
    return table if table in NEEDED and f".{ending}" in ENDINGS else None


def _by_table(folder: Path) -> dict[str, list[Path]]:
    """The files of each table: one of its name, or a folder of parts. Raises InputError."""
    found: dict[str, list[Path]] = {}
    strange: list[Path] = []
    for path in sorted(folder.iterdir()):
        if path.is_dir() and path.name.lower() in NEEDED:
            parts = [part for part in sorted(path.iterdir()) if not _is_hidden(part.name)]
            strange.extend(part for part in parts if not _is_part(part))
            found.setdefault(path.name.lower(), []).extend(filter(_is_part, parts))
        elif path.is_file() and (table := _table_of(path)) is not None:
            found.setdefault(table, []).append(path)
    inner = [path for path in folder.iterdir() if path.is_dir() and path.name[:2] != "__"]
    if not found and len(inner) == 1:
        return _by_table(inner[0])  # a zip of a folder
    twice = [
        f"several files of a table {table}: {', '.join(path.name for path in paths)}"
        for table, paths in found.items()
        if len({path.parent for path in paths}) > 1
        or (len(paths) > 1 and paths[0].parent == folder)
    ]
    problems = [Problem(printable(str(folder)), message) for message in twice]
    kinds = f"expected files that end in {', '.join(ENDINGS)}, and nothing else beside them"
    problems += [Problem(printable(str(one)), f"is no part of a table; {kinds}") for one in strange]
    raise_any(problems)
    return {table: paths for table, paths in found.items() if paths}


def _is_hidden(name: str) -> bool:
    """Whether a name in a table's folder holds no rows; a log says which of the others count."""
    return name.startswith((".", "_")) and name not in ("_delta_log", ".hoodie")


def _is_part(path: Path) -> bool:
    return path.is_file() and path.name.lower().endswith(ENDINGS)


def _unpacked(path: Path, folder: Path) -> Path:
    """The tables' files of a zip, below `folder`, by names of our own."""
    folder.mkdir()
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            inner = Path(member.filename)
            is_whole = _table_of(inner) is not None
            above = [one.lower() in NEEDED for one in inner.parts[:-1]]
            within = above.index(True) if any(above) else None
            if member.is_dir() or _is_hidden(inner.name) or not (is_whole or any(above)):
                continue
            below = inner.parts[within:]
            member.filename = inner.name if is_whole else "/".join((below[0].lower(), *below[1:]))
            if (folder / member.filename).exists():
                refuse(printable(str(path)), f"{inner.name} is there twice")
            archive.extract(member, folder)
    return folder


def _add_files(files: TableSource, by_table: dict[str, list[Path]]) -> None:
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
