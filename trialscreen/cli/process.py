"""The process, made safe for commands: its streams, and the signals that end it."""

import codecs
import io
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any, TextIO

from trialscreen.cli.output import Exit
from trialscreen.text.characters import PLAIN

NARROWEST, WIDEST = 20, 10_000
"""Columns of a page: with fewer nothing is readable, and lines are filled up to their end."""

_ERRORS = "trialscreen"
_STDERR = 2


def open_streams() -> None:
    """Output that was closed goes nowhere; what its encoding lacks is put in ASCII."""
    codecs.register_error(_ERRORS, _in_ascii)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            stream = Path(os.devnull).open("w", encoding="utf-8", errors=_ERRORS)  # noqa: SIM115 - for good
            setattr(sys, name, stream)
        else:
            stream.reconfigure(errors=_ERRORS)
            setattr(sys, name, _unbroken(stream))
    _sane_size()


def _in_ascii(error: UnicodeError) -> tuple[str, int]:
    """What stands for characters that an encoding lacks: the same in ASCII, or "?"."""
    assert isinstance(error, UnicodeEncodeError)
    lacking = error.object[error.start : error.end]
    return "".join(PLAIN.get(char, "?") for char in lacking), error.end


class _Unbroken(io.FileIO):
    """A file descriptor to write to; when its reader has left, the rest goes nowhere.

    So does what cannot be written to `stderr` at all: the exit code still tells the verdict.
    """

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except OSError as error:
            # `head` has seen enough, and the exit code stays the verdict's.
            if not isinstance(error, BrokenPipeError) and self.fileno() != _STDERR:
                raise
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())
            return len(data)


def _unbroken(stream: TextIO) -> TextIO:
    """The same stream over a descriptor whose reader may leave; others are kept as they are."""
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    below: Any = stream.buffer
    raw = getattr(below, "raw", below)  # with `python -u` nothing stands between
    if type(raw) is not io.FileIO:
        return stream
    stream.flush()
    ours: Any = _Unbroken(raw.fileno(), "w", closefd=False)
    return io.TextIOWrapper(
        ours if raw is below else io.BufferedWriter(ours),
        encoding=stream.encoding,
        errors=_ERRORS,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


def _sane_size() -> None:
    """Rich prints nothing in no columns, stops at `²`, and fills the widest line it is told of."""
    for name in ("COLUMNS", "LINES"):
        text = os.environ.get(name, "")
        if not (text.isascii() and text.isdigit() and text.strip("0")):
            os.environ.pop(name, None)
        else:
            size = int(text) if len(text) < 10 else WIDEST
            os.environ[name] = str(min(max(size, NARROWEST), WIDEST))


# Signals.


class Stopped(KeyboardInterrupt):
    """A signal told the process to end; its argument is the signal's number."""


def code_of(end: BaseException | None) -> int:
    """The exit code of an interrupt, or of what it led to: that of the signal which came first."""
    code: int = Exit.INTERRUPTED
    seen: list[BaseException] = []  # an interrupt, and what was made of it, name each other
    while end is not None and end not in seen:
        if isinstance(end, Stopped):
            code = 128 + int(end.args[0])
        seen.append(end)
        end = end.__cause__ or end.__context__
    return code


def is_interrupt(end: BaseException) -> bool:
    """Whether Python made it of an interrupt: of one in the body of a class, a RuntimeError."""
    return isinstance(end.__cause__, KeyboardInterrupt)


@contextmanager
def ending_in_order() -> Iterator[None]:
    """A closed terminal or a polite kill ends the process as Ctrl-C does: nothing is left half."""
    with _handled(_polite()):
        yield


@contextmanager
def interrupted_once() -> Iterator[None]:
    """Ctrl-C ends what runs; nothing stops what is then cleared away, to the end of the process.

    A polite kill is as prompt: after it comes an interrupt, as nothing else stops Polars in a
    query, and Python calls handlers only when the main thread is back from that.
    """
    reading, writing = os.pipe()
    os.set_blocking(writing, False)

    def pass_on() -> None:
        while number := os.read(reading, 1):
            if number[0] in _polite():
                signal.raise_signal(signal.SIGINT)

    listener = Thread(target=pass_on)
    with _handled([signal.SIGINT], for_good=True):
        before = signal.set_wakeup_fd(writing)
        listener.start()
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)
            os.close(writing)
            listener.join()
            os.close(reading)


def _polite() -> list[int]:
    """The signals by which a process is told to end, but for Ctrl-C."""
    return [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


@contextmanager
def _handled(numbers: Sequence[int], *, for_good: bool = False) -> Iterator[None]:
    """The first of these signals stops what runs; `for_good`, later ones are then passed over.

    A signal that the parent has ignored, as nohup does, stays ignored. Raises the interrupt of
    which DuckDB makes a RuntimeError, "Query interrupted".
    """
    before = {one: signal.getsignal(one) for one in numbers}
    told: list[Stopped] = []

    def stop(number: int, _frame: object) -> None:
        for one in {*numbers, signal.SIGINT}:
            signal.signal(one, _passed_over)
        told.append(Stopped(number))
        running = sys.exc_info()[1]
        if not isinstance(running, KeyboardInterrupt):
            raise told[0]
        # Polars has raised one itself, and what it has stopped is being cleared away.
        running.__cause__ = told[0]

    for one in numbers:
        if before[one] is not signal.SIG_IGN:
            signal.signal(one, stop)
    try:
        yield
    except Exception as error:
        if told:
            raise told[0] from error
        raise
    finally:
        if not (told and for_good):
            for one in numbers:
                signal.signal(one, before[one])


def _passed_over(_number: int, _frame: object) -> None:
    """Not SIG_IGN, about which Python complains if the signal came before that was set."""
