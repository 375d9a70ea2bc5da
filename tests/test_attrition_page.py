"""The counts of a cohort as a page, in every form, and by the command."""

import csv
import io
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from rich.console import Console
from typer.testing import CliRunner

from tests.attrition import cells, counted
from tests.generate import ON
from tests.process import ROOT
from tests.test_attrition import simulated
from tests.test_html import HOSTILE, TOLD, Parsed
from trialscreen.cli.app import app
from trialscreen.output.report.attrition_page import (
    ENDINGS,
    MOST_MISSING,
    Cohort,
    attrition_data,
    attrition_listing,
    attrition_page,
    attrition_text,
)
from trialscreen.output.report.render import plain
from trialscreen.output.report.render.blocks import Flow, Table
from trialscreen.output.report.render.terminal import show
from trialscreen.tables.attrition.counts import Order
from trialscreen.tables.attrition.disclosure import disclosed

SCHEMA = json.loads((ROOT / "trialscreen/output/report/attrition.schema.json").read_text("utf-8"))


@cache
def cohort(small: int | None = None) -> Cohort:
    case = simulated(3_000, unknown=0.02)
    found = counted(case, batch=1_000)
    return Cohort(case.trial, ON, disclosed(found, small) if small else found, small)


def shown(one: Cohort, width: int = 100) -> str:
    out = Console(file=io.StringIO(), width=width, markup=False, emoji=False, highlight=False)
    show(attrition_page(one), out)
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue()


def forms(one: Cohort) -> dict[str, str]:
    page = list(attrition_page(one))
    texts = {ending: attrition_text(one, ending, "0") for ending in ENDINGS}
    texts[".html"] = Parsed(texts[".html"]).text
    return texts | {"plain": plain.render(page), "table": shown(one), "narrow": shown(one, 50)}


# Every form tells the same.


@pytest.mark.parametrize("form", [*ENDINGS, "plain", "table", "narrow"])
def test_every_form_tells_every_count_of_a_criterion(form: str) -> None:
    one = cohort()
    text = forms(one)[form]
    for name, count in cells(one.attrition):
        if name.startswith(("missing", "settled", "remaining")):
            continue
        apart = r"\d" if form in (".json", ".csv") else r"[\d,]"
        told = str(count) if form in (".json", ".csv") else f"{count:,}"
        assert re.search(rf"(?<!{apart}){told}(?!{apart})", text), (name, count)
    for criterion in one.trial.criteria:
        assert criterion.id in text


def test_json_is_as_its_schema_says() -> None:
    validator = jsonschema.Draft202012Validator(SCHEMA)
    for small in (None, 5, 2_000, 10_000):
        found = attrition_data(cohort(small), "0")
        validator.validate(json.loads(json.dumps(found)))
        assert not validator.is_valid({**found, "enrolled": 1})
        assert not validator.is_valid({**found, "assessed": "about 5"})


def test_json_adds_up() -> None:
    found = attrition_data(cohort(), "0")
    groups = ("ineligible", "lacking_data", "consent_pending", "judgement_only", "eligible")
    assert found["assessed"] == sum(found[name] for name in groups) == 3_000
    assert sum(one["stopped"] for one in found["criteria"]) == found["ineligible"]
    assert found["criteria"][-1]["passed_so_far"] == found["eligible"]


def test_csv_holds_what_json_holds() -> None:
    one = cohort(5)
    data, rows = attrition_data(one, "0"), attrition_listing(one).rows
    of_criteria = {(row[1], row[3]): row[4] for row in rows if row[0] == "criterion"}
    assert of_criteria == {
        (one["id"], name): one[name]
        for one in data["criteria"]
        for name in one
        if name not in ("id", "kind", "label")
    }
    missing = {row[1]: row[4] for row in rows if row[0] == "missing" and row[3] == "alone"}
    assert missing == {one["element"]: one["alone"] for one in data["missing"]}
    orders = [(row[1], row[4]) for row in rows if row[0] == "order_first"]
    assert orders == [
        (" ".join(one["id"] for one in order["sections"]), order["settled"])
        for order in data["order_first"]
    ]


