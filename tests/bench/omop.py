"""What it costs to take facts from an OMOP database, against SQL written by hand for DuckDB.

`python -m tests.bench.omop [--copies 1000] [--rounds 5] [--as duckdb|parquet|csv] [--adults]`
copies the patients of the tests' fixture as often as that, with results that differ. Whole
processes run in turn:

- by hand: tests/bench/omop.sql, which finds the same facts and nearly the same evidence
- extract: the command

Prints the medians of seconds, processor seconds and peak memory, the median of the ratios, round
by round, and how many facts each found. `--adults` leaves children out: their weights and heights
are no weights and heights of the trial, so that older results have to be looked at.
"""

import multiprocessing
import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import duckdb
import polars as pl

from tests.bench.cohort import Cost, cost
from tests.omop import unpacked
from trialscreen.records.omop.source import QUIET

ON = "2022-12-01"
HERE = Path(__file__)
KEYS = {
    "measurement": "measurement_id",
    "observation": "observation_id",
    "condition_occurrence": "condition_occurrence_id",
    "procedure_occurrence": "procedure_occurrence_id",
    "drug_exposure": "drug_exposure_id",
}
TABLES = ("person", "death", *KEYS, "concept", "concept_ancestor")
SAME = "(3025315, 3036277, 3038553)"
"""Weight, height and BMI, which have to agree, are copied as they are."""


def grown(folder: Path, copies: int, *, adults: bool) -> Path:
    """A database with each patient as often as that, under another id."""
    csv, path = unpacked(folder / "csv"), folder / "cdm.duckdb"
    with duckdb.connect(str(path)) as made:
        made.execute(QUIET)
        for table in TABLES:
            source = f"read_csv('{csv / table.upper()}.csv')"
            if table.startswith("concept"):
                made.execute(f"CREATE TABLE {table} AS FROM {source}")
                continue
            described = made.execute(f"DESCRIBE FROM {source}").fetchall()
            ids = [name for name, *_ in described if name.endswith("_id")]
            changed = {name: f"TRY_CAST({name} AS INTEGER)" for name in ids}
            changed["person_id"] = "(person_id + 28 * copy)::INTEGER"
            if table in KEYS:
                changed[KEYS[table]] = f"({KEYS[table]} + 20000 * copy)::INTEGER"
            if table == "measurement":
                changed |= _results()
            listed = ", ".join(f"{what} AS {name}" for name, what in changed.items())
            born = (
                f"SELECT person_id FROM read_csv('{csv / 'PERSON.csv'}') WHERE year_of_birth < 2003"
            )
            where = f"WHERE person_id IN ({born})" if adults else ""
            made.execute(
                f"CREATE TABLE {table} AS SELECT * EXCLUDE (copy) REPLACE ({listed})"
                f" FROM {source}, range({copies}) t(copy) {where} ORDER BY copy"
            )
    return path


def _results() -> dict[str, str]:
    by = "(0.7 + 0.6 * ((hash(measurement_id, copy) % 1000) / 1000.0))"
    number = f"CASE WHEN measurement_concept_id IN {SAME} THEN value_as_number"
    number = f"{number} ELSE round(value_as_number * {by}, 1) END"
    day = "(measurement_date - (hash(copy) % 40)::INTEGER)"
    return {
        "value_as_number": number,
        "value_source_value": f"coalesce(({number})::VARCHAR, value_source_value)",
        "measurement_date": day,
        "measurement_datetime": f"{day}::TIMESTAMP",
    }


def kept_as(form: str, database: Path, folder: Path) -> str:
    """The tables of the database as files."""
    if form == "duckdb":
        return str(database)
    files = folder / f"as_{form}"
    files.mkdir()
    with duckdb.connect(str(database), read_only=True) as made:
        made.execute(QUIET)
        for table in TABLES:
            made.execute(f"COPY {table} TO '{files / table}.{form}'")
    return str(files)


def by_hand(source: str, out: str) -> None:
    """Runs the SQL; `source` is a database or a folder of files."""
    with duckdb.connect() as made:
        made.execute(QUIET)
        if Path(source).is_dir():
            made.execute("ATTACH ':memory:' AS cdm")
            for path in Path(source).iterdir():
                made.execute(f"CREATE VIEW cdm.{path.stem} AS FROM '{path}'")
        else:
            made.execute(f"ATTACH '{source}' AS cdm (READ_ONLY)")
        query = HERE.with_suffix(".sql").read_text("utf-8")
        made.execute(query.replace("{ON}", ON).replace("{OUT}", out))


def _made(folder: Path, copies: int, adults: bool, form: str) -> str:
    return kept_as(form, grown(folder, copies, adults=adults), folder)


def main() -> None:
    parser = ArgumentParser()
    parser.add_argument("--copies", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--as", dest="form", choices=("duckdb", "parquet", "csv"), default="duckdb")
    parser.add_argument("--adults", action="store_true")
    given = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name)
        # In a process of its own: its memory would be counted for those that follow.
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            source = pool.apply(_made, (folder, given.copies, given.adults, given.form))
        files = ("-o", f"{name}/found.parquet", "--evidence", f"{name}/shown.parquet")
        python = sys.executable
        run = (python, "-m", "trialscreen", "extract", "omop", source, *files)
        commands = {
            "by hand": (python, "-m", "tests.bench.omop", "--by-hand", source, name),
            "extract": (*run, "--screening-date", ON, "--problems", f"{name}/problems.csv"),
        }
        costs: dict[str, list[Cost]] = {one: [] for one in commands}
        for _ in range(given.rounds):
            for one, command in commands.items():
                costs[one].append(cost(command))
        for one, some in costs.items():
            medians = (median(getattr(each, field) for each in some) for field in some[0]._fields)
            print(one, *(f"{value:.2f}" for value in medians), "seconds, processor seconds, MB")
        pairs = list(zip(costs["extract"], costs["by hand"], strict=True))
        ratio = median(ours.processor / hand.processor for ours, hand in pairs)
        print(f"processor seconds: {ratio:.2f} of those by hand")
        for kind, path in (("by hand", "evidence"), ("extract", "shown")):
            counted = pl.read_parquet(f"{name}/{path}.parquet").group_by("kind").len().sort("kind")
            print(kind, dict(counted.iter_rows()))


if __name__ == "__main__":
    os.environ.setdefault("PYTHONPATH", str(HERE.parents[2]))
    if sys.argv[1:2] == ["--by-hand"]:
        by_hand(*sys.argv[2:])
    else:
        main()
