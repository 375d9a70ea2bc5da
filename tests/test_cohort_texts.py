"""Columns of text, read by the distinct text: the same as the parser reads each cell."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any

import polars as pl
import pytest

from tests.messy import UNREADABLE
from trialscreen import load_trial
from trialscreen.model.errors import ValueProblem
from trialscreen.model.facts import Exactly, Fact, Numbers, closed
from trialscreen.model.trial import Element
from trialscreen.tables.cohort import text_columns as texts
from trialscreen.tables.cohort.column_map import KEY, LATEST, ROW
from trialscreen.tables.cohort.readers.cells import Form, Parser
from trialscreen.tables.cohort.text_columns import TextColumn

TRIAL = load_trial()
ON = date(2026, 6, 1)
NUMBERS = [e for e in TRIAL.answerable() if e.type in ("integer", "quantity")]
DAYS = [e for e in TRIAL.answerable() if e.type == "date"]
PIECES = [
    *"017.-+ ,_/:٣５",
    "100",
    "00",
    "e",
    "E5",
    "1e400",
    "<",
    ">=",
    "to",
    "..",
    "nan",
    "inf",
    "0x1",
]


def number_texts(rng: Random, count: int) -> list[str]:
    """Plain numbers of every length, and things that look like them."""
    plain = [f"{rng.uniform(-10, 500):.{rng.randrange(18)}f}" for _ in range(count)]
    exact = [
        str(rng.choice((0, 1, 18, 40, 5, -0.0, 2.5, 0.1)) + rng.randrange(9)) for _ in range(9)
    ]
    like = ["".join(rng.choices(PIECES, k=rng.randrange(1, 5))) for _ in range(count)]
    long = ["0." + "1" * k for k in (15, 19, 20, 21, 40)] + ["9" * k for k in (14, 15, 16, 20, 199)]
    return [*plain, *exact, *like, *long, *UNREADABLE]


def day_texts(rng: Random, count: int) -> list[str]:
    days = [(ON + timedelta(rng.randrange(-60_000, 400))).isoformat() for _ in range(count)]
    like = [
        f"{rng.randrange(12000):04}-{rng.randrange(14):02}-{rng.randrange(33):02}" for _ in days
    ]
    parts = [day[: rng.choice((4, 7))] for day in days[:50]]
    bounds = [rng.choice("<>") + day for day in days[:50]]
    odd = [d.replace("-", rng.choice(("/", "", "- ", "–"))) for d in days[:50]]
    return [
        *days,
        *like,
        *parts,
        *bounds,
        *odd,
        "0000-01-01",
        "9999-12-31",
        "20260301",
        *UNREADABLE,
    ]


def read_one_by_one(parser: Parser, text: str, latest: date) -> tuple[Fact | None, str | None]:
    try:
        return parser.read(text, latest), None
    except ValueProblem as problem:
        return None, str(problem)


def read(
    reader: TextColumn, cells: Sequence[str | None], latest: Sequence[date]
) -> tuple[list[pl.Series], dict[int, str]]:
    """The typed columns, and by their places why cells cannot be used."""
    texts = pl.Series(reader.element.name, cells, pl.String)
    frame = texts.to_frame().with_columns(pl.Series(latest).alias(LATEST))
    frame = frame.with_row_index(ROW).with_columns(pl.lit("P1").alias(KEY))
    columns, unreadable = reader.read(frame)
    return columns, dict(zip(unreadable["row"], unreadable["reason"], strict=True))


def values(reader: TextColumn, fact: Fact | None) -> tuple[Any, ...]:
    """Under the columns of the element: bounds, for formulas also how they were written."""
    if fact is None or isinstance(fact, Exactly):
        return (None if fact is None else fact.value,)
    if isinstance(fact, Numbers):
        return tuple(fact) if len(reader.columns) == len(fact) else closed(fact)[:2]
    return (fact.low, fact.high)


@pytest.mark.parametrize("element", [*NUMBERS, *DAYS], ids=lambda element: element.name)
def test_a_column_of_texts_is_what_the_parser_reads(element: Element) -> None:
    rng = Random(element.name)
    cells = day_texts(rng, 200) if element.type == "date" else number_texts(rng, 200)
    cells += rng.choices(cells, k=100)
    latest = [rng.choice((ON, date(1990, 2, 1))) for _ in cells]
    reader, parser = TextColumn(TRIAL, element, pl.col("x")), Parser(TRIAL, element)
    bad = 0
    for start in (0, 150, 0):  # the third time, everything has been seen before
        part, days = cells[start : start + 400], latest[start : start + 400]
        columns, reasons = read(reader, part, days)
        rows = list(zip(*columns, strict=True))
        for place, (text, day) in enumerate(zip(part, days, strict=True)):
            fact, reason = read_one_by_one(parser, text, day)
            assert reasons.get(place) == reason, text
            expected = values(reader, fact)
            assert rows[place] == (expected if fact is not None else (None,) * len(rows[place])), (
                text
            )
        bad += len(reasons)
    assert bad > 100


@pytest.mark.parametrize("name", ["weight", "hbv_dna", "birth_date"])
def test_a_number_or_day_that_a_criteria_file_gives_a_meaning_has_it(name: str) -> None:
    trial = replace(TRIAL, spellings={**TRIAL.spellings, "99": "unknown", "1960-01-01": "unknown"})
    element = trial.elements[name]
    cells = ["1960-01-01", "1960-01-02"] if element.type == "date" else ["99", "99.0", "98"]
    reader, parser = TextColumn(trial, element, pl.col("x")), Parser(trial, element)
    columns, _ = read(reader, cells, [ON] * len(cells))
    facts = [parser.read(text, ON) for text in cells]
    assert [low is None for low in columns[0]] == [fact is None for fact in facts]
    assert facts[0] is None
    assert facts[-1] is not None


def test_true_and_false_mean_what_a_criteria_file_or_a_site_says_of_them() -> None:
    element = TRIAL.elements["pth_analog_use"]
    cells = ["true", "false", "TRUE", "Yes", "1", "maybe", None, " ", "no", "true"]
    spelt = replace(TRIAL, spellings={**TRIAL.spellings, "true": "unknown"})
    inverted = Form(values={"true": "no", "false": "yes"})
    for trial, form in ((TRIAL, Form()), (spelt, Form()), (TRIAL, inverted)):
        reader, parser = TextColumn(trial, element, pl.col("x"), form), Parser(trial, element, form)
        for _ in range(2):
            columns, reasons = read(reader, cells, [ON] * len(cells))
            facts = [(None, None) if c is None else read_one_by_one(parser, c, ON) for c in cells]
            expected = [None if fact is None else fact.value for fact, _ in facts]  # type: ignore[union-attr]
            assert columns[0].to_list() == expected
            assert list(reasons.values()) == [reason for _, reason in facts if reason is not None]
    assert expected[:2] == [False, True]


def test_texts_beyond_those_remembered_are_read_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(texts, "REMEMBERED", 5)
    reader = TextColumn(TRIAL, TRIAL.elements["weight"], pl.col("weight"))
    for _ in range(3):
        columns, _ = read(reader, [str(n) for n in range(30, 90)], [ON] * 60)
        assert columns[0].to_list() == list(range(30, 90))
