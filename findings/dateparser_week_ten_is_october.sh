#!/usr/bin/env bash
# dateparser 1.5.0 (PyPI), which reads dates as people write them, on 30 November 2026.
#
# Expected: 2026-W10, a week of ISO 8601, begins on 2 March; of Q1 2026, a quarter, some day or its first; "after 2020",
# "<2020" and "age 45" are no days, and nothing is found, as of "before March 2026".
# Seen: 30 October: W is passed over, and 10 is a month. 28 February for the quarter. 30 November 2020 for both of the
# bounds, which are opposite; and "age 45" is a day in July 2045. UN/MAR/2026, with the day unknown as forms have it, is
# 1 March, but --MAR--2026 the 30th, which is that of today.
# trialscreen takes <2020 for any day before that year, and refuses the others; 2026-03 is any day of March.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'dateparser==1.5.0'
cd "$place" && python -W ignore - <<'END'
from datetime import datetime

import dateparser

expected = {
    "2026-W10": "2026-10-30",
    "Q1 2026": "2026-02-28",
    "after 2020": "2020-11-30",
    "<2020": "2020-11-30",
    "before March 2026": None,
    "age 45": "2045-07-30",
    "UN/MAR/2026": "2026-03-01",
    "--MAR--2026": "2026-03-30",
    "UNK-MAR-2026": None,
}
seen = {}
for text in expected:
    day = dateparser.parse(text, settings={"RELATIVE_BASE": datetime(2026, 11, 30)})
    seen[text] = None if day is None else f"{day:%Y-%m-%d}"
    print(f"{text}: {seen[text] or 'nothing'}")
assert seen == expected, "the behaviour has changed"
END
