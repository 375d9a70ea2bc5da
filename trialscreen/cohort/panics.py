"""When the engine itself gives up on a file: told as any file that cannot be read."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import polars as pl

from trialscreen.errors import InputError, Problem

STDERR = 2


@contextmanager
def panics_told(files: str) -> Iterator[None]:
    """Raises InputError where the engine panics over the `files`.

    A panic is no error of the engine's own kind, nor any Exception. What the engine prints
    of it may hold values of patients, and is not shown.
    """
    try:
        with _without_its_words():
            yield
    except pl.exceptions.PanicException:
        message = (
            "cannot be read: Polars gives up on it, mostly over a column of a type of its own;"
            " write it anew with columns of text, numbers, yes/no and days"
        )
        raise InputError([Problem(files, message)]) from None


@contextmanager
def _without_its_words() -> Iterator[None]:
    """Keeps back what is not written to standard error by Python; shown later, if all is well."""
    try:
        kept = os.dup(STDERR)
    except OSError:  # it is closed
        yield
        return
    ours = sys.stderr
    with tempfile.TemporaryFile() as aside, os.fdopen(kept, "wb", 0) as to_user:
        if _is_stderr(ours):
            ours.flush()
            encoding, errors = ours.encoding, ours.errors
            sys.stderr = os.fdopen(os.dup(kept), "w", 1, encoding=encoding, errors=errors)
        os.dup2(aside.fileno(), STDERR)
        try:
            yield
        except BaseException as error:
            if isinstance(error, pl.exceptions.PanicException):
                aside.truncate(0)
            raise
        finally:
            os.dup2(kept, STDERR)
            if sys.stderr is not ours:
                sys.stderr.close()
                sys.stderr = ours
            aside.seek(0)
            shutil.copyfileobj(aside, to_user)


def _is_stderr(stream: object) -> bool:
    try:
        return bool(stream is not None and stream.fileno() == STDERR)  # type: ignore[attr-defined]
    except (AttributeError, OSError, ValueError):
        return False
