"""A cohort in partitioned Parquet, screened in a real Spark session."""

import socket
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.byhand_spark import screen as by_hand
from tests.engines import ELSEWHERE, Spark
from tests.frames import screen_frame, without_contradictions
from tests.generate import ON
from tests.parquet_cases import CASES, Case, parametrized
from tests.process import run, spawn
from tests.sizes import size
from tests.sql_cases import ID, checked, simulated
from tests.test_cohort_parquet import write_twice
from tests.tools.simulate import ON as SIMULATED_ON
from tests.tools.simulate import columns
from trialscreen import InputError, load_trial
from trialscreen.answers.values import read_value
from trialscreen.cli.cohort_report import of_values
from trialscreen.model.errors import ValueProblem
from trialscreen.model.trial import SCREENING_DATE, Element
from trialscreen.screening.samples import with_sample_days
from trialscreen.tables.cohort.batches import Anchor
from trialscreen.tables.cohort.run import Job
from trialscreen.tables.cohort.run import run as cohort
from trialscreen.tables.engines.arrow import Work
from trialscreen.tables.engines.spark import Limits, Screened, screen_parquet, session
from trialscreen.tables.engines.spark.screened import on_workers
from trialscreen.tables.engines.spark.sessions import use_our_python

pytestmark = pytest.mark.parametrize("engine", ["Spark"], indirect=True)

TRIAL = load_trial()


@pytest.fixture(params=["classic", "Connect"])
def spark(engine: Spark, request: pytest.FixtureRequest) -> Iterator[Spark]:
    """A session of this process, and one of a server of Spark Connect."""
    if request.param == "classic":
        yield engine
    else:
        with engine.connected() as other:
            yield other


CASE = simulated(20_000)
FEW = CASE._replace(
    frame=CASE.frame.select(
        ID, "birth_date", "menopause_type", "weight", "height", "tsh", "lumbar_spine_t_score"
    )
)
"""Most columns are unknown, which makes a short query: a long one takes seconds to plan."""


def screened(
    engine: Spark, source: Path, output: Path, on: date | None = ON, key: str = ID, **more: Any
) -> Screened:
    return screen_parquet(TRIAL, str(source), str(output), key, on, engine.session, **more)


def partitioned(folder: Path, frame: pl.DataFrame, parts: int = 4) -> Path:
    """`frame` in files of several folders, one per site."""
    size = len(frame) // parts + 1
    for part, rows in enumerate(frame.iter_slices(size)):
        place = folder / "in" / f"site={part % 2}"
        place.mkdir(parents=True, exist_ok=True)
        rows.write_parquet(place / f"{part}.parquet")
    return folder / "in"


def test_every_row_comes_out_as_the_reference_has_it(engine: Spark, tmp_path: Path) -> None:
    case = CASE._replace(frame=CASE.frame.head(size(20_000)))
    source = partitioned(tmp_path, case.frame.with_columns(hospital=pl.lit("A")))
    found = screened(engine, source, tmp_path / "out")
    expected = checked(case)
    output = pl.read_parquet(tmp_path / "out" / "*.parquet")
    assert output.sort(ID).equals(expected)
    assert found.rows == len(case.frame)
    counts = expected.group_by("verdict", "open").len()
    assert found.verdicts == {(verdict, lacks): n for verdict, lacks, n in counts.iter_rows()}
    assert found.unused == ("hospital", "site")
    assert [one.name for one in tmp_path.iterdir() if one.name not in ("in", "out")] == []


def test_the_rows_of_a_file_stay_in_order(engine: Spark, tmp_path: Path) -> None:
    shuffled = FEW.frame.sample(fraction=1, shuffle=True, seed=1)
    screened(engine, partitioned(tmp_path, shuffled, parts=1), tmp_path / "out")
    (file,) = (tmp_path / "out").glob("*.parquet")
    assert pl.read_parquet(file)[ID].equals(shuffled[ID])


def test_each_row_may_have_its_own_screening_date(engine: Spark, tmp_path: Path) -> None:
    days = [ON, date(2026, 2, 28), None]
    own = pl.Series(SCREENING_DATE, [days[i % 3] for i in range(600)])
    frame = CASE.frame.select(ID, "birth_date", "menopause_type", pl.col("^.*_last_.*date$"))
    frame = frame.head(600).with_columns(own)
    source = partitioned(tmp_path, frame)
    screened(engine, source, tmp_path / "out")
    case = CASE._replace(frame=frame.with_columns(own.fill_null(ON)))
    assert pl.read_parquet(tmp_path / "out" / "*.parquet").sort(ID).equals(checked(case))
    assert problems(engine, source, on=None) == [
        "the column screening_date: 200 rows have none; give a screening date for them"
    ]


