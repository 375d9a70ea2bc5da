"""What screening on Spark costs beside the same rules by hand in Spark SQL, in whole processes.

`python -m tests.bench.spark INPUT [--rounds 7]` for a Parquet file of simulated patients
(`python -m tests.tools.simulate`), on Linux. First both must find the same in every cell; then
they run in turn on local[2]. Prints the medians of seconds and of processor seconds, with those
of Java, and the median of the ratios round by round.
"""

import ctypes
import os
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

import polars as pl
import pyspark

from tests.engines import java
from tests.tools.simulate import ID, ON

MASTER = "local[2]"
GOAL = 1.15
_TAKES_ORPHANS = 36
"""PR_SET_CHILD_SUBREAPER of Linux: Java outlives the Python that started it."""


class Cost(NamedTuple):
    seconds: float
    processor: float


def commands(source: str, folder: Path) -> dict[str, tuple[str, ...]]:
    ours = ("trialscreen", "cohort", source, "-o", str(folder / "ours"), "--engine", "spark")
    options = ("--master", MASTER, "--screening-date", ON.isoformat(), "--max-bad", "1")
    by_hand = ("tests.byhand_spark", source, str(folder / "by hand"), MASTER)
    return {
        name: (sys.executable, "-m", *rest)
        for name, rest in (("by hand", by_hand), ("ours", (*ours, *options)))
    }


def cost(command: tuple[str, ...]) -> Cost:
    """Of a process and all that it starts, until the last has ended."""
    start, before = time.perf_counter(), _used()
    child = os.posix_spawn(command[0], command, os.environ)
    while True:
        try:
            ended, status = os.wait()
        except ChildProcessError:
            break
        if ended == child and status:
            sys.exit(f"{' '.join(command)}: failed with {status}")
    return Cost(time.perf_counter() - start, _used() - before)


def _used() -> float:
    used = getrusage(RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("source")
    parser.add_argument("--rounds", type=int, default=7)
    wanted = parser.parse_args()
    ctypes.CDLL(None).prctl(_TAKES_ORPHANS, 1, 0, 0, 0)
    costs: dict[str, list[Cost]] = {"by hand": [], "ours": []}
    with java(quick=False):
        for number in range(wanted.rounds + 1):
            with TemporaryDirectory() as name:
                for run, command in commands(wanted.source, Path(name)).items():
                    costs[run].append(cost(command))
                if number == 0:
                    _compare(Path(name))
    rows = pl.scan_parquet(wanted.source).select(pl.len()).collect().item()
    print(f"{rows:,} patients, {MASTER}, {wanted.rounds} rounds, Spark {pyspark.__version__}")
    measured = {run: some[1:] for run, some in costs.items()}
    for run, some in measured.items():
        seconds, processor = (median(one[i] for one in some) for i in range(2))
        print(f"{run}: {seconds:.1f} s, {processor:.1f} processor s")
    pairs = [*zip(measured["ours"], measured["by hand"], strict=True)]
    for i, field in enumerate(Cost._fields):
        print(f"ratio of {field}: {median(one[i] / other[i] for one, other in pairs):.2f}")
    print(f"goal: {GOAL}")


def _compare(folder: Path) -> None:
    ours, by_hand = (pl.read_parquet(folder / run / "*.parquet") for run in ("ours", "by hand"))
    if not ours.sort(ID).equals(by_hand.sort(ID)):
        sys.exit("they do not find the same")


if __name__ == "__main__":
    main()
