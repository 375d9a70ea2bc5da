"""What it costs to take facts from an OMOP database, against SQL written by hand for DuckDB.

`python -m tests.bench.omop [--copies 1000] [--rounds 5] [--as duckdb|parquet|csv] [--adults]`
copies the patients of the tests' fixture as often as that, with results that differ. Whole
processes run in turn:

- by hand: tests/bench/omop.sql, which finds the same facts and nearly the same evidence
- extract: the command

Prints medians, the medians of the ratios to the work by hand, round by round, and how many facts
each found. `--adults` leaves children out: their weights and heights
are no weights and heights of the trial, so that older results have to be looked at.
"""

import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import polars as pl

from tests.bench.measure import Command, Costs, Figure, aside, in_turn, ratio, told
from tests.omop import unpacked
from trialscreen.answers.records.omop.source import QUIET

ON = "2022-12-01"
HAND, EXTRACT = "by hand", "extract"
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


def commands(source: str, folder: Path) -> dict[str, Command]:
    files = ("-o", f"{folder}/found.parquet", "--evidence", f"{folder}/shown.parquet")
    run = (sys.executable, "-m", "trialscreen", "extract", "omop", source, *files)
    return {
        HAND: (sys.executable, "-m", "tests.bench.omop", "--by-hand", source, str(folder)),
        EXTRACT: (*run, "--screening-date", ON, "--problems", f"{folder}/problems.csv"),
    }


def measured(
    folder: Path, copies: int, rounds: int, form: str = "duckdb", adults: bool = False
) -> Costs:
    # In a process of its own: its memory would be counted for those that follow.
    with aside() as call:
        source = call(_made, folder, copies, adults, form)

    def agree() -> None:
        facts = {run: kinds["fact"] for run, kinds in found(folder).items()}
        assert facts[HAND] == facts[EXTRACT], f"they do not find as many facts: {facts}"

    return in_turn(commands(source, folder), rounds, agree)


def found(folder: Path) -> dict[str, dict[str, int]]:
    """How much evidence of each kind there is."""
    return {
        run: dict(pl.read_parquet(folder / path).group_by("kind").len().sort("kind").iter_rows())
        for run, path in ((HAND, "evidence.parquet"), (EXTRACT, "shown.parquet"))
    }


def figures(costs: Costs) -> list[Figure]:
    return [
        Figure(
            "`extract omop`, DuckDB: processor time",
            "SQL by hand",
            ratio(costs, EXTRACT, HAND),
            1.2,
        )
    ]


def main() -> None:
    parser = ArgumentParser()
    parser.add_argument("--copies", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--as", dest="form", choices=("duckdb", "parquet", "csv"), default="duckdb")
    parser.add_argument("--adults", action="store_true")
    given = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name)
        costs = measured(folder, given.copies, given.rounds, given.form, given.adults)
        print(told(costs, HAND))
        print(*found(folder).items(), sep="\n")


if __name__ == "__main__":
    os.environ.setdefault("PYTHONPATH", str(HERE.parents[2]))
    if sys.argv[1:2] == ["--by-hand"]:
        by_hand(*sys.argv[2:])
    else:
        main()
