"""Writers of one log, killed at random moments.

`python -m tests.log_writers LOG KILLS SEED` runs four writers at once, each its own process,
and kills them (SIGKILL) until KILLS have died; then prints every entry that was
acknowledged, one "number seal" to a line.
"""

import os
import select
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import NamedTuple

from tests.logs import TOOL, begun, screened

WRITERS = 4
LONGEST = 0.15
"""Seconds that a writer lives at most: a few entries."""


class Writer(NamedTuple):
    """A process, where its acknowledgements are read, and when it is to die."""

    pid: int
    acknowledged: int
    until: float


def start(path: Path, number: int, until: float) -> Writer:
    """A writer that adds entries and acknowledges each by a line, once it is on the disk."""
    readable, writable = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writable)
        return Writer(pid, readable, until)
    try:
        with begun(path) as log:
            while True:
                entry = log.append(screened(f"S-{number}"), "JW", TOOL)
                os.write(writable, f"{entry.number} {entry.seal}\n".encode())
    finally:
        os._exit(1)  # it never ends by itself


def kill(writer: Writer) -> bytes:
    """What it had acknowledged by then."""
    os.kill(writer.pid, signal.SIGKILL)
    _, status = os.waitpid(writer.pid, 0)
    if not os.WIFSIGNALED(status):
        sys.exit("a writer ended by itself")
    acknowledged = b""
    while select.select([writer.acknowledged], [], [], 0)[0]:
        if not (more := os.read(writer.acknowledged, 65_536)):
            break
        acknowledged += more
    os.close(writer.acknowledged)
    return acknowledged


def run(path: Path, kills: int, rng: Random, clock: Callable[[], float] = time.monotonic) -> bytes:
    """Always WRITERS at once, until `kills` have died."""
    writers: list[Writer] = []
    acknowledged, begun_count, died = b"", 0, 0
    while died < kills:
        while len(writers) < WRITERS:
            begun_count += 1
            writers.append(start(path, begun_count, clock() + rng.uniform(0, LONGEST)))
        next_to_die = min(writers, key=lambda one: one.until)
        time.sleep(max(next_to_die.until - clock(), 0))
        acknowledged += kill(next_to_die)
        writers.remove(next_to_die)
        died += 1
    for one in writers:
        acknowledged += kill(one)
    return acknowledged


if __name__ == "__main__":
    log, kills, seed = sys.argv[1:]
    sys.stdout.write(run(Path(log), int(kills), Random(int(seed))).decode())
