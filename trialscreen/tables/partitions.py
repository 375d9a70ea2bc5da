"""Partitioned tables: folders of Parquet files as Hive, Spark, pandas and Polars write them.

What `site=01/part-0.parquet` says of its rows, and which files of a folder are the table:
the same for every engine, so that none loses a file or a column that another reads.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, TypeVar
from urllib.parse import unquote

from trialscreen.model.errors import Problem
from trialscreen.text.characters import printable, shown

T = TypeVar("T")

EMPTY = "__HIVE_DEFAULT_PARTITION__"
"""The value that stands for none."""

_LOGS = ("_delta_log", ".hoodie")
"""Beside the files of tables of which not every file counts."""


def stated(path: str) -> dict[str, str | None]:
    """The columns that the folders of a path state, always as text: `site=01/a.parquet`."""
    found: dict[str, str | None] = {}
    for folder in path.split("/")[:-1]:
        name, sign, value = folder.partition("=")
        if sign and name:
            found[unquote(name)] = None if value == EMPTY else unquote(value)
    return found


def is_hidden(name: str) -> bool:
    """Whether Spark passes over a file or folder of this name, without a word."""
    return name.startswith(".") or (name.startswith("_") and "=" not in name)


class ChosenFiles(NamedTuple):
    """The files beneath a folder that hold its rows, in order, and what is wrong with others."""

    names: tuple[str, ...]
    problems: tuple[Problem, ...]


def chosen(folder: str, names: Iterable[str]) -> ChosenFiles:
    """Which of these files hold rows; `names` have `/`, and are relative to `folder`.

    Hidden files are left out, as every engine does, unless they look as if they held rows.
    """
    files, problems = [], []
    for name in sorted(names):
        parts, where = name.split("/"), f"{printable(folder.rstrip('/'))}/{printable(name)}"
        is_parquet = name.lower().endswith(".parquet")
        if any(part in _LOGS for part in parts):
            problems.append(_logged(folder))
            break
        if not any(map(is_hidden, parts)):
            if is_parquet:
                files.append(name)
            else:
                what = "is not a .parquet file, and of a folder only those are read"
                problems.append(Problem(where, f"{what}; name its files"))
        elif is_parquet:
            message = "begins with _ or ., and would be passed over; rename it, or take it away"
            problems.append(Problem(where, message))
    if not files and not problems:
        problems.append(Problem(printable(folder) or "''", "there is no .parquet file in it"))
    return ChosenFiles(tuple(files), tuple(problems))


def _logged(folder: str) -> Problem:
    message = (
        "is the folder of a Delta or Hudi table, whose log says which files count;"
        " write its rows to Parquet files, and name those"
    )
    return Problem(printable(folder), message)


def beside_log(path: str, exists: Callable[[str], bool]) -> list[Problem]:
    """If a file is of a table with a log, by its folder or the one that holds the partitions."""
    folder = path.rpartition("/")[0]
    while "=" in folder.rpartition("/")[2]:
        folder = folder.rpartition("/")[0]
    is_logged = any(exists(f"{folder}/{log}" if folder else log) for log in _LOGS)
    return [_logged(folder or ".")] if is_logged else []


def is_marker(name: str) -> bool:
    """Whether a file that a pattern caught is none of the table: `_SUCCESS`, `.part-0.crc`."""
    return is_hidden(name) and not name.lower().endswith(".parquet")


def stated_twice(where: str, path: str, columns: Iterable[str]) -> dict[str, Problem]:
    """The columns that stand in a file and in the names of its folders: wrong where they count."""
    message = "is in the file and in the name of its folder; keep one"
    names = sorted({*stated(path)} & {*columns})
    return {name: Problem(f"{where} {printable(name)}", message) for name in names}


def differences(schemas: Mapping[str, Mapping[str, object]]) -> dict[str, Problem]:
    """The columns in which files, called by their names, differ from the first: wrong where used.

    Each is told once, however many files there are.
    """
    found: dict[str, Problem] = {}
    first, schema = next(iter(schemas.items()), ("", {}))
    for where, columns in schemas.items():
        for name in {**schema, **columns}:
            if name in found or schema.get(name) == columns.get(name):
                continue
            if name not in columns:
                found[name] = Problem(where, f"has no column {shown(name)}, which {first} has")
            elif name not in schema:
                found[name] = Problem(where, f"has a column {shown(name)}, which {first} has not")
            else:
                both = f"is {columns[name]} here and {schema[name]} in {first}"
                message = f"{both}; make them the same"
                found[name] = Problem(f"{where} {printable(name)}", message)
    return found


def all_columns(schemas: Iterable[Mapping[str, T]]) -> dict[str, T]:
    """The columns of all files, as the first that has one has it."""
    found: dict[str, T] = {}
    for schema in schemas:
        found |= {**schema, **found}
    return found
