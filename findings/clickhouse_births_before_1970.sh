#!/usr/bin/env bash
# chdb 4.4.0 (ClickHouse 26.9 in Python): how old is a woman who was born on 12 March 1956?
#
# Expected: 70 on 30 November 2026; or an error, as a Date of ClickHouse has no day before 1970.
# Seen: toDate, and a cast to Date, make 1 January 1970 of every day before it, without a word: she
# is 56, and 45 years later than her birth is 2015. Date32 holds the day, and says 70.
# So: birth dates belong into a Date32; of women from 45 to 85, all from 57 on were born before 1970.
# trialscreen writes no SQL for ClickHouse.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'chdb==4.4.0' 'chdb-core==26.9.0'
cd "$place" && python - <<'END'
import chdb

seen = {}
for kind in ("Date", "Date32"):
    birth = f"CAST('1956-03-12' AS {kind})"
    query = f"SELECT {birth}, age('year', {birth}, CAST('2026-11-30' AS {kind}))"
    seen[kind] = str(chdb.query(query)).strip()
    print(f"{kind}: {seen[kind]}")
assert seen == {"Date": '"1970-01-01",56', "Date32": '"1956-03-12",70'}, "the behaviour has changed"
END
