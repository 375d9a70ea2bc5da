"""Values that can be right and seldom are: used, counted, and listed as unusual."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random

import polars as pl
import pytest

from tests.process import cohort
from tests.tools.simulate import ID, write
from trialscreen import load_trial
from trialscreen.model.facts import Dates, Exactly, Fact, Numbers
from trialscreen.screening.edit_checks import review
from trialscreen.screening.evaluate import Evaluation
from trialscreen.tables.cohort import data_quality
from trialscreen.tables.cohort.batches import Anchor
from trialscreen.tables.cohort.data_quality import UnusualCounts
from trialscreen.tables.cohort.run import Done, Job, run

TRIAL = load_trial()
ON = date(2026, 6, 1)
ALONE = ("alt", "ast", "alp", "total_bilirubin", "tsh", "hbv_dna", "lumbar_spine_t_score")
"""Elements whose values contradict no other."""


def screened(folder: Path, columns: dict[str, Sequence[object]]) -> tuple[str, list[str]]:
    """What is said, and what is listed as unusual."""
    table = pl.DataFrame(columns)
    table.write_csv(folder / "t.csv")
    ids = [f"P{row}" for row in range(len(table))]
    table.insert_column(0, pl.Series("patient_id", ids)).write_csv(folder / "t.csv")
    options = ("--screening-date", ON.isoformat(), "--problems", "p.csv")
    ran = cohort(folder, "t.csv", *options)
    assert ran.code == 0, ran
    listed = pl.read_csv(folder / "p.csv", infer_schema=False)
    unusual = listed.filter(pl.col("kind") == "unusual").select("row", "element", "reason")
    return ran.err, [" ".join(map(str, row)) for row in unusual.iter_rows()]


def test_unusual_values_are_counted_and_listed(tmp_path: Path) -> None:
    weights = ["58", "130", "<30", "heavy", "9999", "120", "120.1", ">20", "unknown", "60"]
    said, listed = screened(tmp_path, {"weight": weights, "height": [160] * 9 + [200]})
    assert "weight: 3 values unusual, and used (typical: 35 to 120 kg)" in said
    assert "weight: 2 values could not be read" in said
    assert "height: 1 value unusual" in said
    assert "median" not in said
    assert listed == [
        "2 weight 130 kg is unusual; typical is 35 to 120 kg",
        "3 weight <30 kg is unusual; typical is 35 to 120 kg",
        "7 weight 120.1 kg is unusual; typical is 35 to 120 kg",
        "10 height 200 cm is unusual; typical is 135 to 185 cm",
    ]


def test_a_median_that_is_unusual_asks_for_the_unit(tmp_path: Path) -> None:
    said, listed = screened(tmp_path, {"weight": ["145", "150", "132.3", "60", "x", "", "128"]})
    told = "the median of weight is 132, typical is 35 to 120 kg: is the unit right?"
    assert told in said
    assert listed[-1] == f"None weight {told}"
    said, _ = screened(tmp_path, {"total_bilirubin": [0.8, 0.7, 1.2, 0.9]})
    assert "the median of total_bilirubin is 0.8, typical is 2 to 100 µmol/L: is the" in said
    said, _ = screened(tmp_path, {"age": [99, 99, 66], "prednisolone_equivalent_dose": [999] * 3})
    assert "the median of age is 99, typical is 40 to 90 years: is 99 a code for missing?" in said
    assert "the median of prednisolone_equivalent_dose is 999, typical is 0 to 60 mg" in said
    assert "mg/day; declare 999 in --columns if it stands for missing)" in said
    assert "median" not in screened(tmp_path, {"weight": ["145", "150"]})[0]
    assert "median" not in screened(tmp_path, {"weight": ["145", "150", "60", "61"]})[0]


def test_nines_are_what_many_write_for_no_value(tmp_path: Path) -> None:
    values: dict[str, Sequence[object]] = {
        "age": [99, 66],
        "hbv_dna": ["9999", "9998"],
        "prednisolone_equivalent_dose": [999, 0],
    }
    said, listed = screened(tmp_path, values)
    for name in values:
        assert f"{name}: 1 value unusual" in said
    assert sorted(line.split()[1] for line in listed) == sorted(values)
    assert any("9999 copies/mL is what many write for a missing value" in line for line in listed)


def test_values_that_are_unusual_beside_each_other_are_told(tmp_path: Path) -> None:
    values: dict[str, Sequence[object]] = {
        "sex": ["female"] * 3,
        "birth_date": ["1958-04-17"] * 3,
        "serum_creatinine": ["1.5 mg/dL", "0.8 mg/dL", "unknown"],
        "egfr": ["75", "75", "75"],
        "malignancy_history": ["yes", "no", ""],
        "malignancy_cure_date": ["2014", "2014", "2014"],
        "current_systemic_glucocorticoid": ["no", "no", "no"],
        "prednisolone_equivalent_dose": ["unknown", "", ">5"],
        "glucocorticoid_duration": ["unknown", "", ""],
    }
    said, listed = screened(tmp_path, values)
    sides = (
        "eGFR as entered, and as it follows from sex and date of birth and serum creatinine,"
        " lie on two sides of a threshold"
    )
    cured = "Past cancer is denied but when it was cured is given; ask again which is right."
    dose = (
        "A present systemic glucocorticoid is denied but its dose or duration is given; ask again"
    )
    assert f"\n1 row unusual, and used: {cured}\n1 row unusual, and used: {sides}\n" in said
    assert listed == [
        *(f"1 {name} {sides}" for name in ("sex", "birth_date", "serum_creatinine", "egfr")),
        *(f"2 {name} {cured}" for name in ("malignancy_history", "malignancy_cure_date")),
        f"3 current_systemic_glucocorticoid {dose} which is right.",
        f"3 prednisolone_equivalent_dose {dose} which is right.",
    ]


SHUFFLED = (
    *("frax_hip", "osteoporosis_diagnosis", "lumbar_spine_t_score", "gilbert_syndrome"),
    *("current_systemic_glucocorticoid", "bilirubin_accepted_as_gilbert"),
)
"""Elements whose values may be any other patient's, and contradict nothing then."""


