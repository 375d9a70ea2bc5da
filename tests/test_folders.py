"""Folders in a table or an export: all that is in them counts, or what cannot be read is told."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.fhir_records import patient, write_lines
from tests.process import cohort, refusals, run
from trialscreen.tables.engines.spark.here import listed
from trialscreen.text.folders import files_beneath

LONG = "n" * 300


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every folder called `closed` may not be read, not even by root."""
    scan, access = os.scandir, os.access

    def scandir(path: Any = ".") -> Any:
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", scandir)
    monkeypatch.setattr(os, "access", lambda at, how: Path(at).name != "closed" and access(at, how))
    yield
    monkeypatch.undo()


def write_patient(folder: Path, name: str) -> None:
    folder.mkdir(parents=True)
    pl.DataFrame({"patient_id": [name], "weight": [39]}).write_parquet(folder / "part.parquet")


def test_a_link_to_a_folder_is_followed_and_one_that_leads_back_is_not(tmp_path: Path) -> None:
    write_patient(tmp_path / "table" / "site=01", "P1")
    write_patient(tmp_path / "elsewhere", "P2")
    (tmp_path / "table" / "site=02").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "table" / "site=01" / "back").symlink_to(tmp_path / "table")
    (tmp_path / "elsewhere" / "around").symlink_to(tmp_path / "table" / "site=02")
    assert cohort(tmp_path, "table").code == 0
    assert pl.read_csv(tmp_path / "out.csv")["patient_id"].to_list() == ["P1", "P2"]
    assert len(listed(str(tmp_path / "table")).files) == 2
    (tmp_path / "export").mkdir()
    (tmp_path / "fhir").mkdir()
    write_lines(tmp_path / "fhir" / "Patient.ndjson", patient("p1"))
    (tmp_path / "export" / "linked").symlink_to(tmp_path / "fhir")
    (tmp_path / "export" / "gone.ndjson").symlink_to(tmp_path / "nowhere")
    ran = run("extract", "fhir", "export", "-o", "facts.csv", folder=tmp_path)
    assert ran.err.splitlines() == [
        "not used: export/gone.ndjson: cannot be read: No such file or directory",
        "2 facts of 1 patient: facts.csv",
    ]


def test_a_folder_that_several_links_lead_to_is_read_once(tmp_path: Path) -> None:
    table = tmp_path / "table"
    for name in "abcdefgh":  # each with links to all
        write_patient(table / name, name)
    folders = [*table.iterdir()]
    for one in folders:
        for other in folders:
            (one / f"to_{other.name}").symlink_to(other)
    (table / "0_latest").symlink_to(table / "h")
    files = [str(one.relative_to(table)) for one in files_beneath(table)]
    assert sorted(files) == [f"{name}/part.parquet" for name in "abcdefgh"]


@pytest.mark.usefixtures("closed")
@pytest.mark.parametrize("pattern", ["table", "table/*/part.parquet", "table/**/*.parquet"])
def test_a_closed_folder_of_a_table_is_told_and_nobody_is_left_out(
    tmp_path: Path, pattern: str
) -> None:
    write_patient(tmp_path / "table" / "site=01", "P1")
    write_patient(tmp_path / "table" / "closed", "P2")
    told = "table/closed: cannot be used: Permission denied"
    assert refusals(cohort(tmp_path, pattern)) == [told]
    assert not (tmp_path / "out.csv").exists()
    with pytest.raises(PermissionError):
        listed(str(tmp_path / pattern))


@pytest.mark.usefixtures("closed")
def test_a_closed_folder_of_an_export_is_told(tmp_path: Path) -> None:
    (tmp_path / "export" / "closed").mkdir(parents=True)
    write_lines(tmp_path / "export" / "Patient.ndjson", patient("p1"))
    ran = run("extract", "fhir", "export", "-o", "facts.csv", folder=tmp_path)
    assert refusals(ran) == ["export/closed: cannot be read: Permission denied"]
    assert refusals(run("screen", "--fhir", "export", folder=tmp_path)) == refusals(ran)
    with pytest.raises(PermissionError):
        list(files_beneath(tmp_path))


@pytest.mark.parametrize(
    ("args", "name"),
    [
        (["cohort", f"{LONG}.csv", "-o", "out.csv"], f"{LONG}.csv"),
        (["cohort", "t.csv", "-o", f"{LONG}.csv"], f"{LONG}.csv"),
        (["cohort", "t.csv", "-o", "out.csv", "--problems", f"{LONG}.csv"], f"{LONG}.csv"),
        (["elements", "--template", "csv", "-o", f"{LONG}.csv"], f"{LONG}.csv"),
        (["extract", "fhir", LONG, "-o", "out.csv"], LONG),
        (["screen", "--fhir", LONG], LONG),
    ],
    ids=lambda given: " ".join(given).replace(LONG, "LONG") if isinstance(given, list) else "",
)
def test_a_name_that_no_file_can_have_is_bad_input(
    tmp_path: Path, args: list[str], name: str
) -> None:
    (tmp_path / "t.csv").write_text("patient_id,weight\nP1,39\n")
    (told,) = refusals(run(*args, folder=tmp_path))
    assert told.startswith(f"{name}: cannot be ")
    assert [one.name for one in tmp_path.iterdir()] == ["t.csv"]
