"""What benchmarks compare with is worth comparing with: it finds the same."""

from pathlib import Path

import polars as pl
import pytest

from tests.byhand import SQL, duckdb_copy, hand_written
from tests.frames import screen_frame
from tests.tools.simulate import ON, columns
from trialscreen import load_trial


@pytest.fixture(scope="module", params=[0, 0.02, 0.1], ids="{:.0%} of cells unknown".format)
def patients(request: pytest.FixtureRequest) -> pl.DataFrame:
    frame = columns(load_trial(), 5000, seed=5, unknown=request.param)
    texts = [pl.col(name).cast(pl.String) for name, kind in frame.schema.items() if kind == pl.Enum]
    return frame.with_columns(texts).with_row_index("patient_id")


@pytest.fixture(scope="module")
def found(patients: pl.DataFrame) -> pl.DataFrame:
    return screen_frame(load_trial(), patients.lazy(), ON, "patient_id").collect()


def test_polars_by_hand_finds_the_same(patients: pl.DataFrame, found: pl.DataFrame) -> None:
    assert hand_written(patients.lazy(), ON).collect().equals(found)


def test_sql_by_hand_finds_the_same(
    patients: pl.DataFrame, found: pl.DataFrame, tmp_path: Path
) -> None:
    source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
    patients.write_parquet(source)
    duckdb_copy(SQL.read_text("utf-8"), source, target)
    assert pl.read_parquet(target).sort("patient_id").equals(found)
