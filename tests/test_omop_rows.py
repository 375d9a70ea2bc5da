"""What rows of the OMOP common data model say, in every way in which they can be kept."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.engines import PostgreSQL
from tests.omop import ALL, FIXTURE, kept, read_all, unpacked, write_folder
from tests.process import ROOT
from trialscreen.answers.records.codes import Key
from trialscreen.answers.records.entries import Amount, Entry, NormalRange, Record
from trialscreen.answers.records.omop.cdm import CONCEPT, DOMAINS
from trialscreen.model.errors import InputError


@cache
def _cases() -> dict[str, Any]:
    text = (ROOT / "tests/data/records/omop_rows.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.load(text, yaml.CSafeLoader)
    return loaded


def _keys() -> set[Key]:
    return {(system, code) for system, codes in _cases()["bound"].items() for code in codes}


def _named(kind: str) -> list[Any]:
    return [pytest.param(one, id=one["name"]) for one in _cases()[kind]]


def _tables(kinds: tuple[str, ...]) -> dict[str, list[dict[str, Any]]]:
    """A database in which each case is a person, its id the place of the case."""
    columns = {domain.table: domain.columns for domain in DOMAINS}
    tables: dict[str, list[dict[str, Any]]] = {name: [] for name in ("person", "death", *columns)}
    for number, case in enumerate(case for kind in kinds for case in _cases()[kind]):
        person = {"person_id": number, "gender_concept_id": 8532, "year_of_birth": 1956}
        tables["death"] += [{"person_id": number, **case["death"]}] if "death" in case else []
        if "table" not in case:
            tables["person"].append({"person_id": number, **case["row"]})
            continue
        tables["person"].append(person)
        of = columns[case["table"]]
        row = {of[name]: value for name, value in {"day": "2026-01-01", **case["row"]}.items()}
        tables[case["table"]].append({"person_id": number, of["id"]: number, **row})
    tables["concept"] = [dict(zip(CONCEPT, row, strict=True)) for row in _cases()["concept"]]
    tables["concept_ancestor"] = [
        {"ancestor_concept_id": high, "descendant_concept_id": low}
        for high, low in _cases()["concept_ancestor"]
    ]
    return tables


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cases that every kind of database can hold."""
    folder = tmp_path_factory.mktemp("omop") / "csv"
    return write_folder(folder, _tables(("cases", "persons")))


@pytest.fixture(scope="module")
def from_text(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Record]:
    """The records of all cases, by the name of the case."""
    kinds = ("cases", "persons", "as_text")
    folder = write_folder(tmp_path_factory.mktemp("omop") / "csv", _tables(kinds))
    found, notices, problems = read_all(str(folder), _keys(), _cases()["names"])
    assert not notices
    assert not problems
    names = [case["name"] for kind in kinds for case in _cases()[kind]]
    assert [one.patient for one in found] == [str(place) for place in range(len(names))]
    return dict(zip(names, found, strict=True))


@pytest.mark.parametrize("case", [*_named("cases"), *_named("as_text")])
def test_row(case: Mapping[str, Any], from_text: Mapping[str, Record]) -> None:
    entries = from_text[case["name"]].entries
    if case["entry"] is None:
        assert not entries
        return
    (entry,) = entries
    assert {name: _plain(name, getattr(entry, name)) for name in case["entry"]} == case["entry"]
    assert entry.source.startswith(f"{case['table']}/")


def _plain(name: str, value: Any) -> Any:
    """A field of an entry, as a case writes it."""
    match name, value:
        case (("codes" | "route"), codings):
            return [[one.system, one.code] for one in codings]
        case "also", codings:
            return [list(one) for one in codings]
        case "value", tuple() if not isinstance(value, Amount):
            return [[one.system, one.code] for one in value]
        case _, Amount() | NormalRange():
            return [None if one is None else _plain("", one) for one in value]
        case _, tuple():
            return list(value)
    return value


@pytest.mark.parametrize("case", _named("persons"))
def test_person(case: Mapping[str, Any], from_text: Mapping[str, Record]) -> None:
    persons = from_text[case["name"]].persons
    said = [[one.sex, one.birth_date, *([one.deceased] if one.deceased else [])] for one in persons]
    assert said == case["persons"]


