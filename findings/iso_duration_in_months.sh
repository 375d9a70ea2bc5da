#!/usr/bin/env bash
# pydantic 2.14.4, pandas 3.1.1, isodate 0.7.2: a washout of six months, written as ISO 8601 (and so
# FHIR and the CDISC standards) writes it: P6M.
#
# Expected: six months of the calendar, as isodate says; or an error, as no count of days is right.
# Seen: pydantic's timedelta takes 180 days, and 360 for P12M but 365 for P1Y, which is as long. For
# pandas, P6M is six minutes: an M before the T is a minute too; P1Y is an error. A last dose on
# 1 December 2025 is six months old on 1 June 2026; by pydantic it is so on 30 May already, and by
# pandas on the same day.
# trialscreen: windows are months of the calendar, counted back from the screening date.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'pydantic==2.14.4' 'pandas==3.1.1' 'isodate==0.7.2'
cd "$place" && python - <<'END'
from datetime import date, timedelta

import isodate
import pandas
from pydantic import TypeAdapter


def told(read, text):
    try:
        return str(read(text))
    except ValueError:
        return "an error"


dose = date(2025, 12, 1)
reads = (TypeAdapter(timedelta).validate_python, pandas.Timedelta, isodate.parse_duration)
seen = {text: [told(read, text) for read in reads] for text in ("P6M", "P12M", "P1Y")}
for text, found in seen.items():
    print(text, *found, sep=" | ")
ends = [str(pandas.Timestamp(dose) + read("P6M"))[:16] for read in reads[:2]]
ends.append(str(dose + isodate.parse_duration("P6M")))
print("six months after", dose, *ends, sep=" | ")
assert seen == {
    "P6M": ["180 days, 0:00:00", "0 days 00:06:00", "6 months, 0:00:00"],
    "P12M": ["360 days, 0:00:00", "0 days 00:12:00", "12 months, 0:00:00"],
    "P1Y": ["365 days, 0:00:00", "an error", "1 years, 0:00:00"],
}, "the behaviour has changed"
assert ends == ["2026-05-30 00:00", "2025-12-01 00:06", "2026-06-01"], "the behaviour has changed"
END
