"""Files that appear whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trialscreen.errors import InputError, Problem
from trialscreen.text import printable


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A new file beside `path` (readable by its owner only), to be `path` in the end.

    It takes the place of a file that was there. After an exception there is neither the
    new file nor a change to `path`; after a kill, a file `.NAME.….part` may be left, which
    does no harm. Raises InputError if it cannot be written.
    """
    name = printable(str(path))
    path = path.resolve()  # what a link points to is replaced, not the link
    try:
        number, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    except OSError as error:
        message = f"cannot be written: {error.strerror}"
        raise InputError([Problem(name, message)]) from None
    os.close(number)
    try:
        yield Path(part)
        try:
            _keep(Path(part), path)
        except OSError as error:
            raise InputError([Problem(name, f"cannot be written: {error.strerror}")]) from None
    finally:
        Path(part).unlink(missing_ok=True)


def _keep(part: Path, path: Path) -> None:
    """Renames, once all of the file is on the disk."""
    _sync(part)
    part.replace(path)
    _sync(path.parent)


def _sync(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
