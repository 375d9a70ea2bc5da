#!/usr/bin/env bash
# python-dateutil 4.0.0, pendulum 3.3.0, duckdb 2.0.1: born on 29 February 2008, how old on 28 February 2026?
#
# Expected: 17 years; the 18th is complete on the next day. At least, one answer within one library.
# Seen: dateutil says 18 and pendulum 17. DuckDB's date_sub('year') says 18, and its age() 17 years,
# 11 months and 28 days. Who may be screened a day earlier depends on the function.
# trialscreen: 17, everywhere: anniversaries of 29 February fall on 1 March where there is none.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'python-dateutil==4.0.0' 'pendulum==3.3.0' 'duckdb==2.0.1'
cd "$place" && python - <<'END'
from datetime import date

import duckdb
import pendulum
from dateutil.relativedelta import relativedelta

born, today = date(2008, 2, 29), date(2026, 2, 28)
days = f"DATE '{born}', DATE '{today}'"
((by_sub, by_age),) = duckdb.sql(
    f"SELECT date_sub('year', {days}), age(DATE '{today}', DATE '{born}')::VARCHAR"
).fetchall()
seen = {
    "dateutil, relativedelta": relativedelta(today, born).years,
    "pendulum, diff": pendulum.date(2008, 2, 29).diff(pendulum.date(2026, 2, 28)).in_years(),
    "DuckDB, date_sub": by_sub,
    "DuckDB, age": by_age,
}
for how, years in seen.items():
    print(f"{how}: {years}")
assert [*seen.values()] == [18, 17, 18, "17 years 11 months 28 days"], "the behaviour has changed"
END
