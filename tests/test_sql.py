"""The generated SQL as text: what a criteria file says cannot become SQL."""

from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any, get_args

import polars as pl
import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp

from tests.differential import Case, generated_cases, screened
from tests.engines import DuckDB, Engine
from tests.generate import ON
from tests.sizes import FULL, examples, size
from tests.spec import spec_trial
from tests.sql_cases import found_by, simulated
from trialscreen import InputError, Trial
from trialscreen.model.dates import Period
from trialscreen.model.expr import Before, Column
from trialscreen.model.rules import Compare, Is, OneOf, Operator, Within, all_of
from trialscreen.model.trial import Check, Criterion, Element
from trialscreen.tables.compile import Table
from trialscreen.tables.engines.sql.printer import Dialect, Printer
from trialscreen.tables.engines.sql.query import Patients, screening_sql

# A trial whose every text is hostile.

NASTY = (
    *("'", '"', "`", "]", "[", "\\", "\\'", "''", ";", "--", "/*", "*/", "/*+", "#", "\n", "\t"),
    *("$$", " {{ x }}", ":x", "%s", "?", "@", "N'", "é", "x", "); DROP TABLE a; --"),
)
TEXTS = st.lists(st.sampled_from(NASTY), min_size=1, max_size=4).map("".join)


def hostile_trial(texts: list[str]) -> Trial:
    """A trial whose names, labels, choices and ids are these; names are told apart by a number."""
    one, two, three, four, five = (f"{text}{i}" for i, text in enumerate(texts))

    def element(name: str, kind: Any, **more: Any) -> Element:
        unit = "kg" if kind == "quantity" else None
        return Element(name, five, kind, "chart", "s", "?", unit=unit, **more)

    elements = {
        one: element(one, "boolean"),
        two: element(two, "choice", choices={three: five, four: five}),
        three: element(three, "quantity", range=(0, 100)),
        four: element(four, "date"),
    }
    rule = all_of(
        (
            *(Is(one, value=True), Is(two, three), OneOf(two, (three, five))),
            *(Compare(three, Operator.AT_LEAST, 2.5), Within(four, Period(6, "months"))),
        )
    )
    criteria = (
        Criterion(f"{one}.", "inclusion", two, three, rule),
        Criterion(f"{two}.", "exclusion", one, three, Is(two, four)),
    )
    check = Check(five, "error", all_of((Is(one, value=True), Is(two, four))), four)
    base = spec_trial()
    registration = base.registration._replace(title=five)
    return replace(
        base,
        elements=elements,
        criteria=criteria,
        checks=(check,),
        registration=registration,
        version=one,
    )


def hostile_frame(trial: Trial) -> pl.DataFrame:
    one, two, three, four = trial.elements
    choices = [*trial.elements[two].choices, None]
    return pl.DataFrame(
        {
            "id": [0, 1, 2],
            one: [True, True, None],
            two: choices,
            three: [2.5, 9.0, None],
            four: [date(2026, 2, 28), date(2026, 2, 27), None],
        }
    )


def hostile_query(trial: Trial, dialect: Dialect) -> str:
    table = Table(frozenset(trial.elements), frozenset(), ON)
    return screening_sql(trial, Patients("a.'b\"`]\\", "i'd", table), dialect)


@pytest.mark.parametrize("dialect", get_args(Dialect))
@given(texts=st.lists(TEXTS, min_size=5, max_size=5))
@examples(40)
def test_the_text_reads_back_as_one_query_with_the_same_names_and_texts(
    dialect: Dialect, texts: list[str]
) -> None:
    trial = hostile_trial(texts)
    statements = sqlglot.parse(hostile_query(trial, dialect), read=dialect)
    assert len([one for one in statements if one is not None]) == 1
    (read, *_) = statements
    assert isinstance(read, exp.Select)
    kinds = {type(node) for node in read.walk()}
    assert not kinds & {exp.Drop, exp.Command, exp.Placeholder, exp.Parameter}
    names = {node.name for node in read.find_all(exp.Column)}
    folded = {name.upper() if dialect == "snowflake" else name for name in trial.elements}
    assert folded <= names
    literals = {node.name for node in read.find_all(exp.Literal, exp.National)}
    two = list(trial.elements)[1]
    assert set(trial.elements[two].choices) <= literals


@given(texts=st.lists(TEXTS, min_size=5, max_size=5))
@examples(40)
def test_hostile_texts_are_data_to_duckdb(texts: list[str]) -> None:
    _check_hostile(DuckDB(), texts)


@pytest.mark.parametrize("start", range(0, len(NASTY), 5))
def test_hostile_texts_are_data_to_every_engine(engine: Engine, start: int) -> None:
    _check_hostile(engine, [NASTY[(start + i) % len(NASTY)] for i in range(5)])


def _check_hostile(engine: Engine, texts: list[str]) -> None:
    trial = hostile_trial(texts)
    case = Case(0, trial, hostile_frame(trial))
    found = found_by(engine, case)
    assert found.equals(screened(case))
    assert found.row(0)[1:] == ("eligible", None, True, False)
    assert found.row(1)[1:] == ("ineligible", None, False, True)


