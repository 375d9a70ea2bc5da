"""The files that hold a cohort, as one lazy frame: CSV, Parquet, NDJSON, Excel.

Text formats keep every cell as text: what it means, `values.read_value` says later.
"""

import glob
import stat
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import polars as pl

from trialscreen.cohort.copies import STANDARD_INPUT, standard_input
from trialscreen.cohort.csvtables import open_csv
from trialscreen.cohort.ndjson import open_ndjson, with_all_keys
from trialscreen.cohort.tables import Asked, Tables
from trialscreen.errors import InputError, Problem
from trialscreen.text import printable, shown

STDIN = Path("-")
"""Stands for standard input."""

Opener = Callable[[Path, Asked], Tables]


def name_of(path: Path) -> str:
    """A file's name in messages."""
    return STANDARD_INPUT if path == STDIN else printable(str(path))


def find_files(names: Sequence[str]) -> tuple[Path, ...]:
    """The files that names or patterns (`*`, `?`, `[...]`, `**`) stand for, each once.

    A pattern's files come in the order of their names; `-` is standard input. Raises
    InputError for a name that stands for nothing, or for something that is no readable file
    of a known format.
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
            paths = [Path(one) for one in sorted(glob.glob(name, recursive=True))]  # noqa: PTH207 - absolute patterns
            if not paths:
                problems.append(Problem(printable(name), "no file has such a name"))
        for path in paths:
            problems.extend(_unreadable(path))
            found[path] = None
    if problems:
        raise InputError(problems)
    return tuple(found)


def _unreadable(path: Path) -> Iterable[Problem]:
    name = printable(str(path)) or "''"
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            message = f"is a folder; name its files, such as {printable(str(path / '*.parquet'))}"
            yield Problem(name, message)
        elif not stat.S_ISREG(mode):
            yield Problem(name, "is no regular file")
        elif _opener(path) is None:
            yield Problem(name, f"expected a name that ends in {', '.join(_OPENERS)}")
        else:
            with path.open("rb") as file:
                if not file.read(1):
                    yield Problem(name, "is empty")
    except OSError as error:
        yield Problem(name, f"cannot be read: {error.strerror}")


def open_tables(
    paths: Sequence[Path], folder: Path, sheet: str | None = None, encoding: str | None = None
) -> Tables:
    """The rows of all `paths`, which must have the same columns.

    `folder`, `sheet` and `encoding` are as in `Asked`. Raises InputError.
    """
    problems: list[Problem] = []
    opened: dict[Path, Tables] = {}
    for path in paths:
        asked = Asked(name_of(path), folder, sheet, encoding)
        try:
            file = standard_input(folder) if path == STDIN else path
            opener = _opener(file)
            assert opener is not None
            opened[path] = opener(file, asked)
        except InputError as error:
            problems.extend(error.problems)
        except (OSError, EOFError, zlib.error, pl.exceptions.PolarsError):
            problems.append(Problem(asked.origin, "cannot be read: it is damaged"))
    if all(_opener(path) is open_ndjson for path in opened):
        opened = dict(zip(opened, with_all_keys([*opened.values()]), strict=True))
    problems.extend(_differences({path: tables.schema for path, tables in opened.items()}))
    if problems:
        raise InputError(problems)
    first = opened[paths[0]]
    if len(paths) == 1:
        return first
    names = first.schema.names()
    frame = pl.concat(
        [tables.frame.select(pl.selectors.by_name(names)) for tables in opened.values()]
    )
    counts = [tables.counted for tables in opened.values() if tables.counted is not None]
    known = len(counts) == len(opened)
    counted = (lambda: sum(one() for one in counts)) if known else None
    notes = [note for tables in opened.values() for note in tables.notes]
    return Tables(
        frame, first.schema, counted, any(one.is_text for one in opened.values()), tuple(notes)
    )


def _differences(schemas: Mapping[Path, pl.Schema]) -> Iterable[Problem]:
    """Where files differ in their columns from the first one."""
    if not schemas:
        return
    (first, schema), *others = schemas.items()
    for path, other in others:
        where, beside = name_of(path), name_of(first)
        lacking = [shown(name) for name in schema if name not in other]
        more = [shown(name) for name in other if name not in schema]
        if lacking:
            yield Problem(where, f"has no column {', '.join(lacking)}, which {beside} has")
        if more:
            yield Problem(where, f"has a column {', '.join(more)}, which {beside} has not")
        for name, kind in schema.items():
            if name in other and other[name] != kind:
                message = f"is {other[name]} here and {kind} in {beside}; make them the same"
                yield Problem(f"{where} {printable(name)}", message)


# Formats.


def _open_parquet(path: Path, _asked: Asked) -> Tables:
    frame = pl.scan_parquet(path, glob=False, hive_partitioning=False)
    return Tables(
        frame, frame.collect_schema(), lambda: int(frame.select(pl.len()).collect().item())
    )


def _open_excel(path: Path, asked: Asked) -> Tables:
    try:
        from trialscreen.cohort.excel import read_sheet  # noqa: PLC0415 - an extra, for this format
    except ImportError:
        message = "Excel files need one more package: pip install 'trialscreen[excel]'"
        raise InputError([Problem(asked.origin, message)]) from None
    table, notes = read_sheet(path, asked.sheet, asked.origin)
    return Tables(table.lazy(), table.schema, lambda: len(table), notes=notes)


_OPENERS: Mapping[str, Opener] = {
    ".csv": open_csv,
    ".csv.gz": open_csv,
    ".tsv": open_csv,
    ".tsv.gz": open_csv,
    ".parquet": _open_parquet,
    ".ndjson": open_ndjson,
    ".jsonl": open_ndjson,
    ".xlsx": _open_excel,
}


def _opener(path: Path) -> Opener | None:
    name = path.name.lower()
    return next((opener for end, opener in _OPENERS.items() if name.endswith(end)), None)
