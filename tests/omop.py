"""Tables of the OMOP common data model, kept in every way that can be read."""

import csv
import io
import zipfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from tests.engines import PostgreSQL
from trialscreen.answers.records.codes import Key
from trialscreen.answers.records.entries import Record
from trialscreen.answers.records.omop.by_person import records
from trialscreen.answers.records.omop.cdm import ANCESTOR, CONCEPT, DEATH, DOMAINS, PERSON
from trialscreen.answers.records.omop.events import problems, stage
from trialscreen.answers.records.omop.opening import open_source

FIXTURE = Path(__file__).parent / "data" / "records" / "omop" / "Synthea27Nj_5.4.zip"
"""Made by others: see NOTICE beside it."""

Rows = Sequence[Mapping[str, Any]]
Tables = Mapping[str, Rows]
"""The rows of each table; columns that a row does not have are empty."""

COLUMNS: dict[str, tuple[str, ...]] = {
    "person": PERSON,
    "death": DEATH,
    "concept": (*CONCEPT, "domain_id", "standard_concept"),
    "concept_ancestor": ANCESTOR,
    **{one.table: ("person_id", *one.columns.values()) for one in DOMAINS},
}

ALL = ("folder", "zip", "parquet", "duckdb", "postgresql")


def read_all(
    source: str, keys: set[Key], names: Collection[str] = ()
) -> tuple[list[Record], tuple[str, ...], list[str]]:
    """The records of a source, what is said of it, and its problems."""
    with open_source(source) as tables:
        staged = stage(tables, keys, names)
        found = list(records(staged))
        return found, staged.notices, [str(one) for one in problems(staged)]


def write_folder(folder: Path, tables: Tables) -> Path:
    """Each table as a file of CSV."""
    folder.mkdir()
    for name, rows in tables.items():
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS[name], restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        (folder / f"{name}.csv").write_text(text.getvalue(), encoding="utf-8")
    return folder


def unpacked(folder: Path) -> Path:
    """The fixture's tables, as the files that they are."""
    with zipfile.ZipFile(FIXTURE) as archive:
        archive.extractall(folder)
    return folder


def kept(route: str, folder: Path, work: Path, server: PostgreSQL | None = None) -> str:
    """The tables of a folder of CSV, kept in another way, with the types that the model gives.

    Returns what names them as a source.
    """
    files = sorted(folder.glob("*.csv"))
    match route:
        case "folder":
            return str(folder)
        case "zip":
            with zipfile.ZipFile(work / "cdm.zip", "w", zipfile.ZIP_DEFLATED) as archive:
                for file in files:
                    archive.write(file, f"cdm/{file.name.upper()}")
                    archive.writestr(f"__MACOSX/cdm/._{file.name.upper()}", b"\0\5\26\7")
            return str(work / "cdm.zip")
        case "duckdb" | "parquet":
            return _in_duckdb(route, files, work)
        case _:
            assert server is not None
            _on_server(files, server)
            return server.url


def _in_duckdb(route: str, files: Sequence[Path], work: Path) -> str:
    with duckdb.connect(str(work / "cdm.duckdb")) as connection:
        for file in files:
            table = file.stem.lower()
            columns = ", ".join(f"{name} {kind}" for name, kind in _typed(file))
            connection.execute(f"CREATE TABLE {table} ({columns})")
            connection.execute(f"COPY {table} FROM '{file}' (HEADER, DELIMITER ',')")
            if route == "parquet":
                (work / "parquet").mkdir(exist_ok=True)
                connection.execute(f"COPY {table} TO '{work}/parquet/{table}.parquet'")
    return str(work / ("cdm.duckdb" if route == "duckdb" else "parquet"))


def _on_server(files: Sequence[Path], server: PostgreSQL) -> None:
    connection = server.connection
    connection.execute("DROP SCHEMA IF EXISTS cdm CASCADE")
    connection.execute("CREATE SCHEMA cdm")
    for file in files:
        # As the model has it; in DuckDB a number without digits would be one of three decimals.
        columns = ", ".join(
            f"{name} {kind.replace('double precision', 'numeric')}" for name, kind in _typed(file)
        )
        connection.execute(f"CREATE TABLE cdm.{file.stem} ({columns})")
        load = f"COPY cdm.{file.stem} FROM STDIN (FORMAT csv, HEADER)"
        with connection.cursor() as cursor, cursor.copy(load) as copy:
            copy.write(file.read_bytes())


def _typed(file: Path) -> Iterator[tuple[str, str]]:
    """A table's columns with the types that the model gives them."""
    with file.open(encoding="utf-8") as lines:
        for name in next(csv.reader(lines)):
            yield name.lower(), _type(name.lower())


def _type(name: str) -> str:
    if name in {"value_as_number", "range_low", "range_high", "quantity"}:
        return "double precision"
    if name.endswith("_datetime"):
        return "timestamp"
    if name.endswith("_date"):
        return "date"
    if name in {"year_of_birth", "month_of_birth", "day_of_birth", "days_supply"}:
        return "integer"
    if name.endswith("_id") and name not in {"vocabulary_id", "domain_id", "concept_class_id"}:
        return "integer"
    return "varchar"
