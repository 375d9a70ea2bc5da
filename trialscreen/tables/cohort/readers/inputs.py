"""Opens the files of a cohort (CSV, Parquet, NDJSON, Excel) as pieces of rows, or a lazy frame.

Only Parquet comes as a lazy frame. Text formats keep a cell as text, unless its column is wanted
typed and all its cells are plain: `values.read_value` says later what a text means.
"""

import glob
import re
import stat
import zlib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from itertools import chain
from pathlib import Path

import polars as pl

from trialscreen.model.errors import Problem, collected, raise_any, refuse
from trialscreen.tables.cohort.readers.cells import Kind
from trialscreen.tables.cohort.readers.opened import (
    Asked,
    CellKind,
    Piece,
    Tables,
    with_constants,
)
from trialscreen.tables.cohort.readers.utf8_copies import STANDARD_INPUT, standard_input
from trialscreen.tables.partitions import (
    all_columns,
    beside_log,
    chosen,
    differences,
    is_hidden,
    is_marker,
    stated,
    stated_twice,
)
from trialscreen.text.characters import printable
from trialscreen.text.folders import files_beneath, look_into

STDIN = Path("-")
"""Stands for standard input."""


def name_of(path: Path) -> str:
    """A file's name in messages."""
    return STANDARD_INPUT if path == STDIN else printable(str(path))


def find_files(names: Sequence[str]) -> tuple[Path, ...]:
    """The files that names or patterns (`*`, `?`, `[...]`, `**`) stand for, each once.

    The files of a pattern, and of a folder, come in the order of their names; `-` is
    standard input. Raises InputError for a name that stands for nothing, or for something
    that is not a readable file of a known format.
    """
    problems: list[Problem] = []
    found: dict[Path, None] = {}
    for name in names:
        if name == str(STDIN):
            found[STDIN] = None
            continue
        # `./-` is a file
        paths = [Path(name).absolute() if Path(name) == STDIN else Path(name)]
        if not paths[0].exists() and glob.has_magic(name):
            paths = _caught(name, problems)
        for path in paths:
            files = (path,) if not path.is_dir() else _within(path, problems)
            problems.extend(problem for file in files for problem in _unreadable(file))
            found |= dict.fromkeys(files)
    parquet = (path.as_posix() for path in found if _format(path) == "parquet")
    logged = (log for path in parquet for log in beside_log(path, lambda name: Path(name).exists()))
    problems.extend(dict.fromkeys(logged))
    raise_any(problems)
    return tuple(found)


def _caught(pattern: str, problems: list[Problem]) -> list[Path]:
    """What a pattern stands for, without the files that Spark leaves beside those with rows."""
    look_into(pattern)
    paths = [Path(one) for one in sorted(glob.glob(pattern, recursive=True))]  # noqa: PTH207 - absolute patterns
    paths = [
        one for one in paths if not (one.is_file() and is_marker(one.name) and _format(one) is None)
    ]
    if not paths:
        problems.append(Problem(printable(pattern), "no file has such a name"))
    for path in paths:
        if path.is_dir() and is_hidden(path.name):
            message = "begins with _ or ., and is not read; write a pattern without it"
            problems.append(Problem(printable(str(path)), message))
    return paths


def _within(folder: Path, problems: list[Problem]) -> Iterable[Path]:
    """The Parquet files of a folder, at any depth."""
    names = [one.relative_to(folder).as_posix() for one in files_beneath(folder)]
    files = chosen(str(folder), names)
    problems.extend(files.problems)
    return [folder / name for name in files.names]


_FHIR = re.compile(rb'\s*\{\s*("id"\s*:\s*"[^"]*"\s*,\s*)?"resourceType"')


def _unreadable(path: Path) -> Iterable[Problem]:
    name = printable(str(path)) or "''"
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            yield Problem(name, "is not a regular file")
            return
        with path.open("rb") as file:
            start = file.read(1000)
        if _FHIR.match(start):
            message = "is FHIR; make a table of it first: trialscreen extract fhir"
            yield Problem(name, f"{message} {name} -o facts.parquet")
        elif _format(path) is None:
            yield Problem(name, f"expected a name that ends in {', '.join(_MODULES)}")
        elif not start:
            yield Problem(name, "is empty")
    except OSError as error:
        yield Problem(name, f"cannot be read: {error.strerror}")


