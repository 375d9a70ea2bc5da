"""Parquet as others write it, screened on this machine; `test_spark.py` has the same on Spark."""

from pathlib import Path
from shutil import copy

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.parquet_cases import Case, parametrized
from tests.process import cohort, refusals
from trialscreen import load_trial

DATA = Path(__file__).parent / "data"
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


def test_findings_are_texts_and_yes_or_no_to_every_reader(tmp_path: Path) -> None:
    """Within a run, verdicts are of a type of few texts, which readers would meet as such."""
    pl.DataFrame({"patient_id": ["P1", "P2"], "weight": [39, None]}).write_parquet(
        tmp_path / "t.parquet"
    )
    ran = cohort(tmp_path, "t.parquet", "-o", "out.parquet", "--screening-date=2026-06-01")
    assert ran.code == 0, ran.err
    found = pl.read_parquet(tmp_path / "out.parquet")
    assert found.rows_by_key("patient_id", unique=True)["P1"][:2] == ("ineligible", None)
    assert found.schema.dtypes() == [pl.String] * 3 + [pl.Boolean] * len(load_trial().criteria)
    kinds = pq.read_schema(tmp_path / "out.parquet").types
    assert kinds == [pa.large_string()] * 3 + [pa.bool_()] * len(load_trial().criteria)


def test_empty_and_doubled_categories_are_no_ids(tmp_path: Path) -> None:
    for ids, says in ((["b", " "], "every row needs one"), (["b", "b"], "each stands for one row")):
        frame = pl.DataFrame(
            {"patient_id": pl.Series(ids, dtype=pl.Categorical), "weight": [39, 55]}
        )
        frame.write_parquet(tmp_path / "t.parquet")
        (told,) = refusals(cohort(tmp_path, "t.parquet"))
        assert told.startswith(f"the ids: {says}")


def test_moments_in_a_time_zone_that_nobody_can_tell_are_no_days(tmp_path: Path) -> None:
    # Written by Spark 4.3 in a session of Asia/Shanghai: timestamp'1956-03-12 00:00:00' as
    # birth_date, which INT96 has as 16:00 on the day before.
    copy(DATA / "int96_by_spark.parquet", tmp_path / "t.parquet")
    told = refusals(cohort(tmp_path, "t.parquet"))
    assert told == [
        "t.parquet: the column 'birth_date': holds moments that Spark wrote as INT96, without the"
        " time zone that its days are of; write days (cast to DATE) instead"
    ]
    # The same moments without the note of Spark are those of a clock.
    pl.read_parquet(tmp_path / "t.parquet").write_parquet(tmp_path / "other.parquet")
    assert cohort(tmp_path, "other.parquet", "-o", "out.parquet").code == 0


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_a_file_without_rows_is_no_matter_beside_others(tmp_path: Path, ending: str) -> None:
    rows = pl.DataFrame({"patient_id": ["P1", "P2"], "weight": [55.0, 39.0]})
    parts = {"a": rows.clear(), "b": rows.head(1), "c": rows.clear(), "d": rows.tail(1)}
    for name, part in parts.items():
        path = tmp_path / f"{name}.{ending}"
        part.write_parquet(path) if ending == "parquet" else part.write_csv(path)
    some = (f"a.{ending}", f"b.{ending}", f"c.{ending}", f"d.{ending}")
    ran = cohort(tmp_path, *some, "-o", "out.csv")
    assert ran.code == 0, ran.err
    assert pl.read_csv(tmp_path / "out.csv")["patient_id"].to_list() == ["P1", "P2"]
    told = refusals(cohort(tmp_path, f"a.{ending}", f"c.{ending}", "-o", "out.csv"))
    assert told == ["the table: there are no rows in it"]
