"""The types of the columns of Parquet files, in Parquet's words, and as Spark is told to read them.

Footers of files on this machine tell more of them than Spark does, and how many rows there are.
"""

import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from json import loads
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import types as t

from trialscreen.model.errors import refuse
from trialscreen.model.trial import ElementType
from trialscreen.tables.engines.spark.paths import NOT_PARQUET
from trialscreen.text.characters import printable

NOTHING = "nothing (every cell is null)"
MOST_DIGITS = 38
FOLDER = "text, in the name of its folder"

_PLAIN: Mapping[str, t.DataType] = {
    "boolean": t.BooleanType(),
    "binary (STRING)": t.StringType(),
    "binary (ENUM)": t.StringType(),
    "float": t.FloatType(),
    "double": t.DoubleType(),
    "int32": t.IntegerType(),
    "int64": t.LongType(),
    "int32 (DATE)": t.DateType(),
    "int64 (TIMESTAMP(MILLIS,false))": t.TimestampNTZType(),
    "int64 (TIMESTAMP(MICROS,false))": t.TimestampNTZType(),
    "int32 (INTEGER(8,true))": t.ByteType(),
    "int32 (INTEGER(16,true))": t.ShortType(),
    "int32 (INTEGER(32,true))": t.IntegerType(),
    "int64 (INTEGER(64,true))": t.LongType(),
    # Spark has no numbers without a sign: the next larger type holds them.
    "int32 (INTEGER(8,false))": t.ShortType(),
    "int32 (INTEGER(16,false))": t.IntegerType(),
    "int32 (INTEGER(32,false))": t.LongType(),
    "int64 (INTEGER(64,false))": t.DecimalType(20, 0),
    FOLDER: t.StringType(),
}
_DECIMAL = re.compile(r"(?:int32|int64|binary|fixed_len_byte_array) \(DECIMAL\((\d+),(\d+)\)\)")
_UNSIGNED = "int64 (INTEGER(64,false))"
_WORDS: Mapping[str, str] = {
    "string": "binary (STRING)",
    "tinyint": "int32 (INTEGER(8,true))",
    "smallint": "int32 (INTEGER(16,true))",
    "int": "int32",
    "bigint": "int64",
    "date": "int32 (DATE)",
    "timestamp_ntz": "int64 (TIMESTAMP(MICROS,false))",
    "decimal(20,0)": _UNSIGNED,
}
"""Spark's types that are called otherwise in Parquet."""
_MOMENT = re.compile(r"int64 \(TIMESTAMP\((?:MILLIS|MICROS),true\) in (\S+)\)")
UTC = "UTC"
_OF_NO_ZONE = "timestamp, of a time zone that Spark does not tell"
_ARROW = b"ARROW:schema"
"""Where Polars, pandas and others note what Parquet's own types do not tell."""

_UNITS = {"milliseconds": "MILLIS", "microseconds": "MICROS", "nanoseconds": "NANOS"}
_OFFSET = re.compile(r"[+-]\d\d:\d\d")

_FITTING: Mapping[ElementType, tuple[type[t.DataType], ...]] = {
    "boolean": (t.BooleanType,),
    "choice": (t.StringType,),
    **dict.fromkeys(("integer", "quantity"), (t.NumericType,)),
    "date": (t.DateType, t.TimestampNTZType, t.TimestampType),
}
TYPED: Mapping[ElementType, t.DataType] = {
    "boolean": t.BooleanType(),
    "choice": t.StringType(),
    **dict.fromkeys(("integer", "quantity"), t.DoubleType()),
    "date": t.DateType(),
}
"""As values are screened."""

EXPECTED: Mapping[ElementType, str] = {
    "boolean": "yes/no (BOOLEAN)",
    "choice": "text (STRING)",
    **dict.fromkeys(("integer", "quantity"), "numbers (DECIMAL of at most 38 digits)"),
    "date": "days (DATE), or times (TIMESTAMP in MILLIS or MICROS)",
}
IDS = "text (STRING) or whole numbers"


def type_of(kind: str) -> t.DataType | None:
    """What a column of this Parquet type is in Spark; None if it cannot be used."""
    if zone_of(kind) is not None:
        return t.TimestampType()
    if (decimal := _DECIMAL.fullmatch(kind)) is None:
        return _PLAIN.get(kind)
    digits, scale = map(int, decimal.groups())
    return t.DecimalType(digits, scale) if digits <= MOST_DIGITS else None


def kind_of(type_: t.DataType) -> str:
    """What a column that Spark takes for this type is called in Parquet, of those that do here."""
    match type_:
        case t.DecimalType() if type_.simpleString() not in _WORDS:
            return f"binary (DECIMAL({type_.precision},{type_.scale}))"
        case t.TimestampType():
            return _OF_NO_ZONE
        case t.NullType():
            return NOTHING
    return _WORDS.get(type_.simpleString(), type_.simpleString())


def zone_of(kind: str) -> str | None:
    """The time zone in which moments were written; None for any other type."""
    moment = _MOMENT.fullmatch(kind)
    return None if moment is None else moment[1]


def said(kind: str) -> str:
    """A type in as few words as tell it: TIME(MICROS,false), double."""
    _, annotated, annotation = kind.partition(" (")
    return annotation.removesuffix(")") if annotated and kind != NOTHING else kind


def can_be_id(kind: str) -> bool:
    return kind == _UNSIGNED or isinstance(type_of(kind), t.StringType | t.IntegralType)


def fits(kind: str, wanted: ElementType) -> bool:
    """Whether a column of this type can hold an element; what folders state is looked at later."""
    return kind in (NOTHING, FOLDER) or isinstance(type_of(kind), _FITTING[wanted])


# Footers.


class Footer(NamedTuple):
    """The columns and types of a file, of which two may have one name; its rows, if it is known."""

    columns: tuple[tuple[str, str], ...]
    rows: int | None


def read_footer(path: str) -> Footer:
    """Of a file on this machine. Raises InputError if it is none of Parquet."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - a name may end in blanks or dots
            data = pq.read_metadata(file)
        return Footer(tuple(_columns(data)), data.num_rows)
    except (pa.ArrowException, OSError, ValueError):
        refuse(printable(path), NOT_PARQUET)


def _columns(data: pq.FileMetaData) -> Iterator[tuple[str, str]]:
    zones = _zones((data.metadata or {}).get(_ARROW))
    above = ""
    for number in range(len(data.schema)):
        column = data.schema.column(number)
        if column.path == column.name:
            kind, above = _kind(column), ""
            if kind.endswith(",true))") and "(TIMESTAMP(" in kind:  # a moment, stored in UTC
                kind = f"{kind.removesuffix(')')} in {zones.get(column.name, UTC)})"
            yield column.name, kind
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


def _zones(note: bytes | None) -> dict[str, str]:
    """The time zones in which the moments of columns were written, by Arrow's note of them."""
    if note is None:
        return {}
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
