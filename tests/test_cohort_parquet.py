"""Parquet as others write it, screened on this machine; `test_spark.py` has the same on Spark."""

from pathlib import Path

import duckdb
import polars as pl

from tests.parquet_cases import Case, parametrized
from tests.process import cohort, refusals
from trialscreen import load_trial

OF_VALUES = (*(f"{name}: " for name in load_trial().elements), "the median of ")


@parametrized
def test_a_table_in_parquet(tmp_path: Path, case: Case) -> None:
    source = case.write(tmp_path)
    options = ("-o", "out.parquet", "--screening-date=2026-06-01", f"--max-bad={case.most_bad}")
    ran = cohort(tmp_path, source, *options)
    expected = case.told(tmp_path, case.polars)
    if expected:
        lines = refusals(ran)
        assert [line[: len(one)] for line, one in zip(lines, expected, strict=True)] == expected
        assert not (tmp_path / "out.parquet").exists()
    else:
        assert ran.code == 0, ran.err
        found = pl.read_parquet(tmp_path / "out.parquet")
        assert case.found_in(found)
        told = [line for line in ran.err.splitlines() if line.startswith(OF_VALUES)]
        assert case.begins(told)


def test_a_column_that_stands_twice_is_named(tmp_path: Path) -> None:
    write_twice(tmp_path / "t.parquet")
    told = refusals(cohort(tmp_path, "t.parquet"))
    assert told == ["t.parquet: the column 'weight' stands twice"]


def write_twice(path: Path) -> None:
    """A file with two columns `weight`, which no library here writes."""
    frame = pl.DataFrame({"patient_id": ["P1"], "weight": [55], "weighs": [39]})
    frame.write_parquet(path, statistics=False)
    path.write_bytes(path.read_bytes().replace(b"weighs", b"weight"))


def test_a_type_newer_than_the_engine_is_no_damage(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        query = "SELECT 'P1' AS patient_id, 55 AS weight, 1::VARIANT AS x"
        connection.execute(f"COPY ({query}) TO '{tmp_path}/t.parquet' (FORMAT parquet)")
    told = refusals(cohort(tmp_path, "t.parquet"))
    assert told == [
        "t.parquet: has a column of a type that Polars does not know; write it without that"
    ]


def test_categories_may_be_ids(tmp_path: Path) -> None:
    for kind in (pl.Categorical, pl.Enum(["b", "a"])):
        ids = pl.Series("patient_id", ["b", "a"], dtype=kind)
        pl.DataFrame([ids, pl.Series("weight", [39, 55])]).write_parquet(tmp_path / "t.parquet")
        ran = cohort(tmp_path, "t.parquet", "-o", "out.parquet")
        assert ran.code == 0, ran.err
        assert pl.read_parquet(tmp_path / "out.parquet")["patient_id"].to_list() == ["b", "a"]


def test_empty_and_doubled_categories_are_no_ids(tmp_path: Path) -> None:
    for ids, says in ((["b", " "], "every row needs one"), (["b", "b"], "each stands for one row")):
        frame = pl.DataFrame(
            {"patient_id": pl.Series(ids, dtype=pl.Categorical), "weight": [39, 55]}
        )
        frame.write_parquet(tmp_path / "t.parquet")
        (told,) = refusals(cohort(tmp_path, "t.parquet"))
        assert told.startswith(f"the ids: {says}")
