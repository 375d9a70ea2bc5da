"""`cohort` finds for each row what `screen` finds for that patient, in every cell."""

import csv
import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pytest

from tests.messy import Patient, patients
from tests.sizes import size
from tests.tools.simulate import ID, write
from trialscreen import load_trial
from trialscreen.answers.values import read_value
from trialscreen.model.errors import ValueProblem
from trialscreen.model.facts import Dates, Exactly, Fact, Numbers
from trialscreen.model.trial import SCREENING_DATE
from trialscreen.screening.edit_checks import review
from trialscreen.screening.evaluate import Evaluation
from trialscreen.screening.screen import screen
from trialscreen.tables.cohort.batches import Anchor
from trialscreen.tables.cohort.data_quality import UNUSUAL
from trialscreen.tables.cohort.run import Done, Job, Progress, run

TRIAL = load_trial()
ON = date(2026, 6, 1)
OWN_DAYS = (date(2025, 8, 31), date(2026, 2, 28), ON)
ROWS = size(1200)


def run_on(folder: Path, table: Path, **more: Any) -> Done:
    anchor = Anchor(ON, ON)
    return run(TRIAL, Job((table,), folder / "out.parquet", ID, anchor, most_bad=1, **more))


def expected(facts: Mapping[str, Fact], on: date) -> dict[str, Any]:
    """The columns of the output for one patient; raises InputError for a contradiction."""
    found = screen(TRIAL, facts, on)
    met = {one.criterion.id: one.met for one in found.findings}
    return {"verdict": found.verdict, "open": found.open, **met}


def differences(
    output: pl.DataFrame, rows: Sequence[tuple[Mapping[str, Fact], date]]
) -> Iterator[tuple[int, str, Any, Any]]:
    for place, (found, (facts, on)) in enumerate(
        zip(output.iter_rows(named=True), rows, strict=True), start=1
    ):
        for name, value in expected(facts, on).items():
            if found[name] != value:
                yield place, name, value, found[name]


def write_csv(path: Path, messy: Sequence[Patient], *, own_days: bool) -> None:
    names = list(messy[0].cells)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([ID, *([SCREENING_DATE] if own_days else []), *names])
        for one in messy:
            day = [one.on.isoformat()] if own_days else []
            writer.writerow([one.id, *day, *(one.cells[name].text for name in names)])


def listed(path: Path) -> dict[int, dict[str, str]]:
    """The problems file: by row, the reason for each element that cannot be used."""
    rows: dict[int, dict[str, str]] = defaultdict(dict)
    with path.open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            if line["kind"] == UNUSUAL:
                continue
            assert line["id"] == f"P{int(line['row']):05}"
            rows[int(line["row"])][line["element"]] = line["reason"]
    return rows


@pytest.mark.parametrize("days", [(ON,), OWN_DAYS], ids=["one day", "own days"])
def test_messy_text_is_screened_as_the_reference_screens_it(
    tmp_path: Path, days: tuple[date, ...]
) -> None:
    messy = patients(TRIAL, ROWS, 7, days)
    table, problems = tmp_path / "messy.csv", tmp_path / "problems.csv"
    write_csv(table, messy, own_days=days is OWN_DAYS)
    done = run_on(tmp_path, table, problems=problems)
    output = pl.read_parquet(tmp_path / "out.parquet")
    assert output[ID].to_list() == [one.id for one in messy]
    told = listed(problems)
    kept: list[tuple[Mapping[str, Fact], date]] = []
    unreadable, contradictory = 0, 0
    for row, one in enumerate(messy, start=1):
        reasons, facts = one.unreadable(TRIAL), one.facts(TRIAL)
        assert {name: told[row].get(name) for name in reasons} == _in_a_cell(reasons)
        others = contradicting(facts, one.on, told[row].keys() - reasons.keys())
        kept.append(({n: fact for n, fact in facts.items() if n not in others}, one.on))
        unreadable += len(reasons)
        contradictory += len(others)
    assert not list(differences(output, kept))[:10]
    assert unreadable == done.quality.unreadable.total() > ROWS / 2
    assert contradictory == done.quality.contradictory.total() > ROWS / 100


def contradicting(facts: Mapping[str, Fact], on: date, told: Set[str]) -> Set[str]:
    """`told`, once it is clear that the reference blames these elements too."""
    errors = review(Evaluation(TRIAL, facts, on))
    blamed = {name for n in errors if n.level == "error" for name in n.elements}
    assert blamed <= told
    assert bool(blamed) == bool(told)
    return told


def _in_a_cell(reasons: Mapping[str, str]) -> dict[str, str]:
    return {
        name: f"'{why}" if why.startswith(("=", "-", "+", "@")) else why
        for name, why in reasons.items()
    }


