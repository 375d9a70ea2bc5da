"""Signals that end the process: it ends in order, as with Ctrl-C."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from trialscreen.cli.outcome import Exit


class Stopped(KeyboardInterrupt):
    """A signal told the process to end."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def code_of(end: BaseException | None) -> int:
    """The exit code of an interrupt, or of what it led to."""
    while end is not None and not isinstance(end, Stopped):
        end = end.__cause__ or end.__context__
    return Exit.INTERRUPTED if end is None else 128 + end.number


@contextmanager
def ending_in_order() -> Iterator[None]:
    """A closed terminal or a polite kill ends the process as Ctrl-C does: nothing is left half.

    A signal that the parent has ignored, as nohup does, stays ignored.
    """
    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {one: signal.getsignal(one) for one in numbers}

    def stop(number: int, _frame: object) -> NoReturn:
        for one in numbers:
            signal.signal(one, signal.SIG_IGN)  # it is ending already
        raise Stopped(number)

    for one in numbers:
        if before[one] is not signal.SIG_IGN:
            signal.signal(one, stop)
    try:
        yield
    finally:
        for one in numbers:
            signal.signal(one, before[one])
