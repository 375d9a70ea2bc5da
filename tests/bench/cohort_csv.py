"""What screening CSV costs beside Polars by hand, in whole processes that run in turn.

`python -m tests.bench.cohort_csv PATIENTS.parquet [--rounds 7]` for simulated patients
(`python -m tests.tools.simulate`): writes them as CSV, once as they are and once with a tenth
of the columns messy, installs the wheel in a new environment, and prints medians, and the
median of the ratios to Polars by hand on the clean file, round by round. All find the same first.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import polars as pl

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
from tests.tools.simulate import ON

HAND, CLEAN, MESSY = "Polars by hand", "`cohort`", "`cohort`, a tenth of the columns messy"
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


def commands(programs: Path, files: Files, folder: Path) -> dict[str, Command]:
    def cohort(source: Path) -> Command:
        program = (str(programs / "trialscreen"), "cohort", str(source))
        target = str(folder / f"{source.stem}.found.parquet")
        return (*program, "--screening-date", ON.isoformat(), "-o", target)

    python, target = str(programs / "python"), str(folder / "hand.parquet")
    return {
        HAND: (python, "-m", "tests.byhand", "polars", str(files.clean), target),
        CLEAN: cohort(files.clean),
        MESSY: cohort(files.messy),
    }


def measured(programs: Path, source: Path, folder: Path, rounds: int) -> Costs:
    with aside() as call:
        files = call(written, source, folder)

    def agree() -> None:
        with aside() as call:
            call(same, folder / "hand.parquet", folder / f"{files.clean.stem}.found.parquet")

    return in_turn(commands(programs, files, folder), rounds, agree)


def figures(costs: Costs, rows: str) -> list[Figure]:
    return [
        Figure(f"CSV, {rows}: processor time", HAND, ratio(costs, CLEAN, HAND), 1.3),
        Figure(f"CSV, {rows}: memory", HAND, ratio(costs, CLEAN, HAND, "memory"), 1.3),
        Figure(
            f"CSV, {rows}, a tenth of the columns messy: processor time",
            f"{HAND}, clean",
            ratio(costs, MESSY, HAND),
            1.8,
        ),
        Figure(
            f"CSV, {rows}, a tenth of the columns messy: memory",
            f"{HAND}, clean",
            ratio(costs, MESSY, HAND, "memory"),
        ),
    ]


def main() -> None:
    wanted = asked(__doc__, 7)
    with TemporaryDirectory() as name:
        folder = Path(name)
        costs = measured(install(folder, "cohort"), wanted.source, folder, wanted.rounds)
    print(told(costs, HAND))


if __name__ == "__main__":
    main()