def test_typed_columns_are_screened_as_the_reference_screens_them(tmp_path: Path) -> None:
    table = tmp_path / "typed.parquet"
    write(TRIAL, ROWS, table, seed=3, on=ON, unknown=0.2)
    done = run_on(tmp_path, table)
    assert not done.quality.unreadable
    assert not done.quality.contradictory
    output = pl.read_parquet(tmp_path / "out.parquet")
    rows = [
        ({name: _fact(value) for name, value in row.items() if value is not None}, ON)
        for row in pl.read_parquet(table).drop(ID).iter_rows(named=True)
    ]
    assert not list(differences(output, rows))[:10]
    assert output["verdict"].n_unique() > 1


@pytest.mark.parametrize("own_days", [False, True], ids=["one day", "own days"])
def test_typed_columns_with_unusable_values_are_screened_without_them(
    tmp_path: Path, own_days: bool
) -> None:
    rng, table, problems = Random(11), tmp_path / "typed.parquet", tmp_path / "problems.csv"
    write(TRIAL, ROWS, table, seed=11, on=ON, unknown=0.1)
    frame = pl.read_parquet(table)
    frame = frame.with_columns(_spoilt(rng, frame[name]) for name in frame.columns if name != ID)
    days = pl.Series(rng.choices(OWN_DAYS, k=ROWS)) if own_days else pl.Series([ON] * ROWS)
    if own_days:
        frame = frame.with_columns(days.alias(SCREENING_DATE))
    ids = pl.Series([f"P{row:05}" for row in range(1, ROWS + 1)])
    frame.with_columns(ids.alias(ID)).write_parquet(table)
    done = run_on(tmp_path, table, problems=problems)
    output, told = pl.read_parquet(tmp_path / "out.parquet"), listed(problems)
    kept: list[tuple[Mapping[str, Fact], date]] = []
    unreadable, contradictory = 0, 0
    for place, (row, on) in enumerate(zip(frame.iter_rows(named=True), days, strict=True), start=1):
        cells = {name: row[name] for name in row if name not in (ID, SCREENING_DATE)}
        facts = {
            name: _fact(value)
            for name, value in cells.items()
            if value is not None and not _is_nan(value) and _is_usable(name, value, on)
        }
        bad = {
            name
            for name, value in cells.items()
            if value is not None and not _is_nan(value) and name not in facts
        }
        assert bad <= told[place].keys()
        others = contradicting(facts, on, told[place].keys() - bad)
        kept.append(({n: fact for n, fact in facts.items() if n not in others}, on))
        unreadable += len(bad)
        contradictory += len(others)
    assert not list(differences(output, kept))[:10]
    assert unreadable == done.quality.unreadable.total() > ROWS / 4
    assert contradictory == done.quality.contradictory.total() > ROWS / 100
    for name in TRIAL.elements:
        if name in frame.columns:
            column = frame[name]
            column = column.fill_nan(None) if column.dtype.is_float() else column
            assert done.quality.filled[name] == column.count(), name


def _spoilt(rng: Random, column: pl.Series) -> pl.Series:
    """Some values replaced: by what no one can have, by what others contradict, by NaN."""
    strange: list[Any] = []
    if column.dtype.is_numeric():
        strange = [1e6, -5.0, 0.0, math.nan] if column.dtype.is_float() else [10**6, -5, 0]
    elif isinstance(column.dtype, pl.Date):
        strange = [date(2200, 1, 1), date(1850, 1, 1), date(2025, 12, 1), date(1990, 1, 1)]
    places = [place for place in range(len(column)) if strange and rng.random() < 0.02]
    values = pl.Series([rng.choice(strange) for _ in places], dtype=column.dtype)
    return column.scatter(places, values)


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _is_usable(name: str, value: Any, on: date) -> bool:
    if isinstance(value, bool | str):
        return True
    text = value.isoformat() if isinstance(value, date) else f"{value:.15g}"
    try:
        read_value(TRIAL, TRIAL.elements[name], text, on)
    except ValueProblem:
        return False
    return True


def _fact(value: Any) -> Fact:
    if isinstance(value, bool | str):
        return Exactly(value)
    return Dates(value, value) if isinstance(value, date) else Numbers(value, value)


def test_progress_is_told_of_every_row_once(tmp_path: Path) -> None:
    table = tmp_path / "typed.parquet"
    write(TRIAL, ROWS, table, seed=3, on=ON)
    started: list[Callable[[], int] | None] = []
    read: list[int] = []
    job = Job((table,), tmp_path / "out.parquet", ID, Anchor(ON, ON))
    run(TRIAL, job, Progress(started.append, read.append), with_attrition=True)
    assert [one and one() for one in started] == [ROWS]
    assert sum(read) == ROWS
