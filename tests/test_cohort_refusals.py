"""Tables that cannot be screened: exit 2, every problem on a line, no file left behind."""

import gzip
import subprocess
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter
import yaml

from tests.process import COMMAND, Ran, cohort, environment, refusals
from trialscreen.model.errors import InputError
from trialscreen.tables.cohort.readers.inputs import find_files

DATA = Path(__file__).parent / "data"
REFUSED: list[dict[str, Any]] = yaml.load(
    (DATA / "cohort_refusals.yaml").read_text("utf-8"), yaml.CSafeLoader
)
COLUMNS: list[dict[str, Any]] = yaml.load(
    (DATA / "cohort_columns.yaml").read_text("utf-8"), yaml.CSafeLoader
)


def assert_refused(folder: Path, ran: Ran, says: list[str]) -> None:
    told = refusals(ran)
    assert [line[: len(one)] for line, one in zip(told, says, strict=False)] == says
    assert len(told) == len(says), told


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case["says"][0][:50])
def test_a_table_is_refused(tmp_path: Path, case: dict[str, Any]) -> None:
    name, *args = case["args"].split()
    table = case["table"] if isinstance(case["table"], bytes) else case["table"].encode()
    (tmp_path / name).write_bytes(table)
    assert_refused(tmp_path, cohort(tmp_path, name, *args), case["says"])
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_bytes() == table


@pytest.mark.parametrize("case", COLUMNS, ids=lambda case: case["says"][0][:50])
def test_a_file_of_columns_is_refused(tmp_path: Path, case: dict[str, Any]) -> None:
    (tmp_path / "t.csv").write_text("patient_id,Gewicht,Kilos,weight\nP1,55,55,55\n")
    (tmp_path / "c.yaml").write_text(case["file"])
    says = [line.replace("@", "c.yaml") for line in case["says"]]
    assert_refused(tmp_path, cohort(tmp_path, "t.csv", "--columns", "c.yaml"), says)


def test_no_value_of_a_patient_is_told(tmp_path: Path) -> None:
    for text in ('patient_id,weight\nP1,"SECRET" x\n', "patient_id,weight\nP1,SECRET\nP2,SECRET\n"):
        (tmp_path / "t.csv").write_text(text)
        ran = cohort(tmp_path, "t.csv")
        assert ran.code == 2
        assert "SECRET" not in ran.err


def test_a_link_to_an_input_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("patient_id,weight\nP1,55\n")
    (tmp_path / "link.csv").symlink_to("t.csv")
    ran = cohort(tmp_path, "t.csv", "-o", "link.csv")
    assert_refused(tmp_path, ran, ["link.csv: is an input; it is not written over"])


def test_an_output_whose_links_go_in_circles_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("patient_id,weight\nP1,55\n")
    (tmp_path / "out.csv").symlink_to("out.csv")
    assert_refused(tmp_path, cohort(tmp_path, "t.csv"), ["out.csv: cannot be written: "])


def test_an_output_that_is_no_file_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("patient_id,weight\nP1,55\n")
    (tmp_path / "out.csv").mkdir()
    assert_refused(tmp_path, cohort(tmp_path, "t.csv"), ["out.csv: is not a file"])


def test_a_file_that_may_not_be_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "t.csv").write_text("patient_id,weight\nP1,55\n")
    monkeypatch.setattr(Path, "open", refuse)  # root may read whatever it is
    with pytest.raises(InputError) as refused:
        find_files([str(tmp_path / "t.csv")])
    assert refused.value.problems[0].message == "cannot be read: Permission denied"


