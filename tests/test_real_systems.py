"""What real systems are known to get wrong, one by one, and by `extract` and `cohort`."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

import trialscreen
from tests.fhir_records import LOINC, UCUM, observation, patient, write_lines
from tests.process import ROOT, run

CASES: list[dict[str, Any]] = yaml.load(
    (ROOT / "tests/data/real_systems.yaml").read_text(), yaml.CSafeLoader
)
TRIAL = trialscreen.load_trial()
ON = date(2026, 6, 1)
DAY = ("--screening-date", str(ON))


def resources(number: int, case: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    name = f"p{number}"
    coding = {"system": LOINC, "code": case["loinc"], "display": case.get("display", "")}
    value = {key: one for key, one in case.items() if key.startswith("value")}
    if "valueQuantity" in value:
        value["valueQuantity"] = {**value["valueQuantity"], "system": UCUM}
    yield patient(name)
    yield observation(
        **{"valueQuantity": None, **value},
        id=f"o{number}",
        code={"coding": [coding]},
        subject={"reference": f"Patient/{name}"},
        effectiveDateTime=str(case.get("day", "2026-05-20")),
    )


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What `cohort` finds of all patients together, in a table that `extract` wrote."""
    folder = tmp_path_factory.mktemp("together")
    every = [one for number, case in enumerate(CASES) for one in resources(number, case)]
    write_lines(folder / "all.ndjson", *every)
    made = ("-o", "facts.parquet", "--problems", "problems.csv")
    assert run("extract", "fhir", "all.ndjson", *made, *DAY, folder=folder).code == 0
    assert run("cohort", "facts.parquet", "-o", "found.parquet", folder=folder).code == 0
    found = pl.read_parquet(folder / "found.parquet").rows(named=True)
    return {row["patient_id"]: row for row in found}


@pytest.mark.parametrize("number", range(len(CASES)), ids=lambda n: CASES[n]["name"])
def test_every_way_in_reads_the_same(
    number: int, rows: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    case = CASES[number]
    path = write_lines(tmp_path / "one.ndjson", *resources(number, case))
    read = trialscreen.read_fhir(TRIAL, [path], ON)
    found = trialscreen.result(trialscreen.screen(TRIAL, {}, ON, read))
    assert found["values"].get(case["element"]) == case.get("used")
    met = {one["id"]: one["met"] for one in found["criteria"]}
    assert case.get("met", {}).items() <= met.items()
    row = rows[f"p{number}"]
    assert (row["verdict"], {name: row[name] for name in met}) == (found["verdict"], met)
    told = "\n".join(map(str, read.problems))
    assert re.search(case["problem"], told) if "problem" in case else not told


def test_a_field_that_comes_late_in_an_export_is_not_lost(tmp_path: Path) -> None:
    early = [observation(id=f"e{n}", valueQuantity=None) for n in range(300)]
    late = observation(id="late", referenceRange=[{"low": {"value": 0.4}, "high": {"value": 4.2}}])
    path = write_lines(tmp_path / "late.ndjson", patient(), *early, late)
    read = trialscreen.read_fhir(TRIAL, [path], ON)
    assert read.answers["tsh"].text.startswith("3.1")
    assert read.answers["tsh_lln"].where == "Observation/late"
