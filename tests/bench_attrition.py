"""What attrition costs beside the rows: processor time and memory, in alternating pairs.

    python -m tests.bench_attrition TABLE [PAIRS]

runs `trialscreen cohort TABLE` with and without `--attrition`, each in a process of its own,
and prints the medians. `python -m tests.simulate ROWS TABLE --unknown 0.1` makes a table.
"""

import os
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import NamedTuple

PAIRS = 5


class Cost(NamedTuple):
    """Seconds of processor time, and the most memory in MB."""

    seconds: float
    memory: float


def cost(*arguments: str) -> Cost:
    """Of one run of `trialscreen`."""
    command = [sys.executable, "-m", "trialscreen", *arguments]
    process = os.posix_spawn(sys.executable, command, os.environ)
    _, status, used = os.wait4(process, 0)
    assert status == 0
    return Cost(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def main() -> None:
    table, pairs = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else PAIRS
    alone, both = [], []
    with tempfile.TemporaryDirectory() as folder:
        rows, page = str(Path(folder) / "rows.parquet"), str(Path(folder) / "page.json")
        screen = ("cohort", table, "-o", rows, "--screening-date", "2026-06-01")
        for _ in range(pairs):
            alone.append(cost(*screen))
            both.append(cost(*screen, "--attrition", page))
    ratios = [two.seconds / one.seconds for one, two in zip(alone, both, strict=True)]
    for name, costs in (("rows", alone), ("rows and attrition", both)):
        seconds, memory = median(one.seconds for one in costs), median(one.memory for one in costs)
        print(f"{name:20} {seconds:8.2f} s {memory:8.0f} MB")
    print(f"median of the {pairs} ratios of processor time: {median(ratios):.2f}")


if __name__ == "__main__":
    main()
