"""What screening on Spark costs beside the same rules by hand in Spark SQL, in whole processes.

`python -m tests.bench.spark INPUT [--rounds 7]` for a Parquet file of simulated patients
(`python -m tests.tools.simulate`), on Linux. Both run in turn on local[2], with their Java; they
must find the same in every cell. Prints medians, and the medians of the ratios round by round.
"""

import ctypes
import os
import sys
import time
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from shutil import rmtree
from tempfile import TemporaryDirectory

from tests.bench.measure import Command, Cost, Costs, Figure, asked, in_turn, ratio, told
from tests.engines import java
from tests.tools.simulate import ID, ON

MASTER = "local[2]"
HAND, OURS = "Spark SQL by hand", "`cohort --engine spark`"
_TAKES_ORPHANS = 36
"""PR_SET_CHILD_SUBREAPER of Linux: Java outlives the Python that started it."""


def commands(source: Path, folder: Path) -> dict[str, Command]:
    ours = ("trialscreen", "cohort", str(source), "-o", str(folder / OURS), "--engine", "spark")
    options = ("--master", MASTER, "--screening-date", ON.isoformat(), "--max-bad", "1")
    by_hand = ("tests.byhand_spark", str(source), str(folder / HAND), MASTER)
    return {
        name: (sys.executable, "-m", *rest)
        for name, rest in ((HAND, by_hand), (OURS, (*ours, *options)))
    }


def cost(command: Command) -> Cost:
    """Of a process and all that it starts, until the last has ended; the peak is not known."""
    start, before = time.perf_counter(), _used()
    child = os.posix_spawn(command[0], command, os.environ)
    while True:
        try:
            ended, status = os.wait()
        except ChildProcessError:
            break
        if ended == child and status:
            sys.exit(f"{' '.join(command)}: failed with {status}")
    return Cost(time.perf_counter() - start, _used() - before, float("nan"))


def _used() -> float:
    used = getrusage(RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measured(source: Path, folder: Path, rounds: int) -> Costs:
    ctypes.CDLL(None).prctl(_TAKES_ORPHANS, 1, 0, 0, 0)

    def anew(command: Command) -> Cost:
        for run in (HAND, OURS):
            if str(folder / run) in command:
                rmtree(folder / run, ignore_errors=True)
        return cost(command)

    def agree() -> None:  # in this process: another would be waited for as Java is
        _compare(folder)

    with java(quick=False):
        todo = commands(source, folder)
        in_turn(todo, 1, agree, of=anew)  # a warm-up that is not counted
        return in_turn(todo, rounds, of=anew)


def _compare(folder: Path) -> None:
    import polars as pl

    ours, by_hand = (pl.read_parquet(folder / run / "*.parquet") for run in (OURS, HAND))
    assert ours.sort(ID).equals(by_hand.sort(ID)), "they do not find the same"


def figures(costs: Costs, rows: str) -> list[Figure]:
    return [
        Figure(f"{OURS}, {MASTER}, {rows}: processor time", HAND, ratio(costs, OURS, HAND), 1.15),
        Figure(f"{OURS}, {MASTER}, {rows}: time", HAND, ratio(costs, OURS, HAND, "seconds")),
    ]


def main() -> None:
    wanted = asked(__doc__, 7)
    with TemporaryDirectory() as name:
        print(told(measured(wanted.source, Path(name), wanted.rounds), HAND))


if __name__ == "__main__":
    main()
