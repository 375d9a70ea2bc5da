"""Facts of all patients at once are those of each record by itself."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pytest
import yaml
from polars.testing import assert_frame_equal

from tests.omop import write_folder
from tests.process import ROOT
from tests.sizes import size
from trialscreen import load_trial
from trialscreen.answers.records.codes import Codes
from trialscreen.answers.records.codes_file import load_codes
from trialscreen.answers.records.fact_tables import FactFiles, FactTables, open_tables
from trialscreen.answers.records.gathered import Selection
from trialscreen.answers.records.omop.by_person import extract_one_by_one, staged_for
from trialscreen.answers.records.omop.cdm import CONCEPT, DOMAINS, ORDERS
from trialscreen.tables.extract.omop import extract as at_once

ON = date(2026, 6, 1)
COLUMNS = {one.table: one.columns for one in DOMAINS}
VOCABULARIES = {"loinc": "LOINC", "snomed": "SNOMED", "icd10": "ICD10CM", "rxnorm": "RxNorm"}
UNITS = {9529: "kg", 8582: "cm", 9531: "kg/m2", 8840: "mg/dL", 9999: "m[IU]/L", 9998: "U/L"}
PRINTED = ("", "kg", "lb", "cm", "mg/dL", "mmol/L", "mIU/L", "U/L", "{T-score}", "%", "mL/min")
CASES = yaml.load(
    (ROOT / "tests/data/records/omop_newest.yaml").read_text("utf-8"), yaml.CSafeLoader
)["cases"]
ANSWERS = (
    *((9191, "Positive", "10828004"), (9189, "Negative", "260385009"), (9192, "High", "75540009")),
)
WORDS = ("", "", "", "Negative", "Positive", "unknown", "n/a", "<0.01", "-2.7", "see report")


def one_by_one(source: str, tables: FactTables, advance: Callable[[int], None]) -> tuple[str, ...]:
    """As `at_once`: the reference."""
    with staged_for(tables.selection.codes, source) as staged:
        extract_one_by_one(staged, tables, advance)
    return staged.notices


class Database:
    """A random one, of the codes of a mapping."""

    def __init__(self, codes: Codes, rng: Random, patients: int) -> None:
        self.rng = rng
        self.patients = patients
        self._last = 0
        known = sorted({*codes.bound, *codes.medicines})
        self.concepts = {
            number: (number, f"{system} {code}", VOCABULARIES[system], code)
            for number, (system, code) in enumerate(
                (one for one in known if one[0] in VOCABULARIES), 100
            )
        }
        medicines = {code for code in codes.medicines if code[0] == "rxnorm"}
        self.drugs = [n for n, one in self.concepts.items() if ("rxnorm", one[3]) in medicines]
        self.tests = [n for n, one in self.concepts.items() if one[2] == "LOINC"]
        self.others = [n for n, one in self.concepts.items() if one[2] in ("SNOMED", "ICD10CM")]

    def tables(self) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = {
            name: [] for name in ("person", "death", *COLUMNS)
        }
        rng = self.rng
        found["concept"] = [dict(zip(CONCEPT, one, strict=True)) for one in self.concepts.values()]
        said = [(number, code, "UCUM", code) for number, code in UNITS.items()]
        said += [(number, name, "SNOMED", code) for number, name, code in ANSWERS]
        found["concept"] += [dict(zip(CONCEPT, one, strict=True)) for one in said]
        for number in range(self.patients):
            found["person"] += self._person(number)
            if self.rng.random() < 0.05:
                found["death"].append({"person_id": number, "death_date": "2025-01-01"})
            # Few concepts a patient, so that rows of one often meet.
            tests = [*self.rng.sample(self.tests, 3), self._usual()]
            others = self.rng.sample(self.others, 2)
            for _ in range(self.rng.randint(0, 7)):
                table, row = self._row(tests, others)
                stranger = 9_000 + number if rng.random() < 0.01 else number
                found[table].append({"person_id": stranger, **row})
        return found

    def _usual(self) -> int:
        """A concept of weight, height, BMI or a T-score, which contradict each other."""
        codes = ("29463-7", "8302-2", "39156-5", "38267-1", "80946-7", "80945-9", "3016-3")
        code = self.rng.choice(codes)
        return next(n for n in self.tests if self.concepts[n][3] == code)

    def _person(self, number: int) -> Iterator[dict[str, Any]]:
        row = {
            "person_id": number,
            "gender_concept_id": self.rng.choice((8532, 8532, 8507, 0)),
            "gender_source_value": self.rng.choice(("F", "", "?")),
            "year_of_birth": self.rng.choice((1956, 1960, 1890)),
            "month_of_birth": self.rng.choice(("", 3)),
        }
        yield row
        if self.rng.random() < 0.05:
            yield {**row, "year_of_birth": 1957}

    def _row(self, tests: list[int], others: list[int]) -> tuple[str, dict[str, Any]]:
        rng = self.rng
        self._last += 1
        table = rng.choice(("measurement",) * 5 + ("observation", *COLUMNS))
        day = ON - timedelta(rng.choice((0, 0, 1, 2, 30, 400, -1)))
        row: dict[str, Any] = {"id": self._last, "day": str(day)}
        if rng.random() < 0.02:
            row["day"] = rng.choice(("03/04/2026", "", "2026-03", "20260304", f"{day} 08:00"))
        if rng.random() < 0.3:
            row["moment"] = f"{day} 0{rng.randint(0, 2)}:00:00"
        match table:
            case "measurement" | "observation":
                row |= self._result(rng.choice([*tests, *(others if table[0] == "o" else [])]))
            case "drug_exposure":
                named = {"concept": 0, "source_code": rng.choice(("Prednison", "阿仑膦酸", "x"))}
                row |= named if rng.random() < 0.3 else {"concept": rng.choice(self.drugs)}
                row |= {"days": rng.choice((0, 30, ""))}
                row |= {"type": rng.choice((0, 38000175, *sorted(ORDERS)))}
                row |= {"end": str(day + timedelta(rng.choice((0, 30))))}
            case _:
                row |= {"concept": rng.choice(others)}
        if rng.random() < 0.15:
            row |= {"concept": rng.choice((0, 77)), "source_concept": row["concept"]}
        if table == "condition_occurrence":
            row |= {"end": rng.choice(("", "", str(day))), "status": rng.choice((0, 32893, 32899))}
        return table, {
            COLUMNS[table][name]: one for name, one in row.items() if name in COLUMNS[table]
        }

    def _result(self, concept: int) -> dict[str, Any]:
        rng = self.rng
        number = rng.choice(("", "nan", 22.5, 60, 160, -2.6, -1, 2.0, 0.01, 3000))
        unit = rng.choice((0, 0, 0, *UNITS, 12345))
        limits = {"low": 0.3, "high": 4.2} if rng.random() < 0.2 else {}
        return {
            "concept": concept,
            "number": number,
            "value_source": rng.choice(WORDS),
            "value_concept": rng.choice((0, 0, 0, *(number for number, _, _ in ANSWERS))),
            "value_text": rng.choice(("", "", "", "Negative", "POS")),
            "status": rng.choice((0, 0, 0, 0, 32899)),
            "operator": rng.choice((0, 0, 0, 4171756, 4172704, 5)),
            "unit_concept": unit,
            "unit_source": rng.choice((*PRINTED, UNITS.get(unit, ""))),
            **limits,
        }


Extract = Callable[[str, FactTables, Callable[[int], None]], object]


def _extracted(extract: Extract, source: str, selection: Selection, folder: Path) -> list[Any]:
    folder.mkdir()
    files = FactFiles(folder / "f.parquet", folder / "e.parquet", folder / "p.csv")
    with open_tables(selection, files) as tables:
        extract(source, tables, lambda _: None)
    assert files.evidence is not None and files.problems is not None
    evidence = pl.read_parquet(files.evidence)
    problems = sorted(files.problems.read_text().splitlines())
    return [
        (tables.patients, tables.deceased, tables.facts, tables.conflicts, tables.problems),
        pl.read_parquet(files.facts),
        evidence.sort(evidence.columns),
        problems,
        tables.old,
    ]


@pytest.mark.parametrize("seed", range(2))
def test_at_once_is_one_by_one(seed: int, tmp_path: Path) -> None:
    trial = load_trial()
    codes = load_codes(trial)
    database = Database(codes, Random(seed), size(2_000, 100))
    folder = write_folder(tmp_path / "csv", database.tables())
    selection = Selection(trial, codes, ON)
    expected = _extracted(one_by_one, str(folder), selection, tmp_path / "one")
    found = _extracted(at_once, str(folder), selection, tmp_path / "all")
    assert_frame_equal(found[1], expected[1])
    assert_frame_equal(found[2], expected[2])
    assert found[0] == expected[0]
    assert found[3:] == expected[3:]
    assert {"fact", "candidate", "unmapped", "conflict"} <= set(expected[2]["kind"])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
@pytest.mark.parametrize("extract", [one_by_one, at_once])
def test_case(extract: Extract, case: dict[str, Any], tmp_path: Path) -> None:
    """What each path shows of a patient's rows, beside what the table person says."""
    trial = load_trial()
    person = {"person_id": 1, "gender_concept_id": 8532, "year_of_birth": 1956}
    tables: dict[str, list[dict[str, Any]]] = {"person": [person]}
    if "concept" in case:
        tables["concept"] = [dict(zip(CONCEPT, one, strict=True)) for one in case["concept"]]
    names = COLUMNS[case["table"]]
    tables[case["table"]] = [
        {"person_id": 1, names["id"]: number, **{names[of]: one for of, one in row.items()}}
        for number, row in enumerate(case["rows"], 1)
    ]
    folder = write_folder(tmp_path / "csv", tables)
    selection = Selection(trial, load_codes(trial), ON)
    _, facts, evidence, _, old = _extracted(extract, str(folder), selection, tmp_path / "out")
    shown = evidence.filter(~pl.col("source").str.starts_with("person/"))
    shown = shown.select("element", "kind", "value", "date").sort(pl.all())
    assert [list(row) for row in shown.iter_rows()] == case["shown"]
    assert old == case.get("old", {})
    noted = evidence.filter(pl.col("note").str.ends_with("older than 12 months"))
    assert noted["element"].to_list() == list(old)
    answers = facts.row(0, named=True)
    assert {name: answers[name] for name in case.get("facts", {})} == case.get("facts", {})


