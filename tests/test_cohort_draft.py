"""A first map from the titles of a table: valid, told to be a draft, and written over nothing."""

from pathlib import Path

import pytest
import xlsxwriter

from tests.process import cohort
from trialscreen import load_trial
from trialscreen.tables.cohort.column_map_file import draft, read_targets

TRIAL = load_trial()
TITLES = {
    "Weight (kg)": ("weight", "kg"),
    "HEIGHT [in]": ("height", "in"),
    "TSH [mIU/L]": ("tsh", "mIU/L"),
    "Calcium, mg/dL": ("serum_calcium", "mg/dL"),
    "femoral neck T-score": ("femoral_neck_t_score", None),
    "T-score, lumbar spine": ("lumbar_spine_t_score", None),
    "Date of Birth": ("birth_date", None),
    "creatinine_umol/L": ("serum_creatinine", "umol/L"),
    "Total Bilirubin mg/dL": ("total_bilirubin", "mg/dL"),
    "BMI (kg/m²)": ("bmi", "kg/m²"),
    "eGFR (mL/min/1.73 m2)": ("egfr", "mL/min/1.73 m2"),
    "ALT ULN (U/L)": ("alt_uln", "U/L"),
    "LMP": ("last_menstrual_period_date", None),
    "Sexe": ("sex", None),
    'Age "at visit"\n(years)': None,
    "Weight (stone)": None,
    "favourite colour": None,
    "missing": None,
    "": None,
}


@pytest.mark.parametrize("title", TITLES)
def test_a_title_is_recognised_with_its_unit(tmp_path: Path, title: str) -> None:
    drafted = draft(TRIAL, [title], "t.csv")
    file = tmp_path / "c.yaml"
    file.write_text(drafted.text, encoding="utf-8")
    targets = read_targets(TRIAL, file).targets
    found = {name: (target.element, target.form.unit) for name, target in targets.items()}
    wanted = TITLES[title]
    assert found == ({} if wanted is None else {title: wanted})
    assert (drafted.matched, drafted.columns) == (len(found), 1)


def test_one_column_only_is_drafted_for_an_element() -> None:
    text = draft(TRIAL, ["Body weight", "weight_kg", "Weight"], "t.csv").text
    lines = [line for line in text.splitlines() if "weight" in line.lower()]
    assert [line for line in lines if not line.startswith("#")] == [
        '"weight_kg": {element: weight, unit: "kg"}'
    ]
    assert '# "Body weight": weight  # or ' in text


def test_a_draft_is_a_map_and_takes_the_place_of_no_file(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("patient_id,Weight (lb),Foo\nA,80,x\n")
    drafted = cohort(tmp_path, "t.csv", "--draft-columns", "c.yaml")
    assert drafted.code == 0, drafted
    assert drafted.err.startswith("1 of 2 columns recognised: c.yaml; correct it")
    assert not (tmp_path / "out.csv").exists()
    before = (tmp_path / "c.yaml").read_text()
    assert "Nobody has checked it" in before
    again = cohort(tmp_path, "t.csv", "--draft-columns", "c.yaml")
    assert again.code == 2
    assert again.err == "error: c.yaml: is there already; a draft is not written over a file\n"
    assert (tmp_path / "c.yaml").read_text() == before
    ran = cohort(tmp_path, "t.csv", "--columns", "c.yaml")
    assert ran.code == 0, ran
    assert (tmp_path / "out.csv").read_text().splitlines()[1].startswith("A,ineligible")
    nowhere = cohort(tmp_path, "t.csv", "--draft-columns", "no/c.yaml")
    assert nowhere.err == "error: no/c.yaml: cannot be written: No such file or directory\n"


def test_findings_need_a_file() -> None:
    from tests.process import run

    ran = run("cohort", "t.csv")
    assert ran.code == 2
    assert (
        ran.err
        == "error: --output: is missing; it names the file for the findings, as -o findings.csv\n"
    )


def test_a_draft_tells_which_sheet_it_is_of(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "t.xlsx") as book:
        book.add_worksheet("notes").write_row(0, 0, ["made by", "A. B."])
        book.add_worksheet("data").write_row(0, 0, ["patient_id", "Weight (lb)"])
    drafted = cohort(tmp_path, "t.xlsx", "--draft-columns", "c.yaml")
    assert drafted.err.startswith("t.xlsx: the sheet 'notes' is read; not read: 'data'\n0 of 2 ")
    drafted = cohort(tmp_path, "t.xlsx", "--draft-columns", "d.yaml", "--sheet", "data")
    assert drafted.err.startswith("1 of 1 column recognised")


def test_a_draft_of_text_in_another_encoding(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("patient_id;Weight (lb);Größe\n", encoding="cp1252")
    drafted = cohort(tmp_path, "t.csv", "--draft-columns", "c.yaml")
    assert drafted.code == 2
    assert "--encoding gb18030 or windows-1252" in drafted.err
    drafted = cohort(tmp_path, "t.csv", "--draft-columns", "c.yaml", "--encoding", "latin-0815")
    assert drafted.err.startswith("error: --encoding: 'latin-0815' is not a known encoding")
    drafted = cohort(tmp_path, "t.csv", "--draft-columns", "c.yaml", "--encoding", "cp1252")
    assert drafted.code == 0, drafted
    assert "Größe" in (tmp_path / "c.yaml").read_text("utf-8")
