"""Records to tables: facts that `cohort` screens, their evidence, and every problem."""

import csv
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from trialscreen import InputError, load_trial
from trialscreen.answers.records.codes_file import load_codes
from trialscreen.answers.records.entries import Amount, Coding, Entry, Person, Record
from trialscreen.answers.records.fact_tables import FactFiles, FactTables, open_tables
from trialscreen.answers.records.gathered import Selection
from trialscreen.model.errors import Problem

ON = date(2026, 6, 1)
ALIVE = Person("female", "1956-03-12", source="Patient/a")
TSH = Entry(
    "measurement",
    (Coding("loinc", "3016-3"),),
    "Observation/1",
    Amount("3.10", unit="mIU/L", ucum="m[IU]/L"),
    start="2026-03-02",
)
DEAD = Record("d", (ALIVE, ALIVE._replace(deceased="2020", place="p.ndjson:2")), (TSH,))


def selection(*assume_absent: str) -> Selection:
    trial = load_trial()
    return Selection(trial, load_codes(trial), ON, assume_absent)


def written(files: FactFiles, *records: Record, assume_absent: str = "") -> FactTables:
    with open_tables(selection(*filter(None, (assume_absent,))), files) as tables:
        for record in records:
            tables.add(record)
        tables.note(Problem("x.ndjson:3", "is not JSON"))
    return tables


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_a_row_has_values_as_recorded_and_their_days(tmp_path: Path, ending: str) -> None:
    files = FactFiles(*(tmp_path / f"{name}.{ending}" for name in ("facts", "evidence")))
    counts = written(files, Record("=a", (ALIVE,), (TSH,)), Record("b"), DEAD)
    assert (counts.patients, counts.deceased, counts.facts) == (2, 1, 3)
    read = pl.read_parquet if ending == "parquet" else pl.read_csv
    facts = read(tmp_path / f"facts.{ending}").select(
        pl.col("patient_id", "screening_date", "sex", "tsh", "tsh_date").cast(pl.String)
    )
    name = "=a" if ending == "parquet" else "'=a"
    assert facts.rows() == [
        (name, "2026-06-01", "female", "3.10 m[IU]/L", "2026-03-02"),
        ("b", "2026-06-01", None, None, None),
    ]
    evidence = read(tmp_path / f"evidence.{ending}").filter(pl.col("element") == "tsh")
    assert evidence.rows(named=True)[0] | {"note": None} == {
        "patient_id": name,
        "element": "tsh",
        "kind": "fact",
        "value": "3.10",
        "unit": "m[IU]/L",
        "date": "2026-03-02",
        "code": "3016-3",
        "source": "Observation/1",
        "system": "loinc",
        "note": None,
    }


def test_problems_stand_in_a_file_with_those_who_are_deceased(tmp_path: Path) -> None:
    files = FactFiles(tmp_path / "f.parquet", problems=tmp_path / "p.csv")
    wrong = TSH._replace(value=Amount("3", unit="kg"), place="a.ndjson:7")
    counts = written(files, DEAD, Record("a", (ALIVE,), (wrong,)))
    with (tmp_path / "p.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["place"], row["patient_id"]) for row in rows] == [
        ("p.ndjson:2 Patient/a", "d"),
        ("a.ndjson:7 Observation/1", "a"),
        ("x.ndjson:3", ""),
    ]
    assert rows[0]["problem"] == "is deceased (2020): left out"
    assert counts.problems == len(counts.told) == 2


def test_many_rows_are_written_in_parts(tmp_path: Path) -> None:
    files = FactFiles(tmp_path / "f.parquet")
    assert written(files, *(Record(f"{n:05}") for n in range(4001))).patients == 4001
    ids = pl.read_parquet(files.facts)["patient_id"]
    assert ids.len() == 4001 and ids.is_sorted()


def test_nobody_gives_a_table_without_rows(tmp_path: Path) -> None:
    files = FactFiles(tmp_path / "f.parquet", tmp_path / "e.csv")
    written(files)
    assert pl.read_parquet(files.facts).height == 0
    assert (tmp_path / "e.csv").read_text().count("\n") == 1


def test_after_an_error_nothing_is_there(tmp_path: Path) -> None:
    files = FactFiles(tmp_path / "f.parquet", tmp_path / "e.parquet", tmp_path / "p.csv")
    with pytest.raises(ZeroDivisionError), open_tables(selection(), files):
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("names", [("f.xlsx", "e.parquet"), ("f.parquet", "f.parquet")])
def test_names_that_say_no_format_or_stand_twice_are_refused(
    tmp_path: Path, names: tuple[str, str]
) -> None:
    with pytest.raises(InputError), open_tables(selection(), FactFiles(*map(Path, names))):
        pass


def test_what_is_assumed_is_in_the_table_and_marked_in_the_evidence(tmp_path: Path) -> None:
    files = FactFiles(tmp_path / "f.parquet", tmp_path / "e.parquet")
    element = next(e for e in load_trial().answerable() if e.name == "pth_analog_use")
    written(files, Record("a", (ALIVE,)), assume_absent=element.section)
    assert pl.read_parquet(files.facts)["pth_analog_use"].to_list() == ["no"]
    assumed = pl.read_parquet(tmp_path / "e.parquet").filter(pl.col("kind") == "assumed")
    assert "pth_analog_use" in assumed["element"].to_list()
