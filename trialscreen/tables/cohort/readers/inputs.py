"""The files that hold a cohort, as one lazy frame: CSV, Parquet, NDJSON, Excel.

Text formats keep every cell as text: what it means, `values.read_value` says later.
"""

import glob
import re
import stat
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path

import polars as pl

from trialscreen.model.errors import InputError, Problem, raise_any, refuse
from trialscreen.tables.cohort.readers.cells import Kind
from trialscreen.tables.cohort.readers.opened import Asked, CellKind, Pieces, Tables, with_constants
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
    paths = [Path(one) for one in sorted(glob.glob(pattern, recursive=True))]  # noqa: PTH207 - absolute patterns
    paths = [one for one in paths if not _is_marker(one)]
    if not paths:
        problems.append(Problem(printable(pattern), "no file has such a name"))
    for path in paths:
        if path.is_dir() and is_hidden(path.name):
            message = "begins with _ or ., and is not read; write a pattern without it"
            problems.append(Problem(printable(str(path)), message))
    return paths


def _is_marker(path: Path) -> bool:
    return path.is_file() and is_marker(path.name) and _format(path) is None


def _within(folder: Path, problems: list[Problem]) -> Iterable[Path]:
    """The Parquet files of a folder, at any depth."""
    names = [one.relative_to(folder).as_posix() for one in folder.rglob("*") if not one.is_dir()]
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
    *,
    at_once: bool = True,
) -> Tables:
    """The rows of all `paths`; a column that is not the same in all is `doubtful`.

    `folder`, `sheet`, `encoding` and `written` are as in `Asked`; so is `at_once`, of a single
    file. Raises InputError.
    """
    at_once = at_once or len(paths) > 1
    problems: list[Problem] = []
    opened: dict[Path, Tables] = {}
    for path in paths:
        asked = Asked(name_of(path), folder, sheet, encoding, written or {}, at_once)
        try:
            file = standard_input(folder) if path == STDIN else path
            opened[path] = _open(file, asked)
        except InputError as error:
            problems.extend(error.problems)
        except (OSError, EOFError, zlib.error, pl.exceptions.PolarsError):
            problems.append(Problem(asked.origin, "cannot be read: it is damaged"))
    if all(_format(path) == "ndjson" for path in opened):
        from trialscreen.tables.cohort.readers.ndjson import with_all_keys  # noqa: PLC0415 - for this format

        opened = dict(zip(opened, with_all_keys([*opened.values()]), strict=True))
    opened = {path: _with_folders(path, tables) for path, tables in opened.items()}
    raise_any(problems)
    first = opened[paths[0]]
    if len(paths) == 1:
        return first
    differ = differences({name_of(path): one.schema for path, one in opened.items()})
    names = [name for name in first.schema if name not in differ]
    frame = pl.concat(
        [tables.frame.select(pl.selectors.by_name(names)) for tables in opened.values()]
    )
    counts = [tables.counted for tables in opened.values() if tables.counted is not None]
    known = len(counts) == len(opened)
    counted = (lambda: sum(one() for one in counts)) if known else None
    notes = [note for tables in opened.values() for note in tables.notes]
    is_text = any(one.is_text for one in opened.values())
    twice = {name: why for one in opened.values() for name, why in one.doubtful.items()}
    schema = pl.Schema(all_columns(one.schema for one in opened.values()))
    blank = _blank([*opened.values()])
    pieces = _pieces([*opened.values()], names)
    return Tables(frame, schema, counted, is_text, notes, differ | twice, blank, pieces)


def _pieces(tables: Sequence[Tables], names: Sequence[str]) -> Pieces | None:
    """Those of all tables, with these columns; None if some have none."""
    known = [one.pieces for one in tables if one.pieces is not None]
    if len(known) < len(tables):
        return None

    def all_pieces(kinds: Mapping[str, CellKind]) -> Iterator[pl.DataFrame]:
        wanted = pl.selectors.by_name(names)
        return (piece.select(wanted) for pieces in known for piece in pieces(kinds))

    return all_pieces


def _blank(tables: Sequence[Tables]) -> list[int]:
    """How many rows of all tables stand above each blank one."""
    found: list[int] = []
    above = 0
    for number, one in enumerate(tables, start=1):
        found.extend(above + rows for rows in one.blank)
        if one.counted is None or not any(later.blank for later in tables[number:]):
            break
        above += one.counted()
    return found


def _with_folders(path: Path, tables: Tables) -> Tables:
    """With the columns that the names of the file's folders state, as text."""
    place = "" if path == STDIN else path.absolute().as_posix()
    doubtful = stated_twice(name_of(path), place, tables.schema)
    new = {name: text for name, text in stated(place).items() if name not in doubtful}
    tables = with_constants(tables, new, pl.String())
    return tables._replace(doubtful={**tables.doubtful, **doubtful})


_MODULES: Mapping[str, str] = {
    ".csv": "csv_tables",
    ".csv.gz": "csv_tables",
    ".tsv": "csv_tables",
    ".tsv.gz": "csv_tables",
    ".parquet": "parquet",
    ".ndjson": "ndjson",
    ".ndjson.gz": "ndjson",
    ".jsonl": "ndjson",
    ".jsonl.gz": "ndjson",
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