@pytest.mark.parametrize(("dialect", "mark"), [("spark", "${x}"), ("tsql", "$(x)")])
def test_a_variable_that_would_be_replaced_is_refused_but_in_a_comment(
    dialect: Dialect, mark: str
) -> None:
    trial = hostile_trial(["a", "b", "c", "d", mark])  # a label, a title and a choice
    with pytest.raises(InputError) as caught:
        hostile_query(trial, dialect)
    assert [problem.where for problem in caught.value.problems] == [f"'{mark}4'"]
    rule = trial.criteria[1].rule
    harmless = replace(trial, criteria=(trial.criteria[1]._replace(label=mark, rule=rule),))
    text = hostile_query(harmless, dialect)
    assert mark not in text and mark.replace("$", "$ ") in text


# Dialects for which there is no engine here: read back by sqlglot, and run by DuckDB.

NOT_RUN: tuple[Dialect, ...] = ("bigquery", "snowflake", "tsql")


@pytest.mark.parametrize("dialect", NOT_RUN)
@pytest.mark.parametrize("trusted", [False, True])
def test_a_dialect_without_an_engine_here_means_the_same_to_sqlglot(
    dialect: Dialect, trusted: bool
) -> None:
    for case, expected in expected_of_duckdb(trusted=trusted):
        assert found_by(Transpiled(dialect), case, trusted=trusted).equals(expected), case.seed


@cache
def expected_of_duckdb(*, trusted: bool) -> list[tuple[Case, pl.DataFrame]]:
    cases = [*generated_cases(range(size(5)), spec_trial(), rows=100)]
    if FULL or not trusted:  # in part: a query that trusts no value does all that another does
        cases.append(simulated(500))
    return [(case, found_by(DuckDB(), case, trusted=trusted)) for case in cases]


class Transpiled:
    """DuckDB, given a query of another dialect."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect

    def rows(self, frame: pl.DataFrame, query: str) -> list[tuple[Any, ...]]:
        tree = sqlglot.parse_one(query, read=self.dialect)
        if self.dialect != "tsql":
            return DuckDB().rows(frame, tree.sql("duckdb"))
        # SQL Server's bit is a number, and its float a double.
        for kind in tree.find_all(exp.DataType):
            kind.set("this", NUMBERS.get(kind.this.value, kind.this))
        found = DuckDB().rows(frame, tree.sql("duckdb"))
        return [
            (*row[:3], *(None if bit is None else bit == 1 for bit in row[3:])) for row in found
        ]


NUMBERS = {"BIT": exp.DataType.Type.TINYINT, "FLOAT": exp.DataType.Type.DOUBLE}


# Days.


@pytest.mark.parametrize(
    ("dialect", "months", "years"),
    [
        (
            "postgres",
            "CAST(\"d\" - INTERVAL '6 MONTH' AS DATE)",
            "CAST(\"d\" - INTERVAL '1 YEAR' AS DATE)",
        ),
        ("duckdb", 'CAST("d" - INTERVAL 6 MONTH AS DATE)', 'CAST("d" - INTERVAL 1 YEAR AS DATE)'),
        ("spark", "ADD_MONTHS(`d`, -6)", "ADD_MONTHS(`d`, -12)"),
        ("bigquery", "DATE_SUB(`d`, INTERVAL 6 MONTH)", "DATE_SUB(`d`, INTERVAL 1 YEAR)"),
        ("snowflake", 'DATEADD(MONTH, -6, "D")', 'DATEADD(YEAR, -1, "D")'),
        ("tsql", "DATEADD(MONTH, -6, [d])", "DATEADD(YEAR, -1, [d])"),
    ],
)
def test_windows_use_a_function_that_clamps_to_the_end_of_a_month(
    dialect: Dialect, months: str, years: str
) -> None:
    for period, wanted in ((Period(6, "months"), months), (Period(1, "years"), years)):
        assert Printer(dialect).value(Before(Column("d"), period)).sql(dialect) == wanted


def test_a_window_longer_than_the_calendar_starts_on_its_first_day(engine: Engine) -> None:
    trial = spec_trial()
    (day, *_) = [one.name for one in trial.elements.values() if one.type == "date"][1:]
    windows = [Within(day, Period(count, unit)) for count, unit in LONG]
    criteria = tuple(
        Criterion(f"C{i}", "inclusion", "", "", rule) for i, rule in enumerate(windows)
    )
    asked = replace(trial, criteria=criteria, checks=())
    frame = pl.DataFrame({"id": [0], "screening_date": [ON], day: [date(1900, 1, 1)]})
    found = found_by(engine, Case(0, asked, frame))
    assert found.row(0)[3:] == (True,) * len(LONG)
    assert found.equals(screened(Case(0, asked, frame)))


LONG: tuple[tuple[int, Any], ...] = (
    (1950, "years"),
    (2500, "years"),
    (9000, "years"),
    (99_999, "months"),
)
