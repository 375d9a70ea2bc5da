"""Finds the files of a FHIR export and reads the JSON documents in them, with file and line."""

import gzip
import zlib
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator, Sequence
from io import BufferedReader, RawIOBase
from pathlib import Path
from typing import cast

from trialscreen.model.errors import Problem, raise_any
from trialscreen.text.characters import printable
from trialscreen.text.folders import files_beneath

LINES = (".ndjson", ".jsonl")
ENDINGS = (".json", *LINES)
Note = Callable[[str, str], None]
"""Is told where something is wrong, and what."""
_BUFFER = 1 << 17
_AT_ONCE = 1_000
"""Lines."""
_ENDS_EARLY = "ends early: it is a part of a .gz file"


Document = tuple[bytes, str, int | None]
"""JSON text, and where it stands: a file, and a line of it if it is one of many."""


def find(paths: Sequence[str | Path]) -> tuple[Path, ...]:
    """The FHIR files among these files and folders, in the order of their names.

    A link that leads nowhere is one of them, so that it is told. Raises InputError for what is
    not there, for a folder without any or that cannot be read, and for another file.
    """
    found: dict[Path, None] = {}
    problems = []
    for path in map(Path, paths):
        try:
            inside = _inside(path)
            found.update(dict.fromkeys(inside))
            if not path.exists():
                problems.append(Problem(printable(str(path)), "there is no such file or folder"))
            elif not inside:
                kinds = f"{', '.join(ENDINGS)}, or one of these with .gz"
                what = "holds no FHIR file" if path.is_dir() else "is not a FHIR file"
                problems.append(Problem(printable(str(path)), f"{what}; expected {kinds}"))
        except OSError as error:
            where = printable(str(error.filename))
            problems.append(Problem(where, f"cannot be read: {error.strerror}"))
    raise_any(problems)
    return tuple(found)


def _inside(path: Path) -> list[Path]:
    if path.is_dir():
        every = (one for one in files_beneath(path) if not one.name.startswith("."))
        known = (one for one in every if _ending(one) in ENDINGS)
        return sorted(one for one in known if one.is_file() or not one.exists())  # else a pipe
    return [path] if path.is_file() and _ending(path) in ENDINGS else []


def _ending(path: Path) -> str:
    return Path(path.name.lower().removesuffix(".gz")).suffix


def opened(path: Path, note: Note, advance: Callable[[int], None]) -> Iterator[Document]:
    """The one document of a file, or its many, also lines that are blank, read while asked for.

    What ends it early is told to `note`, with the line, and `advance` of the bytes that are
    read, as they are on the disk.
    """
    name, number, told = printable(str(path)), 0, 0
    is_packed = path.suffix.lower() == ".gz"
    try:
        with path.open("rb", 0) as raw:
            unpacked = cast("RawIOBase", gzip.GzipFile(fileobj=raw)) if is_packed else raw
            # Its lines come in two thirds of the time that those of GzipFile take.
            file = BufferedReader(unpacked, _BUFFER)
            if _ending(path) not in LINES:
                yield file.read().removeprefix(BOM_UTF8), name, None
            else:
                for number, line in enumerate(file, 1):
                    yield line if number > 1 else line.removeprefix(BOM_UTF8), name, number
                    if not number % _AT_ONCE:
                        advance(raw.tell() - told)
                        told = raw.tell()
            advance(raw.tell() - told)
            if is_packed and not raw.tell():
                note(f"{name}:1", _ENDS_EARLY)
    except EOFError:
        note(f"{name}:{number + 1}", _ENDS_EARLY)
    except (zlib.error, gzip.BadGzipFile):
        message = "is damaged, and not read from here on: it cannot be unpacked"
        note(f"{name}:{number + 1}", message)
    except OSError as error:
        note(name, f"cannot be read: {error.strerror}")
