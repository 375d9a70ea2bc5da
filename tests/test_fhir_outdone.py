"""Results that a later one outdoes are passed over: never where the older one could matter."""

import random
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.fhir_records import CODES, Json, observation, patient, write_lines
from tests.sizes import size
from trialscreen import load_trial
from trialscreen.answers.records.fact_tables import FactFiles, open_tables
from trialscreen.answers.records.fhir import extract, read
from trialscreen.answers.records.fhir.datatypes import ConceptReader
from trialscreen.answers.records.fhir.documents import find
from trialscreen.answers.records.fhir.intake import Intake
from trialscreen.answers.records.fhir.reading import take_in
from trialscreen.answers.records.fhir.spool import Spool
from trialscreen.answers.records.fhir.spool import left as left_of
from trialscreen.answers.records.gathered import Selection
from trialscreen.answers.records.select import select
from trialscreen.model.evidence import Evidence

ON = date(2026, 6, 1)
TRIAL = load_trial()


def left(folder: Path, *resources: Json) -> list[str]:
    """The sources that are read of these, in an export."""
    path = write_lines(folder / "a.ndjson", patient(), *resources)
    with Spool() as spool:
        take_in(find([path]), Intake(spool, ConceptReader(CODES), print))
        ((_, kept),) = spool.patients()
        both = (one for some in left_of(kept, ON) for one in some)
        return sorted(one.source for one in both if one.kind != "Patient")


def results(*times: str | None, **more: Any) -> list[Json]:
    return [observation(id=f"o{n}", effectiveDateTime=t, **more) for n, t in enumerate(times)]


def test_the_last_two_moments_are_left_and_what_lies_after_is_not(tmp_path: Path) -> None:
    made = results("2026-05-01", "2025-01-01", "2026-05-01", "2026-04-01", "2026-06-02")
    assert left(tmp_path, *made) == ["Observation/o0", "Observation/o2", "Observation/o3"]


LAST: list[Json] = [
    observation(status="entered-in-error"),
    observation(status="preliminary"),
    observation(valueQuantity=None),
    observation(valueQuantity={"unit": "mIU/L"}),
    observation(valueQuantity={"value": None, "unit": "mIU/L"}),
    observation(dataAbsentReason={"text": "lost"}),
    observation(valueQuantity=None, valueString="unknown"),
    observation(bodySite={"text": "left"}),
    observation(modifierExtension=[{"url": "x"}]),
    observation(effectiveDateTime="2026-05"),
    observation(effectiveDateTime="2026-02-30"),
    observation(effectiveDateTime=None),
    observation(effectiveDateTime=None, effectivePeriod={"end": "2026-05-30"}),
    observation(status=5),
]


@pytest.mark.parametrize("last", LAST)
def test_what_may_not_count_outdoes_nothing(tmp_path: Path, last: Json) -> None:
    if last.get("effectiveDateTime") == "2026-03-02":
        last = {**last, "effectiveDateTime": "2026-05-30"}
    older = results("2026-01-01", "2026-01-02")
    made = left(tmp_path, *older, {**last, "id": "z1"}, {**last, "id": "z2"})
    assert {"Observation/o0", "Observation/o1"} <= set(made)


def test_a_day_that_is_none_may_be_any(tmp_path: Path) -> None:
    made = results("2026-05-01", "2026-02-30", "2026-04-01", "2026-03-01")
    assert len(left(tmp_path, *made)) == 4


def test_where_one_comes_twice_all_are_left(tmp_path: Path) -> None:
    made = results("2026-01-01", "2026-02-01", "2026-03-01")
    assert len(left(tmp_path, *made, {**made[2], "status": "entered-in-error"})) == 4


def test_moments_of_other_zones_are_not_compared(tmp_path: Path) -> None:
    zones = ("Z", "+02:00", "-05:00", "")
    made = results(*(f"2026-0{n}-01T00:00:00{zone}" for n in (1, 2) for zone in zones if zone))
    assert len(left(tmp_path, *made)) == 6


# Generated: the same is selected.


def drawn(random: random.Random, number: int) -> Json:
    code = random.choice(["3016-3", "38267-1", "29463-7", "8302-2", "39156-5", "38264-8"])
    day = f"2026-0{random.randint(4, 6)}-0{random.randint(1, 3)}"
    when = random.choice(
        [day, day[:7], f"{day}T08:00:00Z", f"{day}T08:00:00-05:00", f"{day}T07:00:00Z"]
        + [f"{day}T0{hour}:00:00" for hour in (0, 0, 8, 9)]
    )
    quantity: Any = random.choice(
        [
            {
                "value": random.choice([1.5, 3, 60, 160, -2.7]),
                "unit": random.choice(["mIU/L", "kg", "cm", "{T-score}", "kg/m2"]),
            },
            {"value": 3, "comparator": "<", "unit": "mIU/L"},
            {"unit": "kg"},
            None,
        ]
    )
    more: Json = random.choice(
        [
            {},
            {},
            {},
            {"status": "preliminary"},
            {"status": "cancelled"},
            {"bodySite": {"text": "left"}},
        ]
    )
    coded = {"coding": [{"system": "http://loinc.org", "code": code}]}
    return observation(
        **{
            "id": f"o{number}",
            "code": coded,
            "effectiveDateTime": when,
            "valueQuantity": quantity,
            **more,
        }
    )


def extracted(folder: Path) -> tuple[Json, list[Any], set[str]]:
    """The facts, the evidence and the problems that an extraction gives of one patient."""
    files = FactFiles(*(folder / name for name in ("f.parquet", "e.parquet", "p.csv")))
    with open_tables(Selection(TRIAL, CODES, ON), files) as tables:
        extract([folder / "a.ndjson"], tables, lambda _: None)
    evidence = pl.read_parquet(folder / "e.parquet", columns=[*Evidence._fields])
    problems = pl.read_csv(folder / "p.csv")["problem"]
    return pl.read_parquet(files.facts).row(0, named=True), sorted(evidence.rows()), {*problems}


@pytest.mark.parametrize("seed", range(size(400, 12)))
def test_the_same_is_selected_of_all_and_of_what_is_left(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    made = [drawn(chance, number) for number in range(chance.randint(3, 40))]
    path = write_lines(tmp_path / "a.ndjson", patient(), *made)
    (record,), problems = read([path], CODES)
    every = select(Selection(TRIAL, CODES, ON), record)
    facts, evidence, told = extracted(tmp_path)
    assert {name: facts[name] for name in every.answers} == {
        name: answer.text for name, answer in every.answers.items()
    }
    assert evidence == sorted(map(tuple, every.evidence))
    assert told == {str(one.message) for one in (*problems, *every.problems)}
