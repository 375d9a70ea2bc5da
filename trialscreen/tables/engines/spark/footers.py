"""What the footer of a Parquet file on this machine says: its columns, its rows."""

import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from json import loads
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq

from trialscreen.model.errors import InputError
from trialscreen.tables.engines.spark.listed import Footer, not_parquet
from trialscreen.tables.engines.spark.types import NOTHING, UTC, in_zone, is_moment
from trialscreen.text.characters import printable

_ARROW = b"ARROW:schema"
"""Where Polars, pandas and others note what Parquet's own types do not tell."""

_UNITS = {"milliseconds": "MILLIS", "microseconds": "MICROS", "nanoseconds": "NANOS"}
_OFFSET = re.compile(r"[+-]\d\d:\d\d")


def read_footer(path: str) -> Footer:
    """Of a file on this machine. Raises InputError if it is none of Parquet."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - a name may end in blanks or dots
            data = pq.read_metadata(file)
        return Footer(tuple(_columns(data)), data.num_rows)
    except (pa.ArrowException, OSError, ValueError):
        raise InputError([not_parquet(path)]) from None


def _columns(data: pq.FileMetaData) -> Iterator[tuple[str, str]]:
    note = (data.metadata or {}).get(_ARROW)
    zones = None if note is None else _zones(note)
    above = ""
    for number in range(len(data.schema)):
        column = data.schema.column(number)
        if column.path == column.name:
            kind = _kind(column)
            above = ""
            yield column.name, _in_its_zone(kind, (zones or {}).get(column.name, UTC))
        elif (group := column.path.partition(".")[0]) != above:
            above = group
            yield group, "group"


def _kind(column: pq.ColumnSchema) -> str:
    """The type of a column in the words of Parquet: int32 (DATE)."""
    physical = column.physical_type.lower().replace("byte_array", "binary")
    physical = physical.replace("fixed_len_binary", "fixed_len_byte_array")
    annotation = _annotation(loads(column.logical_type.to_json()))
    if annotation == "NULL":
        return NOTHING
    many = "repeated " if column.max_repetition_level else ""
    return f"{many}{physical}{annotation and f' ({annotation})'}"


def _annotation(logical: Mapping[str, Any]) -> str:
    utc = str(logical.get("isAdjustedToUTC")).lower()
    match logical["Type"]:
        case "None":
            return ""
        case "Int":
            return f"INTEGER({logical['bitWidth']},{str(logical['isSigned']).lower()})"
        case "Decimal":
            return f"DECIMAL({logical['precision']},{logical['scale']})"
        case "Time" | "Timestamp" as kind:
            return f"{kind.upper()}({_UNITS.get(logical['timeUnit'], 'unknown')},{utc})"
        case kind:
            return str(kind).upper()


def _in_its_zone(kind: str, zone: str) -> str:
    return in_zone(kind, zone) if is_moment(kind) else kind


def _zones(note: bytes) -> dict[str, str]:
    """The time zones in which the moments of columns were written, by Arrow's note of them."""
    fields = pa.ipc.read_schema(pa.BufferReader(b64decode(note)))
    return {
        field.name: _zone(field.type.tz)
        for field in fields
        if pa.types.is_timestamp(field.type) and field.type.tz
    }


def _zone(name: str) -> str:
    try:
        known = _OFFSET.fullmatch(name) or ZoneInfo(name)
    except (OSError, ValueError):
        known = None
    return name if known else f"the unknown zone {printable(name)}"
