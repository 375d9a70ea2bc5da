"""Random records in a table and one by one: the same is found of every patient."""

from pathlib import Path
from random import Random

import polars as pl

from tests.fhir_records import CODES
from tests.process import run
from tests.random_records import Recorder
from tests.sizes import size
from tests.test_selection import ON, TRIAL
from trialscreen.answers.answer import read_facts
from trialscreen.answers.beside_record import FromRecord, with_record
from trialscreen.answers.records.entries import Person
from trialscreen.answers.records.fact_tables import FactFiles, open_tables
from trialscreen.answers.records.gathered import Selection
from trialscreen.answers.records.select import select
from trialscreen.answers.sampled import told_apart
from trialscreen.screening.screen import screen


def test_a_table_of_records_screens_as_each_record_does(tmp_path: Path) -> None:
    rng = Random(16)
    recorder = Recorder(rng, TRIAL, CODES)
    birth_dates = ("1958", "1958-03-14", "1961-05", "1930-01-01", "1990-01-01")
    records = []
    for number in range(size(2_000, 100)):
        person = Person(rng.choice(["female"] * 5 + ["male"]), rng.choice(birth_dates))
        record = recorder.record()
        records.append(record._replace(patient=f"p{number:04}", persons=(person,)))
    assumed = ("bone_diseases", "cancer")
    selection = Selection(TRIAL, CODES, ON, assumed)
    with open_tables(selection, FactFiles(tmp_path / "facts.parquet")) as tables:
        for record in records:
            tables.add(record)
    assert run("cohort", "facts.parquet", "-o", "out.parquet", folder=tmp_path).code == 0
    rows = pl.read_parquet(tmp_path / "out.parquet").rows(named=True)
    assert [row["patient_id"] for row in rows] == [record.patient for record in records]
    verdicts = set()
    for record, row in zip(records, rows, strict=True):
        found = select(Selection(TRIAL, CODES, ON, assumed), record)
        beside = with_record(TRIAL, {}, FromRecord(found.answers, found.evidence), ON)
        one = screen(TRIAL, read_facts(TRIAL, told_apart(TRIAL, beside.answers, []), ON), ON)
        assert row["verdict"] == one.verdict
        met = {each.criterion.id: each.met for each in one.findings}
        assert {name: row[name] for name in met} == met
        verdicts.add(one.verdict)
    assert verdicts == {"ineligible", "undetermined"}
