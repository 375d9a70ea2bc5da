"""Lists files and folders on this machine, for Spark tables."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from glob import glob, has_magic
from pathlib import Path
from uuid import uuid4

from trialscreen.model.errors import raise_any, refuse
from trialscreen.tables.engines.spark import paths
from trialscreen.tables.partitions import beside_log, chosen, is_hidden, is_marker
from trialscreen.text.characters import printable
from trialscreen.text.folders import files_beneath, look_into


def listed(name: str) -> paths.Listed:
    """What a name stands for here. Raises InputError for nothing, and what Spark passes over."""
    path = Path(paths.plain(name))
    found = [path] if path.exists() else _caught(str(path))
    if not found:
        refuse(printable(name), paths.NOT_FOUND)
    roots = [*map(_absolute, found)]
    files = [file for root in roots for file in _beneath(root)]
    return paths.Listed(
        tuple(paths.literal(paths.local(root)) for root in roots), tuple(map(paths.local, files))
    )


def _absolute(path: Path) -> str:
    """As Hadoop takes a path, whatever `..` in it may lead to."""
    return os.path.abspath(path)  # noqa: PTH100 - which follows links


def _caught(pattern: str) -> list[Path]:
    """What a pattern stands for, without the files that Spark leaves beside those with rows."""
    if not has_magic(pattern):
        return []
    look_into(pattern)
    found = sorted(glob(pattern, recursive=True, include_hidden=True))  # noqa: PTH207 - absolute patterns
    return [one for one in map(Path, found) if one.is_dir() or not is_marker(one.name)]


def _beneath(root: str) -> Iterator[str]:
    path = Path(root)
    if is_hidden(path.name):
        refuse(printable(root), paths.HIDDEN)
    if not path.is_dir():
        raise_any(beside_log(root, lambda name: Path(name).exists()))
        yield root
        return
    which = chosen(root, (one.relative_to(root).as_posix() for one in files_beneath(path)))
    raise_any(which.problems)
    yield from (f"{root}/{name}" for name in which.names)


def are_here(sizes: Mapping[str, tuple[int, int]]) -> bool:
    """Whether files at these addresses are here too, as long and as old (ms) as these are."""
    if not all(map(paths.is_local, sizes)):
        return False
    try:
        stats = {address: Path(paths.plain(address)).stat() for address in sizes}
    except OSError:
        return False
    own = {name: (one.st_size, one.st_mtime_ns // 1_000_000) for name, one in stats.items()}
    return bool(own) and own == sizes


@contextmanager
def whole_folder(output: str) -> Iterator[str]:
    """The address of a new folder beside `output`, to be it in the end.

    Raises InputError if `output` is there, and not empty, or if it cannot be written.
    """
    path = Path(paths.plain(output))
    is_leftover = path.is_dir() and not any(path.iterdir())
    if path.exists() and not is_leftover:
        refuse(printable(output), paths.THERE_ALREADY)
    beside = Path(f"{_absolute(path)}.{uuid4().hex}.part")
    try:
        beside.mkdir(parents=True)
    except OSError:
        refuse(printable(output), paths.NOT_WRITTEN)
    try:
        yield paths.local(str(beside))
        beside.replace(path)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
