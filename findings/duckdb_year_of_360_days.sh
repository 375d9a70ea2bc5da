#!/usr/bin/env bash
# duckdb 2.0.1: is it a year since the last dose? The time since then is compared with an interval.
#
# Expected: INTERVAL '1 year' compares with days as a year does that is added to a date, or not at all.
# Seen: for comparing, a month has 30 days and so a year 360: one from 1 March 2025 is over on 24
# February 2026, five days before DATE '2025-03-01' + INTERVAL '1 year'. Fetched into Python a year
# is timedelta(days=360), which subtracted from a day in Python moves the window again.
# So: the SQL of trialscreen shifts days by months, and compares days with days.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'duckdb==2.0.1'
cd "$place" && python - <<'END'
from datetime import timedelta

import duckdb

dose, today = "TIMESTAMP '2025-03-01'", "TIMESTAMP '2026-02-24'"
(found,) = duckdb.sql(
    f"SELECT {today} - {dose} >= INTERVAL '1 year', {today} >= {dose} + INTERVAL '1 year',"
    " INTERVAL '1 year', INTERVAL '6 months'"
).fetchall()
print("a year between 2025-03-01 and 2026-02-24: by the time since", found[0], "by the day", found[1])
print("in Python, a year and six months are", *found[2:], sep=" | ")
assert found == (True, False, timedelta(days=360), timedelta(days=180)), "the behaviour has changed"
END