def test_whole_and_single_precision_numbers_are_read_as_written(
    engine: Spark, tmp_path: Path
) -> None:
    frame = FEW.frame.head(2000).with_columns(pl.col("weight").cast(pl.Int32))
    frame = frame.with_columns(tsh=pl.when(pl.col(ID) % 2 == 0).then(5.5).otherwise(10.2))
    source = partitioned(tmp_path, frame.with_columns(pl.col("tsh").cast(pl.Float32)))
    screened(engine, source, tmp_path / "out")
    found = pl.read_parquet(tmp_path / "out" / "*.parquet").sort(ID)
    assert found.equals(checked(CASE._replace(frame=frame)))


def problems(engine: Spark, source: Path, **more: Any) -> list[str]:
    """What is wrong; and nothing is written."""
    output = source.parent / "refused"
    with pytest.raises(InputError) as caught:
        screened(engine, source, output, **more)
    assert not list(source.parent.glob("refused*"))
    return [str(problem) for problem in caught.value.problems]


def test_a_value_within_bounds_stands_in_two_columns(engine: Spark, tmp_path: Path) -> None:
    bounds = {"weight_low": [39.0, 40.0, 39.0, 50.0], "weight_high": [39.5, 41.0, 41.0, 45.0]}
    frame = pl.DataFrame({ID: [1, 2, 3, 4], "height": [150] * 4, **bounds})
    found = screened(engine, partitioned(tmp_path, frame, parts=1), tmp_path / "out")
    rows = pl.read_parquet(tmp_path / "out" / "*.parquet").sort(ID).select("I3")
    assert rows.to_series().to_list() == [False, None, None, None]
    assert found.quality.unreadable["weight"] == 1
    half = frame.drop("weight_high")
    assert problems(engine, partitioned(tmp_path / "half", half, parts=1)) == [
        "the column weight_low: needs weight_high beside it"
    ]
    unit = frame.with_columns(weight_unit=pl.lit("lb"))
    (told,) = problems(engine, partitioned(tmp_path / "unit", unit, parts=1))
    assert told == (
        "the column 'weight_unit': looks as if it said more of 'weight'; if so, declare it in a"
        " file of --columns, and screen without --engine spark, else rename it"
    )


def test_days_of_samples_are_known_and_change_no_finding(engine: Spark, tmp_path: Path) -> None:
    """One that lies after the screening date is unknown, its value too, and what is pending."""
    plain = pl.DataFrame(
        {ID: [1, 2, 3], "tsh": [12.0, 3.0, 3.0], "hiv_antibody": ["positive", "pending", "待查"]}
    )
    dated = plain.with_columns(
        tsh_date=pl.Series([ON, ON + timedelta(days=1), None]),
        hiv_antibody_date=pl.lit(date(2020, 1, 1)),
    )
    source = partitioned(tmp_path, dated, parts=1)
    found = screened(engine, source, tmp_path / "out")
    assert found.unused == ("site",)
    assert found.quality.unreadable["tsh_date"] == 1
    assert found.quality.unreadable["hiv_antibody"] == 0
    case = CASE._replace(frame=plain.with_columns(hiv_antibody=pl.Series(["positive", None, None])))
    assert pl.read_parquet(tmp_path / "out" / "*.parquet").sort(ID).equals(checked(case))


