"""`export redcap`, `sdtm-ti`, `sdtm-ie` and `log export` as their users meet them."""

import csv
import io
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tests.logs import NCT_ID, TOOL, begun, screened
from tests.process import ROOT, environment, refusals, run
from tests.redcap import read_dictionary
from trialscreen.log.entry import Correction


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "site.log"
    with begun(path) as opened:
        opened.append(
            screened("S-1", {"informed_consent_signed": "yes", "weight": "35"}), "JW", TOOL
        )
        opened.append(screened("S-2", {"weight": "35"}), "JW", TOOL)
        fixed = Correction(1, "misread")
        answers = {"informed_consent_signed": "yes", "weight": "45", "hiv_antibody": "positive"}
        opened.append(screened("S-1", answers, corrects=fixed), "JW", TOOL)
    return path


def test_a_data_dictionary_is_written_whole_and_is_the_same_each_time(tmp_path: Path) -> None:
    path = tmp_path / "dictionary.csv"
    ran = run("export", "redcap", "-o", path)
    assert (ran.code, ran.out) == (0, "")
    assert all(line.startswith("not carried: ") for line in ran.err.splitlines())
    text = path.read_text("utf-8")
    assert len(read_dictionary(text)) > 100
    assert run("export", "redcap", "-o", "-").out == text
    if os.name == "posix":
        assert path.stat().st_mode & 0o777 == 0o600


def test_a_raw_export_of_the_form_is_a_cohort_file(tmp_path: Path) -> None:
    fields = [row["Variable / Field Name"] for row in data_dictionary_rows()]
    record = {
        "record_id": "S-1",
        "screening_date": "2026-06-01",
        "weight": "38.5",
        "informed_consent_signed": "no",
        "hiv_antibody": "unknown",
        "birth_date": "1958-04-17",
        "age_calc": "68",
    }
    out, given = tmp_path / "out.csv", tmp_path / "export.csv"
    with given.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*fields, "eligibility_screening_complete"])
        writer.writeheader()
        writer.writerow(record)
    ran = run("cohort", given, "-o", out, "--id", "record_id")
    assert ran.code == 0, ran.err
    (row,) = csv.DictReader(io.StringIO(out.read_text("utf-8")))
    assert (row["record_id"], row["verdict"]) == ("S-1", "ineligible")
    assert (row["I1"], row["I3"], row["E10"]) == ("", "false", "")


def data_dictionary_rows() -> list[dict[str, str]]:
    return read_dictionary(run("export", "redcap", "-o", "-").out)


@pytest.mark.parametrize("command", [("sdtm-ti",), ("sdtm-ie", "LOG")])
def test_both_formats_of_a_data_set_hold_the_same(
    command: tuple[str, ...], log: Path, tmp_path: Path
) -> None:
    told = [str(log) if part == "LOG" else part for part in command]
    for ending in ("xpt", "csv"):
        ran = run("export", *told, "-o", tmp_path / f"a.{ending}", "--study-id", "HMSC-01")
        assert (ran.code, ran.out) == (0, "")
        assert all(line.startswith("not carried: ") for line in ran.err.splitlines())
    frame = pd.read_sas(tmp_path / "a.xpt", format="xport", encoding="ascii")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "a.csv").read_text())))
    assert list(frame.columns) == list(rows[0]) and set(frame["STUDYID"]) == {"HMSC-01"}
    whole = frame.assign(IESEQ=frame["IESEQ"].astype(int)) if "IESEQ" in frame else frame
    assert [list(map(str, row)) for row in whole.to_numpy()] == [list(row.values()) for row in rows]


def test_the_last_screening_of_each_subject_stands_in_ie(log: Path, tmp_path: Path) -> None:
    path = tmp_path / "ie.csv"
    assert run("export", "sdtm-ie", log, "-o", path).code == 0
    rows = list(csv.DictReader(io.StringIO(path.read_text())))
    assert [(row["USUBJID"], row["IETESTCD"], row["IEORRES"]) for row in rows] == [
        (f"{NCT_ID}-S-1", "E10", "Y"),
    ]


def test_the_screening_log_has_every_entry(log: Path) -> None:
    ran = run("log", "export", log, "-o", "-")
    assert ran.code == 0
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert [row["Entry"] for row in rows] == ["1", "2", "3"]
    assert [row["Corrected by entry"] for row in rows] == ["3", "", ""]
    assert [row["Consent recorded"] for row in rows] == ["yes", "no", "yes"]
    assert "not carried: the proof" in ran.err


def refused(*told: str | Path) -> list[str]:
    return refusals(run("export", *told))


def test_what_is_wrong_is_told_and_nothing_is_written(log: Path, tmp_path: Path) -> None:
    path, nowhere = tmp_path / "a.xpt", tmp_path / "nowhere" / "a.xpt"
    (told,) = refused("sdtm-ti", "-o", tmp_path / "a.doc")
    assert told.startswith("--output: '") and told.endswith("; expected .xpt or .csv")
    assert refused("sdtm-ti", "-o", path, "--study-id", "é") == [
        "TI row 1 STUDYID: 'é' is not printable ASCII"
    ]
    assert "no such file" in refused("sdtm-ie", tmp_path / "no", "-o", path)[0]
    for command in (("sdtm-ti",), ("sdtm-ie", log)):
        assert refused(*command, "-o", nowhere) == [
            f"{nowhere}: cannot be written: No such file or directory"
        ]
    with begun(tmp_path / "empty.log"):
        pass
    assert "IE: no rows" in refused("sdtm-ie", tmp_path / "empty.log", "-o", path)[0]
    assert sorted(one.name for one in tmp_path.iterdir()) == ["empty.log", "site.log"]


def test_a_log_of_another_trial_is_refused(log: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    text = (
        (ROOT / "criteria.yaml")
        .read_text("utf-8")
        .replace(f"nct_id: {NCT_ID}", "nct_id: NCT00000001")
    )
    other.write_text(text, encoding="utf-8")
    told = refusals(run("--criteria", other, "export", "sdtm-ie", log, "-o", tmp_path / "a.xpt"))
    assert told == [f"{log}: is the log of {NCT_ID}, not of NCT00000001"]


@pytest.mark.parametrize(
    ("told", "code"), [(("redcap", "-o", "-"), 0), (("sdtm-ti", "-o", "a.xpt"), 2)]
)
def test_only_transport_files_need_the_program_that_writes_them(
    told: tuple[str, ...], code: int
) -> None:
    without = (
        "import sys; sys.modules.update(pyreadstat=None, polars=None)\n"
        "from trialscreen.cli import main\n"
        "main()"
    )
    command = [sys.executable, "-c", without, "export", *told]
    ran = subprocess.run(
        command, check=False, capture_output=True, text=True, env=environment(), cwd=ROOT
    )
    assert ran.returncode == code, ran.stderr
    if code:
        assert ".xpt needs" in ran.stderr and "pip install 'trialscreen[sdtm]'" in ran.stderr
