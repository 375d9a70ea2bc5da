"""The files that a name stands for, wherever they are, and what is said of such names."""

from typing import NamedTuple

from trialscreen.model.errors import Problem
from trialscreen.text.characters import printable

HIDDEN = "begins with _ or ., and Spark passes over such files; rename it"


class Listed(NamedTuple):
    """What to give to Spark, written for it; and the addresses of the files with rows."""

    roots: tuple[str, ...]
    files: tuple[str, ...]


class Footer(NamedTuple):
    """The columns and types of a file, of which two may have one name; its rows, if it is known."""

    columns: tuple[tuple[str, str], ...]
    rows: int | None


def not_found(name: str) -> Problem:
    return Problem(printable(name), "cannot be read (PATH_NOT_FOUND)")


def not_parquet(path: str) -> Problem:
    return Problem(printable(path), "cannot be read as Parquet")


def unknown_type(path: str) -> Problem:
    message = "has a column of a type that Spark does not know; write it without that"
    return Problem(printable(path), message)


def there_already(output: str) -> Problem:
    return Problem(printable(output), "is there already; name a new folder")


def not_written(output: str) -> Problem:
    return Problem(printable(output), "cannot be written")
