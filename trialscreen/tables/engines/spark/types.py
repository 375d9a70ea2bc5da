"""The types of columns in Parquet files, as Spark is told to read them."""

import re
from collections.abc import Mapping
from datetime import date

from pyspark.sql import Column
from pyspark.sql import functions as f
from pyspark.sql import types as t

from trialscreen.model.trial import ElementType

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

_FITTING: Mapping[ElementType, tuple[type[t.DataType], ...]] = {
    "boolean": (t.BooleanType,),
    "choice": (t.StringType,),
    "integer": (t.NumericType,),
    "quantity": (t.NumericType,),
    "date": (t.DateType, t.TimestampNTZType, t.TimestampType),
}
EXPECTED: Mapping[ElementType, str] = {
    "boolean": "yes/no (BOOLEAN)",
    "choice": "text (STRING)",
    "integer": "numbers (DECIMAL of at most 38 digits)",
    "quantity": "numbers (DECIMAL of at most 38 digits)",
    "date": "days (DATE), or times (TIMESTAMP in MILLIS or MICROS)",
}
IDS = "text (STRING) or whole numbers"


def literal(value: float | date) -> Column:
    """A number or a day in a query; `lit` alone refuses days before the year 1000."""
    return f.lit(value.isoformat()).cast("date") if isinstance(value, date) else f.lit(value)


def named(name: str) -> Column:
    """The column of this very name, whatever is in it."""
    quoted = name.replace("`", "``")
    return f.col(f"`{quoted}`")


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


def is_moment(kind: str) -> bool:
    """Whether a Parquet type is of moments, which are stored in UTC wherever they were written."""
    return kind.endswith(",true))") and "(TIMESTAMP(" in kind


def in_zone(kind: str, zone: str) -> str:
    """The type of moments that were written in a time zone."""
    return f"{kind.removesuffix(')')} in {zone})"


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
    """Whether a column of this Parquet type can hold an element."""
    return kind == NOTHING or isinstance(type_of(kind), _FITTING[wanted])
