"""Batches of Arrow through a trial, here in this process; in Spark's workers, see test_spark."""

from collections import Counter
from datetime import timedelta

import polars as pl
import pyarrow as pa
import pytest

from tests.generate import ON
from tests.sql_cases import ID, checked, simulated
from trialscreen import load_trial
from trialscreen.screening.samples import with_sample_days
from trialscreen.tables.cohort.column_map import KEY
from trialscreen.tables.engines.arrow import NOTE, STALE, Note, Work, screened

TRIAL = with_sample_days(load_trial())
CASE = simulated(600)
FRAME = CASE.frame.rename({ID: KEY})
WORK = Work(TRIAL, {name: [name] for name in FRAME.columns if name != KEY}, ON, ON)


def batches(frame: pl.DataFrame, size: int) -> list[pa.RecordBatch]:
    table = frame.to_arrow(compat_level=pl.CompatLevel.oldest()).combine_chunks()
    return [*table.slice(0, 0).to_batches(), *table.to_batches(max_chunksize=size)]


def found_in(frame: pl.DataFrame, size: int, work: Work = WORK) -> tuple[pl.DataFrame, Note]:
    found = pl.concat(pl.DataFrame(one) for one in screened(work, batches(frame, size)))
    (text,) = found[NOTE].drop_nulls()
    return found.drop(NOTE), Note.of_all(TRIAL, [text])


@pytest.mark.parametrize("size", [600, 77, 1])
def test_rows_in_batches_are_screened_as_a_whole_frame(size: int) -> None:
    case = CASE._replace(frame=CASE.frame.head(600 if size > 1 else 20))
    frame = case.frame.rename({ID: KEY})
    found, note = found_in(frame, size)
    assert found.equals(checked(case).rename({ID: KEY}))
    assert note.quality.verdicts == Counter(found.select("verdict", "open").rows())
    assert note.ids == (frame[KEY][0], frame[KEY][-1])
    assert note.quality.filled["weight"] == frame["weight"].count()


@pytest.mark.parametrize(
    ("ids", "span"),
    [
        (["a", "b", "c", "d"], ("a", "d")),
        (["a", "c", "b", "d"], None),
        (["a", "b", "b", "c"], None),
        (["", "b", "c", "d"], None),
        (["a", None, "c", "d"], None),
        ([1, 2, 3, 4], (1, 4)),
        ([1, 2, 2, 4], None),
    ],
)
def test_ids_of_batches_are_told_if_they_ascend(
    ids: list[str | int | None], span: tuple[str | int, str | int] | None
) -> None:
    frame = FRAME.head(4).with_columns(pl.Series(KEY, ids))
    assert found_in(frame, 2)[1].ids == span


def test_what_states_no_value_is_told_and_unknown() -> None:
    texts = [" positive", "POSITIVE", "阳性", "pending", "?!", "", None, "negative"]
    frame = pl.DataFrame(
        {KEY: range(8), "hcv_antibody": texts, "weight": [38.0, float("nan"), 1e9, *[50.0] * 5]},
        schema_overrides={"weight": pl.Float32},
    )
    work = Work(TRIAL, {"hcv_antibody": ["hcv_antibody"], "weight": ["weight"]}, ON, ON)
    found, note = found_in(frame, 3, work)
    assert found["I3"].to_list() == [False, *[None] * 7]
    assert note.quality.unreadable["hcv_antibody"] == 1
    assert note.quality.unreadable["weight"] == 1
    assert note.quality.filled == {"hcv_antibody": 5, "weight": 7}


def test_where_nothing_can_be_too_old_nothing_is_named() -> None:
    frame = pl.DataFrame({KEY: ["a", "b"], "weight": [55.0, None]})
    found, _ = found_in(frame, 2, Work(TRIAL, {"weight": ["weight"]}, ON, ON, also_stale=True))
    assert found[STALE].to_list() == [[], []]


@pytest.mark.parametrize("columns", [["tsh"], ["tsh_low", "tsh_high"]], ids=["exact", "bounds"])
def test_a_value_of_a_later_day_decides_nothing(columns: list[str]) -> None:
    days = [ON, ON + timedelta(days=1), None]
    values = {name: [12.0, 12.0, 12.0] for name in columns}
    frame = pl.DataFrame({KEY: ["a", "b", "c"], **values, "tsh_date": days})
    work = Work(TRIAL, {"tsh": columns, "tsh_date": ["tsh_date"]}, ON, ON)
    assert found_in(frame, 3, work)[0]["E13"].to_list() == [True, None, True]


def test_values_that_are_too_old_are_named() -> None:
    frame = pl.DataFrame({KEY: ["a", "b"], "tsh": [2.0, 2.0], "tsh_date": ["2020-01-01", None]})
    frame = frame.with_columns(pl.col("tsh_date").str.to_date())
    work = Work(TRIAL, {"tsh": ["tsh"], "tsh_date": ["tsh_date"]}, ON, ON, also_stale=True)
    assert found_in(frame, 2, work)[0][STALE].to_list() == [["tsh"], []]
