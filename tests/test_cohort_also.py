"""`cohort --also` says of each patient what `screen --format json` says, in the same words."""

import json
from datetime import date
from pathlib import Path

import polars as pl

from tests.messy import patients
from tests.process import cohort, run
from tests.sizes import size
from tests.test_cohort_parity import OWN_DAYS, TRIAL, run_on, write_csv
from trialscreen import __version__
from trialscreen.output.report.screening_data import result
from trialscreen.screening.screen import screen
from trialscreen.tables.cohort.extra_columns import COLUMNS

ROWS = size(400, part=200)


def test_it_says_what_screen_says(tmp_path: Path) -> None:
    messy = patients(TRIAL, ROWS, 4, OWN_DAYS)
    write_csv(tmp_path / "t.csv", messy, own_days=True)
    problems = tmp_path / "problems.csv"
    run_on(tmp_path, tmp_path / "t.csv", problems=problems, extra=tuple(COLUMNS))
    unusable = pl.read_csv(problems).filter(kind="unusable")
    struck = unusable.select("id", "element").rows()
    verdicts, days = set(), set()
    for one, found in zip(
        messy, pl.read_parquet(tmp_path / "out.parquet").iter_rows(named=True), strict=True
    ):
        facts = {n: fact for n, fact in one.facts(TRIAL).items() if (one.id, n) not in struck}
        said = result(screen(TRIAL, facts, one.on), __version__)
        failing = [entry for entry in said["criteria"] if entry["passes"] is False]
        assert found["missing"] == [name for names in said["missing"].values() for name in names]
        assert found["reasons"] == [f"{c['id']}: {why}" for c in failing for why in c["reasons"]]
        assert found["clears_on"] == (said["clears_on"] and date.fromisoformat(said["clears_on"]))
        verdicts.add(found["verdict"])
        days.add(found["clears_on"])
    assert verdicts >= {"ineligible", "undetermined"}
    assert len(days) > 3


def test_the_example_patients_one_by_one_and_as_a_table(tmp_path: Path) -> None:
    files = ("eligible", "ineligible_lab", "ineligible_washout", "undetermined")
    said, rows = [], []
    for name in files:
        args = ("--from", f"docs/patients/{name}.yaml", "--format", "json", "--exit-zero")
        said.append(json.loads(run("screen", *args).out))
        facts = Path("docs/patients", f"{name}.yaml").read_text("utf-8").splitlines()
        rows.append({"patient_id": name, **dict(_answer(line) for line in facts if ":" in line)})
    pl.DataFrame(rows, infer_schema_length=None).write_csv(tmp_path / "t.csv")
    ran = cohort(tmp_path, "t.csv", "--also", "clears_on,missing")
    assert ran.code == 0, ran
    table = pl.read_csv(tmp_path / "out.csv", infer_schema=False, empty_string_is_null=False)
    assert table.columns[-2:] == ["clears_on", "missing"]
    for row, one in zip(table.iter_rows(named=True), said, strict=True):
        assert row["verdict"] == one["verdict"]
        assert row["open"] == (one["open"] or "")
        assert row["clears_on"] == (one["clears_on"] or "")
        names = [name for group in one["missing"].values() for name in group]
        assert row["missing"] == "; ".join(names)
        for entry in one["criteria"]:
            assert row[entry["id"]] == {True: "true", False: "false", None: ""}[entry["met"]]


def _answer(line: str) -> tuple[str, str]:
    name, _, text = line.partition(":")
    return name.strip(), text.partition(" #")[0].strip().strip("\"'")


def test_open_is_there_in_any_case_and_no_second_time(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("patient_id,informed_consent_signed\na,no\n", "utf-8")
    for also in ("open", "open,stale"):
        assert cohort(tmp_path, "t.csv", "--also", also).code == 0
        columns = pl.read_csv(tmp_path / "out.csv").columns
        assert columns.count("open") == 1
        assert ("stale" in columns) is ("stale" in also)
