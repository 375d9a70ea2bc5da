"""Ids that stand twice are found, wherever they stand and however they are sorted."""

import csv
from collections.abc import Callable
from pathlib import Path
from random import Random

import polars as pl
import pytest

from tests.process import cohort
from trialscreen.tables.cohort.column_map import KEY, ROW
from trialscreen.tables.cohort.ids import Ids

BATCH = 100
ORDERED = [f"P{number:05}" for number in range(1000)]


def problems(ids: list[str] | list[int]) -> list[str]:
    """What `Ids` says, given one batch after the other."""
    frame = pl.DataFrame({KEY: ids}).with_row_index(ROW, offset=1)
    told = []
    for remembers in (False, True):
        checked = Ids("id", remembers=remembers)
        for batch in frame.iter_slices(BATCH):
            checked.add(batch[KEY], batch[ROW])
        problems = checked.problems(lambda: frame.iter_slices(BATCH))
        told.append([one.message for one in problems])
    assert told[0] == told[1]
    return told[0]


def no_second_reading(*_args: object) -> None:
    raise AssertionError("ids that ascend need no second reading")


@pytest.mark.parametrize("ids", [ORDERED, list(range(1000))])
def test_ids_that_ascend_need_no_memory(
    ids: list[str] | list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trialscreen.tables.cohort.ids.Ids._duplicates", no_second_reading)
    assert problems(ids) == []


def _at_a_seam(ids: list[str]) -> list[str]:
    return [*ids[:BATCH], ids[BATCH - 1], *ids[BATCH + 1 :]]


def _far_apart(ids: list[str]) -> list[str]:
    return [*ids[:-1], ids[0]]


def _shuffled(ids: list[str]) -> list[str]:
    return Random(3).sample([*ids[:-1], ids[0]], len(ids))


def _side_by_side(ids: list[str]) -> list[str]:
    return [*ids[:7], ids[6], *ids[8:]]


def _in_ascending_batches(ids: list[str]) -> list[str]:
    return [*ids[BATCH:], *ids[: BATCH - 1], ids[500]]


@pytest.mark.parametrize(
    "spoil", [_at_a_seam, _far_apart, _shuffled, _side_by_side, _in_ascending_batches]
)
def test_one_that_stands_twice_is_named_with_its_rows(
    spoil: Callable[[list[str]], list[str]],
) -> None:
    ids = spoil(ORDERED)
    (twice,) = {one for one in ids if ids.count(one) > 1}
    rows = ", ".join(str(row) for row, one in enumerate(ids, start=1) if one == twice)
    expected = [f"each stands for one row, and these for more: '{twice}' (row {rows})"]
    assert problems(ids) == expected


def test_no_id_in_csv_is_a_formula_but_in_parquet_all_are_as_they_were(tmp_path: Path) -> None:
    dangerous = ["=1+1", "@x", "+1", "-2+3", "\t=1", "-1\n=2"]
    ids = [*dangerous, "-1", "-1.5", "a=1", "'=1"]
    pl.DataFrame({"=id": ids, "weight": [39] * 10}).write_parquet(tmp_path / "t.parquet")
    for output in ("out.csv", "out.parquet"):
        assert cohort(tmp_path, "t.parquet", "--id", "=id", "-o", output).code == 0
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        written = [row[0] for row in csv.reader(file)]
    assert written == [*(f"'{one}" for one in ("=id", *dangerous)), *ids[len(dangerous) :]]
    assert pl.read_parquet(tmp_path / "out.parquet")["=id"].to_list() == ids


def test_a_column_may_be_called_like_the_numbers_of_rows(tmp_path: Path) -> None:
    name = "(row number)"
    table = pl.DataFrame({name: ["P7", "P8"], f"{name}'": [39, 50], "height": [160, 160]})
    table.write_parquet(tmp_path / "t.parquet")
    table.write_csv(tmp_path / "t.csv")
    (tmp_path / "columns.yaml").write_text(f'"{name}\'": weight\n')
    for source in ("t.parquet", "t.csv"):
        ran = cohort(tmp_path, source, "--id", name, "--columns", "columns.yaml", "-o", "out.csv")
        assert ran.code == 0, ran
        found = pl.read_csv(tmp_path / "out.csv").select(name, "I3").rows()
        assert found == [("P7", False), ("P8", True)]


def test_ids_without_order_that_are_different_are_right() -> None:
    assert problems(Random(2).sample(ORDERED, 1000)) == []
    assert problems([*ORDERED[500:], *ORDERED[:500]]) == []


def test_not_all_of_many_are_named() -> None:
    (message,) = problems([*ORDERED[:300], *ORDERED[:300]])
    assert message.count("(row") == 5
    assert message.endswith("and 295 more")
