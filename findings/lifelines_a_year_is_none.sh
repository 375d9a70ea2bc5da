#!/usr/bin/env bash
# lifelines 0.30.3 (PyPI; survival analysis, with pandas 2.3.3): times from dates, by datetimes_to_durations.
#
# Expected: from 12 March 2025 to 12 March 2026 there are a year and 12 months; from 31 January to 31 July 6 months.
# Seen: no year and 11 months; 5 months. A year is 365.2425 days there and a month a twelfth of it, and what is left
# over is cut off: on the anniversary a year is not over, on the next day it is. The days are right. Who has no end
# date is followed until the day on which the program runs.
# trialscreen counts months of the calendar, from a day to the day of the same number.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'lifelines==0.30.3' 'pandas==2.3.3'
cd "$place" && python -W ignore - <<'END'
from lifelines.utils import datetimes_to_durations

FIRST, LAST = ["2025-03-12", "2025-03-12", "2026-01-31"], ["2026-03-12", "2026-03-13", "2026-07-31"]
seen = {unit: datetimes_to_durations(FIRST, LAST, freq=unit)[0].tolist() for unit in ("Y", "M", "D")}
for row, (first, last) in enumerate(zip(FIRST, LAST)):
    print(f"{first} to {last}:", ", ".join(f"{seen[unit][row]:.0f} {unit}" for unit in seen))
assert seen == {"Y": [0, 1, 0], "M": [11, 12, 5], "D": [365, 366, 181]}, "the behaviour has changed"
END
