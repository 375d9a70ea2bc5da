"""Tables in text, case by case: read as a careful reader would, or refused with the place."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from tests.process import cohort, refusals, run

DATA = Path(__file__).parent / "data"
CASES: list[dict[str, Any]] = yaml.load((DATA / "tables.yaml").read_text("utf-8"), yaml.CSafeLoader)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["file"])
def test_a_table_is_read_or_refused(tmp_path: Path, case: dict[str, Any]) -> None:
    table = tmp_path / case["file"]
    table.write_bytes((DATA / "tables" / case["file"]).read_bytes())
    ran = cohort(tmp_path, table.name, *case.get("args", "").split())
    if "refused" in case:
        (told,) = refusals(ran)
        assert told.startswith(case["refused"])
        assert list(tmp_path.iterdir()) == [table]
        return
    assert ran.code == 0, ran
    assert case.get("told", "") in ran.err
    found = dict(pl.read_csv(tmp_path / "out.csv").select("patient_id", "I3").rows())
    expected = {id_: False if kg < 40 else None for id_, kg in case["read"].items()}
    assert found == expected


def test_every_table_has_its_case() -> None:
    assert {case["file"] for case in CASES} == {path.name for path in (DATA / "tables").iterdir()}


@pytest.mark.parametrize(
    "case", [one for one in CASES if "args" not in one], ids=lambda c: c["file"]
)
def test_a_table_from_a_pipe_is_as_the_file(case: dict[str, Any]) -> None:
    if case["file"].endswith(".tsv"):
        pytest.skip("standard input has no ending; its separator is found")
    data = (DATA / "tables" / case["file"]).read_bytes()
    ran = run("cohort", "-", "-o", "-", stdin=data)
    if "refused" in case:
        (told,) = refusals(ran)
        assert told.startswith(case["refused"].replace(case["file"], "standard input"))
        return
    assert ran.code == 0, ran
    lines = [line.split(",") for line in ran.out.splitlines()]
    place = lines[0].index("I3")
    assert {line[0]: line[place] for line in lines[1:]} == {
        id_: "false" if kg < 40 else "" for id_, kg in case["read"].items()
    }
    assert "screened on" in ran.err


def test_what_is_no_text_is_not_read_from_a_pipe() -> None:
    for data, says in (
        (b"", "is empty"),
        (b"PAR1....", "is a Parquet file"),
        (b"PK\3\4", "is an Ex"),
    ):
        (told,) = refusals(run("cohort", "-", "-o", "-", stdin=data))
        assert told.startswith(f"standard input: {says}")
