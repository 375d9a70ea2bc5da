"""Tables of the kinds that were once misread in silence: each has its right findings."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from tests.process import cohort

DATA = Path(__file__).parent / "data" / "misread_tables.yaml"
CASES: list[dict[str, Any]] = yaml.load(DATA.read_text("utf-8"), yaml.CSafeLoader)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_table_is_read_as_a_careful_reader_would(tmp_path: Path, case: dict[str, Any]) -> None:
    (tmp_path / "t.csv").write_text(case["table"], encoding="utf-8")
    options = ["--screening-date", "2026-06-01", "--problems", "p.csv", *case.get("options", [])]
    if "map" in case:
        (tmp_path / "c.yaml").write_text(case["map"], encoding="utf-8")
        options += ["--columns", "c.yaml"]
    ran = cohort(tmp_path, "t.csv", *options)
    if "refused" in case:
        assert ran.code == 2
        assert ran.err.startswith(f"error: {case['refused']}")
        assert not (tmp_path / "out.csv").exists()
        return
    assert ran.code == 0, ran
    assert case.get("told", "") in ran.err
    found = pl.read_csv(tmp_path / "out.csv").cast({pl.selectors.by_index(0): pl.String})
    rows = {row[found.columns[0]]: row for row in found.iter_rows(named=True)}
    for name, met in case["met"].items():
        assert {criterion: rows[name][criterion] for criterion in met} == met, name
    problems = pl.read_csv(tmp_path / "p.csv", infer_schema=False)
    lines = [f"{row} {element}: {why}" for row, _, element, why, *_ in problems.iter_rows()]
    assert len(lines) == len(case.get("listed", [])), lines
    for line, start in zip(sorted(lines), sorted(case.get("listed", [])), strict=True):
        assert line.startswith(start)
