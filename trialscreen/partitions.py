"""Folders that hold a table in many Parquet files, as Hive, Spark, pandas and Polars write them.

What `site=01/part-0.parquet` says of its rows, and which files of a folder are the table:
the same for every engine, so that none loses a file or a column that another reads.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import unquote

from trialscreen.errors import Problem
from trialscreen.text import printable, shown

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


class Chosen(NamedTuple):
    """The files beneath a folder that hold its rows, in order, and what is wrong with others."""

    names: tuple[str, ...]
    problems: tuple[Problem, ...]


def chosen(folder: str, names: Iterable[str]) -> Chosen:
    """Which of these files hold rows; `names` have `/`, and are relative to `folder`.

    Hidden files are left out, as every engine does, unless they look as if they held rows.
    """
    files, problems = [], []
    for name in sorted(names):
        parts, where = name.split("/"), f"{printable(folder.rstrip('/'))}/{printable(name)}"
        is_parquet = name.lower().endswith(".parquet")
        if any(part in _LOGS for part in parts):
            message = (
                "is the folder of a Delta or Hudi table, whose log says which files count;"
                " write its rows to Parquet files, and name those"
            )
            problems.append(Problem(printable(folder), message))
            break
        if not any(map(is_hidden, parts)):
            if is_parquet:
                files.append(name)
            else:
                message = "is no .parquet file, and of a folder only those are read; name its files"
                problems.append(Problem(where, message))
        elif is_parquet:
            message = "begins with _ or ., and would be passed over; rename it, or take it away"
            problems.append(Problem(where, message))
    if not files and not problems:
        problems.append(Problem(printable(folder) or "''", "there is no .parquet file in it"))
    return Chosen(tuple(files), tuple(problems))


def stated_twice(where: str, path: str, columns: Iterable[str]) -> dict[str, Problem]:
    """The columns that stand in a file and in the names of its folders: wrong where they count."""
    message = "stands in the file and in the name of its folder; which one counts? Keep one"
    names = sorted({*stated(path)} & {*columns})
    return {name: Problem(f"{where} {printable(name)}", message) for name in names}


def differences(schemas: Mapping[str, Mapping[str, object]]) -> Iterable[Problem]:
    """Where files, called by their names, differ in their columns from the first one."""
    if not schemas:
        return
    (first, schema), *others = schemas.items()
    for where, other in others:
        lacking = [name for name in schema if name not in other]
        more = [name for name in other if name not in schema]
        if lacking:
            yield Problem(where, f"has no column {_listed(lacking)}, which {first} has")
        if more:
            yield Problem(where, f"has a column {_listed(more)}, which {first} has not")
        for name, kind in schema.items():
            if name in other and other[name] != kind:
                message = f"is {other[name]} here and {kind} in {first}; make them the same"
                yield Problem(f"{where} {printable(name)}", message)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(shown, names))