def test_a_page_lists_the_elements_most_often_missing_and_counts_the_others() -> None:
    found = cohort().attrition.missing
    text = forms(cohort())["plain"]
    assert f"{len(found) - MOST_MISSING} more data elements" in text
    labels = [cohort().trial.elements[one.name].label for one in found[:MOST_MISSING]]
    assert all(label in text for label in labels)


# Hidden counts.


def test_hidden_counts_have_no_bar_and_are_explained() -> None:
    one = cohort(5)
    for table in tables(one):
        for row in table.rows:
            for cell in row:
                assert not (cell.text in ("<8", "hidden") and cell.bar)
    told = "Counts from 1 to 7 are shown as <8, all others are rounded to the nearest multiple of 5"
    assert told in forms(one)["plain"]
    assert "hidden" not in forms(cohort())["plain"]


@pytest.mark.parametrize("base", [5, 400])
def test_no_form_holds_a_number_that_is_not_published(base: int) -> None:
    exact, told = dict(cells(cohort().attrition)), dict(cells(cohort(base).attrition))
    elsewhere = {count for count in told.values() if isinstance(count, int)}
    secret = {n for n in exact.values() if isinstance(n, int) and 100 < n != base} - elsewhere
    assert len(secret) > 10
    raw = attrition_text(cohort(base), ".html", "0")
    for form, text in [*forms(cohort(base)).items(), ("raw", raw)]:
        numbers = {int(n.replace(",", "")) for n in re.findall(r"\b\d[\d,]*\d\b", text)}
        assert not numbers & secret, form


@pytest.mark.parametrize("base", [None, 2, 5, 400])
def test_no_bar_is_longer_than_its_whole(base: int | None) -> None:
    bars = [
        cell.bar for table in tables(cohort(base)) for row in table.rows for cell in row if cell.bar
    ]
    assert bars
    assert all(sum(share.part for share in bar) <= 1 + 1e-9 for bar in bars)


def test_rounded_orders_may_add_up_to_more_than_their_rounded_total() -> None:
    orders = tuple(Order((name,), 8) for name in ("imaging", "calcium"))
    found = cohort().attrition._replace(lacking_data=17, orders=orders)
    one = cohort()._replace(attrition=disclosed(found, 5), small=5)
    (bars,) = [
        [row[2].bar for row in table.rows]
        for table in tables(one)
        if table.columns[-1] == "Settled"
    ]
    assert [round(sum(share.part for share in bar), 3) for bar in bars] == [0.5, 1]


def tables(one: Cohort) -> Iterator[Table]:
    for block in attrition_page(one):
        if isinstance(block, Table):
            yield block
        if isinstance(block, Flow):
            yield from (stage.leaving for stage in block.stages if stage.leaving is not None)


# Text from files.


def test_labels_of_a_hostile_file_stay_text() -> None:
    one = cohort()
    label = f"={HOSTILE}|`*"
    criteria = tuple(
        counts._replace(criterion=counts.criterion._replace(label=label))
        for counts in one.attrition.criteria
    )
    hostile = one._replace(attrition=one.attrition._replace(criteria=criteria))
    told = forms(hostile)
    assert told[".html"].count(TOLD) == 3 * len(criteria)
    rows = list(csv.reader(io.StringIO(told[".csv"])))
    assert {row[2] for row in rows if row[0] == "criterion"} == {f"'={TOLD}|`*"}
    assert "<script>" not in told[".md"]
    for form in (".html", ".csv", ".md", "plain", "table"):
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202e\u2066]", told[form]), form


# Odd cohorts.


def test_of_few_patients_only_that_there_are_few_is_told() -> None:
    case = simulated(3, unknown=0.02)
    few = Cohort(case.trial, ON, disclosed(counted(case, 3), 5), 5)
    text = forms(few)["plain"]
    assert "hidden eligible of <8 assessed" in text
    assert not re.search(r": [1-3]\b", text.split("Screened")[0])


