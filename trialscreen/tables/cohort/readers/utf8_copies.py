"""Text files that the engine cannot read where they are: copied, as UTF-8, for one run.

A pipe can be read once only, and the engine knows no encoding but UTF-8.
"""

import codecs
import gzip
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, cast

from trialscreen.model.errors import refuse
from trialscreen.tables.cohort.readers.opened import Asked

STANDARD_INPUT = "standard input"
CHUNK = 1 << 20
ADVICE = "save it as UTF-8, or name its encoding, such as --encoding gb18030 or windows-1252"
_BEFORE_TEXT = codecs.BOM_UTF8 + b"\0\xff\xfe \t\r\n"
_GZIP = b"\x1f\x8b"
_UTF8 = ("utf-8", "utf-8-sig")
"""What the engine reads, with a mark before it or without, as Python calls it."""
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""How files begin that are certainly not UTF-8; the longer marks first."""
_BINARY = {b"PAR1": "a Parquet file", b"PK\x03\x04": "an Excel file, or a zip archive"}


def open_bytes(path: Path) -> IO[bytes]:
    """A file to read, unpacked if gzip packed it, whatever its name."""
    with path.open("rb") as file:
        packed = file.read(2) == _GZIP
    if packed or path.suffix.lower() == ".gz":
        return cast("IO[bytes]", gzip.open(path))
    return path.open("rb", CHUNK)


def in_utf8(path: Path, asked: Asked) -> Path:
    """`path` itself, or a copy of it in UTF-8 if it has another encoding. Raises InputError."""
    with open_bytes(path) as file:
        begins = file.read(4)
        if asked.encoding is None or codecs.lookup(asked.encoding).name in _UTF8:
            name = next((one for mark, one in _MARKS.items() if begins.startswith(mark)), None)
            if name is not None:
                message = f"is {name.upper()}, not UTF-8: add --encoding {name}"
                refuse(asked.origin, message)
            return path
        if begins.startswith(codecs.BOM_UTF8):
            message = f"begins as UTF-8 does, which is not {asked.encoding}: leave out --encoding"
            refuse(asked.origin, message)
        file.seek(0)
        return _copied(_decoded(file, asked.encoding, asked.origin), asked, path.suffix)


def is_encoding(name: str) -> bool:
    """Whether text can be read in the encoding of this name."""
    try:
        b",".decode(name)
    except UnicodeError:
        return True  # half a character of it
    except (LookupError, ValueError):  # also for base64 and its like
        return False
    return True


def _decoded(file: IO[bytes], encoding: str, origin: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)()
    line, ended = 1, False
    while not ended:
        data = file.read(CHUNK)
        ended = not data
        try:
            text = decoder.decode(data, final=ended)
        except UnicodeDecodeError as error:
            before = error.object[: error.start].decode(error.encoding, "ignore")
            line += before.count("\n")
            wrong = error.object[error.start : error.end].hex(" ").upper()
            refuse(f"{origin}:{line}", f"is not {encoding}: byte {wrong} is not a character of it")
        except UnicodeError as error:  # of UTF-16, which may lack the mark at its beginning
            refuse(origin, f"is not {encoding}: {error}")
        line += text.count("\n")
        yield text.encode("utf-8", "replace")


def standard_input(folder: Path) -> Path:
    """A copy of what stands in standard input, with the ending of its format. Raises InputError."""
    asked = Asked(STANDARD_INPUT, folder)
    path = _copied(iter(lambda: sys.stdin.buffer.read(CHUNK), b""), asked)
    with open_bytes(path) as file:
        begins = file.read(CHUNK)
    if not begins:
        refuse(asked.origin, "is empty")
    for mark, kind in _BINARY.items():
        if begins.startswith(mark):
            message = f"is {kind}; only text formats are read from a pipe: name the file instead"
            refuse(asked.origin, message)
    is_ndjson = begins.lstrip(_BEFORE_TEXT).startswith(b"{")
    return path.rename(path.with_suffix(".ndjson" if is_ndjson else ".csv"))


def _copied(parts: Iterable[bytes], asked: Asked, ending: str = "") -> Path:
    """A new file in the folder of copies, for its owner only. Raises InputError."""
    try:
        with NamedTemporaryFile("wb", dir=asked.folder, suffix=ending, delete=False) as copy:
            copy.writelines(parts)
    except OSError as error:
        if error.errno is None:  # of what is read, such as a damaged gzip file
            raise
        refuse(asked.origin, f"cannot be copied to {asked.folder.parent}: {error.strerror}")
    return Path(copy.name)
