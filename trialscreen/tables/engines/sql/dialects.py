"""Where the SQL dialects differ in what the queries need."""

from typing import Literal, NamedTuple, get_args

from sqlglot import exp

from trialscreen.model.dates import Period
from trialscreen.text.characters import printable

Dialect = Literal["postgres", "duckdb", "spark", "bigquery", "snowflake", "tsql"]
DIALECTS: tuple[Dialect, ...] = get_args(Dialect)

TITLES: dict[Dialect, str] = {
    "postgres": "PostgreSQL",
    "duckdb": "DuckDB",
    "spark": "Spark SQL",
    "bigquery": "BigQuery",
    "snowflake": "Snowflake",
    "tsql": "SQL Server",
}

_LONGEST_NAME: dict[Dialect, int] = {
    "postgres": 63,  # longer ones are cut without an error, and two may become one
    "tsql": 128,
    "snowflake": 255,
    "bigquery": 300,
}

_REPLACED: dict[Dialect, str] = {"spark": "${", "tsql": "$("}


class Traits(NamedTuple):
    """What the printer asks of a dialect.

    `has_booleans`: truth can be stored; elsewhere it is a bit, and a condition compares it.
    `has_text`: any text can be cast to one type and loses nothing.
    `moves_to_timestamp`: a day less a period is a moment, to be cast back.
    `adds_months`: a period is subtracted by adding a negative number.
    `needs_fences`: else it writes a step anew wherever it is read, and steps of steps again.
    `refuses_extremes`: a result too small or too large for a double is an error.
    `folds_to_upper`: a name without quotes is stored in upper case.
    `longest_name`: in bytes. `replaces`: what begins a variable that is replaced anywhere in a
    query, even within quotes, by Spark or by SQL Server's own client.
    """

    has_booleans: bool = True
    has_text: bool = True
    moves_to_timestamp: bool = False
    adds_months: bool = True
    needs_fences: bool = False
    refuses_extremes: bool = False
    folds_to_upper: bool = False
    longest_name: int | None = None
    replaces: str | None = None


def traits(dialect: Dialect) -> Traits:
    return Traits(
        has_booleans=dialect != "tsql",
        has_text=dialect != "tsql",
        moves_to_timestamp=dialect in ("postgres", "duckdb"),
        adds_months=dialect in ("spark", "snowflake", "tsql"),
        needs_fences=dialect == "postgres",
        refuses_extremes=dialect in ("postgres", "bigquery", "tsql"),
        folds_to_upper=dialect == "snowflake",
        longest_name=_LONGEST_NAME.get(dialect),
        replaces=_REPLACED.get(dialect),
    )


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
    known = traits(dialect)
    if known.adds_months:
        count = exp.Literal(this=f"-{period.count}", is_string=False)
        return exp.DateAdd(this=day, expression=count, unit=unit)
    moved = exp.DateSub(this=day, expression=exp.Literal.number(period.count), unit=unit)
    return exp.cast(moved, "date") if known.moves_to_timestamp else moved
