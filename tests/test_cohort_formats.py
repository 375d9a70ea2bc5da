"""The same patients in every format that is read, and in every type that a column can have."""

import gzip
import math
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pytest
import xlsxwriter

from tests.messy import patients
from tests.process import cohort, refusals
from tests.test_cohort_parity import ON, TRIAL, run_on, write_csv
from tests.tools.simulate import ID
from trialscreen.tables.cohort.readers.inputs import find_files, open_tables

ROWS = 150


@pytest.fixture(scope="module")
def messy(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pl.DataFrame]:
    """A CSV file, and what is found for it."""
    folder = tmp_path_factory.mktemp("messy")
    path = folder / "messy.csv"
    write_csv(path, patients(TRIAL, ROWS, 11, (ON,)), own_days=False)
    run_on(folder, path)
    return path, pl.read_parquet(folder / "out.parquet")


def _gzipped(texts: pl.DataFrame, folder: Path) -> Path:
    path = folder / "t.csv.gz"
    path.write_bytes(gzip.compress(texts.write_csv().encode()))
    return path


def _gzipped_ndjson(texts: pl.DataFrame, folder: Path) -> Path:
    path = folder / "t.ndjson.gz"
    path.write_bytes(gzip.compress(_ndjson(texts, folder).read_bytes()))
    return path


def _with_semicolons(texts: pl.DataFrame, folder: Path) -> Path:
    path = folder / "t.CSV"
    path.write_bytes(
        b"\xef\xbb\xbf" + texts.write_csv(separator=";").replace("\n", "\r\n").encode()
    )
    return path


def _with_tabs(texts: pl.DataFrame, folder: Path) -> Path:
    texts.write_csv(folder / "t.tsv", separator="\t", quote_style="always")
    return folder / "t.tsv"


def _parquet(texts: pl.DataFrame, folder: Path) -> Path:
    texts.write_parquet(folder / "t.parquet")
    return folder / "t.parquet"


def _categorical(texts: pl.DataFrame, folder: Path) -> Path:
    texts.with_columns(pl.exclude(ID).cast(pl.Categorical)).write_parquet(folder / "c.parquet")
    return folder / "c.parquet"


def _ndjson(texts: pl.DataFrame, folder: Path) -> Path:
    texts.write_ndjson(folder / "t.ndjson")
    return folder / "t.ndjson"


