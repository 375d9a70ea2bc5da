"""`sql`: prints the query that screens a table of patients in a database."""

import sys
from enum import StrEnum

import typer

from trialscreen.cli import options
from trialscreen.cli.output import needing
from trialscreen.cli.parameters import option
from trialscreen.criteria_file.load import load_trial
from trialscreen.model.errors import Problem, raise_any
from trialscreen.model.trial import SCREENING_DATE

COLUMN = "column"


class DialectName(StrEnum):
    """As `Dialect` in `trialscreen.tables.engines.sql.printer`, which help must not import."""

    POSTGRES = "postgres"
    DUCKDB = "duckdb"
    SPARK = "spark"
    BIGQUERY = "bigquery"
    SNOWFLAKE = "snowflake"
    TSQL = "tsql"


def sql(
    context: typer.Context,
    dialect: DialectName = option("The database's SQL; tsql is SQL Server's."),
    table: str = option("The table, such as ehr.patients.", "NAME", default="patients"),
    id: str = option("The column with the patients' codes.", "COLUMN", default="patient_id"),
    columns: str | None = option(
        "The columns that the table has, named as data elements; a bounded value x as"
        " x_low,x_high. All data elements if not given; one without a column is unknown.",
        "A,B",
    ),
    bounded: str | None = option(
        "Data elements that the table has within bounds, in x_low and x_high.", "A,B"
    ),
    on: str | None = options.day_option(
        f" column: each row has its own, in a column {SCREENING_DATE}.", "YYYY-MM-DD|column"
    ),
    trust_values: bool = option(
        "Take every value as it is. Otherwise a value outside its range, and values that"
        " contradict each other, are unknown for that patient."
    ),
) -> None:
    """Print the query that screens a table of patients in a database.

    The table has a row per patient and typed columns. The query returns the id, the
    verdict, what is open, and each criterion: true where it is met, false where it is
    not, null where that is unknown. Nothing is run.
    """
    with needing("sql", "needs the package sqlglot", "sql", "sqlglot"):
        from trialscreen.tables.engines.sql import query
    loaded = load_trial(context.obj)
    problems: list[Problem] = []
    day = None if on == COLUMN else options.screening_day(loaded, on, problems)
    raise_any(problems)
    named = None if columns is None else _names(columns)
    patients = query.patients_table(loaded, table, id, day, named, _names(bounded or ""))
    sys.stdout.write(query.screening_sql(loaded, patients, dialect.value, trusted=trust_values))


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]
