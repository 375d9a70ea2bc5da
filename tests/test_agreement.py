"""Entered beside computed, strict bounds and rounding, against an independent reading of them."""

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl
import pytest

from tests.agreement import OTHERS, RANGES, Texts, answers, criteria, patient, patients, stated
from tests.sizes import size
from tests.test_cohort_parity import ON, TRIAL, listed, run_on
from tests.tools.simulate import ID
from trialscreen import InputError, screen

COUNT = size(4000)
NAMES = (*RANGES, *OTHERS)


def readable(seed: int) -> list[dict[str, str]]:
    """Patients of whom nothing is out of its range."""
    return [
        texts
        for texts in patients(seed, COUNT)
        if all(stated(name, text) is not None for name, text in texts.items())
    ]


def test_one_patient_is_judged_as_read_independently() -> None:
    decided = struck = 0
    for texts in readable(1):
        facts, contradicting = patient(texts)
        try:
            screening = screen(TRIAL, answers(texts), on=ON)
        except InputError as error:
            named = {name for one in error.problems for name in one.elements}
            assert named == contradicting, texts
            struck += 1
            continue
        assert not contradicting, texts
        expected = criteria(facts)
        found = {one.criterion.id: one.met for one in screening.findings}
        assert {name: found[name] for name in expected} == expected, texts
        decided += None not in expected.values()
    assert min(decided, struck) > COUNT / 5


def _csv(rows: Sequence[Texts], folder: Path) -> Path:
    with (folder / "t.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, (ID, *NAMES))
        writer.writeheader()
        writer.writerows({ID: f"P{n:05}", **row} for n, row in enumerate(rows, start=1))
    return folder / "t.csv"


def _ndjson(rows: Sequence[Texts], folder: Path) -> Path:
    lines = (json.dumps({ID: f"P{n:05}", **row}) for n, row in enumerate(rows, start=1))
    (folder / "t.ndjson").write_text("\n".join(lines), "utf-8")
    return folder / "t.ndjson"


def _parquet(rows: Sequence[Texts], folder: Path) -> Path:
    table = [[f"P{n:05}", *(row.get(name) for name in NAMES)] for n, row in enumerate(rows, 1)]
    pl.DataFrame(table, dict.fromkeys((ID, *NAMES), pl.String), orient="row").write_parquet(
        folder / "t.parquet"
    )
    return folder / "t.parquet"


WRITERS: dict[str, Callable[[Sequence[Texts], Path], Path]] = {
    "csv": _csv,
    "ndjson": _ndjson,
    "parquet": _parquet,
}


@pytest.mark.parametrize("form", WRITERS)
def test_a_table_is_judged_as_read_independently(form: str, tmp_path: Path) -> None:
    rows = readable(2)
    table = WRITERS[form]([answers(texts) for texts in rows], tmp_path)
    _judged(rows, table, tmp_path)


def _judged(rows: Sequence[Texts], table: Path, folder: Path) -> None:
    problems = folder / "problems.csv"
    run_on(folder, table, problems=problems)
    bad = listed(problems)
    found = pl.read_parquet(folder / "out.parquet")
    for number, (texts, row) in enumerate(
        zip(rows, found.iter_rows(named=True), strict=True), start=1
    ):
        facts, contradicting = patient(texts)
        assert set(bad.get(number, ())) == contradicting & set(texts), texts
        expected = criteria(facts)
        assert {name: row[name] for name in expected} == expected, texts


def test_typed_numbers_count_as_the_digits_that_show_them(tmp_path: Path) -> None:
    """A column of numbers holds no zeros at the end: 23.0 is written as 23."""
    rows = []
    for texts in readable(3):
        plain = {
            name: text for name, text in texts.items() if text[0] not in "<>" and " " not in text
        }
        rows.append({name: str(float(text)).removesuffix(".0") for name, text in plain.items()})
    columns = {
        name: pl.Series(
            [float(row[name]) if name in row else None for row in rows], dtype=pl.Float64
        )
        for name in RANGES
    }
    others = {name: [value] * len(rows) for name, value in OTHERS.items()}
    ids = [f"P{n:05}" for n, _ in enumerate(rows, start=1)]
    pl.DataFrame({ID: ids, **columns, **others}).write_parquet(tmp_path / "t.parquet")
    _judged(rows, tmp_path / "t.parquet", tmp_path)
