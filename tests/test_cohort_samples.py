"""Columns with the days of samples: `--also stale,awaited` says of each row what `screen` does."""

from datetime import date, timedelta
from pathlib import Path
from random import Random

import polars as pl
import pytest

from tests.process import cohort, refusals
from tests.sizes import size
from trialscreen import load_trial, screen
from trialscreen.model.trial import Element

TRIAL = load_trial()
SAMPLED = [one for one in TRIAL.answerable() if one.valid_for is not None]
ON = date(2026, 3, 31)


def some_value(rng: Random, element: Element) -> str:
    """A text for a cell: a value, a bound, nothing, or that it is awaited."""
    if rng.random() < 0.3:
        return rng.choice(("", "unknown", "pending", "待查", "Awaited", "pending since 2026-01-05"))
    if element.type == "boolean":
        return rng.choice(("yes", "no"))
    if element.type == "choice":
        return rng.choice(list(element.choices))
    assert element.typical or element.range
    low, high = element.typical or element.range or (0, 1)
    value = f"{rng.uniform(float(low), float(high)):.0f}"  # type: ignore[arg-type]
    return f"{rng.choice(('', '', '<', '>'))}{value}" if element.type == "quantity" else value


def some_day(rng: Random, element: Element, on: date) -> tuple[str, str]:
    """A text for the cell of a day, and as `screen` is given it: none where it is too late."""
    assert element.valid_for is not None
    day = element.valid_for.before(on) + timedelta(rng.choice((-40, -1, 0, 1, 20)))
    kind = rng.randrange(8)
    if kind == 0:
        return "", ""
    if kind == 1:
        return str(on + timedelta(rng.randrange(1, 40))), ""
    if kind == 2:
        return "1900-01-01", ""
    if kind == 3:
        return (text := str(day)[:7]), text
    if kind == 4:
        return (text := str(day.year)), text
    if kind == 5:
        return (text := f"<{day}"), text
    return (text := rng.choice((str(day), f"{day:%d %b %Y}"))), text


def test_it_says_what_screen_says(tmp_path: Path) -> None:
    rng = Random(14)
    rows, expected = [], []
    for number in range(size(300)):
        on = ON - timedelta(rng.randrange(400))
        row = {"patient_id": f"S-{number}", "screening_date": str(on)}
        given: dict[str, object] = {}
        for element in rng.sample(SAMPLED, 6):
            # No two that can contradict each other: they would be struck out in a table.
            if element.derive is not None:
                continue
            value = some_value(rng, element)
            cell, day = some_day(rng, element, on)
            row |= {element.name: value, f"{element.name}_date": cell}
            if value:
                said = {} if "since" in value else {"date": day or "unknown"}
                waits = "pending" if "since" in value else value
                given[element.name] = {"value": waits, **said}
        rows.append(row)
        screening = screen(TRIAL, given, on=on)
        stale = [one.element for one in screening.stale]
        expected.append((stale, [one.element for one in screening.awaited]))
    pl.DataFrame(rows, infer_schema_length=None).write_csv(tmp_path / "t.csv")
    ran = cohort(tmp_path, "t.csv", "--also", "awaited,stale", "--max-bad", "1")
    assert ran.code == 0, ran
    found = pl.read_csv(tmp_path / "out.csv", infer_schema=False, empty_string_is_null=False)
    assert found.columns[-2:] == ["awaited", "stale"]
    told = [(row["stale"], row["awaited"]) for row in found.iter_rows(named=True)]
    assert told == [("; ".join(stale), "; ".join(awaited)) for stale, awaited in expected]
    assert sum(bool(stale) for stale, _ in expected) > len(rows) / 4
    assert any(awaited for _, awaited in expected)


def test_typed_columns_too(tmp_path: Path) -> None:
    days = [date(2026, 3, 3), date(2026, 3, 2), date(2026, 4, 1), None]
    table = pl.DataFrame(
        {
            "patient_id": list("abcd"),
            "tsh": [3.0, 3.0, 3.0, 3.0],
            "TSH Date": days,
            "hiv_antibody": ["negative", "pending", "pending", None],
            "hiv_antibody_date": [date(2025, 1, 1)] * 4,
        }
    )
    table.write_parquet(tmp_path / "t.parquet")
    problems = tmp_path / "problems.csv"
    ran = cohort(
        *(tmp_path, "t.parquet", "--screening-date", "2026-03-31", "--also", "stale,awaited"),
        *("--problems", str(problems), "--max-bad", "1"),
    )
    assert ran.code == 0, ran
    found = pl.read_csv(tmp_path / "out.csv", infer_schema=False, empty_string_is_null=False)
    assert found["stale"].to_list() == ["hiv_antibody", "tsh", "", ""]
    assert found["awaited"].to_list() == ["", "hiv_antibody", "hiv_antibody", ""]
    listed = pl.read_csv(problems)
    assert listed.select("id", "element", "reason").rows() == [
        ("c", "tsh_date", "'2026-04-01' lies after the screening date 2026-03-31"),
        ("c", "tsh", "its sample is of a day after the screening date"),
    ]
    assert "hiv_antibody:" not in ran.err


