"""The process, made safe for commands: its streams, and the signals that end it."""

import codecs
import io
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any, NoReturn, TextIO

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
    """The exit code of an interrupt, or of what it led to."""
    seen: list[BaseException] = []  # an interrupt, and what was made of it, name each other
    while end is not None and end not in seen and not isinstance(end, Stopped):
        seen.append(end)
        end = end.__cause__ or end.__context__
    if isinstance(end, Stopped):
        return 128 + int(end.args[0])
    return 128 + _passed_on[0] if _passed_on else Exit.INTERRUPTED


@contextmanager
def ending_in_order() -> Iterator[None]:
    """A closed terminal or a polite kill ends the process as Ctrl-C does: nothing is left half."""
    numbers = _polite()
    told: list[Stopped] = []

    def stop(number: int, _frame: object) -> NoReturn:
        for one in numbers:
            signal.signal(one, _passed_over)  # it is ending already
        told.append(Stopped(number))
        raise told[0]

    with _handled(numbers, stop, told):
        yield


@contextmanager
def interrupted_once() -> Iterator[None]:
    """Ctrl-C ends what runs; nothing stops what is then cleared away, to the end of the process.

    Neither does a second one, nor what Polars makes of the first: it raises a
    KeyboardInterrupt itself, and Python calls the handler all the same, a moment later.

    A polite kill is passed on as Ctrl-C: nothing else stops Polars in a query, and Python calls
    a handler only when the main thread is back from that.
    """
    told: list[KeyboardInterrupt] = []

    def stop(_number: int, _frame: object) -> None:
        signal.signal(signal.SIGINT, _passed_over)
        told.append(KeyboardInterrupt())
        if not isinstance(sys.exc_info()[1], KeyboardInterrupt):
            raise told[0]

    with _handled([signal.SIGINT], stop, told, for_good=True), _as_interrupts(_polite()):
        yield


@contextmanager
def _as_interrupts(numbers: Sequence[int]) -> Iterator[None]:
    """Whichever of these signals comes, a thread hears of it at once, and interrupts."""
    _passed_on.clear()
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in a background job of a script
        yield
        return
    reading, writing = os.pipe()
    os.set_blocking(writing, False)

    def pass_on() -> None:
        while number := os.read(reading, 1):
            if number[0] in numbers:
                _passed_on.append(number[0])
                signal.raise_signal(signal.SIGINT)

    listener = Thread(target=pass_on)
    before = signal.set_wakeup_fd(writing)
    listener.start()
    try:
        with _handled(numbers, _passed_over, ()):
            yield
    finally:
        signal.set_wakeup_fd(before)
        os.close(writing)
        listener.join()
        os.close(reading)


_passed_on: list[int] = []
"""The signals that were, of the last command."""


def _passed_over(_number: int, _frame: object) -> None:
    """Not SIG_IGN, about which Python complains if the signal came before that was set."""


def _polite() -> list[int]:
    """The signals by which a process is told to end, but for Ctrl-C."""
    return [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


@contextmanager
def _handled(
    numbers: Sequence[int],
    stop: Callable[[int, Any], object],
    told: Sequence[KeyboardInterrupt],
    *,
    for_good: bool = False,
) -> Iterator[None]:
    """Signals call `stop`, which has `told` of one; `for_good` if they did.

    A signal that the parent has ignored, as nohup does, stays ignored. Raises the interrupt of
    which DuckDB makes a RuntimeError, "Query interrupted".
    """
    before = {one: signal.getsignal(one) for one in numbers}
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
        for one in numbers:
            if not (told and for_good):
                signal.signal(one, before[one])