def test_persons_alone(tmp_path: Path) -> None:
    """Nothing but the table person, in which nobody is, or somebody."""
    trial = load_trial()
    selection = Selection(trial, load_codes(trial), ON)
    for persons in ([], [{"person_id": 1, "gender_concept_id": 8532, "year_of_birth": 1956}]):
        folder = write_folder(tmp_path / f"csv{len(persons)}", {"person": persons})
        expected = _extracted(one_by_one, str(folder), selection, tmp_path / f"1{len(persons)}")
        found = _extracted(at_once, str(folder), selection, tmp_path / f"n{len(persons)}")
        assert_frame_equal(found[1], expected[1])
        assert_frame_equal(found[2], expected[2])
        assert len(found[1]) == len(persons)


@pytest.mark.parametrize("extract", [one_by_one, at_once])
def test_what_two_rows_of_a_person_say_is_shown_in_one_order(
    extract: Extract, tmp_path: Path
) -> None:
    trial = load_trial()
    persons = [
        {"person_id": number, "gender_concept_id": 8532, "year_of_birth": year}
        for year in (1960, 1957)
        for number in range(50)
    ]
    folder = write_folder(tmp_path / "csv", {"person": persons})
    files = FactFiles(tmp_path / "f.csv", tmp_path / "e.csv", None)
    with open_tables(Selection(trial, load_codes(trial), ON), files) as tables:
        extract(str(folder), tables, lambda _: None)
    evidence = pl.read_csv(tmp_path / "e.csv").filter(element="birth_date")
    assert evidence["value"].to_list() == ["1957", "1960"] * 50
