"""The files of a FHIR export, and the JSON documents in them, each with its place."""

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from io import BytesIO
from itertools import chain, count, repeat
from pathlib import Path
from typing import IO

from trialscreen.model.errors import Problem, raise_any
from trialscreen.text.characters import printable

LINES = (".ndjson", ".jsonl")
ENDINGS = (".json", *LINES)
Note = Callable[[str, str], None]
"""Is told where something is wrong, and what."""
_BUFFER = 1 << 16
_GZIP = 31
"""zlib's word for the form of .gz files."""
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


Document = tuple[bytes, str, int | None]
"""JSON text, and where it stands: a file, and a line of it if it is one of many."""


def find(paths: Sequence[str | Path]) -> tuple[Path, ...]:
    """The FHIR files among these files and folders, in the order of their names.

    Raises InputError for what is not there, for a folder without any, and for another file.
    """
    found: dict[Path, None] = {}
    problems = []
    for path in map(Path, paths):
        inside = _inside(path)
        found.update(dict.fromkeys(inside))
        if not path.exists():
            problems.append(Problem(printable(str(path)), "there is no such file or folder"))
        elif not inside:
            kinds = f"{', '.join(ENDINGS)}, or one of these with .gz"
            what = "holds no FHIR file" if path.is_dir() else "is not a FHIR file"
            problems.append(Problem(printable(str(path)), f"{what}; expected {kinds}"))
    raise_any(problems)
    return tuple(found)


def _inside(path: Path) -> list[Path]:
    if path.is_dir():
        every = (one for one in path.rglob("*") if not one.name.startswith("."))
        return sorted(one for one in every if _ending(one) in ENDINGS and one.is_file())
    return [path] if path.is_file() and _ending(path) in ENDINGS else []


def _ending(path: Path) -> str:
    return Path(path.name.lower().removesuffix(".gz")).suffix


def opened(path: Path, note: Note, advance: Callable[[int], None]) -> Iterable[Document]:
    """The one document of a file, or its many, also lines that are blank, read while asked for.

    What ends it early is told to `note`, with the line, and `advance` of the bytes that are
    read, as they are on the disk.
    """
    name = printable(str(path))
    lines = chain.from_iterable(_blocks(path, name, note, advance))
    if _ending(path) in LINES:
        return zip(lines, repeat(name), count(1), strict=False)
    return ((b"".join(lines), name, None),)


def _blocks(
    path: Path, name: str, note: Note, advance: Callable[[int], None]
) -> Iterator[list[bytes]]:
    """The lines of a file, many at once."""
    lines = 0
    try:
        with path.open("rb") as raw:
            chunks = _chunks(raw, advance)
            for block in _split(_unpacked(chunks) if path.suffix.lower() == ".gz" else chunks):
                if not lines:
                    block[0] = block[0].removeprefix(_BYTE_ORDER_MARK)
                yield block
                lines += len(block)
    except EOFError:
        note(f"{name}:{lines + 1}", "ends early: it is a part of a .gz file")
    except zlib.error:
        message = "is damaged, and not read from here on: it cannot be unpacked"
        note(f"{name}:{lines + 1}", message)
    except OSError as error:
        note(name, f"cannot be read: {error.strerror}")


def _split(chunks: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Lines with their ends; the last one, which may be empty, without."""
    begun: list[bytes] = []
    for chunk in filter(None, chunks):
        lines = BytesIO(chunk).readlines()  # in a third of the time that split takes
        begun.append(lines[0])
        if lines[0].endswith(b"\n"):
            lines[0] = b"".join(begun)
            begun = [] if lines[-1].endswith(b"\n") else [lines.pop()]
            yield lines
    yield [b"".join(begun)]


def _chunks(raw: IO[bytes], advance: Callable[[int], None]) -> Iterator[bytes]:
    while chunk := raw.read(_BUFFER):
        yield chunk
        advance(len(chunk))


def _unpacked(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """What a .gz file holds, up to where it is damaged; it may be several in one.

    Python's gzip gives less of a damaged file, and takes longer.
    """
    unpacker, is_open = zlib.decompressobj(_GZIP), True
    for chunk in chunks:
        rest = chunk
        while rest:
            if unpacker.eof:
                unpacker = zlib.decompressobj(_GZIP)
            yield unpacker.decompress(rest)
            rest = unpacker.unused_data.lstrip(b"\0")
        is_open = not unpacker.eof
    if is_open:
        raise EOFError
