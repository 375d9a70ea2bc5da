"""The command line called inside the tests' own process, with all that a process has set up.

What a run changes is put back afterwards: the environment, the folder, the three streams and
their file descriptors, the arguments, the signal handlers, the time zone, garbage collection.
"""

import atexit
import gc
import io
import os
import signal
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, chdir, contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import BinaryIO, TextIO

from trialscreen import cli

_HANDLED = ("SIGINT", "SIGTERM", "SIGHUP", "SIGPIPE")
_STREAMS = ("stdin", "stdout", "stderr")
_MAIN = Path(cli.__file__).parent.parent / "__main__.py"


def called(
    args: list[str], stdin: bytes, folder: Path, environment: Mapping[str, str]
) -> tuple[int, bytes, bytes]:
    """The exit code of `python -m trialscreen` with `args`, and what it wrote to its streams."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        with ExitStack() as stack:
            stack.enter_context(_environment(environment))
            stack.enter_context(chdir(folder))
            stack.enter_context(_started_as_main(args))
            stack.enter_context(_descriptors(stdin, out, err))
            stack.enter_context(_streams())
            stack.enter_context(_settings_kept())
            code = _exit_code()
        return code, _written(out), _written(err)


def _exit_code() -> int:
    try:
        cli.main()
    except SystemExit as leaving:
        if leaving.code is None:
            return 0
        if isinstance(leaving.code, int):
            return int(leaving.code)
        sys.stderr.write(f"{leaving.code}\n")  # as the interpreter does
        return 1


def _written(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read()


@contextmanager
def _environment(wanted: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)

    def become(environment: Mapping[str, str]) -> None:
        os.environ.clear()
        os.environ.update(environment)
        time.tzset()

    become(wanted)
    try:
        yield
    finally:
        become(before)


@contextmanager
def _started_as_main(args: list[str]) -> Iterator[None]:
    """What was started names itself in its help, and finds its arguments."""
    main = ModuleType("__main__")
    main.__package__ = "trialscreen"
    before = sys.argv, sys.modules["__main__"]
    sys.argv, sys.modules["__main__"] = [str(_MAIN), *args], main
    try:
        yield
    finally:
        sys.argv, sys.modules["__main__"] = before


@contextmanager
def _descriptors(stdin: bytes, out: BinaryIO, err: BinaryIO) -> Iterator[None]:
    """The process' own descriptors: also what is not Python reads and writes there."""
    reading, writing = os.pipe()
    feeding = threading.Thread(target=_feed, args=(writing, stdin))
    before = [os.dup(number) for number in range(3)]
    for number, descriptor in enumerate((reading, out.fileno(), err.fileno())):
        os.dup2(descriptor, number)
    os.close(reading)
    feeding.start()
    try:
        yield
    finally:
        for number, descriptor in enumerate(before):
            os.dup2(descriptor, number)
            os.close(descriptor)
        feeding.join()


def _feed(writing: int, stdin: bytes) -> None:
    with suppress(BrokenPipeError), os.fdopen(writing, "wb") as pipe:
        pipe.write(stdin)


@contextmanager
def _streams() -> Iterator[None]:
    """Python's streams over the descriptors, as in a locale of UTF-8."""
    before = [getattr(sys, name) for name in _STREAMS]
    for stream in before[1:]:
        stream.flush()
    sys.stdin, sys.stdout, sys.stderr = made = [
        _text(0, "r", errors="surrogateescape"),
        _text(1, "w", errors="surrogateescape"),
        _text(2, "w", errors="backslashreplace", buffering=1),
    ]
    try:
        yield
    finally:
        for name, stream in zip(_STREAMS, before, strict=True):
            setattr(sys, name, stream)
        for stream in made:
            stream.close()


def _text(number: int, mode: str, *, errors: str, buffering: int = -1) -> TextIO:
    """A descriptor as a text stream, which is closed without the descriptor."""
    opened = os.fdopen(number, mode, buffering, encoding="utf-8", errors=errors, closefd=False)
    assert isinstance(opened, io.TextIOWrapper)
    return opened


@contextmanager
def _settings_kept() -> Iterator[None]:
    """A warning is an error; handlers and garbage collection are as before in the end."""
    numbers = [getattr(signal, name) for name in _HANDLED if hasattr(signal, name)]
    handlers = {number: signal.getsignal(number) for number in numbers}
    collecting = gc.isenabled()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        if collecting:
            gc.enable()
        atexit.unregister(gc.freeze)