def test_stale_values_are_those_of_the_reference(engine: Spark, tmp_path: Path) -> None:
    rng, rows = Random(5), []
    sampled = [one for one in TRIAL.answerable() if one.valid_for is not None]
    for number in range(200):
        on = ON - timedelta(days=rng.randrange(300))
        row: dict[str, object] = {ID: number, SCREENING_DATE: on}
        for element in sampled:
            assert element.valid_for is not None
            day = element.valid_for.before(on) + timedelta(rng.choice((-90, -1, 0, 1, 400)))
            row |= {element.name: some_value(rng, element), f"{element.name}_date": day}
        rows.append(row)
    frame = pl.DataFrame(rows, infer_schema_length=None)
    source = partitioned(tmp_path, frame)
    screened(engine, source, tmp_path / "out", on=None, limits=Limits(1), also_stale=True)
    found = pl.read_parquet(tmp_path / "out" / "*.parquet").sort(ID)
    assert found.columns == [ID, "verdict", "open", *(one.id for one in TRIAL.criteria), "stale"]
    typed = without_contradictions(with_sample_days(TRIAL), frame.lazy(), None).collect()
    expected = [
        [
            one.name
            for one in sampled
            if row[one.name] is not None
            and (day := row[f"{one.name}_date"]) <= row[SCREENING_DATE]
            and one.valid_for is not None
            and day < one.valid_for.before(row[SCREENING_DATE])
        ]
        for row in typed.iter_rows(named=True)
    ]
    assert found["stale"].to_list() == expected
    assert sum(map(len, expected)) > 1000
    called = partitioned(tmp_path / "ids", frame.head(2).rename({ID: "stale"}), parts=1)
    assert problems(engine, called, key="stale", on=None, also_stale=True) == [
        "--id: the output has a column 'stale' of its own; rename that of the ids"
    ]


def some_value(rng: Random, element: Element) -> object:
    """A value that a typed column can hold, or none."""
    match element.type:
        case _ if rng.random() < 0.2:
            return None
        case "boolean":
            return rng.random() < 0.5
        case "choice":
            return rng.choice(list(element.choices))
        case _:
            low, high = element.typical or element.range or (0, 1)
            return float(round(rng.uniform(low, high)))  # type: ignore[arg-type]


def test_a_table_that_cannot_be_used_is_refused(spark: Spark, tmp_path: Path) -> None:
    frame = FEW.frame.select(ID, "weight").head(6)
    ids = pl.Series(ID, ["a", "b", "b", None, "c", " "])
    texts = frame.select(ID, weight=pl.lit("55 kg"), sex=pl.lit(True), birth_date=pl.lit("1961"))
    refused: dict[str, tuple[pl.DataFrame, dict[str, Any]]] = {
        "twice": (frame.with_columns(ids), {}),
        "texts": (texts, {}),
        "unnamed": (frame, {"key": "idd"}),
        "undated": (frame, {"on": None}),
    }
    found = {}
    for name, (rows, more) in refused.items():
        found[name] = problems(spark, partitioned(tmp_path / name, rows, parts=1), **more)
    (twice,) = found.pop("twice")
    assert twice.startswith("the column id: ids are not one a row: ")
    assert "'b'" in twice and twice.count("none") == 2
    assert found == {
        "texts": [
            "the column weight: its cells are of type STRING; expected numbers (DECIMAL of at"
            " most 38 digits)",
            "the column sex: its cells are of type boolean; expected text (STRING)",
            "the column birth_date: its cells are of type STRING; expected days (DATE), or times"
            " (TIMESTAMP in MILLIS or MICROS)",
        ],
        "unnamed": ["the table: has no column 'idd'. Did you mean 'id'?"],
        "undated": ["the table: has no column screening_date; give the screening date"],
    }
    assert problems(spark, tmp_path / "nowhere") == [
        f"{tmp_path}/nowhere: cannot be read (PATH_NOT_FOUND)"
    ]
    (tmp_path / "t.csv").write_text("id,weight\n1,55\n")
    assert problems(spark, tmp_path / "t.csv") == [f"{tmp_path}/t.csv: cannot be read as Parquet"]


@parametrized
def test_a_table_in_parquet(engine: Spark, tmp_path: Path, case: Case) -> None:
    """The same as on this machine; see test_cohort_parquet.py."""
    source, output = case.write(tmp_path), tmp_path / "out"
    expected, limits = case.told(tmp_path, case.spark), Limits(case.most_bad)
    if expected:
        lines = problems(engine, source, key="patient_id", limits=limits)
        assert [line[: len(one)] for line, one in zip(lines, expected, strict=True)] == expected
    else:
        found = screened(engine, source, output, key="patient_id", limits=limits)
        assert case.found_in(pl.read_parquet(output / "*.parquet"))
        assert case.met is not None and found.rows == len(case.met)
        assert case.begins(of_values(TRIAL, found.quality))


ELSEWHERE_TOO = (
    "single precision is what it shows",
    "so may the id, with characters that a folder's name cannot have",
    "a screening date with a time",
    "ids near 2^64",
)
"""Of the tables that are screened, those that only Spark sees in a test too."""