def _excel(texts: pl.DataFrame, folder: Path) -> Path:
    with xlsxwriter.Workbook(folder / "t.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, texts.columns)
        for number, row in enumerate(texts.iter_rows(), start=1):
            for place, text in enumerate(row):
                sheet.write_string(number, place, text or "")
        sheet.write_blank(ROWS + 40, 0, None, book.add_format({"bold": True}))
    return folder / "t.xlsx"


@pytest.mark.parametrize(
    "write",
    [
        _gzipped,
        _with_semicolons,
        _with_tabs,
        _parquet,
        _categorical,
        _ndjson,
        _gzipped_ndjson,
        _excel,
    ],
    ids=lambda write: write.__name__,
)
def test_every_format_of_text_gives_the_same_findings(
    messy: tuple[Path, pl.DataFrame], tmp_path: Path, write: Callable[[pl.DataFrame, Path], Path]
) -> None:
    path, expected = messy
    texts = pl.read_csv(path, infer_schema=False)
    run_on(tmp_path, write(texts, tmp_path))
    assert pl.read_parquet(tmp_path / "out.parquet").equals(expected)


def test_many_files_are_one_table(messy: tuple[Path, pl.DataFrame], tmp_path: Path) -> None:
    path, expected = messy
    texts = pl.read_csv(path, infer_schema=False)
    for number, start in enumerate(range(0, ROWS, 40)):
        part = texts.slice(start, 40)
        part.select(reversed(part.columns)).write_parquet(tmp_path / f"part{number}.parquet")
    ran = cohort(tmp_path, "part*.parquet", "-o", "out.csv", "--screening-date", ON.isoformat(),
                 "--max-bad", "1")  # fmt: skip
    assert ran.code == 0, ran
    assert pl.read_csv(tmp_path / "out.csv", schema=expected.schema).equals(expected)


class Case(NamedTuple):
    """Columns of three patients, and whether a criterion is met."""

    columns: dict[str, Any]
    criterion: str
    met: list[bool | None]
    unreadable: int = 0


YES_NO_UNKNOWN = [True, False, None]
DAYS = [date(2026, 3, 1), date(2020, 3, 1), None]
TIMES = [datetime(2026, 3, 1), datetime(2020, 3, 1), datetime(2026, 3, 1, 10, 30)]  # noqa: DTZ001 - without a zone
TYPES = {
    "yes/no": Case({"prior_cell_therapy": [True, False, None]}, "E7", YES_NO_UNKNOWN),
    "yes/no as whole numbers": Case({"prior_cell_therapy": [1, 0, None]}, "E7", YES_NO_UNKNOWN),
    "yes/no as numbers": Case({"prior_cell_therapy": [1.0, 0, math.nan]}, "E7", YES_NO_UNKNOWN),
    "all null": Case({"prior_cell_therapy": [None] * 3, "weight": [39] * 3}, "E7", [None] * 3),
    "whole numbers": Case(
        {"weight": pl.Series([55, 39, None], dtype=pl.UInt8), "height": [160] * 3},
        "I3",
        YES_NO_UNKNOWN,
    ),
    "large whole numbers": Case(
        {"weight": pl.Series([55, 39, 2**63], dtype=pl.UInt64), "height": [160] * 3},
        "I3",
        YES_NO_UNKNOWN,
        unreadable=1,
    ),
    "NaN": Case({"weight": [55, 39, math.nan], "height": [160] * 3}, "I3", YES_NO_UNKNOWN),
    "infinite": Case({"weight": [55, 39, math.inf], "height": [160] * 3}, "I3", YES_NO_UNKNOWN, 1),
    "out of range": Case({"weight": [55, 39, 5], "height": [160.0] * 3}, "I3", YES_NO_UNKNOWN, 1),
    "decimals": Case(
        {
            "weight": pl.Series(["55.0", "39.99", None]).cast(pl.Decimal(6, 2)),
            "height": [160] * 3,
        },
        "I3",
        YES_NO_UNKNOWN,
    ),
    "single precision": Case(
        {"tsh": pl.Series([0.6, 0.7, math.nan], dtype=pl.Float32), "tsh_lln": [0.7] * 3},
        "E13",
        [True, None, None],
    ),
    "a number for a whole number": Case(
        {"evaluable_lumbar_vertebrae": [1.0, 3.0, 1.5], "body_size_impedes_dxa": [False] * 3},
        "E9",
        YES_NO_UNKNOWN,
        unreadable=1,
    ),
    "days": Case({"other_trial_last_participation_date": DAYS}, "E16", YES_NO_UNKNOWN),
    "times": Case({"other_trial_last_participation_date": TIMES}, "E16", [True, False, True]),
    "times of nanoseconds": Case(
        {"other_trial_last_participation_date": pl.Series(TIMES, dtype=pl.Datetime("ns"))},
        "E16",
        [True, False, True],
    ),
    "half precision": Case(
        {
            "lumbar_spine_t_score": pl.Series([-3.1, -2.6, math.nan], dtype=pl.Float16),
            "osteoporosis_diagnosis": [True] * 3,
        },
        "I4",
        [True, None, None],
    ),
    "times late in the day": Case(
        {
            "other_trial_last_participation_date": [
                datetime(2025, 12, 1, 23, 59),  # noqa: DTZ001 - without a zone
                datetime(2025, 11, 30, 23, 59, 59),  # noqa: DTZ001
                None,
            ]
        },
        "E16",
        YES_NO_UNKNOWN,
    ),
    "times late in the day, in a zone": Case(
        {
            "other_trial_last_participation_date": pl.Series(
                [datetime(2025, 12, 1, 23, 59), datetime(2025, 11, 30, 0, 1), None]  # noqa: DTZ001
            ).dt.replace_time_zone("America/New_York")
        },
        "E16",
        YES_NO_UNKNOWN,
    ),
    "times in UTC": Case(
        {
            "other_trial_last_participation_date": pl.Series(
                [datetime(2025, 12, 1, 0, 1), datetime(2025, 11, 30, 23, 59), None]  # noqa: DTZ001
            ).dt.replace_time_zone("UTC")
        },
        "E16",
        YES_NO_UNKNOWN,
    ),
    "a time in UTC that has no text": Case(
        {
            "other_trial_last_participation_date": pl.Series([*DAYS[:2], None])
            .cast(pl.Datetime("ms"))
            .scatter(2, pl.Series([-(2**62)]).cast(pl.Datetime("ms")))
            .dt.replace_time_zone("UTC")
        },
        "E16",
        YES_NO_UNKNOWN,
        unreadable=1,
    ),
    "days as numbers": Case(
        {"other_trial_last_participation_date": [20251201, 20251130, None]}, "E16", YES_NO_UNKNOWN
    ),
    "choices as numbers that a table made": Case(
        {"gilbert_syndrome": [1.0, 0.0, None], "prior_cell_therapy": [1.0, 0.0, None]},
        "E7",
        YES_NO_UNKNOWN,
    ),
    "times in a zone": Case(
        {
            "other_trial_last_participation_date": pl.Series(DAYS)
            .cast(pl.Datetime)
            .dt.replace_time_zone("Asia/Shanghai")
        },
        "E16",
        YES_NO_UNKNOWN,
    ),
    "a day to come": Case(
        {"other_trial_last_participation_date": [*DAYS[:2], date(2026, 6, 2)]},
        "E16",
        YES_NO_UNKNOWN,
        unreadable=1,
    ),
    "a day that has no text": Case(
        {
            "other_trial_last_participation_date": pl.Series(
                [date(2026, 3, 1).toordinal() - date(1970, 1, 1).toordinal(), 18_000, 10**9],
                dtype=pl.Int32,
            ).cast(pl.Date)
        },
        "E16",
        YES_NO_UNKNOWN,
        unreadable=1,
    ),
    "a time that has no text": Case(
        {
            "other_trial_last_participation_date": pl.Series([*DAYS[:2], None])
            .cast(pl.Datetime("ms"))
            .scatter(2, pl.Series([-(2**62)]).cast(pl.Datetime("ms")))
        },
        "E16",
        YES_NO_UNKNOWN,
        unreadable=1,
    ),
    "years": Case(
        {"other_trial_last_participation_date": [2026, 2020, None]}, "E16", YES_NO_UNKNOWN
    ),
    "choices": Case({"sex": pl.Series(["male", "F", "x"]).cast(pl.Categorical)}, "I2",
                    [False, None, None], unreadable=1),
}  # fmt: skip


@pytest.mark.parametrize("name", TYPES)
def test_every_type_of_column_is_used_or_read(tmp_path: Path, name: str) -> None:
    case = TYPES[name]
    frame = pl.DataFrame({ID: [1, 2, 3], **case.columns}, strict=False)
    frame.write_parquet(tmp_path / "t.parquet")
    done = run_on(tmp_path, tmp_path / "t.parquet", problems=tmp_path / "problems.csv")
    output = pl.read_parquet(tmp_path / "out.parquet")
    assert output[ID].to_list() == [1, 2, 3]
    assert output[case.criterion].to_list() == case.met
    assert done.quality.unreadable.total() == case.unreadable
    problems = pl.read_csv(tmp_path / "problems.csv").filter(pl.col("kind") == "unusable")
    assert problems["row"].to_list() == [3] * case.unreadable
    assert not problems["reason"].str.contains("cannot be used").any()


def test_excel_knows_days_numbers_and_yes_or_no(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "t.xlsx") as book:
        sheet = book.add_worksheet("Patients")
        names = (
            ID,
            "weight",
            "height",
            "prior_cell_therapy",
            "other_trial_last_participation_date",
        )
        sheet.write_row(0, 0, names)
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        for row, (one, kg, yes) in enumerate((("007", 55.5, True), ("8", 39, False)), start=1):
            sheet.write_row(row, 0, (one, kg, 160, yes))
            sheet.write_datetime(row, 4, datetime(2026 - 6 * (row - 1), 3, 1), day)  # noqa: DTZ001
        sheet.write_formula(3, 1, "=1/0", value="#DIV/0!")
        sheet.write_row(3, 2, (160, "n/a"))
        sheet.write(3, 0, "9")
    done = run_on(tmp_path, tmp_path / "t.xlsx", sheet="Patients")
    output = pl.read_parquet(tmp_path / "out.parquet")
    assert output.select(ID, "I3", "E7", "E16").rows() == [
        ("007", True, True, True),
        ("8", False, False, False),
        ("9", None, None, None),
    ]
    assert done.quality.unreadable == {"prior_cell_therapy": 1}


def test_columns_of_a_site_have_names_and_units_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(
        "Nr,Gewicht,Groesse,note\n1,121,1.6,x\n2,<88,1.6,x\n3,55 kg,160 cm,x\n4,unknown,,x\n"
    )
    (tmp_path / "c.yaml").write_text(
        "Gewicht: {element: weight, unit: lb}\nGroesse: {element: height, unit: m}\n"
    )
    ran = cohort(tmp_path, "t.csv", "--columns", "c.yaml", "--id", "Nr")
    assert ran.code == 0, ran
    assert "not used: 'note'" in ran.err
    output = pl.read_csv(tmp_path / "out.csv")
    assert output["I3"].to_list() == [True, False, True, None]


def test_the_row_index_of_a_table_may_be_called_as_ours(tmp_path: Path) -> None:
    frame = pl.DataFrame({ID: ["a"], "weight": [39], "(row number)": [9], "(patient id)": ["z"]})
    frame.write_parquet(tmp_path / "t.parquet")
    run_on(tmp_path, tmp_path / "t.parquet")
    assert pl.read_parquet(tmp_path / "out.parquet").select(ID, "I3").rows() == [("a", False)]


def test_blank_rows_are_no_patients(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("patient_id,weight\nP1,39\n,\n\nP2,heavy\n\n,\n")
    run_on(tmp_path, tmp_path / "t.csv", problems=tmp_path / "problems.csv")
    found = pl.read_parquet(tmp_path / "out.parquet").select(ID, "I3").rows()
    assert found == [("P1", False), ("P2", None)]
    assert pl.read_csv(tmp_path / "problems.csv")["row"].to_list() == [4]


def test_names_that_are_patterns_to_the_engine_are_names(tmp_path: Path) -> None:
    frame = pl.DataFrame({"^.*$": ["a"], "*": [39], "height": [160]})
    for name in ("a.parquet", "b.parquet"):
        frame.with_columns(pl.lit(name).alias("^.*$")).write_parquet(tmp_path / name)
    (tmp_path / "c.yaml").write_text("'*': weight\n")
    ran = cohort(tmp_path, "?.parquet", "--id", "^.*$", "--columns", "c.yaml")
    assert ran.code == 0, ran
    written = pl.read_csv(tmp_path / "out.csv")
    assert written.select(pl.nth(0), "I3").rows() == [("a.parquet", False), ("b.parquet", False)]


def test_ids_that_ndjson_has_as_numbers_are_told_twice_in_all_their_digits(tmp_path: Path) -> None:
    """As pandas writes a column of whole numbers in which one was lacking."""
    ids = ("123456789012345680.0", '"123456789012345680"', "0.00005", '"0.00005"')
    lines = [f'{{"patient_id": {one}, "weight": 38}}\n' for one in ids]
    (tmp_path / "t.ndjson").write_text("".join(lines), "utf-8")
    (told,) = refusals(cohort(tmp_path, "t.ndjson"))
    assert "123456789012345680" in told
    assert "0.00005" in told


def test_an_ndjson_key_may_first_come_late(tmp_path: Path) -> None:
    lines = [f'{{"patient_id": {number}, "weight": 39}}' for number in range(1500)]
    late = '{"patient_id": 9999, "prior_cell_therapy": true, "screening_date": "2026-03-01"}'
    (tmp_path / "t.ndjson").write_text("\n".join([*lines, late]))
    done = run_on(tmp_path, tmp_path / "t.ndjson")
    output = pl.read_parquet(tmp_path / "out.parquet")
    assert output.filter("E7").rows() == output.tail(1).rows()
    assert done.quality.filled["screening_date"] == 1


def test_a_file_with_magic_in_its_name_is_that_file(tmp_path: Path) -> None:
    path = tmp_path / "a[1].csv"
    path.write_text("patient_id,weight\nP1,55\n")
    assert find_files([str(path)]) == (path,)
    assert open_tables([path], tmp_path).schema.names() == ["patient_id", "weight"]


def test_a_cell_may_be_long(tmp_path: Path) -> None:
    lines = "a line,\n" * 40_000
    text = f'patient_id,weight,notes\nA,39,"{lines}"\n,,\nB,58,{"x" * 300_000}\nC,39,\n'
    (tmp_path / "t.csv").write_text(text)
    ran = cohort(tmp_path, "t.csv")
    assert ran.code == 0, ran
    found = pl.read_csv(tmp_path / "out.csv")
    assert found["patient_id"].to_list() == ["A", "B", "C"]
    assert found["I3"].to_list() == [False, None, False]


GAPS: tuple[tuple[str, str], ...] = (
    *(("patient_id", "weight"), ("", ""), ("A", "heavy"), ("", " "), ("", "")),
    *(("B", "58"), ("C", "999"), ("", ""), ("D", "39")),
)


def _with_gaps(path: Path, rows: Sequence[tuple[str, str]] = GAPS) -> Path:
    if path.suffix == ".xlsx":
        with xlsxwriter.Workbook(path) as book:
            sheet = book.add_worksheet()
            for number, row in enumerate(rows, start=4):
                sheet.write_row(number, 2, row)
    else:
        path.write_text("".join(f"{','.join(row)}\n" for row in rows))
    return path


@pytest.mark.parametrize("name", ["t.csv", "t.xlsx"])
def test_rows_have_the_numbers_that_people_count(tmp_path: Path, name: str) -> None:
    _with_gaps(tmp_path / name)
    ran = cohort(tmp_path, name, "--problems", "p.csv")
    assert ran.code == 0, ran
    assert pl.read_csv(tmp_path / "p.csv")["row"].to_list() == [2, 6]
    assert pl.read_csv(tmp_path / "out.csv")["patient_id"].to_list() == list("ABCD")
    _with_gaps(tmp_path / f"2{name}", (*GAPS[:2], ("E", "60"), ("", ""), ("", "50")))
    ran = cohort(tmp_path, f"2{name}")
    assert ran.err == "error: the ids: every row needs one, and these have none: row 4\n"
    ran = cohort(tmp_path, name, f"2{name}")
    assert ran.err == "error: the ids: every row needs one, and these have none: row 12\n"
    _with_gaps(tmp_path / f"3{name}", (*GAPS[:2], ("A", "60"), ("", ""), ("B", "50")))
    ran = cohort(tmp_path, name, f"3{name}")
    assert (
        "each stands for one row, and these for more: 'A' (row 2, 10), 'B' (row 5, 12)" in ran.err
    )
