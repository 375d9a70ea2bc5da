"""Reads UTF-8 text files up to a size limit, and writes files atomically."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trialscreen.model.errors import refuse
from trialscreen.text.characters import first_control, printable

MAX_BYTES = 1_000_000
"""The largest file that is read, in bytes; a criteria file is a tenth of it."""


def packaged(module: str, name: str, source: str = "") -> Path:
    """A data file installed next to a module; in a source tree, `source` or `name` at its root."""
    inside = Path(module).with_name(name)
    return inside if inside.exists() else Path(__file__).parents[2] / (source or name)


def read_bytes(path: Path, origin: str) -> bytes:
    """A file's first bytes, one more than `decode` takes. Raises InputError at `origin`."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        refuse(origin or "''", f"cannot be read: {error.strerror}")


def decode(data: bytes, origin: str) -> str:
    """UTF-8 text of at most `MAX_BYTES`, without control characters; else InputError."""
    if len(data) > MAX_BYTES:
        refuse(origin, f"{len(data):,} bytes; at most {MAX_BYTES:,} are read")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            refuse(origin, "UTF-16 text, as PowerShell writes it; save it as UTF-8")
        refuse(origin, f"not UTF-8 text (byte {error.start + 1})")
    if "\r" in (text := text.replace("\r\n", "\n")):
        refuse(origin, "a line ends with a carriage return alone; save it with usual line ends")
    if (control := first_control(text)) is not None:
        refuse(origin, f"control character {control}; a text file is expected")
    return text


@contextmanager
def temporary_folder(*, ignore_cleanup_errors: bool = False) -> Iterator[Path]:
    """A folder for its owner only, that is removed in the end, whoever presses Ctrl-C again."""
    import shutil  # noqa: PLC0415 - slow to import, and for large inputs only
    import tempfile  # noqa: PLC0415

    ignore = ignore_cleanup_errors
    folder = tempfile.TemporaryDirectory(prefix="trialscreen-", ignore_cleanup_errors=ignore)
    try:
        yield Path(folder.name)
    finally:
        try:
            folder.cleanup()
        except KeyboardInterrupt:
            shutil.rmtree(folder.name, ignore_errors=True)
            raise


def part_prefix(path: Path) -> str:
    """How the names of files begin that stand beside `path` while it is written."""
    return f".{path.name}.trialscreen."


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A new file beside `path` (readable by its owner only), to be `path` in the end.

    After an exception there is neither the new file nor a change to `path`; after a kill, a
    file with `part_prefix` may be left. Raises InputError if it cannot be written.
    """
    import tempfile  # noqa: PLC0415 - slow to import, and for writing only

    name = printable(str(path))
    try:
        path = path.resolve()  # what a link points to is replaced, not the link
        number, made = tempfile.mkstemp(dir=path.parent, prefix=part_prefix(path), suffix=".part")
    except (OSError, RuntimeError) as error:  # RuntimeError: links that go in circles
        why = error.strerror if isinstance(error, OSError) else "its links go in circles"
        refuse(name, f"cannot be written: {why}")
    os.close(number)
    part = Path(made)
    try:
        yield part
        with writing(name):
            _sync(part, os.O_RDWR)
            part.replace(path)
            if os.name == "posix":  # elsewhere a folder cannot be opened
                _sync(path.parent, os.O_RDONLY)
    finally:
        part.unlink(missing_ok=True)


def write_whole(path: Path, text: str) -> None:
    """Writes UTF-8 text to a file that appears whole or not at all. Raises InputError."""
    with whole_file(path) as part, writing(str(path)):
        part.write_text(text, encoding="utf-8", newline="\n")


@contextmanager
def writing(name: str) -> Iterator[None]:
    """Turns what the system says of writing the file of this name into an InputError."""
    try:
        yield
    except OSError as error:
        refuse(printable(name), f"cannot be written: {error.strerror}")


def _sync(path: Path, flags: int) -> None:
    """Waits until what was written is on the disk."""
    number = os.open(path, flags)
    try:
        os.fsync(number)
    finally:
        os.close(number)
