"""The simulated patients are those that `tests/data/prevalence.yaml` states."""

from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.tools.prevalence import Choices, Entry, Lognormal, Normal, Yes, read_prevalence
from tests.tools.simulate import BLOCK, ID, ON, columns, main, worlds
from trialscreen import load_trial, screen
from trialscreen.model.trial import SCREENING_DATE, Formula
from trialscreen.screening.screen import Screening
from trialscreen.screening.screen import screen as screen_facts

TRIAL = load_trial()
ENTRIES = read_prevalence(TRIAL)
TABLE = columns(TRIAL, 40_000, seed=1)
ERROR = 5 / 200  # five standard errors of a share of one half among 40,000, and some

SIMPLE = [entry for entry in ENTRIES if len(entry.parts) == 1 and not entry.parts[0].times]


def of_kind(kind: type) -> list[Entry]:
    return [entry for entry in SIMPLE if isinstance(entry.parts[0].distribution, kind)]


def test_every_element_is_stated_but_those_that_a_formula_computes() -> None:
    wanted = {
        element.name
        for element in TRIAL.answerable()
        if element.name != SCREENING_DATE and not isinstance(element.derive, Formula)
    }
    assert {entry.element.name for entry in ENTRIES} == wanted == set(TABLE.columns)
    assert all(entry.source for entry in ENTRIES)


def test_shares_are_as_stated() -> None:
    for entry in of_kind(Yes):
        seen = TABLE[entry.element.name].mean()
        stated = entry.parts[0].distribution
        assert isinstance(stated, Yes) and isinstance(seen, float)
        assert seen == pytest.approx(stated.share, abs=ERROR * stated.share**0.5), entry.element
    for entry in of_kind(Choices):
        stated = entry.parts[0].distribution
        assert isinstance(stated, Choices)
        values = TABLE[entry.element.name]
        for name, share in stated.shares.items():
            wanted = name if entry.element.choices else float(name)
            found = (values == wanted).mean()
            assert found == pytest.approx(share, abs=ERROR * share**0.5), (entry.element, name)


def test_medians_are_as_stated() -> None:
    numbers = [e for e in of_kind(Normal) + of_kind(Lognormal) if e.element.type == "quantity"]
    assert numbers
    for entry in numbers:
        stated = entry.parts[0].distribution
        assert isinstance(stated, Normal | Lognormal)
        assert TABLE[entry.element.name].median() == pytest.approx(stated[0], rel=0.05)


def test_values_lie_in_the_accepted_ranges() -> None:
    for entry in ENTRIES:
        if entry.element.range is not None:
            low, high = entry.element.range
            values = TABLE[entry.element.name].drop_nulls()
            assert values.is_between(low, high).all(), entry.element.name
    dates = TABLE.select(pl.col(pl.Date).max())
    assert all(latest <= ON for latest in dates.row(0))


def test_what_follows_from_another_value_agrees_with_it() -> None:
    lowest = pl.min_horizontal(pl.col("^.*_t_score$"))
    assert TABLE.filter(lowest <= -2.5)["osteoporosis_diagnosis"].all()
    for drug in ("pth_analog", "rankl_inhibitor", "oral_bisphosphonate", "iv_bisphosphonate"):
        assert (TABLE[f"{drug}_use"] == TABLE[f"{drug}_last_dose_date"].is_not_null()).all()
    assert (TABLE["frax_hip"] <= TABLE["frax_major_osteoporotic"]).all()
    assert (TABLE["hbv_dna_above_uln"] == (TABLE["hbv_dna"] > 100)).all()
    periods = TABLE["last_menstrual_period_date"].is_not_null()
    assert (periods == (TABLE["sex"] == "female")).all()
    spine, hip = TABLE["lumbar_spine_t_score"].to_numpy(), TABLE["total_hip_t_score"].to_numpy()
    assert 0.5 < np.corrcoef(spine, hip)[0, 1] < 0.75


def test_no_patient_contradicts_the_checks_and_few_are_eligible() -> None:
    verdicts = Counter(screen(TRIAL, row, ON).verdict for row in TABLE[:300].to_dicts())
    assert 0.85 < verdicts["ineligible"] / 300 < 0.99
    assert verdicts["eligible"] > 0


def test_the_worlds_are_the_rows_of_the_table() -> None:
    for world, row in zip(worlds(TRIAL, 50, seed=1), TABLE[:50].to_dicts(), strict=True):
        found = screen(TRIAL, row, ON).facts
        assert {name: fact[:2] for name, fact in world.items()} == {
            name: fact[:2] for name, fact in found.items()
        }
        assert _met(screen_facts(TRIAL, world, ON)) == _met(screen(TRIAL, row, ON))


def _met(screening: Screening) -> list[bool | None]:
    return [finding.met for finding in screening.findings]


def test_a_patient_depends_on_the_seed_and_the_place_only() -> None:
    assert columns(TRIAL, 500, seed=1).equals(TABLE.head(500))
    assert not columns(TRIAL, 500, seed=2).equals(TABLE.head(500))


def test_blocks_differ() -> None:
    table = columns(TRIAL, BLOCK + 50, seed=1)
    assert not table[BLOCK:].equals(table[:50])


def test_hidden_cells_are_of_the_same_patients() -> None:
    hidden = columns(TRIAL, 5000, seed=1, unknown=0.2)
    whole = TABLE.head(5000)
    for name in hidden.columns:
        seen = hidden[name].is_not_null()
        assert hidden[name].filter(seen).equals(whole[name].filter(seen))
    assert hidden["weight"].null_count() / 5000 == pytest.approx(0.2, abs=0.03)


@pytest.mark.parametrize("name", ["patients.parquet", "patients.csv"])
def test_the_command_writes_a_table(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    main(["300", str(path), "--seed", "1"])
    if path.suffix == ".parquet":
        assert pl.read_parquet(path).drop(ID).equals(TABLE.head(300))
    read = pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path)
    assert read.shape == (300, len(TABLE.columns) + 1)
    assert read[ID].n_unique() == 300
