"""What screening CSV costs beside Polars by hand, in whole processes that run in turn.

`python -m tests.bench.cohort_csv PATIENTS.parquet [--rounds 7]` for simulated patients
(`python -m tests.tools.simulate`): writes them as CSV, once as they are and once with a tenth
of the columns messy, installs the wheel in a new environment, and prints medians, and the
median of the ratios to Polars by hand on the clean file, round by round. All find the same first.
"""

from argparse import ArgumentParser
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

import polars as pl
from rich.console import Console
from rich.table import Table

from tests.bench.cohort import Cost, cost
from tests.bench.startup import install
from tests.tools.simulate import ON

HAND, CLEAN, MESSY = "Polars by hand", "`cohort`", "`cohort`, a tenth of the columns messy"
GOALS = {CLEAN: (1.3, 1.3), MESSY: (1.8, None)}
"""At most so many times the processor time and the memory of HAND."""
UNITS = {
    "weight": "kg",
    "height": "cm",
    "alt": "U/L",
    "ast": "U/L",
    "serum_calcium": "mmol/L",
    "tsh": "mIU/L",
    "serum_creatinine": "\u00b5mol/L",
    "hbv_dna": "IU/mL",
}
DAYS = ("last_menstrual_period_date", "last_fragility_fracture_date", "pth_analog_last_dose_date")


class Files(NamedTuple):
    """The patients as CSV; beside `clean` stand their types, in a Parquet file of that name."""

    clean: Path
    messy: Path


def written(source: Path, folder: Path) -> Files:
    files = Files(folder / "patients.csv", folder / "messy.csv")
    (folder / "patients.parquet").symlink_to(source.absolute())
    patients = pl.scan_parquet(source)
    patients.sink_csv(files.clean)
    patients.with_columns(*map(_numbers, UNITS), *map(_days, DAYS)).sink_csv(files.messy)
    return files


def _numbers(name: str) -> pl.Expr:
    """A tenth of them as bounds, with blanks, and with units."""
    text, place = pl.col(name).cast(pl.String), pl.int_range(pl.len()) % 40
    bound = pl.when(place == 0).then("<" + text).when(place == 1).then(" " + text)
    united = bound.when(place == 2).then(text + f" {UNITS[name]}").when(place == 3)
    return united.then("> " + text).otherwise(text).alias(name)


def _days(name: str) -> pl.Expr:
    """A tenth of them without a day, or also without a month."""
    text, place = pl.col(name).cast(pl.String), pl.int_range(pl.len()) % 20
    return (
        pl.when(place == 0)
        .then(text.str.head(7))
        .when(place == 1)
        .then(text.str.head(4))
        .otherwise(text)
        .alias(name)
    )


def commands(programs: Path, files: Files, folder: Path) -> Mapping[str, tuple[str, ...]]:
    def cohort(source: Path) -> tuple[str, ...]:
        program = (str(programs / "trialscreen"), "cohort", str(source))
        return (*program, "--screening-date", ON.isoformat(), "-o", str(folder / "out.parquet"))

    python, target = str(programs / "python"), str(folder / "hand.parquet")
    return {
        HAND: (python, "-m", "tests.byhand", "polars", str(files.clean), target),
        CLEAN: cohort(files.clean),
        MESSY: cohort(files.messy),
    }


def report(costs: Mapping[str, list[Cost]]) -> Table:
    table = Table("run", "seconds", "processor s", "of by hand", "peak MB", "of by hand")
    for name, some in costs.items():
        pairs = [*zip(some, costs[HAND], strict=True)]
        time = median(one.processor / hand.processor for one, hand in pairs)
        memory = median(one.memory / hand.memory for one, hand in pairs)
        goals = [f" (goal {goal})" if goal else "" for goal in GOALS.get(name, ("", ""))]
        seconds, processor, peak = (
            median(getattr(one, field) for one in some) for field in Cost._fields
        )
        table.add_row(
            *(name, f"{seconds:.2f}", f"{processor:.2f}", f"{time:.2f}{goals[0]}"),
            *(f"{peak:.0f}", f"{memory:.2f}{goals[1]}"),
        )
    return table


def _check(folder: Path) -> None:
    found = [pl.read_parquet(folder / one) for one in ("hand.parquet", "out.parquet")]
    assert found[0].equals(found[1]), "they do not find the same"


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("--rounds", type=int, default=7)
    wanted = parser.parse_args()
    rows = pl.scan_parquet(wanted.source).select(pl.len()).collect().item()
    # A process counts the memory of the one that starts it as its own: this one stays small.
    with TemporaryDirectory() as name, ProcessPoolExecutor(1, get_context("spawn")) as aside:
        folder = Path(name)
        files = aside.submit(written, wanted.source, folder).result()
        runs = commands(install(folder, "cohort"), files, folder)
        costs: dict[str, list[Cost]] = {name: [] for name in runs}
        for done in range(wanted.rounds):
            for run, arguments in runs.items():
                costs[run].append(cost(arguments))
                if not done and run == CLEAN:
                    aside.submit(_check, folder).result()
    print(f"{rows:,} patients, {wanted.rounds} rounds, Polars {pl.__version__}")
    Console(width=130).print(report(costs))


if __name__ == "__main__":
    main()