LATER = {
    "as text": ["2026-04-01", "2026-04", "2026-03-31", "2026-03 to 2026-05", "2026", "soon", None],
    "in a form": ["01/04/2026", "02/04/2026", "31/03/2026", "30/03/2026", "29/03/2026", "x", ""],
    "as days": [
        date(2026, 4, 1),
        date(2027, 1, 1),
        date(2026, 3, 31),
        *[date(2026, 3, 1)] * 3,
        None,
    ],
}


@pytest.mark.parametrize("values", [[12.0] * 7, ["12"] * 7], ids=["numbers", "texts"])
@pytest.mark.parametrize("how", LATER)
def test_a_value_of_a_later_day_decides_nothing(
    tmp_path: Path, how: str, values: list[float | str]
) -> None:
    table = {"patient_id": list("abcdefg"), "tsh": values, "tsh_date": LATER[how]}
    pl.DataFrame(table, strict=False).write_parquet(tmp_path / "t.parquet")
    form = "{element: tsh_date, date_format: '%d/%m/%Y'}" if how == "in a form" else "tsh_date"
    (tmp_path / "map.yaml").write_text(f"tsh_date: {form}\n", "utf-8")
    problems = tmp_path / "problems.csv"
    ran = cohort(
        *(tmp_path, "t.parquet", "--screening-date", "2026-03-31", "--max-bad", "1"),
        *("--columns", str(tmp_path / "map.yaml"), "--problems", str(problems)),
        *("--also", "reasons"),
    )
    assert ran.code == 0, ran
    found = pl.read_csv(tmp_path / "out.csv")
    assert found["E13"].to_list() == [None, None, *[True] * 5]
    assert [bool(one) for one in found["reasons"]] == [False, False, *[True] * 5]
    listed = pl.read_csv(problems).filter(pl.col("element") == "tsh")
    assert listed["id"].to_list() == ["a", "b"]
    assert {*listed["reason"]} == {"its sample is of a day after the screening date"}
    assert "tsh: 2 values could not be read" in ran.err