@pytest.mark.parametrize("route", ALL[1:])
def test_every_route_tells_the_same(
    route: str, typed: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    expected = read_all(str(typed), _keys(), _cases()["names"])
    server = request.getfixturevalue("server") if route == "postgresql" else None
    assert read_all(kept(route, typed, tmp_path, server), _keys(), _cases()["names"]) == expected
    assert sum(len(one.entries) for one in expected[0]) > 30


@pytest.mark.parametrize("route", ["parquet", "duckdb", "postgresql"])
def test_every_route_tells_the_same_of_the_fixture(
    route: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    keys = {("loinc", "29463-7"), ("loinc", "38265-5"), ("loinc", "1742-6"), ("loinc", "5770-3")}
    keys |= {("snomed", "64859006"), ("rxnorm", "904419"), ("omop", "3051825")}
    expected = read_all(str(FIXTURE), keys)
    (tmp_path / "work").mkdir()
    source = unpacked(tmp_path / "csv")
    server = request.getfixturevalue("server") if route == "postgresql" else None
    assert read_all(kept(route, source, tmp_path / "work", server), keys) == expected
    found, notices, problems = expected
    assert len(found) == 28
    assert notices == (
        "the table concept_ancestor is empty: concepts are found that the mapping lists, not"
        " those below them",
    )
    assert not problems
    assert _t_scores(found) == {"7": ["-0.4", "-2.7"], "20": ["-0.3"]}


def _t_scores(found: list[Record]) -> dict[str, list[str]]:
    def is_one(entry: Entry) -> bool:
        return ("loinc", "38265-5") in {(one.system, one.code) for one in entry.codes}

    scores = {
        one.patient: [e.value.number for e in sorted(one.entries, key=lambda e: e.start)
                      if is_one(e) and isinstance(e.value, Amount)]
        for one in found
    }  # fmt: skip
    return {patient: numbers for patient, numbers in scores.items() if numbers}


def test_without_a_vocabulary_the_listed_concepts_are_found(typed: Path, tmp_path: Path) -> None:
    folder = tmp_path / "csv"
    folder.mkdir()
    for file in typed.glob("*.csv"):
        if not file.name.startswith(("concept", "procedure")):
            (folder / file.name).write_bytes(file.read_bytes())
    found, notices, _ = read_all(str(folder), _keys(), _cases()["names"])
    assert {code.code for one in found for entry in one.entries for code in entry.codes} == {
        "3049273",
        "4230399",
        "阿仑膦酸钠片 70mg",
        *("29463-7", "M81.0", "35207790"),  # where no vocabulary says what the source means
    }
    assert notices == (
        "there is no table procedure_occurrence: what it would tell stays unknown",
        "there is no table concept: rows are found by the concept ids of the mapping only",
        "there is no table concept_ancestor: concepts are found that the mapping lists, not"
        " those below them",
    )


def test_tables_of_a_schema(typed: Path, tmp_path: Path, server: PostgreSQL) -> None:
    """The tables need not be on the search path; a password stays out of the URL."""
    url = kept("postgresql", typed, tmp_path, server)
    with_path = f"{url}?options=-csearch_path%3Dcdm"
    assert read_all(with_path, _keys(), _cases()["names"]) == read_all(
        url, _keys(), _cases()["names"]
    )
    server.connection.execute("CREATE TABLE IF NOT EXISTS public.person (person_id integer)")
    try:
        with pytest.raises(InputError) as caught:
            read_all(url, _keys(), _cases()["names"])
    finally:
        server.connection.execute("DROP TABLE public.person")
    assert "has no column gender_concept_id, year_of_birth" in str(caught.value.problems[0])
    with pytest.raises(InputError) as caught:
        read_all(url.replace("tests@", "tests:secret@"), _keys(), _cases()["names"])
    (problem,) = caught.value.problems
    assert "PGPASSWORD" in problem.message
    assert "secret" not in str(problem)
