#!/usr/bin/env bash
# sqlglot 30.30.0, duckdb 2.0.1, Python's sqlite3: DATEDIFF(year, ...) of SQL Server, in which many
# cohorts over OMOP are written, transpiled.
#
# Expected: the same number in every dialect: how often a new year began in between.
# Seen: so in DuckDB. Of SQLite it becomes days divided by 365, of PostgreSQL the completed years
# (AGE), of MySQL a difference in days (those two were not run). A woman born on 31 December 1981 is
# 45 by the first, 44 by the second, on 1 June 2026.
# So: trialscreen writes the SQL for each dialect from its own rules, and compares what they find.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'sqlglot==30.30.0' 'duckdb==2.0.1'
cd "$place" && python - <<'END'
import sqlite3

import duckdb
import sqlglot

QUERY = "SELECT DATEDIFF(year, '1981-12-31', '2026-06-01')"
sql = {one: sqlglot.transpile(QUERY, "tsql", one)[0] for one in ("duckdb", "sqlite", "postgres", "mysql")}
for dialect, text in sql.items():
    print(f"{dialect}: {text}")
(of_duckdb,), (of_sqlite,) = *duckdb.sql(sql["duckdb"]).fetchall(), *sqlite3.connect("").execute(sql["sqlite"])
seen = (of_duckdb, of_sqlite)
print("DuckDB and SQLite find", seen)
assert seen == (45, 44), "the behaviour has changed"
assert "/ 365" in sql["sqlite"] and "AGE(" in sql["postgres"], "the behaviour has changed"
assert "year" not in sql["mysql"].lower(), "the behaviour has changed"
END
