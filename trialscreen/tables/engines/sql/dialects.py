"""Where the SQL dialects differ in what the queries need."""

from collections.abc import Mapping
from typing import Literal, NamedTuple, get_args

from sqlglot import exp

from trialscreen.model.dates import Period
from trialscreen.text.characters import printable

Dialect = Literal["postgres", "duckdb", "spark", "bigquery", "snowflake", "tsql"]
DIALECTS: tuple[Dialect, ...] = get_args(Dialect)


class Traits(NamedTuple):
    """What the printer asks of a dialect, whose name is its `title`.

    `has_bits`: truth cannot be stored but as a bit, which a condition compares; nor can any
    text be cast to one type without a loss.
    `moves_to_timestamp`: a day less a period is a moment, to be cast back.
    `adds_months`: a period is subtracted by adding a negative number.
    `needs_fences`: else it writes a step anew wherever it is read, and steps of steps again.
    `refuses_extremes`: a result too small or too large for a double is an error.
    `folds_to_upper`: a name without quotes is stored in upper case.
    `longest_name`: in bytes. `replaces`: what begins a variable that is replaced anywhere in a
    query, even within quotes, by Spark or by SQL Server's own client.
    """

    title: str
    has_bits: bool = False
    moves_to_timestamp: bool = False
    adds_months: bool = False
    needs_fences: bool = False
    refuses_extremes: bool = False
    folds_to_upper: bool = False
    longest_name: int | None = None
    replaces: str | None = None


TRAITS: Mapping[Dialect, Traits] = {
    "postgres": Traits(
        "PostgreSQL",
        moves_to_timestamp=True,
        needs_fences=True,
        refuses_extremes=True,
        longest_name=63,  # longer ones are cut without an error, and two may become one
    ),
    "duckdb": Traits("DuckDB", moves_to_timestamp=True),
    "spark": Traits("Spark SQL", adds_months=True, replaces="${"),
    "bigquery": Traits("BigQuery", refuses_extremes=True, longest_name=300),
    "snowflake": Traits("Snowflake", adds_months=True, folds_to_upper=True, longest_name=255),
    "tsql": Traits(
        "SQL Server",
        has_bits=True,
        adds_months=True,
        refuses_extremes=True,
        longest_name=128,
        replaces="$(",
    ),
}


def text_literal(text: str, dialect: Dialect) -> exp.Expr:
    """A text; for SQL Server in Unicode where it needs that."""
    if dialect == "tsql" and not text.isascii():
        return exp.National(this=text)
    return exp.Literal.string(text)


def comment(text: str) -> str:
    """A text on one line that no engine takes for a variable; sqlglot keeps it in its comment."""
    return printable(text).replace("${", "$ {").replace("$(", "$ (")


def days_before(day: exp.Expr, period: Period, dialect: Dialect) -> exp.Expr:
    """`day` less `period`. Each of these functions clamps to the end of a short month.

    (Snowflake's ADD_MONTHS would keep the last day of a month the last: DATEADD does not.)
    """
    unit = exp.var(period.unit.removesuffix("s").upper())
    if TRAITS[dialect].adds_months:
        count = exp.Literal(this=f"-{period.count}", is_string=False)
        return exp.DateAdd(this=day, expression=count, unit=unit)
    moved = exp.DateSub(this=day, expression=exp.Literal.number(period.count), unit=unit)
    return exp.cast(moved, "date") if TRAITS[dialect].moves_to_timestamp else moved
