"""The files that hold a cohort, as one lazy frame: CSV, Parquet, NDJSON, Excel.

Text formats keep every cell as text: what it means, `values.read_value` says later.
"""

import glob
import gzip
import stat
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import NamedTuple

import polars as pl

from trialscreen.cohort.headers import csv_header, named_columns, ndjson_keys
from trialscreen.errors import InputError, Problem
from trialscreen.text import MAX_BYTES, printable, shown
from trialscreen.trial import SCREENING_DATE

FIRST_BYTES = MAX_BYTES
"""Read of a text file, to learn its columns."""


class Tables(NamedTuple):
    """All rows of all files, in order; `counted` says how many, unless that takes a pass."""

    frame: pl.LazyFrame
    schema: pl.Schema
    counted: Callable[[], int] | None


def find_files(names: Sequence[str]) -> tuple[Path, ...]:
    """The files that names or patterns (`*`, `?`, `[...]`, `**`) stand for, each once.

    A pattern's files come in the order of their names. Raises InputError for a name that
    stands for nothing, or for something that is no readable file of a known format.
    """
    problems: list[Problem] = []
    found: dict[Path, None] = {}
    for name in names:
        paths = [Path(name)]
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


def open_tables(paths: Sequence[Path], wanted: Iterable[str], sheet: str | None) -> Tables:
    """The rows of all `paths`, which must have the same columns.

    `wanted` are the columns that count, for NDJSON, where a key may first come up late.
    `sheet` names a sheet of Excel files; the first if None. Raises InputError.
    """
    wanted = tuple(wanted)
    problems: list[Problem] = []
    opened: dict[Path, Tables] = {}
    for path in paths:
        opener = _opener(path)
        assert opener is not None
        try:
            opened[path] = opener(path, wanted, sheet)
        except InputError as error:
            problems.extend(error.problems)
        except (OSError, EOFError, zlib.error, pl.exceptions.PolarsError):
            problems.append(Problem(printable(str(path)), "cannot be read: it is damaged"))
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
    return Tables(frame, first.schema, (lambda: sum(one() for one in counts)) if known else None)


def _differences(schemas: Mapping[Path, pl.Schema]) -> Iterable[Problem]:
    """Where files differ in their columns from the first one."""
    if not schemas:
        return
    (first, schema), *others = schemas.items()
    for path, other in others:
        where, beside = printable(str(path)), printable(str(first))
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


def _open_parquet(path: Path, _wanted: tuple[str, ...], _sheet: str | None) -> Tables:
    frame = pl.scan_parquet(path, glob=False, hive_partitioning=False)
    return Tables(
        frame, frame.collect_schema(), lambda: int(frame.select(pl.len()).collect().item())
    )


def _open_csv(path: Path, _wanted: tuple[str, ...], _sheet: str | None) -> Tables:
    names, separator = csv_header(_first_bytes(path), printable(str(path)))
    frame = pl.scan_csv(
        path,
        glob=False,
        infer_schema=False,
        separator=separator,
        with_column_names=lambda _found: names,
    )
    schema = pl.Schema(dict.fromkeys(names, pl.String()))
    return Tables(_without_blank_rows(frame), schema, None)


def _open_ndjson(path: Path, wanted: tuple[str, ...], _sheet: str | None) -> Tables:
    keys = ndjson_keys(_first_bytes(path), printable(str(path)))
    # A key may come up late. Were it the screening date, it would be every patient's.
    late = (name for name in wanted if name != SCREENING_DATE or _mentions(path, name))
    schema = pl.Schema(dict.fromkeys((*keys, *late), pl.String()))
    return Tables(pl.scan_ndjson(path, schema=schema), schema, None)


def _open_excel(path: Path, _wanted: tuple[str, ...], sheet: str | None) -> Tables:
    try:
        import fastexcel  # noqa: PLC0415 - an extra, for this format only
    except ImportError:
        message = "Excel files need one more package: pip install 'trialscreen[excel]'"
        raise InputError([Problem(printable(str(path)), message)]) from None
    name = printable(str(path))
    try:
        book = fastexcel.read_excel(path)
        if sheet is not None and sheet not in book.sheet_names:
            sheets = ", ".join(map(shown, book.sheet_names))
            message = f"has no sheet {shown(sheet)}; its sheets: {sheets}"
            raise InputError([Problem(name, message)])
        found = book.load_sheet(0 if sheet is None else sheet, header_row=None, dtypes="string")
    except fastexcel.FastExcelError:
        raise InputError([Problem(name, "cannot be read as an .xlsx file")]) from None
    cells = found.to_polars()
    if cells.is_empty():
        raise InputError([Problem(name, "the sheet is empty")])
    names = named_columns(["" if cell is None else cell for cell in cells.row(0)], name)
    rows = cells.slice(1).rename(dict(zip(cells.columns, names, strict=True)))
    rows = _without_blank_rows(rows.lazy()).collect()
    return Tables(rows.lazy(), rows.schema, lambda: len(rows))


def _without_blank_rows(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Sheets often end in some, and so do the CSV files made of them."""
    return frame.filter(pl.any_horizontal(pl.all().is_not_null()))


def _first_bytes(path: Path) -> bytes:
    with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as file:
        return file.read(FIRST_BYTES)


def _mentions(path: Path, key: str) -> bool:
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        return data.find(f'"{key}"'.encode()) >= 0


_OPENERS: Mapping[str, Callable[[Path, tuple[str, ...], str | None], Tables]] = {
    ".csv": _open_csv,
    ".csv.gz": _open_csv,
    ".tsv": _open_csv,
    ".parquet": _open_parquet,
    ".ndjson": _open_ndjson,
    ".jsonl": _open_ndjson,
    ".xlsx": _open_excel,
}


def _opener(path: Path) -> Callable[[Path, tuple[str, ...], str | None], Tables] | None:
    name = path.name.lower()
    return next((opener for end, opener in _OPENERS.items() if name.endswith(end)), None)