def test_a_cohort_of_nobody_has_a_page() -> None:
    case = simulated(3, unknown=0)
    nobody = Cohort(case.trial, ON, counted(case._replace(frame=case.frame.head(0)), 1))
    assert "0 eligible of 0 assessed" in forms(nobody)["table"]


def test_bars_tell_outcomes_apart_without_colour() -> None:
    lines = [line for line in shown(cohort()).splitlines() if re.search(r"I1 .*%", line)]
    assert len(lines) == 1
    assert {"█", "▚"} <= set(lines[0])


# The command.


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "patients.parquet"
    simulated(400, unknown=0.02).frame.rename({"id": "patient_id"}).write_parquet(path)
    return path


def run(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["cohort", *map(str, arguments), "--screening-date", str(ON)])


def test_the_command_writes_the_counts_beside_the_rows(table: Path, tmp_path: Path) -> None:
    rows, counts = tmp_path / "rows.csv", tmp_path / "counts.json"
    done = run(table, "-o", rows, "--attrition", counts)
    assert done.exit_code == 0, done.output
    data = json.loads(counts.read_text("utf-8"))
    with rows.open(encoding="utf-8") as file:
        verdicts = [row["verdict"] for row in csv.DictReader(file)]
    assert data["assessed"] == len(verdicts) == 400
    assert data["ineligible"] == verdicts.count("ineligible")
    assert data["screening_date"] == str(ON)
    assert counts.stat().st_mode & 0o077 == 0


def test_small_cells_apply_to_the_counts(table: Path, tmp_path: Path) -> None:
    counts = tmp_path / "counts.json"
    run(table, "-o", tmp_path / "rows.csv", "--attrition", counts, "--small-cells", 5)
    text = counts.read_text("utf-8")
    assert json.loads(text)["small_cells"] == 5
    assert '"<8"' in text
    counted = re.findall(r'": (\d+),?$', text.replace('"small_cells": 5', ""), re.MULTILINE)
    assert len(counted) > 50
    assert not [n for n in map(int, counted) if n % 5 or n == 5]


@pytest.mark.parametrize(
    ("days", "told"),
    [
        (["2026-03-01", "2026-03-02"], "each on the day stated for them."),
        (["2026-03-01", ""], f"each on the day stated for them, or on {ON} where none is."),
        (["", ""], f"Screened on {ON}."),
    ],
)
def test_whose_screening_date_it_was_is_told(days: list[str], told: str, tmp_path: Path) -> None:
    lines = [f"{n},55,{day}" for n, day in enumerate(days)]
    (tmp_path / "t.csv").write_text("\n".join(["patient_id,weight,screening_date", *lines]))
    for name in ("counts.md", "counts.json"):
        run(tmp_path / "t.csv", "-o", tmp_path / "rows.csv", "--attrition", tmp_path / name)
    assert told in (tmp_path / "counts.md").read_text("utf-8")
    day = json.loads((tmp_path / "counts.json").read_text("utf-8"))["screening_date"]
    assert day == (None if any(days) else str(ON))


def test_a_dash_shows_tables(table: Path, tmp_path: Path) -> None:
    done = run(table, "-o", tmp_path / "rows.csv", "--attrition", "-")
    assert "What each criterion finds" in done.stdout


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--attrition", "counts.txt"], "expected a name that ends in .html, .json, .csv, .md"),
        (["--small-cells", "5"], "--small-cells: is for --attrition"),
        (["--attrition", "nowhere/counts.html"], "cannot be written"),
        (["--attrition", "rows.csv"], "is given for two of the files to write"),
        (["--attrition", "-", "--small-cells", "1"], "--small-cells"),
    ],
)
def test_options_that_cannot_be_used_are_refused(
    options: list[str], told: str, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run(table, "-o", "rows.csv", *options)
    assert done.exit_code == 2
    assert told in done.stderr
    assert not Path("rows.csv").exists()
