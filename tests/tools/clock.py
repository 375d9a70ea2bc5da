"""A command whose clock stands still and whose random ids come in order: it can be repeated.

    python -m tests.tools.clock SECOND ARGUMENTS...

runs `trialscreen ARGUMENTS...` at SECOND seconds past 09:30 UTC on 2029-03-01, a day after
every screening date of the corpus.
"""

import runpy
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, tzinfo
from importlib.machinery import SourceFileLoader
from types import ModuleType
from typing import Any
from unittest.mock import patch

START = datetime(2029, 3, 1, 9, 30, tzinfo=UTC).timestamp()
VERSION = "0.0.0"
"""The version in what is recorded: it stands in sealed entries, and changes with each release."""

_now = START


class _Kind(type):
    """Any day and time is an instance of the class below."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, datetime)


class _Stopped(datetime, metaclass=_Kind):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Any:
        return datetime.fromtimestamp(_now, tz)


def install() -> None:
    """From here on, the modules of trialscreen that are imported read this clock.

    `date.today()` needs no more than `time.time`; `datetime.now()` asks the system, and is
    replaced in the modules that call it.
    """
    load: Callable[[SourceFileLoader, ModuleType], None] = SourceFileLoader.exec_module

    def exec_module(self: SourceFileLoader, module: ModuleType) -> None:
        load(self, module)
        if not module.__name__.startswith("trialscreen"):
            return
        if "datetime.now(" in (self.get_source(module.__name__) or ""):
            vars(module)["datetime"] = _Stopped
        if module.__name__ == "trialscreen":
            vars(module)["__version__"] = VERSION

    SourceFileLoader.exec_module = exec_module  # type: ignore[method-assign, assignment]


@contextmanager
def stopped(second: int) -> Iterator[None]:
    """The clock stands at that second; ids are numbered from there."""
    global _now  # noqa: PLW0603 - there is one clock
    _now = START + second
    ids = iter(range(second * 1000, sys.maxsize))
    with (
        patch.object(time, "time", lambda: _now),
        patch.object(uuid, "uuid4", lambda: uuid.UUID(int=next(ids))),
    ):
        yield


def main() -> None:
    second, *args = sys.argv[1:]
    install()
    sys.argv[1:] = args
    with stopped(int(second)):
        runpy.run_module("trialscreen", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
