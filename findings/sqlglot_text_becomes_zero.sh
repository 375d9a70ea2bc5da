#!/usr/bin/env bash
# sqlglot 30.30.0, duckdb 2.0.1, Python's sqlite3: a query over laboratory values that are texts, written for
# DuckDB, transpiled to SQLite.
#
# Expected: TRY_CAST('<20' AS DOUBLE) is null, as in DuckDB; or sqlglot says that SQLite has no such cast.
# Seen: it becomes CAST, without a word, also with unsupported_level=RAISE. In SQLite a text that is no number is
# 0, and one that begins with digits is these: "pending" is 0, "1,500" is 1. Each is below a limit of 1000,
# where DuckDB leaves all of them open. TRY_CONVERT of SQL Server and SAFE_CAST of BigQuery become the same.
# trialscreen writes no SQL for SQLite; for the databases that it knows it writes casts that are an error.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'sqlglot==30.30.0' 'duckdb==2.0.1'
cd "$place" && python - <<'END'
import sqlite3

import duckdb
import sqlglot

VALUES = ("<20", "pending", "", "1,500", "1500")
QUERY = "SELECT TRY_CAST(value AS DOUBLE), TRY_CAST(value AS DOUBLE) < 1000 FROM labs"
small, other = duckdb.connect(), sqlite3.connect(":memory:")
for database in (small, other):
    database.execute("CREATE TABLE labs (value TEXT)")
    database.executemany("INSERT INTO labs VALUES (?)", [(value,) for value in VALUES])
(written,) = sqlglot.transpile(
    QUERY, read="duckdb", write="sqlite", unsupported_level=sqlglot.ErrorLevel.RAISE
)
print(written)
seen = {"duckdb": small.execute(QUERY).fetchall(), "sqlite": other.execute(written).fetchall()}
for value, one, two in zip(VALUES, seen["duckdb"], seen["sqlite"]):
    print(f"{value!r}: DuckDB {one[0]}, below 1000: {one[1]}; SQLite {two[0]}, below 1000: {bool(two[1])}")
assert seen["duckdb"] == [(None, None)] * 4 + [(1500, False)], "the behaviour has changed"
assert seen["sqlite"] == [(0, 1)] * 3 + [(1, 1), (1500, 0)], "the behaviour has changed"
for dialect, cast in (("tsql", "TRY_CONVERT(float, v)"), ("bigquery", "SAFE_CAST(v AS FLOAT64)")):
    told = sqlglot.transpile(f"SELECT {cast}", read=dialect, write="sqlite")
    assert told == ["SELECT CAST(v AS REAL)"], "the behaviour has changed"
END
