"""Folders: all that is in them, or an error; what is left out in silence is a lost patient."""

import errno
import os
from collections.abc import Iterator
from glob import glob, has_magic
from pathlib import Path


def files_beneath(folder: Path) -> Iterator[Path]:
    """Every file in a folder, at any depth, also behind links to folders.

    A link to a folder that it lies in is passed over: what is there is found without it. Raises
    OSError, with its name, for a folder that cannot be read.
    """
    for inner, folders, names in os.walk(folder, onerror=_raised, followlinks=True):
        here = Path(inner)
        folders[:] = [name for name in folders if not _leads_back(here / name)]
        yield from (here / name for name in names)


def _raised(error: OSError) -> None:
    raise error


def _leads_back(path: Path) -> bool:
    return path.is_symlink() and path.parent.resolve().is_relative_to(path.resolve())


def look_into(pattern: str) -> None:
    """Raises OSError for a folder that a pattern looks into, and that cannot be read.

    glob passes over it, as a shell does.
    """
    inner = Path(pattern)
    while has_magic(str(inner)):
        asked = os.R_OK | os.X_OK if has_magic(inner.name) else os.X_OK
        for folder in glob(str(inner.parent), recursive=True):  # noqa: PTH207 - absolute patterns
            if Path(folder).is_dir() and not os.access(folder, asked):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), folder)
        inner = inner.parent
