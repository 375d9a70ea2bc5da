#!/usr/bin/env bash
# pandas 3.1.1 with python-dateutil 2.9.0.post0 (4.0.0 says the same): a last period in June 2012, and a cure in July
# 2005, as HL7 v2 and DICOM write months: 201206 and 200507.
#
# Expected: 1 June 2012 and 1 July 2005, as isodate 0.7.2 says and date-fns 4.4.0 (npm); or an error, as ISO 8601
# has no month without a dash.
# Seen: 20 December 2006 and 20 May 2007: the first two digits are a day, and the last two the year. One is five years
# too early, the other two years too late. From 2013 on there is an error, as of 1981; so that a column is read
# whole, or not at all, by which years stand in it, and one of errors="coerce" loses some and moves the others.
# trialscreen refuses 201206, which can be several dates, and asks for 2012-06.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'pandas==3.1.1' 'python-dateutil==2.9.0.post0' 'isodate==0.7.2'
cd "$place" && npm install --silent --no-audit --no-fund 'date-fns@4.4.0' >/dev/null
TZ=UTC node - <<'END'
const { parseISO } = require("date-fns");
const seen = ["201206", "200507"].map((text) => parseISO(text).toISOString().slice(0, 10));
console.log(`date-fns: 201206 is ${seen[0]}, 200507 is ${seen[1]}`);
if (seen.join() !== "2012-06-01,2005-07-01") throw new Error("the behaviour has changed");
END
python -W ignore - <<'END'
import isodate
import pandas

MONTHS = ["201206", "200507", "201812", "198106"]
seen = {text: str(pandas.to_datetime(text, errors="coerce"))[:10] for text in MONTHS}
column = pandas.to_datetime(pandas.Series(MONTHS), errors="coerce")
for text, found in seen.items():
    print(f"{text}: {found} by pandas, {isodate.parse_date(text)} by isodate")
assert list(seen.values()) == ["2006-12-20", "2007-05-20", "NaT", "NaT"], "the behaviour has changed"
assert [str(day)[:10] for day in column] == list(seen.values()), "the behaviour has changed"
try:
    pandas.to_datetime("201812")
except ValueError as error:
    print("201812, without coerce:", error)
else:
    raise AssertionError("the behaviour has changed")
END