@pytest.mark.parametrize("header", ["patient_id,weight", "patient_id,patient_id"])
def test_what_is_wrong_with_several_files_is_told_at_once(tmp_path: Path, header: str) -> None:
    (tmp_path / "1.csv").write_text("patient_id,weight\nP1,55\nP2,55,6\nP3\n")
    (tmp_path / "2.csv").write_text(f"{header}\nP4,55\n")
    (tmp_path / "3.csv").write_text('patient_id,weight\nP5,55\n"P6,55\n')
    damaged = gzip.compress(b"patient_id,weight\nP7,55\n" * 1000)[:-20]
    (tmp_path / "4.csv.gz").write_bytes(damaged)
    twice = ["2.csv: the column 'patient_id' stands twice"] if header.endswith("id") else []
    rows = ["1.csv:3: 3 cells", "1.csv:4: 1 cell", *twice, "3.csv:3:1: the quote"]
    ran = cohort(tmp_path, "?.csv*")
    assert_refused(tmp_path, ran, [*rows, "4.csv.gz: cannot be read: it is damaged"])


def test_files_that_differ_in_their_columns_are_refused(tmp_path: Path) -> None:
    pl.DataFrame({"patient_id": ["P1"], "weight": [55.0], "sex": ["female"]}).write_parquet(
        tmp_path / "a.parquet"
    )
    pl.DataFrame({"patient_id": ["P2"], "weight": [55], "height": [160]}).write_parquet(
        tmp_path / "b.parquet"
    )
    says = [
        "b.parquet weight: is Int64 here and Float64 in a.parquet; make them the same",
        "b.parquet: has no column 'sex', which a.parquet has",
        "b.parquet: has a column 'height', which a.parquet has not",
    ]
    assert_refused(tmp_path, cohort(tmp_path, "?.parquet"), says)


def test_a_damaged_parquet_file_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "t.parquet"
    frame = pl.DataFrame({"patient_id": range(50_000), "weight": [55.5] * 50_000})
    frame.write_parquet(table, use_pyarrow=False)
    data = bytearray(table.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 200] = bytes(200)
    table.write_bytes(data)
    assert_refused(tmp_path, cohort(tmp_path, "t.parquet"), ["t.parquet: cannot be read"])
    assert not (tmp_path / "out.csv").exists()


def test_columns_without_single_values_are_refused(tmp_path: Path) -> None:
    frame = pl.DataFrame({"patient_id": [1.5], "weight": [[55]], "height": [{"cm": 160}]})
    frame.write_parquet(tmp_path / "t.parquet")
    says = [
        "the column weight: its cells are of type List(Int64); expected single values",
        "the column height: its cells are of type Struct({'cm': Int64}); expected single values",
        "the column patient_id: its cells are of type Float64; ids are text or whole numbers",
    ]
    assert_refused(tmp_path, cohort(tmp_path, "t.parquet"), says)


def test_a_sheet_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "t.xlsx") as book:
        book.add_worksheet("Patients").write_row(0, 0, ["patient_id", "weight"])
        book.add_worksheet("Notes")
    ran = cohort(tmp_path, "t.xlsx", "--sheet", "Patient")
    says = ["t.xlsx: has no sheet 'Patient'; its sheets: 'Patients', 'Notes'"]
    assert_refused(tmp_path, ran, says)
    ran = cohort(tmp_path, "t.xlsx", "--sheet", "Notes")
    assert_refused(tmp_path, ran, ["t.xlsx: the sheet is empty"])


@pytest.mark.parametrize(
    ("package", "table", "says"),
    [
        ("polars", "t.csv", "cohort: needs one more package: pip install 'trialscreen[cohort]'"),
        ("openpyxl", "t.xlsx", "t.xlsx: Excel files need one more package: pip install 'trials"),
    ],
)
def test_a_package_that_is_missing_is_named(
    tmp_path: Path, package: str, table: str, says: str
) -> None:
    (tmp_path / table).write_text("patient_id,weight\nP1,55\n")
    hide = f"import sys; sys.modules[{package!r}] = None"
    start = "sys.argv[0] = 'trialscreen'; from trialscreen.cli import main; main()"
    done = subprocess.run(
        [COMMAND[0], "-c", f"{hide}; {start}", "cohort", table, "-o", "out.csv"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert_refused(tmp_path, Ran(done.returncode, done.stdout, done.stderr), [says])
