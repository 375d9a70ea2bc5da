"""Values of NDJSON that come typed say what their texts say; only plain ones do."""

import json
from io import BytesIO
from pathlib import Path

import polars as pl
import pytest

from trialscreen import InputError
from trialscreen.tables.cohort.readers.ndjson import looked_through, open_table
from trialscreen.tables.cohort.readers.opened import Asked, CellKind, NumberKind
from trialscreen.tables.cohort.typed_columns import as_text

NUMBER = NumberKind(lambda number: number.is_between(-10, 1e15))
CASES: list[tuple[str, CellKind, pl.DataType]] = [
    ("true false null", "truth", pl.Boolean()),
    ('"true" null "false"', "truth", pl.Boolean()),
    ('"true" "True"', "truth", pl.Boolean()),
    ('true "true"', "truth", pl.Boolean()),
    ("true 1", "truth", pl.String()),
    ("null 1 1.5 -2 0 -0.5 0.0001 55.0 123456789012345", NUMBER, pl.Float64()),
    ("1 0.00001", NUMBER, pl.Float64()),
    ("1 1e5", NUMBER, pl.Float64()),
    ("1 1234567890123456", NUMBER, pl.String()),
    ("1 12345678901234567890", NUMBER, pl.String()),
    ("1 -11", NUMBER, pl.String()),  # not usable
    ("1 true", NUMBER, pl.String()),
    ("1 [2]", NUMBER, pl.String()),
    ('"1" "1.50"', NUMBER, pl.Float64()),
    ('"1" "007"', NUMBER, pl.String()),
    ('"1" "<2"', NUMBER, pl.String()),
    ('"1" "-11"', NUMBER, pl.String()),
    ('1 "1"', NUMBER, pl.Float64()),
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
    ((piece, _),) = tables.pieces({"a": wanted})
    ((expected, _),) = tables.pieces({})
    assert piece.schema == {"id": pl.String(), "a": kind}
    if kind == pl.Float64():
        assert piece["a"].equals(expected["a"].cast(pl.Float64))
    else:
        text, said = as_text(pl.col("a"), kind), pl.col("a")
        said = said.str.to_lowercase() if kind == pl.Boolean() else said
        assert piece.select(text).equals(expected.select(said))


@pytest.mark.parametrize("gap", ["", " "])
def test_a_line_that_is_no_object_is_named_however_it_comes(gap: str) -> None:
    """After lines like it, with one sign less or one more at any place."""
    line = f'{{{gap}"a":{gap}"x"{gap},{gap}"b":{gap}1.5{gap},{gap}"c":{gap}true{gap}}}{gap}'
    odd = {line[:at] for at in range(len(line))}
    for at in range(len(line) + 1):
        odd |= {f"{line[:at]}{sign}{line[at:]}" for sign in ("", *'{}[],:" ')}
        odd.add(f"{line[:at]}{line[at + 1 :]}")
        odd.add(f"{line[:at]}}}{line[at + 1 :]}")
    wrong = 0
    for text in odd:
        lines = f"{line}\n" * 6 + f"{text}\n{line}\n"
        if _is_object(text):
            assert looked_through(BytesIO(lines.encode()), "t")[1] == 7 + bool(text.strip())
            continue
        wrong += 1
        with pytest.raises(InputError) as caught:
            looked_through(BytesIO(lines.encode()), "t")
        assert [one.where for one in caught.value.problems] == ["t:7"], text
    assert wrong > 150


def _is_object(text: str) -> bool:
    try:
        return not text.strip() or isinstance(json.loads(text), dict)
    except json.JSONDecodeError:
        return False
