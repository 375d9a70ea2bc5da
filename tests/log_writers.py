"""Writers of one log, killed at random moments.

`python -m tests.log_writers LOG KILLS SEED` runs four writers at once, each its own process,
and kills them (SIGKILL) until KILLS have died; then prints every entry that was
acknowledged, one "number seal" to a line.
"""

import math
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from functools import cache
from itertools import cycle
from pathlib import Path
from random import Random
from typing import NamedTuple

from tests.deciding import CRITERIA, add, state
from tests.logs import ON, TRIAL, begun, screened
from trialscreen.log.entry import Choice, CohortState, Decision, Kept

WRITERS = 4
LONGEST = 0.15
"""Seconds that a writer lives at most, most of them after the first entry: a few entries."""


class Writer(NamedTuple):
    """A process, where its acknowledgements are read, and when it is to die."""

    pid: int
    acknowledged: int
    until: float


def start(path: Path, number: int, until: float) -> Writer:
    """A writer that adds entries and acknowledges each by a line, once it is on the disk."""
    kinds = [_of(f"S-{number}", one) for one in _kinds()]  # before it lives, which is not for long
    readable, writable = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writable)
        return Writer(pid, readable, until)
    try:
        with begun(path) as log:
            for one in cycle(kinds):
                entry = add(log, one)
                os.write(writable, f"{entry.number} {entry.seal}\n".encode())
    finally:
        os._exit(1)  # it never ends by itself


@cache
def _kinds() -> tuple[Kept, ...]:
    """An entry of each kind, which can be added again and again."""
    cohort = TRIAL.registration.dose_cohorts[0].name
    decisions = (Decision("S-0", ON, CRITERIA, one, reason="none") for one in _IN_TURN)
    return (screened("S-0"), state(cohort, ON, places=3), *decisions)


def _of(subject: str, one: Kept) -> Kept:
    return one if isinstance(one, CohortState) else one._replace(subject=subject)


_IN_TURN: tuple[Choice, ...] = ("declined", "screen-failure")


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
            # Each fourth may die before its first entry; the others live until after it.
            until = clock() + rng.uniform(0, LONGEST) if begun_count % 4 == 0 else math.inf
            writers.append(start(path, begun_count, until))
        next_to_die = min(writers, key=lambda one: one.until)
        patience = max(next_to_die.until - clock(), 0)
        new = [one for one in writers if one.until == math.inf]
        waited = None if patience == math.inf else patience
        begun = select.select([one.acknowledged for one in new], [], [], waited)[0]
        if begun:
            writers = [
                one._replace(until=clock() + rng.uniform(0, LONGEST))
                if one.acknowledged in begun
                else one
                for one in writers
            ]
        else:
            acknowledged += kill(next_to_die)
            writers.remove(next_to_die)
            died += 1
    for one in writers:
        acknowledged += kill(one)
    return acknowledged


if __name__ == "__main__":
    log, kills, seed = sys.argv[1:]
    sys.stdout.write(run(Path(log), int(kills), Random(int(seed))).decode())
