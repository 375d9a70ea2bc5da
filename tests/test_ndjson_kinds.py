"""Values of NDJSON that come typed say what their texts say; only plain ones do."""

from pathlib import Path

import polars as pl
import pytest

from trialscreen.tables.cohort.readers.ndjson import open_table
from trialscreen.tables.cohort.readers.opened import Asked, CellKind, NumberKind
from trialscreen.tables.cohort.typed_columns import as_text

NUMBER = NumberKind(lambda number: number.is_between(-10, 1e15))
CASES: list[tuple[str, CellKind, pl.DataType]] = [
    ("true false null", "truth", pl.Boolean()),
    ('"true" null "false"', "truth", pl.Boolean()),
    ('"true" "True"', "truth", pl.String()),
    ('true "true"', "truth", pl.String()),
    ("true 1", "truth", pl.String()),
    ("null 1 1.5 -2 0 -0.5 0.0001 55.0 123456789012345", NUMBER, pl.Float64()),
    ("1 0.00001", NUMBER, pl.String()),  # the engine writes it as 1e-5, too
    ("1 1e5", NUMBER, pl.String()),
    ("1 1234567890123456", NUMBER, pl.String()),
    ("1 12345678901234567890", NUMBER, pl.String()),
    ("1 -11", NUMBER, pl.String()),  # not usable
    ("1 true", NUMBER, pl.String()),
    ("1 [2]", NUMBER, pl.String()),
    ('"1" "1.50"', NUMBER, pl.Float64()),
    ('"1" "007"', NUMBER, pl.String()),
    ('"1" "<2"', NUMBER, pl.String()),
    ('"1" "-11"', NUMBER, pl.String()),
    ('1 "1"', NUMBER, pl.String()),
    ('"2026-03-01" null', "day", pl.Date()),
    ('"2026-03-01" "2026-02-30"', "day", pl.String()),
    ('"2026-03-01" "2026-03"', "day", pl.String()),
    ('"2026-03-01" "2026-03-1\\u0032"', "day", pl.Date()),
    ("1 true", "words", pl.String()),
]


@pytest.mark.parametrize(("values", "wanted", "kind"), CASES, ids=lambda one: str(one)[:40])
@pytest.mark.parametrize("first", ["", "null null "], ids=["early", "late"])
def test_typed_values_say_what_their_texts_say(
    tmp_path: Path, values: str, wanted: CellKind, kind: pl.DataType, first: str
) -> None:
    path = tmp_path / "t.ndjson"
    lines = (f'{{"id":"{row}","a":{one}}}\n' for row, one in enumerate((first + values).split()))
    path.write_text("".join(lines))
    tables = open_table(path, Asked("t.ndjson", tmp_path))
    assert tables.pieces is not None
    (piece,) = tables.pieces({"a": wanted})
    expected = tables.frame.collect()
    assert piece.schema == {"id": pl.String(), "a": kind}
    if kind == pl.Float64():
        assert piece["a"].equals(expected["a"].cast(pl.Float64))
    text = as_text(pl.col("a"), kind)
    if '"1.50"' not in values:
        assert piece.select(text).equals(expected.select("a"))
