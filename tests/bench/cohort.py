"""What screening a whole table costs, in whole processes that run in turn.

`python -m tests.bench.cohort INPUT [--rounds 5]` for a Parquet file of simulated patients
(`python -m tests.tools.simulate`). Installs the wheel in a new environment; prints, for each run,
the medians of seconds, processor seconds and peak memory, and the median of the ratios,
round by round, that have a goal.
"""

import os
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

import polars as pl
from rich.console import Console
from rich.table import Table

from tests.bench.startup import install
from tests.byhand import SQL
from tests.tools.simulate import ID, ON

GOALS = (
    ("rows", "Polars by hand", 1.10),
    ("rows", "floor", 1.8),
    ("rows and attrition", "rows", 1.25),
    ("generated SQL on DuckDB", "SQL by hand on DuckDB", 1.10),
)


class Cost(NamedTuple):
    """One process: seconds by the clock, processor seconds, peak memory in MB."""

    seconds: float
    processor: float
    memory: float


def commands(programs: Path, source: str, folder: Path) -> Mapping[str, tuple[str, ...]]:
    target = str(folder / "out.parquet")
    program = str(programs / "trialscreen")
    cohort = (program, "cohort", source, "--screening-date", ON.isoformat())
    attrition = str(folder / "attrition.json")

    def by_hand(kind: str) -> tuple[str, ...]:
        return (str(programs / "python"), "-m", "tests.byhand", kind, source, target)

    return {
        "floor": by_hand("floor"),
        "Polars by hand": by_hand("polars"),
        "rows": (*cohort, "-o", target),
        "rows and attrition": (*cohort, "-o", target, "--attrition", attrition),
        "SQL by hand on DuckDB": by_hand(str(SQL)),
        "generated SQL on DuckDB": by_hand(str(_generated(program, source, folder))),
    }


def _generated(program: str, source: str, folder: Path) -> Path:
    """The query for the columns of the table, as `trialscreen sql` prints it."""
    columns = ",".join(name for name in pl.read_parquet_schema(source) if name != ID)
    options = ("--columns", columns, "--screening-date", ON.isoformat(), "--trust-values")
    command = (program, "sql", "--dialect", "duckdb", *options)
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    file = folder / "generated.sql"
    file.write_text(printed.rstrip().removesuffix(";"), encoding="utf-8")
    return file


def cost(arguments: tuple[str, ...]) -> Cost:
    start = time.perf_counter()
    child = os.posix_spawn(arguments[0], arguments, os.environ)
    _, status, used = os.wait4(child, 0)
    if status:
        sys.exit(f"{' '.join(arguments)}: failed with {status}")
    seconds = time.perf_counter() - start
    return Cost(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def report(costs: Mapping[str, list[Cost]]) -> Table:
    table = Table("run", "seconds", "processor seconds", "peak MB", "ratios of seconds (goal)")
    for name, some in costs.items():
        ratios = [
            f"{median(one.seconds / other.seconds for one, other in pairs):.2f} of {base} ({goal})"
            for run, base, goal in GOALS
            if run == name and (pairs := list(zip(some, costs[base], strict=True)))
        ]
        medians = (median(getattr(one, field) for one in some) for field in Cost._fields)
        table.add_row(name, *(f"{value:.2f}" for value in medians), "\n".join(ratios))
    return table


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("source")
    parser.add_argument("--rounds", type=int, default=5)
    wanted = parser.parse_args()
    rows = pl.scan_parquet(wanted.source).select(pl.len()).collect().item()
    with TemporaryDirectory() as folder:
        programs = install(Path(folder), "cohort,sql", "duckdb", "numpy")
        runs = commands(programs, wanted.source, Path(folder))
        costs: dict[str, list[Cost]] = {name: [] for name in runs}
        for _ in range(wanted.rounds):
            for name, arguments in runs.items():
                costs[name].append(cost(arguments))
    print(f"{rows:,} patients, {wanted.rounds} rounds, Polars {pl.__version__}")
    Console(width=130).print(report(costs))


if __name__ == "__main__":
    main()