def test_of_a_value_that_is_not_there_no_later_day_is_told(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("patient_id,tsh,tsh_date\na,,2026-04-01\nb,12,\n", "utf-8")
    problems = tmp_path / "problems.csv"
    ran = cohort(
        *(tmp_path, "t.csv", "--screening-date", "2026-03-31", "--max-bad", "1"),
        *("--problems", str(problems)),
    )
    assert ran.code == 0, ran
    assert pl.read_csv(problems)["element"].to_list() == ["tsh_date"]


def test_a_column_map_can_name_a_day(tmp_path: Path) -> None:
    (tmp_path / "map.yaml").write_text(
        "LBSTRESN: tsh\nLBDTC: {element: tsh_date, date_format: '%d/%m/%Y', missing: ND}\n"
        "weight_date: weight\n",
        "utf-8",
    )
    pl.DataFrame(
        {
            "patient_id": ["a", "b"],
            "LBSTRESN": ["3", "awaiting"],
            "LBDTC": ["03/02/2026", "ND"],
            "weight_date": ["55", "56"],
        }
    ).write_csv(tmp_path / "t.csv")
    ran = cohort(
        *(tmp_path, "t.csv", "--screening-date", "2026-03-31", "--also", "stale,awaited"),
        *("--columns", "map.yaml"),
    )
    assert ran.code == 0, ran
    found = pl.read_csv(tmp_path / "out.csv", infer_schema=False, empty_string_is_null=False)
    assert found.select("stale", "awaited").rows() == [("tsh", ""), ("", "tsh")]


def test_one_column_can_have_the_day_of_several_samples(tmp_path: Path) -> None:
    (tmp_path / "map.yaml").write_text(
        "TSH: {element: tsh, unit: mIU/L, date_column: Lab day, date_format: '%d.%m.%Y'}\n"
        "GPT: {element: alt, date_column: Lab day, date_format: '%d.%m.%Y'}\n"
        "HIV: {element: hiv_antibody, date_column: virology_day}\n"
        "missing: [NA]\n",
        "utf-8",
    )
    pl.DataFrame(
        {
            "patient_id": ["a", "b", "c"],
            "TSH": ["3", "3", "3"],
            "GPT": ["20", "pending", "20"],
            "HIV": ["negative"] * 3,
            "Lab day": ["02.03.2026", "02.03.2026", "NA"],
            "virology_day": ["2026-03-03", "2025-12-31", "2026"],
        }
    ).write_csv(tmp_path / "t.csv")
    ran = cohort(
        *(tmp_path, "t.csv", "--screening-date", "2026-03-31", "--also", "stale,awaited"),
        *("--columns", "map.yaml"),
    )
    assert ran.code == 0, ran
    assert "not used" not in ran.err
    found = pl.read_csv(tmp_path / "out.csv", infer_schema=False, empty_string_is_null=False)
    assert found.select("stale", "awaited").rows() == [
        ("tsh; alt", ""),
        ("tsh; hiv_antibody", "alt"),
        ("", ""),
    ]


@pytest.mark.parametrize(
    ("column_map", "message"),
    [
        ("W: {element: weight, date_column: D}", "weight carries no day, and has no date_column"),
        ("T: {element: tsh, date_format: '%d.%m.%Y'}", "quantity, and has no date_format"),
        ("T: {element: tsh, date_column: A}\nA: alt", "'A' holds a data element of its own"),
        ("T: {element: tsh, date_column: X}", "the table has no column 'X'"),
        ("T: {element: tsh, date_column: D}\ntsh_date: tsh_date", "two columns for the element"),
    ],
)
def test_a_column_of_days_that_cannot_be_is_refused(
    column_map: str, message: str, tmp_path: Path
) -> None:
    (tmp_path / "map.yaml").write_text(column_map, "utf-8")
    header = "patient_id,T,A,D,W,tsh_date\n"
    (tmp_path / "t.csv").write_text(f"{header}a,3,20,2026-03-01,55,2026-03-01\n", "utf-8")
    ran = cohort(tmp_path, "t.csv", "--columns", "map.yaml")
    assert any(message in one for one in refusals(ran))


def test_a_mapping_as_files_of_answers_have_it_is_refused_with_the_column(tmp_path: Path) -> None:
    rows = '{"patient_id": "a", "tsh": {"value": 3.1, "date": "2026-03-01"}}\n'
    (tmp_path / "t.ndjson").write_text(rows, "utf-8")
    ran = cohort(tmp_path, "t.ndjson", "--problems", tmp_path / "p.csv", "--max-bad", "1")
    assert ran.code == 0
    (reason,) = pl.read_csv(tmp_path / "p.csv")["reason"]
    assert reason.endswith(": the day of a sample belongs in a column tsh_date")


def test_nobody_waits_for_the_day_of_a_sample_nor_of_a_screening(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("patient_id,tsh,tsh_date\na,pending,pending\n", "utf-8")
    problems = ("--problems", tmp_path / "p.csv", "--also", "awaited", "--max-bad", "1")
    assert cohort(tmp_path, "t.csv", *problems).code == 0
    assert pl.read_csv(tmp_path / "out.csv")["awaited"].to_list() == ["tsh"]
    assert pl.read_csv(tmp_path / "p.csv")["element"].to_list() == ["tsh_date"]
    (tmp_path / "t.csv").write_text("patient_id,tsh,screening_date\na,3,pending\n", "utf-8")
    assert any(
        "screening_date: expected one day" in one for one in refusals(cohort(tmp_path, "t.csv"))
    )


@pytest.mark.parametrize("text", ["3.1 on 2026-03-01", "3.1 (2026-03-01)"])
def test_a_day_behind_the_value_is_refused_with_its_column(text: str, tmp_path: Path) -> None:
    rows = {"patient_id": ["a", "b"], "tsh": [text, "3.1"]}
    pl.DataFrame(rows).write_csv(tmp_path / "t.csv")
    assert cohort(tmp_path, "t.csv", "--problems", tmp_path / "p.csv", "--max-bad", "1").code == 0
    (reason,) = pl.read_csv(tmp_path / "p.csv")["reason"]
    assert reason == f"'{text}': the day of a sample belongs in a column tsh_date"


def test_days_change_no_finding(tmp_path: Path) -> None:
    plain = pl.DataFrame({"patient_id": ["a", "b"], "tsh": ["12", "3"], "alt": ["20", "pending"]})
    plain.write_csv(tmp_path / "t.csv")
    on = ("--screening-date", "2026-03-31")
    assert cohort(tmp_path, "t.csv", *on).code == 0
    before = pl.read_csv(tmp_path / "out.csv")
    dated = plain.with_columns(tsh_date=pl.lit("2020-01-01"), alt_date=pl.lit("2026-03-30"))
    dated.write_csv(tmp_path / "t.csv")
    ran = cohort(tmp_path, "t.csv", *on)
    assert ran.code == 0
    assert pl.read_csv(tmp_path / "out.csv").equals(before)
    assert "not used" not in ran.err
