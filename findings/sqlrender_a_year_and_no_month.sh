#!/usr/bin/env bash
# duckcdm 0.4.7 (PyPI), which has OHDSI's SqlRender in Python, with DuckDB 2.0.1: queries over OMOP, written once in SQL
# Server's words and rewritten for each database; here for DuckDB.
#
# Expected: the numbers of SQL Server: from 31 December to 5 January 1 year and 1 month, as DATEDIFF counts turns; of a
# woman who was born on 12 March 1982, DATEDIFF(day)/365 on 30 November 2026 is 44, as whole numbers divide to one.
# Seen: 1 year and 0 months: years are still turns, months became whole ones, without the last day's rule: from 31
# August to 28 February there are 5. DuckDB's own date_diff has 1 month and 6. Her age is 44.75, and cast to INT,
# which SQL Server cuts off, 45: she is old enough for the trial, three months too soon.
# trialscreen writes its SQL for each engine anew: months of the calendar, and completed years.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'duckcdm==0.4.7' 'duckdb==2.0.1'
cd "$place" && python - <<'END'
import duckdb
from duckcdm.sqlrender import translate


def ask(*asked: str) -> tuple[float, ...]:
    return duckdb.sql(translate(f"SELECT {', '.join(asked)};", "duckdb")).fetchall()[0]


def between(part: str, first: str, last: str) -> str:
    return f"DATEDIFF({part}, CAST('{first}' AS DATE), CAST('{last}' AS DATE))"


turn = ask(*(between(part, "20251231", "20260105") for part in ("year", "month", "day")))
half = ask(between("month", "20250831", "20260228"))
days = between("day", "19820312", "20261130")
age = ask(f"{days}/365", f"CAST({days}/365.25 AS INT)")
own = duckdb.sql(
    "SELECT date_diff('month', DATE '2025-12-31', DATE '2026-01-05'),"
    " date_diff('month', DATE '2025-08-31', DATE '2026-02-28')"
).fetchall()[0]
print("31 December to 5 January: {} year, {} months, {} days".format(*turn))
print(f"31 August to 28 February: {half[0]} months; by DuckDB's own function these two are {own[0]} and {own[1]}")
print(f"born on 12 March 1982: days/365 {age[0]:.2f}, as INT {age[1]}")
assert (turn, half, own) == ((1, 0, 5), (5,), (1, 6)), "the behaviour has changed"
assert (round(age[0], 2), age[1]) == (44.75, 45), "the behaviour has changed"
END