@pytest.mark.parametrize(
    "case",
    [one for one in CASES if one.met is None or one.elsewhere or one.name in ELSEWHERE_TOO],
    ids=lambda case: case.name,
)
def test_a_table_that_only_spark_sees(engine: Spark, tmp_path: Path, case: Case) -> None:
    """Over Spark Connect, at an address that is none of this machine."""
    address, output = f"{ELSEWHERE}{case.write(tmp_path)}", f"{ELSEWHERE}{tmp_path}/out"
    expected, limits = case.told(tmp_path, case.elsewhere or case.spark), Limits(case.most_bad)
    with engine.connected() as spark:
        if expected:
            with pytest.raises(InputError) as caught:
                screen_parquet(TRIAL, address, output, "patient_id", ON, spark.session, limits)
            lines = [*map(str, caught.value.problems)]
            pairs = zip(lines, expected, strict=True)
            assert [line[: len(one)] for line, one in pairs] == expected
        else:
            screen_parquet(
                TRIAL,
                address,
                f"{ELSEWHERE}{tmp_path}/out",
                "patient_id",
                ON,
                spark.session,
                limits,
            )
            assert (tmp_path / "out" / "_SUCCESS").exists()
            assert case.found_in(pl.read_parquet(tmp_path / "out" / "*.parquet"))


MISREAD_ELSEWHERE = ("7.1D", "0x1p3", "1_000", " 7.1 ", "1,000", "2f", "202603", "55 kg")
"""Texts of which other readers make some number, and our parser one, another, or none."""


def test_texts_in_names_of_folders_are_read_as_flags_are(spark: Spark, tmp_path: Path) -> None:
    """All at once: nothing is left to what Spark would cast."""
    weight, refused = TRIAL.elements["weight"], []
    for number, text in enumerate(MISREAD_ELSEWHERE):
        folder = tmp_path / "in" / f"weight={text}"
        folder.mkdir(parents=True)
        pl.DataFrame({ID: [number]}).write_parquet(folder / "a.parquet")
        try:
            read_value(TRIAL, weight, text, ON)
        except ValueProblem as problem:
            refused.append(f"{folder} weight: {problem}")
    assert len(refused) > 4
    assert sorted(problems(spark, tmp_path / "in")) == sorted(refused)


def test_no_column_but_the_ids_leaves_a_row_for_each(spark: Spark, tmp_path: Path) -> None:
    """Of such a plan little is left, once what is the same in every row has been worked out."""
    source = partitioned(tmp_path, CASE.frame.select(ID).head(7), parts=1)
    found = screened(spark, source, tmp_path / "out")
    assert found.verdicts == {("undetermined", "data"): 7}
    assert pl.read_parquet(tmp_path / "out" / "*.parquet")[ID].len() == 7


def test_what_a_failed_run_left_does_not_block_the_next(spark: Spark, tmp_path: Path) -> None:
    source = partitioned(tmp_path, FEW.frame.select(ID).head(5), parts=1)
    (tmp_path / "out").mkdir()
    screened(spark, source, tmp_path / "out")
    found = pl.read_parquet(tmp_path / "out" / "*.parquet")
    assert len(found) == 5 and (tmp_path / "out" / "_SUCCESS").exists()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["in", "out"]


def test_the_command_screens_over_spark_connect(engine: Spark, tmp_path: Path) -> None:
    """As SPARK_REMOTE says; `--master` says another server, where none is."""
    source = partitioned(tmp_path, FEW.frame.select(ID).head(9), parts=1)
    screening = ("--screening-date", ON.isoformat(), "--id", ID, "--engine", "spark")
    command = ("cohort", str(source), "-o", str(tmp_path / "out"), *screening)
    done = spawn(*command, SPARK_REMOTE=engine.server)
    assert done.code == 0, done.err
    assert "9 patients screened" in done.err and "Warning" not in done.err
    assert len(pl.read_parquet(tmp_path / "out" / "*.parquet")) == 9
    done = run(*command, "--master", "sc://localhost:9")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: sc://localhost:9: no server of Spark Connect can be reached")


