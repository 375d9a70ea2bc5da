#!/usr/bin/env bash
# pydantic 2.14.4: a day as HL7 v2 and DICOM write it, in a field that is a datetime.
#
# Expected: "20260312" is 12 March 2026, as for datetime.fromisoformat, or it is refused.
# Seen: a text of digits alone is read as seconds since 1970. "20260312" is 23 August 1970, a birth in
# "19560312" 15 August 1970, and with a time of day, "20260312103000", the year is 2612. "2026-03-12"
# is read as it is written. A sample looks decades old, and a woman of 70 is 56, without an error.
# trialscreen: 20260312 is that day in every text; no number is ever a count of seconds.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'pydantic==2.14.4'
cd "$place" && python - <<'END'
from datetime import datetime

from pydantic import BaseModel


class Sample(BaseModel):
    taken: datetime


texts = ("2026-03-12", "20260312", "19560312", "20260312103000")
days = [str(Sample(taken=text).taken.date()) for text in texts]
for text, day in zip(texts, days):
    print(f"{text}: {day}")
assert str(datetime.fromisoformat("20260312").date()) == "2026-03-12"
assert days == ["2026-03-12", "1970-08-23", "1970-08-15", "2612-01-10"], "the behaviour has changed"
END
