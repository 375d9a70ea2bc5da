"""Lists the files in folders, completely or with an error: a file skipped is a patient lost."""

import errno
import os
from collections import deque
from collections.abc import Iterator
from glob import glob, has_magic
from pathlib import Path


def files_beneath(folder: Path) -> Iterator[Path]:
    """Every file in a folder, at any depth, following links to folders.

    A folder that several paths lead to is read once, by its own path if that is one of them.
    Raises OSError, with the folder's name, for a folder that cannot be read.
    """
    seen: set[Path] = set()
    links = deque([folder])
    while links:
        inner = [links.popleft()]
        while inner:
            here = inner.pop()
            if (own := here.resolve()) in seen:
                continue
            seen.add(own)
            with os.scandir(here) as entries:
                names = [entry.name for entry in entries]
            for path in map(here.joinpath, names):
                if not path.is_dir():
                    yield path
                else:
                    (links if path.is_symlink() else inner).append(path)


def look_into(pattern: str) -> None:
    """Raises OSError for an unreadable folder that a glob pattern would search.

    `glob` skips such folders silently, as a shell does.
    """
    inner = Path(pattern)
    while has_magic(str(inner)):
        asked = os.R_OK | os.X_OK if has_magic(inner.name) else os.X_OK
        for folder in glob(str(inner.parent), recursive=True):  # noqa: PTH207 - absolute patterns
            if Path(folder).is_dir() and not os.access(folder, asked):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), folder)
        inner = inner.parent