def test_values_are_counted_once_in_any_number_of_tasks(engine: Spark, tmp_path: Path) -> None:
    wrong = pl.when(pl.col(ID) % 3 == 0).then(5000.0).otherwise(130.0)
    frame = FEW.frame.head(3000).with_columns(weight=wrong, height=pl.lit(None, pl.Float64))
    source = partitioned(tmp_path, frame, parts=9)
    with engine.configured({"spark.sql.files.maxPartitionBytes": "20kb"}):
        found = screened(engine, source, tmp_path / "out")
    assert len(list((tmp_path / "out").glob("*.parquet"))) > 2
    quality = found.quality
    assert (found.rows, quality.unreadable["weight"], quality.unusual["weight"].count) == (
        3000,
        1000,
        2000,
    )
    assert quality.unreadable["height"] == 0


ODD = (
    "x",
    " ",
    "-",
    "Pending",
    "待查",
    "unknown ",
    "pending since 2026-05-20",
    "positive (2026-05-20)",
)
"""Texts that state no choice, or nothing."""


def oddly_written(choices: pl.Series) -> pl.Series:
    """As a site might write them, and some other texts."""
    ways: tuple[Callable[[str], str], ...] = (
        lambda text: text,
        str.upper,
        lambda text: f"\u00a0{text.title()} ",
        lambda text: text.replace("_", " "),
        lambda text: text.replace("_", "-").translate({ord("e"): "ｅ"}),
    )
    written = [
        ODD[row // 13 % len(ODD)] if row % 13 == 0 else text and ways[row % len(ways)](text)
        for row, text in enumerate(choices.cast(pl.String))
    ]
    return pl.Series(choices.name, written, pl.String)


def test_what_is_told_of_values_is_what_a_local_run_tells(engine: Spark, tmp_path: Path) -> None:
    frame = CASE.frame.head(1500).with_columns(
        pl.when((pl.int_range(pl.len()) * 7 + place) % 40 < 2)
        .then(pl.col(name) * (-1, 0.5, 10, 1000)[place % 4])
        .otherwise(pl.col(name))
        for place, name in enumerate(CASE.frame.columns)
        if CASE.frame.schema[name] == pl.Float64
    )
    choices = [one.name for one in TRIAL.answerable() if one.type == "choice"]
    frame = frame.with_columns(
        oddly_written(frame[name]) for name in frame.columns if name in choices
    )
    ends = (pl.when(pl.col(ID) % 3 == 0).then(pl.col("tsh") * by) for by in (1, 1.5))
    frame = frame.with_columns(tsh_low=next(ends), tsh_high=next(ends))
    frame.write_parquet(tmp_path / "in.parquet", row_group_size=200)
    with engine.configured({"spark.sql.files.maxPartitionBytes": "20kb"}):
        found = screened(engine, tmp_path / "in.parquet", tmp_path / "out", limits=Limits(1.0))
    parts = sorted((tmp_path / "out").glob("*.parquet"))
    rows = pl.concat(map(pl.read_parquet, parts))
    assert len(parts) > 2
    assert rows[ID].equals(frame[ID])
    job = Job(
        *((tmp_path / "in.parquet",), tmp_path / "local.parquet", ID, Anchor(ON, ON)),
        most_bad=1.0,
    )
    expected = cohort(TRIAL, job).quality
    assert rows.equals(pl.read_parquet(tmp_path / "local.parquet"))
    for one in ("unreadable", "contradictory", "unusual"):
        told, own = getattr(found.quality, one), getattr(expected, one)
        if one == "unusual":
            told, own = ({name: n.values for name, n in each.items()} for each in (told, own))
        assert told == own, one
        assert len(told) > 3, one


def test_rows_that_come_meanwhile_are_refused(
    spark: Spark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = partitioned(tmp_path, FEW.frame.head(5), parts=1)

    def comes(*_: object) -> None:  # after the footers were read, before Spark lists the files
        FEW.frame[5:6].write_parquet(source / "late.parquet")

    monkeypatch.setattr("trialscreen.tables.engines.spark.screened.Used.check", comes)
    assert problems(spark, source) == [
        f"{source}: holds 5 rows, and 6 came out; did it change meanwhile?"
    ]


def test_a_column_that_stands_twice_is_named(spark: Spark, tmp_path: Path) -> None:
    write_twice(tmp_path / "t.parquet")
    assert problems(spark, tmp_path / "t.parquet", key="patient_id") == [
        f"{tmp_path}/t.parquet: the column 'weight' stands twice"
    ]


def test_columns_are_matched_as_on_this_machine(engine: Spark, tmp_path: Path) -> None:
    frame = FEW.frame.head(3).with_columns(ID=pl.lit(7)).rename({"weight": "Weight"})
    found = screened(engine, partitioned(tmp_path, frame, parts=1), tmp_path / "out")
    assert (found.unused, found.alike) == (("ID", "site"), {"Weight": "weight"})
    expected = checked(FEW).sort(ID).head(3)
    assert pl.read_parquet(tmp_path / "out" / "*.parquet").sort(ID).equals(expected)
    assert engine.session.conf.get("spark.sql.caseSensitive") == "false"


def test_a_file_that_spark_would_pass_over_is_refused(spark: Spark, tmp_path: Path) -> None:
    CASE.frame.head(3).write_parquet(tmp_path / "_t.parquet")
    assert problems(spark, tmp_path / "_t.parquet") == [
        f"{tmp_path}/_t.parquet: begins with _ or ., and Spark passes over such files; rename it"
    ]


def test_the_day_of_a_moment_is_that_of_its_own_zone(engine: Spark, tmp_path: Path) -> None:
    engine.session.conf.set("spark.sql.session.timeZone", "Pacific/Auckland")
    late = datetime(2025, 11, 30, 23, 59)  # noqa: DTZ001 - as each zone's clock shows it
    rows = pl.DataFrame({ID: ["late", "next"], "at": [late, late.replace(2025, 12, 1, 0, 1)]})
    for number, zone in enumerate((None, "UTC", "Asia/Shanghai", "America/New_York")):
        at = pl.col("at").dt.replace_time_zone(zone).alias("other_trial_last_participation_date")
        for unit in ("ms", "us"):
            source = partitioned(
                tmp_path / f"{number}{unit}", rows.with_columns(at.dt.cast_time_unit(unit)), 1
            )
            screened(engine, source, tmp_path / "out" / f"{number}{unit}", date(2026, 6, 1))
            found = pl.read_parquet(tmp_path / "out" / f"{number}{unit}" / "*.parquet")
            assert dict(found.select(ID, "E16").rows()) == {"late": False, "next": True}, zone
    assert engine.session.conf.get("spark.sql.session.timeZone") == "Pacific/Auckland"


def test_moments_of_nanoseconds_are_refused_with_their_zone(spark: Spark, tmp_path: Path) -> None:
    moment = pl.lit(datetime(2026, 5, 1, 16, tzinfo=UTC)).dt.cast_time_unit("ns")
    source = partitioned(tmp_path, CASE.frame.head(3).with_columns(birth_date=moment), parts=1)
    assert problems(spark, source) == [
        "the column birth_date: its cells are of type TIMESTAMP(NANOS,true) in UTC; expected days"
        " (DATE), or times (TIMESTAMP in MILLIS or MICROS)"
    ]


def test_an_output_that_is_there_is_left_alone(spark: Spark, tmp_path: Path) -> None:
    source = partitioned(tmp_path, CASE.frame.head(5), parts=1)
    (tmp_path / "out").write_text("mine")
    with pytest.raises(InputError) as caught:
        screened(spark, source, tmp_path / "out")
    assert str(caught.value.problems[0]) == f"{tmp_path}/out: is there already; name a new folder"
    assert (tmp_path / "out").read_text() == "mine"


def test_an_output_that_cannot_be_written_is_refused(spark: Spark, tmp_path: Path) -> None:
    source = partitioned(tmp_path, FEW.frame.select(ID).head(5), parts=1)
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError) as caught:
        screened(spark, source, tmp_path / "file" / "out")
    assert caught.value.problems[0].message == "cannot be written"


def test_an_id_may_have_any_name(spark: Spark, tmp_path: Path) -> None:
    frame = FEW.frame.head(5).rename({ID: "a`.b"})
    source = partitioned(tmp_path, frame, parts=1)
    assert screened(spark, source, tmp_path / "out", key="a`.b").rows == 5


def test_when_a_part_cannot_be_read_nothing_is_left_behind(spark: Spark, tmp_path: Path) -> None:
    source = partitioned(tmp_path, FEW.frame.head(16_000))
    broken = source / "site=1" / "3.parquet"
    data = bytearray(broken.read_bytes())
    data[100:20_000] = bytes(19_900)  # its footer, from which the columns are known, stays
    broken.write_bytes(data)
    assert problems(spark, source) == [f"{source}: cannot be read: it is damaged"]
    assert [one.name for one in tmp_path.iterdir()] == ["in"]


def test_workers_with_other_packages_are_told(
    engine: Spark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = partitioned(tmp_path, FEW.frame.select(ID).head(5), parts=1)
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')
    python.chmod(0o755)
    monkeypatch.setattr(engine.session.sparkContext, "pythonExec", str(python))
    (told,) = problems(engine, source)
    assert told.startswith("Spark: its workers have other packages than here")
    with monkeypatch.context() as other:
        run = on_workers(Work(TRIAL, {}, ON, ON))
        other.setattr("importlib.metadata.version", lambda _: "0.0.1")
        with pytest.raises(RuntimeError, match=r"other packages than here: trialscreen 0\.0\.1"):
            run(iter(()))


def test_workers_of_a_server_on_this_machine_run_in_our_python(engine: Spark) -> None:
    """Unless somebody has said in which."""
    python = "spark.sql.execution.pyspark.python"
    with engine.connected() as other:
        conf = other.session.conf
        conf.unset(python)
        with patch.object(socket, "create_server", side_effect=OSError):
            use_our_python(other.session)
        assert conf.get(python, None) is None
        use_our_python(other.session)
        assert conf.get(python) == sys.executable
        conf.set(python, "/opt/python")
        use_our_python(other.session)
        assert conf.get(python) == "/opt/python"
        conf.unset(python)


def test_text_that_is_not_utf_8_is_refused(engine: Spark, tmp_path: Path) -> None:
    """Spark reads it as it is."""
    for column in (ID, "menopause_type"):
        frame = pl.DataFrame({ID: ["a"], "menopause_type": ["b"]}).to_arrow()
        odd = pa.array([b"\xff"], pa.large_binary()).view(pa.large_string())
        table = frame.set_column(frame.column_names.index(column), column, [odd])
        pq.write_table(table, tmp_path / f"{column}.parquet")
        assert problems(engine, tmp_path / f"{column}.parquet") == [
            f"{tmp_path}/{column}.parquet: cannot be read: a text in it is not UTF-8"
        ]


def test_a_running_session_is_used(engine: Spark) -> None:
    assert session("local[1]").sparkContext is engine.session.sparkContext


def test_the_command_screens_on_spark(engine: Spark, tmp_path: Path) -> None:
    """In a session that it starts itself."""
    case = FEW._replace(frame=FEW.frame.select(ID, "weight", "height").head(2000))
    source, output = partitioned(tmp_path, case.frame), tmp_path / "out"
    options = ("--screening-date", ON.isoformat(), "--id", ID, "--engine", "spark")
    done = spawn("cohort", str(source), "-o", str(output), *options, "--master", "local[1]")
    assert done.code == 0, done.err
    assert f"2,000 patients screened on {ON}: " in done.err and "FutureWarning" not in done.err
    expected = checked(case)
    assert f"{(expected['verdict'] == 'ineligible').sum():,} ineligible" in done.err
    assert pl.read_parquet(output / "*.parquet").sort(ID).equals(expected)


def test_options_for_local_files_are_refused(engine: Spark, tmp_path: Path) -> None:
    more = ("--sheet", "A", "--also", "stale,missing")
    done = run("cohort", "in", "-o", str(tmp_path / "out"), "--engine", "spark", *more)
    assert (done.code, done.out) == (2, "")
    assert "--sheet: is not for --engine spark" in done.err
    assert "--also: 'missing': with --engine spark there is only stale" in done.err
    assert not (tmp_path / "out").exists()


def test_spark_sql_by_hand_finds_the_same(engine: Spark, tmp_path: Path) -> None:
    """What `tests.bench.spark` compares with."""
    frame = columns(TRIAL, 300, seed=5, unknown=0.1).with_row_index("patient_id")
    frame = frame.with_columns(pl.col(pl.Enum).cast(pl.String), pl.col("patient_id").cast(int))
    source = partitioned(tmp_path, frame, parts=1)
    by_hand(engine.session, str(source), str(tmp_path / "by hand"))
    found = pl.read_parquet(tmp_path / "by hand" / "*.parquet").sort("patient_id")
    assert found.equals(screen_frame(TRIAL, frame.lazy(), SIMULATED_ON, "patient_id").collect())
