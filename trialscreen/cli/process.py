"""Makes the process robust: closed or non-UTF-8 streams, terminal sizes, signals."""

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
"""Limits for the width of a page: less is unreadable, and lines are padded to the full width."""

_ERRORS = "trialscreen"
_STDERR = 2


def open_streams() -> None:
    """Discards output to closed streams; replaces characters that an encoding lacks by ASCII."""
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
    """Replaces characters that an encoding lacks by an ASCII equivalent, or "?"."""
    assert isinstance(error, UnicodeEncodeError)
    lacking = error.object[error.start : error.end]
    return "".join(PLAIN.get(char, "?") for char in lacking), error.end


class _Unbroken(io.FileIO):
    """A writable file descriptor that discards the rest of the output if its reader has gone.

    On `stderr` any failed write is discarded: the exit code still tells the verdict.
    """

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except OSError as error:
            # A broken pipe, as by `head`, does not change the exit code.
            if not isinstance(error, BrokenPipeError) and self.fileno() != _STDERR:
                raise
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())
            return len(data)


def _unbroken(stream: TextIO) -> TextIO:
    """The stream over an `_Unbroken` descriptor; streams that are not files are unchanged."""
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    below: Any = stream.buffer
    raw = getattr(below, "raw", below)  # unbuffered with `python -u`
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
    """Limits COLUMNS and LINES to values that Rich can handle: not 0, not `²`, not too wide."""
    for name in ("COLUMNS", "LINES"):
        text = os.environ.get(name, "")
        if not (text.isascii() and text.isdigit() and text.strip("0")):
            os.environ.pop(name, None)
        else:
            size = int(text) if len(text) < 10 else WIDEST
            os.environ[name] = str(min(max(size, NARROWEST), WIDEST))


# Signals.


class Stopped(KeyboardInterrupt):
    """The process received a signal to end; the argument is the signal's number."""


def code_of(end: BaseException | None) -> int:
    """The exit code for an interrupt, or for an exception caused by one."""
    seen: list[BaseException] = []  # chained exceptions may refer to each other
    while end is not None and end not in seen and not isinstance(end, Stopped):
        seen.append(end)
        end = end.__cause__ or end.__context__
    if isinstance(end, Stopped):
        return 128 + int(end.args[0])
    return 128 + _passed_on[0] if _passed_on else Exit.INTERRUPTED


@contextmanager
def ending_in_order() -> Iterator[None]:
    """Makes SIGTERM and SIGHUP end the process as Ctrl-C does, leaving no unfinished files."""
    numbers = _polite()
    received: list[Stopped] = []

    def stop(number: int, _frame: object) -> NoReturn:
        for one in numbers:
            signal.signal(one, _passed_over)  # it is ending already
        received.append(Stopped(number))
        raise received[0]

    with _handled(numbers, stop, received):
        yield


@contextmanager
def interrupted_once() -> Iterator[None]:
    """Lets the first Ctrl-C interrupt the body, and nothing interrupt the cleanup that follows.

    A second Ctrl-C is ignored, as is the first when it arrives twice: Polars raises a
    KeyboardInterrupt itself, and Python calls the handler as well, a moment later.

    SIGTERM and SIGHUP are passed on as Ctrl-C: nothing else stops a Polars query, and Python calls
    a handler only once the main thread has returned from it.
    """
    received: list[KeyboardInterrupt] = []

    def stop(_number: int, _frame: object) -> None:
        signal.signal(signal.SIGINT, _passed_over)
        received.append(KeyboardInterrupt())
        if not isinstance(sys.exc_info()[1], KeyboardInterrupt):
            raise received[0]

    with _handled([signal.SIGINT], stop, received, for_good=True), _as_interrupts(_polite()):
        yield


@contextmanager
def _as_interrupts(numbers: Sequence[int]) -> Iterator[None]:
    """Turns these signals into SIGINT at once, by a thread that waits for them."""
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
"""The signals that were passed on during the last command."""


def _passed_over(_number: int, _frame: object) -> None:
    """Ignores a signal; SIG_IGN would make Python complain about one that is already pending."""


def _polite() -> list[int]:
    """The signals that ask a process to end, except SIGINT."""
    return [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


@contextmanager
def _handled(
    numbers: Sequence[int],
    stop: Callable[[int, Any], object],
    received: Sequence[KeyboardInterrupt],
    *,
    for_good: bool = False,
) -> Iterator[None]:
    """Handles signals by `stop`, which adds to `received`; permanently if one came and `for_good`.

    A signal that the parent process ignores, as under nohup, stays ignored. If DuckDB turned the
    interrupt into a RuntimeError ("Query interrupted"), the interrupt is raised instead.
    """
    before = {one: signal.getsignal(one) for one in numbers}
    for one in numbers:
        if before[one] is not signal.SIG_IGN:
            signal.signal(one, stop)
    try:
        yield
    except Exception as error:
        if received:
            raise received[0] from error
        raise
    finally:
        for one in numbers:
            if not (received and for_good):
                signal.signal(one, before[one])
