"""NDJSON files: one JSON object a line, whose keys are counted before the engine reads it."""

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl

from trialscreen.answers.answer import as_text
from trialscreen.tables.cohort.readers.cells import TYPED
from trialscreen.tables.cohort.readers.csv_pieces import whole_lines
from trialscreen.tables.cohort.readers.ndjson_entries import Kind, entries_of
from trialscreen.tables.cohort.readers.opened import (
    Asked,
    CellKind,
    NumberKind,
    Tables,
    named_columns,
    with_constants,
)
from trialscreen.tables.cohort.readers.utf8_copies import in_utf8, new_copy, open_bytes


def open_table(path: Path, asked: Asked) -> Tables:
    """The rows of an NDJSON file, every cell as text. Raises InputError."""
    path = in_utf8(path, asked)
    with open_bytes(path) as file:
        entries = entries_of(file, asked.origin)
    keys = list(entries.kinds)
    names = named_columns(keys, asked.origin)
    called = dict(zip(keys, names, strict=True))
    if numbers := {key for key in keys if asked.written.get(called[key]) == "number"}:
        with open_bytes(path) as file, new_copy(asked, ".ndjson") as copy:
            copy.writelines(_told_apart(line, numbers) for line in file if line.strip(b" \t\r\n"))
        path = Path(copy.name)
        entries.kinds.update(dict.fromkeys(numbers, "any"))
    frame = pl.scan_ndjson(path, schema=dict.fromkeys(keys, pl.String())).rename(called)
    schema = pl.Schema(dict.fromkeys(names, pl.String()))

    def pieces(kinds: Mapping[str, CellKind]) -> Iterator[pl.DataFrame]:
        wanted = {key: kinds.get(name) for key, name in called.items()}
        return (piece.rename(called) for piece in _pieces(path, entries.kinds, wanted))

    return Tables(frame, schema, lambda: entries.rows, is_text=True, pieces=pieces)


def _pieces(
    path: Path, kinds: Mapping[str, Kind], wanted: Mapping[str, CellKind | None]
) -> Iterator[pl.DataFrame]:
    """All rows, some at a time; columns are typed where that is `wanted`, and all values fit."""
    schema = {key: _read_as(kind, wanted[key]) for key, kind in kinds.items()}
    typed = [one for key in kinds if (one := _typed(key, kinds[key], wanted[key])) is not None]
    with open_bytes(path) as file:
        for data in whole_lines(file, 0, is_packed=isinstance(file, gzip.GzipFile)):
            piece = pl.scan_ndjson(data, schema=schema).collect()
            fine = (one.are_usable.alias(f"fine {place}") for place, one in enumerate(typed))
            values = (one.values.alias(f"value {place}") for place, one in enumerate(typed))
            found = piece.select(*values, *fine)
            yield piece.with_columns(
                found[f"value {place}"].alias(one.name)
                if found[f"fine {place}"].all()
                else one.texts
                for place, one in enumerate(typed)
            )


def _read_as(kind: Kind, wanted: CellKind | None) -> pl.DataType:
    if kind == "truth" and wanted == "truth":
        return pl.Boolean()
    is_number = kind == "number" and isinstance(wanted, NumberKind)
    return pl.Float64() if is_number else pl.String()


class _Typed(NamedTuple):
    """A column of plain values: what they are, whether all can be used, and else their texts."""

    name: str
    values: pl.Expr
    are_usable: pl.Expr
    texts: pl.Expr


def _typed(key: str, kind: Kind, wanted: CellKind | None) -> _Typed | None:
    cell, always = pl.col(key), pl.lit(value=True)
    match kind, wanted:
        case "truth in quotes", "truth":
            return _Typed(key, cell == "true", always, cell)
        case "day", "day":  # but for such as 2026-02-30
            days = cell.str.to_date("%Y-%m-%d", strict=False, cache=False)
            return _Typed(key, days, days.null_count() == cell.null_count(), cell)
        case "number", NumberKind(are_usable):  # its text is that which the engine reads, too
            text = cell.cast(pl.String).str.strip_suffix(".0")
            return _Typed(key, cell, are_usable(cell).all(), text)
        case "number in quotes", NumberKind(are_usable):
            number = cell.cast(pl.Float64)
            return _Typed(key, number, are_usable(number).all(), cell)
    return None


def _told_apart(line: bytes, keys: Iterable[str]) -> bytes:
    """A line whose numbers under these keys are texts that begin with TYPED."""
    entry = json.loads(line)
    for key in keys:
        value = entry.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool):
            entry[key] = f"{TYPED}{as_text(value)}"
    return f"{json.dumps(entry, ensure_ascii=False)}\n".encode()


def with_all_keys(tables: Sequence[Tables]) -> list[Tables]:
    """Files of one table: a key that one of them never has is null there, as in any line."""
    schema = pl.Schema(dict.fromkeys((name for one in tables for name in one.schema), pl.String()))
    made = []
    for one in tables:
        lacking = dict.fromkeys(name for name in schema if name not in one.schema)
        made.append(with_constants(one, lacking, pl.String())._replace(schema=schema))
    return made
