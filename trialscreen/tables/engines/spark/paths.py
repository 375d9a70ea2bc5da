"""Paths as they are, as addresses, and as Spark takes them; and what is said of those in use."""

import re
from typing import NamedTuple

NOT_FOUND = "cannot be read (PATH_NOT_FOUND)"
NOT_PARQUET = "cannot be read as Parquet"
NOT_WRITTEN = "cannot be written"
THERE_ALREADY = "is there already; name a new folder"
HIDDEN = "begins with _ or ., and Spark passes over such files; rename it"

_PATTERN = re.compile(r"([{}\[\]*?\\])")
_SYSTEM = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(?://[^/]*)?")
_LOCAL = "file"


class Listed(NamedTuple):
    """What to give to Spark, written for it; and the addresses of the files with rows."""

    roots: tuple[str, ...]
    files: tuple[str, ...]


def system_of(path: str) -> str | None:
    """The name of the file system that a path begins with: file, s3a, hdfs."""
    found = _SYSTEM.match(path)
    return None if found is None else found[1]


def is_local(address: str) -> bool:
    """Whether an address with its file system is of the machine where Spark runs."""
    return system_of(address) == _LOCAL


def plain(address: str) -> str:
    """The path itself, without its file system."""
    return _SYSTEM.sub("", address, count=1)


def local(path: str) -> str:
    """The address of a path on this machine."""
    return f"{_LOCAL}:{path}"


def literal(path: str) -> str:
    """For Spark, to which any path is a pattern, whether or not there is such a file."""
    return _PATTERN.sub(r"\\\1", path)