@pytest.mark.parametrize("listing", [False, True])
def test_values_beside_each_other_are_doubted_as_by_the_reference(
    tmp_path: Path, listing: bool
) -> None:
    table, rng = tmp_path / "t.parquet", Random(6)
    write(TRIAL, 400, table, seed=6, on=ON, unknown=0.2)
    frame = pl.read_parquet(table)
    frame = frame.with_columns(frame[name].shuffle(rng.randrange(99)) for name in SHUFFLED)
    rates = pl.Series("egfr", [rng.choice((None, 59.0, 61.0, 90.0)) for _ in range(len(frame))])
    frame = frame.with_columns(rates)
    frame.write_parquet(table)
    problems, anchor = tmp_path / "p.csv" if listing else None, Anchor(ON, ON)
    done: Done = run(TRIAL, Job((table,), tmp_path / "o.parquet", ID, anchor, problems=problems))
    checks = {one.say for one in TRIAL.checks if one.level == "warning"}
    expected: Counter[str] = Counter()
    for row in frame.drop(ID).iter_rows(named=True):
        facts = {name: fact_of(value) for name, value in row.items() if value is not None}
        for notice in review(Evaluation(TRIAL, facts, ON)):
            if notice.message in checks:
                expected[notice.message] += 1
            elif notice.message.endswith("on the other side of a threshold"):
                expected[TRIAL.elements[notice.elements[0]].label] += 1
    ours = Counter({why.partition(" as entered, ")[0]: n for why, n in done.quality.beside.items()})
    assert ours == expected
    assert not done.quality.contradictory
    assert len(expected) > 5


def fact_of(value: object) -> Fact:
    if isinstance(value, date):
        return Dates(value, value)
    if isinstance(value, bool | str):
        return Exactly(value)
    assert isinstance(value, int | float)
    return Numbers(value, value)


@pytest.mark.parametrize(("listing", "many"), [(False, 1), (False, 20_000), (True, 20_000)])
def test_typed_columns_warn_of_what_the_reference_warns_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listing: bool, many: int
) -> None:
    monkeypatch.setattr(data_quality, "_MANY", many)
    table, rng = tmp_path / "t.parquet", Random(5)
    write(TRIAL, 400, table, seed=5, on=ON, unknown=0.2)
    frame = pl.read_parquet(table)
    for name in ALONE:
        ends = TRIAL.elements[name].range
        assert ends is not None
        cells = [value if rng.random() < 0.5 else rng.choice(ends) for value in frame[name]]
        column = pl.Series(name, cells, frame[name].dtype, strict=False)
        frame = frame.with_columns(column)
    frame.write_parquet(table)
    problems = tmp_path / "p.csv" if listing else None
    anchor = Anchor(ON, ON)
    done: Done = run(TRIAL, Job((table,), tmp_path / "o.parquet", ID, anchor, problems=problems))
    told = dict.fromkeys(frame.columns, 0)
    for row in frame.drop(ID).iter_rows(named=True):
        facts = {name: fact_of(value) for name, value in row.items() if value is not None}
        for notice in review(Evaluation(TRIAL, facts, ON)):
            if "is unusual" in notice.message and notice.elements[0] in facts:
                told[notice.elements[0]] += 1
    ours = {name: odd.count for name, odd in done.quality.unusual.items()}
    assert not done.quality.contradictory
    assert ours == {name: count for name, count in told.items() if count}
    assert ours.keys() >= {*ALONE}


def test_medians_are_those_of_all_values() -> None:
    rng, weight = Random(3), TRIAL.elements["weight"]
    for _ in range(300):
        usual = [rng.uniform(35, 120) for _ in range(rng.randrange(6))]
        odd = [rng.choice((rng.uniform(20, 34), rng.uniform(121, 300))) for _ in range(7)]
        ones = UnusualCounts()
        ones.add(odd[:3])
        ones.add(odd[3:])
        median = sorted([*usual, *odd])[(len(usual) + len(odd) - 1) // 2]
        found = ones.median(weight, len(usual) + len(odd))
        assert found == (median if median in odd else None)


@pytest.mark.parametrize(("above", "median"), [(0.04, 120), (0.06, 120)])
def test_a_median_that_is_rounded_stays_beyond_what_is_typical(above: float, median: int) -> None:
    weight = replace(TRIAL.elements["weight"], typical=(35, 120 + above / 2))
    ones = UnusualCounts()
    ones.add([120 + above, *(120 + above + n / 1000 for n in range(9))])
    ones.keep(3)
    assert ones.median(weight, 10) == median
    ones.add([998.6])
    ones.keep(1)
    assert ones.codes == []


@pytest.mark.parametrize("own", ["", "2026-05-01"])
def test_an_unusual_screening_date_is_told_where_it_is_used(tmp_path: Path, own: str) -> None:
    (tmp_path / "t.csv").write_text(f"patient_id,weight,screening_date\nA,58,{own}\n")
    for day, says in {
        "2019-06-01": "the screening date 2019-06-01 is unusual, and used (typical: 2025-05-31 to",
        "2026-06-01": "",
    }.items():
        ran = cohort(tmp_path, "t.csv", "--screening-date", day)
        assert ran.code == 0, ran
        assert ("is unusual" in ran.err) == bool(says and not own)
        assert own or says in ran.err
