"""How Polars is led: rows by the batch through Python, in memory that does not grow."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import polars as pl
from polars.io.plugins import register_io_source

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

_SETTINGS = {
    "POLARS_ROW_GROUP_PREFETCH_SIZE": "1",  # it is decoded while others are screened
    # A column at a time: else many are decoded at once, and their memory is not all used again.
    "POLARS_PARQUET_DECODE_TARGET_VALUES_PER_THREAD": "100000",
    "POLARS_CSV_CHUNK_PREFETCH_LIMIT": "1",
    "POLARS_NDJSON_CHUNK_PREFETCH_LIMIT": "1",
    "POLARS_DEFAULT_DISTRIBUTOR_BUFFER_SIZE": "1",
    "POLARS_DEFAULT_LINEARIZER_BUFFER_SIZE": "1",
    # Else a file cannot be opened at all for a column of such a type, used or not.
    "POLARS_IMPORT_INTERVAL_AS_STRUCT": "1",
    "POLARS_IGNORE_TIMEZONE_PARSE_ERROR": "1",
}


def settle() -> None:
    """Stops the engine from reading far ahead of what is written, unless the user has said so.

    It also learns to open files with columns of types that it does not know. To be called
    before the first query of the process.
    """
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)
    pl.Config.reload_env_vars()


@contextmanager
def interruptible() -> Iterator[None]:
    """Raises a KeyboardInterrupt in the end also if it came where none can be raised.

    So it is while the engine closes a generator: Python would print it and forget it.
    """
    before = sys.unraisablehook
    lost: list[KeyboardInterrupt] = []

    def keep(unraisable: "UnraisableHookArgs") -> None:
        if isinstance(unraisable.exc_value, KeyboardInterrupt):
            lost.append(unraisable.exc_value)
        else:
            before(unraisable)

    sys.unraisablehook = keep
    try:
        yield
    finally:
        sys.unraisablehook = before
    if lost:
        raise lost[0]


Rows = TypeVar("Rows", bound=Sized)
Made = TypeVar("Made")


def each(rows: Iterable[Rows], step: Callable[[Rows], Made]) -> Iterator[Made]:
    """What `step` makes of the next rows, each time, but for empty ones.

    The engine goes on with other rows meanwhile.
    """
    for some in rows:
        if not len(some):
            continue
        try:
            made = step(some)
        except pl.exceptions.PolarsError as error:
            raise RuntimeError("reading a batch") from error  # a fault, and not of the input
        del some  # its memory is for the next ones
        yield made


def as_one(batches: Callable[[], Iterable[pl.DataFrame]], schema: pl.Schema) -> pl.LazyFrame:
    """All rows of the batches; each is as in `schema`."""

    def made(
        columns: list[str] | None, only: pl.Expr | None, most: int | None, _size: int | None
    ) -> Iterator[pl.DataFrame]:
        assert only is None, "no filter is asked of it"
        assert most is None, "all rows are asked of it"
        for batch in batches():
            yield batch if columns is None else batch[columns]

    return register_io_source(made, schema=schema)


def in_batches(frame: pl.LazyFrame) -> Iterator[pl.DataFrame]:
    """The rows of `frame`, as many at a time as the engine likes."""
    yield from frame.collect_batches(maintain_order=True)
