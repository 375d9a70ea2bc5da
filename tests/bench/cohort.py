"""What screening a whole table costs, in whole processes that run in turn.

`python -m tests.bench.cohort INPUT [--rounds 5]` for a Parquet file of simulated patients
(`python -m tests.tools.simulate`). Installs the wheel in a new environment; all find the same
first. Prints medians, and the medians of the ratios to Polars by hand, round by round.
"""

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.measure import (
    Command,
    Costs,
    Figure,
    aside,
    asked,
    in_turn,
    install,
    ratio,
    same,
    told,
)
from tests.byhand import SQL
from tests.tools.simulate import ID, ON

HAND, FLOOR, ROWS, ATTRITION = "Polars by hand", "floor", "rows", "rows and attrition"
SQL_HAND, SQL_OURS = "SQL by hand on DuckDB", "generated SQL on DuckDB"
ALIKE = (HAND, ROWS, ATTRITION)
EXTRAS = ("cohort,sql", "duckdb", "numpy")


def commands(programs: Path, source: Path, folder: Path) -> dict[str, Command]:
    program = str(programs / "trialscreen")
    cohort = (program, "cohort", str(source), "--screening-date", ON.isoformat())
    attrition = ("--attrition", str(folder / "attrition.json"))

    def to(run: str) -> str:
        return str(target(folder, run))

    def by_hand(kind: str, run: str) -> Command:
        return (str(programs / "python"), "-m", "tests.byhand", kind, str(source), to(run))

    return {
        FLOOR: by_hand("floor", FLOOR),
        HAND: by_hand("polars", HAND),
        ROWS: (*cohort, "-o", to(ROWS)),
        ATTRITION: (*cohort, "-o", to(ATTRITION), *attrition),
        SQL_HAND: by_hand(str(SQL), SQL_HAND),
        SQL_OURS: by_hand(str(_generated(program, source, folder)), SQL_OURS),
    }


def target(folder: Path, run: str) -> Path:
    return folder / f"{run}.parquet"


def _generated(program: str, source: Path, folder: Path) -> Path:
    """The query for the columns of the table, as `trialscreen sql` prints it."""
    with aside() as call:
        columns = ",".join(name for name in call(_names, source) if name != ID)
    options = ("--columns", columns, "--screening-date", ON.isoformat(), "--trust-values")
    command = (program, "sql", "--dialect", "duckdb", *options)
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    file = folder / "generated.sql"
    file.write_text(printed.rstrip().removesuffix(";"), encoding="utf-8")
    return file


def _names(source: Path) -> list[str]:
    import polars as pl

    return [*pl.read_parquet_schema(source)]


def measured(programs: Path, source: Path, folder: Path, rounds: int, *runs: str) -> Costs:
    """What these runs cost, or all; those of Polars must find the same."""
    todo = commands(programs, source, folder)
    wanted = {run: command for run, command in todo.items() if not runs or run in runs}

    def agree() -> None:
        with aside() as call:
            call(same, *(target(folder, run) for run in ALIKE if run in wanted))

    return in_turn(wanted, rounds, agree)


def figures(large: Costs, small: Costs, large_rows: str, small_rows: str) -> list[Figure]:
    """`large` and `small`: the same runs of many and of a tenth as many patients."""

    def of(costs: Costs, run: str, base: str, most: float, rows: str) -> Figure:
        return Figure(f"Parquet, {rows}: {run}", base, ratio(costs, run, base, "seconds"), most)

    grown = [
        Figure(
            f"Parquet, {large_rows}: memory of {run}",
            f"{small_rows}",
            _memory(large, run) / _memory(small, run),
            most,
        )
        for run, most in ((ROWS, 1.3), (ATTRITION, 1.2))
    ]
    return [
        of(large, ROWS, HAND, 0.90, large_rows),
        of(large, ROWS, FLOOR, 1.8, large_rows),
        of(large, ATTRITION, ROWS, 1.15, large_rows),
        *grown,
        of(small, ROWS, HAND, 1.10, small_rows),
        of(small, SQL_OURS, SQL_HAND, 1.10, small_rows),
    ]


def _memory(costs: Costs, run: str) -> float:
    return max(one.memory for one in costs[run])


def main() -> None:
    wanted = asked(__doc__, 5)
    with TemporaryDirectory() as name:
        folder = Path(name)
        costs = measured(install(folder, *EXTRAS), wanted.source, folder, wanted.rounds)
    print(told(costs, HAND))


if __name__ == "__main__":
    main()