def open_tables(
    paths: Sequence[Path],
    folder: Path,
    sheet: str | None = None,
    encoding: str | None = None,
    written: Mapping[str, Kind] | None = None,
) -> Tables:
    """The rows of all `paths`; a column that is not the same in all is `doubtful`.

    `folder`, `sheet`, `encoding` and `written` are as in `Asked`. Raises InputError.
    """
    problems: dict[Path, list[Problem]] = {path: [] for path in paths}
    opened: dict[Path, Tables] = {}
    for path in paths:
        asked = Asked(name_of(path), folder, sheet, encoding, written or {})
        with _damage_told(path, problems[path]):
            file = standard_input(folder) if path == STDIN else path
            opened[path] = _open(file, asked)
    if all(_format(path) == "ndjson" for path in opened):
        from trialscreen.tables.cohort.readers.ndjson import with_all_keys  # noqa: PLC0415 - for this format

        opened = dict(zip(opened, with_all_keys([*opened.values()]), strict=True))
    opened = {path: _with_folders(path, tables) for path, tables in opened.items()}
    if any(problems.values()):
        for path, one in opened.items():
            with _damage_told(path, problems[path]):
                deque(one.pieces({}) if one.frame is None else (), maxlen=0)
    raise_any([*chain.from_iterable(problems.values())])
    return opened[paths[0]] if len(paths) == 1 else _together(opened)


@contextmanager
def _damage_told(path: Path, problems: list[Problem]) -> Iterator[None]:
    try:
        with collected(problems):
            yield
    except (OSError, EOFError, zlib.error, pl.exceptions.PolarsError):
        problems.append(Problem(name_of(path), "cannot be read: it is damaged"))


def _together(opened: Mapping[Path, Tables]) -> Tables:
    """The rows of all files. While they are read, what is wrong with all of them is told."""
    tables = [*opened.values()]
    differ = differences({name_of(path): one.schema for path, one in opened.items()})
    names = pl.selectors.by_name([name for name in tables[0].schema if name not in differ])
    frames = [one.frame.select(names) for one in tables if one.frame is not None]
    notes = [note for one in tables for note in one.notes]

    def pieces(kinds: Mapping[str, CellKind]) -> Iterator[Piece]:
        problems: list[Problem] = []
        for path, one in opened.items():
            with _damage_told(path, problems):
                yield from one.pieces(kinds)
        raise_any(problems)
        notes[:] = [note for one in tables for note in one.notes]

    return Tables(
        pl.Schema(all_columns(one.schema for one in tables)),
        lambda: sum(one.counted() for one in tables),
        pieces,
        pl.concat(frames) if len(frames) == len(tables) else None,
        notes,
        differ | {name: why for one in tables for name, why in one.doubtful.items()},
    )


def _with_folders(path: Path, tables: Tables) -> Tables:
    """With the columns that the names of the file's folders state, as text."""
    place = "" if path == STDIN else path.absolute().as_posix()
    doubtful = stated_twice(name_of(path), place, tables.schema)
    new = {name: text for name, text in stated(place).items() if name not in doubtful}
    tables = with_constants(tables, new, pl.String())
    return tables._replace(doubtful={**tables.doubtful, **doubtful})


_MODULES: Mapping[str, str] = {
    **dict.fromkeys((".csv", ".csv.gz", ".tsv", ".tsv.gz"), "csv_tables"),
    ".parquet": "parquet",
    **dict.fromkeys((".ndjson", ".ndjson.gz", ".jsonl", ".jsonl.gz"), "ndjson"),
    ".xlsx": "excel",
}
"""How names end, and the module beside this one whose `open_table` opens such files."""


def _format(path: Path) -> str | None:
    name = path.name.lower()
    return next((module for end, module in _MODULES.items() if name.endswith(end)), None)


def _open(path: Path, asked: Asked) -> Tables:
    """One file. What its format needs is imported here, and nothing else."""
    try:
        module = import_module(f"{__package__}.{_format(path)}")
    except ImportError:
        if _format(path) != "excel":
            raise
        refuse(asked.origin, "Excel files need one more package: pip install 'trialscreen[excel]'")
    opened: Tables = module.open_table(path, asked)
    return opened
